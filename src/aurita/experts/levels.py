"""Levels: series that shifted to another level, with what was before brought to the last one.

A shift is a change of level within one step that stays for six steps or more, and is far out among all changes of
level of the same series (Tukey 1977, "Exploratory Data Analysis"); so a random walk has none, nor a trend, nor one
wrong record.
"""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from aurita._typing import Bool, Float
from aurita.experts.panel import Panel
from aurita.experts.seasons import FAR_OUT, adjusted

_MOST, _RARE = 3, 0.05
_REACH, _LEAST = 12, 6
_SHORTEST = 20
_AT_ONCE, _STAY = 0.5, 0.8
_FAR = FAR_OUT + 0.5


def steadied(panel: Panel) -> Panel:
    """The series without rare jumps: up to three changes a step that are far out are as large as is usual.

    Example:
        >>> wave = np.sin(np.arange(60) * np.pi / 6)
        >>> found = steadied(Panel.of([wave + 50 * (np.arange(60) > 40)])).values[0]
        >>> bool(np.abs(found - found[0] - wave).max() < 1)
        True
    """
    if panel.values.shape[1] < _SHORTEST:
        return panel
    changes = np.diff(panel.values, axis=1)
    far = _far_out(changes)
    few = far.any(axis=1) & (far.sum(axis=1) <= np.minimum(_MOST, _RARE * panel.lengths))
    if not few.any():
        return panel
    found, rows = panel.values.copy(), np.flatnonzero(few)
    middle = np.nanmedian(changes[rows], axis=1)[:, None]
    kept = np.where(far[rows], middle, changes[rows])
    starts = found[rows, panel.first[rows]][:, None]
    found[rows, 1:] = np.where(np.isfinite(kept), starts + np.nancumsum(kept, axis=1), found[rows, 1:])
    return Panel(found)


def levelled(
    series: Sequence[Float[np.ndarray, "time output"]], seasons: tuple[int, ...]
) -> list[Float[np.ndarray, "time output"]]:
    """Series whose past levels are that of now; those that did not shift as they are.

    By a term or by a factor, whichever leaves the values after the shift the more even without their seasons. What is
    not below zero, or no share above one, stays so.

    Example:
        >>> steps = np.arange(60)
        >>> wave = 20 + np.sin(steps * np.pi / 6) + 0.1 * np.cos(7.0 * steps)
        >>> shifted = (wave + 30 * (steps >= 50))[:, None]
        >>> bool(np.abs(levelled([shifted], (12,))[0][:, 0] - wave - 30).max() < 1)
        True
        >>> as_given = wave[:, None]
        >>> levelled([as_given], (12,))[0] is as_given
        True
    """
    found = list(series)
    if max(map(len, series)) < _SHORTEST:
        return found
    places = [(number, output) for number, one in enumerate(series) for output in range(one.shape[1])]
    for _ in range(_MOST):
        if not places:
            break
        panel = Panel.of([found[number][:, output] for number, output in places])
        rest = _without_seasons(panel, seasons)
        far = _far_out(np.diff(rest, axis=1))
        still = []
        for row in np.flatnonzero(far.any(axis=1) & (panel.lengths >= _SHORTEST)):
            number, output = places[row]
            values, steps = found[number][:, output], panel.lengths[row]
            shift = _shift(rest[row, -steps:], far[row, len(far[row]) - steps + 1 :], max(seasons, default=1))
            better = None if shift is None else _raised(values, *shift, seasons)
            if better is not None:
                found[number] = found[number].copy()
                found[number][:, output] = better
                still.append(places[row])
        places = still
    return found


def _far_out(changes: Float[np.ndarray, "series time"]) -> Bool[np.ndarray, "series time"]:
    """Changes that are far beyond the quartiles of their row; none where these are the same."""
    low, middle, high = _quartiles(changes)
    with np.errstate(invalid="ignore"):
        far: np.ndarray = (np.abs(changes - middle) > _FAR * (high - low)) & (high > low)
    return far


def _quartiles(values: Float[np.ndarray, "series time"]) -> list[np.ndarray]:
    empty = ~np.isfinite(values).any(axis=1)
    filled = np.where(empty[:, None], 0.0, values)
    return list(np.nanquantile(filled, (0.25, 0.5, 0.75), axis=1)[..., None])


def _without_seasons(panel: Panel, seasons: tuple[int, ...]) -> Float[np.ndarray, "series time"]:
    """The series without the seasons that they have when their jumps are left out."""
    if not seasons:
        return panel.values
    found = adjusted(steadied(panel), seasons, 1)
    without: np.ndarray = (panel.values - found.past_shift) / found.past_scale
    return without


def _shift(
    rest: Float[np.ndarray, "time"], far: Bool[np.ndarray, "change"], season: int
) -> tuple[int, float, float] | None:
    """The first step of the clearest shift, and the levels before and after it; None where there is none."""
    steps, best, clearest = len(rest), None, _FAR
    reach = min(_REACH, steps // 4)
    for after in range(_LEAST, reach + 1):
        # Medians of fewer values vary more, so those of the last steps are compared with medians of as many.
        middles = np.median(sliding_window_view(rest, reach), axis=1)[: steps - reach - after + 1]
        later = np.median(sliding_window_view(rest, after), axis=1)[reach:]
        moves = later - middles
        low, middle, high = np.quantile(moves, (0.25, 0.5, 0.75))
        if high <= low:
            continue
        places = np.arange(reach, steps - after + 1) if after == reach else np.array([steps - after])
        for place in places[far[places - 1]]:
            move, jump = moves[place - reach], rest[place] - rest[place - 1]
            clear = abs(move - middle) / (high - low)
            if clear <= clearest or jump * move <= 0 or abs(jump) < _AT_ONCE * abs(move):
                continue
            ago = rest[max(place - season, 0) :][: min(after, season)]
            if np.sign(move) * (later[place - reach] - np.median(ago)) < _AT_ONCE * abs(move):
                # A season that changes its size does so every season.
                continue
            half = middles[place - reach] + move / 2
            sides = np.sign(move) * (rest[place - reach : place + after] - half)
            if (sides[:reach] < 0).mean() >= _STAY and (sides[reach:] > 0).mean() >= _STAY:
                clearest, best = clear, (int(place), middles[place - reach], later[place - reach])
    return best


def _raised(
    values: Float[np.ndarray, "time"], place: int, before: float, after: float, seasons: tuple[int, ...]
) -> Float[np.ndarray, "time"] | None:
    """The series with what was before a step brought to the level after it; None where it would cross a bound."""
    offers = [np.r_[values[:place] + (after - before), values[place:]]]
    if values.min() >= 0 and before > 0 and after > 0:
        offers.append(np.r_[values[:place] * (after / before), values[place:]])
    within = [one for one in offers if values.min() < 0 or (one.min() >= 0 and (values.max() > 1 or one.max() <= 1))]
    if len(within) < 2:
        return within[0] if within else None
    # Where there is no season, either does.
    rest = adjusted(Panel.of(within), seasons, 1).panel.values[:, place:]
    return within[int(np.argmin(np.abs(np.diff(rest, axis=1)).mean(axis=1)))]
