"""How much each expert counts: weights of least absolute error at held-out origins, drawn to what is known of them.

Source: Wolpert 1992, "Stacked generalization"; Breiman 1996, "Stacked regressions" (weights of none below zero).
"""

import numpy as np
from jaxtyping import Float

_ROUNDS, _STEPS, _RATE = 60, 30, 0.3
_MOST = 60_000
_FLOOR = 0.01


def weigh(
    forecasts: Float[np.ndarray, "origin ahead expert"],
    truth: Float[np.ndarray, "origin ahead"],
    prior: Float[np.ndarray, "expert"],
    pull: float,
) -> Float[np.ndarray, "expert"]:
    """Weights, none below zero, of sum one.

    Every origin counts the same: its errors are in units of the mean error of the experts there.

    Args:
        forecasts: from each origin.
        truth: NaN where it is not known.
        prior: weights to be drawn to.
        pull: how strongly.

    Example:
        >>> truth = np.linspace(0, 1, 40).reshape(10, 4)
        >>> found = weigh(np.stack([truth + 0.01, truth + 1.0], axis=-1), truth, np.array([0.5, 0.5]), 0.01)
        >>> bool(found[0] > 0.95)
        True
    """
    prior = prior / prior.sum()
    errors = forecasts - truth[..., None]
    known = np.isfinite(errors).all(axis=2)
    sizes = np.where(known, np.abs(errors).mean(axis=2), 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    usable = known & (sizes > 0)[:, None]
    rows = (errors / np.where(sizes > 0, sizes, 1.0)[:, None, None])[usable]
    if len(rows) == 0:
        return prior
    if len(rows) > _MOST:
        rows = rows[np.linspace(0, len(rows) - 1, _MOST).astype(int)]
    weights = prior.copy()
    for _ in range(_ROUNDS):
        sizes = 1 / (np.abs(rows @ weights) + _FLOOR)
        gram = (rows * sizes[:, None]).T @ rows / len(rows)
        for _ in range(_STEPS):
            slope = gram @ weights + pull * (weights - prior)
            steepest = np.abs(slope).max()
            if steepest <= 0:
                return weights
            weights = weights * np.exp(-_RATE * slope / steepest)
            weights /= weights.sum()
    return weights
