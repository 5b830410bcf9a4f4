"""Attention over a memory: by age while a reservoir runs and at chosen steps, in blocks over whole sequences.

Windows of neighbouring steps overlap in all inputs but one. A block of steps therefore shares one stretch of inputs, as
long as the memory and the block; ages outside a step's own memory are masked. Scores become small matrix products, and
a gradient need not be scattered back from every age.
"""

from functools import reduce
from operator import add
from typing import NamedTuple

from aurita._jax import jax, jnp
from aurita._typing import Array, Float

_BLOCK = 16
_NEVER = -1e30


class Blocks(NamedTuple):
    """The memories of all steps of whole sequences, from a fresh start.

    Attributes:
        stretches: what the steps of a block remember, oldest first.
        steps: of the sequences.
    """

    stretches: Float[Array, "block stored stretch batch"]
    steps: int


def in_blocks(stored: Float[Array, "stored moment"], memory: int, batch: int) -> Blocks:
    """Cut what units store of every step into the stretches that blocks of steps remember."""
    steps = stored.shape[1] // batch
    blocks, stretch = -(-steps // _BLOCK), _BLOCK + memory - 1
    before = (0, 0), (memory - 1, blocks * _BLOCK - steps), (0, 0)
    padded = jnp.pad(stored.reshape(-1, steps, batch), before)
    cut = [jax.lax.slice_in_dim(padded, i * _BLOCK, i * _BLOCK + stretch, axis=1) for i in range(blocks)]
    return Blocks(jnp.stack(cut), steps)


def attend(
    query: Float[Array, "head stored *lanes"],
    memory: Float[Array, "age stored *lanes"] | Blocks,
    bias: object,
    alive: Array | None,
    slots: int,
) -> Float[Array, "head slot *lanes"]:
    """What each head brings: the inputs in memory, weighed by the softmax of their scores.

    Args:
        query: queries folded into the space of the stored inputs.
        bias: added to the scores, broadcast to `(head, age, *lanes)`.
        alive: ages that take part, or all; in blocks always all.
        slots: how many of the stored numbers are the input itself.
    """
    if isinstance(memory, Blocks):
        return _attend_in_blocks(query, memory, bias, slots)
    scores = reduce(add, [query[:, None, i] * memory[None, :, i] for i in range(query.shape[1])]) + bias
    if alive is not None:
        scores = jnp.where(alive, scores, -jnp.inf)
    exponentials = jnp.exp(scores - jax.lax.stop_gradient(scores.max(1, keepdims=True)))
    mixed = (exponentials[:, :, None] * memory[None, :, :slots]).sum(1)
    return mixed * (1 / exponentials.sum(1))[:, None]


def _attend_in_blocks(
    query: Float[Array, "head stored moment"], memory: Blocks, bias: Float[Array, "head age 1"], slots: int
) -> Float[Array, "head slot moment"]:
    heads, stored, lanes = query.shape
    blocks, _, stretch, batch = memory.stretches.shape
    padding = (0, 0), (0, 0), (0, blocks * _BLOCK - memory.steps), (0, 0)
    asked = jnp.pad(query.reshape(heads, stored, memory.steps, batch), padding)
    asked = asked.reshape(heads, stored, blocks, _BLOCK, batch)
    # At place `w` of its stretch, step `c` of a block finds what is `c + M - 1 - w` steps old.
    ages = bias.shape[1]
    age = jnp.arange(_BLOCK)[:, None] + ages - 1 - jnp.arange(stretch)
    own = (age >= 0) & (age < ages)
    by_place = jnp.where(own, bias[:, jnp.clip(age, 0, ages - 1), 0], _NEVER)
    scores = jnp.einsum("hskcb,kswb->hkbcw", asked, memory.stretches) + by_place[:, None, None]
    exponentials = jnp.exp(scores - jax.lax.stop_gradient(scores.max(-1, keepdims=True)))
    mixed = jnp.einsum("hkbcw,kswb->hskcb", exponentials, memory.stretches[:, :slots])
    mixed *= jnp.moveaxis(1 / exponentials.sum(-1), 2, -1)[:, None]
    return mixed.reshape(heads, slots, -1, batch)[:, :, : memory.steps].reshape(heads, slots, lanes)
