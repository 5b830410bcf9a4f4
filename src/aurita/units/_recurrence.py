"""Linear recurrences with a diagonal matrix: `s(t) = a(t) s(t-1) + u(t)`, each state on its own.

The gradient through all of time is exact and of the same form, run backwards: `g(t) = ds(t) + a(t+1) g(t+1)`. So the
backward pass is one more scan, and nothing is kept for it but the states.
"""

from collections.abc import Callable
from functools import cache

from aurita._jax import jax, jnp
from aurita._typing import Array, Complex


def recurrence(
    decay: Complex[Array, "time state batch"],
    drive: Complex[Array, "time state batch"],
    start: Complex[Array, "state batch"] | None = None,
) -> Complex[Array, "time state batch"]:
    """States at every step.

    Args:
        decay: factor on the state before.
        drive: what is added.
        start: state before the first step; zeros by default.

    Source: the scan over a diagonal recurrence of Martin and Cundy 2018, "Parallelizing linear recurrent neural nets
    over sequence length".

    Example:
        >>> import jax.numpy as jnp
        >>> recurrence(jnp.full((3, 1, 1), 0.5 + 0j), jnp.ones((3, 1, 1)) + 0j).real.ravel().tolist()
        [1.0, 1.5, 1.75]
    """
    if start is not None:
        drive = drive.at[0].add(decay[0] * start)
    return _differentiable()(decay, drive)


@cache
def _differentiable() -> Callable[[Array, Array], Array]:
    @jax.custom_vjp
    def states(decay: Array, drive: Array) -> Array:
        return _scanned(decay, drive)

    def forward(decay: Array, drive: Array) -> tuple[Array, tuple[Array, Array]]:
        found = _scanned(decay, drive)
        return found, (decay, found)

    def backward(kept: tuple[Array, Array], given: Array) -> tuple[Array, Array]:
        decay, found = kept
        after = jnp.concatenate([decay[1:], jnp.zeros_like(decay[:1])])
        gradient = _scanned(after[::-1], given[::-1])[::-1]
        before = jnp.concatenate([jnp.zeros_like(found[:1]), found[:-1]])
        return gradient * before, gradient

    states.defvjp(forward, backward)
    return states


def _scanned(decay: Array, drive: Array) -> Array:
    """Step by step on a CPU, where that is several times faster, and parallel in time elsewhere."""
    if jax.default_backend() != "cpu":
        return jax.lax.associative_scan(lambda a, b: (a[0] * b[0], b[0] * a[1] + b[1]), (decay, drive))[1]

    def step(state: Array, given: tuple[Array, Array]) -> tuple[Array, Array]:
        state = given[0] * state + given[1]
        return state, state

    return jax.lax.scan(step, jnp.zeros_like(drive[0]), (decay, drive))[1]
