"""Training by gradients on the device: one compiled scan over all batches, the best step kept by validation loss."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from aurita._jax import compiled, eqx, jax, jnp, optax
from aurita._typing import Array, Float, Int
from aurita.data.batch import Batch
from aurita.learning import Learning
from aurita.learning.batches import draw
from aurita.studies.models.networks.layers import Network

TOGETHER = 128
"""Sequences that run at the same time when nothing is learnt."""

LOSSES: dict[str, Callable[[Array, Array], Array]] = {
    "cross_entropy": lambda predicted, truth: optax.softmax_cross_entropy(predicted, truth),
    "binary_cross_entropy": lambda predicted, truth: optax.sigmoid_binary_cross_entropy(predicted, truth).mean(-1),
    "squares": lambda predicted, truth: jnp.square(predicted - truth).mean(-1),
}
"""Loss of every step, from (..., O) outputs and targets."""


class Trained(NamedTuple):
    """A network at the step where its validation loss was smallest.

    `losses` are the training batches'; `step` counts the batches before that point, 0 where no loss was ever finite.
    """

    network: Network
    step: Int[Array, ""]
    held_out_loss: Float[Array, ""]
    losses: Float[Array, "step"]


@compiled
def train(
    network: Network,
    data: Batch,
    held_out: Batch,
    learning_rate: Float[Array, ""],
    key: Array,
    *,
    loss: str,
    steps: int,
    batch: int,
    segment: int,
    checks: int,
) -> Trained:
    """Adam with a gradient clipped to norm 1, a warm-up of a twentieth of the steps and a cosine decay.

    Args:
        network: what to train.
        data: sequences to draw batches from, those longer than `segment` in random segments.
        held_out: windows whose loss is taken `checks` times and chooses the weights that are kept.
        learning_rate: the largest.
        key: of the batches.
        loss: a name in `LOSSES`.
        steps: batches.
        batch: sequences in each.
        segment: steps of a segment.
        checks: how often the validation loss is taken.
    """
    weights, shape = eqx.partition(network, eqx.is_inexact_array)
    drawing = Learning(batch=batch, segment=max(2, segment))
    schedule = optax.warmup_cosine_decay_schedule(0.0, 1.0, steps // 20, steps)
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(), optax.scale_by_schedule(schedule))
    every = max(1, steps // checks)

    def batch_loss(weights: Network, key: Array) -> Array:
        drawn = draw(data, drawing, key)
        predicted = jax.vmap(eqx.combine(weights, shape))(drawn.inputs)
        counts = drawn.scored * fresh(drawn, segment)
        return jnp.sum(LOSSES[loss](predicted, drawn.targets) * counts) / jnp.maximum(counts.sum(), 1.0)

    def held_out_loss(weights: Network) -> Array:
        predicted = run(eqx.combine(weights, shape), held_out.inputs)
        return jnp.sum(LOSSES[loss](predicted, held_out.targets) * held_out.scored) / jnp.maximum(
            held_out.scored.sum(), 1.0
        )

    def step(carry: tuple, given: tuple[Array, Array]) -> tuple[tuple, Array]:
        weights, state, best = carry
        key, number = given
        value, gradient = jax.value_and_grad(batch_loss)(weights, key)
        updates, state = optimiser.update(gradient, state, weights)
        weights = jax.tree.map(lambda w, u: w - learning_rate * u, weights, updates)
        now = number + 1
        loss_now = jax.lax.cond(
            (now % every == 0) | (now == steps), held_out_loss, lambda _: jnp.asarray(jnp.inf), weights
        )
        better = loss_now < best[2]
        best = jax.tree.map(partial(jnp.where, better), (weights, now, loss_now), best)
        return (weights, state, best), value

    begin = (weights, jnp.asarray(0), jnp.asarray(jnp.inf))
    given = (jax.random.split(key, steps), jnp.arange(steps))
    (_, _, best), losses = jax.lax.scan(step, (weights, optimiser.init(weights), begin), given)
    return Trained(eqx.combine(best[0], shape), best[1], best[2], losses)


def fresh(data: Batch, segment: int) -> Array:
    """Which steps of a segment count (B, T): in one that does not begin its sequence, the second half.

    A prediction then always has the past of half a segment, or all there is: the same in training as afterwards.
    """
    begun = jnp.arange(data.inputs.shape[1])[None, :] >= segment // 2
    return begun | (data.begins[:, None] == 0)


@compiled
def run(network: Network, inputs: Float[Array, "batch time input"]) -> Float[Array, "batch time output"]:
    """What a network outputs for each sequence, at every step."""
    if len(inputs) <= TOGETHER:
        return jax.vmap(network)(inputs)
    return jax.lax.map(network, inputs, batch_size=TOGETHER)


@compiled
def run_on(
    network: Network,
    pasts: Float[Array, "run window input"],
    known: Int[Array, "run"],
    steps: int,
    next_input: Callable[[Array], Array],
) -> Float[Array, "run step output"]:
    """Go on from each past, every output becoming the next input, by a window that moves along.

    Args:
        pasts: the last steps received, from the start of the window on; what is beyond `known` is filled as steps come.
        known: how many there are, at least 1.
        next_input: makes an output an input, of the same channels on another scale.
    """
    window = pasts.shape[1]

    def one(past: Array, count: Array) -> Array:
        def step(carry: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], Array]:
            past, count = carry
            predicted = network(past)[count - 1]
            full = count == window
            past = jnp.where(full, jnp.roll(past, -1, axis=0), past)
            count = jnp.where(full, count, count + 1)
            return (past.at[count - 1].set(next_input(predicted)), count), predicted

        return jax.lax.scan(step, (past, count), None, length=steps)[1]

    return jax.vmap(one)(pasts, known)
