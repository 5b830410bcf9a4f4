"""Fitting one member of a forecaster's ensemble, and the differences that serve a series best."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from aurita.errors import AuritaError
from aurita.estimators.forecasting import Plan, Prepared, collect, final_readout, learnt, lessons_of
from aurita.estimators.frame import Frame
from aurita.estimators.held_out import HeldOut, calibrated
from aurita.estimators.series import Series
from aurita.estimators.settled import enough, settled
from aurita.estimators.society import built, chosen_populations
from aurita.learning import History, Learning
from aurita.readout import RidgeReadout
from aurita.reservoir import Reservoir, State


@dataclass(frozen=True, eq=False)
class Prospect:
    """Series made ready to be fitted on, with some differences taken.

    Attributes:
        series: as they were given.
        frame: of these series.
        plan: of the forecasts.
        panel: the series as the reservoir hears them.
    """

    series: list[Series]
    frame: Frame
    plan: Plan
    panel: list[Prepared]


@dataclass(frozen=True, eq=False)
class Member:
    """One reservoir of a forecaster, fitted.

    Attributes:
        reservoir: after learning.
        history: of learning; None where units stayed as drawn.
        readout: fitted on everything.
        state: of all series, behind their last rows.
        alpha: the penalty.
        errors: `(R, H, O)` of forecasts from the held-out origins, in deviations of their series.
    """

    reservoir: Reservoir
    history: History | None
    readout: RidgeReadout
    state: State
    alpha: float
    errors: Float[np.ndarray, "origin time output"]


def fit_member(forecaster: Any, prospect: Prospect, learning: Learning | None, seed: int) -> Member:
    """Draw a reservoir, let it learn on the heads, run it once over everything, and read it out.

    Where nobody says what to draw, the mixed society is settled and a plain reservoir drawn beside it; the one whose
    held-out forecasts err less stays.

    Args:
        forecaster: whose parameters say how.
        prospect: what to fit on.
        learning: settings of learning; None: the society's own, and units of others stay as drawn.
        seed: of this member.

    Raises:
        AuritaError: populations that cannot be built, or a selection that cannot be made.
    """
    plain = _plain(forecaster, prospect, learning, seed)
    if forecaster.populations is not None or forecaster.units is not None:
        return plain
    society = _society(forecaster, prospect, learning, seed)
    if society is None or not _error(society) < _error(plain):
        return plain
    return society


def best_prospect(forecaster: Any, prospects: Sequence[Prospect], seed: int) -> Prospect:
    """The one whose held-out forecasts, by a reservoir as drawn, err least; of equals the first."""
    if len(prospects) == 1:
        return prospects[0]
    members = [_plain(forecaster, prospect, None, seed) for prospect in prospects]
    return prospects[int(np.argmin([_error(member) for member in members]))]


def _error(member: Member) -> float:
    """Mean square error of the forecasts from held-out origins; infinite where there are none."""
    known = np.isfinite(member.errors)
    return float(np.mean(member.errors[known] ** 2)) if known.any() else np.inf


def _plain(forecaster: Any, prospect: Prospect, learning: Learning | None, seed: int) -> Member:
    plan, panel = prospect.plan, prospect.panel
    inputs, longest = panel[0].rows.shape[1], max(len(series.y) for series in panel)
    populations = chosen_populations(
        forecaster.populations, forecaster.units, channels=inputs, longest=longest, serves="forecast"
    )
    targets = plan.outputs * plan.reach if learning is not None and learning.needs_targets else 0
    reservoir = built(populations, inputs=inputs, targets=targets, clock=forecaster.clock, seed=seed)
    if reservoir is None:
        raise AuritaError("populations are empty or units is 0; a forecaster needs a reservoir: give it units")
    history = None
    if learning is not None:
        reservoir, history = learnt(reservoir, learning, panel, plan, seed)
    return _read_out(forecaster, prospect, reservoir, history, seed)


def _society(forecaster: Any, prospect: Prospect, learning: Learning | None, seed: int) -> Member | None:
    """The mixed society, settled on the heads; None where they are too short."""
    lessons = lessons_of(prospect.panel, prospect.plan)
    if not enough(lessons):
        return None
    if learning is None and forecaster.learning is not None:
        learning = Learning(objective="frozen")
    found = settled(lessons, learning, clock=forecaster.clock, features=prospect.plan.features, seed=seed)
    assert found.reservoir is not None
    return _read_out(forecaster, prospect, found.reservoir, found.history, seed)


def _read_out(forecaster: Any, prospect: Prospect, reservoir: Reservoir, history: History | None, seed: int) -> Member:
    plan, panel, frame = prospect.plan, prospect.panel, prospect.frame
    collected = collect(reservoir, panel, plan, forecaster.noise, seed)
    held = HeldOut.at(collected.origins, prospect.series, panel, plan, len(frame.taken) - 1)
    alpha, said = calibrated(
        reservoir, collected, held, frame, plan, alphas=forecaster.alphas, selection=forecaster.selection
    )
    readout = final_readout(collected, alpha)
    return Member(reservoir, history, readout, collected.state, alpha, held.errors(said, frame))
