"""The anarchist unit, ancestor of the others (April 2024): two matrices, two regressions, no gradient.

    s(t) = x(t) Ws,   phi(t+1) = s(t) Wphi

`Ws` is regressed so that the state meets the guess made one step before, `Wphi` so that the guess meets the state; each
is a ridge regression of its own, and both move at once. Nothing forbids the two to agree on zero, and they do: every
regression shrinks what it fits. `constraint` is the cure: a state that may not collapse.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from aurita._jax import jnp, library_of
from aurita._keys import Key, split
from aurita._typing import Array, Float, PyTree
from aurita.units.lanes import Inputs, Lived, Params, Time, linear
from aurita.units.unit import Exported, Response, Unit, at_least, drawn, normal, one_of

CONSTRAINTS = ("none", "unit_variance", "whitened")


@dataclass(frozen=True, kw_only=True)
class AnarchistUnit(Unit):
    """Two `D x D` matrices that learn to agree, by regression.

    Features: `sum`, the sum over the state, which the notebook took for the unit's output.

    Attributes:
        gain: standard deviation of a starting weight times the square root of `D`.
        ridge: penalty of both regressions, relative to the mean square of what they regress on.
        constraint: `none` as invented, or a cure for the collapse: `unit_variance` rescales every dimension of the
            state to variance one after its regression, `whitened` takes out the correlations too.

    Example:
        >>> from aurita._keys import new_key
        >>> unit = AnarchistUnit(slots=3)
        >>> sorted(unit.init(new_key(0), units=5))
        ['wphi', 'ws']
    """

    gain: float = 1.0
    ridge: float = 1e-3
    constraint: str = "none"

    learns_by: ClassVar[str] = "regression"

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least("gain", self.gain, 0)
        at_least("ridge", self.ridge, 0)
        one_of("constraint", self.constraint, CONSTRAINTS)

    def feature_sizes(self) -> dict[str, int]:
        return {"sum": 1}

    def init(self, key: Key, units: int, targets: int = 0) -> Params:
        del targets
        state_key, guess_key = split(key)
        shape, deviation = (self.slots, self.slots, units), self.gain / math.sqrt(self.slots)
        return drawn({"ws": normal(state_key, shape, deviation), "wphi": normal(guess_key, shape, deviation)})

    def weight_shapes(self, targets: int = 0) -> dict[str, tuple[int, ...]]:
        del targets
        return {"ws": (self.slots, self.slots), "wphi": (self.slots, self.slots)}

    def exported(self, weights: dict[str, np.ndarray], state: PyTree, time: int) -> Exported:
        del state, time
        return Exported(weights, np.zeros(0, np.float32))

    def prepare(self, params: Params) -> Array:
        return jnp.swapaxes(params["ws"], 0, 1)[..., None]

    def step(self, prepared: Array, state: Params, inputs: Inputs, time: Time, steps: Lived) -> tuple[Params, Response]:
        del time, steps
        output = linear(prepared, inputs)
        return state, Response(output, {"received": inputs, "sum": output.sum(0, keepdims=True)})

    def disagreement(
        self, params: Params, inputs: Float[Array, "*unit slot moment"], batch: int, weights: Float[Array, "moment"]
    ) -> Float[Array, "*unit slot"]:
        """Mean square difference between guess and state, by dimension; `weights` say which steps count."""
        states = _turned(params["ws"]) @ inputs
        errors = (_turned(params["wphi"]) @ states)[..., :-batch] - states[..., batch:]
        counted = weights[:-batch] * weights[batch:]
        return (errors**2 * counted).sum(-1) / library_of(inputs).maximum(counted.sum(), 1)

    def refit(
        self, params: Params, inputs: Float[Array, "*unit slot moment"], batch: int, weights: Float[Array, "moment"]
    ) -> Params:
        """Units after both regressions on a batch, made at once from the matrices as they were."""
        xp = library_of(inputs)
        if self.constraint != "none":
            # Without its mean: a constant is the easiest thing to agree on, and would grow without bound.
            inputs = inputs - (inputs * weights).sum(-1, keepdims=True) / xp.maximum(weights.sum(), 1)
        states = _turned(params["ws"]) @ inputs
        guesses = _turned(params["wphi"]) @ states[..., :-batch]
        counted = weights[:-batch] * weights[batch:]
        ws = self._regress(inputs[..., batch:], guesses, counted)
        wphi = self._regress(states[..., :-batch], states[..., batch:], counted)
        return {"ws": self._constrained(ws, inputs, weights), "wphi": wphi}

    def _regress(self, inputs: Array, outputs: Array, weights: Array) -> Float[Array, "*unit slot slot"]:
        xp, weighed = library_of(inputs), inputs * weights
        gram = weighed @ _turned(inputs)
        penalty = self.ridge * xp.trace(gram, axis1=-2, axis2=-1)[..., None, None] / self.slots + 1e-12
        return _solved(gram + penalty * xp.eye(self.slots, dtype=gram.dtype), weighed @ _turned(outputs))

    def _constrained(self, ws: Array, inputs: Array, weights: Array) -> Float[Array, "*unit slot slot"]:
        if self.constraint == "none":
            return ws
        xp, states = library_of(inputs), _turned(ws) @ inputs
        covariance = (states * weights) @ _turned(states) / xp.maximum(weights.sum(), 1)
        if self.constraint == "unit_variance":
            return ws * _to_unit_variance(xp.diagonal(covariance, axis1=-2, axis2=-1))[..., None, :]
        # Numpy stops at a covariance that is no number, JAX goes on with it.
        fine = xp.isfinite(covariance).all((-2, -1), keepdims=True)
        values, vectors = xp.linalg.eigh(xp.where(fine, covariance, 0))
        return xp.where(fine, ws @ (vectors * _to_unit_variance(values)[..., None, :]) @ _turned(vectors), xp.nan)


def _turned(matrix: Float[Array, "*unit row column"]) -> Float[Array, "*unit column row"]:
    return library_of(matrix).swapaxes(matrix, -1, -2)


def _solved(
    matrix: Float[Array, "*unit slot slot"], given: Float[Array, "*unit slot slot"]
) -> Float[Array, "*unit slot slot"]:
    """The solution of each unit's equations; NaN where they have none, as JAX has it."""
    xp = library_of(matrix)
    try:
        return xp.linalg.solve(matrix, given)
    except np.linalg.LinAlgError:
        if len(matrix) == 1:
            return np.full_like(given, np.nan)
        return np.concatenate([_solved(matrix[u : u + 1], given[u : u + 1]) for u in range(len(matrix))])


def _to_unit_variance(variances: Float[Array, "*unit slot"]) -> Float[Array, "*unit slot"]:
    """Factors for the directions of a state; one where nothing is carried, or rounding would be blown up."""
    xp = library_of(variances)
    carried = variances > xp.maximum(1e-6 * variances.max(-1, keepdims=True), 1e-10)
    return xp.where(carried, 1 / xp.sqrt(xp.where(carried, variances, 1.0)), 1.0)
