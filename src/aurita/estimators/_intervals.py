"""Prediction intervals out of errors from held-out origins: split conformal, with one set of errors for each step.

Source: Vovk, Gammerman and Shafer 2005, "Algorithmic Learning in a Random World".
"""

import warnings
from collections.abc import Callable, Sequence
from math import ceil

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.special import ndtri, stdtrit

from aurita._typing import Float
from aurita.errors import AuritaError
from aurita.fields import shown

_LEAST_FREE = 2.0
_TAILS, _RARER = 10, 20.0


def checked_level(level: float | None) -> float | None:
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


def student_widths(
    residuals: Float[np.ndarray, "origin time output"],
    level: float,
    steps: int,
    independent: Float[np.ndarray, "time"],
    shares: Float[np.ndarray, "origin"] | None = None,
) -> Float[np.ndarray, "time output"]:
    """Half widths of intervals that cover a share `level`, for each of `steps` steps, wider where little is known.

    The quantile of the residuals at each step, times that of Student's distribution over that of the normal one, with
    as many degrees of freedom as there are residuals that do not overlap. Widths do not shrink with the steps: they are
    the nearest to these, in squares, that do not. Steps
    without a residual take the last width that there is, growing with the square root of the step.

    Args:
        residuals: absolute, NaN where the truth is not known.
        level: share to cover.
        steps: to make intervals for.
        independent: residuals that do not overlap, for each step.
        shares: what each origin counts; None: all the same.

    Raises:
        AuritaError: no residuals at all.

    Example:
        >>> student_widths(np.arange(1.0, 102.0)[:, None, None], 0.9, 1, np.array([2.0])).round(0).item()
        162.0
    """
    half = (1 + level) / 2
    factors = stdtrit(np.maximum(independent, _LEAST_FREE), half) / ndtri(half)
    known = np.isfinite(residuals[..., 0]).any(axis=0)
    calibrated = min(steps, int(np.argmin(known)) if not known.all() else len(known))
    if calibrated == 0:
        raise AuritaError(
            "no step was held out, so there are no errors to make intervals of; fit with calibration above 0 on a "
            "longer series, or predict with intervals=None"
        )
    used = residuals[:, :calibrated]
    if shares is None or np.ptp(shares) == 0:
        found = np.nanquantile(used, level, axis=0)
    else:
        found = np.array([[_quantile(column, shares, level) for column in step.T] for step in used.swapaxes(0, 1)])
    found = found * factors[:calibrated, None]
    # The running maximum instead would widen them all by the noise of each.
    found = np.stack([isotonic_regression(each).x for each in found.T], axis=1)
    growth = np.sqrt(np.arange(calibrated + 1, steps + 1) / calibrated)
    widths: Float[np.ndarray, "time output"] = np.concatenate([found, found[-1] * growth[:, None]])
    return widths


def mixed_bounds(
    centres: Sequence[Float[np.ndarray, "series time output"]],
    shares: Float[np.ndarray, "series output"],
    widths: Callable[[float], Sequence[Float[np.ndarray, "series time output"]]],
    level: float,
) -> tuple[Float[np.ndarray, "series time output"], Float[np.ndarray, "series time output"]]:
    """Bounds of intervals where one of two forecasts is right, and nobody knows which.

    They are the quantiles of the mixture of both, each with errors that lie as likely below it as above.

    Args:
        centres: the two forecasts.
        shares: how likely the second is right.
        widths: half widths of intervals about each of the two where it is right, for a share to cover.
        level: share to cover.

    Example:
        >>> def normal(share):
        ...     return [np.full((1, 1, 1), ndtri((1 + share) / 2))] * 2
        >>> zero = np.zeros((1, 1, 1))
        >>> low, high = mixed_bounds([zero, zero + 100], np.array([[0.25]]), normal, 0.9)
        >>> low.item().__round__(2), high.item().__round__(2)  # a tail of 0.05/0.75, and of 0.05/0.25
        (-1.5, 100.84)
    """
    tail = (1 - level) / 2
    rare, usual = np.geomspace(tail / _RARER, tail, _TAILS, endpoint=False), np.geomspace(tail, 0.5, 2 * _TAILS)[:-1]
    tails = np.concatenate([rare, usual])
    half = np.stack([widths(1 - 2 * one) for one in tails], axis=1)
    chances = np.concatenate([tails, [0.5], 1 - tails[::-1]])
    apart = np.concatenate([-half, np.zeros_like(half[:, :1]), half[:, ::-1]], axis=1)
    low, high = np.empty_like(centres[0]), np.empty_like(centres[0])
    for place in np.ndindex(low.shape):
        first, second = (one[place] + each[(slice(None), *place)] for one, each in zip(centres, apart, strict=True))
        share = float(shares[place[0], place[2]])
        low[place] = _mixed(first, second, share, chances, tail)
        high[place] = -_mixed(-first[::-1], -second[::-1], share, chances, tail)
    return low, high


def _mixed(
    first: Float[np.ndarray, "chance"],
    second: Float[np.ndarray, "chance"],
    share: float,
    chances: Float[np.ndarray, "chance"],
    tail: float,
) -> float:
    """What a mixture is below by a chance; of each of its two parts the quantiles of some chances are given."""
    points = np.sort(np.concatenate([first, second]))
    below = [np.interp(points, one, chances, left=0.0, right=1.0) for one in (first, second)]
    return float(np.interp(tail, (1 - share) * below[0] + share * below[1], points))


def _quantile(values: Float[np.ndarray, "origin"], shares: Float[np.ndarray, "origin"], level: float) -> float:
    """The quantile of the values that are known, each counting by its share; linear between them."""
    known = np.isfinite(values) & (shares > 0)
    order = np.argsort(values[known])
    ranked, weight = values[known][order], shares[known][order]
    places = np.cumsum(weight) - weight / 2
    return float(np.interp(places[0] + level * (places[-1] - places[0]), places, ranked))
