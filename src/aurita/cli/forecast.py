"""`aurita forecast`: a table in, a forecast with intervals out, and how far to trust it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aurita.cli import _options as opt
from aurita.cli._compiled import keep_compiled
from aurita.cli._terminal import name_files, stages

if TYPE_CHECKING:
    from aurita.io import SequenceDataset


@opt.takes(
    opt.Options,
    *("table", "targets", "horizon", "time", "id", "covariates", "interval", "season", "lower", "upper", "frequency"),
    *("decimal", "missing", "strict", "check", "learning", "units", "unit", "rule", "readout", "seed"),
    *("output", "save", "force", "rows"),
)
def forecast(
    options: opt.Options,
    *,
    interval: opt.Interval = None,
    check: Annotated[bool, typer.Option(help="Try it on steps held out, beside simple forecasts.")] = True,
    output: opt.Output = None,
    save: opt.Save = None,
    force: opt.Force = False,
    rows: opt.Rows = 12,
) -> None:
    """Forecast the series of a table that nobody prepared.

    A table with the columns unique_id, ds and y needs no names, and is written with those of Nixtla's libraries. It may
    be a folder of Parquet or Arrow files; several million rows are read in pieces, with --id.

    Example: aurita forecast sales.csv --time date --target y --horizon 24 --output forecast.csv
    """
    from aurita.cli._forecaster import (
        Columns,
        as_table,
        checked_intervals,
        fitted,
        forecaster,
        long_enough,
        predicted,
        show_forecasts,
        show_found,
        warnings_as_notes,
    )
    from aurita.cli._held_out import held_out_check, show_check
    from aurita.cli._long_form import recognised
    from aurita.cli._models import check_outputs, save_model
    from aurita.cli._panel import read_panel, season_of
    from aurita.cli._pieces import series_in_pieces
    from aurita.io import write_table

    levels = checked_intervals(interval)
    level = levels[0] if levels else None
    check_outputs({"the table": options.table}, table=output, save=save, force=force)
    options = recognised(options)
    data = series_in_pieces(options)
    if data is not None:
        _in_pieces(options, data, levels, check, output, save, rows)
        return
    panel = read_panel(options)
    panel.check_future(options.horizon)
    if output is not None:
        Columns.of(panel, options.time).check(levels)
    keep_compiled()
    tried = None
    with stages() as progress:
        progress.now("starting")
        panel, left_out = long_enough(options, panel)
        season = options.season or season_of(panel)
        if check:
            model = forecaster(options)
            tried = held_out_check(
                model, panel, horizon=options.horizon, season=season, interval=level, stages=progress
            )
        progress.now("fitting")
        with warnings_as_notes():
            model = fitted(options, panel, left_out)
            forecasts = predicted(model, panel, options.horizon, levels)
        if output is not None:
            progress.now("writing")
            write_table(as_table(panel, forecasts, options.time), output)
        if save is not None:
            save_model(model, save)
    show_found(model, panel)
    show_forecasts(panel, forecasts[0], rows)
    if check:
        show_check(tried, panel, level)
    name_files(output, save)


def _in_pieces(
    options: opt.Options,
    data: "SequenceDataset",
    levels: list[float],
    check: bool,
    output: Path | None,
    save: Path | None,
    rows: int,
) -> None:
    """Forecast series that are larger than memory."""
    from aurita.cli import _pieces
    from aurita.cli._forecaster import forecaster, show_found
    from aurita.cli._held_out import held_out_check, show_check
    from aurita.cli._models import save_model
    from aurita.cli._panel import season_of

    _pieces.columns_of(data).check(levels)
    keep_compiled()
    level = levels[0] if levels else None
    with stages() as progress:
        if check:
            progress.now("held-out check")
            panel = _pieces.sampled(options, data)
            season = options.season or season_of(panel)
            tried = held_out_check(
                forecaster(options), panel, horizon=options.horizon, season=season, interval=level, stages=progress
            )
        progress.now("fitting")
        model = _pieces.fitted(options, data)
        progress.now("forecasting")
        found = _pieces.forecast_all(model, data, options.horizon, levels, output)
        if save is not None:
            save_model(model, save)
    show_found(model)
    found.show(rows)
    if check:
        show_check(tried, panel, level)
    name_files(output, save)
