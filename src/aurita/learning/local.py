"""Local learning, the five steps: run a batch with frozen weights; every unit's loss; the rule names units; they alone
take an optimiser step on their own loss; go on.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from aurita.errors import AuritaError
from aurita.learning.alignment import realigned, refuse_wired_listeners
from aurita.learning.batches import Data, as_data, asked, draw, fed_back, hold_out
from aurita.learning.followers import follower
from aurita.learning.local_loss import Heard, Judged, in_all, judge, local_loss, what_it_hears
from aurita.learning.parts import with_parts
from aurita.learning.passage import Masks, compacted, evidence, rewired, spaces, widened
from aurita.learning.rules import BLIND, MEASURES, RULES, Course
from aurita.learning.settings import Learning
from aurita.learning.stopping import Stopping
from aurita.learning.weighing import MOST_WHERE_WEIGHED, Weighing
from aurita.reservoir import Population, Reservoir, Weights
from aurita.running import record
from aurita.units.memory import at_steps

_BETWEEN_CHECKS = 25
_PRUNED_BY = 0.75
_KEPT_NUMBERS = 2**25


class History(NamedTuple):
    """What happened while a reservoir learnt.

    Attributes:
        losses: local loss of every unit at every step; NaN for units that have none, and where a batch held nothing of
            a unit's part.
        selected: which units took a step.
        held_out: mean held-out local loss at each check, with `patience`; empty otherwise.
        held_out_units: of every unit, NaN for those that do not learn by gradient; empty without `patience`.
    """

    losses: Float[np.ndarray, "step unit"]
    selected: Bool[np.ndarray, "step unit"]
    held_out: Float[np.ndarray, "check"]
    held_out_units: Float[np.ndarray, "check unit"] = np.zeros((0, 0))


class Carried(NamedTuple):
    """What goes on from step to step beside the weights.

    Attributes:
        optimiser: states per population, unit first.
        course: what rules rank units by.
        weighing: what units weigh their two losses by.
    """

    optimiser: tuple[Any, ...]
    course: Course
    weighing: Weighing

    @staticmethod
    def start(reservoir: Reservoir, settings: Learning) -> "Carried":
        """Before the first step."""
        units = reservoir.units
        return Carried(optimiser_states(reservoir, settings), Course.unknown(units), Weighing.unknown(units))


def learn(
    reservoir: Reservoir,
    inputs: Float[np.ndarray, "batch time input"],
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
        inputs: sequences, padded at their ends.
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
    may = who_may(reservoir, only)
    units = reservoir.units
    if settings.objective == "frozen" or settings.steps == 0 or not may.any():
        return reservoir, History(np.zeros((0, units)), np.zeros((0, units), bool), np.zeros(0))
    if settings.aligned:
        refuse_wired_listeners(reservoir)
    masks = None
    if settings.fan_in is not None:
        reservoir, masks = widened(reservoir, settings.fan_in)
    held = None
    if settings.patience is not None:
        data, held = hold_out(data, settings.held_out)
        held = _with_sources(reservoir, held, settings)
    weighs = settings.adaptive and "mixed" in objectives_of(reservoir, settings)
    share = min(settings.share, MOST_WHERE_WEIGHED) if weighs else settings.share
    data = _with_sources(reservoir, with_parts(data, share, units, seed), settings)
    learner = _Learner(reservoir, settings, may, masks)
    learnt, history = learner.fit(data, held, jax.random.key(seed), progress or follower())
    return learnt if learner.masks is None else compacted(learnt, learner.masks), history


class _Learner:
    """Weights and optimiser states, with the unit axis first so that units can be mapped over."""

    def __init__(self, reservoir: Reservoir, settings: Learning, may: np.ndarray, masks: Masks | None) -> None:
        self.reservoir, self.settings, self.may, self.masks = reservoir, settings, may, masks
        self.start = None if masks is None else tuple(0 if m is None else int(m.sum(0).max()) for m in masks)
        self.pruning = masks is not None

    def fit(
        self, data: Data, held: Data | None, key: Array, progress: Callable[[int, int], None] | None
    ) -> tuple[Reservoir, History]:
        settings, reservoir = self.settings, self.reservoir
        carried = Carried.start(reservoir, settings)
        losses, selected, may = [], [], self.may
        stopping = None
        if held is not None and settings.patience is not None:
            stopping = Stopping(reservoir, self.may, settings.patience, alone=not _learner_heard(reservoir))
        # Of one size, and the number of steps no part of what is compiled, so that it serves runs of any length.
        adjusts = self.pruning or settings.aligned
        size = min(settings.steps, settings.adjust_every if adjusts else _BETWEEN_CHECKS)
        how, total = replace(settings, steps=1), jnp.asarray(settings.steps)
        all_keys = jax.random.split(key, settings.steps)
        near = spaces(reservoir, self.masks) < settings.spacing
        objectives = objectives_of(reservoir, settings)
        at, held_at = asked(data, settings, objectives), None if held is None else asked(held, settings, objectives)
        for start in range(0, settings.steps, size):
            steps = start + jnp.arange(size)
            keys = all_keys[jnp.minimum(steps, settings.steps - 1)]
            before = reservoir
            given = (reservoir, carried, data, keys, steps, total, jnp.asarray(may), jnp.asarray(near))
            reservoir, carried, (some_losses, some_selected) = _steps(*given, how, at, self.masks)
            done = min(start + size, settings.steps)
            losses.append(np.asarray(some_losses)[: done - start])
            selected.append(np.asarray(some_selected)[: done - start])
            if settings.aligned:
                reference = _reference(before, data, settings, all_keys[0])
                reservoir = realigned(before, reservoir, reference, masks=self.masks)
            if self.pruning:
                reservoir, optimiser = self.rewire(reservoir, carried.optimiser, data, at, keys[-1], done)
                carried = carried._replace(optimiser=optimiser)
                near = spaces(reservoir, self.masks) < settings.spacing
            if progress is not None:
                progress(done, settings.steps)
            # What is not pruned yet is not what was asked for, however well it does.
            if stopping is None or held is None or self.pruning:
                continue
            may = stopping.check(reservoir, np.asarray(held_out_losses(reservoir, held, settings, held_at)), done)
            if not may.any():
                break
        checks = np.zeros((0, self.reservoir.units)) if stopping is None else np.array(stopping.checks)
        mean = checks[:, ~np.isnan(checks).all(0)].mean(1) if len(checks) else np.zeros(0)
        history = History(np.concatenate(losses), np.concatenate(selected), mean, checks)
        history.losses[:, ~self.may] = np.nan
        return (stopping.best if stopping is not None and stopping.checks else reservoir), history

    def rewire(
        self,
        reservoir: Reservoir,
        optimiser: tuple[Any, ...],
        data: Data,
        at: tuple[int, ...] | None,
        key: Array,
        done: int,
    ) -> tuple[Reservoir, tuple[Any, ...]]:
        """Prune and regrow afferents; what is new starts from weights and moments of zero."""
        settings, masks = self.settings, self.masks
        if masks is None or settings.fan_in is None:
            return reservoir, optimiser
        part = 1.0 if done >= settings.steps else done / (_PRUNED_BY * settings.steps)
        self.pruning = part < 1
        judged = _evidence(reservoir, data, settings, key, at)
        sizes, growth = (tuple(None if a is None else np.asarray(a) for a in ranks) for ranks in judged)
        if settings.regrow_by == "random":
            rng = np.random.default_rng(np.asarray(jax.random.key_data(key)))
            growth = tuple(None if ranks is None else rng.random(ranks.shape) for ranks in growth)
        self.masks = rewired(
            reservoir, masks, sizes, growth, settings.fan_in, part=part, regrow=settings.regrow, start=self.start
        )
        weights, states = [], []
        for own, state, old, new in zip(reservoir.weights, optimiser, masks, self.masks, strict=True):
            if old is not None and new is not None:
                own = _units_last(_masked(_units_first(own), jnp.asarray(new).T))
                state = _masked(state, jnp.asarray(old & new).T)
            weights.append(own)
            states.append(state)
        return eqx.tree_at(lambda r: r.weights, reservoir, tuple(weights)), tuple(states)


@eqx.filter_jit
def _evidence(
    reservoir: Reservoir, data: Data, settings: Learning, key: Array, at: tuple[int, ...] | None
) -> tuple[Any, Any]:
    quiet = replace(settings, input_noise=0.0, l2=0.0)
    return evidence(reservoir, listen(reservoir, draw(data, quiet, key), quiet, at), quiet, key)


@eqx.filter_jit
def _reference(reservoir: Reservoir, data: Data, settings: Learning, key: Array) -> Heard:
    """The batch over which new outputs are mapped to old ones: always the same one."""
    return listen(reservoir, draw(data, settings, key), settings)


def held_out_loss(
    reservoir: Reservoir, data: Data, settings: Learning, at: tuple[int, ...] | None = None
) -> Float[Array, ""]:
    """Mean local loss of the units that learn by gradient, on whole sequences."""
    return jnp.nan_to_num(jnp.nanmean(held_out_losses(reservoir, data, settings, at)))


@eqx.filter_jit
def held_out_losses(
    reservoir: Reservoir, data: Data, settings: Learning, at: tuple[int, ...] | None = None
) -> Float[Array, "unit"]:
    """Local loss of every unit on whole sequences; NaN for those that do not learn by gradient."""
    quiet = replace(settings, input_noise=0.0, l2=0.0)
    heard = listen(reservoir, data, quiet, at)
    totals = []
    for population, wiring, weights in zip(reservoir.populations, reservoir.wiring, reservoir.weights, strict=True):
        if population.learns_by != "gradient":
            totals.append(jnp.full(population.units, jnp.nan))
            continue
        stacked = (_units_first(weights), wiring.T)
        loss = partial(local_loss, population=population, heard=heard, settings=quiet, key=jax.random.key(0))
        totals.append(jax.lax.map(lambda given, loss=loss: loss(given[0], afferents=given[1]), stacked))
    return jnp.concatenate(totals)


@eqx.filter_jit
def _steps(
    reservoir: Reservoir,
    carried: Carried,
    data: Data,
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

    def step(carry: tuple[Any, Carried], given: tuple[Array, Array]) -> Any:
        weights, carried = carry
        key, number = given
        batch_key, rule_key, noise_key = jax.random.split(key, 3)
        now = eqx.tree_at(lambda r: r.weights, reservoir, weights)
        heard = listen(now, draw(data, settings, batch_key), settings, at)
        rate = settings.learning_rate * (cosine(number / total) if settings.decay else 1.0)
        still = may & (number < total)
        after, (losses, chosen) = local_step(
            now, carried, heard, settings, (rule_key, noise_key), number, rate, still, near, masks
        )
        return after, (jnp.where(still | ~may, losses, jnp.nan), chosen)

    (weights, carried), told = jax.lax.scan(step, (reservoir.weights, carried), (keys, steps))
    return eqx.tree_at(lambda r: r.weights, reservoir, weights), carried, told


def _holds(heard: Heard, parts: Bool[Array, "unit lane"]) -> Bool[Array, "unit"]:
    """Whether a batch holds anything of these parts."""
    return (parts & (heard.counted > 0)).any(1)


def _slices(reservoir: Reservoir) -> list[slice]:
    """Which units each population has."""
    ends = np.cumsum([0, *(population.units for population in reservoir.populations)]).tolist()
    return [slice(*pair) for pair in pairwise(ends)]


def _of_units(given: Any, units: slice) -> Any:
    return jax.tree.map(lambda array: array[units], given)


def local_step(
    reservoir: Reservoir,
    carried: Carried,
    heard: Heard,
    settings: Learning,
    keys: tuple[Array, Array],
    number: Array,
    rate: Any,
    may: Array,
    near: Array,
    masks: Masks | None = None,
) -> tuple[tuple[tuple[Weights, ...], Carried], tuple[Float[Array, "unit"], Bool[Array, "unit"]]]:
    """One step of all units that the rule names, on what was heard.

    Args:
        reservoir: whose units learn.
        carried: from the step before.
        heard: a recorded batch.
        settings: how.
        keys: of the rule and of the noise.
        number: of the step.
        rate: learning rate.
        may: who may learn at all.
        near: who is near whom, for `spaced`.
        masks: where passages learn; everywhere by default.

    Returns:
        New weights and what is carried on; losses, and who took a step.
    """
    rule_key, noise_key = keys
    states, course, weighing = carried
    here = may if heard.parts is None else may & _holds(heard, heard.parts)
    alphas = weighing.alpha() if settings.adaptive else None
    losses = jnp.zeros(reservoir.units)
    if settings.rule not in BLIND:
        losses = _losses(reservoir, heard, settings, noise_key, alphas)
    chosen = RULES[settings.rule](MEASURES[settings.by](losses, course), here, near, rule_key, number)
    new_weights, new_states, said = [], [], []
    for i, (population, units) in enumerate(zip(reservoir.populations, _slices(reservoir), strict=True)):
        update = _updater(population, heard, settings, noise_key, rate)
        own = _of_units((heard.parts, alphas), units)
        hears = None if masks is None or masks[i] is None else jnp.asarray(masks[i]).T
        given = (_units_first(reservoir.weights[i]), states[i], reservoir.wiring[i].T, chosen[units], *own, hears)
        result = jax.lax.map(update, given)
        new_weights.append(_units_last(result[0]))
        new_states.append(result[1])
        said.append(result[2])
    losses, (inside, outside) = jax.tree.map(lambda *parts: jnp.concatenate(parts), *said)
    if settings.by != "loss":
        course = course.after(losses, chosen)
    if settings.adaptive and heard.parts is not None:
        weighing = weighing.after(inside, outside, here & _holds(heard, ~heard.parts))
    losses = jnp.where(here | ~may, losses, jnp.nan)
    return (tuple(new_weights), Carried(tuple(new_states), course, weighing)), (losses, chosen)


def _updater(population: Population, heard: Heard, settings: Learning, key: Array, rate: Any) -> Callable[..., Any]:
    """What one unit does after a batch, if it was chosen; returns its weights, optimiser state and losses."""
    unit = population.unit
    nothing = (Judged(jnp.zeros(()), jnp.zeros(())),) * 2
    if population.learns_by == "nothing":
        return lambda given: (given[0], given[1], (jnp.zeros(()), nothing))
    if population.learns_by == "regression":
        return lambda given: _regress(unit, heard, nothing, given)
    optimiser = settings.transformation()

    def update(given: Any) -> Any:
        weights, state, afferents, chosen, part, alpha, hears = given
        learns, stays = eqx.partition(weights, what_learns(weights, population))

        def loss(learning: Weights) -> Any:
            whole = eqx.combine(learning, stays)
            judged = judge(whole, population, afferents, heard, settings, key, part)
            return in_all(judged[0], whole, population, settings, alpha), judged

        def loss_and_step(learns: Weights, state: Any) -> Any:
            (value, judged), gradient = jax.value_and_grad(loss, has_aux=True)(learns)
            gradient = _masked(gradient, hears)
            updates, new_state = optimiser.update(gradient, state, learns)
            after = jax.tree_util.tree_map_with_path(partial(moved, settings, rate), learns, updates)
            fine = jnp.isfinite(value) & jnp.all(jnp.stack([jnp.isfinite(g).all() for g in jax.tree.leaves(gradient)]))
            kept = jax.tree.map(lambda new, old: jnp.where(fine, new, old), (after, new_state), (learns, state))
            return *kept, (value, judged)

        def only_loss(learns: Weights, state: Any) -> Any:
            return learns, state, loss(learns)

        def left_alone(learns: Weights, state: Any) -> Any:
            said = jax.eval_shape(only_loss, learns, state)[2]
            return learns, state, jax.tree.map(lambda one: jnp.full(one.shape, jnp.nan, one.dtype), said)

        judged_anyway = settings.rule != "all" or settings.patience is not None or part is not None
        otherwise = only_loss if judged_anyway else left_alone
        learns, state, said = jax.lax.cond(chosen, loss_and_step, otherwise, learns, state)
        return eqx.combine(learns, stays), state, said

    return update


def moved(settings: Learning, rate: Any, path: Any, weight: Array, update: Array) -> Array:
    """A weight after an optimiser step at this rate; `path` says whether it is one of the age biases."""
    faster = settings.age_bias_rate if "age_bias" in jax.tree_util.keystr(path) else 1.0
    return weight - rate * (faster * update + settings.weight_decay * weight)


def _regress(unit: Any, heard: Heard, nothing: Any, given: Any) -> Any:
    weights, state, afferents, chosen, part, _, _ = given
    inputs, counted = what_it_hears(weights, afferents, heard), heard.only(part).counted
    loss = unit.disagreement(weights.unit, inputs, heard.batch, counted).mean()
    refitted = unit.refit(weights.unit, inputs, heard.batch, counted)
    kept = jax.tree.map(lambda new, old: jnp.where(chosen, new, old), refitted, weights.unit)
    return eqx.tree_at(lambda w: w.unit, weights, kept), state, (loss, nothing)


def _losses(
    reservoir: Reservoir, heard: Heard, settings: Learning, key: Array, alphas: Float[Array, "unit"] | None = None
) -> Float[Array, "unit"]:
    """Losses of all units before anyone learns."""
    losses = []
    parts = zip(reservoir.populations, reservoir.wiring, reservoir.weights, _slices(reservoir), strict=True)
    for population, wiring, weights, units in parts:
        given = (_units_first(weights), wiring.T, *_of_units((heard.parts, alphas), units))
        if population.learns_by == "gradient":

            def loss_of(g: Any, population: Population = population) -> Array:
                return local_loss(g[0], population, g[1], heard, settings, key, *g[2:])

            losses.append(jax.lax.map(loss_of, given))
        elif population.learns_by == "regression":
            unit = population.unit

            def disagreement(g: Any, unit: Any = unit) -> Array:
                inputs, counted = what_it_hears(g[0], g[1], heard), heard.only(g[2]).counted
                return unit.disagreement(g[0].unit, inputs, heard.batch, counted).mean()

            losses.append(jax.lax.map(disagreement, given))
        else:
            losses.append(jnp.zeros(population.units))
    return jnp.concatenate(losses)


def listen(reservoir: Reservoir, data: Data, settings: Learning, at: tuple[int, ...] | None = None) -> Heard:
    """Run a batch with frozen weights and keep what all sources said."""
    batch, steps, _ = data.inputs.shape
    sources = _recorded(reservoir, data) if data.sources is None else jnp.transpose(data.sources, (2, 1, 0))
    when = jnp.arange(steps)[:, None]
    counted = (when < data.lengths[None, :]) & (when >= settings.washout)
    target = jnp.transpose(data.targets, (2, 1, 0)).reshape(data.targets.shape[2], steps * batch)
    scored = (data.scored.T * (when < data.lengths[None, :])).reshape(-1)
    if at is not None:
        target, scored = at_steps(target, batch, at), at_steps(scored[None], batch, at)[0]
    parts = data.parts
    if parts is not None:
        lanes = jnp.broadcast_to(jnp.transpose(parts, (2, 1, 0)), (parts.shape[2], steps, batch))
        parts = lanes.reshape(parts.shape[2], -1)
    return Heard(
        sources=jax.lax.stop_gradient(sources).reshape(sources.shape[0], -1),
        counted=counted.astype(jnp.float32).reshape(-1),
        target=target,
        scored=scored,
        batch=batch,
        at=at,
        parts=parts,
    )


@eqx.filter_jit
def _recorded(reservoir: Reservoir, data: Data) -> Float[Array, "source time batch"]:
    return record(reservoir, jnp.transpose(data.inputs, (1, 2, 0)), fed_back(reservoir, data), data.begins)


def _with_sources(reservoir: Reservoir, data: Data, settings: Learning) -> Data:
    """Sequences with what all sources say of them, where no unit that is heard learns and nothing is cut."""
    batch, steps, _ = data.inputs.shape
    numbers = batch * steps * reservoir.sources.total
    if not reservoir.recurrent or _learner_heard(reservoir) or settings.segment < steps or numbers > _KEPT_NUMBERS:
        return data
    return data._replace(sources=jnp.transpose(_recorded(reservoir, data), (2, 1, 0)))


def _learner_heard(reservoir: Reservoir) -> bool:
    """Whether any unit hears one that learns, so that what it hears changes as others learn."""
    heard = zip(reservoir.heard[:-1], reservoir.populations, strict=True)
    return any(is_heard and population.learns_by != "nothing" for is_heard, population in heard)


def check_objectives(reservoir: Reservoir, settings: Learning) -> None:
    """Raise `AuritaError` where a population learns a target that the settings broadcast to nobody."""
    untold = objectives_of(reservoir, settings) & {"target", "mixed"}
    if untold and not settings.needs_targets:
        raise AuritaError(
            f"a population has the objective {untold.pop()!r} and the settings of learning {settings.objective!r}, "
            "which broadcasts no target; use Learning(objective='target'), and 'self' or 'frozen' by population"
        )


def objectives_of(reservoir: Reservoir, settings: Learning) -> set[str]:
    """Objectives of the units that learn by gradient."""
    return {p.objective or settings.objective for p in reservoir.populations if p.learns_by == "gradient"}


def who_may(reservoir: Reservoir, only: np.ndarray | None = None) -> Bool[np.ndarray, "unit"]:
    """Which units can learn, of those named.

    Raises:
        AuritaError: names that are no mask over the units.
    """
    can = np.concatenate([np.full(p.units, p.learns_by != "nothing") for p in reservoir.populations])
    if only is None:
        return can
    only = np.asarray(only)
    if only.shape != can.shape or only.dtype != bool:
        raise AuritaError(
            f"only is {only.dtype} of shape {only.shape}; expected true or false for each of the {len(can)} units"
        )
    return can & only


def what_learns(weights: Weights, population: Population) -> Any:
    """Which arrays learn: the unit's own, and its passage where it is learned."""
    unit: Any = population.learns_by == "gradient"
    passage: Any = unit and population.passage == "learned"
    rates: Any = None if weights.rates is None else False
    return Weights(dict.fromkeys(weights.unit, unit), dict.fromkeys(weights.passage, passage), rates)


def optimiser_states(reservoir: Reservoir, settings: Learning) -> tuple[Any, ...]:
    states = []
    for population, weights in zip(reservoir.populations, reservoir.weights, strict=True):
        if population.learns_by != "gradient":
            states.append(jnp.zeros(population.units))
            continue
        learns = eqx.filter(_units_first(weights), what_learns(weights, population))
        states.append(jax.vmap(settings.transformation().init)(learns))
    return tuple(states)


def _masked(tree: Any, hears: Any) -> Any:
    """Weights, gradients or moments, unit first where there are many, with zeros for afferents that are not heard."""
    if hears is None:
        return tree

    def silenced(path: Any, leaf: Array) -> Array:
        matrix = ".passage['matrix']" in jax.tree_util.keystr(path)
        return jnp.where(hears[..., None, :], leaf, 0.0) if matrix else leaf

    return jax.tree_util.tree_map_with_path(silenced, tree)


def _units_first(weights: Weights) -> Weights:
    return jax.tree.map(lambda leaf: jnp.moveaxis(leaf, -1, 0), weights)


def _units_last(weights: Weights) -> Weights:
    return jax.tree.map(lambda leaf: jnp.moveaxis(leaf, 0, -1), weights)


def cosine(part: Array) -> Array:
    return 0.5 * (1 + jnp.cos(jnp.pi * part))
