"""Running a model over sequences and keeping what there is to see: states, answers, errors, losses of units."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from aurita._typing import Float, PyTree
from aurita._words import counted
from aurita.data.differences import carried
from aurita.data.sequences import Sequences, as_sequences
from aurita.data.series import as_series
from aurita.data.targets import class_targets, value_targets
from aurita.errors import AuritaError
from aurita.estimators import ReservoirForecaster
from aurita.estimators.base import SequenceEstimator
from aurita.estimators.forecasting import readout_weights
from aurita.estimators.preprocessing import Frame
from aurita.estimators.streaming import pieces
from aurita.pictures._answers import answers_by_step
from aurita.pictures._shape_states import shape_states
from aurita.pictures.ahead import forecasters
from aurita.pictures.states import MOST, Column, States, finite, sampled, target_columns, time_columns
from aurita.readout import Readout
from aurita.reservoir import Reservoir
from aurita.reservoir.features import feature_names

_NAME = re.compile(r"(\w+) \d+ of unit (\d+)")
_STATE = ("output", "hidden", "context", "sum")


Model = Reservoir | SequenceEstimator | ReservoirForecaster
"""What pictures are drawn of."""


class _Given(NamedTuple):
    """Sequences as a reservoir receives them, and what belongs to their steps."""

    values: list[np.ndarray]
    inputs: list[np.ndarray]
    input_names: list[str]
    targets: list[PyTree] | None
    sequences: list[str]


def states_of(
    model: Model,
    X: object,
    y: object = None,
    *,
    covariates: object = None,
    member: int = 0,
    names: Sequence[str] | np.ndarray | None = None,
    most: int = MOST,
) -> States:
    """Run a model and keep what there is to see of every step.

    Args:
        model: a fitted estimator, or a `Reservoir`.
        X: sequences, as the estimator takes them; the series of a forecaster.
        y: what was wanted: a label or value a sequence, or an array of them a sequence, one a step. A forecaster's
            targets are the series' own next values.
        covariates: of a forecaster that was fitted with some.
        member: which reservoir of an ensemble.
        names: of the sequences.
        most: steps to keep; of more, evenly spaced sequences and stretches are.

    Returns:
        States of the units (outputs, hidden layers, what attention brought), with target, answer, error, inputs,
        activity of every unit and its local loss, as far as there are such.

    Raises:
        AuritaError: a model that is not fitted, or data that do not fit it.

    Example:
        >>> from aurita import ReservoirClassifier
        >>> X = [np.sin(np.arange(12.0)[:, None] * (1 + k % 2)) + 0.01 * k for k in range(8)]
        >>> model = ReservoirClassifier(units=4).fit(X, ["slow", "fast"] * 4)
        >>> states = states_of(model, X, ["slow", "fast"] * 4)
        >>> len(states), states.answer.categories, [one.name for one in states.group("error")]
        (96, ('fast', 'slow'), ['error'])
    """
    reservoir, readout = _member(model, member)
    given = _given(model, X, y, covariates)
    if names is not None:
        if len(names) != len(given.values):
            raise AuritaError(
                f"{counted(len(names), 'name was', 'names were')} given for {counted(len(given.values), 'sequence')}; "
                "give one each"
            )
        given = given._replace(sequences=[str(name) for name in names])
    lengths = [len(value) for value in given.values]
    keep, notes = sampled(lengths, most)
    seen, predicted = _run(model, reservoir, readout, given.values, keep)
    sequence = np.concatenate([np.full(int(k.sum()), i) for i, k in enumerate(keep)]).astype(np.int32)
    step = np.concatenate([np.flatnonzero(k) for k in keep]).astype(np.int32)
    columns = _answer_columns(model, given, predicted, lengths, keep)
    columns += time_columns(sequence, step, lengths)
    inputs = np.concatenate([one[k] for one, k in zip(given.inputs, keep, strict=True)])
    columns += [Column(n, "input", inputs[:, i].astype(np.float32)) for i, n in enumerate(given.input_names)]
    if isinstance(model, SequenceEstimator) and (shapes := model._members()[member].shapes) is not None:
        assert readout is not None
        own_states = shape_states(shapes, readout, given.values, keep, model.washout)
        values, feature, owners, units = own_states[:4]
        columns += own_states.columns
        notes = [*notes, *own_states.notes]
    elif reservoir is None:
        values = np.concatenate([v[k] for v, k in zip(given.values, keep, strict=True)])
        feature, owners, units = list(given.input_names), np.full(values.shape[1], -1), []
    else:
        values, feature, owners, units, own = _units(reservoir, _kinds(model, reservoir), seen)
        columns += own
    if not isinstance(model, Reservoir) and len(model.reservoirs_) > 1:
        notes = [*notes, f"reservoir {member + 1} of {len(model.reservoirs_)} is shown, and what its own readout says"]
    if isinstance(model, ReservoirForecaster) and (who := forecasters(model)):
        notes = [*notes, who]
    return finite(
        States(
            values=values.astype(np.float32),
            sequence=sequence,
            step=step,
            names=feature,
            owners=owners,
            sequences=given.sequences,
            units=units,
            columns=columns,
            notes=notes,
            title=type(model).__name__,
        )
    )


def unit_names(reservoir: Reservoir) -> list[str]:
    """Names of all units: their number, and what they are where that is no attention unit."""
    names: list[str] = []
    for population in reservoir.populations:
        kind = {"EchoUnit": "echo group", "AnarchistUnit": "anarchist"}.get(type(population.unit).__name__, "unit")
        names += [f"{kind} {len(names) + i}" for i in range(population.units)]
    return names


def inputs_by(model: Model, X: object, covariates: object = None) -> list[Float[np.ndarray, "time input"]]:
    """Sequences as the reservoirs of a model receive them: checked, scaled, differenced."""
    return _given(model, X, None, covariates).values


def _member(model: Model, member: int) -> tuple[Reservoir | None, Readout | None]:
    if isinstance(model, Reservoir):
        return model, None
    if not hasattr(model, "readouts_"):
        kind = type(model).__name__
        raise AuritaError(f"a {kind} that is not fitted has no states to show; fit it, or give a Reservoir")
    if not 0 <= member < len(model.readouts_):
        raise AuritaError(f"member is {member} and the model has {len(model.readouts_)} reservoirs; count from 0")
    return model.reservoirs_[member], model.readouts_[member]


def _given(model: Model, X: object, y: object, covariates: object) -> _Given:
    if isinstance(model, ReservoirForecaster):
        return _series(model, X, covariates)
    if isinstance(model, SequenceEstimator):
        sequences = model._checked(X)
        values = model._scaled(sequences.values)
    else:
        sequences = as_sequences(X, channels=model.inputs)
        values = sequences.values
        if sequences.channels != model.inputs:
            raise AuritaError(f"X has {sequences.channels} channels and the reservoir {model.inputs}; give these")
    targets = None
    if y is not None:
        found = _targets(model, y, sequences)
        targets = [found[i] for i in range(len(values))]
    names = sequences.columns or [f"input {i}" for i in range(sequences.channels)]
    return _Given(values, sequences.values, names, targets, [str(i) for i in range(len(values))])


def _targets(model: Model, y: PyTree, sequences: Sequences) -> list[object]:
    """A label or value, or an array of them, for each sequence."""
    per = ("step" if model.per_step_ else "sequence") if isinstance(model, SequenceEstimator) else "auto"
    if hasattr(model, "classes_") or not isinstance(model, SequenceEstimator):
        try:
            classes, targets = class_targets(y, sequences, per)
        except AuritaError as error:
            if "one class only" not in str(error) and not isinstance(model, Reservoir):
                raise
            return list(y)
        return [classes[np.argmax(part, axis=-1)] for part in targets.values]
    values = value_targets(y, sequences, per)
    if values.per_step:
        return list(values.values)
    return [np.repeat(row[None], n, axis=0) for row, n in zip(values.values, sequences.lengths, strict=True)]


def _series(model: ReservoirForecaster, y: object, covariates: object) -> _Given:
    """Series of a forecaster; the target of a step is the next value."""
    given, _ = as_series(y, "y")
    model.channels_.check(given)
    given, known = model.channels_.known(covariates, given)
    lengths = [len(one.values) for one in given]
    lags = len(model.frame_.taken) - 1
    if min(lengths) < lags + 2:
        raise AuritaError(f"y has {counted(min(lengths), 'step')}; expected at least {lags + 2} to have one to look at")
    own = len(model.frame_.mean) in (1, len(given))
    frame = (
        model.frame_.rescoped(len(given))
        if own
        else Frame.around(given, known, lengths, model.frame_.taken, scale=model.scale_inputs)
    )
    rows, inputs, targets = [], [], []
    for number, one in enumerate(given):
        prepared = frame.prepared(number, one.values, known[number], 0)
        rows.append(prepared.rows)
        inputs.append(np.hstack([one.values[lags:-1], known[number][lags + 1 :]]))
        undo = (frame.deviation[number], frame.mean[number], carried(one.values, frame.taken)[1:])
        targets.append((one.values[lags + 1 :], undo))
    channels = model.channels_
    names = list(channels.columns or [f"series channel {i}" for i in range(channels.outputs)])
    names += list(channels.covariate_columns or [f"covariate {i}" for i in range(channels.covariates)])
    return _Given(rows, inputs, names, targets, [str(i) for i in range(len(given))])


def _kinds(model: Model, reservoir: Reservoir) -> tuple[str, ...]:
    """Kinds of features to run for: what the readout sees, and what there is to see besides."""
    if isinstance(model, Reservoir):
        return ("output", "hidden", "context", "sum", "error")
    kinds = model.plan_.features if isinstance(model, ReservoirForecaster) else model._kinds(reservoir)
    return tuple(dict.fromkeys([*kinds, "output", "error"]))


def _run(
    model: Model, reservoir: Reservoir | None, readout: Readout | None, values: list[np.ndarray], keep: list[np.ndarray]
) -> tuple[np.ndarray, list[np.ndarray] | None]:
    """Features of the kept steps, and what the readout says at the kept steps of each sequence."""
    which = [i for i, k in enumerate(keep) if k.any()]
    kinds = () if reservoir is None else _kinds(model, reservoir)
    found: list[list[np.ndarray]] = [[] for _ in which]
    for numbers, start, seen, _ in pieces(reservoir, [values[i] for i in which], kinds, 0):
        for number, rows in zip(numbers, seen, strict=True):
            mask = keep[which[number]][start : start + len(rows)]
            found[number].append(np.asarray(rows[: len(mask)][mask], np.float32))
    kept = [np.concatenate(part) for part in found]
    together = np.concatenate(kept)
    if readout is None:
        return together, None
    assert not isinstance(model, Reservoir)
    columns = _read(model, reservoir, kinds)
    predicted = []
    for number, part in zip(which, kept, strict=True):
        rows = part if columns is None else part[:, columns]
        if isinstance(model, ReservoirForecaster):
            predicted.append(_next_values(model, readout, rows))
        elif model.per_step_ or keep[number].all():
            predicted.append(answers_by_step(model, readout, rows))
        else:
            predicted.append(np.full((len(part), model.outputs_), np.nan))
    return together, predicted


def _read(
    model: SequenceEstimator | ReservoirForecaster, reservoir: Reservoir | None, kinds: tuple[str, ...]
) -> np.ndarray | None:
    """Columns of a run that the readout was fitted on, in its order."""
    if reservoir is None:
        return None
    fitted = model.plan_.features if isinstance(model, ReservoirForecaster) else model._kinds(reservoir)
    place = {name: i for i, name in enumerate(feature_names(reservoir, kinds))}
    return np.array([place[name] for name in feature_names(reservoir, fitted)])


def _next_values(model: ReservoirForecaster, readout: Readout, rows: np.ndarray) -> Float[np.ndarray, "time output"]:
    """One step ahead, in the units that the reservoir receives."""
    plan = model.plan_
    weights, intercept = readout_weights(readout.coef_, readout.intercept_, plan)
    predicted = rows @ weights[: rows.shape[1], : plan.outputs] + intercept[: plan.outputs]
    return np.clip(predicted, -plan.bound, plan.bound)


def _answer_columns(
    model: object, given: _Given, predicted: list[np.ndarray] | None, lengths: list[int], keep: list[np.ndarray]
) -> list[Column]:
    """Target, answer and error of the kept steps."""
    which = [i for i, k in enumerate(keep) if k.any()]
    if isinstance(model, ReservoirForecaster):
        assert predicted is not None
        assert given.targets is not None
        truth = np.concatenate([given.targets[i][0][keep[i]] for i in which])
        parts = [
            part * given.targets[i][1][0] + given.targets[i][1][1] + given.targets[i][1][2][keep[i]]
            for i, part in zip(which, predicted, strict=True)
        ]
        return _values("next value", truth, np.concatenate(parts))
    columns = [] if given.targets is None else target_columns(given.targets, lengths, keep)
    if predicted is None:
        return columns
    answers = np.concatenate(predicted)
    if not hasattr(model, "classes_"):
        truth = np.stack([one.values for one in columns], axis=1) if columns else np.full_like(answers, np.nan)
        return _values("target", truth, answers)[0 if columns else answers.shape[1] :]
    return _classes(model.classes_, columns, answers)


def _classes(classes: np.ndarray, columns: list[Column], chances: np.ndarray) -> list[Column]:
    names = tuple(str(name) for name in classes.tolist())
    known = np.isfinite(chances).all(axis=1)
    codes = np.where(known, np.where(known[:, None], chances, 0).argmax(axis=1), -1).astype(np.int32)
    made = [Column("answer so far", "answer", codes, names)]
    if columns and columns[0].categories is not None:
        columns = [_recoded(columns[0], names)]
        truth = columns[0].values.astype(np.int64)
        likely = np.take_along_axis(chances, np.clip(truth, 0, len(names) - 1)[:, None], axis=1)[:, 0]
        # A class that the model was never shown has no chance.
        error = np.where(known & (truth >= 0), 1 - np.where(truth < len(names), likely, 0), np.nan)
        right = np.where(known & (truth >= 0), codes == truth, -1).astype(np.int32)
        made += [Column("error", "error", error.astype(np.float32))]
        made += [Column("right or wrong", "judgement", right, ("wrong", "right"))]
    made += [Column(f"chance of {n}", "chance", chances[:, i].astype(np.float32)) for i, n in enumerate(names)]
    return [*columns, *made]


def _recoded(column: Column, names: tuple[str, ...]) -> Column:
    """The column in the codes of the model's classes; classes that it was never shown come after them."""
    assert column.categories is not None
    every = (*names, *(name for name in column.categories if name not in names))
    codes = np.array([every.index(name) for name in column.categories] + [-1])
    return Column(column.name, column.group, codes[column.values], every)


def _values(name: str, truth: np.ndarray, predicted: np.ndarray) -> list[Column]:
    several = truth.shape[1] > 1
    ends = [f" {i}" if several else "" for i in range(truth.shape[1])]
    wanted = [Column(name + end, "target", truth[:, i].astype(np.float32)) for i, end in enumerate(ends)]
    answers = [Column("answer" + end, "answer", predicted[:, i].astype(np.float32)) for i, end in enumerate(ends)]
    error = np.sqrt(np.mean((truth - predicted) ** 2, axis=1)).astype(np.float32)
    return [*wanted, *answers, Column("error", "error", error)]


def _units(
    reservoir: Reservoir, kinds: tuple[str, ...], seen: np.ndarray
) -> tuple[np.ndarray, list[str], np.ndarray, list[str], list[Column]]:
    """State features with their names and owners, names of units, and what each unit did and missed."""
    names = feature_names(reservoir, kinds)
    parsed = [_NAME.fullmatch(name) for name in names]
    kind = np.array([m.group(1) if m else "" for m in parsed])
    owner = np.array([int(m.group(2)) if m else -1 for m in parsed])
    state = np.isin(kind, _STATE)
    units = unit_names(reservoir)
    learns = np.concatenate([np.full(p.units, p.unit.learns_by != "nothing") for p in reservoir.populations])
    columns = []
    for unit, name in enumerate(units):
        own = seen[:, (owner == unit) & (kind == "output")]
        if own.shape[1] == 0:
            own = seen[:, (owner == unit) & state]
        if own.shape[1]:
            columns.append(Column(f"activity of {name}", "activity", np.sqrt(np.mean(own**2, axis=1))))
    losses = []
    for unit, name in enumerate(units):
        missed = seen[:, (owner == unit) & (kind == "error")]
        if learns[unit] and missed.shape[1]:
            losses.append(np.mean(missed**2, axis=1))
            columns.append(Column(f"local loss of {name}", "loss", losses[-1]))
    if losses:
        columns.append(Column("mean local loss", "mean loss", np.mean(losses, axis=0)))
    return seen[:, state], [n for n, s in zip(names, state, strict=True) if s], owner[state], units, columns
