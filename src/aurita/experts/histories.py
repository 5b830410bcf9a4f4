"""The ends of series that experts look at, as what they forecast."""

from collections.abc import Sequence

import numpy as np

from aurita.experts.expert import ForecastTask
from aurita.experts.known import YEARLY
from aurita.experts.panel import Panel
from aurita.experts.yearly import MOST_DAYS

MOST_KEPT, _SEASONS_KEPT = 600, 6


def most_kept(seasons: tuple[int, ...], names: Sequence[str] = ()) -> int:
    """How many of the last values experts look at; those of the year, where they are named, at more."""
    days = MOST_DAYS if YEARLY.keys() & set(names) else 0
    return max(MOST_KEPT, _SEASONS_KEPT * max(seasons, default=1), days)


def kept_of(values: np.ndarray, seasons: tuple[int, ...], names: Sequence[str] = ()) -> np.ndarray:
    """The last values, as many as experts look at."""
    return values[-most_kept(seasons, names) :]


def task_of(
    series: Sequence[np.ndarray], seasons: tuple[int, ...], horizon: int, names: Sequence[str] = ()
) -> ForecastTask:
    """A row for each output of each series, as far back as experts of these names look."""
    kept = [kept_of(one, seasons, names) for one in series]
    return ForecastTask(Panel.of([one[:, output] for one in kept for output in range(one.shape[1])]), seasons, horizon)
