"""Errors of a ridge readout on each row, when it is fitted without it."""

import numpy as np
from numpy.typing import ArrayLike

from aurita._typing import Float
from aurita.blas import one_thread
from aurita.readout.checks import rows
from aurita.readout.moments import Moments
from aurita.readout.ridge import ALPHAS
from aurita.readout.spectrum import spectrum_of_moments, spectrum_of_rows


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
            spectrum = spectrum_of_rows(given, standardize=True, floor=floor)
        else:
            spectrum = spectrum_of_moments(Moments().add(*given), standardize=True, floor=floor)
        alphas = np.sort(np.asarray(ALPHAS, float))
        scores = spectrum.left_out(alphas, [given])
        varied = spectrum.target_variance > 0
        shared = (scores[:, varied] / spectrum.target_variance[varied]).sum(axis=1)
        best = len(alphas) - 1 - int(np.argmin(shared[::-1]))
        return spectrum.rows_left_out(float(alphas[best]), given)
