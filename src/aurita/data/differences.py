"""Differences of a series, taken before a model sees it and undone in its forecasts.

Ordinary and seasonal differences are one filter, `d(t) = sum_k c_k y(t-k)` with `c = (1 - B)^n (1 - B^season)`.
"""

import numpy as np

from aurita._typing import Float
from aurita.errors import AuritaError

Filter = Float[np.ndarray, "lag"]


def difference_filter(order: int | str, season: int | None) -> Filter:
    """Coefficients `c`, the one of the present first.

    Args:
        order: how often to take the difference from the step before.
        season: steps of a season, to take the difference from the season before; None: no such difference.

    Raises:
        AuritaError: an order or season that is no whole number in range.

    Example:
        >>> difference_filter(1, 2).tolist()
        [1.0, -1.0, -1.0, 1.0]
    """
    if isinstance(order, bool) or not isinstance(order, int | np.integer) or not 0 <= order <= 2:
        raise AuritaError(f"difference is {order!r}; expected 0, 1, 2 or 'auto'")
    if season is not None and (isinstance(season, bool) or not isinstance(season, int | np.integer) or season < 2):
        raise AuritaError(f"season is {season!r}; expected a whole number of steps, 2 or more, or None")
    coefficients: Filter = np.ones(1)
    for _ in range(order):
        coefficients = np.convolve(coefficients, [1.0, -1.0])
    if season is not None:
        coefficients = np.convolve(coefficients, [1.0, *np.zeros(season - 1), -1.0])
    return coefficients


def differenced(values: Float[np.ndarray, "*batch time channel"], taken: Filter) -> np.ndarray:
    """Differences from the first step on that has enough before it."""
    return values[..., len(taken) - 1 :, :] - carried(values, taken)


def carried(values: Float[np.ndarray, "*batch time channel"], taken: Filter) -> np.ndarray:
    """What the past adds to each difference: `y(t) - d(t)`, which does not depend on `y(t)`."""
    lags, steps = len(taken) - 1, values.shape[-2]
    total = np.zeros((*values.shape[:-2], steps - lags, values.shape[-1]))
    for lag in range(1, lags + 1):
        if taken[lag]:
            total -= taken[lag] * values[..., lags - lag : steps - lag, :]
    return total


def restored(
    differences: Float[np.ndarray, "*batch time channel"], past: Float[np.ndarray, "*batch lag channel"], taken: Filter
) -> np.ndarray:
    """The series that has these differences and follows `past`.

    Example:
        >>> restored(np.array([[1.0], [1.0]]), np.array([[5.0]]), difference_filter(1, None))[:, 0]
        array([6., 7.])
    """
    lags, steps = len(taken) - 1, differences.shape[-2]
    if lags == 0:
        return differences
    whole = np.concatenate([past, np.zeros_like(differences)], axis=-2)
    for step in range(steps):
        before = whole[..., step : step + lags, :]
        # Oldest first in time, newest first in the filter.
        whole[..., lags + step, :] = differences[..., step, :] - np.einsum("...kc,k->...c", before, taken[:0:-1])
    return whole[..., lags:, :]
