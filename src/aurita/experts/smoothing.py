"""Exponential smoothing: a level, or a level and a trend that dies away, by parameters of least squared error.

Source: Gardner 2006, "Exponential smoothing: the state of the art, part II". Parameters come from a grid; all series
and all parameters run at once.
"""

from dataclasses import dataclass

import numpy as np

from aurita._typing import Float
from aurita.experts.expert import ForecastTask
from aurita.experts.panel import Panel, lines

LEVELS = np.array([0.02, *np.arange(0.05, 1.0, 0.05), 0.99])
_LEVELS, _TRENDS = np.array([0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 0.99]), np.array([0.0, 0.03, 0.1, 0.2, 0.4])
DAMPING, UNDAMPED = (0.8, 0.9, 0.95, 0.98), (1.0,)
START = 10


def trend_grid(damping: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All parameters of smoothing with a trend: of the level, of the trend, and what of the trend stays."""
    grids = np.meshgrid(_LEVELS, _TRENDS, np.array(damping), indexing="ij")
    alpha, share, phi = (grid.ravel() for grid in grids)
    return alpha, alpha * share, phi


def smoothed(
    panel: Panel,
) -> tuple[Float[np.ndarray, "series"], Float[np.ndarray, "series"], Float[np.ndarray, "series"]]:
    """The last level of simple exponential smoothing, its parameter, and the mean squared error one step ahead.

    Example:
        >>> level, weight, error = smoothed(Panel.of([np.array([1.0, 3.0, 3.0, 3.0])]))
        >>> round(float(level[0]), 3), float(weight[0])
        (3.0, 0.99)
    """
    rows, first = np.arange(len(panel.values)), panel.first
    level = np.repeat(panel.values[rows, first][:, None], len(LEVELS), axis=1)
    squares = np.zeros_like(level)
    for step in range(panel.values.shape[1]):
        after = (step > first)[:, None]
        error = np.where(after, panel.values[:, step : step + 1] - level, 0.0)
        level = level + LEVELS * error
        squares += error * error
    best = squares.argmin(axis=1)
    return level[rows, best], LEVELS[best], squares[rows, best] / np.maximum(panel.lengths - 1, 1)


def trended(
    panel: Panel, damping: tuple[float, ...], horizon: int
) -> tuple[Float[np.ndarray, "series ahead"], Float[np.ndarray, "series"]]:
    """Forecasts of smoothing with a trend, and the mean squared error one step ahead.

    The first level and trend are those of a line through the first ten values.
    """
    alpha, beta, phi = trend_grid(damping)
    steps = np.arange(panel.values.shape[1])
    begin = panel.known & (steps < (panel.first + START)[:, None])
    start, slope = lines(Panel(np.where(begin, panel.values, np.nan)))
    level = np.repeat((start + slope * (panel.first - 1))[:, None], len(alpha), axis=1)
    trend = np.repeat(slope[:, None], len(alpha), axis=1)
    squares = np.zeros_like(level)
    for step in steps:
        live = panel.known[:, step : step + 1]
        fading = phi * trend
        predicted = level + fading
        error = np.where(live, panel.values[:, step : step + 1] - predicted, 0.0)
        level = np.where(live, predicted + alpha * error, level)
        trend = np.where(live, fading + beta * error, trend)
        squares += error * error
    rows, best = np.arange(len(level)), squares.argmin(axis=1)
    ahead = np.cumsum(phi[best][:, None] ** np.arange(1, horizon + 1), axis=1)
    found = level[rows, best][:, None] + trend[rows, best][:, None] * ahead
    return found, squares[rows, best] / np.maximum(panel.lengths, 1)


@dataclass(frozen=True)
class Smoothing:
    """Simple exponential smoothing of the series without its seasons."""

    name: str = "exponential smoothing"

    def forecasts(self, task: ForecastTask) -> Float[np.ndarray, "series ahead"]:
        """See `Expert`."""
        level, _, _ = smoothed(task.adjusted.panel)
        return task.adjusted.restored(np.repeat(level[:, None], task.horizon, axis=1))


@dataclass(frozen=True)
class Trend:
    """Exponential smoothing with a trend, of the series without its seasons, or of its logarithms.

    Attributes:
        damping: shares of the trend that stay from step to step, to choose from.
        logs: whether logarithms are smoothed, where there are some.
    """

    name: str = "damped trend"
    damping: tuple[float, ...] = DAMPING
    logs: bool = False

    def forecasts(self, task: ForecastTask) -> Float[np.ndarray, "series ahead"]:
        """See `Expert`."""
        if self.logs:
            return task.from_logs(trended(task.logs, self.damping, task.horizon)[0])
        return task.adjusted.restored(trended(task.adjusted.panel, self.damping, task.horizon)[0])
