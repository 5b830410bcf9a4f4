"""A causal transformer decoder and an LSTM, each a map of one sequence of inputs to one output a step."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from aurita._jax import eqx, jax, jnp
from aurita._typing import Array, Float


class Decoder(eqx.Module):
    """The decoder of Vaswani et al. 2017 with normalisation before each half of a block (Xiong et al. 2020).

    Positions are the sines of the first paper, counted from the first step given.
    """

    embedding: eqx.nn.Linear
    blocks: tuple["Block", ...]
    norm: eqx.nn.LayerNorm

    def __init__(self, channels: int, width: int, layers: int, heads: int, *, key: Array) -> None:
        first, *keys = jax.random.split(key, layers + 1)
        self.embedding = eqx.nn.Linear(channels, width, key=first)
        self.blocks = tuple(Block(width, heads, key=key) for key in keys)
        self.norm = eqx.nn.LayerNorm(width)

    def __call__(self, x: Float[Array, "time input"]) -> Float[Array, "time width"]:
        h = jax.vmap(self.embedding)(x)
        h = h + positions(*h.shape)
        mask = jnp.tril(jnp.ones((len(x), len(x)), dtype=bool))
        for block in self.blocks:
            h = block(h, mask)
        return jax.vmap(self.norm)(h)


class Block(eqx.Module):
    """Masked self-attention and a feed-forward net of four times the width, each beside a residual."""

    norms: tuple[eqx.nn.LayerNorm, eqx.nn.LayerNorm]
    attention: eqx.nn.MultiheadAttention
    up: eqx.nn.Linear
    down: eqx.nn.Linear

    def __init__(self, width: int, heads: int, *, key: Array) -> None:
        keys = jax.random.split(key, 3)
        # A head's size is rounded down, so that any width goes with any number of heads.
        size = max(1, width // heads)
        self.norms = (eqx.nn.LayerNorm(width), eqx.nn.LayerNorm(width))
        self.attention = eqx.nn.MultiheadAttention(
            heads,
            width,
            qk_size=size,
            vo_size=size,
            use_query_bias=True,
            use_key_bias=True,
            use_value_bias=True,
            use_output_bias=True,
            key=keys[0],
        )
        self.up = eqx.nn.Linear(width, 4 * width, key=keys[1])
        self.down = eqx.nn.Linear(4 * width, width, key=keys[2])

    def __call__(self, h: Float[Array, "time width"], mask: Array) -> Float[Array, "time width"]:
        z = jax.vmap(self.norms[0])(h)
        h = h + self.attention(z, z, z, mask)
        z = jax.vmap(self.norms[1])(h)
        return h + jax.vmap(lambda row: self.down(jax.nn.gelu(self.up(row))))(z)


class Recurrent(eqx.Module):
    """Layers of an LSTM (Hochreiter and Schmidhuber 1997, with forget gates) from a state of zeros."""

    cells: tuple[eqx.nn.LSTMCell, ...]

    def __init__(self, channels: int, width: int, layers: int, *, key: Array) -> None:
        sizes = [channels, *[width] * layers]
        keys = jax.random.split(key, layers)
        self.cells = tuple(_remembering(a, b, key) for (a, b), key in zip(pairwise(sizes), keys, strict=True))

    def __call__(self, x: Float[Array, "time input"]) -> Float[Array, "time width"]:
        for cell in self.cells:
            x = _run(cell, x)
        return x


class Network(eqx.Module):
    """A body and a linear head, on the body's state or, `pooled`, on the mean of its states so far."""

    body: Callable[[Array], Array]
    head: eqx.nn.Linear
    pooled: bool = eqx.field(static=True)

    def __call__(self, x: Float[Array, "time input"]) -> Float[Array, "time output"]:
        h = self.body(x)
        if self.pooled:
            h = jnp.cumsum(h, axis=0) / jnp.arange(1, len(h) + 1)[:, None]
        return jax.vmap(self.head)(h)


def parameter_count(network: object) -> int:
    """Numbers in a network, all of them trained.

    Example:
        >>> parameter_count(eqx.nn.Linear(3, 2, key=jax.random.key(0)))
        8
    """
    leaves = jax.tree.leaves(eqx.filter(network, lambda leaf: hasattr(leaf, "shape")))
    return sum(int(np.prod(leaf.shape)) for leaf in leaves)


def positions(steps: int, width: int) -> Float[Array, "time width"]:
    """Sines and cosines of the step at wavelengths from 2 pi to 10,000 times that."""
    half = (width + 1) // 2
    angles = jnp.arange(steps)[:, None] / 10_000.0 ** (jnp.arange(half) / half)
    return jnp.concatenate([jnp.sin(angles), jnp.cos(angles)], axis=1)[:, :width]


def _remembering(channels: int, width: int, key: Array) -> eqx.nn.LSTMCell:
    """A cell whose forget gates start open, without which long memory is hard to learn (Jozefowicz et al. 2015)."""
    cell = eqx.nn.LSTMCell(channels, width, key=key)
    forget = slice(width, 2 * width)
    return eqx.tree_at(lambda c: c.bias, cell, replace_fn=lambda bias: bias.at[forget].add(1.0))


def _run(cell: eqx.nn.LSTMCell, x: Float[Array, "time input"]) -> Float[Array, "time width"]:
    def step(state: tuple[Array, Array], row: Array) -> tuple[tuple[Array, Array], Array]:
        state = cell(row, state)
        return state, state[0]

    zeros = jnp.zeros(cell.hidden_size)
    return jax.lax.scan(step, (zeros, zeros), x)[1]
