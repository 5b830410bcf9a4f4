"""Demand that is often zero: Croston's method with the correction of Syntetos and Boylan.

Source: Croston 1972, "Forecasting and stock control for intermittent demands"; Syntetos and Boylan 2005, "The accuracy
of intermittent demand estimates".
"""

from dataclasses import dataclass

import numpy as np

from aurita._typing import Float
from aurita.experts.expert import ForecastTask
from aurita.experts.panel import means

WEIGHT = 0.1
OFTEN = 0.2


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
