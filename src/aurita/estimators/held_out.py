"""Forecasts from held-out origins: what penalty runs well, and how large errors are.

Errors at each horizon make the prediction intervals: split conformal prediction (Vovk, Gammerman and Shafer 2005,
"Algorithmic Learning in a Random World") with one set of residuals a horizon.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from aurita.errors import AuritaError
from aurita.estimators.forecasting import Collected, Plan, Prepared, predictions, readout_weights
from aurita.estimators.frame import Frame
from aurita.estimators.series import Series
from aurita.readout import RidgeReadout
from aurita.readout.spectrum import spectrum_of_moments
from aurita.reservoir import Reservoir

ROLLOUT_ALPHAS = tuple(float(alpha) for alpha in np.logspace(-11, 3, 15))
SELECTIONS = ("rollout", "validation", "gcv")


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What followed the origins.

    Attributes:
        which: number of the series of each origin.
        truth: `(R, H, O)`, NaN where the series has ended.
        tails: `(R, K, O)`, the values up to the origin.
        covariates: `(R, H, C)`, scaled.
    """

    which: list[int]
    truth: Float[np.ndarray, "origin time output"]
    tails: Float[np.ndarray, "origin lag output"]
    covariates: Float[np.ndarray, "origin time covariate"]

    @staticmethod
    def at(
        origins: Sequence[tuple[int, int]], series: Sequence[Series], panel: Sequence[Prepared], plan: Plan, lags: int
    ) -> "HeldOut":
        """What followed these origins, given as number of the series and step."""
        truth = np.full((len(origins), plan.horizon, plan.outputs), np.nan)
        tails = np.zeros((len(origins), lags, plan.outputs))
        covariates = np.zeros((len(origins), plan.horizon, panel[0].x.shape[1]))
        for row, (number, origin) in enumerate(origins):
            values = series[number].values
            end = origin + lags + 1
            known = values[end : end + plan.horizon]
            truth[row, : len(known)] = known
            tails[row] = values[end - lags : end]
            covariates[row] = panel[number].ahead(origin, plan.horizon)
        return HeldOut([number for number, _ in origins], truth, tails, covariates)

    def errors(self, forecasts: np.ndarray, frame: Frame) -> Float[np.ndarray, "origin time output"]:
        """Errors in deviations of each series, as it was given."""
        return (forecasts - self.truth) / frame.spread[self.which, None]


def calibrated(
    reservoir: Reservoir,
    collected: Collected,
    held: HeldOut,
    frame: Frame,
    plan: Plan,
    *,
    alphas: Sequence[float] | None,
    selection: str,
) -> tuple[float, Float[np.ndarray, "origin time output"]]:
    """The penalty, and the forecasts of a readout with it from the held-out origins.

    Args:
        reservoir: what was run.
        collected: of its run.
        held: what followed the origins.
        frame: of the series.
        plan: of the forecasts.
        alphas: penalties to choose from; None: a grid.
        selection: `rollout`, `validation` or `gcv`.

    Raises:
        AuritaError: a selection that needs held-out steps, and none are.
    """
    if selection == "rollout":
        grid = np.sort(np.asarray(ROLLOUT_ALPHAS if alphas is None else tuple(alphas), float))
        if grid.ndim != 1 or len(grid) == 0 or not (grid[0] > 0 and np.isfinite(grid[-1])):
            raise AuritaError(f"alphas are {alphas!r}; expected one or more positive finite numbers")
        if collected.stand is None and len(grid) > 1:
            raise AuritaError(
                "selection='rollout' needs held-out steps and calibration is 0; use calibration=0.3 or selection='gcv'"
            )
    else:
        grid = np.array([_by_one_step(collected, alphas, selection)])
    if collected.stand is None:
        return float(grid[0]), held.truth
    spectrum = spectrum_of_moments(collected.head, standardize=True)
    best, best_error, best_forecasts = float(grid[-1]), np.inf, held.truth
    for alpha in grid[::-1]:
        coefficients = spectrum.coefficients(alpha)
        intercept = spectrum.target_mean - spectrum.feature_mean @ coefficients
        weights = readout_weights(coefficients, intercept, plan)
        said = predictions(reservoir, collected.stand, weights, held.covariates, plan)
        forecasts = frame.restored(said, held.tails, held.which)
        error = float(np.nanmean(held.errors(forecasts, frame) ** 2))
        if error < best_error:
            best, best_error, best_forecasts = float(alpha), error, forecasts
    return best, best_forecasts


def checked_level(level: Any) -> float | None:
    """The share that intervals are to cover; None for none.

    Raises:
        AuritaError: something else.
    """
    if level is None:
        return None
    number = isinstance(level, int | float | np.integer | np.floating) and not isinstance(level, bool)
    if not number or not 0 < level < 1:
        raise AuritaError(f"intervals is {level!r}; expected a share between 0 and 1 such as 0.9, or None for none")
    return float(level)


def conformal_widths(
    residuals: Float[np.ndarray, "origin time output"], level: float, steps: int
) -> Float[np.ndarray, "time output"]:
    """Half widths of intervals that cover a share `level` of errors like these, for each of `steps` steps.

    Of `m` residuals the one of rank `ceil((m + 1) level)` (the largest, where there are too few). Steps without a
    residual take the last width that there is, growing with the square root of the step, as a random walk would.

    Raises:
        AuritaError: no residuals at all.

    Example:
        >>> conformal_widths(np.arange(1.0, 20.0)[:, None, None], 0.9, 1).item()
        18.0
    """
    widths = np.zeros((steps, residuals.shape[2]))
    calibrated = 0
    for step in range(min(steps, residuals.shape[1])):
        known = np.sort(residuals[np.isfinite(residuals[:, step, 0]), step], axis=0)
        if len(known) == 0:
            break
        rank = min(int(np.ceil((len(known) + 1) * level)), len(known))
        widths[step] = known[rank - 1]
        calibrated = step + 1
    if calibrated == 0:
        raise AuritaError(
            "no step was held out, so there are no errors to make intervals of; fit with calibration above 0 on a "
            "longer series, or predict with intervals=None"
        )
    growth = np.sqrt(np.arange(calibrated + 1, steps + 1) / calibrated)
    widths[calibrated:] = widths[calibrated - 1] * growth[:, None]
    return widths


def _by_one_step(collected: Collected, alphas: Sequence[float] | None, selection: str) -> float:
    grid = {} if alphas is None else {"alphas": tuple(alphas)}
    if selection == "gcv":
        return float(RidgeReadout(selection="gcv", **grid).fit_moments(collected.head).alpha_)  # type: ignore[arg-type]
    if collected.rest.count == 0:
        raise AuritaError(
            "selection='validation' needs held-out steps and there are none; use a larger calibration or "
            "selection='gcv'"
        )
    readout = RidgeReadout(selection="validation", **grid)  # type: ignore[arg-type]
    return float(readout.fit_moments(collected.head, validation=collected.rest).alpha_)
