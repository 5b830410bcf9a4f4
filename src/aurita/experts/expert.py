"""What every expert is: a method that forecasts a panel of series from their values alone."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from aurita._typing import Float
from aurita.experts.panel import Panel
from aurita.experts.seasons import Adjusted, adjusted

FARTHEST = 3.0
"""Logarithms are forecast no farther than this beyond those of the past."""


@dataclass(frozen=True, eq=False)
class ForecastTask:
    """Series, and how far to forecast them.

    Attributes:
        panel: as they were given.
        seasons: that they may have, in steps.
        horizon: steps ahead.
    """

    panel: Panel
    seasons: tuple[int, ...]
    horizon: int

    @cached_property
    def adjusted(self) -> Adjusted:
        """The series without their seasons."""
        return adjusted(self.panel, self.seasons, self.horizon)

    @cached_property
    def logs(self) -> Panel:
        """Logarithms of the adjusted series, where all values of one are above zero; the adjusted series elsewhere."""
        rest = self.adjusted.panel
        with np.errstate(all="ignore"):
            return Panel(np.where(self.logged[:, None], np.log(rest.values), rest.values))

    @cached_property
    def logged(self) -> np.ndarray:
        """Which series have logarithms."""
        return self.adjusted.panel.positive & self.panel.positive

    @cached_property
    def season(self) -> int:
        """The longest season, 1 where there is none."""
        return max(self.seasons, default=1)

    def from_logs(self, forecasts: Float[np.ndarray, "series ahead"]) -> Float[np.ndarray, "series ahead"]:
        """Forecasts of the series as given, from those of `logs`."""
        values = self.logs.values
        low, high = np.nanmin(values, axis=1), np.nanmax(values, axis=1)
        held = np.clip(forecasts, low[:, None] - FARTHEST, high[:, None] + FARTHEST)
        with np.errstate(all="ignore"):
            return self.adjusted.restored(np.where(self.logged[:, None], np.exp(held), forecasts))


class Expert(Protocol):
    """A method.

    Attributes:
        name: that messages and tables call it by.
    """

    name: str

    def forecasts(self, task: ForecastTask) -> Float[np.ndarray, "series ahead"]:
        """Forecasts of the steps after the last of each series."""
        ...
