"""What a model of a study answers, and the readout that models share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from aurita._typing import Document
from aurita.errors import AuritaError
from aurita.readout import LogisticReadout, RidgeReadout, summary_named
from aurita.studies.models.classes import ClassReadout, class_readout
from aurita.tasks import Split, Task

_STEPS = 2**19
"""Steps of a split that are run over at once."""

_KEPT = 2**27
"""Features of scored steps that are kept for a second pass over them; others are run over once more."""

SUMMARIES_IN_FOLDS = ("last", "mean", "mean_deviation", "times:4")

CLASSES = ("classification", "labels")
"""Categories of tasks whose answers are one class of several."""

Predictions = list[np.ndarray] | np.ndarray
Features = Callable[[Split], list[np.ndarray]]


@dataclass(frozen=True, eq=False)
class Fitted:
    """One model after one fit on a task's training data.

    Attributes:
        predictions: for each split asked, what `task.score` takes: one (T, O) array a sequence, or labels or values
            (B,).
        trained: numbers fitted to data, readout, units and passages together.
        fixed: numbers drawn and kept.
        losses: local losses (step, unit); None where nothing learns locally.
        details: what else is worth recording, as plain values for JSON.
        continue_series: `(contexts, steps) -> forecasts` for forecast tasks of models that run freely: contexts is one
            (W, E) array a run, the result one (steps, E) array a run; None elsewhere.
    """

    predictions: Mapping[str, Predictions]
    trained: int
    fixed: int = 0
    losses: np.ndarray | None = None
    details: Document = field(default_factory=dict)
    continue_series: Callable[[Sequence[np.ndarray], int], list[np.ndarray]] | None = None


@dataclass(frozen=True, eq=False)
class ReadOut:
    """A linear readout fitted for a task.

    Attributes:
        readout: ridge or logistic, fitted on training data alone.
        numbers: how many numbers it fitted.
        features: how many it sees of a step or, with a summary, of a sequence.
        predictions: for each split asked.
    """

    readout: RidgeReadout | LogisticReadout | ClassReadout
    numbers: int
    features: int
    predictions: dict[str, Predictions]


def read_out(
    task: Task,
    features: Features,
    splits: Sequence[str],
    *,
    summary: str = "times:4",
    readout: str = "ridge",
    penalty: float | None = None,
    at_scored: Features | None = None,
) -> ReadOut:
    """Fit a linear readout on the training split and predict others.

    Per-step tasks are read at their scored steps; tasks with one target a sequence from a summary of its features.
    Classes are fitted as zeros and ones (with ridge); yes/no answers are shifted to logits about 0, as their metric
    expects.

    Args:
        task: what to predict.
        features: gives one (T, F) array for each sequence of a split; row t may depend on inputs up to t only.
        splits: names of the splits to predict.
        summary: for targets per sequence, see `aurita.readout.summary_named`; `folds`: the one that does best in folds
            of the training split.
        readout: "ridge"; "logistic" for classes; "either" for whichever of the two errs less on a quarter of the
            training sequences that neither is fitted on, ridge where there are no classes per step.
        penalty: of a ridge readout per step; None: chosen by leaving one row out.
        at_scored: gives features that mean anything at scored steps only, to fit a readout per step on where that
            costs less; `features` by default.

    Returns:
        The readout and its predictions.

    Raises:
        AuritaError: a readout that does not serve the task.

    Example:
        >>> from aurita.tasks import task_named
        >>> task = task_named("sincosnoise", seed=0)
        >>> found = read_out(task, lambda split: split.inputs, ["test"])
        >>> round(task.score(found.predictions["test"]), 2)
        0.27
    """
    if readout not in ("ridge", "logistic", "either") or (readout == "logistic" and task.category not in CLASSES):
        raise AuritaError(
            f"readout {readout!r} does not serve a task of category {task.category!r}; "
            "choose ridge or either, or logistic for labels and classification"
        )
    if task.per_step:
        fit_on = at_scored or features
        ridge = RidgeReadout() if penalty is None else RidgeReadout((penalty,))
        if readout != "ridge" and task.category in CLASSES:
            fitted = class_readout(task, fit_on, ridge if readout == "either" else None)
            if fitted is not None:
                return _answers(task, features, splits, fitted)
        return _answers(task, features, splits, _per_step(task, fit_on, ridge))
    if readout == "either":
        readout = "ridge"
    return _per_sequence(task, features, splits, summary, readout)


def runs_freely(task: Task) -> bool:
    """Whether a prediction of one step can be the next step's input: a one-step forecast of every channel, in order.

    Example:
        >>> from aurita.tasks import task_named
        >>> runs_freely(task_named("lorenz", seed=0)), runs_freely(task_named("lorenz", seed=0, horizon=10))
        (True, False)
    """
    if task.category != "forecast" or task.horizon != 1 or task.outputs != task.channels:
        return False
    return all(np.array_equal(y[:-1], x[1:]) for x, y in zip(task.train.inputs, task.train.targets, strict=True))


def target_by_step(task: Task, split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Targets of one padded array, for models that are trained step by step.

    A target per sequence is asked for at the sequence's last step, a label as zeros and ones.

    Returns:
        Targets (B, T, O), zeros where nothing counts, and whether a step is scored (B, T).

    Example:
        >>> from aurita.tasks import task_named
        >>> task = task_named("decision", seed=0)
        >>> targets, scored = target_by_step(task, task.train)
        >>> targets.shape, scored.sum(1).tolist()[:3]
        ((500, 30, 4), [1, 1, 1])
    """
    lengths = split.lengths
    targets = np.zeros((len(split), int(lengths.max()), task.outputs))
    scored = np.zeros(targets.shape[:2], dtype=bool)
    if isinstance(split.targets, np.ndarray):
        values = split.targets[:, None]
        rows = np.arange(len(split))
        targets[rows, lengths - 1] = values == task.classes if task.category == "labels" else values
        scored[rows, lengths - 1] = True
        return targets, scored
    for row, (truth, mask) in enumerate(zip(split.targets, split.scored or [], strict=True)):
        targets[row, : len(truth)][mask] = truth[mask]
        scored[row, : len(mask)] = mask
    return targets, scored


def _per_step(task: Task, features: Features, readout: RidgeReadout) -> RidgeReadout:
    parts = _parts(task.train)
    kept: list[np.ndarray] = []

    def rows() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for i, part in enumerate(parts):
            seen = kept[i] if i < len(kept) else part.at_scored(features(part))
            if i == len(kept) and sum(one.size for one in kept) + seen.size <= _KEPT:
                kept.append(seen)
            yield seen, part.at_scored(part.targets)

    if len(parts) == 1:
        ((seen, wanted),) = rows()
        return readout.fit(seen, wanted)
    return readout.fit_stream(rows)


def _answers(task: Task, features: Features, splits: Sequence[str], fitted: "RidgeReadout | ClassReadout") -> ReadOut:
    shift = 0.5 if task.category == "multilabel" else 0.0
    predictions: dict[str, Predictions] = {
        name: [fitted.predict(x) - shift for part in _parts(getattr(task, name)) for x in features(part)]
        for name in splits
    }
    return ReadOut(fitted, fitted.coef_.size + fitted.intercept_.size, len(fitted.coef_), predictions)


def _parts(split: Split) -> list[Split]:
    """A split, or pieces of one whose features would not be in memory all at once."""
    steps = int(np.sum(split.lengths))
    size = max(1, len(split) * _STEPS // max(steps, 1))
    if steps <= _STEPS or split.scored is None:
        return [split]
    cuts = [slice(first, first + size) for first in range(0, len(split), size)]
    return [Split(split.inputs[cut], split.targets[cut], split.scored[cut]) for cut in cuts]


def _per_sequence(task: Task, features: Features, splits: Sequence[str], summary: str, readout: str) -> ReadOut:
    states, y = features(task.train), np.asarray(task.train.targets)
    if summary == "folds":
        summary = _by_folds(task, states, y, readout)
    x = _summed(states, summary)
    fitted = _fitted(task, x, y, readout)
    predictions: dict[str, Predictions] = {}
    for name in splits:
        rows = x if name == "train" else _summed(features(getattr(task, name)), summary)
        predictions[name] = _predicted(task, fitted, rows)
    return ReadOut(fitted, fitted.coef_.size + fitted.intercept_.size, x.shape[1], predictions)


def _summed(states: Sequence[np.ndarray], summary: str) -> np.ndarray:
    return np.concatenate([summary_named(summary).apply(x[None]) for x in states])


def _fitted(task: Task, x: np.ndarray, y: np.ndarray, readout: str) -> RidgeReadout | LogisticReadout:
    if task.category == "values":
        return RidgeReadout().fit(x, y)
    if readout == "logistic":
        return LogisticReadout().fit(x, y)
    return RidgeReadout().fit(x, (y[:, None] == task.classes).astype(np.float64))


def _predicted(task: Task, fitted: RidgeReadout | LogisticReadout, x: np.ndarray) -> np.ndarray:
    predicted = fitted.predict(x)
    return task.classes[predicted.argmax(1)] if task.category == "labels" and not fitted.classes else predicted


def _by_folds(task: Task, states: Sequence[np.ndarray], y: np.ndarray, readout: str) -> str:
    """The summary whose readout errs least on five folds of the training split; of equals the first."""
    from sklearn.model_selection import KFold, StratifiedKFold

    labels = task.category == "labels"
    folds = (StratifiedKFold if labels else KFold)(5, shuffle=True, random_state=0)
    errors: dict[str, float] = {}
    for name in SUMMARIES_IN_FOLDS:
        x = _summed(states, name)
        missed = []
        for fitted_on, held in folds.split(x, y):
            predicted = _predicted(task, _fitted(task, x[fitted_on], y[fitted_on], readout), x[held])
            missed.append(np.mean(predicted != y[held]) if labels else np.mean((predicted - y[held]) ** 2))
        errors[name] = float(np.mean(missed))
    return min(errors, key=lambda name: errors[name])
