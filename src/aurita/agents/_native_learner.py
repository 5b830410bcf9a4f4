"""Units that learn from what is broadcast, by the native kernels."""

from typing import NamedTuple

import numpy as np

from aurita._typing import Bool, Float, Int, PyTree
from aurita.agents._learner import HEADS, Learner
from aurita.agents._stream import Recording, spots_of
from aurita.errors import AuritaError
from aurita.learning.partners import Partners, rewired, with_partners
from aurita.native.learn_kernel import KernelObjective, Learners, Past, Recorded, learns_here, with_slack
from aurita.native.library import engine_used, kernels
from aurita.native.threads import spread
from aurita.reservoir import Population, Reservoir


def learns_natively(reservoir: Reservoir) -> bool:
    """Whether all units that have heads can learn by the native kernels."""
    learn = [p for p in reservoir.populations if p.learns_by == "gradient"]
    if engine_used() != "native":
        return False
    return all(learns_here(p) for p in learn)


class NativeLearner(Learner):
    """Units that the kernels let learn.

    Args:
        reservoir: whose units learn.
        clip: bound on the norm of each unit's gradient.
        frozen: whether the heads alone learn.
        partners: how units choose which sources to receive; None: they receive all that their wiring gives them.
        rng: of that choice.
    """

    def __init__(
        self,
        reservoir: Reservoir,
        clip: float,
        *,
        frozen: bool = False,
        partners: Partners | None = None,
        rng: np.random.Generator | None = None,
    ) -> None:
        found = kernels()
        assert found is not None
        super().__init__(reservoir, [p.learns_by == "gradient" for p in reservoir.populations])
        self._kernels, self._clip, self._frozen = found, clip, frozen
        self._learners = [
            Learners(reservoir.populations[i], reservoir.weights[i], np.asarray(reservoir.wiring[i]).T)
            for i in self.numbers
        ]
        self._units, self._outputs = reservoir.units, reservoir.targets
        self._given: list[_Given] = []
        if partners is not None:
            self.open_sources = [
                with_partners(one, partners, rng or np.random.default_rng(0)) for one in self._learners
            ]
            self.last = [np.zeros((one.count, one.total), np.float32) for one in self._learners]
        self._batch = 1

    @property
    def history(self) -> int:
        return max((one.span for one in self._learners if not _keeps_state(one.population)), default=1) - 1

    @property
    def reservoir(self) -> Reservoir:
        weights = list(self._drawn.weights)
        for i, learners in zip(self.numbers, self._learners, strict=True):
            weights[i] = learners.weights(self._drawn.weights[i])
        return self._drawn.replace(weights=tuple(weights))

    def put(self, reservoir: Reservoir) -> None:
        self._drawn = reservoir
        for i, learners in zip(self.numbers, self._learners, strict=True):
            learners.put(reservoir.weights[i])

    def give(self, recording: Recording) -> None:
        self._batch = recording.sources.shape[2]
        self._spread = recording.sources.reshape(len(recording.sources), -1).std(1)
        self._given = []
        for number, learners in zip(self.numbers, self._learners, strict=True):
            past = 0
            if _keeps_state(learners.population):
                past = recording.history
                state = recording.before.units[number]
                parts = [np.asarray(state[name], np.float32) for name in ("re", "im")]
                learners.past = Past.constant(np.ascontiguousarray(np.concatenate(parts).swapaxes(0, 1)))
            sources = _with_slack(recording.sources[:, past:])
            alive = _with_slack(recording.alive[past:])
            changes: dict[str, np.ndarray | None] = {"alive": None if alive.all() else alive}
            if _keeps_state(learners.population):
                changes["goes_on"] = _with_slack(~recording.begins)
            else:
                changes["lived"] = _with_slack(recording.lived)
            recorded = Recorded(sources, None, with_slack(alive.size), with_slack((0, alive.size)), **changes)
            self._given.append(_Given(recorded, (recording.history - past) * self._batch))

    def scores(self, lanes: Int[np.ndarray, "range 2"]) -> Float[np.ndarray, "unit output lane"]:
        spots = spots_of(lanes)
        found = np.zeros((self._units, self._outputs, len(spots)), np.float32)
        for learners, given, place in zip(self._learners, self._given, self.places, strict=True):
            room = with_slack((learners.count, self._outputs, given.recorded.scored.size))
            self._run(learners, given, lanes, 0, 0.0, guesses=room)
            found[place] = room[..., given.first + spots]
        return found

    def learn(
        self,
        lanes: Int[np.ndarray, "range 2"],
        error: Float[np.ndarray, "output lane"] | Float[np.ndarray, "unit output lane"],
        rate: float,
    ) -> None:
        spots, apart = spots_of(lanes), error.ndim == 3
        for learners, given, place in zip(self._learners, self._given, self.places, strict=True):
            own, size = error[place] if apart else error, given.recorded.scored.size
            target, scored = with_slack((*own.shape[:-1], size)), with_slack(size)
            target[..., given.first + spots], scored[given.first + spots] = own, 1 / len(spots)
            aimed = given._replace(recorded=given.recorded._replace(target=target, scored=scored))
            drawn = learners.rows.copy() if self._frozen else None
            self._run(learners, aimed, lanes, 1, rate, apart=apart)
            if drawn is not None:
                kept = ~np.isin(learners.owners, HEADS)
                learners.rows[:, kept] = drawn[:, kept]

    def rewire(self, number: int) -> None:
        if not self.open_sources or self.last is None:
            return
        for one, chosen, rows in zip(self._learners, self.open_sources, self.last, strict=True):
            rewired(one, chosen, rows, self._spread, number)

    def gradients(
        self, lanes: Int[np.ndarray, "range 2"], error: Float[np.ndarray, "*unit output lane"]
    ) -> list[dict[str, Float[np.ndarray, "unit ..."]]]:
        before = self.last
        kept = [[part.copy() for part in (one.rows, one.first, one.second, one.taken)] for one in self._learners]
        self.last = [np.zeros((one.count, one.total), np.float32) for one in self._learners]
        self.learn(lanes, error, 0.0)
        found = []
        for one, rows, state in zip(self._learners, self.last, kept, strict=True):
            one.rows[:], one.first[:], one.second[:], one.taken[:] = state
            found.append(one.named(rows))
        self.last = before
        return found

    last: list[Float[np.ndarray, "unit weight"]] | None = None
    """Rooms for the gradients of the last step, where they are wanted."""

    def state(self) -> dict[str, PyTree]:
        return {
            "first": tuple(one.first for one in self._learners),
            "second": tuple(one.second for one in self._learners),
            "taken": tuple(one.taken for one in self._learners),
        }

    def go_on(self, state: dict[str, PyTree]) -> None:
        for name in ("first", "second", "taken"):
            parts = state.get(name, ())
            if any(isinstance(part, dict) for part in state.get("first", ())):
                parts = self._in_rows(name, parts)
            rooms = [getattr(one, name) for one in self._learners]
            if [np.shape(part) for part in parts] != [room.shape for room in rooms]:
                raise AuritaError(f"the optimiser's {name} is of other units than the agent has")
            for room, part in zip(rooms, parts, strict=True):
                room[:] = part

    def _in_rows(self, name: str, parts: PyTree) -> list[np.ndarray]:
        """Moments that `CompiledLearner` kept, by name and the unit last, or its one count of steps."""
        if name == "taken":
            return [np.full(one.count, parts, np.int32) for one in self._learners]
        found: list[np.ndarray] = []
        for one, part in zip(self._learners, parts, strict=False):
            made = Learners(one.population, self._drawn.weights[self.numbers[len(found)]], one.afferents)
            shapes = {key: (one.count, *shape) for key, shape in one.shapes.items()}
            given = {key: np.moveaxis(np.asarray(value), -1, 0) for key, value in part.items()}
            fits = all(shapes.get(key) == value.shape for key, value in given.items())
            if fits:
                made.set_moments(name, given)
            found.append(getattr(made, name) if fits else np.zeros(0))
        return found

    def _run(
        self,
        learners: Learners,
        given: "_Given",
        lanes: Int[np.ndarray, "range 2"],
        learn: int,
        rate: float,
        *,
        apart: bool = False,
        guesses: Float[np.ndarray, "unit output lane"] | None = None,
    ) -> None:
        objective = KernelObjective(
            own=False,
            target=True,
            loss="broadcast",
            apart=apart,
            age_bias_rate=learners.population.unit.rate_of("age_bias"),
            clip=self._clip,
        )
        ranges = np.asarray(lanes) + np.array([given.first, 0])
        losses = np.zeros((1, learners.count, 3), np.float32)
        chosen: Bool[np.ndarray, "step unit"] = np.full((1, learners.count), bool(learn))
        kept = None if self.last is None or not learn else self.last[self._learners.index(learners)]

        def work(first: int, last: int) -> int:
            learners.run(
                self._kernels,
                objective,
                [given.recorded],
                batch=self._batch,
                ranges=ranges,
                first=0,
                chosen=chosen,
                rates=np.array([rate]),
                units=slice(first, last),
                losses=losses,
                learn=learn,
                gradients=kept,
                guesses=guesses,
            )
            return 0

        spread(work, learners.count)


class _Given(NamedTuple):
    """What a population learns from, and its first lane that is not history."""

    recorded: Recorded
    first: int


def _with_slack(values: np.ndarray) -> np.ndarray:
    """Values of steps and copies, lanes last."""
    made = with_slack((*values.shape[:-2], values.shape[-2] * values.shape[-1]))
    made[:] = values.reshape(made.shape)
    return made


def _keeps_state(population: Population) -> bool:
    """Whether units keep a state that goes on, not a window of what they received."""
    return bool(population.unit.recurrent_weights)
