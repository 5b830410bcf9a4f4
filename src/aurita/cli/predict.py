"""`aurita predict`: predictions of a saved model for a table."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aurita._words import counted
from aurita.cli import _options as opt
from aurita.cli._compiled import keep_compiled
from aurita.cli._saved_in_python import ColumnNames, CovariateNames, Named, TargetNames, as_fitted
from aurita.cli._terminal import name_files, note, say, show_table, stages
from aurita.errors import AuritaError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from aurita._typing import Document
    from aurita.cli._panel import SeriesTable
    from aurita.cli._sequences import SequenceTable
    from aurita.estimators import ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
    from aurita.io import SequenceDataset


def predict(
    model: Annotated[Path, typer.Argument(help="File of a model.", show_default=False)],
    table: opt.Table,
    horizon: Annotated[
        int | None, typer.Option(min=1, max=opt.MOST_STEPS, help="Steps ahead; those of the fit if left out.")
    ] = None,
    interval: opt.Interval = None,
    time: opt.Named = None,
    id_column: opt.IdNamed = None,
    label: opt.Named = None,
    columns: ColumnNames = None,
    targets: TargetNames = None,
    covariates: CovariateNames = None,
    decimal: opt.Decimal = None,
    missing: opt.Missing = None,
    strict: opt.Strict = False,
    output: opt.Output = None,
    force: opt.Force = False,
    rows: opt.Rows = 12,
) -> None:
    """Predict with a saved model: what follows the table, or the class or value of what is in it.

    Example: aurita predict sales.aurita sales.csv --output forecast.csv
    Example: aurita predict saved_in_python.aurita moves.csv --id person --column x --column y
    """
    from aurita.cli import _forecaster
    from aurita.cli._models import check_outputs, described_table, open_model
    from aurita.io import write_table

    id_name = opt.joined_names(id_column)
    names = {"time": time, "id": id_name, "label": label, "decimal": decimal}
    levels = _forecaster.checked_intervals(interval)
    check_outputs({"the model": model, "the table": table}, table=output, force=force)
    keep_compiled()
    with stages() as progress:
        progress.now("reading the model")
        fitted = open_model(model)
    named = Named(tuple(columns or ()), tuple(targets or ()), tuple(covariates or ()))
    known = described_table(fitted, model, named, id_name)
    known = {**known, **{role: name for role, name in names.items() if name is not None}}
    known["missing"] = [*known.get("missing", ()), *(missing or ())]
    known["strict"] = strict
    if known["task"] == "forecast":
        data = _in_pieces(known, table)
        if data is not None:
            _forecast_in_pieces(fitted, data, horizon, levels, rows, output)
            return
        predicted = _forecast(fitted, known, table, horizon, levels, rows)
    elif known["task"] == "classify":
        predicted = _classes(fitted, known, table)
    elif known["per"] == "sequence":
        predicted = _values(fitted, known, table, rows)
    else:
        predicted = _steps(fitted, known, table, rows)
    if output is not None:
        write_table(predicted, output)
        name_files(output, None)


def _forecast(
    model: "ReservoirForecaster",
    known: "Document",
    table: Path,
    horizon: int | None,
    levels: list[float],
    rows: int,
) -> "pd.DataFrame":
    """What follows the series of the table."""
    from aurita.cli import _forecaster
    from aurita.cli._panel import read_known_panel

    panel = read_known_panel(table, known, known["targets"], known["covariates"])
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
        with _forecaster.warnings_as_notes():
            values = as_fitted(panel.values(), known, "targets", flat=model.channels_.flat)
            beside = as_fitted(panel.covariates() or (), known, "covariates")
            model.restart(values, beside or None, rescale=strange)
            forecasts = _forecaster.predicted(model, panel, steps, levels, known)
    _forecaster.show_forecasts(panel, forecasts[0], rows)
    return _forecaster.as_table(panel, forecasts, known["time"])


def _in_pieces(known: "Document", table: Path) -> "SequenceDataset | None":
    """The series of the table, where they are to be read in pieces."""
    from aurita.cli._pieces import series_in_pieces

    if "own" in known:
        return None
    covariates = tuple(known["covariates"])
    names = {name: known[name] for name in ("time", "id", "frequency", "decimal")}
    words = {"missing": tuple(known["missing"]), "strict": known["strict"]}
    return series_in_pieces(
        opt.Options(table=table, targets=tuple(known["targets"]), covariates=covariates, **names, **words)
    )


def _forecast_in_pieces(
    model: "ReservoirForecaster",
    data: "SequenceDataset",
    horizon: int | None,
    levels: list[float],
    rows: int,
    output: Path | None,
) -> None:
    """What follows series that are read in pieces."""
    from aurita.cli import _pieces

    note("each series is scaled by its own mean and deviation")
    with stages() as progress:
        progress.now("predicting")
        found = _pieces.forecast_all(model, data, horizon, levels, output)
    found.show(rows)
    name_files(output, None)


def _classes(model: "ReservoirClassifier", known: "Document", table: Path) -> "pd.DataFrame":
    """The class of each sequence."""
    from aurita.cli import _classifier
    from aurita.cli._sequences import read_known_sequences

    sequences = read_known_sequences(table, known)
    with stages() as progress:
        progress.now("predicting")
        predicted = model.predict_proba(as_fitted(sequences.values, known, "channels"))
    _classifier.show_judgement(
        sequences, _classifier.Evaluation(predicted), model.classes_, how=f"the labels of {table}"
    )
    return _classifier.as_table(sequences, predicted, model.classes_, known["id"], known["label"])


def _values(model: "ReservoirRegressor", known: "Document", table: Path, rows: int) -> "pd.DataFrame":
    """The value of each sequence."""
    import pandas as pd

    from aurita.cli._sequences import read_known_sequences

    sequences = read_known_sequences(table, known)
    with stages() as progress:
        progress.now("predicting")
        predicted = model.predict(as_fitted(sequences.values, known, "channels"))
    columns: dict[str, object] = {known["id"] or "row": sequences.ids}
    truth = _numbers(sequences)
    if truth is not None:
        columns[known["label"]] = truth
    columns["predicted"] = predicted
    _show_values(f"{known['label']} of {counted(len(predicted), 'sequence')}", columns, rows)
    if truth is not None:
        _show_error(truth, predicted)
    return pd.DataFrame(columns)


def _steps(model: "ReservoirRegressor", known: "Document", table: Path, rows: int) -> "pd.DataFrame":
    """The values of each step."""
    from aurita.cli._panel import read_known_panel

    # The table may lack the targets, so the inputs are read as what is to be kept.
    panel = read_known_panel(table, known, known["inputs"])
    with stages() as progress:
        progress.now("predicting")
        predicted = model.predict(as_fitted(panel.values(), known, "inputs"))
    found = _step_table(panel, predicted, known)
    _show_values(
        f"{', '.join(known['targets'])} of {counted(len(found), 'step')}",
        {str(name): found[name] for name in found.columns},
        rows,
    )
    return found


def _step_table(panel: "SeriesTable", predicted: "list[np.ndarray]", known: "Document") -> "pd.DataFrame":
    import pandas as pd

    from aurita.cli._panel import time_column
    from aurita.io.identifiers import split_again

    parts = []
    for one, values in zip(panel.series, predicted, strict=True):
        columns: dict[str, object] = {} if panel.id is None else {panel.id: [one.name] * len(values)}
        columns[time_column(one)] = one.index
        columns |= dict(zip(known["targets"], values.reshape(len(values), -1).T, strict=True))
        parts.append(pd.DataFrame(columns))
    return split_again(pd.concat(parts, ignore_index=True), panel.id, panel.id_parts)


def _numbers(sequences: "SequenceTable") -> "np.ndarray | None":
    import numpy as np

    if sequences.labels is None:
        return None
    try:
        return np.asarray(sequences.labels, float)
    except ValueError:
        raise AuritaError("the labels of the table are not numbers, and those of the fit were") from None


def _show_error(truth: "np.ndarray", predicted: "np.ndarray") -> None:
    import numpy as np

    simple = np.abs(truth - truth.mean()).mean()
    say(f"Mean absolute error {np.abs(truth - predicted).mean():.4g}; of the mean of these values, {simple:.4g}.")


def _show_values(title: str, columns: "Document", rows: int) -> None:
    """The first rows of a table."""
    import pandas as pd

    from aurita.cli import _forecaster

    cells = []
    for column in columns.values():
        values = pd.Series(column).iloc[:rows]
        if pd.api.types.is_float_dtype(values.dtype):
            decimals = _forecaster.decimals_for(values.to_numpy())
            cells.append([f"{value:.{decimals}f}" for value in values])
        elif pd.api.types.is_datetime64_any_dtype(values.dtype):
            cells.append(_forecaster.times(pd.DatetimeIndex(values)))
        else:
            cells.append([str(value) for value in values])
    lines = [list(line) for line in zip(*cells, strict=True)]
    length = len(next(iter(columns.values())))
    if length > rows:
        lines.append(["..."] * len(cells))
    show_table(title, list(columns), lines)
