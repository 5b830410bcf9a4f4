"""Sequences as the kernels of shape units read them: channels of views, with zeros before the first step and after."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from aurita._typing import Float, Int

VIEWS = ("values", "differences", "own", "own differences")
"""What units may receive: the values; their first differences; both after each sequence is standardised by itself."""

_LANES = 16
LEAST_DEVIATION = 1e-8


class Padded(NamedTuple):
    """Sequences laid out for the kernels.

    Attributes:
        values: steps begin after `left` zeros and are followed by at least 16.
        lengths: steps of each sequence.
        left: zeros before the first step.
    """

    values: Float[np.ndarray, "batch channel place"]
    lengths: Int[np.ndarray, "batch"]
    left: int


def stacked_views(
    value: Float[np.ndarray, "time channel"], views: Sequence[str]
) -> Float[np.ndarray, "time view_channel"]:
    """The channels of all views of one sequence, side by side.

    Example:
        >>> stacked_views(np.array([[1.0], [3.0]]), ("values", "differences", "own")).tolist()
        [[1.0, 0.0, -1.0], [3.0, 2.0, 1.0]]
    """
    columns = []
    for view in views:
        given = value
        if view.startswith("own"):
            deviation = value.std(axis=0)
            given = (value - value.mean(axis=0)) / np.where(deviation > LEAST_DEVIATION, deviation, 1.0)
        columns.append(np.diff(given, axis=0, prepend=given[:1]) if view.endswith("differences") else given)
    return np.concatenate(columns, axis=1)


def scale_of(
    values: Sequence[Float[np.ndarray, "time channel"]], views: Sequence[str]
) -> tuple[Float[np.ndarray, "view_channel"], Float[np.ndarray, "view_channel"]]:
    """Mean and deviation of each channel of the views, over all steps."""
    rows = np.concatenate([stacked_views(value, views) for value in values])
    deviation = rows.std(axis=0)
    return rows.mean(axis=0), np.where(deviation > LEAST_DEVIATION, deviation, 1.0)


def pad(
    values: Sequence[Float[np.ndarray, "time channel"]],
    views: Sequence[str],
    mean: Float[np.ndarray, "view_channel"],
    deviation: Float[np.ndarray, "view_channel"],
    left: int,
) -> Padded:
    """Lay sequences out.

    Args:
        values: sequences.
        views: of them.
        mean, deviation: of the channels of the views, from `scale_of`.
        left: steps that the longest filter reaches back.
    """
    lengths = np.array([len(value) for value in values], np.int32)
    steps = -(-int(lengths.max()) // _LANES) * _LANES + _LANES
    padded = np.zeros((len(values), len(mean), left + steps), np.float32)
    for row, value in zip(padded, values, strict=True):
        row[:, left : left + len(value)] = ((stacked_views(value, views) - mean) / deviation).T
    return Padded(padded, lengths, left)
