"""Forecasts from held-out origins: what penalty runs well, and how large the errors of a choice are elsewhere.

Origins are of two blocks, one after the other. What one block chooses is scored by the other (cross-fitting, as in
cross-conformal prediction: Vovk 2015, "Cross-conformal predictors").
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from aurita._typing import Bool, Float
from aurita.data.series import KeyedSeries
from aurita.errors import AuritaError
from aurita.estimators.forecasting import Collected, Plan, Prepared, predictions, readout_weights
from aurita.estimators.preprocessing import Frame
from aurita.experts.finding_flow import valid_steps
from aurita.readout import Moments, Readout, RidgeReadout
from aurita.reservoir import Reservoir

ROLLOUT_ALPHAS = tuple(float(alpha) for alpha in np.logspace(-11, 3, 15))
_BY_FORECASTS = ("rollout", "valid_time")
ALL, EARLY, LATE = range(3)
"""Who chooses: all origins, those of the first block, those of the second."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What followed the origins.

    Attributes:
        origins: of each the number of its series, and steps of it that are known there.
        truth: `(R, H, O)`, NaN where the series has ended.
        tails: `(R, K, O)`, the values up to the origin.
        covariates: `(R, H, C)`, scaled.
        late: `(R,)`, whether an origin is of the second block.
        within: `(R, H)`, whether a step is in the block of its origin.
    """

    origins: list[tuple[int, int]]
    truth: Float[np.ndarray, "origin time output"]
    tails: Float[np.ndarray, "origin lag output"]
    covariates: Float[np.ndarray, "origin time covariate"]
    late: Bool[np.ndarray, "origin"]
    within: Bool[np.ndarray, "origin time"]

    @staticmethod
    def at(
        origins: Sequence[tuple[int, int]],
        series: Sequence[KeyedSeries],
        panel: Sequence[Prepared],
        plan: Plan,
        lags: int,
    ) -> "HeldOut":
        """What followed these origins, given as number of the series and step."""
        # Steps beyond all that is held out have no truth; direct forecasts have them at no cost.
        longest = max((len(panel[number].y) - 1 - origin for number, origin in origins), default=1)
        horizon = plan.horizon if plan.direct else min(plan.horizon, longest)
        truth = np.full((len(origins), horizon, plan.outputs), np.nan)
        tails = np.zeros((len(origins), lags, plan.outputs))
        covariates = np.zeros((len(origins), horizon, panel[0].x.shape[1]))
        for row, (number, origin) in enumerate(origins):
            values = series[number].values
            end = origin + lags + 1
            known = values[end : end + horizon]
            truth[row, : len(known)] = known
            tails[row] = values[end - lags : end]
            covariates[row] = panel[number].ahead(origin, horizon)
        middles = np.array([panel[number].middle for number, _ in origins], int)
        steps = np.array([origin for _, origin in origins], int)
        late = steps >= middles - 1
        within = late[:, None] | (steps[:, None] + 1 + np.arange(horizon) < middles[:, None])
        reached = [(number, origin + lags + 1) for number, origin in origins]
        return HeldOut(reached, truth, tails, covariates, late, within)

    @property
    def which(self) -> list[int]:
        """Number of the series of each origin."""
        return [number for number, _ in self.origins]

    def errors(self, forecasts: np.ndarray, frame: Frame) -> Float[np.ndarray, "origin time output"]:
        """Errors in deviations of each series, as it was given."""
        return (forecasts - self.truth) / frame.spread[self.which, None]

    def scores(self, errors: np.ndarray, selection: str = "rollout") -> tuple[float, float, float]:
        """Mean squares over all origins, over the first block and over the second; over all where one has none.

        By `valid_time` it is minus the mean steps that forecasts stay valid.
        """
        if selection == "valid_time":
            steps = -valid_steps(errors, np.where(np.isfinite(self.truth), 0.0, np.nan), np.ones(1)).mean(axis=1)
            blocks = [steps[which] if which.any() else steps for which in (~self.late, self.late)]
            return float(steps.mean()), float(blocks[0].mean()), float(blocks[1].mean())
        squares = np.nanmean(np.where(np.isfinite(self.truth), errors, np.nan) ** 2)
        parts = []
        for which in (~self.late[:, None] & self.within, self.late[:, None] & self.within):
            known = errors[which & np.isfinite(self.truth[..., 0])]
            parts.append(float(np.mean(known**2)) if known.size else float(squares))
        return float(squares), parts[0], parts[1]


Errors = Float[np.ndarray, "origin time output"]
"""Of forecasts from held-out origins, in deviations of their series."""

Choice = tuple[tuple[float, float, float], tuple[float, float, float], Errors, Callable[[], Errors]]


def calibrated(
    reservoir: Reservoir,
    collected: Collected,
    held: HeldOut,
    frame: Frame,
    plan: Plan,
    *,
    alphas: Sequence[float] | None,
    selection: str,
    readout: type[Readout] = RidgeReadout,
) -> Choice:
    """The penalty, by forecasts from the held-out origins, and how far those of the other block are off.

    Args:
        reservoir: what was run.
        collected: of its run.
        held: what followed the origins.
        frame: of the series.
        plan: of the forecasts.
        alphas: penalties to choose from; None: a grid.
        selection: `rollout`, `valid_time`, `validation` or `gcv`.
        readout: what is fitted.

    Returns:
        The penalties that are best over all origins, over those of the first block, and over those of the second; their
        scores there, infinite where there are no origins; the errors with the penalty that the second block has chosen;
        and a function for those with the penalty that the first block has chosen, and a readout fitted on all before
        the second.

    Raises:
        AuritaError: a selection that needs held-out steps, and none are.
    """
    grids = _grids(collected, alphas, selection)
    cursor = collected.cursor
    if cursor is None:
        return (float(grids[0][0]),) * 3, (np.inf,) * 3, held.truth, lambda: held.truth

    def errors(moments: Moments, alpha: float) -> np.ndarray:
        if id(moments) not in solved:
            solved[id(moments)] = readout.weights_by_penalty(moments)
        weights = readout_weights(*solved[id(moments)](alpha), plan)
        loop = frame.loop(plan.limits, held.tails, held.which)
        predicted = predictions(reservoir, cursor, weights, held.covariates, plan, loop)
        return held.errors(plan.limits.kept(frame.restored(predicted, held.tails, held.which)), frame)

    solved: dict[int, Callable[[float], tuple[np.ndarray, np.ndarray]]] = {}
    best, scores = [float(grid[-1]) for grid in grids], [np.inf] * 3
    first = held.truth
    for alpha in np.unique(np.concatenate(grids))[::-1]:
        found = errors(collected.head, alpha)
        for block, score in enumerate(held.scores(found, selection)):
            if alpha in grids[block] and score < scores[block]:
                best[block], scores[block] = float(alpha), score
                first = found if block == LATE else first
    before = Moments().merge(collected.head).merge(collected.early)
    return (
        (best[ALL], best[EARLY], best[LATE]),
        (scores[ALL], scores[EARLY], scores[LATE]),
        first,
        lambda: errors(before, best[EARLY]) if held.late.any() else first,
    )


def _grids(collected: Collected, alphas: Sequence[float] | None, selection: str) -> list[np.ndarray]:
    """Penalties to try where all origins choose, where those of the first block do, and those of the second."""
    if selection not in _BY_FORECASTS:
        everything = Moments().merge(collected.early).merge(collected.late)
        return [
            np.array([_by_one_step(collected.head, held, alphas, selection)])
            for held in (everything, collected.early, collected.late)
        ]
    grid = np.sort(np.asarray(ROLLOUT_ALPHAS if alphas is None else tuple(alphas), float))
    if grid.ndim != 1 or len(grid) == 0 or not (grid[0] > 0 and np.isfinite(grid[-1])):
        raise AuritaError(f"alphas are {alphas!r}; expected one or more positive finite numbers")
    if collected.cursor is None and len(grid) > 1:
        raise AuritaError(
            f"selection={selection!r} needs held-out steps and calibration is 0; use calibration=0.3 or selection='gcv'"
        )
    return [grid] * 3


def _by_one_step(head: Moments, held: Moments, alphas: Sequence[float] | None, selection: str) -> float:
    grid = {} if alphas is None else {"alphas": tuple(alphas)}
    if selection == "gcv":
        return float(RidgeReadout(selection="gcv", **grid).fit_moments(head).alpha_)  # type: ignore[arg-type]
    if held.count == 0:
        raise AuritaError(
            "selection='validation' needs held-out steps in both of two blocks and there are none; use a larger "
            "calibration or selection='gcv'"
        )
    readout = RidgeReadout(selection="validation", **grid)  # type: ignore[arg-type]
    return float(readout.fit_moments(head, validation=held).alpha_)
