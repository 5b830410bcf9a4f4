"""Predictions that are none: what is not finite, or absurd, is refused before bounds make it look plausible."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from aurita._typing import Float
from aurita.errors import AuritaError

_ABSURD = 1e6
"""Predictions beyond so many times their bound come of no fit."""


def check_sound(parts: Iterable[ArrayLike | None]) -> None:
    """Refuse predictions that are not finite.

    Raises:
        AuritaError: NaN or infinity in any part.

    Example:
        >>> check_sound([np.array([1.0, np.nan])])  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        aurita.errors.AuritaError: the model predicts NaN or infinity: ...
    """
    if not all(part is None or np.isfinite(part).all() for part in parts):
        raise _unsound("NaN or infinity")


def check_first(
    features: Float[np.ndarray, "batch feature"],
    weights: tuple[Float[np.ndarray, "more output"], Float[np.ndarray, "output"]],
    bound: float,
) -> None:
    """Refuse a model whose first prediction, before it is held within bounds, is not finite, or absurd.

    Args:
        features: of the last known step.
        weights: coefficients, of these features first, and intercept.
        bound: that predictions are held within.

    Raises:
        AuritaError: such a prediction.
    """
    coefficients, intercept = weights
    with np.errstate(all="ignore"):
        predicted = features @ coefficients[: features.shape[1]] + intercept
    # No comparison with NaN holds.
    if not (np.abs(predicted) <= _ABSURD * bound).all():
        raise _unsound("NaN, infinity or absurdly large values")


def _unsound(what: str) -> AuritaError:
    return AuritaError(
        f"the model predicts {what}: its weights are not those of a fit, or its inputs are far from all that it was "
        "fitted on; look at these, or fit it anew"
    )
