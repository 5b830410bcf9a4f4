"""Levels: series that shifted to another level, with what was before brought to the last one.

A shift is a change of level within one step that stays for six steps or more, and is far out among all changes of
level of the same series (Tukey 1977, "Exploratory Data Analysis"); so a random walk has none, nor a trend, nor one
wrong record. Three last records to five are a shift where they agree and nothing like it was before. Of one or two
nobody knows: they count as no farther than what is usual (Gelper, Fried and Croux 2010, "Robust forecasting with
exponential and Holt-Winters smoothing").
"""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from aurita._typing import Bool, Float
from aurita.experts.panel import Panel
from aurita.experts.seasons import FAR_OUT, adjusted

_MOST, _RARE = 3, 0.05
_REACH, _LEAST, _YOUNG, _DOUBTFUL = 12, 6, 3, 2
_SHORTEST, _LONG = 20, 48
_AT_ONCE, _STAY = 0.5, 0.8
_FAR, _FAR_IN_SHARES = FAR_OUT + 0.5, 2.0


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
        rest, _ = _parted(panel, seasons)
        far = _far_out(np.diff(rest, axis=1))
        still = []
        for row in np.flatnonzero(far.any(axis=1) & (panel.lengths >= _SHORTEST)):
            number, output = places[row]
            values, steps = found[number][:, output], panel.lengths[row]
            shift = _shift(rest[row, -steps:], far[row, len(far[row]) - steps + 1 :], max(seasons, default=1))
            stays = shift is not None and _in_shares(values, seasons, shift[0])
            better = _raised(values, *shift, seasons) if shift is not None and stays else None
            if better is not None:
                found[number] = found[number].copy()
                found[number][:, output] = better
                still.append(places[row])
        places = still
    return found


def tempered(
    series: Sequence[Float[np.ndarray, "time output"]], seasons: tuple[int, ...]
) -> list[Float[np.ndarray, "time output"]]:
    """Series whose one or two last records, where they are far out, are nearer to what was before.

    Such a record may be wrong or the first at another level, which no record after it tells yet. One counts as far as
    is usual, for most are wrong; two that agree count half of what lies beyond.

    Example:
        >>> steps = np.arange(60)
        >>> wave = 20 + np.sin(steps * np.pi / 6) + 0.1 * np.cos(7.0 * steps)
        >>> wrong = np.where(steps == 59, 90.0, wave)[:, None]
        >>> found = tempered([wrong], (12,))[0][:, 0]
        >>> bool(19 < found[59] < 25), bool((found == wrong[:, 0])[:59].all())
        (True, True)
    """
    found = list(series)
    if max(map(len, series)) < _LONG:
        return found
    places = [(number, output) for number, one in enumerate(series) for output in range(one.shape[1])]
    panel = Panel.of([found[number][:, output] for number, output in places])
    rest, scale = _parted(panel, seasons)
    far = _far_out(np.diff(rest, axis=1))[:, -_DOUBTFUL:]
    for row in np.flatnonzero(far.any(axis=1) & (panel.lengths >= _LONG)):
        number, output = places[row]
        own = rest[row, -panel.lengths[row] :]
        for count in range(_DOUBTFUL, 0, -1):
            excess = _excess(own, count) if far[row, -count] else None
            if excess is not None and _in_shares(found[number][:, output], seasons, len(own) - count):
                found[number] = found[number].copy()
                found[number][-count:, output] -= excess / count * scale[row, -count:]
                break
    return found


def moved(
    values: Float[np.ndarray, "time"], count: int, seasons: tuple[int, ...], steps: int
) -> tuple[Float[np.ndarray, "time"], Float[np.ndarray, "ahead"]]:
    """A series whose last records are where those before leave it, and how far they had moved it in the next steps.

    The first is what is true where these records are wrong, both together where they are the first at another level.

    Args:
        values: whose last `count` records are in doubt.
        count: of them.
        seasons: that the series may have.
        steps: ahead.

    Example:
        >>> steps = np.arange(60)
        >>> wave = 20 + np.sin(steps * np.pi / 6)
        >>> found, move = moved(np.where(steps == 59, 50.0, wave), 1, (12,), 2)
        >>> found[58:].round().tolist(), move.round().tolist()
        ([19.0, 20.0], [31.0, 32.0])
    """
    panel = Panel.of([values])
    parts = adjusted(steadied(panel), seasons, steps)
    rest = ((panel.values - parts.past_shift) / parts.past_scale)[0]
    reach = min(_REACH, len(rest) // 4)
    move = np.median(rest[-count:]) - np.median(rest[-count - reach : -count])
    found = values.copy()
    found[-count:] -= move * parts.past_scale[0, -count:]
    return found, move * parts.scale[0]


def _excess(rest: Float[np.ndarray, "time"], count: int) -> Float[np.ndarray, "record"] | None:
    """By how much each of the last records is farther from the others than is usual; None where they are not."""
    reach = min(_REACH, len(rest) // 4)
    moves = _moves(rest, reach, count)
    low, middle, high = np.quantile(moves, (0.25, 0.5, 0.75))
    jump = rest[-count] - rest[-count - 1]
    before = np.median(rest[-count - reach : -count])
    if high <= low or not _alone(moves, middle, count) or abs(moves[-1] - middle) <= _FAR * (high - low):
        return None
    if jump * moves[-1] <= 0 or abs(jump) < _AT_ONCE * abs(moves[-1]) or not _agree(rest[-count:], before, moves[-1]):
        return None
    apart = rest[-count:] - before - middle
    excess: np.ndarray = apart - np.sign(moves[-1]) * _FAR * (high - low)
    return np.where(excess * moves[-1] > 0, excess, 0.0)


def _agree(last: Float[np.ndarray, "record"], before: float, move: float) -> bool:
    """Whether last records are all at the other level: more than half of the way there, and near one another."""
    beyond = np.sign(move) * (last - before - move / 2) > 0
    return bool(beyond.all() and np.ptp(last) < _AT_ONCE * abs(move))


def _alone(moves: Float[np.ndarray, "step"], middle: float, after: int) -> bool:
    """Whether the last move is more than twice as large as any before it on its side: peaks come again."""
    side = np.sign(moves[-1] - middle)
    earlier = side * (moves[: -after - 1] - middle)
    return bool(earlier.max(initial=0.0) < _AT_ONCE * abs(moves[-1] - middle))


def _moves(rest: Float[np.ndarray, "time"], reach: int, after: int) -> Float[np.ndarray, "step"]:
    """The median of so many values from each step on, less that of those before it.

    Medians of fewer values vary more, so those of the last steps are compared with medians of as many.
    """
    middles = np.median(sliding_window_view(rest, reach), axis=1)[: len(rest) - reach - after + 1]
    moves: np.ndarray = np.median(sliding_window_view(rest, after), axis=1)[reach:] - middles
    return moves


def _in_shares(values: Float[np.ndarray, "time"], seasons: tuple[int, ...], place: int) -> bool:
    """Whether a series above zero moves far at a step in logarithms too: one that grows moves the more the larger."""
    if values.min() <= 0:
        return True
    rest = _parted(Panel.of([np.log(values)]), seasons)[0]
    if place > len(values) - _YOUNG:
        after = len(values) - place
        moves = _moves(rest[0], min(_REACH, len(values) // 4), after)
        low, middle, high = np.quantile(moves, (0.25, 0.5, 0.75))
        return bool(abs(moves[-1] - middle) > _FAR_IN_SHARES * (high - low))
    far = _far_out(np.diff(rest, axis=1), _FAR_IN_SHARES)
    found = _shift(rest[0], far[0], max(seasons, default=1), _FAR_IN_SHARES)
    return found is not None and abs(found[0] - place) <= 1


def _far_out(changes: Float[np.ndarray, "series time"], limit: float = _FAR) -> Bool[np.ndarray, "series time"]:
    """Changes that are far beyond the quartiles of their row; none where these are the same."""
    low, middle, high = _quartiles(changes)
    with np.errstate(invalid="ignore"):
        far: np.ndarray = (np.abs(changes - middle) > limit * (high - low)) & (high > low)
    return far


def _quartiles(values: Float[np.ndarray, "series time"]) -> list[np.ndarray]:
    empty = ~np.isfinite(values).any(axis=1)
    filled = np.where(empty[:, None], 0.0, values)
    return list(np.nanquantile(filled, (0.25, 0.5, 0.75), axis=1)[..., None])


def _parted(panel: Panel, seasons: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The series without the seasons that they have when their jumps are left out, and the factors of these."""
    if not seasons:
        return panel.values, np.ones_like(panel.values)
    found = adjusted(steadied(panel), seasons, 1)
    return (panel.values - found.past_shift) / found.past_scale, found.past_scale


def _shift(
    rest: Float[np.ndarray, "time"], far: Bool[np.ndarray, "change"], season: int, limit: float = _FAR
) -> tuple[int, float, float] | None:
    """The first step of the clearest shift, and the levels before and after it; None where there is none."""
    steps, best, clearest = len(rest), None, limit
    reach = min(_REACH, steps // 4)
    for after in range(_YOUNG, reach + 1):
        moves = _moves(rest, reach, after)
        low, middle, high = np.quantile(moves, (0.25, 0.5, 0.75))
        if high <= low or (after < _LEAST and not _alone(moves, middle, after)):
            continue
        places = np.arange(reach, steps - after + 1) if after == reach else np.array([steps - after])
        for place in places[far[places - 1]]:
            move, jump = moves[place - reach], rest[place] - rest[place - 1]
            before, clear = np.median(rest[place - reach : place]), abs(move - middle) / (high - low)
            if clear <= clearest or jump * move <= 0 or abs(jump) < _AT_ONCE * abs(move):
                continue
            if after < _LEAST and not _agree(rest[place:], before, move):
                continue
            ago = rest[max(place - season, 0) :][: min(after, season)]
            if np.sign(move) * (before + move - np.median(ago)) < _AT_ONCE * abs(move):
                # A season that changes its size does so every season.
                continue
            sides = np.sign(move) * (rest[place - reach : place + after] - before - move / 2)
            if (sides[:reach] < 0).mean() >= _STAY and (sides[reach:] > 0).mean() >= _STAY:
                clearest, best = clear, (int(place), float(before), float(before + move))
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
