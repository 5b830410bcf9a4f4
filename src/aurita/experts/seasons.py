"""Seasons: which a series has, and the series without them.

A season is removed by classical decomposition, as ratios to a centred moving average or as differences from it, where
the autocorrelation at its length is significant: the test and the procedure of the M competitions (Assimakopoulos and
Nikolopoulos 2000, "The theta model"; Makridakis et al. 2020, "The M4 competition").
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aurita._typing import Bool, Float
from aurita.experts.panel import Panel, lines, means

SIGNIFICANT = 1.645
"""Deviations of the autocorrelation beyond which it is no chance: 90 %."""

OF_CHANGES = 2.0
"""The same of changes alone."""

SURE, OF_WHITE, LEAST_PAIRS = 0.999, 1.5, 5
"""Of correlations of changes: the largest, what those of white noise vary by, and how few pairs tell nothing."""

TELLING = 4
"""Of fewer seasons what is usual in each place is not known."""

LEAST_FACTOR = 0.01

FAR_OUT = 3.0
"""Spreads between the quartiles beyond which a value is an accident (Tukey 1977, "Exploratory Data Analysis")."""

REFITS = 6
"""How often a line is fitted anew at most, without the accidents that are far from it."""


@dataclass(frozen=True, eq=False)
class Adjusted:
    """Series without their seasons, and the way back.

    Attributes:
        panel: `(S, T)`, `(values - shift) / scale`.
        scale, shift: `(S, H)` of the next steps.
        past_scale, past_shift: `(S, T)` of the steps that are known.
        seasonal: `(S,)`, which series had a season.
    """

    panel: Panel
    scale: Float[np.ndarray, "series ahead"]
    shift: Float[np.ndarray, "series ahead"]
    seasonal: Bool[np.ndarray, "series"]
    past_scale: Float[np.ndarray, "series time"]
    past_shift: Float[np.ndarray, "series time"]

    def restored(self, forecasts: Float[np.ndarray, "series ahead"]) -> Float[np.ndarray, "series ahead"]:
        """Forecasts of the series as they were given."""
        return forecasts * self.scale + self.shift


def adjusted(panel: Panel, seasons: Sequence[int], horizon: int) -> Adjusted:
    """Each series without those of some seasons that it has, the shortest first.

    Args:
        panel: the series.
        seasons: lengths in steps.
        horizon: steps ahead that forecasts are brought back for.

    Example:
        >>> wave = Panel.of([10 + 5 * np.sin(np.arange(60) * np.pi / 6)])
        >>> found = adjusted(wave, [12], 3)
        >>> bool(found.seasonal[0]), bool(np.ptp(found.panel.values[0]) < 0.1)
        (True, True)
    """
    count, steps = panel.values.shape
    scale, shift = np.ones((count, steps + horizon)), np.zeros((count, steps + horizon))
    seasonal, found = np.zeros(count, bool), panel
    for season in sorted(set(seasons)):
        if season < 2 or steps < 2 * season:
            continue
        usual = without_accidents(found, season)
        has = _repeats(found, season)
        factors, sound = _indices(usual, season, ratios=True)
        terms, _ = _indices(usual, season, ratios=False)
        better = sound & has & panel.positive
        places = np.arange(steps + horizon) % season
        ratios = np.where(better[:, None], factors, 1.0)[:, places]
        added = np.where((has & ~better)[:, None], terms, 0.0)[:, places]
        # values = shift + scale * rest, and rest = added + ratios * what is left.
        shift, scale = shift + scale * added, scale * ratios
        found = Panel((panel.values - shift[:, :steps]) / scale[:, :steps])
        seasonal |= has
    return Adjusted(found, scale[:, steps:], shift[:, steps:], seasonal, scale[:, :steps], shift[:, :steps])


def has_season(panel: Panel, season: int) -> Bool[np.ndarray, "series"]:
    """Which series repeat themselves after a season, by the autocorrelation of values or of changes."""
    if panel.values.shape[1] < 2 * season:
        return np.zeros(len(panel.values), bool)
    return _repeats(panel, season)


def _repeats(panel: Panel, season: int) -> Bool[np.ndarray, "series"]:
    """Where values a season apart are alike, and more than most that are nearer; or changes a season apart are.

    Values of a random walk, or about a line, are alike at every lag, the less the farther. Their changes are not, and
    show a season under such noise, and one of which there are few.
    """
    changes = _changes_repeat(panel, season)
    found = autocorrelations(_plain(panel, season), season)
    deviation = np.sqrt((1 + 2 * (found[:, :-1] ** 2).sum(axis=1)) / np.maximum(panel.lengths, 1))
    alike = (found[:, -1] > SIGNIFICANT * deviation) & (panel.lengths >= 2 * season + 2)
    above = found[:, -1] > np.median(found[:, :-1], axis=1)
    return alike & (above | (changes > SIGNIFICANT)) | (changes > OF_CHANGES)


def _changes_repeat(panel: Panel, season: int) -> Float[np.ndarray, "series"]:
    """The correlation of changes a season apart, in its deviations were it chance (Fisher's transformation).

    Changes of white noise are correlated with their neighbours; others may be more, which changes a season apart, taken
    from each other, tell: by Bartlett's formula a correlation at a longer lag then varies the more.
    """
    values = _plain(Panel(np.diff(panel.values, axis=1)), season).values
    before, after = values[:, :-season], values[:, season:]
    apart = after - before
    pairs = np.isfinite(apart).sum(axis=1)
    alike = np.arctanh(np.clip(_correlation(before, after), -SURE, SURE))
    near = _correlation(apart[:, :-1], apart[:, 1:])
    varies = np.maximum((1 + near**2) / np.maximum(1 - near**2, 1 - SURE), OF_WHITE)
    return np.where(pairs >= LEAST_PAIRS, alike * np.sqrt(np.maximum(pairs - 3, 0) / varies), 0.0)


def _plain(panel: Panel, season: int) -> Panel:
    """The series without accidents; few seasons do not say what is usual in a place, and would repeat themselves."""
    few = panel.lengths < TELLING * season
    if few.all():
        return without_accidents(panel, 1)
    usual = without_accidents(panel, season)
    return Panel(np.where(few[:, None], without_accidents(panel, 1).values, usual.values)) if few.any() else usual


def _correlation(one: np.ndarray, other: np.ndarray) -> Float[np.ndarray, "series"]:
    """The correlation of each row's values that are known of both; 0 where one is constant."""
    known = np.isfinite(one) & np.isfinite(other)
    one, other = (np.where(known, each - means(each, known)[:, None], 0.0) for each in (one, other))
    size = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    found: np.ndarray = (one * other).sum(axis=1) / np.where(size > 0, size, 1.0)
    return found


def without_accidents(panel: Panel, season: int) -> Panel:
    """Values far from a line and from what their place in the season usually adds, brought nearer to it.

    So one wrong record does not hide a season, and a peak that comes every year stays.

    Example:
        >>> wave = np.tile([0.0, 1.0, 9.0, 1.0], 10) + np.arange(40) % 3 / 10
        >>> wave[21] = 60.0
        >>> found = without_accidents(Panel.of([wave]), 4).values[0]
        >>> bool(found[21] < 10), np.flatnonzero(found != wave).tolist()
        (True, [21])
    """
    found, bent = panel, np.ones(len(panel.values), bool)
    for _ in range(REFITS):
        # A value that is far enough out bends the line that it is far from.
        found, bent = _nearer(found, season, bent)
        if not bent.any():
            break
    return found


def _nearer(panel: Panel, season: int, which: Bool[np.ndarray, "series"]) -> tuple[Panel, Bool[np.ndarray, "series"]]:
    """Some of the series with their accidents nearer, and those whose line is another one without them."""
    level, slope = lines(panel)
    straight = panel.values - level[:, None] - slope[:, None] * np.arange(panel.values.shape[1])
    usual = np.stack([_ranked(straight[:, place::season], 0.5) for place in range(season)], axis=1)
    rest = straight - usual[:, np.arange(straight.shape[1]) % season]
    low, high = _ranked(rest, 0.25), _ranked(rest, 0.75)
    reach = np.where((high > low) & which, FAR_OUT * (high - low), np.inf)
    near = np.clip(rest, (low - reach)[:, None], (high + reach)[:, None])
    found = Panel(np.where(near == rest, panel.values, panel.values + near - rest))
    moved = np.abs(lines(found)[1] - slope) * panel.lengths
    return found, moved > high - low


def _ranked(values: Float[np.ndarray, "series time"], share: float) -> Float[np.ndarray, "series"]:
    """The known value of each row that a share of the others lies below; 0 where none is known."""
    ordered, count = np.sort(values, axis=1), np.isfinite(values).sum(axis=1)
    place = np.floor(share * np.maximum(count - 1, 0)).astype(int)
    return np.where(count > 0, np.take_along_axis(ordered, place[:, None], axis=1)[:, 0], 0.0)


def autocorrelations(panel: Panel, lags: int) -> Float[np.ndarray, "series lag"]:
    """Autocorrelations at the lags from 1 to `lags`."""
    centred = np.where(panel.known, panel.values - means(panel.values, panel.known)[:, None], 0.0)
    size = 2 * centred.shape[1]
    spectrum = np.fft.rfft(centred, size, axis=1)
    found = np.fft.irfft(np.abs(spectrum) ** 2, size, axis=1)[:, : lags + 1]
    return found[:, 1:] / np.where(found[:, :1] > 0, found[:, :1], 1.0)


def _indices(panel: Panel, season: int, *, ratios: bool) -> tuple[np.ndarray, np.ndarray]:
    """The season's factors or terms by column modulo its length, and where they are sound."""
    values, steps = panel.values, panel.values.shape[1]
    if steps < 2 * season:
        return np.full((len(values), season), float(ratios)), np.zeros(len(values), bool)
    weights = np.ones(season) if season % 2 else np.r_[0.5, np.ones(season - 1), 0.5]
    half = len(weights) // 2
    smooth = np.full_like(values, np.nan)
    sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(np.where(panel.known, values, 0.0), axis=1)], axis=1)
    whole = sums[:, season:] - sums[:, :-season]
    if season % 2 == 0:
        whole = (whole[:, 1:] + whole[:, :-1]) / 2
    centre = slice(half, steps - half)
    inside = panel.known[:, : steps - 2 * half] & panel.known[:, 2 * half :]
    smooth[:, centre] = np.where(inside, whole / season, np.nan)
    with np.errstate(all="ignore"):
        parts = values / smooth if ratios else values - smooth
    known = np.isfinite(parts)
    found = np.stack([means(parts[:, place::season], known[:, place::season]) for place in range(season)], axis=1)
    whole_season = np.stack([known[:, place::season].any(axis=1) for place in range(season)], axis=1).all(axis=1)
    mean = found.mean(axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        found = found / mean if ratios else found - mean
    sound = whole_season & np.isfinite(found).all(axis=1)
    if ratios:
        sound &= (found > LEAST_FACTOR).all(axis=1)
    return np.where(sound[:, None], found, float(ratios)), sound
