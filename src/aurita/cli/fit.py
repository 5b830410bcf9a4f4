"""`aurita fit`: a model of a table, saved for `aurita predict`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from aurita._words import counted
from aurita.cli import _options as opt
from aurita.cli._compiled import keep_compiled
from aurita.cli._terminal import name_files, note, notes, say, stages
from aurita.errors import AuritaError

if TYPE_CHECKING:
    from aurita.estimators import ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
    from aurita.io import SequenceDataset

Fitted = TypeVar("Fitted", "ReservoirClassifier", "ReservoirRegressor")
Tasks = Literal["forecast", "classify", "regress"]


@opt.takes(
    opt.Options,
    *("table", "task", "save", "targets", "label", "horizon", "time", "id", "covariates", "season", "lower", "upper"),
    *(
        "frequency",
        "decimal",
        "missing",
        "strict",
        "readout",
        "learning",
        "units",
        "unit",
        "rule",
        "seed",
        "force",
        "log",
    ),
)
def fit(
    options: opt.Options,
    *,
    task: Annotated[Tasks, typer.Option(help="What the model is for.", show_default=False)],
    save: Annotated[Path, typer.Option(help="File of the model.", show_default=False)],
    force: opt.Force = False,
    log: opt.Log = None,
) -> None:
    """Fit a model and save it.

    forecast: --target, --covariate, --horizon. classify: --label. regress: --label for a value of every sequence, or
    --target for a value at every step, out of the other columns of numbers (or those named by --covariate).

    Example: aurita fit sales.csv --task forecast --target y --save sales.aurita
    """
    from aurita.cli._models import check_outputs, save_model
    from aurita.estimators.counting import sizes
    from aurita.pictures.progress import ProgressLog

    check_outputs({"the table": options.table}, save=save, log=log, force=force)
    from aurita.learning import following

    written = None if log is None else ProgressLog(log, f"fit on {options.table.name}")
    with following(written):
        model = _fitted(options, task)
    save_model(model, save)
    if written is not None:
        for history in getattr(model, "histories_", None) or []:
            if history is not None:
                written.history(history)
        written.end(f"saved to {save.name}")
    trained, fixed = sizes(model)
    say(f"{type(model).__name__}: {counted(trained, 'number')} trained, {fixed} as drawn")
    name_files(None, save)


def _fitted(options: opt.Options, task: str) -> "ReservoirForecaster | ReservoirClassifier | ReservoirRegressor":
    if task == "forecast":
        return _forecaster(options)
    _unwanted(task, lower=options.lower is not None, upper=options.upper is not None)
    if task == "classify":
        return _classifier(options)
    return _step_regressor(options) if options.label is None else _sequence_regressor(options)


def _forecaster(options: opt.Options) -> "ReservoirForecaster":
    from aurita.cli._forecaster import fitted, long_enough, warnings_as_notes
    from aurita.cli._long_form import recognised
    from aurita.cli._panel import read_panel
    from aurita.cli._pieces import fitted as fitted_in_pieces
    from aurita.cli._pieces import series_in_pieces

    _unwanted("forecast", label=options.label)
    options = recognised(options)
    data = series_in_pieces(options)
    if data is not None:
        keep_compiled()
        with stages() as progress:
            progress.now("fitting")
            return fitted_in_pieces(options, data)
    panel = read_panel(options)
    keep_compiled()
    with stages() as progress:
        progress.now("fitting")
        panel, left_out = long_enough(options, panel)
        with warnings_as_notes():
            return fitted(options, panel, left_out)


def _classifier(options: opt.Options) -> "ReservoirClassifier":
    from aurita.cli import _classifier as classifiers
    from aurita.cli._sequences import larger_than_memory

    _unwanted("classify", target=options.targets, covariate=options.covariates)
    if options.label is None:
        raise AuritaError("--task classify needs the column of the classes; name it with --label")
    data = larger_than_memory(options)
    if data is not None:
        return _on_files(options, data, classifiers.classifier(options), "classify")
    train = classifiers.opened(options)
    keep_compiled()
    with stages() as progress:
        progress.now("fitting")
        return classifiers.fitted(options, train)


def _sequence_regressor(options: opt.Options) -> "ReservoirRegressor":
    """A value of every sequence."""
    import numpy as np

    from aurita.cli._models import remember
    from aurita.cli._sequences import larger_than_memory, read_sequences, table_of

    _unwanted("regress with --label", target=options.targets, covariate=options.covariates)
    data = larger_than_memory(options)
    if data is not None:
        return _on_files(options, data, _regressor(options, "sequence"), "regress")
    train = read_sequences(options)
    try:
        values = np.asarray(train.labels, float)
    except ValueError:
        raise AuritaError(
            f"{options.table}: the column {options.label!r} is not one of numbers; to tell classes apart, use: "
            "--task classify"
        ) from None
    keep_compiled()
    with stages() as progress:
        progress.now("fitting")
        model = _regressor(options, "sequence").fit(train.values, values)
    remember(
        model,
        task="regress",
        per="sequence",
        sequences=len(train.values),
        **table_of(options, train),
    )
    return model


def _on_files(options: opt.Options, data: "SequenceDataset", model: Fitted, task: str) -> Fitted:
    """A model of sequences that are read in pieces."""
    from aurita.cli._models import remember

    note(f"{data.path} is read in pieces: units learn from at most {data.sample:,} sequences, the readout from all")
    keep_compiled()
    with stages() as progress:
        progress.now("fitting")
        model.fit(data)
    names = {"label": data.label, "id": data.id, "time": options.time or data.time, "channels": list(data.channels)}
    remember(model, task=task, per="sequence", decimal=None, missing=[], **names)
    return model


def _step_regressor(options: opt.Options) -> "ReservoirRegressor":
    """A value at every step, out of other columns of the same steps and those before."""
    from aurita.cli._models import remember
    from aurita.cli._panel import read_panel

    if not options.targets:
        raise AuritaError(
            "--task regress needs what is to be predicted: --label for a value of every sequence, or --target for a "
            "value at every step"
        )
    inputs = options.covariates or _other_numbers(options)
    panel = read_panel(options, inputs)
    keep_compiled()
    with stages() as progress:
        progress.now("fitting")
        targets = [frame.to_numpy() for frame in panel.values()]
        model = _regressor(options, "step").fit(panel.covariates(), targets)
    remember(
        model,
        task="regress",
        per="step",
        targets=list(panel.targets),
        inputs=list(inputs),
        id=options.id,
        time=options.time,
        frequency=options.frequency,
        decimal=options.decimal,
        missing=list(options.missing),
        series=panel.names,
        steps=[len(one.values) for one in panel.series],
    )
    return model


def _regressor(options: opt.Options, per: str) -> "ReservoirRegressor":
    from aurita.cli._models import parameters_of
    from aurita.estimators import ReservoirRegressor

    return ReservoirRegressor(per=per, **parameters_of(options))


def _other_numbers(options: opt.Options) -> tuple[str, ...]:
    """The columns of numbers that have no other role."""
    from aurita.io import NO_TIME, prepare_series, read_table
    from aurita.io.identifiers import joined

    frame = joined(read_table(options.table, decimal=options.decimal), options.id)
    named = (*options.targets, *(name for name in (options.id, options.time) if name not in (None, NO_TIME)))
    missing = [name for name in named if name not in frame.columns]
    if missing:
        # Complains, and names the nearest column.
        prepare_series(frame, time=options.time, target=list(options.targets), id=options.id)
    rest = frame.drop(columns=[*options.targets])
    try:
        found = prepare_series(
            rest, time=options.time, id=options.id, frequency=options.frequency, missing=options.missing
        )[0]
    except AuritaError as error:
        raise AuritaError(f"{options.table}: no inputs to predict {', '.join(options.targets)} from: {error}") from None
    notes([f"the inputs are {', '.join(found.target_columns)}"])
    return found.target_columns


def _unwanted(task: str, **options: object) -> None:
    """A note on options that this task has no use for."""
    for name, value in options.items():
        if value:
            note(f"--{name} has no use in --task {task} and was ignored")
