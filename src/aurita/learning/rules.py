"""Selection rules: which units take a gradient step after a batch, and what they are ranked by.

A rule is a function of one number a unit, its loss by default, of who may learn at all, the graph distances, a key and
the number of the step; it returns a mask over the units. What units may be ranked by instead is a measure of how they
learnt so far, made of running statistics of their losses. All of it computes with arrays of numpy as with those of JAX,
and names the same units.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from aurita._jax import jax, jnp
from aurita._keys import categorical
from aurita._tree import mapped
from aurita._typing import Array, Bool, Float, Int

Mask = Bool[Array, "unit"]

_NEXT_TO_NOTHING = 1e-30


def everyone(losses: Float[Array, "unit"], may: Mask, near: Mask, key: Array, step: Int[Array, ""]) -> Mask:
    """All units at once."""
    del losses, near, key, step
    return may


def largest(losses: Float[Array, "unit"], may: Mask, near: Mask, key: Array, step: Int[Array, ""]) -> Mask:
    """The one unit with the largest loss."""
    del near, key, step
    xp = _of(losses)
    return _one(xp.argmax(xp.where(may, losses, -np.inf)), may)


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
    xp = _of(losses)
    order = xp.argsort(-xp.where(may, losses, -np.inf), **({"kind": "stable"} if xp is np else {}))
    if xp is np:
        taken = np.zeros_like(may)
        for unit in order:
            taken[unit] = may[unit] and not (taken & near[unit]).any()
        return taken

    def consider(i: Array, taken: Mask) -> Mask:
        unit = order[i]
        free = may[unit] & ~jnp.any(taken & near[unit])
        return taken.at[unit].set(free)

    return jax.lax.fori_loop(0, len(losses), consider, jnp.zeros_like(may))


def proportional(losses: Float[Array, "unit"], may: Mask, near: Mask, key: Array, step: Int[Array, ""]) -> Mask:
    """One unit, drawn with probability proportional to its loss; what is below zero counts as next to nothing."""
    del near, step
    xp = _of(losses)
    losses = xp.where(may, xp.maximum(losses, 0.0), 0.0)
    logits = xp.log(losses / xp.where(losses.max() > 0, losses.max(), 1.0) + _NEXT_TO_NOTHING)
    return _one(_drawn(key, xp.where(may, logits, -np.inf)), may)


def random(losses: Float[Array, "unit"], may: Mask, near: Mask, key: Array, step: Int[Array, ""]) -> Mask:
    """One unit, any."""
    del near, step
    xp = _of(losses)
    return _one(_drawn(key, xp.where(may, xp.zeros_like(losses), -np.inf)), may)


def round_robin(losses: Float[Array, "unit"], may: Mask, near: Mask, key: Array, step: Int[Array, ""]) -> Mask:
    """One unit after the other, in order."""
    del losses, near, key
    xp = _of(may)
    turn = step % xp.maximum(may.sum(), 1)
    return may & (xp.cumsum(may) - 1 == turn)


class Course(NamedTuple):
    """How the losses of units went over the steps that they took.

    Attributes:
        fast: running mean of the loss over the last steps.
        slow: running mean over more of them.
        lasting: what is left of the loss after own steps: an estimate of what cannot be learnt.
    """

    fast: Float[Array, "unit"]
    slow: Float[Array, "unit"]
    lasting: Float[Array, "unit"]

    @staticmethod
    def unknown(units: int) -> "Course":
        """Of units whose losses are not known yet."""
        return Course(*(np.full(units, begun, np.float32) for begun in (np.nan, np.nan, 0.0)))

    def met(self, losses: Float[Array, "unit"]) -> "Course":
        """The same, where units without a past begin: as if their loss had just halved, so that each is tried."""
        xp = _of(losses)
        new = xp.isnan(self.fast)
        return Course(xp.where(new, losses, self.fast), xp.where(new, 2 * losses, self.slow), self.lasting)

    def after(self, losses: Float[Array, "unit"], chosen: Mask) -> "Course":
        """The same after some units took a step at these losses.

        Example:
            >>> import jax.numpy as jnp
            >>> course = Course.unknown(2).met(jnp.array([1.0, 1.0])).after(jnp.ones(2), jnp.array([True, False]))
            >>> [round(float(value), 3) for value in reducible(jnp.ones(2), course)]
            [0.9, 1.0]
        """
        xp, met = _of(losses), self.met(losses)
        crept = xp.where(losses < met.fast, met.lasting, met.lasting + _LASTING * (losses - met.lasting))
        lasting = xp.minimum(crept, losses)
        moved = Course(met.fast + _FAST * (losses - met.fast), met.slow + _SLOW * (losses - met.slow), lasting)
        return mapped(lambda new, old: xp.where(chosen, new, old), moved, met)


def loss(losses: Float[Array, "unit"], course: Course) -> Float[Array, "unit"]:
    """The loss itself."""
    del course
    return losses


def progress(losses: Float[Array, "unit"], course: Course) -> Float[Array, "unit"]:
    """Learning progress: the recent fall of the loss over a unit's own steps, a slow running mean minus a fast one.

    Source: Schmidhuber 1991, "Curious model-building control systems"; Oudeyer, Kaplan and Hafner 2007, "Intrinsic
    motivation systems for autonomous mental development".
    """
    met = course.met(losses)
    return met.slow - met.fast


def reducible(losses: Float[Array, "unit"], course: Course) -> Float[Array, "unit"]:
    """Reducible loss: the loss minus an estimate of what cannot be learnt, here what was left of it after own steps.

    The estimate starts at zero, creeps up to the loss with every step of the unit that finds its loss no lower than
    over the last ones, and never exceeds a loss that a step began with: a unit whose loss does not fall however often
    it is chosen is left alone.

    Source: after Mindermann et al. 2022, "Prioritized training on points that are learnable, worth learning, and not
    yet learnt" (RHO-LOSS), who take the loss of a model learnt on held-out data for that part.
    """
    return losses - course.lasting


def _one(unit: Array, may: Mask) -> Mask:
    return may & (_of(may).arange(len(may)) == unit)


def _drawn(key: Array, logits: Float[Array, "unit"]) -> Any:
    return categorical(key, logits) if isinstance(logits, np.ndarray) else jax.random.categorical(key, logits)


def _of(array: Any) -> Any:
    """The library that an array is of."""
    return np if isinstance(array, np.ndarray) else jnp


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

DRAWN = ("random", "proportional")
"""Rules that draw."""

MEASURES: dict[str, Callable[..., Float[Array, "unit"]]] = {"loss": loss, "progress": progress, "reducible": reducible}
"""What units may be ranked by."""

_FAST, _SLOW, _LASTING = 0.3, 0.1, 0.1
