"""Many series as one array, the last steps in the last column, so that a method runs over all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from aurita._typing import Bool, Float, Int


@dataclass(frozen=True, eq=False)
class Panel:
    """Series of any lengths, aligned at their ends.

    Attributes:
        values: `(S, T)`, NaN before a series begins.

    Example:
        >>> Panel.of([np.array([1.0, 2.0]), np.array([3.0])]).values.tolist()
        [[1.0, 2.0], [nan, 3.0]]
    """

    values: Float[np.ndarray, "series time"]

    @staticmethod
    def of(series: Sequence[Float[np.ndarray, "time"]]) -> "Panel":
        """The panel of these series."""
        longest = max(map(len, series))
        values = np.full((len(series), longest), np.nan)
        for row, one in enumerate(series):
            values[row, longest - len(one) :] = one
        return Panel(values)

    @cached_property
    def known(self) -> Bool[np.ndarray, "series time"]:
        """Where there is a value."""
        return np.isfinite(self.values)

    @cached_property
    def lengths(self) -> Int[np.ndarray, "series"]:
        """Steps of each series."""
        return self.known.sum(axis=1)

    @cached_property
    def first(self) -> Int[np.ndarray, "series"]:
        """Column of each series' first value."""
        return self.values.shape[1] - self.lengths

    @cached_property
    def positive(self) -> Bool[np.ndarray, "series"]:
        """Which series have values above zero alone."""
        return np.where(self.known, self.values, 1.0).min(axis=1) > 0


def means(values: Float[np.ndarray, "series time"], known: Bool[np.ndarray, "series time"]) -> np.ndarray:
    """The mean of each row's known values; 0 where none is known."""
    return np.where(known, values, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)


def lines(panel: Panel) -> tuple[Float[np.ndarray, "series"], Float[np.ndarray, "series"]]:
    """Level at the column 0, and slope, of each series' least-squares line.

    Example:
        >>> level, slope = lines(Panel(np.array([[1.0, 3.0, 5.0]])))
        >>> round(float(level[0]), 9), round(float(slope[0]), 9)
        (1.0, 2.0)
    """
    steps = np.broadcast_to(np.arange(panel.values.shape[1], dtype=float), panel.values.shape)
    middle, mean = means(steps, panel.known), means(panel.values, panel.known)
    apart = np.where(panel.known, steps - middle[:, None], 0.0)
    values = np.where(panel.known, panel.values - mean[:, None], 0.0)
    squares = (apart**2).sum(axis=1)
    slope = (apart * values).sum(axis=1) / np.where(squares > 0, squares, 1.0)
    return mean - slope * middle, slope
