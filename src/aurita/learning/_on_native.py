"""Local learning on the native engine from whole data: batches made on the host, units in C.

Where only a target is scored, sequences are aligned at their last scored steps: few lanes are scored then, and nothing
is computed that none of them depends on.
"""

import numpy as np

from aurita._keys import new_key, split
from aurita._typing import Bool, Float, Int, UInt
from aurita.data.batch import Batch
from aurita.learning._host_batch import Aligned, HostBatch
from aurita.learning._learners import objectives_of
from aurita.learning._native_units import AnyLearners, Lanes, NativeUnits, Share
from aurita.learning._recording import (
    depends_on_learners,
    recorded,
    recorded_in_batches,
    with_sources,
    without_silent_end,
)
from aurita.learning._schedule import Schedule, in_pieces
from aurita.learning.passage import Masks, Ranks
from aurita.learning.settings import Learning
from aurita.native.learn_kernel import SLACK, Learners, Recorded, Rows, with_slack
from aurita.reservoir import Reservoir

_SPARSE = 4
_MOST_NUMBERS = 2**24
_TOGETHER = 16
"""Batches that are recorded in one run, at most, where their sources are no more than `_MOST_NUMBERS`."""
_NOISE = 0x6E6F6973


class NativeSteps:
    """Steps of learning of all units of a reservoir, each on its batch.

    Attributes:
        units: as they are now.
        keys: of each step.
    """

    def __init__(
        self,
        reservoir: Reservoir,
        data: Batch,
        settings: Learning,
        batches: Schedule,
        seed: int,
        *,
        rates: Float[np.ndarray, "step"],
        keys: UInt[np.ndarray, "step 2"],
        first: int = 0,
        evaluate_all: bool = True,
    ) -> None:
        self.units, self.keys = NativeUnits(reservoir, settings, seed), keys
        self._drawn, self._settings, self._seed = reservoir, settings, seed
        self._batches, self._rates, self._first, self._evaluate_all = batches, rates, first, evaluate_all
        regress = any(p.learns_by == "regression" for p in reservoir.populations)
        self._only_target = objectives_of(reservoir, settings) <= {"target", "frozen"} and not regress
        self._changes = depends_on_learners(reservoir)
        self._received = without_silent_end(reservoir)
        self._room = np.zeros(0, np.float32)
        self._whole = self._prepared(data)

    @property
    def reservoir(self) -> Reservoir:
        """As it is now."""
        return self.units.reservoir

    def _prepared(self, data: Batch) -> HostBatch:
        sources = None
        if data.sources is not None:
            sources = np.asarray(data.sources)[:, :, self.units.used].transpose(2, 1, 0)
        elif not self._drawn.recurrent:
            sources = recorded(self._received, data)[self.units.used]
        given = HostBatch.of(data, None if sources is None else np.asarray(sources, np.float32))
        whole = self._settings.segment >= given.longest
        return given.at_ends() if self._only_target and whole and sources is not None else given

    def run(
        self, steps: range, may: Bool[np.ndarray, "unit"], near: Bool[np.ndarray, "_ _"], masks: Masks | None = None
    ) -> tuple[Float[np.ndarray, "step unit"], Bool[np.ndarray, "step unit"]]:
        """As `Steps.run`; where passages learn, the units know since `silence`."""
        del masks

        def placed(step: int) -> Aligned:
            return self._placed(Schedule(self._batches.rows[step], self._batches.starts[step]))

        part = slice(steps.start, steps.stop)
        keys, rates = self.keys[part], self._rates[part]
        rule_keys = [split(key, 3)[1] for key in keys] if self._settings.selects.draws else list(keys)
        numbers = [self._first + step for step in steps]
        chosen = self.units.chosen_blindly(may, rule_keys, numbers)
        if chosen is None:
            found = [
                self._one(placed(step), number, rate, may, near, key)
                for step, number, rate, key in zip(steps, numbers, rates, rule_keys, strict=True)
            ]
            return np.stack([losses for losses, _ in found]), np.stack([who for _, who in found])
        losses = np.zeros((len(steps), self._drawn.units), np.float32)
        learn = 2 if self._evaluate_all or self._settings.selects.name != "all" else 1
        # Units that receive learners need what these say now, after every step.
        together = 1 if self._changes or self.units.open_sources else len(steps)
        for start in range(0, len(steps), together):
            part = slice(start, start + together)
            places: list[Aligned] = []
            for step in steps[part]:
                places.append(places[-1] if places and self._again(step) else placed(step))
            shares, lanes = self._shares(places, self._whole, numbers[part], quiet=False)
            losses[part] = self.units.run(shares, lanes, chosen[part], rates[part], learn=learn)[..., 2]
            self.units.rewire(shares, numbers[part][-1])
            if learn == 1:
                losses[part][~chosen[part]] = np.nan
        return losses, chosen

    def _again(self, step: int) -> bool:
        """Whether the batch of a step is that of the step before."""
        return all(np.array_equal(part[step], part[step - 1]) for part in self._batches)

    def _one(
        self,
        place: Aligned,
        number: int,
        rate: float,
        may: Bool[np.ndarray, "unit"],
        near: Bool[np.ndarray, "_ _"],
        key: UInt[np.ndarray, "2"],
    ) -> tuple[Float[np.ndarray, "unit"], Bool[np.ndarray, "unit"]]:
        """A step whose learners depend on losses."""
        shares, lanes = self._shares([place], self._whole, [number], quiet=False)
        parts = self._whole.parts_of(place)
        if parts is None:
            found = self.units.step(shares, lanes, key, number, rate, may, near)
            self.units.rewire(shares, number)
            return found
        inside = np.arange(place.steps)[:, None] < place.ends - place.starts
        counted = inside & (np.arange(place.steps)[:, None] >= self._settings.washout)
        here, there = (np.array([(one & counted).any() for one in each]) for each in (parts, ~parts))
        return self.units.step(self._apart(shares, place, parts), lanes, key, number, rate, may, near, here, there)

    def _apart(self, shares: list[Share], place: Aligned, parts: Bool[np.ndarray, "unit time batch"]) -> list[Share]:
        """What each unit learns from, and the rest."""
        found = []
        for share in shares:
            learners = self.units.learners[share.population]
            first = self.units.places[self.units.numbers[share.population]].start
            for unit in range(learners.count):
                part = parts[first + unit]
                own, rest = (self._of_part(share.batches[0], learners, place, each) for each in (part, ~part))
                found.append(Share(share.population, slice(unit, unit + 1), [own], rest))
        return found

    def _of_part(
        self, whole: Recorded, learners: AnyLearners, place: Aligned, part: Bool[np.ndarray, "time batch"]
    ) -> Recorded:
        weights = with_slack(whole.scored.size)
        weights[:] = whole.scored * part.ravel()
        weights /= weights.sum(dtype=np.float64) or 1.0
        return whole._replace(scored=weights, own=self._own_weights(learners, place, self._whole, part))

    def _own_weights(
        self,
        learners: AnyLearners,
        place: Aligned,
        given: HostBatch,
        part: Bool[np.ndarray, "time batch"] | None = None,
    ) -> Rows:
        """What steps count for a unit's own loss; no rows where it has none."""
        washout, population = self._settings.washout, learners.population
        if population.learns_by == "regression":
            counted = with_slack((1, place.steps * len(place.rows)))
            counted[0] = given.counted(place, washout, part).ravel()
            return counted
        if (population.objective or self._settings.objective) in ("self", "mixed"):
            return given.self_weights(place, population.unit.horizons, washout, part)
        return with_slack((0, place.steps * len(place.rows)))

    def _placed(self, batch: Schedule) -> Aligned:
        rows, starts = (np.asarray(part) for part in batch)
        size = min(self._settings.segment, self._whole.longest)
        return self._whole.aligned(rows, starts, size, self._only_target).longest_first

    def importance(self, batch: Schedule, masks: Masks) -> tuple[Ranks | None, ...]:
        place = self._placed(batch)
        shares, lanes = self._shares([place], self._whole, [0], quiet=True)
        nobody, none = np.zeros((1, self._drawn.units), bool), np.zeros(1)
        counted = self._whole.counted(place, self._settings.washout).ravel()
        means = (shares[0].batches[0].sources * counted).sum(1) / max(counted.sum(), 1)
        found: list[Ranks | None] = [None] * len(masks)
        for share, number in zip(shares, self.units.numbers, strict=True):
            learners, mask = self.units.learners[share.population], masks[number]
            if mask is None or not isinstance(learners, Learners):
                continue

            def losses(share: Share = share, units: slice = self.units.places[number]) -> np.ndarray:
                return self.units.run([share], lanes, nobody, none, learn=0, quiet=True)[0, units, 2]

            before, rows = losses(), learners.rows.copy()
            ranks = np.zeros(mask.shape)
            for k in range(len(mask)):
                learners.average_out(k, means)
                ranks[k] = losses() - before
                learners.rows[:] = rows
            found[number] = ranks
        return tuple(found)

    def losses_on(self, data: Batch) -> Float[np.ndarray, "unit"]:
        """Local loss of every unit on whole sequences; NaN for those that do not learn by gradient."""
        held = self._prepared(data)
        count = len(held.lengths)
        place = held.aligned(np.arange(count), np.zeros(count, int), held.longest, self._only_target).longest_first
        shares, lanes = self._shares([place], held, [0], quiet=True)
        nobody, none = np.zeros((1, self._drawn.units), bool), np.zeros(1)
        losses = self.units.run(shares, lanes, nobody, none, learn=0, quiet=True)[0, :, 2]
        return np.where(self.units.learning, losses, np.nan)

    def _shares(
        self, places: list[Aligned], given: HostBatch, numbers: list[int], *, quiet: bool
    ) -> tuple[list[Share], Lanes]:
        """What each population learns from in some batches, and which lanes are scored."""
        count, batch = places[0].steps, len(places[0].rows)
        again = [i > 0 and place is places[i - 1] for i, place in enumerate(places)]
        scored: list[np.ndarray] = []
        for same, place in zip(again, places, strict=True):
            scored.append(scored[-1] if same else given.scored_of(place))
        unit_loss = np.flatnonzero(np.any([weights.any(1) for weights in scored], axis=0))
        sparse = self._only_target and 0 < _SPARSE * len(unit_loss) <= count
        ranges = ranges_of(unit_loss, batch) if sparse else np.array([[0, count * batch]])
        batches: list[Recorded] = []
        sources = self._sources(places, given)
        for i, place in enumerate(places):
            batches.append(batches[-1] if again[i] else self._batch(place, given, scored[i], sources[i]))
        noisy = self._settings.input_noise and not quiet
        shares = []
        for population, learners in enumerate(self.units.learners):
            own: list[Recorded] = []
            for i, place in enumerate(places):
                same = again[i] and not noisy
                own.append(own[-1] if same else self._own(learners, batches[i], place, numbers[i], given, quiet))
            shares.append(Share(population, slice(0, learners.count), own))
        return shares, Lanes(batch, ranges, int(unit_loss[0]) if sparse else 0, sparse)

    def _sources(self, places: list[Aligned], given: HostBatch) -> list[Rows | None]:
        """Sources of batches that are recorded as they are drawn, many in one run; None where all are known.

        They are there until others are recorded."""
        if given.sources is not None:
            return [None] * len(places)
        recording = self.units.reservoir if self._changes else self._received
        used, steps, batch = self.units.used, places[0].steps, len(places[0].rows)
        size = int(np.clip(_MOST_NUMBERS // (recording.sources.total * steps * batch), 1, _TOGETHER))
        numbers = len(places) * len(used) * steps * batch
        if len(self._room) < numbers + SLACK:
            self._room = np.zeros(numbers + SLACK, np.float32)
        into = self._room[:numbers].reshape(len(places), len(used), steps, batch)
        for start in range(0, len(places), size):
            some = places[start : start + size]
            rows, starts, ends, late = (np.concatenate(each) for each in zip(*(one[:4] for one in some), strict=True))
            joined = Aligned(rows, starts, ends, np.zeros_like(late), steps)
            recorded_in_batches(recording, self._segments(joined, given), late, used, into[start : start + size])
        return list(into.reshape(len(places), len(used), -1))

    def _batch(
        self, place: Aligned, given: HostBatch, scored: Float[np.ndarray, "time batch"], sources: Rows | None
    ) -> Recorded:
        """What all populations share of a batch."""
        if given.sources is not None:
            sources = given.cut(given.sources, place)
        assert sources is not None
        weights = with_slack(scored.size)
        weights[:] = (scored / (scored.sum(dtype=np.float64) or 1.0)).ravel()
        alive = None
        if place.late.any():
            alive = with_slack(scored.size)
            alive[:] = (np.arange(place.steps)[:, None] >= place.late).ravel()
        return Recorded(sources, given.cut(given.targets, place), weights, with_slack((0, scored.size)), alive)

    def _segments(self, place: Aligned, given: HostBatch) -> Batch:
        """Segments as sequences of their own."""
        inputs, targets = (
            given.cut(part, place).reshape(-1, place.steps, len(place.rows)) for part in (given.inputs, given.targets)
        )
        return Batch(
            inputs=inputs.transpose(2, 1, 0),
            lengths=place.ends - place.starts,
            targets=targets.transpose(2, 1, 0),
            scored=np.zeros((len(place.rows), place.steps), np.float32),
            begins=given.begins[place.rows] + place.starts,
        )

    def _own(
        self, learners: AnyLearners, shared: Recorded, place: Aligned, step: int, given: HostBatch, quiet: bool
    ) -> Recorded:
        """A batch as one population sees it: with weights of its horizons, lived steps and noise of its own."""
        unit, lanes = learners.population.unit, len(shared.scored)
        changes: dict[str, np.ndarray] = {"own": self._own_weights(learners, place, given)}
        if unit.masks_start:
            changes["lived"] = with_slack(lanes)
            changes["lived"][:] = (np.arange(place.steps)[:, None] - place.late).ravel()
        if self._settings.input_noise and not quiet:
            changes["noise"] = noise_of(self._seed, step, unit.slots, lanes)
        return shared._replace(**changes)


class OnNative(NativeSteps):
    """`Steps` on the native engine."""

    def __init__(
        self, reservoir: Reservoir, data: Batch, held: Batch | None, settings: Learning, batches: Schedule, seed: int
    ) -> None:
        if not depends_on_learners(reservoir) and data.parts is None and settings.passages.fan_in is None:
            sources = reservoir.sources.total if reservoir.recurrent else reservoir.inputs
            pieces, batches = in_pieces(data, settings, batches, _MOST_NUMBERS // sources)
            data = data if pieces is data else with_sources(reservoir, pieces, settings)
        part = np.arange(settings.steps) / settings.steps
        decay = 0.5 * (1 + np.cos(np.pi * part)) if settings.optimises.decay else np.ones(settings.steps)
        rates, keys = settings.learning_rate * decay, split(new_key(seed), settings.steps)
        super().__init__(
            reservoir, data, settings, batches, seed, rates=rates, keys=keys, evaluate_all=held is not None
        )
        self._held, self.size = held, settings.between_checks
        self.put, self.silence = self.units.put, self.units.silence

    @property
    def partners(self) -> Int[np.ndarray, "change 4"]:
        return self.units.partners

    def held_out(self) -> Float[np.ndarray, "unit"]:
        assert self._held is not None
        return self.losses_on(self._held)


def ranges_of(steps: Int[np.ndarray, "scored"], batch: int) -> Int[np.ndarray, "range 2"]:
    """Lanes of these steps, neighbours joined: first lane and count."""
    runs = np.split(steps, np.flatnonzero(np.diff(steps) > 1) + 1)
    return np.array([[run[0] * batch, len(run) * batch] for run in runs])


def noise_of(seed: int, step: int, slots: int, lanes: int) -> Rows:
    """Normal numbers that are added to what units receive at a step."""
    noise = with_slack((slots, lanes))
    noise[:] = np.random.default_rng([_NOISE, seed, step]).normal(size=(slots, lanes))
    return noise
