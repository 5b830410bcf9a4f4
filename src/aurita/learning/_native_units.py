"""Units that learn on the native engine: who takes a step, the kernels' work spread over threads, what is carried on.

What a unit does depends on its own weights and on the batch alone, so the same bytes come out for any number of
threads.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np

from aurita._typing import Array, Bool, Float, Int
from aurita.errors import AuritaError
from aurita.learning._regressors import Regressors, regresses_here
from aurita.learning._weighing import Weighing
from aurita.learning.partners import OpenSources, logged, rewired, with_partners
from aurita.learning.passage import Masks
from aurita.learning.rules import MEASURES, Course, named_by
from aurita.learning.settings import Learning
from aurita.native.learn_kernel import KernelObjective, Learners, Past, Recorded, learns_here
from aurita.native.library import Kernels, engine, engine_used, kernels
from aurita.native.threads import thread_count
from aurita.reservoir import Population, Reservoir
from aurita.units.objectives import UnitLoss

AnyLearners = Learners | Regressors
_PARTNERS = 0x65617273
_GROUP = 12
"""Units that one piece of work has, at most: they read what they receive together, and keep it close by."""
_OBJECTIVES = ("self", "target", "mixed", "reward", "frozen")


class Lanes(NamedTuple):
    """Which lanes of a batch are scored.

    Attributes:
        batch: sequences.
        ranges: first lane and count of those that are scored.
        first: the first step that is scored.
        sparse: whether what comes long before it does not matter.
    """

    batch: int
    ranges: Int[np.ndarray, "range 2"]
    first: int = 0
    sparse: bool = False


class Share(NamedTuple):
    """What some units of one population learn from.

    Attributes:
        population: its place among those that learn.
        units: of the population.
        batches: of each step.
        outside: the last batch less what the units learn from; None where they learn from everything.
    """

    population: int
    units: slice
    batches: list[Recorded]
    outside: Recorded | None = None


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
    reasons, passages = [], settings.passages
    if passages.partners is not None and passages.fan_in is not None:
        reasons.append(f"fan_in is {passages.fan_in} where partners are chosen")
    if not settings.selects.native:
        reasons.append(f"the rule {type(settings.selects).__name__} chooses on JAX only")
    here = {"gradient": learns_here, "regression": regresses_here, "nothing": lambda _: True}
    for population in reservoir.populations:
        if (objective := population.objective or settings.objective) not in _OBJECTIVES:
            reasons.append(f"the objective {objective} is computed on JAX only")
        if not here[population.learns_by](population):
            reasons.append(f"{type(population.unit).__name__} learns on JAX only")
    return sorted(set(reasons))


class NativeUnits:
    """The units of a reservoir while they learn.

    Attributes:
        used: sources that units which learn by gradient receive.
        learners: populations of these units.
        numbers: their places in the reservoir, those that learn by gradient first.
        places: which units each population of the reservoir has.
        open_sources: of each population that learns; none where partners are not chosen.
        course, weighing: as `aurita.learning._step.Carried` has them.
    """

    def __init__(self, reservoir: Reservoir, settings: Learning, seed: int = 0) -> None:
        found = kernels()
        assert found is not None
        self._kernels: Kernels = found
        self.drawn, self.settings = reservoir, settings
        ways = [each.learns_by for each in reservoir.populations]
        self.numbers = [p for way in ("gradient", "regression") for p, each in enumerate(ways) if each == way]
        afferents = [np.asarray(reservoir.wiring[p]).T for p in self.numbers]
        self.used = np.unique(np.concatenate([np.zeros(0, int), *(part.ravel() for part in afferents)]))
        self.learners: list[AnyLearners] = [
            (Learners if ways[p] == "gradient" else Regressors)(
                reservoir.populations[p], reservoir.weights[p], np.searchsorted(self.used, part)
            )
            for p, part in zip(self.numbers, afferents, strict=True)
        ]
        self.open_sources: list[OpenSources] = []
        self._slopes: list[np.ndarray] = []
        if (partners := settings.passages.partners) is not None:
            rng = np.random.default_rng([_PARTNERS, seed])
            self.open_sources = [with_partners(one, partners, rng) for one in self.by_gradient]
            self._slopes = [np.zeros((one.count, one.total), np.float32) for one in self.by_gradient]
        self.places = reservoir.places
        self.course, self.weighing = Course.unknown(reservoir.units), Weighing.unknown(reservoir.units)

    @property
    def reservoir(self) -> Reservoir:
        """As it is now."""
        weights = list(self.drawn.weights)
        for p, learners in zip(self.numbers, self.learners, strict=True):
            weights[p] = learners.weights(self.drawn.weights[p])
        return self.drawn.replace(weights=tuple(weights))

    @property
    def by_gradient(self) -> list[Learners]:
        """Populations that learn by gradient."""
        return [one for one in self.learners if isinstance(one, Learners)]

    @property
    def learning(self) -> Bool[np.ndarray, "unit"]:
        """Which units learn by gradient."""
        mask = np.zeros(self.drawn.units, bool)
        for p in self.numbers[: len(self.by_gradient)]:
            mask[self.places[p]] = True
        return mask

    def put(self, reservoir: Reservoir) -> None:
        """Go on from these weights, also of units that do not learn; moments stay."""
        self.drawn = reservoir
        for p, learners in zip(self.numbers, self.learners, strict=True):
            learners.put(reservoir.weights[p])

    def silence(self, masks: Masks) -> None:
        """Weights and moments of afferents that are not received are zero from now on."""
        for p, learners in zip(self.numbers, self.learners, strict=True):
            if (mask := masks[p]) is not None and isinstance(learners, Learners):
                learners.open = mask.T
                for rows in (learners.rows, learners.first, learners.second):
                    learners.matrices(rows)[:] *= mask.T[:, None]

    def rewire(self, shares: list[Share], number: int) -> None:
        """Let units change partners after a step, where that is due."""
        for share in shares[: len(self.open_sources)]:
            learners, sources = self.by_gradient[share.population], share.batches[-1].sources
            rewired(
                learners, self.open_sources[share.population], self._slopes[share.population], sources.std(1), number
            )

    @property
    def partners(self) -> Int[np.ndarray, "change 4"]:
        """Changes of partners: step, unit, source dropped, source opened; -1 for none."""
        count = len(self.open_sources)
        sources = [self.used[one.afferents[0]] for one in self.learners[:count]]
        return logged(self.open_sources, sources, [self.places[p].start for p in self.numbers[:count]])

    def chosen_blindly(
        self, may: Bool[np.ndarray, "unit"], keys: Sequence[object], numbers: Sequence[int]
    ) -> Bool[np.ndarray, "step unit"] | None:
        """Who takes which step, where that depends on no loss; None where it does."""
        rule = self.settings.selects
        if rule.ranks or self.settings.adaptive:
            return None
        zeros = np.zeros(len(may), np.float32)
        near = np.zeros((0, 0), bool)
        return np.stack([named_by(rule, zeros, may, near, *each) for each in zip(keys, numbers, strict=True)])

    def step(
        self,
        shares: list[Share],
        lanes: Lanes,
        key: object,
        number: int,
        rate: float,
        may: Bool[np.ndarray, "unit"],
        near: Bool[np.ndarray, "_ _"],
        here: Bool[np.ndarray, "unit"] | None = None,
        there: Bool[np.ndarray, "unit"] | None = None,
    ) -> tuple[Float[np.ndarray, "unit"], Bool[np.ndarray, "unit"]]:
        """One step of the units that the rule names; losses before it, and who took it.

        Args:
            near: who is near whom, for `spaced`.
            here, there: whose part the batch holds something of, and of whose rest; None where all learn from all.
        """
        settings = self.settings
        can = may if here is None else may & here
        alphas = self.weighing.alpha() if settings.adaptive else None
        nobody, losses = np.zeros((1, len(may)), bool), np.zeros(len(may), np.float32)
        rule = settings.selects
        if rule.ranks:
            losses = self.run(shares, lanes, nobody, np.zeros(1), learn=0, alphas=alphas)[0, :, 2]
        chosen = named_by(rule, MEASURES[rule.by](losses, self.course), can, near, key, number)
        rest = [share._replace(batches=[share.outside], outside=None) for share in shares if share.outside is not None]
        outside = self.run(rest, lanes, nobody, np.zeros(1), learn=0, alphas=alphas)[0] if rest else None
        found = self.run(shares, lanes, chosen[None], np.array([rate]), learn=2, alphas=alphas)[0]
        losses = found[:, 2]
        if rule.by != "loss":
            self.course = self.course.after(losses, chosen)
        if settings.adaptive and outside is not None and here is not None and there is not None:
            inside, rest_of = (UnitLoss(each[:, 0], each[:, 1]) for each in (found, outside))
            self.weighing = self.weighing.after(inside, rest_of, can & there)
        return np.where(can | ~may, losses, np.nan), chosen

    def run(
        self,
        shares: list[Share],
        lanes: Lanes,
        chosen: Bool[np.ndarray, "step unit"],
        rates: Float[np.ndarray, "step"],
        *,
        learn: int,
        quiet: bool = False,
        alphas: Float[Array, "unit"] | None = None,
    ) -> Float[np.ndarray, "step unit 3"]:
        """Losses of the objectives, own and target, and of both; `learn` as of `Learners.run`."""
        found = [np.zeros((len(chosen), learners.count, 3), np.float32) for learners in self.learners]
        tasks = []
        for share in shares:
            learners, units = self.learners[share.population], self.places[self.numbers[share.population]]
            objective = _objective(learners.population, self.settings, quiet=quiet)
            task = partial(
                learners.run,
                self._kernels,
                batches=share.batches,
                batch=lanes.batch,
                ranges=lanes.ranges,
                first=max(0, lanes.first - learners.span + 1) if lanes.sparse else 0,
                chosen=chosen[:, units],
                rates=rates,
                losses=found[share.population],
                learn=learn,
                gradients=self._slopes[share.population]
                if learn and share.population < len(self.open_sources)
                else None,
            )
            size = 1 if alphas is not None else _share(learners, len(share.batches))
            for i in range(share.units.start, share.units.stop, size):
                own = objective if alphas is None else objective._replace(alpha=float(alphas[units][i]))
                tasks.append(partial(task, objective=own, units=slice(i, min(i + size, share.units.stop))))
        _in_threads(tasks)
        losses = np.zeros((len(chosen), self.drawn.units, 3), np.float32)
        for number, part in zip(self.numbers, found, strict=True):
            losses[:, self.places[number]] = part
        return losses

    def follow(self, learners: Learners, past: Past, window: Recorded, batch: int, steps: int) -> None:
        """The past of the units of one population over the first steps of a window, in place."""
        task = partial(learners.follow, self._kernels, past, window, batch=batch, steps=steps)
        size = _share(learners, 1)
        _in_threads(
            [
                partial(task, units=slice(first, min(first + size, learners.count)))
                for first in range(0, learners.count, size)
            ]
        )


def _objective(population: Population, settings: Learning, *, quiet: bool) -> KernelObjective:
    name = population.objective or settings.objective
    return KernelObjective(
        own=name in ("self", "mixed"),
        target=name in ("target", "mixed", "reward"),
        alpha=1.0 if isinstance(settings.alpha, str) else float(settings.alpha),
        loss="broadcast" if name == "reward" else settings.loss,
        optimiser=settings.optimises.name,
        l2=0.0 if quiet else settings.l2,
        weight_decay=settings.weight_decay,
        age_bias_rate=population.unit.rate_of("age_bias"),
        clip=settings.optimises.clip,
        noise=0.0 if quiet else settings.input_noise,
    )


def _share(learners: AnyLearners, batches: int) -> int:
    """Units of one piece of work: as many for every thread; no more than `_GROUP` where batches are several."""
    threads = max(thread_count(), 1)
    pieces = threads * (-(-learners.count // (threads * _GROUP)) if batches > 1 else 1)
    return -(-learners.count // pieces)


def _in_threads(tasks: list[partial[None]]) -> None:
    threads = min(thread_count(), len(tasks))
    if threads <= 1:
        for task in tasks:
            task()
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(task) for task in tasks]:
            done.result()
