"""The year of daily steps: a smooth course by harmonics, and an expert for what it leaves.

Dynamic harmonic regression (Young, Pedregal and Tych 1999, "Dynamic harmonic regression"; Hyndman and Athanasopoulos
2021, "Forecasting: Principles and Practice", 10.5): a season of 365.25 steps, known from a few years, has too few
repetitions for an index of each day.
"""

from dataclasses import dataclass

import numpy as np

from aurita._typing import Float
from aurita.experts.expert import Expert, ForecastTask
from aurita.experts.panel import Panel, means
from aurita.experts.seasons import without_accidents

YEAR = 365.25
LEAST_DAYS, MOST_DAYS = 730, 2196
"""Two years show what is repeated; experts look back on six at most."""

WEEK = 7
"""Of accidents, which are no accidents where they come every week."""

_HARMONICS, _LINE, _DIAGONAL = 4, 2, 1e-6


@dataclass(frozen=True)
class Yearly:
    """Another expert's forecast of series without their week and their year, of logarithms where there are some.

    Series of less than two years have no year.

    Example:
        >>> from aurita.experts.naive import MeanForecast
        >>> days = np.arange(1200)
        >>> warmth = Panel.of([10 * np.sin(2 * np.pi * days / YEAR)])
        >>> found = Yearly("mean and year", MeanForecast()).forecasts(ForecastTask(warmth, (), 3))
        >>> bool(np.abs(found - 10 * np.sin(2 * np.pi * (1200 + np.arange(3)) / YEAR)).max() < 0.01)
        True
    """

    name: str
    rest: Expert

    def forecasts(self, task: ForecastTask) -> Float[np.ndarray, "series ahead"]:
        """See `Expert`."""
        course = yearly_course(task.logs, task.horizon)
        left = Panel(task.logs.values - course[:, : task.logs.values.shape[1]])
        found = self.rest.forecasts(ForecastTask(left, (), task.horizon))
        return task.from_logs(found + course[:, -task.horizon :])


def yearly_course(panel: Panel, horizon: int) -> Float[np.ndarray, "series time"]:
    """What the year adds to each step, and to so many next ones: least squares of harmonics beside a line.

    Zero for series of less than two years.
    """
    steps = panel.values.shape[1]
    whole = _regressors(steps, horizon)
    near, known = without_accidents(panel, WEEK).values, panel.known
    values = np.where(known, near - means(near, known)[:, None], 0.0)
    counted = whole[:steps] * known[:, :, None]
    # Series without a year are left out below; a little on the diagonal keeps theirs solvable.
    gram = counted.transpose(0, 2, 1) @ counted + _DIAGONAL * np.eye(whole.shape[1])
    weights = np.linalg.solve(gram, (values @ whole[:steps])[..., None])[..., 0]
    weights = np.where((panel.lengths >= LEAST_DAYS)[:, None], weights, 0.0)
    return weights[:, _LINE:] @ whole[:, _LINE:].T


def yearly_maps(steps: int, horizon: int) -> tuple[Float[np.ndarray, "time wave"], Float[np.ndarray, "wave time"]]:
    """The course of series without gaps as two products: from centred values to waves, from these to all steps."""
    whole = _regressors(steps, horizon)
    known = whole[:steps]
    inverse = np.linalg.inv(known.T @ known + _DIAGONAL * np.eye(whole.shape[1]))
    return (known @ inverse)[:, _LINE:], whole[:, _LINE:].T


def _regressors(steps: int, horizon: int) -> Float[np.ndarray, "time regressor"]:
    """A line, and the sines and cosines of the year."""
    days = np.arange(steps + horizon)[:, None]
    angles = 2 * np.pi * np.arange(1, _HARMONICS + 1) * days / YEAR
    return np.hstack([np.ones(days.shape), days / len(days), np.sin(angles), np.cos(angles)])
