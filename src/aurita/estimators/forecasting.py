"""What a forecaster's readout is fitted on, and how it forecasts.

Row `t` of a series is `[y(t), x(t+1)]`: what is known when `y(t+1)` is asked for, covariates being known in advance.
The readout is fitted on the head of every series first, so that forecasts from origins in the rest are honest. The
rest is two blocks: each makes the intervals with what the other has chosen. At last it is fitted on everything.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aurita._kinds import saved
from aurita._typing import Float
from aurita.data.batch import Batch
from aurita.estimators._limits import Limits
from aurita.estimators.carrying import Cursor, end_of, freely_run, joined, joined_cursors, walk
from aurita.learning import History, Learning, learn
from aurita.native.running import Bounds
from aurita.readout import Moments, Readout, RidgeReadout
from aurita.reservoir import Reservoir, State

ORIGINS = 200
FEW = 3
"""Of so many series that each has few origins, each has so many at most."""

_BOUND = 5.0


@saved()
@dataclass(frozen=True)
class Plan:
    """How forecasts are made.

    Attributes:
        outputs: channels of `y`.
        horizon: steps that are forecast from each held-out origin, and all that `direct` has outputs for.
        direct: one output for every step ahead, instead of predictions fed back.
        increments: the readout predicts what is added to the last value.
        features: kinds of features.
        washout: first steps of a series that are not fitted on.
        bound: predictions stay within this many deviations.
        lower, upper: limits of the series as it was given; None where there is none.
    """

    outputs: int
    horizon: int
    direct: bool
    increments: bool
    features: tuple[str, ...]
    washout: int
    bound: float = _BOUND
    lower: float | None = None
    upper: float | None = None

    @property
    def limits(self) -> Limits:
        """Limits of the series as it was given."""
        return Limits(self.lower, self.upper)

    @property
    def reach(self) -> int:
        """Steps ahead that a row's targets go."""
        return self.horizon if self.direct else 1


@dataclass(frozen=True)
class Prepared:
    """A series as the reservoir receives it.

    Attributes:
        y: `(n, O)`, differenced and scaled.
        x: `(n, C)`, scaled covariates of the same steps.
        head: steps that the held-out forecasts may have been fitted on.
    """

    y: Float[np.ndarray, "time output"]
    x: Float[np.ndarray, "time covariate"]
    head: int

    @property
    def middle(self) -> int:
        """Where the second of two blocks of held-out steps begins."""
        return self.head + (len(self.y) - self.head + 1) // 2

    @property
    def rows(self) -> Float[np.ndarray, "row input"]:
        """What is received while the next value is known."""
        return np.hstack([self.y[:-1], self.x[1:]])

    def targets(self, reach: int) -> Float[np.ndarray, "row output"]:
        """The next `reach` values after each row that has so many."""
        count = len(self.y) - reach
        return np.hstack([self.y[1 + ahead : 1 + ahead + count] for ahead in range(reach)])

    def origins(self, most: int, horizon: int) -> list[int]:
        """Held-out steps to forecast from: evenly spaced, or a few with the whole horizon known, the last first."""
        first, last = self.head - 1, len(self.y) - 2
        if self.head >= len(self.y):
            return []
        if most <= FEW:
            latest = max(first, len(self.y) - 1 - horizon)
            return sorted(range(latest, first - 1, -horizon)[:FEW])
        return sorted(set(np.linspace(first, last, min(most, last - first + 1)).astype(int).tolist()))

    def ahead(self, origin: int, horizon: int) -> Float[np.ndarray, "time covariate"]:
        """Covariates of the steps after an origin; zeros where the series has ended."""
        found = np.zeros((horizon, self.x.shape[1]))
        known = self.x[origin + 1 : origin + 1 + horizon]
        found[: len(known)] = known
        return found


@dataclass(frozen=True)
class Collected:
    """What one pass over all series leaves.

    Attributes:
        head: moments of the rows whose targets lie in the head of their series.
        early: moments of the others whose targets lie in the first block of held-out steps.
        late: moments of the rest.
        origins: number of the series and step of each held-out origin.
        cursor: of the run at these origins; None where there are none.
        state: of all series, after their last rows.
    """

    head: Moments
    early: Moments
    late: Moments
    origins: list[tuple[int, int]]
    cursor: Cursor | None
    state: State


def collect(reservoir: Reservoir, panel: Sequence[Prepared], plan: Plan, noise: float, seed: int) -> Collected:
    """Run once over all series (twice with noise, which is for the readout and not for the states)."""
    parts = (Moments(), Moments(), Moments())
    cursors, origins, states = [], [], []
    rng = np.random.default_rng([0x6E6F6973, seed])
    for number, series in enumerate(panel):
        rows, start = series.rows, reservoir.initial_state(1)
        chosen = series.origins(max(1, ORIGINS // len(panel)), plan.horizon)
        stops = [origin + 1 for origin in chosen]
        if noise:
            noisy = rows + noise * rng.standard_normal(rows.shape)
            for piece in walk(reservoir, start, noisy[None], plan.features):
                _add(parts, series, noisy, piece.start, piece.features[0], plan)
        for piece in walk(reservoir, start, rows[None], plan.features, stops):
            if not noise:
                _add(parts, series, rows, piece.start, piece.features[0], plan)
            last = piece.start + piece.features.shape[1] - 1
            if last in chosen:
                cursors.append(end_of(piece))
                origins.append((number, last))
        states.append(piece.state)
    cursor = joined_cursors(reservoir, cursors) if cursors else None
    return Collected(*parts, origins, cursor, joined(reservoir, states))


def _add(
    parts: Sequence[Moments], series: Prepared, rows: np.ndarray, start: int, features: np.ndarray, plan: Plan
) -> None:
    """Take the rows of a piece in, each where its last target belongs."""
    stop = min(start + len(features), len(series.y) - plan.reach)
    ends = [series.head - plan.reach, series.middle - plan.reach, len(series.y) - plan.reach]
    for moments, first, last in zip(parts, [0, *ends[:2]], ends, strict=True):
        first = max(first, plan.washout)
        steps = np.arange(max(first, start), min(last, stop))
        if len(steps):
            wanted = series.targets(plan.reach)[steps]
            if plan.increments:
                wanted = wanted - np.tile(rows[steps, : plan.outputs], plan.reach)
            seen = features[steps - start]
            if plan.direct:
                covariates = np.stack([series.ahead(int(step), plan.horizon)[1:].ravel() for step in steps])
                seen = np.hstack([seen, covariates])
            moments.add(seen, wanted)


def learnt(
    reservoir: Reservoir, learning: Learning, panel: Sequence[Prepared], plan: Plan, seed: int
) -> tuple[Reservoir, History]:
    """The reservoir after local learning on the heads of all series."""
    batch = batch_of(panel, plan)
    return learn(reservoir, batch.replace(scored=np.ones(batch.scored.shape, bool)), learning, seed=seed)


def batch_of(panel: Sequence[Prepared], plan: Plan) -> Batch:
    """The heads of all series, and at each of their steps what comes next."""
    lengths = np.array([max(series.head - plan.reach, 1) for series in panel])
    inputs = np.zeros((len(panel), lengths.max(), panel[0].rows.shape[1]))
    targets = np.zeros((len(panel), lengths.max(), plan.outputs * plan.reach))
    for i, series in enumerate(panel):
        inputs[i, : lengths[i]] = series.rows[: lengths[i]]
        targets[i, : lengths[i]] = series.targets(plan.reach)[: lengths[i]]
    steps = np.arange(inputs.shape[1])
    return Batch.of(inputs, lengths, targets, (steps >= plan.washout) & (steps < lengths[:, None]))


def state_after(reservoir: Reservoir, state: State, rows: np.ndarray, plan: Plan) -> State:
    """The state after all rows of a series."""
    *_, piece = walk(reservoir, state, rows[None], plan.features)
    return piece.state


def predictions(
    reservoir: Reservoir,
    cursor: Cursor,
    weights: tuple[np.ndarray, np.ndarray],
    covariates: Float[np.ndarray, "batch time covariate"],
    plan: Plan,
    bounds: Bounds | None = None,
) -> Float[np.ndarray, "batch time output"]:
    """Forecasts after the last step of a run, scaled and differenced as it receives them; within bounds, if any."""
    coefficients, intercept = weights
    if plan.direct:
        features = np.hstack([cursor.features, covariates[:, 1:].reshape(len(covariates), -1)])
        predicted = features @ coefficients + intercept
        predicted = predicted.reshape(len(predicted), plan.horizon, plan.outputs)
        return np.clip(predicted, -plan.bound, plan.bound)
    return freely_run(reservoir, cursor, coefficients, intercept, covariates, plan.features, plan.bound, bounds)


def readout_weights(coefficients: np.ndarray, intercept: np.ndarray, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Weights that predict values, whatever the readout was fitted to."""
    if plan.increments:
        coefficients = coefficients.copy()
        coefficients[: plan.outputs] += np.tile(np.eye(plan.outputs), plan.reach)
    return coefficients, intercept


def final_readout(collected: Collected, alpha: float, kind: type[Readout] = RidgeReadout) -> Readout:
    """The readout at one penalty, fitted on all rows."""
    everything = Moments().merge(collected.head).merge(collected.early).merge(collected.late)
    return kind.at_penalty(everything, alpha)
