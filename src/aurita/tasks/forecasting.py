"""Tasks cut from one long series: h steps ahead, and free running from many starts.

Train, validation and test follow each other in time. Every split has a lead-in of `washout` steps that are received and
not scored, so that a state can settle; the lead-in of validation and test is the end of the segment before. No scored
target of one split is a scored target of another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from aurita._words import counted
from aurita.errors import AuritaError
from aurita.rounding import deviations
from aurita.tasks.task import Split, Task


@dataclass(frozen=True, eq=False)
class FreeRun:
    """One free run: what is received, and what then happened.

    Attributes:
        context: (W, E), the series up to now.
        future: (H, E), the steps that follow.
        start: position of the first future step in the split's series.
    """

    context: np.ndarray
    future: np.ndarray
    start: int


def forecasting_task(
    name: str,
    seed: int,
    series: np.ndarray,
    *,
    horizon: int,
    steps: tuple[int, int, int],
    washout: int,
    columns: Sequence[int] | None = None,
    standardise: bool = True,
    metric: str = "nrmse",
    **landmarks: Any,
) -> Task:
    """Cut a series into a task: at step t predict the series `horizon` steps later.

    Args:
        name: the task's name.
        seed: what the series was drawn with.
        series: (N, E), finite, with N of at least `washout + sum(steps)`; what is beyond is not used.
        horizon: steps ahead, at least 1.
        steps: length of the train, validation and test segment, each above `horizon`.
        washout: steps of lead-in before each segment.
        columns: channels to predict; all of them by default.
        standardise: divide by the deviation of the training part after taking its mean away, channel by channel.
        metric: a name in `METRICS`.
        landmarks: further fields of `Task`: `lyapunov`, `floor`, `season`, `source`, ...

    Returns:
        A task of category "forecast"; its chance level is that of the mean, 1 for the metric nrmse.

    Raises:
        AuritaError: a series too short or not finite, a horizon outside 1 to the segment.

    Example:
        >>> ramp = np.arange(60.0)[:, None]
        >>> task = forecasting_task("ramp", 0, ramp, horizon=2, steps=(30, 10, 10), washout=5, standardise=False)
        >>> float(task.test.targets[0][0, 0] - task.test.inputs[0][0, 0]), task.test.scored[0].sum()
        (2.0, np.int64(8))
    """
    series = np.array(series, dtype=np.float64)
    if series.ndim != 2 or not np.all(np.isfinite(series)):
        raise AuritaError(f"the series of {name} has shape {series.shape} or gaps; a finite (N, E) array is needed")
    if min(steps) <= horizon or horizon < 1 or washout < 0:
        raise AuritaError(
            f"horizon {horizon}, washout {washout} and segments of {steps} steps do not fit; "
            "take a horizon from 1 to below the shortest segment and a washout from 0"
        )
    if len(series) < washout + sum(steps):
        raise AuritaError(
            f"the series of {name} has {counted(len(series), 'step')}, {washout} of lead-in and {steps} of segments "
            f"need {washout + sum(steps)}; ask for fewer"
        )
    if standardise:
        past = series[: washout + steps[0]]
        deviation = deviations(past)
        series = (series - past.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    chosen = list(range(series.shape[1])) if columns is None else list(columns)
    ends = washout + np.cumsum(steps)
    train, validation, test = (
        _segment(series[end - length - washout : end], horizon, washout, chosen)
        for end, length in zip(ends, steps, strict=True)
    )
    task = Task(
        name,
        seed,
        train,
        validation,
        test,
        category="forecast",
        metric=metric,
        chance=None,
        horizon=horizon,
        **landmarks,
    )
    means = np.concatenate(train.targets).mean(axis=0)
    chance = 1.0 if metric == "nrmse" else task.score([np.broadcast_to(means, y.shape) for y in test.targets])
    return replace(task, chance=chance)


def rollouts(
    task: Task, *, split: str = "test", count: int = 10, context: int = 100, steps: int = 500
) -> list[FreeRun]:
    """Evenly spaced free runs through the series of one split.

    Args:
        task: a task of category "forecast".
        split: "train", "validation" or "test".
        count: runs over all sequences of the split, at least 1; they may overlap.
        context: steps received before each run, at least 1.
        steps: steps to forecast, at least 1.

    Returns:
        `count` runs; the series are taken in turn.

    Raises:
        AuritaError: no raw series, or one too short for a single run.

    Example:
        >>> from aurita.tasks import task_named
        >>> runs = rollouts(task_named("mackey_glass", seed=0), count=3, context=50, steps=200)
        >>> len(runs), runs[0].context.shape, runs[0].future.shape
        (3, (50, 1), (200, 1))
    """
    series = getattr(task, split).series
    if series is None:
        raise AuritaError(f"task {task.name} is no forecast, it has no series to run on freely")
    if min(count, context, steps) < 1:
        raise AuritaError(f"count {count}, context {context} and steps {steps} must all be at least 1")
    runs = []
    for number, values in enumerate(series):
        here = len(range(number, count, len(series)))
        if not here:
            break
        last = len(values) - steps
        if last < context:
            raise AuritaError(
                f"{counted(context, 'step')} of context and {steps} of forecast do not fit into a series of "
                f"{len(values)}; ask for fewer"
            )
        for start in np.linspace(context, last, here).astype(int):
            runs.append(FreeRun(values[start - context : start], values[start : start + steps], int(start)))
    return runs


def _segment(values: np.ndarray, horizon: int, washout: int, columns: list[int]) -> Split:
    scored = np.arange(len(values) - horizon) >= washout
    return Split([values[:-horizon]], [values[horizon:, columns]], [scored], [values])
