"""What series say of themselves: their seasons, and bounds that they do not cross."""

from collections.abc import Sequence

import numpy as np

from aurita._typing import Bool, Float
from aurita.experts.levels import steadied
from aurita.experts.panel import Panel, lines, means
from aurita.experts.seasons import adjusted, autocorrelations, has_season

_MOST_SEASONS, _LONGEST = 2, 1500
_SHARE, _CLEAR, _ALMOST = 0.2, 0.3, 0.9
_TIMES, _PARTS, _ALIKE = 6, 3, 0.8
LEAST = 10
"""Fewer values say nothing of bounds."""

_ROUNDED = 1e-9


def find_seasons(series: Sequence[Float[np.ndarray, "time"]], known: Sequence[int] = ()) -> tuple[int, ...]:
    """Lengths of the seasons that series have, the shortest first.

    Args:
        series: of one kind, such as the sales of many shops.
        known: lengths that the names of the steps suggest, such as 7 for days; none: all are looked for.

    Returns:
        Those that a fifth of the series have by the test of the autocorrelation; where they have none of these, one
        that comes again and again in the same shape. Without suggestions, the clearest peaks of the mean
        autocorrelation, one within the other at most.

    Example:
        >>> steps = np.arange(24 * 7 * 6)
        >>> load = 20 + 5 * np.sin(steps * np.pi / 12) + 3 * (steps // 24 % 7 > 4)
        >>> find_seasons([load], [24, 168])
        (24, 168)
        >>> find_seasons([np.tile([1.0, 2.0, 5.0, 2.0, 9.0], 12)])
        (5,)
        >>> find_seasons([np.tile([1.0, 2.0, 5.0, 2.0, 9.0], 12)], [7])
        (5,)
    """
    panel = steadied(Panel.of([one[-4 * _LONGEST :] for one in series]))
    found: list[int] = []
    if known:
        for season in sorted(known):
            rest = adjusted(panel, found, 1).panel
            if has_season(rest, int(season)).mean() >= _SHARE:
                found.append(season)
        other = None if found else _clearest(panel, 1)
        recurs = other is not None and other > 2 and _recurs(panel, other).mean() >= _SHARE
        return (other,) if other is not None and recurs else tuple(found)
    while len(found) < _MOST_SEASONS:
        rest = adjusted(panel, found, 1).panel
        clearest = _clearest(rest, max(found, default=1))
        if clearest is None or has_season(rest, clearest).mean() < _SHARE:
            break
        found.append(clearest)
    return tuple(found)


def find_bounds(values: Float[np.ndarray, "time"]) -> tuple[float, float]:
    """The bounds of a series: zero where nothing lies below, and one too where nothing lies above; infinite elsewhere.

    Counts, sizes and prices are not below zero, shares not above one either. Fewer than ten values say nothing.

    Example:
        >>> find_bounds(np.arange(20.0)), find_bounds(np.linspace(0.2, 0.9, 20)), find_bounds(np.arange(-5.0, 20.0))
        ((0.0, inf), (0.0, 1.0), (-inf, inf))
    """
    if len(values) < LEAST or values.min() < 0:
        return -np.inf, np.inf
    return 0.0, 1.0 if values.max() <= 1 else np.inf


def _clearest(panel: Panel, beyond: int) -> int | None:
    """The lag of the clearest peak of the mean autocorrelation of changes from a line; a multiple of `beyond`."""
    longest = min(int(np.median(panel.lengths)) // 3, _LONGEST)
    if longest < max(3, 2 * beyond):
        return None
    steps = np.arange(panel.values.shape[1])
    spread = np.sqrt(means((panel.values - means(panel.values, panel.known)[:, None]) ** 2, panel.known))
    panel = Panel(panel.values[spread > _ROUNDED * means(np.abs(panel.values), panel.known)])
    if not len(panel.values):
        return None
    level, slope = lines(panel)
    straight = Panel(panel.values - level[:, None] - slope[:, None] * steps)
    found = autocorrelations(straight, longest + 1).mean(axis=0)
    middle = found[1:-1]
    peaks = np.flatnonzero((middle >= found[:-2]) & (middle >= found[2:]) & (middle > _CLEAR)) + 1
    lags = peaks + 1
    if beyond > 1:
        lags = lags[(lags > beyond) & (lags % beyond == 0)]
    # A trend that the line leaves makes neighbours alike: a season is a peak after a trough.
    trough = np.minimum.accumulate(found)
    lags = np.array([lag for lag in lags if found[lag - 1] - trough[lag - 1] > _CLEAR], int)
    if len(lags) == 0:
        return None
    best = found[lags - 1].max()
    return int(lags[np.argmax(found[lags - 1] >= _ALMOST * best)])


def _recurs(panel: Panel, season: int) -> Bool[np.ndarray, "series"]:
    """Which series repeat a season six times or more in one shape: the means of each third are alike.

    Noise with a cycle of its own loses its beat, and a season that nobody named is to be more than that. Values that
    change about have one of two steps.
    """
    found = has_season(panel, season) & (panel.lengths >= _TIMES * season)
    level, slope = lines(panel)
    straight = panel.values - level[:, None] - slope[:, None] * np.arange(panel.values.shape[1])
    for row in np.flatnonzero(found):
        times = panel.lengths[row] // season
        cycles = straight[row, -times * season :].reshape(times, season)
        shapes = [part.mean(axis=0) for part in np.array_split(cycles, _PARTS)]
        alike = np.corrcoef(shapes) if min(map(np.ptp, shapes)) > 0 else np.zeros((_PARTS, _PARTS))
        found[row] = alike.min() > _ALIKE
    return found
