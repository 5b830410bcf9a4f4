"""Local learning, the five steps: run a batch with frozen weights; every unit's loss; the rule names units; they alone
take an optimiser step on their own loss; go on.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from aurita.errors import AuritaError
from aurita.learning.batches import Data, as_data, asked, draw, fed_back, hold_out
from aurita.learning.followers import follower
from aurita.learning.local_loss import Heard, local_loss, what_it_hears
from aurita.learning.rules import BLIND, RULES
from aurita.learning.settings import Learning
from aurita.reservoir import Population, Reservoir, Weights
from aurita.running import record
from aurita.units.memory import at_steps

_BETWEEN_CHECKS = 25
_KEPT_NUMBERS = 2**25


class History(NamedTuple):
    """What happened while a reservoir learnt.

    Attributes:
        losses: local loss of every unit at every step; NaN for units that have none.
        selected: which units took a step.
        held_out: mean held-out local loss at each check, with `patience`; empty otherwise.
    """

    losses: Float[np.ndarray, "step unit"]
    selected: Bool[np.ndarray, "step unit"]
    held_out: Float[np.ndarray, "check"]


def learn(
    reservoir: Reservoir,
    inputs: Float[np.ndarray, "batch time input"],
    settings: Learning | None = None,
    *,
    lengths: np.ndarray | None = None,
    targets: Float[np.ndarray, "batch time target"] | None = None,
    scored: Bool[np.ndarray, "batch time"] | None = None,
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
    may = who_may(reservoir)
    units = reservoir.units
    if settings.objective == "frozen" or settings.steps == 0 or not may.any():
        return reservoir, History(np.zeros((0, units)), np.zeros((0, units), bool), np.zeros(0))
    held = None
    if settings.patience is not None:
        data, held = hold_out(data, settings.held_out)
        held = _with_sources(reservoir, held, settings)
    data = _with_sources(reservoir, data, settings)
    learner = _Learner(reservoir, settings, may, jnp.asarray(reservoir.distances() < settings.spacing))
    return learner.fit(data, held, jax.random.key(seed), progress or follower())


class _Learner:
    """Weights and optimiser states, with the unit axis first so that units can be mapped over."""

    def __init__(self, reservoir: Reservoir, settings: Learning, may: np.ndarray, near: Array) -> None:
        self.reservoir, self.settings, self.may, self.near = reservoir, settings, may, near

    def fit(
        self, data: Data, held: Data | None, key: Array, progress: Callable[[int, int], None] | None
    ) -> tuple[Reservoir, History]:
        settings, reservoir = self.settings, self.reservoir
        optimiser = optimiser_states(reservoir, settings)
        losses, selected, checks = [], [], []
        best, best_loss, best_step = reservoir, np.inf, 0
        size = settings.steps if held is None and progress is None else _BETWEEN_CHECKS
        all_keys = jax.random.split(key, settings.steps)
        objectives = objectives_of(reservoir, settings)
        at, held_at = asked(data, settings, objectives), None if held is None else asked(held, settings, objectives)
        for start in range(0, settings.steps, size):
            count = min(size, settings.steps - start)
            keys = all_keys[start : start + count]
            steps = start + jnp.arange(count)
            given = (reservoir, optimiser, data, keys, steps, jnp.asarray(self.may), self.near)
            reservoir, optimiser, (some_losses, some_selected) = _steps(*given, settings, at)
            losses.append(np.asarray(some_losses))
            selected.append(np.asarray(some_selected))
            done = start + count
            if progress is not None:
                progress(done, settings.steps)
            if held is None or settings.patience is None:
                continue
            checks.append(float(held_out_loss(reservoir, held, settings, held_at)))
            if checks[-1] < best_loss:
                best, best_loss, best_step = reservoir, checks[-1], done
            elif done - best_step >= settings.patience:
                break
        history = History(np.concatenate(losses), np.concatenate(selected), np.asarray(checks))
        history.losses[:, ~self.may] = np.nan
        return (reservoir if held is None else best), history


@eqx.filter_jit
def held_out_loss(
    reservoir: Reservoir, data: Data, settings: Learning, at: tuple[int, ...] | None = None
) -> Float[Array, ""]:
    """Mean local loss of the units that learn by gradient, on whole sequences."""
    quiet = replace(settings, input_noise=0.0, l2=0.0)
    heard = listen(reservoir, data, quiet, at)
    totals = []
    for population, wiring, weights in zip(reservoir.populations, reservoir.wiring, reservoir.weights, strict=True):
        if population.learns_by != "gradient":
            continue
        stacked = (_units_first(weights), wiring.T)
        loss = partial(local_loss, population=population, heard=heard, settings=quiet, key=jax.random.key(0))
        totals.append(jax.lax.map(lambda given, loss=loss: loss(given[0], afferents=given[1]), stacked))
    return jnp.concatenate(totals).mean() if totals else jnp.zeros(())


@eqx.filter_jit
def _steps(
    reservoir: Reservoir,
    optimiser: tuple[Any, ...],
    data: Data,
    keys: Array,
    steps: Array,
    may: Array,
    near: Array,
    settings: Learning,
    at: tuple[int, ...] | None = None,
) -> tuple[Reservoir, tuple[Any, ...], tuple[Array, Array]]:
    """Some steps of learning under one scan."""

    def step(carry: tuple[Any, tuple[Any, ...]], given: tuple[Array, Array]) -> Any:
        weights, states = carry
        key, number = given
        batch_key, rule_key, noise_key = jax.random.split(key, 3)
        now = eqx.tree_at(lambda r: r.weights, reservoir, weights)
        heard = listen(now, draw(data, settings, batch_key), settings, at)
        rate = settings.learning_rate * (cosine(number / settings.steps) if settings.decay else 1.0)
        return local_step(now, states, heard, settings, (rule_key, noise_key), number, rate, may, near)

    (weights, states), told = jax.lax.scan(step, (reservoir.weights, optimiser), (keys, steps))
    return eqx.tree_at(lambda r: r.weights, reservoir, weights), states, told


def local_step(
    reservoir: Reservoir,
    states: tuple[Any, ...],
    heard: Heard,
    settings: Learning,
    keys: tuple[Array, Array],
    number: Array,
    rate: Any,
    may: Array,
    near: Array,
) -> tuple[tuple[tuple[Weights, ...], tuple[Any, ...]], tuple[Float[Array, "unit"], Bool[Array, "unit"]]]:
    """One step of all units that the rule names, on what was heard.

    Args:
        reservoir: whose units learn.
        states: of their optimisers.
        heard: a recorded batch.
        settings: how.
        keys: of the rule and of the noise.
        number: of the step.
        rate: learning rate.
        may: who may learn at all.
        near: who is near whom, for `spaced`.

    Returns:
        New weights and optimiser states; losses, and who took a step.
    """
    rule_key, noise_key = keys
    blind = settings.rule in BLIND
    losses = jnp.zeros(reservoir.units) if blind else _losses(reservoir, heard, settings, noise_key)
    chosen = RULES[settings.rule](losses, may, near, rule_key, number)
    new_weights, new_states, said, first = [], [], [], 0
    for i, population in enumerate(reservoir.populations):
        mask = chosen[first : first + population.units]
        update = _updater(population, heard, settings, noise_key, rate)
        given = (_units_first(reservoir.weights[i]), states[i], reservoir.wiring[i].T, mask)
        result = jax.lax.map(update, given)
        new_weights.append(_units_last(result[0]))
        new_states.append(result[1])
        said.append(result[2])
        first += population.units
    return (tuple(new_weights), tuple(new_states)), (jnp.concatenate(said), chosen)


def _updater(population: Population, heard: Heard, settings: Learning, key: Array, rate: Any) -> Callable[..., Any]:
    """What one unit does after a batch, if it was chosen; returns its weights, optimiser state and loss."""
    unit = population.unit
    if population.learns_by == "nothing":
        return lambda given: (given[0], given[1], jnp.zeros(()))
    if population.learns_by == "regression":
        return partial(_regress, unit, heard)
    loss_of = partial(local_loss, population=population, heard=heard, settings=settings, key=key)
    optimiser = settings.transformation()

    def loss_and_step(weights: Weights, state: Any, afferents: Array) -> Any:
        learns, stays = eqx.partition(weights, what_learns(weights, population))

        def loss(part: Weights) -> Array:
            return loss_of(eqx.combine(part, stays), afferents=afferents)

        value, gradient = jax.value_and_grad(loss)(learns)
        updates, new_state = optimiser.update(gradient, state, learns)
        after = jax.tree_util.tree_map_with_path(partial(moved, settings, rate), learns, updates)
        fine = jnp.isfinite(value) & jnp.all(jnp.stack([jnp.isfinite(g).all() for g in jax.tree.leaves(gradient)]))
        kept = jax.tree.map(lambda new, old: jnp.where(fine, new, old), (after, new_state), (learns, state))
        return eqx.combine(kept[0], stays), kept[1], value

    def only_loss(weights: Weights, state: Any, afferents: Array) -> Any:
        return weights, state, loss_of(weights, afferents=afferents)

    def update(given: Any) -> Any:
        weights, state, afferents, chosen = given
        if settings.rule == "all":
            return loss_and_step(weights, state, afferents)
        return jax.lax.cond(chosen, loss_and_step, only_loss, weights, state, afferents)

    return update


def moved(settings: Learning, rate: Any, path: Any, weight: Array, update: Array) -> Array:
    """A weight after an optimiser step at this rate; `path` says whether it is one of the age biases."""
    faster = settings.age_bias_rate if "age_bias" in jax.tree_util.keystr(path) else 1.0
    return weight - rate * (faster * update + settings.weight_decay * weight)


def _regress(unit: Any, heard: Heard, given: Any) -> Any:
    weights, state, afferents, chosen = given
    inputs = what_it_hears(weights, afferents, heard)
    loss = unit.disagreement(weights.unit, inputs, heard.batch, heard.counted).mean()
    refitted = unit.refit(weights.unit, inputs, heard.batch, heard.counted)
    kept = jax.tree.map(lambda new, old: jnp.where(chosen, new, old), refitted, weights.unit)
    return eqx.tree_at(lambda w: w.unit, weights, kept), state, loss


def _losses(reservoir: Reservoir, heard: Heard, settings: Learning, key: Array) -> Float[Array, "unit"]:
    """Losses of all units before anyone learns."""
    losses = []
    for population, wiring, weights in zip(reservoir.populations, reservoir.wiring, reservoir.weights, strict=True):
        if population.learns_by == "gradient":
            loss_of = partial(local_loss, population=population, heard=heard, settings=settings, key=key)
            loss = jax.lax.map(lambda g, f=loss_of: f(g[0], afferents=g[1]), (_units_first(weights), wiring.T))
        elif population.learns_by == "regression":
            unit = population.unit

            def disagreement(g: Any, unit: Any = unit) -> Array:
                inputs = what_it_hears(g[0], g[1], heard)
                return unit.disagreement(g[0].unit, inputs, heard.batch, heard.counted).mean()

            loss = jax.lax.map(disagreement, (_units_first(weights), wiring.T))
        else:
            loss = jnp.zeros(population.units)
        losses.append(loss)
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
    return Heard(
        sources=jax.lax.stop_gradient(sources).reshape(sources.shape[0], -1),
        counted=counted.astype(jnp.float32).reshape(-1),
        target=target,
        scored=scored,
        batch=batch,
        at=at,
    )


@eqx.filter_jit
def _recorded(reservoir: Reservoir, data: Data) -> Float[Array, "source time batch"]:
    return record(reservoir, jnp.transpose(data.inputs, (1, 2, 0)), fed_back(reservoir, data), data.begins)


def _with_sources(reservoir: Reservoir, data: Data, settings: Learning) -> Data:
    """Sequences with what all sources say of them, where no unit that is heard learns and nothing is cut."""
    batch, steps, _ = data.inputs.shape
    learns = [
        heard and p.learns_by != "nothing" for heard, p in zip(reservoir.heard[:-1], reservoir.populations, strict=True)
    ]
    numbers = batch * steps * reservoir.sources.total
    if not reservoir.recurrent or any(learns) or settings.segment < steps or numbers > _KEPT_NUMBERS:
        return data
    return data._replace(sources=jnp.transpose(_recorded(reservoir, data), (2, 1, 0)))


def check_objectives(reservoir: Reservoir, settings: Learning) -> None:
    """Raise `AuritaError` where a population learns a target that the settings broadcast to nobody."""
    untold = objectives_of(reservoir, settings) & {"target", "mixed"}
    if untold and not settings.needs_targets:
        raise AuritaError(
            f"a population has the objective {untold.pop()!r} and the settings of learning {settings.objective!r}, "
            "which broadcasts no target; use Learning(objective='target'), and 'self' or 'frozen' by population"
        )


def objectives_of(reservoir: Reservoir, settings: Learning) -> set[str]:
    return {p.objective or settings.objective for p in reservoir.populations if p.learns_by == "gradient"}


def who_may(reservoir: Reservoir) -> np.ndarray:
    return np.concatenate([np.full(p.units, p.learns_by != "nothing") for p in reservoir.populations])


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


def _units_first(weights: Weights) -> Weights:
    return jax.tree.map(lambda leaf: jnp.moveaxis(leaf, -1, 0), weights)


def _units_last(weights: Weights) -> Weights:
    return jax.tree.map(lambda leaf: jnp.moveaxis(leaf, 0, -1), weights)


def cosine(part: Array) -> Array:
    return 0.5 * (1 + jnp.cos(jnp.pi * part))
