"""Units that learn from what is broadcast, on JAX: any unit with heads that learns by gradient.

What a unit was before a rollout is a constant; within it the gradient follows the unit's own state step by step.
"""

import numpy as np

from aurita._jax import compiled, jax, jnp
from aurita._typing import Array, Float, Int, PyTree
from aurita.agents._learner import HEADS, Learner
from aurita.agents._stream import Recording, has_heads, spots_of
from aurita.errors import AuritaError
from aurita.learning.partners import OpenSources, Partners
from aurita.native.learn_kernel import Learners, learns_here
from aurita.reservoir import Population, Reservoir, Weights
from aurita.reservoir.weights import apply_passage
from aurita.units.objectives import OBJECTIVES

Flat = dict[str, np.ndarray]


class CompiledLearner(Learner):
    """Units of any type with heads.

    Args:
        reservoir, clip, frozen, partners, rng: as of `NativeLearner`.

    Raises:
        AuritaError: partners of units whose passages do not learn.
    """

    history = 0
    """Steps before the present one that have to be on record; the state is."""

    def __init__(
        self,
        reservoir: Reservoir,
        clip: float,
        *,
        frozen: bool = False,
        partners: Partners | None = None,
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__(reservoir, [has_heads(p) for p in reservoir.populations])
        self._clip = clip
        self._learning = [_learning(reservoir.populations[i], reservoir.weights[i], frozen) for i in self.numbers]
        self._first, self._second = ([_zeros(own) for own in self._learning] for _ in range(2))
        self._taken = 0
        self._recording: Recording | None = None
        if partners is not None:
            self.open_sources = [
                self._with_partners(number, partners, rng or np.random.default_rng(0)) for number in self._each
            ]
        self._slopes: list[np.ndarray] = []

    @property
    def reservoir(self) -> Reservoir:
        weights = list(self._drawn.weights)
        for i, own in zip(self.numbers, self._learning, strict=True):
            weights[i] = _with(weights[i], own)
        return self._drawn.replace(weights=tuple(weights))

    def put(self, reservoir: Reservoir) -> None:
        self._drawn = reservoir
        for i, own in zip(self.numbers, self._learning, strict=True):
            given = reservoir.weights[i].unit | reservoir.weights[i].passage
            own.update({name: np.asarray(given[name], np.float32) for name in own})

    def give(self, recording: Recording) -> None:
        self._recording = recording
        self._fresh = self._drawn.initial_state(recording.begins.shape[1])

    def scores(self, lanes: Int[np.ndarray, "range 2"]) -> Float[np.ndarray, "unit output lane"]:
        spots = spots_of(lanes)
        steps, envs = self._given.begins.shape
        found = np.zeros((self._drawn.units, self._drawn.targets, len(spots)), np.float32)
        for number, place in enumerate(self.places):
            scores = np.asarray(_scores(self._learning[number], *self._parts(number)))
            found[place] = scores.transpose(2, 1, 0, 3).reshape(scores.shape[2], scores.shape[1], steps * envs)[
                ..., spots
            ]
        return found

    def learn(
        self, lanes: Int[np.ndarray, "range 2"], error: Float[np.ndarray, "*unit output lane"], rate: float
    ) -> None:
        self._taken += 1
        gradients = self.gradients(lanes, error)
        self._slopes = [np.moveaxis(part["matrix"], -1, 0) for part in gradients] if self.open_sources else []
        for number, chosen in enumerate(self.open_sources):
            # What is closed stays so: its gradient is for the probe alone.
            gradients[number]["matrix"] = np.where(chosen.open.T, gradients[number]["matrix"], 0.0)
        for number, gradient in enumerate(gradients):
            self._step(number, gradient, rate)

    def gradients(
        self, lanes: Int[np.ndarray, "range 2"], error: Float[np.ndarray, "*unit output lane"]
    ) -> list[dict[str, Float[np.ndarray, "... unit"]]]:
        spots = spots_of(lanes)
        steps, envs = self._given.begins.shape
        found = []
        for number, place in enumerate(self.places):
            own = error[place] if error.ndim == 3 else np.broadcast_to(error, (place.stop - place.start, *error.shape))
            whole = np.zeros((*own.shape[:2], steps * envs), np.float32)
            whole[..., spots] = own / len(spots)
            spread = whole.reshape(*own.shape[:2], steps, envs).transpose(2, 1, 0, 3)
            slopes = _slopes(self._learning[number], spread, *self._parts(number))
            found.append({name: np.asarray(value) for name, value in slopes.items()})
        return found

    def rewire(self, number: int) -> None:
        for place, (chosen, slopes) in enumerate(zip(self.open_sources, self._slopes, strict=False)):
            sources = self._sources(place)
            spread = self._given.sources.std((1, 2))[sources]
            matrix = np.moveaxis(self._learning[place]["matrix"], -1, 0).copy()
            changes = chosen.step(matrix, slopes, spread, number)
            self._learning[place]["matrix"] = np.moveaxis(matrix, 0, -1)
            for moments in (self._first[place], self._second[place]):
                # Momentum would open again what was dropped.
                for unit, dropped, opened in changes:
                    moments["matrix"][:, [dropped, opened], unit] = 0

    def state(self) -> dict[str, PyTree]:
        return {"first": tuple(self._first), "second": tuple(self._second), "taken": self._taken}

    def go_on(self, state: dict[str, PyTree]) -> None:
        for name, rooms in (("first", self._first), ("second", self._second)):
            given = state.get(name, ())
            parts = [self._by_name(*pair) for pair in zip(self._each, given, strict=False)]
            shapes = [{key: np.shape(value) for key, value in part.items()} for part in parts if isinstance(part, dict)]
            expected = [{key: value.shape for key, value in room.items()} for room in rooms]
            if len(given) != len(rooms) or shapes != expected:
                raise AuritaError(f"the optimiser's {name} is of other units than the agent has")
            for room, part in zip(rooms, parts, strict=True):
                room.update({key: np.array(value) for key, value in part.items()})
        taken = state.get("taken", 0)
        rows = isinstance(taken, tuple | list)  # of each unit, as `NativeLearner` counts
        self._taken = max((int(np.max(part)) for part in taken), default=0) if rows else int(taken)

    def _by_name(self, number: int, part: PyTree) -> PyTree:
        """Moments of a population that `NativeLearner` kept in rows, by name and the unit last; others as they are."""
        i = self.numbers[number]
        population, wiring = self._drawn.populations[i], np.asarray(self._drawn.wiring[i]).T
        if isinstance(part, dict) or not learns_here(population):
            return part
        learners = Learners(population, self._drawn.weights[i], wiring)
        if np.shape(part) != learners.first.shape:
            return part
        named = learners.named(np.asarray(part))
        return {name: np.moveaxis(named[name], 0, -1) for name in self._learning[number] if name in named}

    def _with_partners(self, number: int, partners: Partners, rng: np.random.Generator) -> OpenSources:
        i = self.numbers[number]
        passage, wiring = self._drawn.populations[i].passage, np.asarray(self._drawn.wiring[i]).T
        own = self._learning[number]
        matrix = np.moveaxis(own["matrix"], -1, 0) if "matrix" in own else np.zeros((*wiring.shape[:1], 1, 1))
        chosen, matrix = OpenSources.of(partners, passage, wiring, matrix, rng)
        own["matrix"] = np.ascontiguousarray(np.moveaxis(matrix, 0, -1), np.float32)
        return chosen

    def _sources(self, number: int) -> Int[np.ndarray, "source"]:
        return np.asarray(self._drawn.wiring[self.numbers[number]])[:, 0]

    @property
    def _each(self) -> range:
        return range(len(self.numbers))

    @property
    def _given(self) -> Recording:
        assert self._recording is not None
        return self._recording

    def _parts(self, number: int) -> tuple[PyTree, ...]:
        """What the functions on JAX are given of a population."""
        i, given = self.numbers[number], self._given
        population = self._drawn.populations[i]
        sources = np.moveaxis(given.sources[:, given.history :], 1, 0)
        lived = given.lived[given.history :].astype(np.int32)
        states = given.before.units[i], self._fresh.units[i], np.asarray(given.before.time)
        wiring, drawn = np.asarray(self._drawn.wiring[i]), self._drawn.weights[i]
        return population, drawn, wiring, sources, given.begins, lived, states

    def _step(self, number: int, gradient: Flat, rate: float) -> None:
        """One step of Adam, a unit at a time; units whose gradient is not finite stay as they are."""
        unit = self._drawn.populations[self.numbers[number]].unit
        squares = sum(
            (value.astype(np.float64) ** 2).sum(axis=tuple(range(value.ndim - 1))) for value in gradient.values()
        )
        norm = np.sqrt(squares)
        fine = np.isfinite(norm)
        scale = np.where(fine, np.minimum(1.0, self._clip / np.maximum(norm, 1e-12)), 0.0)
        for name, value in gradient.items():
            first, second = self._first[number], self._second[number]
            slope = np.where(fine, np.nan_to_num(value), 0.0) * scale
            first[name] = 0.9 * first[name] + 0.1 * slope
            second[name] = 0.999 * second[name] + 0.001 * slope**2
            update = first[name] / (1 - 0.9**self._taken)
            update = update / (np.sqrt(second[name] / (1 - 0.999**self._taken)) + 1e-8)
            moved = self._learning[number][name] - rate * unit.rate_of(name) * update * fine
            self._learning[number][name] = moved.astype(np.float32)


def _learning(population: Population, weights: Weights, frozen: bool) -> Flat:
    """The weights that learn, those of the passage included."""
    reward, unit = OBJECTIVES["reward"], population.unit
    names = [name for name in weights.unit if unit.trains(name, reward) and not (frozen and name not in HEADS)]
    found = {name: np.asarray(weights.unit[name], np.float32) for name in names}
    if population.passage == "learned" and not frozen:
        found |= {name: np.asarray(value, np.float32) for name, value in weights.passage.items()}
    return found


def _with(weights: Weights, own: dict[str, PyTree]) -> Weights:
    unit = {name: own.get(name, value) for name, value in weights.unit.items()}
    passage = {name: own.get(name, value) for name, value in weights.passage.items()}
    return Weights(unit, passage, weights.rates)


def _zeros(own: Flat) -> Flat:
    return {name: np.zeros_like(value) for name, value in own.items()}


def _heads(
    own: dict[str, Array],
    population: Population,
    drawn: Weights,
    wiring: Array,
    sources: Float[Array, "step source env"],
    begins: Array,
    lived: Int[Array, "step env"],
    states: PyTree,
) -> Float[Array, "step output unit env"]:
    """What the heads of a population output at every step, from the state before the first."""
    weights, unit = _with(drawn, own), population.unit
    lanes = jax.tree.map(lambda array: jnp.asarray(array)[..., None], weights)
    prepared = unit.prepare({name: jnp.asarray(value) for name, value in weights.unit.items()})
    before, fresh, time = states

    def one(state: PyTree, given: tuple[PyTree, ...]) -> tuple[PyTree, Array]:
        now, anew, age, number = given
        if not unit.windowed:
            state = jax.tree.map(lambda new, old: jnp.where(anew, new, old), fresh, state)
        inputs = apply_passage(lanes, now[wiring])
        state, response = unit.step(prepared, state, inputs, time + number, age)
        return state, unit.target_features(lanes.unit, response)

    _, scores = jax.lax.scan(one, before, (sources, begins, lived, jnp.arange(len(sources))))
    return scores


_scores = compiled(_heads)


@compiled
def _slopes(own: dict[str, Array], error: Float[Array, "step output unit env"], *parts: PyTree) -> dict[str, Array]:
    return jax.grad(lambda weights: (_heads(weights, *parts) * error).sum())(own)
