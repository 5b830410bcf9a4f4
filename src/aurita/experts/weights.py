"""How much each expert counts: weights of least absolute error at held-out origins, drawn to what is known of them.

Source: Wolpert 1992, "Stacked generalization"; Breiman 1996, "Stacked regressions" (weights of none below zero).
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import nnls

from aurita._typing import Bool, Float

_ROUNDS, _CLOSE = 50, 1e-4
_MOST = 20_000
_FLOOR = 0.01
_HEAVY = 1e4
_PULL, _PULL_OF_FEW = 0.1, 3.0
_LOOSER = (1.0, 0.1, 0.01, 0.0)


def weigh(
    forecasts: Float[np.ndarray, "origin ahead expert"],
    truth: Float[np.ndarray, "origin ahead"],
    prior: Float[np.ndarray, "expert"],
    pull: float,
    units: Float[np.ndarray, "origin"] | None = None,
) -> Float[np.ndarray, "expert"]:
    """Weights, none below zero, of sum one.

    Every origin counts the same: its errors are in units of the mean error of the experts there.

    Args:
        forecasts: from each origin.
        truth: NaN where it is not known.
        prior: weights to be drawn to.
        pull: how strongly.
        units: of each origin's errors, whose squares are then least: the median of what is mostly zero is zero, and
            an origin before a large demand counts for what it is.

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
    sizes = sizes if units is None else units
    usable = known & (sizes > 0)[:, None]
    rows = (errors / np.where(sizes > 0, sizes, 1.0)[:, None, None])[usable]
    if len(rows) == 0:
        return prior
    if len(rows) > _MOST:
        rows = rows[np.linspace(0, len(rows) - 1, _MOST).astype(int)]
    weights, count = prior, len(prior)
    pulls = np.sqrt(pull) * np.eye(count)
    for _ in range(_ROUNDS):
        balanced = rows / np.sqrt(np.abs(rows @ weights) + _FLOOR)[:, None] if units is None else rows
        triangle = np.linalg.qr(balanced / np.sqrt(len(rows)), mode="r")
        # One row asks for the sum of one, and weighs more than all others.
        heavy = _HEAVY * (1 + np.abs(triangle).max() + np.sqrt(pull))
        system = np.vstack([triangle, pulls, np.full((1, count), heavy)])
        wanted = np.concatenate([np.zeros(len(triangle)), pulls @ prior, [heavy]])
        found, _ = nnls(system, wanted, maxiter=100 * count)
        moved, weights = np.abs(found / found.sum() - weights).max(), found / found.sum()
        if moved < _CLOSE:
            break
    return weights


def weigh_in_parts(
    forecasts: Float[np.ndarray, "origin ahead output expert"],
    truth: Float[np.ndarray, "origin ahead output"],
    prior: Float[np.ndarray, "expert"],
    late: Bool[np.ndarray, "origin"],
    independent: Sequence[float],
    units: Float[np.ndarray, "origin output"] | None = None,
) -> tuple[Float[np.ndarray, "expert"], Float[np.ndarray, "origin ahead output"]]:
    """Weights from all origins, and what those of either of two parts forecast in the other.

    The fewer independent origins, the stronger the pull to the prior; a weaker one is taken where the parts judge each
    other better with it by more than chance: by more than a standard error.

    Args:
        forecasts: from each origin.
        truth: NaN where it is not known.
        prior: weights to be drawn to.
        late: which origins are of the second part.
        independent: how many origins do not overlap, of all, of the first part and of the second.
        units: of errors whose squares are to be least; None: absolute errors.
    """
    count = forecasts.shape[-1]
    rows, wanted = forecasts.transpose(0, 2, 1, 3), truth.transpose(0, 2, 1)

    def weights(part: np.ndarray, looser: float, apart: float) -> np.ndarray:
        pull = looser * (_PULL + _PULL_OF_FEW / apart)
        flat = rows[part].reshape(-1, rows.shape[2], count), wanted[part].reshape(-1, rows.shape[2])
        return weigh(*flat, prior, pull, None if units is None else units[part].ravel())

    def crossed(looser: float) -> np.ndarray:
        whole = (late | True, looser, independent[0])
        parts = [(~late, looser, independent[1]), (late, looser, independent[2])]
        first, second = (weights(*(pair if pair[0].any() else whole)) for pair in parts)
        found: np.ndarray = np.where(late[:, None, None], forecasts @ first, forecasts @ second)
        return found

    # Held-out steps without any demand would trust whatever says zero.
    offers = _LOOSER if units is None else _LOOSER[:1]
    crossed_all = [crossed(looser) for looser in offers]
    if units is None:
        sizes = np.nanmean(np.abs(forecasts - truth[..., None]), axis=(1, 2, 3)) + np.finfo(float).tiny
        errors = np.stack([np.nanmean(np.abs(one - truth), axis=(1, 2)) / sizes for one in crossed_all])
    else:
        errors = np.stack([np.nanmean(((one - truth) / units[:, None]) ** 2, axis=(1, 2)) for one in crossed_all])
    best = int(np.argmin(np.nanmean(errors, axis=1)))
    worse = errors - errors[best]
    allowed = np.nanstd(worse, axis=1) / np.sqrt(independent[0])
    place = int(np.argmax(np.nanmean(worse, axis=1) <= allowed))
    return weights(late | True, _LOOSER[place], independent[0]), crossed_all[place]
