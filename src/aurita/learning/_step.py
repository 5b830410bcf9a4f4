"""One step of local learning: losses, the rule names units, they alone take an optimiser step on their own loss."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from aurita._jax import eqx, jax, jnp
from aurita._typing import Array, Bool, Float, PyTree
from aurita.learning._local_loss import RecordedBatch, evaluate, local_loss, total_loss, unit_inputs
from aurita.learning._weighing import Weighing
from aurita.learning.passage import Masks
from aurita.learning.rules import MEASURES, Course, named_by
from aurita.learning.settings import Learning
from aurita.reservoir import Population, Reservoir, Weights
from aurita.units.objectives import UnitLoss
from aurita.units.unit import Unit


class Carried(NamedTuple):
    """What goes on from step to step beside the weights.

    Attributes:
        optimiser: states per population, unit first.
        course: what rules rank units by.
        weighing: what units weigh their two losses by.
    """

    optimiser: tuple[PyTree, ...]
    course: Course
    weighing: Weighing

    @staticmethod
    def start(reservoir: Reservoir, settings: Learning) -> "Carried":
        """Before the first step."""
        units = reservoir.units
        return Carried(optimiser_states(reservoir, settings), Course.unknown(units), Weighing.unknown(units))


def local_step(
    reservoir: Reservoir,
    carried: Carried,
    recording: RecordedBatch,
    settings: Learning,
    keys: tuple[Array, Array],
    number: Array,
    rate: object,
    may: Array,
    near: Array,
    masks: Masks | None = None,
) -> tuple[tuple[tuple[Weights, ...], Carried], tuple[Float[Array, "unit"], Bool[Array, "unit"]]]:
    """One step of all units that the rule names, on what was received.

    Args:
        may: who may learn at all.
        near: who is near whom, for rules that ask.
        masks: where passages learn; everywhere by default.

    Returns:
        New weights and what is carried on; losses, and who took a step.
    """
    rule_key, noise_key = keys
    states, course, weighing = carried
    here = may if recording.parts is None else may & _holds(recording, recording.parts)
    alphas = weighing.alpha() if settings.adaptive else None
    losses = jnp.zeros(reservoir.units)
    rule = settings.selects
    if rule.ranks:
        losses = losses_of(reservoir, recording, settings, noise_key, alphas)
    chosen = named_by(rule, MEASURES[rule.by](losses, course), here, near, rule_key, number)
    new_weights, new_states, results = [], [], []
    for i, (population, units) in enumerate(zip(reservoir.populations, reservoir.places, strict=True)):
        update = updater(population, recording, settings, noise_key, rate)
        own = _of_units((recording.parts, alphas), units)
        open_ = None if masks is None or masks[i] is None else jnp.asarray(masks[i]).T
        past = recording.pasts[i] if recording.pasts else None
        given = (units_first(reservoir.weights[i]), states[i], reservoir.wiring[i].T, chosen[units], *own, open_, past)
        result = jax.lax.map(update, given)
        new_weights.append(units_last(result[0]))
        new_states.append(result[1])
        results.append(result[2])
    losses, (inside, outside) = jax.tree.map(lambda *parts: jnp.concatenate(parts), *results)
    if rule.by != "loss":
        course = course.after(losses, chosen)
    if settings.adaptive and recording.parts is not None:
        weighing = weighing.after(inside, outside, here & _holds(recording, ~recording.parts))
    losses = jnp.where(here | ~may, losses, jnp.nan)
    return (tuple(new_weights), Carried(tuple(new_states), course, weighing)), (losses, chosen)


def updater(
    population: Population, recording: RecordedBatch, settings: Learning, key: Array, rate: float | Array
) -> Callable[..., object]:
    """What one unit does after a batch, if it was chosen; returns its weights, optimiser state and losses."""
    unit = population.unit
    nothing = (UnitLoss(jnp.zeros(()), jnp.zeros(())),) * 2
    if population.learns_by == "nothing":
        return lambda given: (given[0], given[1], (jnp.zeros(()), nothing))
    if population.learns_by == "regression":
        return lambda given: _regress(unit, recording, nothing, given)
    optimiser = settings.transformation()

    def update(given: tuple[PyTree, ...]) -> tuple[PyTree, ...]:
        weights, state, afferents, chosen, part, alpha, open_, past = given
        learns, stays = eqx.partition(weights, what_learns(weights, population))
        rates = rates_of(weights, population)

        def loss(learning: Weights) -> tuple[Array, tuple[UnitLoss, UnitLoss]]:
            whole = eqx.combine(learning, stays)
            unit_loss = evaluate(whole, population, afferents, recording, settings, key, part, past)
            return total_loss(unit_loss[0], whole, population, settings, alpha), unit_loss

        def loss_and_step(learns: Weights, state: PyTree) -> tuple[PyTree, ...]:
            (value, unit_loss), gradient = jax.value_and_grad(loss, has_aux=True)(learns)
            gradient = masked(gradient, open_)
            updates, new_state = optimiser.update(gradient, state, learns)
            after = jax.tree.map(partial(moved, settings, rate), learns, updates, rates)
            fine = jnp.isfinite(value) & jnp.all(jnp.stack([jnp.isfinite(g).all() for g in jax.tree.leaves(gradient)]))
            kept = jax.tree.map(lambda new, old: jnp.where(fine, new, old), (after, new_state), (learns, state))
            return *kept, (value, unit_loss)

        def only_loss(learns: Weights, state: PyTree) -> tuple[PyTree, ...]:
            return learns, state, loss(learns)

        def left_alone(learns: Weights, state: PyTree) -> tuple[PyTree, ...]:
            results = jax.eval_shape(only_loss, learns, state)[2]
            return learns, state, jax.tree.map(lambda one: jnp.full(one.shape, jnp.nan, one.dtype), results)

        evaluated_anyway = settings.selects.name != "all" or settings.stopping is not None or part is not None
        otherwise = only_loss if evaluated_anyway else left_alone
        learns, state, results = jax.lax.cond(chosen, loss_and_step, otherwise, learns, state)
        return eqx.combine(learns, stays), state, results

    return update


def moved(settings: Learning, rate: object, weight: Array, update: Array, faster: float) -> Array:
    """A weight after an optimiser step at this rate; `faster` is the factor that the unit has for it."""
    return weight - rate * (faster * update + settings.weight_decay * weight)


def _regress(
    unit: Unit, recording: RecordedBatch, nothing: tuple[UnitLoss, UnitLoss], given: tuple[PyTree, ...]
) -> tuple[PyTree, ...]:
    weights, state, afferents, chosen, part, *_ = given
    inputs, counted = unit_inputs(weights, afferents, recording), recording.only(part).counted
    loss = unit.disagreement(weights.unit, inputs, recording.batch, counted).mean()
    refitted = unit.refit(weights.unit, inputs, recording.batch, counted)
    kept = jax.tree.map(lambda new, old: jnp.where(chosen, new, old), refitted, weights.unit)
    return weights.replace(unit=kept), state, (loss, nothing)


def losses_of(
    reservoir: Reservoir,
    recording: RecordedBatch,
    settings: Learning,
    key: Array,
    alphas: Float[Array, "unit"] | None = None,
) -> Float[Array, "unit"]:
    """Losses of all units before anyone learns."""
    losses: list[Array] = []
    parts = zip(reservoir.populations, reservoir.wiring, reservoir.weights, reservoir.places, strict=True)
    for population, wiring, weights, units in parts:
        given = (units_first(weights), wiring.T, *_of_units((recording.parts, alphas), units))
        if population.learns_by == "gradient":
            given = (*given, recording.pasts[len(losses)] if recording.pasts else None)

            def loss_of(g: tuple[PyTree, ...], population: Population = population) -> Array:
                return local_loss(g[0], population, g[1], recording, settings, key, *g[2:])

            losses.append(jax.lax.map(loss_of, given))
        elif population.learns_by == "regression":
            unit = population.unit

            def disagreement(g: tuple[PyTree, ...], unit: Unit = unit) -> Array:
                inputs, counted = unit_inputs(g[0], g[1], recording), recording.only(g[2]).counted
                return unit.disagreement(g[0].unit, inputs, recording.batch, counted).mean()

            losses.append(jax.lax.map(disagreement, given))
        else:
            losses.append(jnp.zeros(population.units))
    return jnp.concatenate(losses)


def _holds(recording: RecordedBatch, parts: Bool[Array, "unit lane"]) -> Bool[Array, "unit"]:
    """Whether a batch holds anything of these parts."""
    return (parts & (recording.counted > 0)).any(1)


def _of_units(given: PyTree, units: slice) -> PyTree:
    return jax.tree.map(lambda array: array[units], given)


def what_learns(weights: Weights, population: Population) -> PyTree:
    """Which arrays learn: the unit's own, and its passage where it is learned."""
    unit: object = population.learns_by == "gradient"
    passage: object = unit and population.passage == "learned"
    rates: object = None if weights.rates is None else False
    return Weights(dict.fromkeys(weights.unit, unit), dict.fromkeys(weights.passage, passage), rates)


def rates_of(weights: Weights, population: Population) -> PyTree:
    """Factors on the learning rate of the arrays that learn."""
    unit = {name: population.unit.rate_of(name) for name in weights.unit}
    factors = Weights(unit, dict.fromkeys(weights.passage, 1.0), None if weights.rates is None else 1.0)
    return eqx.filter(factors, what_learns(weights, population))


def optimiser_states(reservoir: Reservoir, settings: Learning) -> tuple[object, ...]:
    states = []
    for population, weights in zip(reservoir.populations, reservoir.weights, strict=True):
        if population.learns_by != "gradient":
            states.append(jnp.zeros(population.units))
            continue
        learns = eqx.filter(units_first(weights), what_learns(weights, population))
        states.append(jax.vmap(settings.transformation().init)(learns))
    return tuple(states)


def masked(tree: PyTree, kept: Bool[Array, "*unit afferent"] | None) -> PyTree:
    """Weights, gradients or moments, unit first where there are many, with zeros for pruned afferents."""
    if kept is None:
        return tree

    def silenced(path: tuple[object, ...], leaf: Array) -> Array:
        matrix = ".passage['matrix']" in jax.tree_util.keystr(path)
        return jnp.where(kept[..., None, :], leaf, 0.0) if matrix else leaf

    return jax.tree_util.tree_map_with_path(silenced, tree)


def units_first(weights: Weights) -> Weights:
    return jax.tree.map(lambda leaf: jnp.moveaxis(leaf, -1, 0), weights)


def units_last(weights: Weights) -> Weights:
    return jax.tree.map(lambda leaf: jnp.moveaxis(leaf, 0, -1), weights)


def cosine(part: Array) -> Array:
    return 0.5 * (1 + jnp.cos(jnp.pi * part))
