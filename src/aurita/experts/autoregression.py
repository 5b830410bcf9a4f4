"""Autoregression by ridge regression, of each series on its own."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from aurita._typing import Float
from aurita.experts.expert import ForecastTask
from aurita.experts.panel import Panel, means

BOUND = 4.0
DRIFT = 0.9
PENALTY = 1.0


def autoregressed(panel: Panel, order: int, horizon: int) -> Float[np.ndarray, "series ahead"]:
    """Forecasts in deviations from each series' mean, brought back.

    Args:
        panel: the series.
        order: values that the next one is a linear function of.
        horizon: steps ahead.
    """
    mean = means(panel.values, panel.known)
    centred = np.where(panel.known, panel.values - mean[:, None], 0.0)
    spread = np.sqrt((centred**2).sum(axis=1) / np.maximum(panel.lengths, 1))
    spread = np.where(spread > 0, spread, 1.0)
    scaled = centred / spread[:, None]
    order = max(1, min(order, scaled.shape[1] - 2))
    # Newest first; rows that reach back before the series begins do not count.
    rows = sliding_window_view(scaled, order, axis=1)[:, :-1, ::-1]
    counts = panel.known[:, : rows.shape[1], None]
    rows = rows * counts
    gram = rows.transpose(0, 2, 1) @ rows
    gram += PENALTY * np.sqrt(panel.lengths)[:, None, None] * np.eye(order)
    cross = (rows * scaled[:, order:, None]).sum(axis=1)
    weights = np.linalg.solve(gram, cross[..., None])[..., 0]
    past, found = scaled[:, -order:][:, ::-1], []
    for _ in range(horizon):
        predicted = np.clip((past * weights).sum(axis=1), -BOUND, BOUND)
        past = np.concatenate([predicted[:, None], past[:, :-1]], axis=1)
        found.append(predicted)
    return np.stack(found, axis=1) * spread[:, None] + mean[:, None]


@dataclass(frozen=True)
class Autoregression:
    """Autoregression of the series without its seasons, or of its differences, whose mean dies away.

    Attributes:
        differenced: whether the steps' changes are regressed, of logarithms where there are some.
    """

    name: str = "autoregression"
    differenced: bool = False

    def order(self, season: int, shortest: int) -> int:
        """Values that the next one is a function of, for the longest season and the steps of the shortest series."""
        if self.differenced:
            return 4 if season == 1 else 6
        return min(2 * min(season, 24) + 2, max(2, shortest // 4))

    def forecasts(self, task: ForecastTask) -> Float[np.ndarray, "series ahead"]:
        """See `Expert`."""
        order = self.order(task.season, int(task.panel.lengths.min()))
        if not self.differenced:
            return task.adjusted.restored(autoregressed(task.adjusted.panel, order, task.horizon))
        changes = Panel(np.diff(task.logs.values, axis=1))
        mean = means(changes.values, changes.known)
        predicted = autoregressed(changes, order, task.horizon) - mean[:, None]
        predicted = predicted + mean[:, None] * DRIFT ** np.arange(1, task.horizon + 1)
        return task.from_logs(task.logs.values[:, -1:] + np.cumsum(predicted, axis=1))
