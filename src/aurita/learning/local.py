"""Local learning, the five steps: run a batch with frozen weights; every unit's loss; the rule names units; they alone
take an optimiser step on their own loss; go on.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from aurita._jax import compiled, jax, jnp
from aurita._keys import as_jax, new_key, split
from aurita._kinds import saved
from aurita._typing import Array, Bool, Float, Int, PyTree
from aurita.data.batch import Batch
from aurita.errors import AuritaError
from aurita.learning.alignment import realigned, refuse_wired_listeners
from aurita.learning.batches import as_data, asked, cut_out, draw, hold_out
from aurita.learning.callbacks import current_callback
from aurita.learning.compiled import NativeSteps
from aurita.learning.growing import stages
from aurita.learning.learners import check_objectives, objectives_of, who_may
from aurita.learning.local_loss import RecordedBatch, local_loss
from aurita.learning.native_units import learns_natively
from aurita.learning.parts import with_parts
from aurita.learning.passage import Masks, compacted, prunable, pruned, spaces, worth
from aurita.learning.recording import depends_on_learners, record_batch, with_sources
from aurita.learning.schedule import Schedule, in_pieces, schedule
from aurita.learning.settings import Learning
from aurita.learning.step import Carried, cosine, local_step, masked, units_first, units_last
from aurita.learning.stopping import Stopping
from aurita.learning.weighing import MOST_WHERE_WEIGHED
from aurita.progress import counting
from aurita.reservoir import Reservoir

_BETWEEN_CHECKS = 25
_MOST_NUMBERS = 2**24
_PRUNED_BY = 0.75


@saved()
class History(NamedTuple):
    """What happened while a reservoir learnt.

    Attributes:
        losses: local loss of every unit at every step; NaN for units that have none, and where a batch held nothing of
            a unit's part.
        selected: which units took a step.
        held_out: mean held-out local loss at each check, with `patience`; empty otherwise.
        held_out_units: of every unit, NaN for those that do not learn by gradient; empty without `patience`.
        partners: changes of partners, rows of (step, unit, source dropped, source opened), -1 for none.
    """

    losses: Float[np.ndarray, "step unit"]
    selected: Bool[np.ndarray, "step unit"]
    held_out: Float[np.ndarray, "check"]
    held_out_units: Float[np.ndarray, "check each"] = np.zeros((0, 0))
    partners: Int[np.ndarray, "change 4"] = np.zeros((0, 4), np.int64)


def learn(
    reservoir: Reservoir,
    inputs: Float[np.ndarray, "batch time input"] | Batch,
    settings: Learning | None = None,
    *,
    lengths: np.ndarray | None = None,
    targets: Float[np.ndarray, "batch time target"] | None = None,
    scored: Bool[np.ndarray, "batch time"] | None = None,
    only: Bool[np.ndarray, "unit"] | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Reservoir, History]:
    """Let the units of a reservoir learn, each on its own.

    Args:
        reservoir: what learns; it is not changed.
        inputs: sequences, padded at their ends; or a `Batch`, which has lengths, targets and scored steps with it.
        settings: how; `Learning()` by default.
        lengths: steps of each sequence.
        targets: the target that is broadcast to all units, for the objectives `target` and `mixed`; one-hot for
            `cross_entropy`. Fed back too, one step late, where the reservoir has as many feedback channels.
        scored: steps at which the target counts; all by default.
        only: units that may learn, of all populations; all that can by default. The others cost next to nothing.
        seed: of batches, rules and noise.
        progress: called with steps done and steps in all.

    Returns:
        The reservoir that has learnt, and the history.

    Raises:
        AuritaError: inputs, targets or settings that do not fit the reservoir.

    Source: design.md, "Local learning".

    Example:
        >>> import numpy as np
        >>> from aurita import AttentionUnit, Learning, Population, Reservoir, learn
        >>> wave = np.sin(np.arange(60) / 3)[None, :, None]
        >>> reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=3), units=4)], inputs=1)
        >>> reservoir, history = learn(reservoir, wave, Learning(steps=50))
        >>> bool(history.losses[-1].mean() < history.losses[0].mean())
        True
    """
    settings = settings or Learning()
    check_objectives(reservoir, settings)
    data = as_data(reservoir, inputs, lengths, targets, scored, needs_targets=settings.needs_targets)
    if settings.grow:
        return _growing(reservoir, data, settings, only, seed, progress or current_callback())
    may = who_may(reservoir, only)
    units = reservoir.units
    if settings.objective == "frozen" or settings.steps == 0 or not may.any():
        return reservoir, History(np.zeros((0, units)), np.zeros((0, units), bool), np.zeros(0))
    if settings.passages.aligned:
        refuse_wired_listeners(reservoir)
    masks = None
    if settings.passages.fan_in is not None:
        masks = prunable(reservoir, settings.passages.fan_in)
    held = None
    if settings.stopping is not None:
        data, held = hold_out(data, settings.stopping.held_out, seed)
        held = with_sources(reservoir, held, settings)
    weighs = settings.adaptive and "mixed" in objectives_of(reservoir, settings)
    data = with_sources(reservoir, with_parts(data, MOST_WHERE_WEIGHED if weighs else 1.0, units, seed), settings)
    batches = schedule(data, settings, objectives_of(reservoir, settings), seed)
    progress = counting("units learn", progress or current_callback())
    if learns_natively(reservoir, settings):
        return _learn_natively(reservoir, settings, may, data, held, batches, seed, progress)
    if settings.passages.partners is not None:
        raise AuritaError(
            "partners are chosen on the native engine only, which was not built, was not asked for, or does not cover "
            "what is to learn; use units that it covers, and no fan_in"
        )
    learner = _Learner(reservoir, settings, may, masks)
    learnt, history = learner.fit(data, held, batches, as_jax(new_key(seed)), progress)
    return learnt if learner.masks is None else compacted(learnt, learner.masks), history


def _growing(
    reservoir: Reservoir,
    given: Batch,
    settings: Learning,
    only: np.ndarray | None,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> tuple[Reservoir, History]:
    """One run of learning after the other, of longer and longer segments."""
    parts: list[History] = []
    done = 0
    for stage, (now, sequences) in enumerate(stages(given, settings)):

        def so_far(step: int, _: int, done: int = done) -> None:
            if progress is not None:
                progress(done + step, settings.steps)

        reservoir, history = learn(reservoir, sequences, now, only=only, seed=seed + stage, progress=so_far)
        parts.append(history)
        done += now.steps
    return reservoir, History(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _learn_natively(
    reservoir: Reservoir,
    settings: Learning,
    may: np.ndarray,
    data: Batch,
    held: Batch | None,
    batches: Schedule,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> tuple[Reservoir, History]:
    if not depends_on_learners(reservoir) and data.parts is None:
        sources = reservoir.sources.total if reservoir.recurrent else reservoir.inputs
        pieces, batches = in_pieces(data, settings, batches, _MOST_NUMBERS // sources)
        data = data if pieces is data else with_sources(reservoir, pieces, settings)
    spacing = settings.selects.spacing
    near = spaces(reservoir, None) < spacing if spacing else np.zeros((0, 0), bool)
    engine = NativeSteps(reservoir, data, settings, objectives_of(reservoir, settings), seed, near)
    keys = split(new_key(seed), settings.steps)
    stopping = None
    if held is not None and settings.stopping is not None:
        stopping = Stopping(reservoir, may, settings.stopping.patience, alone=not depends_on_learners(reservoir))
    losses, selected, still = [], [], may
    part = np.arange(settings.steps) / settings.steps
    decay = 0.5 * (1 + np.cos(np.pi * part)) if settings.optimises.decay else np.ones(settings.steps)
    rates = settings.learning_rate * decay
    for start in range(0, settings.steps, _BETWEEN_CHECKS):
        done = min(start + _BETWEEN_CHECKS, settings.steps)
        some_losses, some_selected = engine.run(
            batches,
            range(start, done),
            rates[start:done],
            still,
            evaluate_all=stopping is not None,
            keys=keys[start:done],
        )
        losses.append(some_losses)
        selected.append(some_selected)
        if progress is not None:
            progress(done, settings.steps)
        if stopping is None or held is None:
            continue
        still = stopping.check(engine.units.reservoir, engine.held_out(held), done)
        if not still.any():
            break
    learnt, history = _finished(reservoir, engine.units.reservoir, stopping, losses, selected, may)
    return learnt, history._replace(partners=engine.units.partners)


def _finished(
    drawn: Reservoir,
    learnt: Reservoir,
    stopping: Stopping | None,
    losses: list[np.ndarray],
    selected: list[np.ndarray],
    may: np.ndarray,
) -> tuple[Reservoir, History]:
    """The best reservoir, and what happened on the way to it."""
    checks = np.zeros((0, drawn.units)) if stopping is None else np.array(stopping.checks)
    mean = checks[:, ~np.isnan(checks).all(0)].mean(1) if len(checks) else np.zeros(0)
    history = History(np.concatenate(losses), np.concatenate(selected), mean, checks)
    history.losses[:, ~may] = np.nan
    return (stopping.best if stopping is not None and stopping.checks else learnt), history


class _Learner:
    """Weights and optimiser states, with the unit axis first so that units can be mapped over."""

    def __init__(self, reservoir: Reservoir, settings: Learning, may: np.ndarray, masks: Masks | None) -> None:
        self.reservoir, self.settings, self.may, self.masks = reservoir, settings, may, masks
        self.pruning = masks is not None

    def fit(
        self,
        data: Batch,
        held: Batch | None,
        batches: Schedule,
        key: Array,
        progress: Callable[[int, int], None] | None,
    ) -> tuple[Reservoir, History]:
        settings, reservoir = self.settings, self.reservoir
        data, held = jax.tree.map(jnp.asarray, (data, held))
        carried = Carried.start(reservoir, settings)
        losses, selected, may = [], [], self.may
        stopping = None
        if held is not None and settings.stopping is not None:
            stopping = Stopping(
                reservoir, self.may, settings.stopping.patience, alone=not depends_on_learners(reservoir)
            )
        # Of one size, and the number of steps no part of what is compiled, so that it serves runs of any length.
        adjusts = self.pruning or settings.passages.aligned
        size = min(settings.steps, settings.passages.every if adjusts else _BETWEEN_CHECKS)
        how, total = replace(settings, steps=1), jnp.asarray(settings.steps)
        all_keys = jax.random.split(key, settings.steps)
        near = spaces(reservoir, self.masks) < settings.selects.spacing
        objectives = objectives_of(reservoir, settings)
        at, held_at = asked(data, settings, objectives), None if held is None else asked(held, settings, objectives)
        for start in range(0, settings.steps, size):
            steps = start + jnp.arange(size)
            taken = np.minimum(start + np.arange(size), settings.steps - 1)
            keys, some = all_keys[taken], Schedule(jnp.asarray(batches.rows[taken]), jnp.asarray(batches.starts[taken]))
            before = reservoir
            given = (reservoir, carried, data, some, keys, steps, total, jnp.asarray(may), jnp.asarray(near))
            reservoir, carried, (some_losses, some_selected) = _steps(*given, how, at, self.masks)
            done = min(start + size, settings.steps)
            losses.append(np.asarray(some_losses)[: done - start])
            selected.append(np.asarray(some_selected)[: done - start])
            if settings.passages.aligned:
                reference = _reference(before, data, settings, all_keys[0])
                reservoir = realigned(before, reservoir, reference, masks=self.masks)
            if self.pruning:
                reservoir, optimiser = self.prune(reservoir, carried.optimiser, data, at, keys[-1], done)
                carried = carried._replace(optimiser=optimiser)
                near = spaces(reservoir, self.masks) < settings.selects.spacing
            if progress is not None:
                progress(done, settings.steps)
            # What is not pruned yet is not what was asked for, however well it does.
            if stopping is None or held is None or self.pruning:
                continue
            may = stopping.check(reservoir, np.asarray(held_out_losses(reservoir, held, settings, held_at)), done)
            if not may.any():
                break
        return _finished(self.reservoir, reservoir, stopping, losses, selected, self.may)

    def prune(
        self,
        reservoir: Reservoir,
        optimiser: tuple[object, ...],
        data: Batch,
        at: tuple[int, ...] | None,
        key: Array,
        done: int,
    ) -> tuple[Reservoir, tuple[object, ...]]:
        """Prune afferents: their weights and moments are zero from now on."""
        settings, masks = self.settings, self.masks
        if masks is None or settings.passages.fan_in is None:
            return reservoir, optimiser
        part = 1.0 if done >= settings.steps else done / (_PRUNED_BY * settings.steps)
        self.pruning = part < 1
        unit_loss = tuple(None if a is None else np.asarray(a) for a in _worth(reservoir, data, settings, key, at))
        self.masks = pruned(reservoir, masks, unit_loss, settings.passages.fan_in, part=part)
        weights, states = [], []
        for own, state, old, new in zip(reservoir.weights, optimiser, masks, self.masks, strict=True):
            if old is not None and new is not None:
                own = units_last(masked(units_first(own), jnp.asarray(new).T))
                state = masked(state, jnp.asarray(old & new).T)
            weights.append(own)
            states.append(state)
        return reservoir.replace(weights=tuple(weights)), tuple(states)


@compiled
def _worth(
    reservoir: Reservoir, data: Batch, settings: Learning, key: Array, at: tuple[int, ...] | None
) -> tuple[Array | None, ...]:
    quiet = replace(settings, input_noise=0.0, l2=0.0)
    return worth(reservoir, record_batch(reservoir, draw(data, quiet, key), quiet, at), quiet, key)


@compiled
def _reference(reservoir: Reservoir, data: Batch, settings: Learning, key: Array) -> RecordedBatch:
    """The batch over which new outputs are mapped to old ones: always the same one."""
    return record_batch(reservoir, draw(data, settings, key), settings)


def held_out_loss(
    reservoir: Reservoir, data: Batch, settings: Learning, at: tuple[int, ...] | None = None
) -> Float[Array, ""]:
    """Mean local loss of the units that learn by gradient, on whole sequences."""
    return jnp.nan_to_num(jnp.nanmean(held_out_losses(reservoir, data, settings, at)))


@compiled
def held_out_losses(
    reservoir: Reservoir, data: Batch, settings: Learning, at: tuple[int, ...] | None = None
) -> Float[Array, "unit"]:
    """Local loss of every unit on whole sequences; NaN for those that do not learn by gradient."""
    quiet = replace(settings, input_noise=0.0, l2=0.0)
    recording = record_batch(reservoir, data, quiet, at)
    totals = []
    for population, wiring, weights in zip(reservoir.populations, reservoir.wiring, reservoir.weights, strict=True):
        if population.learns_by != "gradient":
            totals.append(jnp.full(population.units, jnp.nan))
            continue
        stacked = (units_first(weights), wiring.T)
        loss = partial(local_loss, population=population, recording=recording, settings=quiet, key=jax.random.key(0))
        totals.append(jax.lax.map(lambda given, loss=loss: loss(given[0], afferents=given[1]), stacked))
    return jnp.concatenate(totals)


@compiled
def _steps(
    reservoir: Reservoir,
    carried: Carried,
    data: Batch,
    batches: Schedule,
    keys: Array,
    steps: Array,
    total: Array,
    may: Array,
    near: Array,
    settings: Learning,
    at: tuple[int, ...] | None = None,
    masks: Masks | None = None,
) -> tuple[Reservoir, Carried, tuple[Array, Array]]:
    """Some steps of learning under one scan; passages learn only where their masks, if any, are true."""

    def step(carry: tuple[object, Carried], given: tuple[Array, Array, Schedule]) -> tuple[PyTree, PyTree]:
        weights, carried = carry
        key, number, batch = given
        _, rule_key, noise_key = jax.random.split(key, 3)
        now = reservoir.replace(weights=weights)
        recording = record_batch(
            now, cut_out(data, settings, jnp.asarray(batch.rows), jnp.asarray(batch.starts)), settings, at
        )
        rate = settings.learning_rate * (cosine(number / total) if settings.optimises.decay else 1.0)
        still = may & (number < total)
        after, (losses, chosen) = local_step(
            now, carried, recording, settings, (rule_key, noise_key), number, rate, still, near, masks
        )
        return after, (jnp.where(still | ~may, losses, jnp.nan), chosen)

    (weights, carried), records = jax.lax.scan(step, (reservoir.weights, carried), (keys, steps, batches))
    return reservoir.replace(weights=weights), carried, records
