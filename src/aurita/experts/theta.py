"""The Theta method: simple exponential smoothing with half the slope of a straight line as its drift.

Source: Assimakopoulos and Nikolopoulos 2000, "The theta model"; in the form of Hyndman and Billah 2003, "Unmasking the
Theta method".
"""

from dataclasses import dataclass

import numpy as np

from aurita._typing import Float
from aurita.experts.expert import ForecastTask
from aurita.experts.panel import Panel, lines
from aurita.experts.smoothing import smoothed


def theta(panel: Panel, horizon: int) -> Float[np.ndarray, "series ahead"]:
    """Forecasts of each series.

    Example:
        >>> theta(Panel.of([np.arange(40.0)]), 2)[0].round(1).tolist()
        [39.5, 40.0]
    """
    level, weight, _ = smoothed(panel)
    _, slope = lines(panel)
    alpha, length = weight[:, None], panel.lengths[:, None]
    ahead = np.arange(horizon) + 1 / alpha - (1 - alpha) ** length / alpha
    found: Float[np.ndarray, "series ahead"] = level[:, None] + slope[:, None] / 2 * ahead
    return found


@dataclass(frozen=True)
class Theta:
    """The Theta method on the series without its seasons, or on its logarithms."""

    name: str = "Theta"
    logs: bool = False

    def forecasts(self, task: ForecastTask) -> Float[np.ndarray, "series ahead"]:
        """See `Expert`."""
        if self.logs:
            return task.from_logs(theta(task.logs, task.horizon))
        return task.adjusted.restored(theta(task.adjusted.panel, task.horizon))
