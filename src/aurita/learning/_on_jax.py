"""Local learning on JAX: some steps at a time under one scan, any unit that learns by gradient or by regression."""

from dataclasses import replace
from functools import partial

import numpy as np

from aurita._jax import compiled, jax, jnp
from aurita._keys import as_jax, new_key, split
from aurita._typing import Array, Bool, Float, Int, PyTree
from aurita.data.batch import Batch
from aurita.learning._learners import objectives_of
from aurita.learning._local_loss import local_loss
from aurita.learning._recording import record_batch
from aurita.learning._schedule import Schedule
from aurita.learning._step import Carried, cosine, local_step, masked, units_first, units_last
from aurita.learning.batches import cut_out, scored_steps
from aurita.learning.passage import Masks, Ranks, importance
from aurita.learning.settings import Learning
from aurita.reservoir import Reservoir


class OnJax:
    """`Steps` on JAX, where no partners are chosen."""

    partners: Int[np.ndarray, "change 4"] = np.zeros((0, 4), np.int64)

    def __init__(
        self, reservoir: Reservoir, data: Batch, held: Batch | None, settings: Learning, batches: Schedule, seed: int
    ) -> None:
        self.reservoir, self._settings, self._batches = reservoir, settings, batches
        self._data, self._held = jax.tree.map(jnp.asarray, (data, held))
        self.keys, self.size = split(new_key(seed), settings.steps), settings.between_checks
        self._carried = Carried.start(reservoir, settings)
        objectives = objectives_of(reservoir, settings)
        self._at = scored_steps(data, settings, objectives)
        self._held_at = None if held is None else scored_steps(held, settings, objectives)

    def run(
        self, steps: range, may: Bool[np.ndarray, "unit"], near: Bool[np.ndarray, "_ _"], masks: Masks | None
    ) -> tuple[Float[np.ndarray, "step unit"], Bool[np.ndarray, "step unit"]]:
        settings, count = self._settings, len(steps)
        # Of one size, and the number of steps no part of what is compiled, so that it serves runs of any length.
        numbers = steps.start + np.arange(self.size)
        taken = np.minimum(numbers, settings.steps - 1)
        batches = Schedule(*(jnp.asarray(np.asarray(part)[taken]) for part in self._batches))
        given = (self._data, batches, as_jax(self.keys[taken]), jnp.asarray(numbers), jnp.asarray(settings.steps))
        how, who = replace(settings, steps=1), (jnp.asarray(may), jnp.asarray(near))
        self.reservoir, self._carried, found = _steps(self.reservoir, self._carried, *given, *who, how, self._at, masks)
        losses, selected = (np.asarray(part)[:count] for part in found)
        return losses, selected

    def put(self, reservoir: Reservoir) -> None:
        self.reservoir = reservoir

    def importance(self, batch: Schedule, masks: Masks) -> tuple[Ranks | None, ...]:
        del masks
        found = _importance(self.reservoir, self._data, batch, self._settings, as_jax(self.keys[0]), self._at)
        return tuple(None if part is None else np.asarray(part) for part in found)

    def silence(self, masks: Masks) -> None:
        weights, states = [], []
        for own, state, mask in zip(self.reservoir.weights, self._carried.optimiser, masks, strict=True):
            kept = None if mask is None else jnp.asarray(mask).T
            weights.append(units_last(masked(units_first(own), kept)))
            states.append(masked(state, kept))
        self.reservoir = self.reservoir.replace(weights=tuple(weights))
        self._carried = self._carried._replace(optimiser=tuple(states))

    def held_out(self) -> Float[np.ndarray, "unit"]:
        return np.asarray(held_out_losses(self.reservoir, self._held, self._settings, self._held_at))


@compiled
def _importance(
    reservoir: Reservoir, data: Batch, batch: Schedule, settings: Learning, key: Array, at: tuple[int, ...] | None
) -> tuple[Array | None, ...]:
    quiet = replace(settings, input_noise=0.0, l2=0.0)
    given = cut_out(data, quiet, jnp.asarray(batch.rows), jnp.asarray(batch.starts))
    return importance(reservoir, record_batch(reservoir, given, quiet, at), quiet, key)


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
        pace = settings.learning_rate * (cosine(number / total) if settings.optimises.decay else 1.0)
        rate = jnp.asarray(pace, jnp.float32)  # as weights are, also where JAX is set to double precision
        still = may & (number < total)
        after, (losses, chosen) = local_step(
            now, carried, recording, settings, (rule_key, noise_key), number, rate, still, near, masks
        )
        return after, (jnp.where(still | ~may, losses, jnp.nan), chosen)

    (weights, carried), records = jax.lax.scan(step, (reservoir.weights, carried), (keys, steps, batches))
    return reservoir.replace(weights=weights), carried, records
