"""Units of errors: how far each series moves in a step, so that errors of one tell of those of another."""

from collections.abc import Sequence

import numpy as np

from aurita._typing import Float
from aurita.experts.expert import ForecastTask
from aurita.experts.histories import task_of
from aurita.experts.panel import means

_LEAST_SCALE = 1e-3
_HALF_LIFE = 3.0


def scales(
    series: Sequence[Float[np.ndarray, "time output"]], seasons: tuple[int, ...], *, recent: bool = False
) -> Float[np.ndarray, "series output"]:
    """The mean change a step of each series without its seasons: relative changes, where values are above zero.

    Args:
        series: as they are known.
        seasons: that they may have.
        recent: whether half of the unit is the mean of the last changes, of which those three steps ago count half.

    Example:
        >>> calmer = np.where(np.arange(60) < 40, 4.0, 1.0) * (-1.0) ** np.arange(60)
        >>> scales([calmer[:, None]], ()).round(1).item(), scales([calmer[:, None]], (), recent=True).round(1).item()
        (6.0, 4.0)
    """
    return _units(task_of(series, seasons, 1), recent).reshape(len(series), -1)


def scales_then(
    parts: Sequence[np.ndarray],
    series: Sequence[np.ndarray],
    which: np.ndarray,
    seasons: tuple[int, ...],
    *,
    recent: bool = False,
) -> Float[np.ndarray, "origin output"]:
    """The units of errors at each origin; no larger than that of the whole series where a season was not seen then.

    Errors in units that hold the season would say little of those in units that do not.
    """
    then, whole = task_of(parts, seasons, 1), task_of(series, seasons, 1)
    units, last = (_units(one, recent).reshape(len(rows), -1) for one, rows in ((then, parts), (whole, series)))
    unseen = whole.adjusted.seasonal.reshape(len(series), -1)[which] & ~then.adjusted.seasonal.reshape(units.shape)
    found: np.ndarray = np.where(unseen, np.minimum(units, last[which]), units)
    return found


def _units(task: ForecastTask, recent: bool) -> Float[np.ndarray, "series"]:
    moves = np.abs(np.diff(task.logs.values, axis=1))
    known = np.isfinite(moves)
    found = means(moves, known)
    if recent:
        counted = np.where(known, 0.5 ** (np.arange(moves.shape[1])[::-1] / _HALF_LIFE), 0.0)
        last = (np.where(known, moves, 0.0) * counted).sum(axis=1) / np.maximum(counted.sum(axis=1), _LEAST_SCALE)
        found = (found + last) / 2
    found = np.where(task.logged, found * np.abs(task.panel.values[:, -1]), found)
    # What a season explains whole leaves rounding alone.
    mean = means(task.panel.values, task.panel.known)[:, None]
    spread = np.sqrt(means((task.panel.values - mean) ** 2, task.panel.known))
    found = np.maximum(found, _LEAST_SCALE * spread)
    units: np.ndarray = np.where(found > 0, found, 1.0)
    return units
