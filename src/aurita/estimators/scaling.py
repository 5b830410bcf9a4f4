"""Standardising channels by what the training data say; constant channels are left at zero."""

from typing import Self

import numpy as np
from jaxtyping import Float


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
    def of(cls, values: list[Float[np.ndarray, "time channel"]]) -> Self:
        """The scaling of all steps of all sequences."""
        steps = sum(len(value) for value in values)
        mean = sum(value.sum(axis=0) for value in values) / steps
        square = sum(np.square(value - mean).sum(axis=0) for value in values) / steps
        deviation = np.sqrt(square)
        quiet = deviation <= 1e-12 * np.abs(mean)
        return cls(np.asarray(mean), np.where(quiet | (deviation == 0), 1.0, deviation))

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
