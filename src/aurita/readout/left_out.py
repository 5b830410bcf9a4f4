"""Errors of a ridge readout on each row, when it is fitted without it."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg

from aurita._typing import Float
from aurita.blas import one_thread
from aurita.readout._spectrum import EPS, INTERPOLATED, scaled, spectrum_of_moments
from aurita.readout.checks import PairedRows, column_scale, rows
from aurita.readout.moments import Moments, centred
from aurita.readout.ridge import ALPHAS


def left_out_errors(features: ArrayLike, targets: ArrayLike, *, floor: float = 0.0) -> Float[np.ndarray, "row output"]:
    """Errors on rows left out one by one, at the penalty of `ALPHAS` that `RidgeReadout` would choose.

    Args:
        features: `(row, feature)`.
        targets: `(row, output)`.
        floor: as of `RidgeReadout`.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(50, 2))
        >>> bool(np.abs(left_out_errors(x, x[:, :1])).max() < 1e-3)
        True
    """
    given = rows(features, targets, None)
    with one_thread(given.features.size):
        if len(given.features) <= given.features.shape[1]:
            return _by_products(given, floor)
        spectrum = spectrum_of_moments(Moments().add(*given), standardize=True, floor=floor)
        scores = spectrum.left_out(np.array(ALPHAS), [given])
        alpha = ALPHAS[_best(scores, spectrum.target_variance)]
        return spectrum.rows_left_out(float(alpha), given)


def _by_products(given: PairedRows, floor: float) -> Float[np.ndarray, "row output"]:
    """The same of fewer rows than features: of their products alone, which is several times cheaper than rows."""
    count = len(given.features)
    share = np.full(count, 1 / count)
    feature_mean, x = centred(given.features, share)
    _, y = centred(given.targets, share)
    squares = np.einsum("nf,nf->f", x, x) / count
    deviation = column_scale(feature_mean, squares, float(np.finfo(given.features.dtype).eps))
    active, scale = scaled(deviation, True, floor)
    if not len(active):
        return y * (count / (count - 1))
    x = x[:, active] / scale
    values, along = linalg.eigh(x @ x.T / count, driver="evd", overwrite_a=True, check_finite=False)
    # Eigenvalues come in rising order; centred rows span one dimension less than their number.
    kept = values > max(x.shape) * EPS * values[-1]
    kept[0] = False
    values, along = values[kept], along[:, kept]
    leverage, response = along**2, along.T @ y
    freedom, residual = 1 - 1 / count - leverage.sum(axis=1), y - along @ response
    through = freedom < INTERPOLATED
    freedom[through], residual[through] = 0.0, 0.0
    unit = float(np.mean((deviation[active] / scale) ** 2))

    def errors(alpha: float) -> Float[np.ndarray, "row output"]:
        lost = alpha * unit / (values + alpha * unit)
        left = np.maximum(freedom + leverage @ lost, EPS**2)
        found: Float[np.ndarray, "row output"] = (residual + along @ (lost[:, None] * response)) / left[:, None]
        return found

    scores = np.array([(errors(alpha) ** 2).mean(axis=0) for alpha in ALPHAS])
    return errors(ALPHAS[_best(scores, y.var(axis=0))])


def _best(scores: Float[np.ndarray, "alpha output"], variance: Float[np.ndarray, "output"]) -> int:
    """The place of the least error, of equals the last."""
    varied = variance > 0
    shared = (scores[:, varied] / variance[varied]).sum(axis=1)
    return len(scores) - 1 - int(np.argmin(shared[::-1]))
