"""Learning from a stream, what all estimators share: settings, where an estimator stands, and the next chunks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from aurita._typing import Float
from aurita.data.batch import Batch
from aurita.data.scaling import Scaling
from aurita.errors import AuritaError
from aurita.fields import check_fields
from aurita.learning import Learning
from aurita.learning.online import Standing, begin, learn_chunk
from aurita.readout import ForgettingReadout
from aurita.readout.forgetting import MEMORIES
from aurita.reservoir import Reservoir, State
from aurita.reservoir.running import features_of
from aurita.units.unit import at_least

ERRORS = 500
"""Errors of one-step predictions that are kept, for intervals."""


@dataclass(frozen=True, kw_only=True)
class Online:
    """Settings of `partial_fit`.

    Attributes:
        chunk: steps of a stream after which units and readout learn. The first chunk sets the scale of the channels, so
            before it is complete nothing can be predicted. Smaller chunks follow sooner and cost more.
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

    def readout(self, alphas: Sequence[float] | None, fitted: Any = None) -> ForgettingReadout:
        """A readout that has learned nothing yet, or that goes on from a fitted ridge readout."""
        prior = None if fitted is None else (fitted.coef_, fitted.intercept_, fitted.error_)
        grid = {} if alphas is None else {"alphas": tuple(float(alpha) for alpha in alphas)}
        return ForgettingReadout(self.memories, window=self.window, margin=self.margin, prior=prior, **grid)


@dataclass(frozen=True, eq=False)
class Follower:
    """Where an estimator stands in its stream; no array of it grows.

    Attributes:
        standings: of each member of the ensemble, behind the last whole chunk; empty until the first one is complete;
            None where there is no reservoir.
        rows: `(n, E)`, what has been heard since, less than a chunk; as it was given until the first is complete.
        wanted: `(n, O)`, the targets of these rows.
        told: mean and deviation `(2, O)` of what is broadcast to the units; empty until the first chunk sets it.
        errors: `(R, O)`, the last errors of predictions made before their step was learnt.
        seen: rows learnt.
        last: the last value heard (of a series), which tells whether the estimator was moved since.
    """

    standings: list[Standing | None]
    rows: Float[np.ndarray, "row input"]
    wanted: Float[np.ndarray, "row output"]
    told: Float[np.ndarray, "two output"]
    errors: Float[np.ndarray, "error output"]
    seen: int
    last: Float[np.ndarray, " value"]

    @staticmethod
    def opening(inputs: int, outputs: int) -> "Follower":
        """Nothing heard yet."""
        empty = np.zeros((0, outputs))
        return Follower([], np.zeros((0, inputs)), empty, empty, empty, 0, np.zeros(0))

    def joined(self, rows: np.ndarray, wanted: np.ndarray) -> "Follower":
        """With further rows waiting."""
        return replace(
            self, rows=np.concatenate([self.rows, rows]), wanted=np.concatenate([self.wanted, wanted]).astype(float)
        )


@dataclass(frozen=True)
class Manner:
    """How an estimator learns from its stream.

    Attributes:
        online: settings.
        learning: of the units; None: they stay as they are.
        features: kinds of features of each member.
        washout: first rows that the readout does not learn.
        increments: whether the readout predicts what is added to the first inputs.
    """

    online: Online
    learning: Learning | None
    features: Sequence[tuple[str, ...]]
    washout: int
    increments: bool = False


def online_settings(given: Any) -> Online:
    """The settings of `partial_fit`, checked.

    Raises:
        AuritaError: something else.
    """
    if given is not None and not isinstance(given, Online):
        raise AuritaError(f"online is a {type(given).__name__}; expected Online(...), or None for its defaults")
    return given or Online()


def started(
    reservoirs: Sequence[Reservoir | None], learning: Learning | None, states: Sequence[State] | None = None
) -> list[Standing | None]:
    """Where each member stands before its first chunk, from a fresh start or from a state."""
    given: Sequence[State | None] = states or [None] * len(reservoirs)
    return [
        None if reservoir is None else begin(reservoir, learning, state=state)
        for reservoir, state in zip(reservoirs, given, strict=True)
    ]


def advanced(
    follower: Follower, reservoirs: list[Reservoir | None], readouts: list[ForgettingReadout], manner: Manner
) -> tuple[Follower, list[Reservoir | None]]:
    """Learn all whole chunks that wait; each is predicted first. The readouts are changed in place.

    Raises:
        AuritaError: values that are not finite, such as those of a reservoir that diverged.
    """
    size = manner.online.chunk
    reservoirs, standings = list(reservoirs), list(follower.standings)
    seen, told, kept = follower.seen, follower.told, [follower.errors]
    whole = len(follower.rows) // size * size
    for start in range(0, whole, size):
        rows, wanted = follower.rows[start : start + size], follower.wanted[start : start + size]
        if len(told) == 0:
            scale = Scaling.of([wanted])
            told = np.stack([scale.mean, scale.deviation])
        base = rows[:, : wanted.shape[1]] if manner.increments else np.zeros_like(wanted)
        said = np.zeros_like(wanted)
        for member, (reservoir, readout) in enumerate(zip(reservoirs, readouts, strict=True)):
            features = rows
            standing = standings[member]
            if reservoir is not None and standing is not None:
                learning = manner.learning
                broadcast = learning is not None and learning.needs_targets
                squares = learning is not None and learning.loss == "squares"
                shown = (wanted - told[0]) / told[1] if squares else wanted
                reservoirs[member], standings[member], found, _ = learn_chunk(
                    reservoir,
                    standing,
                    rows[None],
                    learning,
                    targets=shown[None] if broadcast else None,
                    scored=(seen + np.arange(size) >= manner.washout)[None],
                    steps=manner.online.steps,
                    rate=manner.online.rate,
                    features=manner.features[member],
                    seed=member,
                )
                features = found[0]
            said += (_said(readout, features, wanted) + base) / len(readouts)
            late = min(max(manner.washout - seen, 0), size)
            readout.learn_many(features[late:], (wanted - base)[late:])
        kept = [*kept, said - wanted][-(-(-ERRORS // size) + 1) :]
        seen += size
    follower = replace(
        follower,
        standings=standings,
        rows=follower.rows[whole:].copy(),
        wanted=follower.wanted[whole:].copy(),
        told=told,
        errors=np.concatenate(kept)[-ERRORS:],
        seen=seen,
    )
    return follower, reservoirs


def stands(follower: Follower, reservoirs: Sequence[Reservoir | None], manner: Manner) -> list[State]:
    """The state of every member behind all rows, those included that wait to be learnt."""
    found = []
    for member, (reservoir, standing) in enumerate(zip(reservoirs, follower.standings, strict=True)):
        if reservoir is None or standing is None:
            continue
        state = standing.state
        if len(follower.rows):
            chunk, kinds = manner.online.chunk, manner.features[member]
            waiting = Batch.of(follower.rows[None])
            *_, last = features_of(reservoir, waiting, kinds, state=state, chunk=chunk, one_program=True)
            state = last.state
        found.append(state)
    return found


def _said(readout: ForgettingReadout, features: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """What a readout predicts of rows that it has not learnt; zero, the mean, where it knows nothing at all."""
    if readout.count == 0 and readout.prior is None:
        return np.zeros_like(wanted)
    return features @ readout.coef_ + readout.intercept_
