"""Forecasts that need no fit: the last value, the value a season ago, the mean, and a line from first to last."""

from dataclasses import dataclass

import numpy as np

from aurita._typing import Float
from aurita.experts.expert import ForecastTask
from aurita.experts.panel import means


@dataclass(frozen=True)
class SeasonalNaive:
    """The value a season ago, of the longest season that is there; the last value without one.

    Example:
        >>> from aurita.experts.panel import Panel
        >>> SeasonalNaive().forecasts(ForecastTask(Panel.of([np.arange(5.0)]), (2,), 3)).tolist()
        [[3.0, 4.0, 3.0]]
    """

    name: str = "seasonal naive"

    def forecasts(self, task: ForecastTask) -> Float[np.ndarray, "series ahead"]:
        """See `Expert`."""
        values, season = task.panel.values, task.season
        whole = task.panel.lengths >= season
        last = np.repeat(values[:, -1:], task.horizon, axis=1)
        if not whole.any():
            return last
        places = values.shape[1] - season + np.arange(task.horizon) % season
        return np.where(whole[:, None], values[:, places], last)


@dataclass(frozen=True)
class LastValue:
    """The last value of the series without its seasons."""

    name: str = "last value"

    def forecasts(self, task: ForecastTask) -> Float[np.ndarray, "series ahead"]:
        """See `Expert`."""
        return task.adjusted.restored(np.repeat(task.adjusted.panel.values[:, -1:], task.horizon, axis=1))


@dataclass(frozen=True)
class MeanForecast:
    """The mean of the series without its seasons."""

    name: str = "mean"

    def forecasts(self, task: ForecastTask) -> Float[np.ndarray, "series ahead"]:
        """See `Expert`."""
        rest = task.adjusted.panel
        return task.adjusted.restored(np.repeat(means(rest.values, rest.known)[:, None], task.horizon, axis=1))


@dataclass(frozen=True)
class Drift:
    """The last value and the mean change a step, of the series without its seasons."""

    name: str = "drift"

    def forecasts(self, task: ForecastTask) -> Float[np.ndarray, "series ahead"]:
        """See `Expert`."""
        rest = task.adjusted.panel
        rows, last = np.arange(len(rest.values)), rest.values[:, -1]
        slope = (last - rest.values[rows, rest.first]) / np.maximum(rest.lengths - 1, 1)
        return task.adjusted.restored(last[:, None] + slope[:, None] * np.arange(1, task.horizon + 1))
