"""What a reservoir has to beat: linear models of the inputs themselves, the season before, and a constant."""

from collections.abc import Callable, Sequence

import numpy as np

from aurita.errors import AuritaError
from aurita.studies.models.fitted import Fitted, Predictions, ReadOut, read_out, runs_freely
from aurita.tasks import Split, Task


def autoregression(
    task: Task,
    splits: Sequence[str] = ("validation",),
    *,
    seed: int = 0,
    memory: int = 10,
    summary: str = "times:4",
    readout: str = "ridge",
) -> Fitted:
    """Ridge regression on the last inputs, those before the first step being zeros.

    The seed changes nothing, there is nothing to draw.

    Args:
        memory: how many inputs, the present one included.
        summary: of these features, where a sequence has one target.
        readout: `ridge` or `logistic`.

    Returns:
        Predictions and, for one-step forecasts of all channels, free running.

    Raises:
        AuritaError: a memory below 1, or a readout that does not serve the task.

    Example:
        >>> from aurita.tasks import task_named
        >>> task = task_named("sincosnoise", seed=0)
        >>> fitted = autoregression(task, ["test"], memory=3)
        >>> fitted.trained, round(task.score(fitted.predictions["test"]), 4)
        (30, 0.0096)
    """
    if memory < 1:
        raise AuritaError(f"memory is {memory}; at least 1 is expected, the present input")

    def features(split: Split) -> list[np.ndarray]:
        return [lagged(x, memory) for x in split.inputs]

    found = read_out(task, features, splits, summary=summary, readout=readout)
    return _read(found, _continuing(found, memory) if runs_freely(task) else None)


def bare_inputs(
    task: Task,
    splits: Sequence[str] = ("validation",),
    *,
    seed: int = 0,
    summary: str = "times:4",
    readout: str = "ridge",
) -> Fitted:
    """No reservoir at all: the readout sees the inputs, which it standardises, per step or in summary.

    The seed changes nothing, there is nothing to draw.

    Args:
        summary: of the inputs, where a sequence has one target.
        readout: `ridge` or `logistic`.

    Example:
        >>> from aurita.tasks import task_named
        >>> task = task_named("decision", seed=0)
        >>> fitted = bare_inputs(task, ["test"])
        >>> fitted.trained, fitted.fixed
        (132, 0)
    """
    return _read(read_out(task, lambda split: split.inputs, splits, summary=summary, readout=readout))


def seasonal_naive(task: Task, splits: Sequence[str] = ("validation",), *, seed: int = 0) -> Fitted:
    """The value one season before the target, the last one that is known; where there is none, the present value.

    Hyndman and Athanasopoulos 2021, "Forecasting: principles and practice", 5.2. With a horizon beyond the season it
    is the value whole seasons before.

    Args:
        task: a forecast; `task.season` is the season.
        seed: changes nothing, there is nothing to draw.

    Raises:
        AuritaError: a task that is no forecast, or targets that are no channels of the input.

    Example:
        >>> from aurita.tasks import task_named
        >>> fitted = seasonal_naive(task_named("recorded/airline"), ["test"])
        >>> fitted.trained, fitted.details
        (0, {'season': 12})
    """
    if task.category != "forecast":
        raise AuritaError(
            f"task {task.name} is of category {task.category!r}; the seasonal naive forecast needs a forecast task"
        )
    columns = _target_columns(task)
    back = -(-task.horizon // task.season) * task.season if task.season else task.horizon

    def predicted(x: np.ndarray) -> np.ndarray:
        now = np.arange(len(x))
        before = now + task.horizon - back
        return x[np.where(before < 0, now, before)][:, columns]

    def continued(contexts: Sequence[np.ndarray], steps: int) -> list[np.ndarray]:
        season = task.season or 1
        pasts = [np.asarray(c)[-season:] if len(c) >= season else np.asarray(c)[-1:] for c in contexts]
        return [past[np.arange(steps) % len(past)] for past in pasts]

    return Fitted(
        {name: [predicted(x) for x in getattr(task, name).inputs] for name in splits},
        trained=0,
        details={"season": task.season},
        continue_series=continued if runs_freely(task) else None,
    )


def constant(task: Task, splits: Sequence[str] = ("validation",), *, seed: int = 0) -> Fitted:
    """Chance: the most frequent training class, or the mean of the training targets that count.

    The seed changes nothing, there is nothing to draw.

    Example:
        >>> from aurita.tasks import task_named
        >>> task = task_named("sincosnoise", seed=0)
        >>> round(task.score(constant(task, ["test"]).predictions["test"]), 2)
        0.34
    """
    if isinstance(task.train.targets, np.ndarray):
        values, counts = np.unique(task.train.targets, return_counts=True)
        answer = values[counts.argmax()] if task.category == "labels" else np.mean(task.train.targets)
        flat: dict[str, Predictions] = {name: np.full(len(getattr(task, name)), answer) for name in splits}
        return Fitted(flat, trained=1)
    means = task.train.at_scored(task.train.targets).mean(axis=0)
    if task.category == "multilabel":
        means = means - 0.5
    return Fitted(
        {name: [np.tile(means, (len(x), 1)) for x in getattr(task, name).inputs] for name in splits},
        trained=len(means),
    )


def lagged(x: np.ndarray, memory: int) -> np.ndarray:
    """The last inputs at every step, the present one first, zeros before the start.

    Args:
        x: (T, E).
        memory: M.

    Returns:
        (T, M * E).

    Example:
        >>> lagged(np.array([[1.0], [2.0], [3.0]]), 2).tolist()
        [[1.0, 0.0], [2.0, 1.0], [3.0, 2.0]]
    """
    padded = np.concatenate([np.zeros((memory - 1, x.shape[1])), x])
    return np.concatenate([padded[memory - 1 - age : len(padded) - age] for age in range(memory)], axis=1)


def _read(found: ReadOut, go_on: Callable[[Sequence[np.ndarray], int], list[np.ndarray]] | None = None) -> Fitted:
    details = {"readout_features": found.features}
    return Fitted(found.predictions, trained=found.numbers, details=details, continue_series=go_on)


def _continuing(found: ReadOut, memory: int) -> Callable[[Sequence[np.ndarray], int], list[np.ndarray]]:
    coefficients, intercept = found.readout.coef_, found.readout.intercept_

    def go_on(contexts: Sequence[np.ndarray], steps: int) -> list[np.ndarray]:
        past = np.stack([lagged(np.asarray(context), memory)[-1] for context in contexts])
        predicted = []
        # A model whose loop gain is above 1 leaves the range of numbers in a long run; that is its answer.
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(steps):
                predicted.append(past @ coefficients + intercept)
                past = np.concatenate([predicted[-1], past[:, : past.shape[1] - predicted[-1].shape[1]]], axis=1)
        return list(np.stack(predicted, axis=1))

    return go_on


def _target_columns(task: Task) -> list[int]:
    """Which input channel each target column is."""
    inputs, targets, ahead = task.train.inputs, task.train.targets, task.horizon
    columns = []
    for column in range(task.outputs):
        same = (
            channel
            for channel in range(task.channels)
            if all(np.array_equal(x[ahead:, channel], y[:-ahead, column]) for x, y in zip(inputs, targets, strict=True))
        )
        found = next(same, None)
        if found is None:
            raise AuritaError(
                f"target {column} of task {task.name} is no channel of its input; "
                "the seasonal naive forecast needs the target's own past"
            )
        columns.append(found)
    return columns
