"""Demand that is often zero: Croston's method with the correction of Syntetos and Boylan, and a chance of demand.

Source: Croston 1972, "Forecasting and stock control for intermittent demands"; Syntetos and Boylan 2005, "The accuracy
of intermittent demand estimates"; Teunter, Syntetos and Babai 2011, "Intermittent demand: linking forecasting to
inventory obsolescence".
"""

from dataclasses import dataclass

import numpy as np

from aurita._typing import Bool, Float
from aurita.experts.expert import ForecastTask
from aurita.experts.panel import Panel, means

WEIGHT = 0.1
OFTEN = 1 - 1 / 1.32
"""Share of zeros beyond which demand is intermittent: a mean interval of 1.32 (Syntetos and others 2005)."""

_ALIKE, _LEAST_EVENTS = 0.5, 4
_ALIKE_IN_SEASON, _BY_CHANCE = 0.25, 3.0
"""Autocorrelation of zeros a season apart that is no chance; or so many of its deviations, where series are short."""

_LONGEST_RHYTHM = 31


def intermittent(panel: Panel, seasons: tuple[int, ...]) -> Bool[np.ndarray, "series"]:
    """Which series are demand that is zero often and by chance: not at night alone, nor until it once began.

    None lies below zero, and whether a step is zero says little of the next one and of that a season later; nor do
    zeros come in a rhythm of their own, such as deliveries every other week.

    Example:
        >>> rng, steps = np.random.default_rng(0), np.arange(240)
        >>> demand = np.where(rng.random(240) < 0.3, 5.0, 0.0)
        >>> sun = np.maximum(np.sin(steps * np.pi / 12), 0)
        >>> intermittent(Panel.of([demand, sun, np.maximum(steps - 150.0, 0)]), (24,)).tolist()
        [True, False, False]
    """
    zero = panel.known & (panel.values == 0)
    events = (panel.known & ~zero).sum(axis=1)
    found = (zero.sum(axis=1) > OFTEN * panel.lengths) & (events >= _LEAST_EVENTS)
    found &= np.where(panel.known, panel.values, 0.0).min(axis=1) >= 0
    apart = np.where(panel.known, zero - means(zero, panel.known)[:, None], 0.0)
    square = np.maximum((apart**2).sum(axis=1), 1e-12)
    in_season = np.clip(_BY_CHANCE / np.sqrt(panel.lengths), _ALIKE_IN_SEASON, _ALIKE)
    # A rhythm is seen where it comes three times.
    rhythms = range(1, min(_LONGEST_RHYTHM, panel.values.shape[1] // 3) + 1)
    for lag in {*rhythms, *seasons} if found.any() else ():
        if lag < apart.shape[1]:
            most = in_season if lag in seasons else _ALIKE
            found &= (apart[:, lag:] * apart[:, :-lag]).sum(axis=1) < most * square
    return found


@dataclass(frozen=True)
class Croston:
    """Smoothed sizes over smoothed intervals; the mean of series that are seldom zero, or somewhere below it.

    Example:
        >>> from aurita.experts.panel import Panel
        >>> demand = np.tile([0.0, 0.0, 0.0, 4.0], 20)
        >>> round(float(Croston().forecasts(ForecastTask(Panel.of([demand]), (), 1))[0, 0]), 2)
        0.95
    """

    name: str = "Croston"

    def forecasts(self, task: ForecastTask) -> Float[np.ndarray, "series ahead"]:
        """See `Expert`."""
        values, known = task.panel.values, task.panel.known
        zero = known & (values == 0)
        fits = (zero.sum(axis=1) > OFTEN * task.panel.lengths) & (np.where(known, values, 0.0).min(axis=1) >= 0)
        mean = means(values, known)
        found = mean
        if fits.any():
            size, interval = np.full(len(values), np.nan), np.full(len(values), np.nan)
            since = np.zeros(len(values))
            for step in range(values.shape[1]):
                since = since + known[:, step]
                hit = known[:, step] & ~zero[:, step]
                new = hit & np.isnan(size)
                size = np.where(hit, np.where(new, values[:, step], size + WEIGHT * (values[:, step] - size)), size)
                moved = np.where(new, since, interval + WEIGHT * (since - interval))
                interval, since = np.where(hit, moved, interval), np.where(hit, 0.0, since)
            rate = (1 - WEIGHT / 2) * size / interval
            found = np.where(fits & np.isfinite(rate), rate, mean)
        return np.repeat(found[:, None], task.horizon, axis=1)


@dataclass(frozen=True)
class Obsolescence:
    """Smoothed sizes times a smoothed chance of demand, which falls while there is none (Teunter, Syntetos and Babai).

    Both begin with their means. A series that is hardly ever zero has its mean, as by `Croston`.

    Example:
        >>> from aurita.experts.panel import Panel
        >>> demand = np.r_[np.tile([0.0, 4.0], 20), np.zeros(30)]
        >>> float(Obsolescence().forecasts(ForecastTask(Panel.of([demand]), (), 1))[0, 0].round(2))
        0.09
    """

    name: str = "chance of demand"

    def forecasts(self, task: ForecastTask) -> Float[np.ndarray, "series ahead"]:
        """See `Expert`."""
        values, known = task.panel.values, task.panel.known
        there = known & (values != 0)
        chance, size = means(there, known), means(values, there)
        for step in range(values.shape[1]):
            hit, seen = there[:, step], known[:, step]
            chance = np.where(seen, chance + WEIGHT * (hit - chance), chance)
            size = np.where(hit, size + WEIGHT * (np.where(hit, values[:, step], 0.0) - size), size)
        return np.repeat((chance * size)[:, None], task.horizon, axis=1)
