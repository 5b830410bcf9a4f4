"""`aurita predict`: what a saved model says of a table."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aurita.cli import classifying, forecasting
from aurita.cli.compiled import keep_compiled
from aurita.cli.labelled import Sequences, read_known_sequences
from aurita.cli.models import check_outputs, described_table, open_model
from aurita.cli.panel import Panel, read_panel, time_column
from aurita.cli.terminal import note, say, show_table, stages
from aurita.errors import AuritaError
from aurita.io import write_table


def predict(
    path: Path,
    table: Path,
    *,
    horizon: int | None,
    interval: float,
    names: dict[str, str | None],
    missing: tuple[str, ...] = (),
    strict: bool = False,
    output: Path | None,
    rows: int,
) -> None:
    """Predict, show and write as asked.

    Args:
        path: of the model.
        table: what to predict on.
        horizon: steps ahead; None: those of the model.
        interval: share of the truth that intervals are to cover; 0 for none.
        names: columns by their role, and the decimal sign, where they are not those of the fit.
        missing: what stands for a missing number, beside what did in the fit.
        strict: refuse a table with a series that cannot be used.
        output: table to write.
        rows: of a table to show.

    Raises:
        AuritaError: a model, a table, options or a path that cannot be worked with.
    """
    level = forecasting.checked_interval(interval)
    check_outputs({"the model": path, "the table": table}, table=output)
    keep_compiled()
    with stages() as progress:
        progress.now("reading the model")
        model = open_model(path)
    known = described_table(model, path)
    known = {**known, **{role: name for role, name in names.items() if name is not None}}
    known["missing"] = [*known.get("missing", ()), *missing]
    known["strict"] = strict
    if known["task"] == "forecast":
        said = _forecast(model, known, table, horizon, level, rows)
    elif known["task"] == "classify":
        said = _classes(model, known, table)
    elif known["per"] == "sequence":
        said = _values(model, known, table, rows)
    else:
        said = _steps(model, known, table, rows)
    if output is not None:
        write_table(said, output)
        forecasting.tell_files(output, None)


def _forecast(
    model: Any, known: dict[str, Any], table: Path, horizon: int | None, level: float | None, rows: int
) -> pd.DataFrame:
    """What follows the series of the table."""
    panel = read_panel(
        table,
        time=known["time"],
        targets=tuple(known["targets"]),
        id=known["id"],
        covariates=tuple(known["covariates"]),
        frequency=known["frequency"],
        decimal=known["decimal"],
        missing=known["missing"],
        strict=known["strict"],
    )
    if panel.series[0].frequency != known["step"]:
        note(f"steps are {panel.series[0].frequency or 'rows'} and the model was fitted on {known['step'] or 'rows'}")
    steps = model.horizon if horizon is None else horizon
    panel.check_future(steps)
    left_out = [name for name in panel.names if name in known.get("left_out", [])]
    if left_out and len(left_out) < len(panel.series):
        panel = replace(panel, series=[one for one in panel.series if one.name not in left_out])
        note(f"series that the fit left out are left out here too: {', '.join(left_out[:10])}")
    strange = panel.names != known["series"]
    if strange:
        note("these are not the series of the fit: each is scaled by its own mean and deviation")
    with stages() as progress:
        progress.now("predicting")
        with forecasting.warnings_as_notes():
            model.restart(panel.values(), panel.covariates(), rescale=strange)
            forecasts = model.predict(steps, panel.future(steps), intervals=level)
    forecasting.show_forecasts(panel, forecasts, rows, level)
    return forecasting.as_table(panel, forecasts, known["time"])


def _classes(model: Any, known: dict[str, Any], table: Path) -> pd.DataFrame:
    """The class of each sequence."""
    sequences = read_known_sequences(table, known)
    with stages() as progress:
        progress.now("predicting")
        said = model.predict_proba(sequences.values)
    classifying.show_judgement(sequences, classifying.Judged(said), model.classes_, how=f"the labels of {table}")
    return classifying.as_table(sequences, said, model.classes_, known["id"], known["label"])


def _values(model: Any, known: dict[str, Any], table: Path, rows: int) -> pd.DataFrame:
    """The value of each sequence."""
    sequences = read_known_sequences(table, known)
    with stages() as progress:
        progress.now("predicting")
        said = model.predict(sequences.values)
    columns: dict[str, Any] = {known["id"] or "row": sequences.ids}
    truth = _numbers(sequences)
    if truth is not None:
        columns[known["label"]] = truth
    columns["predicted"] = said
    _show_values(f"{known['label']} of {len(said)} sequences", columns, rows)
    if truth is not None:
        _say_error(truth, said)
    return pd.DataFrame(columns)


def _steps(model: Any, known: dict[str, Any], table: Path, rows: int) -> pd.DataFrame:
    """The values of each step."""
    # The table may lack the targets, so the inputs are read as what is to be kept.
    panel = read_panel(
        table,
        time=known["time"],
        targets=tuple(known["inputs"]),
        id=known["id"],
        frequency=known["frequency"],
        decimal=known["decimal"],
        missing=known["missing"],
        strict=known["strict"],
    )
    with stages() as progress:
        progress.now("predicting")
        said = model.predict(panel.values())
    found = _step_table(panel, said, known)
    _show_values(
        f"{', '.join(known['targets'])} of {len(found)} steps", {str(name): found[name] for name in found.columns}, rows
    )
    return found


def _step_table(panel: Panel, said: list[np.ndarray], known: dict[str, Any]) -> pd.DataFrame:
    parts = []
    for one, values in zip(panel.series, said, strict=True):
        columns: dict[str, Any] = {} if panel.id is None else {panel.id: [one.name] * len(values)}
        columns[time_column(known["time"], one.index)] = one.index
        columns |= dict(zip(known["targets"], values.T, strict=True))
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def _numbers(sequences: Sequences) -> np.ndarray | None:
    if sequences.labels is None:
        return None
    try:
        return np.asarray(sequences.labels, float)
    except ValueError:
        raise AuritaError("the labels of the table are not numbers, and those of the fit were") from None


def _say_error(truth: np.ndarray, said: np.ndarray) -> None:
    simple = np.abs(truth - truth.mean()).mean()
    say(f"Mean absolute error {np.abs(truth - said).mean():.4g}; of the mean of these values, {simple:.4g}.")


def _show_values(title: str, columns: dict[str, Any], rows: int) -> None:
    """The first rows of a table."""
    cells = []
    for column in columns.values():
        values = pd.Series(column).iloc[:rows]
        if pd.api.types.is_float_dtype(values.dtype):
            decimals = forecasting.decimals_for(values.to_numpy())
            cells.append([f"{value:.{decimals}f}" for value in values])
        elif pd.api.types.is_datetime64_any_dtype(values.dtype):
            cells.append(forecasting.times(pd.DatetimeIndex(values)))
        else:
            cells.append([str(value) for value in values])
    lines = [list(line) for line in zip(*cells, strict=True)]
    length = len(next(iter(columns.values())))
    if length > rows:
        lines.append(["..."] * len(cells))
    show_table(title, list(columns), lines)
