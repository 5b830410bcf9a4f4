"""Selection rules: which units take a gradient step after a batch.

A rule is a function of the units' losses, who may learn at all, the graph distances, a key and the number of the step;
it returns a mask over the units.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

Mask = Bool[Array, "unit"]


def everyone(losses: Float[Array, "unit"], may: Mask, near: Mask, key: Array, step: Int[Array, ""]) -> Mask:
    """All units at once."""
    del losses, near, key, step
    return may


def largest(losses: Float[Array, "unit"], may: Mask, near: Mask, key: Array, step: Int[Array, ""]) -> Mask:
    """The one unit with the largest loss."""
    del near, key, step
    return _one(jnp.argmax(jnp.where(may, losses, -jnp.inf)), may)


def spaced(losses: Float[Array, "unit"], may: Mask, near: Bool[Array, "unit unit"], key: Array, step: Array) -> Mask:
    """Largest losses first, every further unit not near any of those taken.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> chain = jnp.abs(jnp.arange(4)[:, None] - jnp.arange(4)) < 2
        >>> losses, may = jnp.array([1.0, 4.0, 3.0, 2.0]), jnp.ones(4, bool)
        >>> spaced(losses, may, chain, jax.random.key(0), jnp.array(0)).tolist()
        [False, True, False, True]
    """
    del key, step
    order = jnp.argsort(-jnp.where(may, losses, -jnp.inf))

    def consider(i: Array, taken: Mask) -> Mask:
        unit = order[i]
        free = may[unit] & ~jnp.any(taken & near[unit])
        return taken.at[unit].set(free)

    return jax.lax.fori_loop(0, len(losses), consider, jnp.zeros_like(may))


def proportional(losses: Float[Array, "unit"], may: Mask, near: Mask, key: Array, step: Int[Array, ""]) -> Mask:
    """One unit, drawn with probability proportional to its loss."""
    del near, step
    return _one(jax.random.categorical(key, jnp.where(may, jnp.log(losses + 1e-30), -jnp.inf)), may)


def random(losses: Float[Array, "unit"], may: Mask, near: Mask, key: Array, step: Int[Array, ""]) -> Mask:
    """One unit, any."""
    del near, step
    return _one(jax.random.categorical(key, jnp.where(may, jnp.zeros_like(losses), -jnp.inf)), may)


def round_robin(losses: Float[Array, "unit"], may: Mask, near: Mask, key: Array, step: Int[Array, ""]) -> Mask:
    """One unit after the other, in order."""
    del losses, near, key
    turn = step % jnp.maximum(may.sum(), 1)
    return may & (jnp.cumsum(may) - 1 == turn)


def _one(unit: Array, may: Mask) -> Mask:
    return may & (jnp.arange(len(may)) == unit)


RULES: dict[str, Callable[..., Mask]] = {
    "all": everyone,
    "largest": largest,
    "spaced": spaced,
    "proportional": proportional,
    "random": random,
    "round_robin": round_robin,
}

BLIND = ("all", "random", "round_robin")
"""Rules that do not look at the losses."""
