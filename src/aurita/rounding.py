"""What numbers vary by, apart from the rounding of their format: relative to their size, whatever their unit."""

import numpy as np

from aurita._typing import Float

ROUNDED = 4.0
"""Steps of the number format within which a column holds rounding and nothing else."""

_TOGETHER = 64
"""Columns that are looked at in turn, so that a processor's cache holds them."""


def deviations(values: Float[np.ndarray, "row *column"]) -> Float[np.ndarray, "*column"]:
    """Standard deviation of every column, and 0 where it is constant as far as its number format can tell.

    Counted from a value that there is and in units of the range, so that squares neither overflow nor vanish and the
    distance from zero costs no digits.

    Example:
        >>> deviations(np.array([[0.1, 1e9, 1e-200], [0.1, 1e9 + 2e-6, 3e-200]])) > 0
        array([False,  True,  True])
    """
    given = np.asarray(values)
    if given.ndim == 2 and given.shape[1] > _TOGETHER:
        parts = range(0, given.shape[1], _TOGETHER)
        return np.concatenate([deviations(given[:, first : first + _TOGETHER]) for first in parts])
    resolution = float(np.finfo(given.dtype if given.dtype.kind == "f" else np.float64).eps)
    given = given.astype(np.float64)
    rest = given - given[:1]
    size = np.abs(rest).max(axis=0, initial=0.0)
    rest /= np.where(size > 0, size, 1.0)
    found = size * np.sqrt(np.square(rest - rest.mean(axis=0)).mean(axis=0))
    return np.where(found > ROUNDED * resolution * np.abs(given).max(axis=0, initial=0.0), found, 0.0)
