"""On line learning: the units of a reservoir go on learning from a stream, chunk by chunk, in bounded memory.

A chunk is run with frozen weights from the state of the reservoir; the outputs of its sources, with as much of the
past before them as a unit's memory holds, are what every unit takes one or a few local steps on. The reservoir is
then at the end of the chunk, with new weights and the state that the old ones left. The losses, rules and optimisers
are those of `learn`.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from aurita._jax import compiled, jax, jnp
from aurita._kinds import saved
from aurita._tree import Record, leaves
from aurita._typing import Array, Bool, Float, Int, PyTree
from aurita.data.batch import Batch
from aurita.engine.scanning import scan
from aurita.learning._carried_natively import at_the_start
from aurita.learning._learners import check_objectives, objectives_of, who_may
from aurita.learning._local_loss import RecordedBatch
from aurita.learning._native_units import learns_natively
from aurita.learning._online_native import Turns, Window, advance, learn_whole, learn_window
from aurita.learning._recording import record_batch
from aurita.learning._schedule import Schedule, schedule
from aurita.learning._step import Carried, local_step, units_first
from aurita.learning._traces import Past, advanced, no_past
from aurita.learning.batches import as_data, cut_out, fed_back
from aurita.learning.settings import Learning
from aurita.native.running import runs_natively
from aurita.reservoir import Population, Reservoir, State
from aurita.reservoir.checks import checked_state
from aurita.reservoir.features import DEFAULT_FEATURES
from aurita.units.unit import at_least

# Time constants after which a leaky slot has forgotten that its window began with silence.
_LEAKS = 4


@saved(formerly="Standing", former={"heard": "received"})
class Learner(Record):
    """How far on line learning has come between two chunks: nothing else is kept of the stream.

    Attributes:
        state: of the reservoir, after the last step.
        optimiser: what the optimisers of all units hold, and what rules and weights of losses remember, one array after
            the other.
        sources: outputs of all sources at the last steps, as many as a unit's memory reaches back.
        received: steps received since on line learning began.
        steps: local steps taken so far.
        pasts: state and traces of units whose memory is no window, at the first of these last steps, one array after
            the other.
    """

    state: State
    optimiser: tuple[Array, ...]
    sources: Float[Array, "source context batch"]
    received: Int[Array, ""]
    steps: Int[Array, ""]
    pasts: tuple[Array, ...] = ()


class Learnt(NamedTuple):
    """What a chunk leaves.

    Attributes:
        reservoir: with the weights after the chunk.
        learner: after it.
        features: `(B, T, F)` of its steps, by the weights before it.
        losses: local loss of every unit before each local step; NaN for units that have none.
    """

    reservoir: Reservoir
    learner: Learner
    features: Float[np.ndarray, "batch time feature"]
    losses: Float[np.ndarray, "step unit"]


def begin(reservoir: Reservoir, settings: Learning | None, *, batch: int = 1, state: State | None = None) -> Learner:
    """The learner before the first step of a stream.

    Args:
        reservoir: whose units are to learn.
        settings: how; None: units stay as they are.
        batch: streams side by side.
        state: of the reservoir so far; a fresh start by default.

    Raises:
        AuritaError: a state of another reservoir or batch, or units that cannot learn on line.
    """
    state = checked_state(reservoir, state, batch)
    context = 0 if settings is None else context_steps(reservoir)
    return Learner(
        state=state,
        optimiser=() if settings is None else _at_the_start(reservoir, settings),
        sources=np.zeros((reservoir.sources.total, context, batch), np.float32),
        received=np.zeros((), np.int32),
        steps=np.zeros((), np.int32),
        pasts=() if settings is None else tuple(leaves(no_past(reservoir, batch))),
    )


def _at_the_start(reservoir: Reservoir, settings: Learning) -> tuple[Array, ...]:
    if learns_natively(reservoir, settings):
        return at_the_start(reservoir, settings)
    return tuple(np.asarray(leaf) for leaf in leaves(Carried.start(reservoir, settings)))


def learn_chunk(
    reservoir: Reservoir,
    learner: Learner,
    inputs: Float[np.ndarray, "batch time input"],
    settings: Learning | None = None,
    *,
    targets: Float[np.ndarray, "batch time target"] | None = None,
    scored: Bool[np.ndarray, "batch time"] | None = None,
    steps: int = 1,
    rate: float | None = None,
    features: tuple[str, ...] = DEFAULT_FEATURES,
    seed: int = 0,
) -> Learnt:
    """Take in the next chunk of a stream, then learn from it. Compiled once for each length of a chunk.

    Args:
        reservoir: what learns; it is not changed.
        learner: from `begin`, or from the chunk before.
        inputs: the next steps of each stream.
        settings: objective, rule, optimiser and what belongs to them, the same for the whole stream; batches, segments,
            steps, washout and patience are those of `learn` and do not apply. None: units stay as they are.
        targets: what is broadcast at these steps, for the objectives `target` and `mixed`; fed back too, one step late,
            where the reservoir has as many feedback channels.
        scored: steps at which the target counts; all by default.
        steps: local steps on the chunk.
        rate: learning rate, that of the settings by default; it does not decay.
        features: kinds of features.
        seed: of the rules and of noise.

    Raises:
        AuritaError: inputs, targets or a learner that do not fit the reservoir.

    Example:
        >>> from aurita import AttentionUnit, Population
        >>> reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=3), units=4)], inputs=1)
        >>> settings, losses = Learning(objective="self"), []
        >>> learner = begin(reservoir, settings)
        >>> for start in range(0, 3000, 100):
        ...     wave = np.sin(np.arange(start, start + 100) / 3)[None, :, None]
        ...     reservoir, learner, _, lost = learn_chunk(reservoir, learner, wave, settings)
        ...     losses.append(lost.mean())
        >>> bool(losses[-1] < losses[0] / 2)
        True
    """
    at_least("steps", steps, 0)
    learns = settings is not None and settings.needs_targets
    data = as_data(reservoir, inputs, None, targets, scored, needs_targets=learns)
    checked_state(reservoir, learner.state, len(data.inputs))
    if settings is None or not steps or not who_may(reservoir).any() or settings.objective == "frozen":
        settings, steps = None, 0
    else:
        check_objectives(reservoir, settings)
    may, near = who_may(reservoir), _near(reservoir, settings)
    if rate is None:
        rate = 0.0 if settings is None else settings.learning_rate
    if runs_natively(reservoir) and (settings is None or learns_natively(reservoir, settings)):
        seen, outputs, state = advance(reservoir, learner.state, data, features)
        losses = np.zeros((0, reservoir.units))
        after = learner.replace(state=state)
        if settings is not None:
            turns = Turns(settings, int(learner.steps), steps, rate, may, near, seed)
            sources = np.concatenate([np.asarray(learner.sources), outputs], axis=1)
            window = Window(sources, int(learner.received), data, learner.pasts)
            reservoir, optimiser, pasts, losses = learn_window(reservoir, learner.optimiser, window, turns)
            after = Learner(
                state=state,
                optimiser=optimiser,
                sources=np.ascontiguousarray(sources[:, sources.shape[1] - learner.sources.shape[1] :]),
                received=_more(learner.received, outputs.shape[1]),
                steps=_more(learner.steps, steps),
                pasts=pasts,
            )
        return Learnt(reservoir, after, np.transpose(seen, (2, 0, 1)), np.where(may, losses, np.nan))
    turn = _Turn.of(may, near, rate, seed)
    reservoir, learner, seen, lost = _chunk(reservoir, learner, data, turn, settings, steps, features)
    losses = np.where(may, np.asarray(lost), np.nan)
    return Learnt(reservoir, learner, np.transpose(np.asarray(seen), (2, 0, 1)), losses)


def learn_sequences(
    reservoir: Reservoir,
    learner: Learner,
    inputs: Float[np.ndarray, "batch time input"] | Batch,
    settings: Learning,
    *,
    lengths: Int[np.ndarray, "batch"] | None = None,
    targets: Float[np.ndarray, "batch time target"] | None = None,
    scored: Bool[np.ndarray, "batch time"] | None = None,
    steps: int = 1,
    rate: float | None = None,
    seed: int = 0,
) -> tuple[Reservoir, Learner, Float[np.ndarray, "step unit"]]:
    """Learn from whole sequences, each from a fresh start, and go on from the optimisers of the ones before.

    Args:
        reservoir: what learns; it is not changed.
        learner: from `begin`, or from the sequences before.
        inputs: sequences, padded at their ends; or a `Batch`, which has lengths, targets and scored steps with it.
        settings: as of `learn_chunk`; a batch is drawn of more than `batch` sequences, and a segment of longer ones.
        lengths: steps of each sequence.
        targets, scored, steps, rate, seed: as of `learn_chunk`.

    Returns:
        The reservoir, the learner and the losses.

    Raises:
        AuritaError: inputs or targets that do not fit the reservoir.
    """
    data = as_data(reservoir, inputs, lengths, targets, scored, needs_targets=settings.needs_targets)
    if not steps or not who_may(reservoir).any() or settings.objective == "frozen":
        return reservoir, learner, np.zeros((0, reservoir.units))
    check_objectives(reservoir, settings)
    may, near = who_may(reservoir), _near(reservoir, settings)
    pace, before = settings.learning_rate if rate is None else rate, int(learner.steps)
    batches = schedule(data, replace(settings, steps=steps), objectives_of(reservoir, settings), seed, before)
    if learns_natively(reservoir, settings):
        turns = Turns(settings, before, steps, pace, may, near, seed)
        reservoir, optimiser, lost = learn_whole(reservoir, learner.optimiser, data, batches, turns)
        learner = learner.replace(optimiser=optimiser, steps=_more(learner.steps, steps))
        return reservoir, learner, np.where(may, lost, np.nan)
    turn = _Turn.of(may, near, pace, seed)
    reservoir, learner, lost = _sequences(reservoir, learner, data, batches, turn, settings, steps)
    return reservoir, learner, np.where(may, np.asarray(lost), np.nan)


def context_steps(reservoir: Reservoir) -> int:
    """Steps before a chunk that the windows of its first step, and predictions across its border, reach back to."""
    reach = 0
    for population in reservoir.populations:
        if population.learns_by == "gradient":
            unit = population.unit
            leak = math.ceil(_LEAKS * population.time_constant) if population.time_constant > 1 else 0
            reach = max(reach, unit.reach + leak + max(unit.horizons))
    return reach


def _near(reservoir: Reservoir, settings: Learning | None) -> Bool[np.ndarray, "unit unit"]:
    """Who is near whom, where the rule asks: distances take longer than a chunk."""
    if settings is None or settings.selects.spacing == 0:
        return np.zeros((reservoir.units, reservoir.units), bool)
    return np.asarray(reservoir.distances() < settings.selects.spacing)


def _more(count: Array, steps: int) -> Int[np.ndarray, ""]:
    return np.asarray(int(count) + steps, np.int32)


class _Turn(NamedTuple):
    """Who may learn, who is near whom, the learning rate, and the key of rules and noise."""

    may: Array
    near: Array
    pace: Array
    key: Array

    @classmethod
    def of(cls, may: Bool[np.ndarray, "unit"], near: Bool[np.ndarray, "unit unit"], rate: float, seed: int) -> "_Turn":
        return cls(jnp.asarray(may), jnp.asarray(near), jnp.asarray(rate, jnp.float32), jax.random.key(seed))


@compiled
def _chunk(
    reservoir: Reservoir,
    learner: Learner,
    data: Batch,
    turn: _Turn,
    settings: Learning | None,
    steps: int,
    features: tuple[str, ...],
) -> tuple[Reservoir, Learner, Float[Array, "time feature batch"], Float[Array, "step unit"]]:
    external = jnp.transpose(data.inputs, (1, 2, 0))
    found = scan(reservoir, learner.state, external, features=features, sources=True, teacher=fed_back(reservoir, data))
    state, sources = found.state, jnp.swapaxes(found.sources, 0, 1)
    if settings is None:
        return reservoir, learner.replace(state=state), found.features, jnp.zeros((0, reservoir.units))
    before, context = reservoir, learner.sources.shape[1]
    window = jnp.concatenate([learner.sources, sources], axis=1)
    recording = _recording(reservoir, window, learner, data)
    reservoir, optimiser, losses = _learn(reservoir, learner, lambda *_: recording, turn, settings, steps)
    learner = Learner(
        state=state,
        optimiser=optimiser,
        sources=window[:, window.shape[1] - context :],
        received=learner.received + sources.shape[1],
        steps=learner.steps + steps,
        pasts=tuple(jax.tree.leaves(_went_on(before, recording, window[:, : window.shape[1] - context]))),
    )
    return reservoir, learner, found.features, losses


@compiled
def _sequences(
    reservoir: Reservoir,
    learner: Learner,
    data: Batch,
    batches: Schedule,
    turn: _Turn,
    settings: Learning,
    steps: int,
) -> tuple[Reservoir, Learner, Float[Array, "step unit"]]:
    rows, starts = (jnp.asarray(one) for one in batches)

    def recording(now: Reservoir, number: Array) -> RecordedBatch:
        place = number - learner.steps
        return record_batch(now, cut_out(data, settings, rows[place], starts[place]), settings)

    reservoir, optimiser, losses = _learn(reservoir, learner, recording, turn, settings, steps)
    return reservoir, learner.replace(optimiser=optimiser, steps=learner.steps + steps), losses


def _learn(
    reservoir: Reservoir,
    learner: Learner,
    recording: Callable[[Reservoir, Array], RecordedBatch],
    turn: _Turn,
    settings: Learning,
    steps: int,
) -> tuple[Reservoir, tuple[Array, ...], Float[Array, "step unit"]]:
    """Some local steps; `recording` gives what a reservoir learns from at a step."""
    shapes = jax.eval_shape(lambda r: Carried.start(r, settings), reservoir)
    states = jax.tree.unflatten(jax.tree.structure(shapes), learner.optimiser)

    def step(carry: tuple[PyTree, ...], number: Array) -> tuple[PyTree, PyTree]:
        weights, states = carry
        _, rule_key, noise_key = jax.random.split(jax.random.fold_in(turn.key, number), 3)
        now = reservoir.replace(weights=weights)
        batch = recording(now, number)
        keys = rule_key, noise_key
        after, (losses, _) = local_step(now, states, batch, settings, keys, number, turn.pace, turn.may, turn.near)
        return after, losses

    numbers = learner.steps + jnp.arange(steps)
    (weights, states), losses = jax.lax.scan(step, (reservoir.weights, states), numbers)
    return reservoir.replace(weights=weights), tuple(jax.tree.leaves(states)), losses


def _recording(
    reservoir: Reservoir, window: Float[Array, "source time batch"], learner: Learner, data: Batch
) -> RecordedBatch:
    """What units learn from: the window, of which the chunk counts, and the past as far as it is predicted from."""
    _, total, batch = window.shape
    fresh = data.inputs.shape[1]
    context = total - fresh
    horizons = [max(p.unit.horizons) for p in reservoir.populations if p.learns_by == "gradient"]
    when = jnp.arange(total)[:, None]
    lived = when >= context - learner.received
    counted = (when >= context - max(horizons, default=0)) & lived
    shapes = jax.eval_shape(lambda r: no_past(r, batch), reservoir)
    target = jnp.transpose(data.targets, (2, 1, 0))
    target = jnp.pad(target, ((0, 0), (context, 0), (0, 0)))
    scored = jnp.pad(data.scored.T, ((context, 0), (0, 0)))
    return RecordedBatch(
        sources=jax.lax.stop_gradient(window).reshape(window.shape[0], total * batch),
        counted=jnp.broadcast_to(counted, (total, batch)).astype(jnp.float32).reshape(-1),
        target=target.reshape(target.shape[0], total * batch),
        scored=scored.reshape(-1),
        batch=batch,
        lived=jnp.broadcast_to(lived, (total, batch)).astype(jnp.float32).reshape(-1),
        pasts=jax.tree.unflatten(jax.tree.structure(shapes), learner.pasts),
    )


def _went_on(
    reservoir: Reservoir, recording: RecordedBatch, window: Float[Array, "source time batch"]
) -> tuple[Past | None, ...]:
    """Pasts at the first step of the next window, by the weights of this one."""
    assert recording.lived is not None
    lived = recording.lived.reshape(-1, recording.batch)[: window.shape[1]]
    found: list[Past | None] = []
    parts = zip(reservoir.populations, reservoir.wiring, reservoir.weights, recording.pasts, strict=True)
    for population, wiring, weights, past in parts:
        if past is None:
            found.append(None)
            continue

        def of_unit(given: tuple[PyTree, ...], population: Population = population) -> Past:
            return advanced(population, given[0], given[1], window, lived, given[2])

        found.append(jax.lax.map(of_unit, (units_first(weights), wiring.T, past)))
    return tuple(found)
