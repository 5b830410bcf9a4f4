"""Products of small matrices with many lanes: feature axes first, lanes (units x batch, or windows) last.

A unit's arithmetic is written once and serves twice. While a reservoir runs, weights end in the lanes `(unit, 1)` and
inputs in `(unit, batch)`, and a product is a sum of scaled lanes that the compiler fuses. While one unit learns,
weights end in a lane of one and inputs in the lane of its windows, and the same product is a matrix multiplication.
"""

from functools import reduce
from operator import add

from aurita._jax import jax, jnp
from aurita._typing import Array, Float, Int

Params = dict[str, Array]

Inputs = Float[Array, "slot unit batch"]
"""What units receive at a step."""
Time = Int[Array, ""]
"""Steps run so far, the same for the whole batch."""
Lived = Int[Array, "batch"]
"""Steps lived so far by each sequence."""
Moments = Float[Array, "slot moment"]
"""What one unit receives over whole sequences; the batch runs within a step."""
Start = dict[str, Float[Array, "state batch"]]
"""States of one unit before the first step, by name."""

# Longer sums are left to the compiler's reductions: unrolled ones take it too long to compile.
_UNROLLED = 96


def linear(weights: Float[Array, "out in *#lanes"], inputs: Float[Array, "in *#lanes"]) -> Float[Array, "out *#lanes"]:
    """`weights @ inputs`, lane by lane.

    Example:
        >>> import jax.numpy as jnp
        >>> linear(jnp.ones((2, 3, 5, 1)), jnp.ones((3, 5, 7))).shape
        (2, 5, 7)
    """
    if weights.ndim == 3:
        return jnp.tensordot(weights[..., 0], inputs, 1)
    if weights.shape[1] > _UNROLLED:
        return (weights * inputs).sum(1)
    return reduce(add, [weights[:, i] * inputs[i] for i in range(weights.shape[1])])


def linear_per_head(
    weights: Float[Array, "head out in *#lanes"], inputs: Float[Array, "head in *#lanes"]
) -> Float[Array, "head out *#lanes"]:
    """`weights[h] @ inputs[h]` for every head, lane by lane."""
    if weights.ndim == 4:
        return jnp.einsum("hoi,hiw->how", weights[..., 0], inputs)
    return reduce(add, [weights[:, :, i] * inputs[:, None, i] for i in range(weights.shape[2])])


def computed_once(x: Array, like: Array) -> Array:
    """`x`, computed once while a reservoir runs; fused into its readers it would be computed in each of them."""
    return jax.lax.optimization_barrier(x) if like.ndim == 3 else x


def with_lanes(params: Params) -> Params:
    """Weights whose lanes broadcast over a batch or over windows."""
    return {name: value[..., None] for name, value in params.items()}


def at_steps(values: Float[Array, "slot moment"], batch: int, steps: tuple[int, ...]) -> Float[Array, "slot kept"]:
    """Some steps of what runs over time, and over the batch within a step."""
    return values.reshape(len(values), -1, batch)[:, jnp.asarray(steps)].reshape(len(values), -1)
