"""Fitting one member of a forecaster's ensemble, and the differences that serve a series best."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from aurita.data.series import KeyedSeries
from aurita.estimators._backtest import ALL, EARLY, LATE, Errors, HeldOut, calibrated
from aurita.estimators._constructors import ForecasterParameters
from aurita.estimators.building import drawn_for_series, learns_by_default
from aurita.estimators.default_society import enough, fitted_society
from aurita.estimators.forecasting import Collected, Plan, Prepared, batch_of, collect, final_readout, learnt
from aurita.estimators.preprocessing import Frame
from aurita.learning import History, Learning
from aurita.learning.spread import on_workers
from aurita.progress import at, stage
from aurita.readout import READOUTS, Readout
from aurita.reservoir import Reservoir

_MOST_SERIES = 20


@dataclass(frozen=True, eq=False)
class Candidate:
    """Series made ready to be fitted on, with some differences taken.

    Attributes:
        series: as they were given.
        frame: of these series.
        plan: of the forecasts.
        panel: the series as the reservoir receives them.
    """

    series: list[KeyedSeries]
    frame: Frame
    plan: Plan
    panel: list[Prepared]


class Trial(NamedTuple):
    """One reservoir, run over everything.

    Attributes:
        reservoir: after learning.
        history: of learning; None where units stayed as drawn.
        collected: what the run left.
        held: what followed the held-out origins.
        alphas, scores, first, second: what these have chosen, see `calibrated`.
    """

    reservoir: Reservoir
    history: History | None
    collected: Collected
    held: HeldOut
    alphas: tuple[float, float, float]
    scores: tuple[float, float, float]
    first: Errors
    second: Callable[[], Errors]


class FittedMember(NamedTuple):
    """One reservoir of a forecaster, fitted.

    Attributes:
        trial: the one that all origins have chosen.
        readout: fitted on everything.
        errors: of forecasts from the held-out origins; in each block of origins those of what the other has chosen, so
            that no origin judges its own choice.
    """

    trial: Trial
    readout: Readout
    errors: Errors


def fit_members(
    forecaster: ForecasterParameters,
    candidates: Sequence[Candidate],
    learning: Learning | None,
    seeds: Sequence[int],
    *,
    society: bool = True,
) -> tuple[Candidate, list[FittedMember]]:
    """Choose how a series is differenced, then draw, train and read out a reservoir for each seed.

    Differences are tried with a reservoir as drawn. Where nothing else is asked for, the mixed society is fitted and a
    plain reservoir drawn beside it; the one whose held-out forecasts err less stays. All this is chosen three times:
    by all held-out origins for the model itself, and by those of either block for the errors of the other.

    Args:
        forecaster: whose parameters say how.
        candidates: what to fit on, with different differences taken.
        learning: settings of learning; None: the society's own, and units of others stay as drawn.
        seeds: of the members.
        society: whether the mixed society may be one of them.

    Returns:
        The candidate that is chosen, and the members.

    Raises:
        AuritaError: populations that cannot be built, or a selection that cannot be made.
    """
    stage("trying differences", len(candidates))
    tried = []
    for number, candidate in enumerate(candidates if len(candidates) > 1 else []):
        tried.append(_plain(forecaster, candidate, None, seeds[0]))
        at(number + 1, len(candidates))
    chosen = [_best(tried, block) if tried else 0 for block in (ALL, EARLY, LATE)]
    named = not society or forecaster.populations is not None or forecaster.units is not None

    def trials(candidate: Candidate, plain: Trial | None, seed: int) -> list[Trial]:
        plain = plain or _plain(forecaster, candidate, learning, seed)
        mixed = None if named else _society(forecaster, candidate, learning, seed)
        return [plain] if mixed is None else [plain, mixed]

    def fitted(given: tuple[Sequence[Candidate], Sequence[Trial]], seed: int) -> FittedMember:
        candidates, tried = given
        known = bool(tried) and learning is None and seed == seeds[0]
        found = {
            number: trials(candidates[number], tried[number] if known else None, seed) for number in sorted(set(chosen))
        }
        picked = [found[chosen[block]][_best(found[chosen[block]], block)] for block in (ALL, EARLY, LATE)]
        return _finished(_kind(forecaster), *picked)

    return candidates[chosen[ALL]], on_workers(fitted, (candidates, tried), seeds)


def _best(trials: Sequence[Trial], block: int) -> int:
    """The one whose held-out forecasts err least; of equals the first."""
    scores = [trial.scores[block] for trial in trials]
    return int(np.argmin([score if np.isfinite(score) else np.inf for score in scores]))


def _kind(forecaster: ForecasterParameters) -> type[Readout]:
    return READOUTS.find(forecaster.readout or "ridge")


def _finished(kind: type[Readout], chosen: Trial, by_first: Trial, by_second: Trial) -> FittedMember:
    """The member that all origins have chosen, with the errors of what either block has chosen in the other."""
    errors = np.where(chosen.held.late[:, None, None], by_first.second(), by_second.first)
    return FittedMember(chosen, final_readout(chosen.collected, chosen.alphas[ALL], kind), errors)


def _plain(forecaster: ForecasterParameters, candidate: Candidate, learning: Learning | None, seed: int) -> Trial:
    plan, panel = candidate.plan, candidate.panel
    inputs, longest = panel[0].rows.shape[1], max(len(series.y) for series in panel)
    outputs = plan.outputs * plan.reach
    reservoir = drawn_for_series(forecaster, learning, inputs=inputs, outputs=outputs, longest=longest, seed=seed)
    history = None
    if learning is not None:
        reservoir, history = learnt(reservoir, learning, panel, plan, seed)
    return _tried(forecaster, candidate, reservoir, history, seed)


def _society(
    forecaster: ForecasterParameters, candidate: Candidate, learning: Learning | None, seed: int
) -> Trial | None:
    """The mixed society, fitted on the heads; None where they are too short, or very many."""
    batch = batch_of(candidate.panel, candidate.plan)
    if not enough(batch) or len(candidate.panel) > _MOST_SERIES:
        return None
    if learning is None and not learns_by_default(forecaster.learning):
        learning = Learning(objective="frozen")
    found = fitted_society(batch, learning, clock=forecaster.clock, features=candidate.plan.features, seed=seed)
    assert found.reservoir is not None
    return _tried(forecaster, candidate, found.reservoir, found.history, seed)


def _tried(
    forecaster: ForecasterParameters, candidate: Candidate, reservoir: Reservoir, history: History | None, seed: int
) -> Trial:
    plan, panel, frame = candidate.plan, candidate.panel, candidate.frame
    collected = collect(reservoir, panel, plan, forecaster.noise, seed)
    held = HeldOut.at(collected.origins, candidate.series, panel, plan, len(frame.taken) - 1)
    found = calibrated(
        reservoir,
        collected,
        held,
        frame,
        plan,
        alphas=forecaster.alphas,
        selection=forecaster.selection,
        readout=_kind(forecaster),
    )
    return Trial(reservoir, history, collected, held, *found)
