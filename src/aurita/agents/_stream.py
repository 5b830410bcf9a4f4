"""Units that live in a world: stepped with it, forgetting where an episode begins, and what they received on record.

Units with a window of inputs forget where `before_start` is `masked`; with `zeros` the window goes on into the next
episode, whose first step is marked in their inputs.
"""

from typing import NamedTuple

import numpy as np

from aurita._tree import mapped
from aurita._typing import Array, Bool, Float, Int
from aurita.engine.scanning import compiled_scan
from aurita.errors import AuritaError
from aurita.native.running import native_scan, runs_natively
from aurita.reservoir import Population, Reservoir, State


class Recording(NamedTuple):
    """What units received over some steps, those before them that they still remember first.

    Attributes:
        sources: what all sources were.
        lived: steps that each copy had lived in its episode, the present one left out.
        alive: 0 before the stream began.
        history: steps at the front that are remembered only.
        before: the state before the first step after these.
        begins: where episodes begin, history left out.
    """

    sources: Float[np.ndarray, "source step env"]
    lived: Int[np.ndarray, "step env"]
    alive: Float[np.ndarray, "step env"]
    history: int
    before: State
    begins: Bool[np.ndarray, "step env"]


class Stream:
    """Copies of one reservoir, a world each.

    Args:
        reservoir: with heads.
        envs: how many copies.
        history: steps that units remember before the present one.
    """

    def __init__(self, reservoir: Reservoir, envs: int, history: int) -> None:
        for population in reservoir.populations:
            if population.time_constant > 1:
                raise AuritaError("slots of an agent's units do not leak; use time_constant=1")
        self.reservoir, self.envs, self.history = reservoir, envs, history
        self._fresh = reservoir.initial_state(envs)
        self.state = self._fresh
        self._past: list[tuple[np.ndarray, np.ndarray, float]] = []
        self._steps: list[tuple[np.ndarray, np.ndarray]] = []
        self._begins: list[np.ndarray] = []
        self._before: State | None = None

    def step(
        self, inputs: Float[np.ndarray, "env input"], begins: Bool[np.ndarray, "env"]
    ) -> Float[np.ndarray, "unit output env"]:
        """What the heads of each unit output at the next step."""
        if begins.any():
            self.state = forgotten(self.reservoir, self.state, self._fresh, begins)
        if self._before is None:
            self._before = self.state
        self._steps.append((self._sources(inputs), np.array(self.state.steps)))
        self._begins.append(begins)
        scores, self.state = heads(self.reservoir, self.state, inputs)
        return scores

    def peek(
        self, inputs: Float[np.ndarray, "env input"], begins: Bool[np.ndarray, "env"] | None = None
    ) -> Float[np.ndarray, "unit output env"]:
        """What heads would output, without a step."""
        state = self.state if begins is None else forgotten(self.reservoir, self.state, self._fresh, begins)
        return heads(self.reservoir, state, inputs)[0]

    def recording(self) -> Recording:
        """What came since the last call."""
        assert self._before is not None
        width, missing = self.reservoir.sources.total, self.history - len(self._past)
        rows = [*self._past, *((source, lived, 1.0) for source, lived in self._steps)]
        nothing = (np.zeros((width, self.envs), np.float32), np.zeros(self.envs, np.int32), 0.0)
        rows = [nothing] * missing + rows
        found = Recording(
            np.stack([row[0] for row in rows], axis=1),
            np.stack([row[1] for row in rows]),
            np.repeat(np.array([row[2] for row in rows], np.float32)[:, None], self.envs, axis=1),
            self.history,
            self._before,
            np.stack(self._begins),
        )
        self._past = [row for row in rows if row[2]][-self.history :] if self.history else []
        self._clear()
        return found

    def _clear(self) -> None:
        self._steps, self._begins, self._before = [], [], None

    def _sources(self, inputs: Float[np.ndarray, "env input"]) -> Float[np.ndarray, "source env"]:
        scores = [np.asarray(part).reshape(-1, self.envs) for part in self.state.outputs]
        return np.concatenate([inputs.T, *scores]).astype(np.float32)


def heads(
    reservoir: Reservoir, state: State, inputs: Float[np.ndarray, "env input"]
) -> tuple[Float[np.ndarray, "unit output env"], State]:
    """What the heads of each unit output at one step, nothing where a unit has none, and the state after it."""
    given: Array = np.ascontiguousarray(inputs.T[None], np.float32)
    if runs_natively(reservoir):
        rows, state = native_scan(reservoir, state, given, None, None, ("target",))
    else:
        found = compiled_scan(reservoir, state, given, features=("target",))
        rows, state = np.asarray(found.features), found.state
    parts, first = [], 0
    for population in reservoir.populations:
        size = reservoir.targets * population.units if has_heads(population) else 0
        part = np.zeros((population.units, reservoir.targets, inputs.shape[0]), np.float32)
        if size:
            part = rows[0, first : first + size].reshape(reservoir.targets, population.units, -1).swapaxes(0, 1)
        parts.append(part)
        first += size
    return np.concatenate(parts), state


def spots_of(lanes: Int[np.ndarray, "range 2"]) -> Int[np.ndarray, "lane"]:
    """The lanes of some ranges, first and count."""
    return np.concatenate([np.arange(a, a + n) for a, n in lanes])


def has_heads(population: Population) -> bool:
    """Whether units of a population have heads."""
    return "target" in population.unit.derived_features(1)


def forgotten(reservoir: Reservoir, state: State, fresh: State, begins: Bool[np.ndarray, "env"]) -> State:
    """The state where some copies begin anew."""

    def anew(old: Array, new: Array) -> Array:
        return np.where(begins, np.asarray(new), np.asarray(old))

    units = tuple(
        own if p.unit.windowed else mapped(anew, own, new)
        for p, own, new in zip(reservoir.populations, state.units, fresh.units, strict=True)
    )
    outputs = mapped(anew, state.outputs, fresh.outputs)
    return state.replace(units=units, outputs=outputs, steps=anew(state.steps, fresh.steps))
