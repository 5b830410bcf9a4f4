"""Prediction intervals out of errors from held-out origins: split conformal, with one set of errors for each step.

Source: Vovk, Gammerman and Shafer 2005, "Algorithmic Learning in a Random World".
"""

import warnings
from math import ceil
from typing import Any

import numpy as np

from aurita._typing import Float
from aurita.errors import AuritaError
from aurita.fields import shown


def checked_level(level: Any) -> float | None:
    """The share that intervals are to cover; None for none.

    Raises:
        AuritaError: something else.
    """
    if level is None:
        return None
    number = isinstance(level, int | float | np.integer | np.floating) and not isinstance(level, bool)
    if not number or not 0 < level < 1:
        raise AuritaError(
            f"intervals is {shown(level)}; expected a share between 0 and 1 such as 0.9, or None for none"
        )
    return float(level)


def conformal_widths(
    residuals: Float[np.ndarray, "origin time output"], level: float, steps: int
) -> Float[np.ndarray, "time output"]:
    """Half widths of intervals that cover a share `level` of errors like these, for each of `steps` steps.

    Of `m` residuals the one of rank `ceil((m + 1) level)` (the largest, where there are too few). Steps without a
    residual take the last width that there is, growing with the square root of the step, as a random walk would.

    Warns:
        UserWarning: too few residuals for the level: `m` below `level / (1 - level)`.

    Raises:
        AuritaError: no residuals at all.

    Example:
        >>> conformal_widths(np.arange(1.0, 20.0)[:, None, None], 0.9, 1).item()
        18.0
    """
    widths = np.zeros((steps, residuals.shape[2]))
    calibrated, few = 0, None
    least = ceil(level / (1 - level) - 1e-9)
    for step in range(min(steps, residuals.shape[1])):
        known = np.sort(residuals[np.isfinite(residuals[:, step, 0]), step], axis=0)
        if len(known) == 0:
            break
        rank = min(ceil((len(known) + 1) * level - 1e-9), len(known))
        if few is None and len(known) < least:
            few = (step + 1, len(known))
        widths[step] = known[rank - 1]
        calibrated = step + 1
    if calibrated == 0:
        raise AuritaError(
            "no step was held out, so there are no errors to make intervals of; fit with calibration above 0 on a "
            "longer series, or predict with intervals=None"
        )
    if few is not None:
        warnings.warn(
            f"intervals of {level:.0%} need {least} held-out origins at each step, and step {few[0]} ahead has "
            f"{few[1]}: they may cover less; give a longer series, a shorter horizon or a lower level",
            stacklevel=3,
        )
    growth = np.sqrt(np.arange(calibrated + 1, steps + 1) / calibrated)
    widths[calibrated:] = widths[calibrated - 1] * growth[:, None]
    return widths
