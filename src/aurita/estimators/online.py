"""Learning from a stream, what all estimators share: settings, the state of the stream, and its next chunks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard

import numpy as np

from aurita._kinds import saved
from aurita._typing import Float
from aurita.data.batch import Batch
from aurita.data.scaling import Scaling
from aurita.engine.running import features_of
from aurita.errors import AuritaError
from aurita.fields import check_fields
from aurita.learning import Learning
from aurita.learning.online import Learner, begin, learn_chunk
from aurita.readout import ForgettingReadout, Readout
from aurita.readout.forgetting import MEMORIES
from aurita.reservoir import Reservoir, State
from aurita.units.unit import at_least

ERRORS = 500
"""Errors of one-step predictions that are kept, for intervals."""


@saved()
@dataclass(frozen=True, kw_only=True)
class Online:
    """Settings of `partial_fit`.

    Attributes:
        chunk: steps of a stream after which units and readout learn. The first chunk sets the scale of the channels, so
            before it is complete nothing can be predicted. Smaller chunks adapt sooner and cost more.
        steps: local steps of the units on a chunk, or on the sequences of a call.
        rate: their learning rate; it does not decay.
        memories: of the readout, in steps (in sequences where those have the targets), ascending; `inf` forgets
            nothing. See `aurita.readout.ForgettingReadout`.
        window: steps over which recent errors choose among memories and penalties.
        margin: share by which a shorter memory has to be better for a longer one to go on from it.

    Example:
        >>> Online(memories=[500, 5000]).memories
        (500.0, 5000.0)
    """

    chunk: int = 100
    steps: int = 1
    rate: float = 1e-3
    memories: Sequence[float] = MEMORIES
    window: float = 200.0
    margin: float = 0.2

    def __post_init__(self) -> None:
        check_fields(self)
        for name, least in (("chunk", 4), ("steps", 0)):
            at_least(name, getattr(self, name), least)
        at_least("rate", self.rate, 0)
        at_least("window", self.window, 1)
        memories = tuple(float(memory) for memory in self.memories)
        if not memories or not memories[0] >= 1 or list(memories) != sorted(set(memories)):
            raise AuritaError(f"memories are {self.memories!r}; expected ascending numbers of steps, 1 or more")
        if not 0 < self.margin < 1:
            raise AuritaError(f"margin is {self.margin!r}; expected a share between 0 and 1")
        object.__setattr__(self, "memories", memories)

    def readout(
        self, alphas: Sequence[float] | None, fitted: Readout | None = None, *, idle: bool = True
    ) -> ForgettingReadout:
        """A readout that has learned nothing yet, or that goes on from a fitted ridge readout."""
        prior = None if fitted is None else (fitted.coef_, fitted.intercept_, fitted.error_)
        grid = {} if alphas is None else {"alphas": tuple(float(alpha) for alpha in alphas)}
        return ForgettingReadout(self.memories, window=self.window, margin=self.margin, prior=prior, idle=idle, **grid)


@saved(formerly="Follower", former={"standings": "learners", "wanted": "targets", "told": "scale"})
@dataclass(frozen=True, eq=False)
class StreamState:
    """How far an estimator has come in its stream; no array of it grows.

    Attributes:
        learners: of each member of the ensemble, after the last whole chunk; empty until the first one is complete;
            None where there is no reservoir.
        rows: `(n, E)`, inputs since then, less than a chunk; as they were given until the first is complete.
        targets: `(n, O)`, of these rows.
        scale: mean and deviation `(2, O)` of what is broadcast to the units; empty until the first chunk sets it.
        errors: `(R, O)`, the last errors of predictions made before their step was learnt.
        seen: rows learnt.
        last: the last value (of a series), which tells whether the estimator was moved since.
    """

    learners: list[Learner | None]
    rows: Float[np.ndarray, "row input"]
    targets: Float[np.ndarray, "row output"]
    scale: Float[np.ndarray, "two output"]
    errors: Float[np.ndarray, "error output"]
    seen: int
    last: Float[np.ndarray, " value"]

    @staticmethod
    def opening(inputs: int, outputs: int) -> "StreamState":
        """Before the first step."""
        empty = np.zeros((0, outputs))
        return StreamState([], np.zeros((0, inputs)), empty, empty, empty, 0, np.zeros(0))

    def joined(self, rows: np.ndarray, targets: np.ndarray) -> "StreamState":
        """With further rows waiting."""
        return replace(
            self, rows=np.concatenate([self.rows, rows]), targets=np.concatenate([self.targets, targets]).astype(float)
        )


def all_follow(readouts: list[Readout]) -> TypeGuard[list[ForgettingReadout]]:
    """Whether readouts learn row by row."""
    return all(readout.follows for readout in readouts)


@dataclass(eq=False)
class EnsembleStream:
    """A stream and the members of an ensemble that learn from it.

    Attributes:
        state: how far they have come.
        reservoirs: of the members; None: the bare inputs.
        readouts: of the members; they are changed in place.
        features: kinds of features of each member.
        online: settings.
        learning: of the units; None: they stay as they are.
        washout: first rows that the readout does not learn.
        increments: whether the readout predicts what is added to the first inputs.
    """

    state: StreamState
    reservoirs: list[Reservoir | None]
    readouts: list[ForgettingReadout]
    features: Sequence[tuple[str, ...]]
    online: Online
    learning: Learning | None
    washout: int
    increments: bool = False

    def learn(self, rows: Float[np.ndarray, "row input"], targets: Float[np.ndarray, "row output"]) -> None:
        """Take in rows, and learn all chunks that are complete; each is predicted first.

        Raises:
            AuritaError: values that are not finite, such as those of a reservoir that diverged.
        """
        size = self.online.chunk
        given = self.state.joined(rows, targets)
        self.state, self.reservoirs = replace(given, learners=list(given.learners)), list(self.reservoirs)
        errors, whole = [given.errors], len(given.rows) // size * size
        for start in range(0, whole, size):
            errors.append(self._chunk(given.rows[start : start + size], given.targets[start : start + size]))
            errors = errors[-(-(-ERRORS // size) + 1) :]
        self.state = replace(
            self.state,
            rows=given.rows[whole:].copy(),
            targets=given.targets[whole:].copy(),
            errors=np.concatenate(errors)[-ERRORS:],
        )

    def states(self) -> list[State]:
        """The state of every member after all rows, those included that wait to be learnt."""
        found = []
        for reservoir, learner, kinds in zip(self.reservoirs, self.state.learners, self.features, strict=True):
            if reservoir is None or learner is None:
                continue
            state = learner.state
            if len(self.state.rows):
                waiting, chunk = Batch.of(self.state.rows[None]), self.online.chunk
                *_, last = features_of(reservoir, waiting, kinds, state=state, chunk=chunk, one_program=True)
                state = last.state
            found.append(state)
        return found

    def _chunk(self, rows: np.ndarray, targets: np.ndarray) -> Float[np.ndarray, "row output"]:
        """Predict a chunk, learn it, and give the errors of the predictions."""
        if len(self.state.scale) == 0:
            scale = Scaling.of([targets])
            self.state = replace(self.state, scale=np.stack([scale.mean, scale.deviation]))
        base = rows[:, : targets.shape[1]] if self.increments else np.zeros_like(targets)
        late = min(max(self.washout - self.state.seen, 0), len(rows))
        predicted = np.zeros_like(targets)
        for member, readout in enumerate(self.readouts):
            features = self._units_learn(member, rows, targets)
            predicted += (_predicted(readout, features, targets) + base) / len(self.readouts)
            readout.learn_many(features[late:], (targets - base)[late:])
        self.state = replace(self.state, seen=self.state.seen + len(rows))
        return predicted - targets

    def _units_learn(self, member: int, rows: np.ndarray, targets: np.ndarray) -> Float[np.ndarray, "row feature"]:
        """Features of a chunk; the units of a member then learn from it."""
        reservoir, learner, learning = self.reservoirs[member], self.state.learners[member], self.learning
        if reservoir is None or learner is None:
            return rows
        broadcast = None
        if learning is not None and learning.needs_targets:
            mean, deviation = self.state.scale
            broadcast = (targets - mean) / deviation if learning.loss == "squares" else targets
        found = learn_chunk(
            reservoir,
            learner,
            rows[None],
            learning,
            targets=None if broadcast is None else broadcast[None],
            scored=(self.state.seen + np.arange(len(rows)) >= self.washout)[None],
            steps=self.online.steps,
            rate=self.online.rate,
            features=self.features[member],
            seed=member,
        )
        self.reservoirs[member], self.state.learners[member] = found.reservoir, found.learner
        return found.features[0]


def online_settings(given: object) -> Online:
    """The settings of `partial_fit`, checked.

    Raises:
        AuritaError: something else.
    """
    if given is not None and not isinstance(given, Online):
        raise AuritaError(f"online is a {type(given).__name__}; expected Online(...), or None for its defaults")
    return given or Online()


def started(
    reservoirs: Sequence[Reservoir | None], learning: Learning | None, states: Sequence[State] | None = None
) -> list[Learner | None]:
    """Learners before their first chunk, from a fresh start or from a state."""
    given: Sequence[State | None] = states or [None] * len(reservoirs)
    return [
        None if reservoir is None else begin(reservoir, learning, state=state)
        for reservoir, state in zip(reservoirs, given, strict=True)
    ]


def _predicted(readout: ForgettingReadout, features: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """What a readout predicts of rows that it has not learnt; zero, the mean, where it knows nothing at all."""
    if readout.count == 0 and readout.prior is None:
        return np.zeros_like(targets)
    return features @ readout.coef_ + readout.intercept_
