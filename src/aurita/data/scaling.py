"""Standardising channels by the training data; constant channels are left at zero."""

from collections.abc import Iterator
from typing import Self

import numpy as np

from aurita._typing import Float
from aurita.rounding import ROUNDED


class Scaling:
    """Mean and deviation of each channel.

    Attributes:
        mean: `(channel,)`.
        deviation: `(channel,)`, 1 where a channel is constant as far as float64 can tell.

    Example:
        >>> scaling = Scaling.of([np.array([[0.0, 5.0], [4.0, 5.0]])])
        >>> scaling.apply(np.array([[4.0, 5.0]]))
        array([[1., 0.]])
    """

    def __init__(self, mean: Float[np.ndarray, "channel"], deviation: Float[np.ndarray, "channel"]) -> None:
        self.mean = mean
        self.deviation = deviation

    @classmethod
    def of(
        cls,
        values: list[Float[np.ndarray, "time channel"]],
        size: Float[np.ndarray, "channel"] | None = None,
        weights: list[Float[np.ndarray, "time"]] | None = None,
    ) -> Self:
        """The scaling of all steps of all sequences.

        Args:
            values: of each sequence.
            size: of the numbers that the values were computed from, whose rounding is no variation; where they are
                differences, how large the values themselves were. The values' own size by default.
            weights: how much each step counts; all alike by default.
        """
        steps = sum(len(value) if weights is None else float(weights[i].sum()) for i, value in enumerate(values))
        # Counted from a value that there is and in units of the range, a constant has no deviation at all, and squares
        # neither overflow nor vanish.
        origin = next(value[0] for value in values if len(value))
        reach = np.max([np.abs(value - origin).max(axis=0) for value in values if len(value)], axis=0)
        unit = np.where(reach > 0, reach, 1.0)

        def total(parts: Iterator[np.ndarray]) -> np.ndarray:
            found = (part.sum(axis=0) if weights is None else weights[i] @ part for i, part in enumerate(parts))
            return np.asarray(sum(found) / steps)

        middle = total((value - origin) / unit for value in values)
        square = total(np.square((value - origin) / unit - middle) for value in values)
        deviation = unit * np.sqrt(square)
        if size is None:
            size = np.max([np.abs(value).max(axis=0) for value in values if len(value)], axis=0)
        varies = deviation > ROUNDED * np.finfo(np.float64).eps * np.asarray(size)
        return cls(np.asarray(origin + unit * middle), np.where(varies, deviation, 1.0))

    @classmethod
    def none(cls, channels: int) -> Self:
        """The scaling that changes nothing."""
        return cls(np.zeros(channels), np.ones(channels))

    def apply(self, values: Float[np.ndarray, "*steps channel"]) -> Float[np.ndarray, "*steps channel"]:
        """Values in deviations from the mean."""
        return (values - self.mean) / self.deviation

    def undo(self, values: Float[np.ndarray, "*steps channel"]) -> Float[np.ndarray, "*steps channel"]:
        """Values as they were given."""
        return values * self.deviation + self.mean
