"""`aurita fit`: a model of a table, saved for `aurita predict`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aurita.cli import classifying, forecasting
from aurita.cli.compiled import keep_compiled
from aurita.cli.labelled import read_sequences
from aurita.cli.models import check_outputs, remember, save_model, sizes, units_and_learning
from aurita.cli.panel import read_panel, season_of
from aurita.cli.terminal import note, notes, say, stages
from aurita.errors import AuritaError
from aurita.io import NO_TIME, prepare_series, read_table
from aurita.pictures.progress import ProgressLog


@dataclass(frozen=True)
class Asked:
    """What a model is fitted on, for what, and how."""

    table: Path
    task: str
    save: Path
    targets: tuple[str, ...]
    label: str | None
    horizon: int
    time: str | None
    id: str | None
    covariates: tuple[str, ...]
    season: int | None
    frequency: str | None
    decimal: str | None
    missing: tuple[str, ...]
    strict: bool
    readout: str | None
    learning: str
    units: int | None
    seed: int
    log: Path | None = None
    lower: float | None = None
    upper: float | None = None


def fit(asked: Asked) -> None:
    """Fit, say what came of it, and save.

    Raises:
        AuritaError: a table, columns, options or a path that cannot be worked with.
    """
    check_outputs({"the table": asked.table}, save=asked.save, log=asked.log)
    from aurita.learning import following

    log = None if asked.log is None else ProgressLog(asked.log, f"fit on {asked.table.name}")
    with following(log):
        model = _fitted(asked)
    save_model(model, asked.save)
    if log is not None:
        for history in getattr(model, "histories_", None) or []:
            if history is not None:
                log.history(history)
        log.end(f"saved to {asked.save.name}")
    trained, fixed = sizes(model)
    say(f"{type(model).__name__}: {trained} numbers trained, {fixed} as drawn")
    forecasting.tell_files(None, asked.save)


def _fitted(asked: Asked) -> Any:
    if asked.task == "forecast":
        return _forecaster(asked)
    _unwanted(asked, asked.task, lower=asked.lower is not None, upper=asked.upper is not None)
    if asked.task == "classify":
        return _classifier(asked)
    return _step_regressor(asked) if asked.label is None else _sequence_regressor(asked)


def _forecaster(asked: Asked) -> Any:
    _unwanted(asked, "forecast", label=asked.label)
    wanted = forecasting.Asked(
        table=asked.table,
        targets=asked.targets,
        horizon=asked.horizon,
        time=asked.time,
        id=asked.id,
        covariates=asked.covariates,
        season=asked.season,
        frequency=asked.frequency,
        decimal=asked.decimal,
        missing=asked.missing,
        strict=asked.strict,
        learning=asked.learning,
        units=asked.units,
        seed=asked.seed,
        lower=asked.lower,
        upper=asked.upper,
    )
    panel = forecasting.opened(wanted)
    keep_compiled()
    with stages() as progress:
        progress.now("fitting")
        panel, left_out = forecasting.long_enough(wanted, panel)
        season = asked.season or season_of(panel)
        with forecasting.warnings_as_notes():
            return forecasting.fitted(wanted, panel, season, left_out)


def _classifier(asked: Asked) -> Any:
    _unwanted(asked, "classify", target=asked.targets, covariate=asked.covariates)
    if asked.label is None:
        raise AuritaError("--task classify needs the column of the classes; name it with --label")
    wanted = classifying.Asked(
        table=asked.table,
        label=asked.label,
        id=asked.id,
        time=asked.time,
        decimal=asked.decimal,
        missing=asked.missing,
        readout=asked.readout,
        learning=asked.learning,
        units=asked.units,
        seed=asked.seed,
    )
    train = classifying.opened(wanted)
    keep_compiled()
    with stages() as progress:
        progress.now("fitting")
        return classifying.fitted(wanted, train)


def _sequence_regressor(asked: Asked) -> Any:
    """A value of every sequence."""
    _unwanted(asked, "regress with --label", target=asked.targets, covariate=asked.covariates)
    train = read_sequences(
        asked.table,
        label=asked.label,
        id=asked.id,
        time=asked.time,
        decimal=asked.decimal,
        missing=asked.missing,
    )
    try:
        values = np.asarray(train.labels, float)
    except ValueError:
        raise AuritaError(
            f"{asked.table}: the column {asked.label!r} is not one of numbers; to tell classes apart, use: "
            "--task classify"
        ) from None
    keep_compiled()
    with stages() as progress:
        progress.now("fitting")
        model = _regressor(asked, "sequence").fit(train.values, values)
    remember(
        model,
        task="regress",
        per="sequence",
        label=asked.label,
        id=asked.id,
        time=asked.time,
        decimal=asked.decimal,
        missing=list(asked.missing),
        channels=train.channels,
        sequences=len(train.values),
    )
    return model


def _step_regressor(asked: Asked) -> Any:
    """A value at every step, out of other columns of the same steps and those before."""
    if not asked.targets:
        raise AuritaError(
            "--task regress needs what is to be predicted: --label for a value of every sequence, or --target for a "
            "value at every step"
        )
    inputs = asked.covariates or _other_numbers(asked)
    panel = read_panel(
        asked.table,
        time=asked.time,
        targets=asked.targets,
        id=asked.id,
        covariates=inputs,
        frequency=asked.frequency,
        decimal=asked.decimal,
        missing=asked.missing,
        strict=asked.strict,
    )
    keep_compiled()
    with stages() as progress:
        progress.now("fitting")
        targets = [frame.to_numpy() for frame in panel.values()]
        model = _regressor(asked, "step").fit(panel.covariates(), targets)
    remember(
        model,
        task="regress",
        per="step",
        targets=list(panel.targets),
        inputs=list(inputs),
        id=asked.id,
        time=asked.time,
        frequency=asked.frequency,
        decimal=asked.decimal,
        missing=list(asked.missing),
        series=panel.names,
        steps=[len(one.values) for one in panel.series],
    )
    return model


def _regressor(asked: Asked, per: str) -> Any:
    from aurita.estimators import ReservoirRegressor

    chosen = units_and_learning(asked.units, asked.learning)
    return ReservoirRegressor(per=per, random_state=asked.seed, **chosen)


def _other_numbers(asked: Asked) -> tuple[str, ...]:
    """The columns of numbers that have no other role."""
    frame = read_table(asked.table, decimal=asked.decimal)
    named = (*asked.targets, *(name for name in (asked.id, asked.time) if name not in (None, NO_TIME)))
    missing = [name for name in named if name not in frame.columns]
    if missing:
        # Complains, and names the nearest column.
        prepare_series(frame, time=asked.time, target=list(asked.targets), id=asked.id)
    rest = frame.drop(columns=[*asked.targets])
    try:
        found = prepare_series(rest, time=asked.time, id=asked.id, frequency=asked.frequency, missing=asked.missing)[0]
    except AuritaError as error:
        raise AuritaError(f"{asked.table}: no inputs to predict {', '.join(asked.targets)} from: {error}") from None
    notes([f"the inputs are {', '.join(found.target_columns)}"])
    return found.target_columns


def _unwanted(asked: Asked, task: str, **options: Any) -> None:
    """A note on options that this task has no use for."""
    for name, value in options.items():
        if value:
            note(f"--{name} has no use in --task {task} and was ignored")
