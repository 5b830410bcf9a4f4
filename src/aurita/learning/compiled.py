"""Local learning on the native engine: units in C, spread over threads, batches made on the host.

What a unit does depends on its own weights and on the batch alone, so the same bytes come out for any number of
threads. Where only a target is judged, sequences are aligned at their last scored steps: few lanes are judged then, and
nothing is computed that none of them depends on.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.errors import AuritaError
from aurita.learning.batches import Data
from aurita.learning.laid import Aligned, Laid
from aurita.learning.listening import learner_heard, recorded
from aurita.learning.schedule import Schedule
from aurita.learning.settings import Learning
from aurita.native.learn_kernel import Learners, Objective, Recorded, Rows, why_not, with_slack
from aurita.native.library import Kernels, engine, engine_used, kernels
from aurita.native.threads import thread_count
from aurita.reservoir import Population, Reservoir

_GROUP = 4
_SPARSE = 4
_NOISE = 0x6E6F6973


def learns_natively(reservoir: Reservoir, settings: Learning) -> bool:
    """Whether the native engine lets this reservoir learn.

    Raises:
        AuritaError: the engine `native` was asked for and does not cover what is to learn; the message says why.
    """
    if engine_used() != "native":
        return False
    reasons = _why_not(reservoir, settings)
    if reasons and engine() == "native":
        raise AuritaError(f"the native engine does not cover this: {'; '.join(reasons)}; use engine 'auto' or 'jax'")
    return not reasons


def _why_not(reservoir: Reservoir, settings: Learning) -> list[str]:
    reasons = [
        f"{name} is {value!r}"
        for name, value, plain in (
            ("rule", settings.rule, "all"),
            ("by", settings.by, "loss"),
            ("fan_in", settings.fan_in, None),
            ("aligned", settings.aligned, False),
            ("alpha", settings.alpha if settings.adaptive else 0, 0),
        )
        if value != plain
    ]
    for population in reservoir.populations:
        if population.learns_by == "regression":
            reasons.append(f"{type(population.unit).__name__} learns on JAX only")
        elif population.learns_by == "gradient" and (reason := why_not(population)):
            reasons.append(reason)
    return sorted(set(reasons))


class NativeSteps:
    """Steps of learning of all units of a reservoir.

    Attributes:
        reservoir: as it is now.
    """

    def __init__(self, reservoir: Reservoir, data: Data, settings: Learning, objectives: set[str], seed: int) -> None:
        found = kernels()
        assert found is not None
        self._kernels: Kernels = found
        self._drawn, self._settings, self._seed = reservoir, settings, seed
        self._only_target = objectives <= {"target", "frozen"}
        self._changes = learner_heard(reservoir)
        self._numbers = [p for p, each in enumerate(reservoir.populations) if each.learns_by == "gradient"]
        afferents = [np.asarray(reservoir.wiring[p]).T for p in self._numbers]
        self._used = np.unique(np.concatenate([part.ravel() for part in afferents]))
        self._learners = [
            Learners(reservoir.populations[p], reservoir.weights[p], np.searchsorted(self._used, part))
            for p, part in zip(self._numbers, afferents, strict=True)
        ]
        ends = np.cumsum([0, *(p.units for p in reservoir.populations)]).tolist()
        self._places = [slice(*pair) for pair in pairwise(ends)]
        self._whole = self._prepared(data)

    def _prepared(self, data: Data) -> Laid:
        sources = None
        if data.sources is not None:
            sources = np.asarray(data.sources)[:, :, self._used].transpose(2, 1, 0)
        elif not self._drawn.recurrent:
            sources = recorded(self._drawn, data)[self._used]
        given = Laid.of(data, None if sources is None else np.ascontiguousarray(sources, np.float32))
        whole = self._settings.segment >= given.longest
        return given.at_ends() if self._only_target and whole and sources is not None else given

    @property
    def reservoir(self) -> Reservoir:
        weights = list(self._drawn.weights)
        for p, learners in zip(self._numbers, self._learners, strict=True):
            weights[p] = learners.weights(self._drawn.weights[p])
        return self._drawn.replace(weights=tuple(weights))

    def run(
        self,
        schedule: Schedule,
        steps: range,
        rates: Float[np.ndarray, "step"],
        may: Bool[np.ndarray, "unit"],
        *,
        judge_all: bool,
    ) -> tuple[Float[np.ndarray, "step unit"], Bool[np.ndarray, "step unit"]]:
        """Take some steps; losses before each, and who took it."""
        losses = np.zeros((len(steps), self._drawn.units), np.float32)
        chosen = np.tile(may, (len(steps), 1))
        size = min(self._settings.segment, self._whole.longest)
        # Units that hear learners need what these say now, after every step.
        together = 1 if self._changes else len(steps)
        for first in range(0, len(steps), together):
            part = slice(first, first + together)
            places = [
                self._whole.aligned(
                    np.asarray(schedule.rows[step]), np.asarray(schedule.starts[step]), size, self._only_target
                )
                for step in steps[part]
            ]
            losses[part] = self._learn(places, self._whole, steps[part], rates[part], chosen[part], 1 + judge_all)[
                ..., 2
            ]
        return losses, chosen

    def held_out(self, data: Data) -> Float[np.ndarray, "unit"]:
        """Local loss of every unit on whole sequences; NaN for those that do not learn by gradient."""
        held = self._prepared(data)
        count = len(held.lengths)
        places = [held.aligned(np.arange(count), np.zeros(count, int), held.longest, self._only_target)]
        nobody, none = np.zeros((1, self._drawn.units), bool), np.zeros(1)
        losses = self._learn(places, held, range(1), none, nobody, 0)[0, :, 2]
        known = np.zeros(len(losses), bool)
        for p in self._numbers:
            known[self._places[p]] = True
        return np.where(known, losses, np.nan)

    def _learn(
        self,
        places: list[Aligned],
        given: Laid,
        steps: range,
        rates: Float[np.ndarray, "step"],
        chosen: Bool[np.ndarray, "step unit"],
        learn: int,
    ) -> Float[np.ndarray, "step unit 3"]:
        count, batch = places[0].steps, len(places[0].rows)
        scored = [given.scored_of(place) for place in places]
        judged = np.flatnonzero(np.any([weights.any(1) for weights in scored], axis=0))
        sparse = self._only_target and 0 < _SPARSE * len(judged) <= count
        ranges = _ranges(judged, batch) if sparse else np.array([[0, count * batch]])
        batches: dict[int, Recorded] = {}
        for number, (place, weights) in enumerate(zip(places, scored, strict=True)):
            same = number and all(np.array_equal(a, b) for a, b in zip(place[:4], places[0][:4], strict=True))
            batches[number] = (
                batches[0] if same and not self._settings.input_noise else self._batch(place, given, weights)
            )
        quiet = learn == 0
        tasks, results = [], []
        for p, learners in zip(self._numbers, self._learners, strict=True):
            population, units = self._drawn.populations[p], self._places[p]
            objective = _objective(population, self._settings, quiet=quiet)
            own = [self._own(learners, batches[i], places[i], given, steps[i], quiet) for i in range(len(places))]
            first = max(0, int(judged[0]) - learners.span + 1) if sparse else 0
            found = np.zeros((len(places), population.units, 3), np.float32)
            results.append((units, found))
            task = partial(
                learners.run,
                self._kernels,
                objective,
                own,
                batch=batch,
                ranges=ranges,
                first=first,
                chosen=chosen[:, units],
                rates=rates,
                losses=found,
                learn=learn,
            )
            tasks += [
                partial(task, units=slice(i, min(i + _GROUP, population.units)))
                for i in range(0, population.units, _GROUP)
            ]
        _in_threads(tasks)
        losses = np.zeros((len(places), self._drawn.units, 3), np.float32)
        for units, found in results:
            losses[:, units] = found
        if learn == 1:
            losses[~chosen] = np.nan
        return losses

    def _batch(self, place: Aligned, given: Laid, scored: Float[np.ndarray, "time batch"]) -> Recorded:
        """What all populations share of a batch."""
        if given.sources is None:
            sources = self._recorded_now(place, given)
        else:
            sources = given.cut(given.sources, place)
        weights = with_slack(scored.size)
        weights[:] = (scored / (scored.sum(dtype=np.float64) or 1.0)).ravel()
        alive = None
        if place.late.any():
            alive = with_slack(scored.size)
            alive[:] = (np.arange(place.steps)[:, None] >= place.late).ravel()
        return Recorded(sources, given.cut(given.targets, place), weights, with_slack((0, scored.size)), alive)

    def _recorded_now(self, place: Aligned, given: Laid) -> Rows:
        """Sources of a batch by the reservoir as it is: every segment from a state of zeros."""
        early = place._replace(late=np.zeros_like(place.late))
        inputs = given.cut(given.inputs, early).reshape(-1, place.steps, len(place.rows))
        targets = given.cut(given.targets, early).reshape(-1, place.steps, len(place.rows))
        cut = Data(
            inputs=inputs.transpose(2, 1, 0),
            lengths=place.ends - place.starts,
            targets=targets.transpose(2, 1, 0),
            scored=np.zeros((len(place.rows), place.steps), np.float32),
            begins=given.begins[place.rows] + place.starts,
        )
        said = recorded(self.reservoir if self._changes else self._drawn, cut)[self._used]
        sources = with_slack((len(said), place.steps * len(place.rows)))
        view = sources.reshape(said.shape)
        for i, late in enumerate(place.late):
            view[:, late:, i] = said[:, : place.steps - late, i]
        return sources

    def _own(
        self, learners: Learners, shared: Recorded, place: Aligned, given: Laid, step: int, quiet: bool
    ) -> Recorded:
        """A batch as one population sees it: with weights of its horizons, lived steps and noise of its own."""
        unit, lanes = learners.population.unit, len(shared.scored)
        objective = learners.population.objective or self._settings.objective
        changes: dict[str, np.ndarray] = {}
        if objective in ("self", "mixed"):
            changes["own"] = given.self_weights(place, unit.horizons, self._settings.washout)
        if getattr(unit, "before_start", "zeros") == "masked":
            changes["lived"] = with_slack(lanes)
            changes["lived"][:] = (np.arange(place.steps)[:, None] - place.late).ravel()
        if self._settings.input_noise and not quiet:
            changes["noise"] = with_slack((unit.slots, lanes))
            changes["noise"][:] = np.random.default_rng([_NOISE, self._seed, step]).normal(size=(unit.slots, lanes))
        return shared._replace(**changes)


def _objective(population: Population, settings: Learning, *, quiet: bool) -> Objective:
    name = population.objective or settings.objective
    return Objective(
        own=name in ("self", "mixed"),
        target=name in ("target", "mixed"),
        alpha=float(settings.alpha),
        cross_entropy=settings.loss == "cross_entropy",
        optimiser=settings.optimiser,
        l2=0.0 if quiet else settings.l2,
        weight_decay=settings.weight_decay,
        age_bias_rate=settings.age_bias_rate,
        clip=settings.clip,
        noise=0.0 if quiet else settings.input_noise,
    )


def _ranges(steps: Int[np.ndarray, "judged"], batch: int) -> Int[np.ndarray, "range 2"]:
    """Lanes of these steps, neighbours joined: first lane and count."""
    runs = np.split(steps, np.flatnonzero(np.diff(steps) > 1) + 1)
    return np.array([[run[0] * batch, len(run) * batch] for run in runs])


def _in_threads(tasks: list[partial[None]]) -> None:
    threads = min(thread_count(), len(tasks))
    if threads <= 1:
        for task in tasks:
            task()
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(task) for task in tasks]:
            done.result()
