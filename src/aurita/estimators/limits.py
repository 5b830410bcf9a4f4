"""Limits of a series, such as no sales below zero: kept by forecasts, and by what they feed back.

A closed loop runs in differences and deviations. At each step the prediction is turned into a value of the series, held
within the limits, and turned back before the reservoir hears it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from aurita._jax import compiled, jax, jnp
from aurita._typing import Array, Float
from aurita.data.index import shown
from aurita.data.series import Series
from aurita.errors import AuritaError
from aurita.native.running import Bounds, native_generate, runs_natively
from aurita.reservoir import Reservoir, State
from aurita.reservoir.running import clock_inputs, make_step


@dataclass(frozen=True)
class Limits:
    """The least and the greatest value of a series; None where there is none.

    Example:
        >>> Limits(0, None).kept(np.array([-1.0, 2.0])).tolist()
        [0.0, 2.0]
    """

    lower: float | None
    upper: float | None

    @property
    def none(self) -> bool:
        """Whether there is no limit."""
        return self.lower is None and self.upper is None

    def kept(self, values: np.ndarray) -> np.ndarray:
        """Values held within the limits."""
        return values if self.none else np.clip(values, self.lower, self.upper)

    def check(self, given: Sequence[Series]) -> None:
        """Complain about series that lie outside.

        Raises:
            AuritaError: a value below `lower` or above `upper`.
        """
        for one in given:
            for name, limit, outside in (("lower", self.lower, np.less), ("upper", self.upper, np.greater)):
                if limit is None or not (wrong := outside(one.values, limit)).any():
                    continue
                step, channel = np.argwhere(wrong)[0]
                where = f"step {step}" if one.index is None else shown(one.index[step])
                column = f" ({one.columns[channel]})" if one.columns and len(one.columns) > 1 else ""
                raise AuritaError(
                    f"y is {one.values[step, channel]:g} at {where}{column} and {name}={limit:g}; expected no value "
                    f"{'below' if name == 'lower' else 'above'} it: mend the series, or give another {name}"
                )


class Loop(NamedTuple):
    """What turns predictions of a closed loop into values of the series, for each sequence of a batch.

    Attributes:
        weights: `(K,)`, of the last values, the oldest first, in what the past adds to a difference.
        past: `(B, K, O)`, the last values.
        mean, deviation: `(B, O)` of the differences.
        limits: of the values.
    """

    weights: Float[np.ndarray, "lag"]
    past: Float[np.ndarray, "batch lag output"]
    mean: Float[np.ndarray, "batch output"]
    deviation: Float[np.ndarray, "batch output"]
    limits: Limits


def limits_of(forecaster: Any) -> Limits:
    """The limits that a forecaster is given.

    Raises:
        AuritaError: no finite numbers, or a lower limit that is not below the upper one.
    """
    found = []
    for name in ("lower", "upper"):
        value = getattr(forecaster, name)
        number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
        if value is not None and not (number and np.isfinite(value)):
            raise AuritaError(f"{name} is {value!r}; expected a finite number, or None for no limit")
        found.append(None if value is None else float(value))
    lower, upper = found
    if lower is not None and upper is not None and not lower < upper:
        raise AuritaError(f"lower is {lower:g} and upper {upper:g}; expected lower below upper")
    return Limits(lower, upper)


def limited(
    reservoir: Reservoir,
    state: State,
    coefficients: Float[np.ndarray, "feature output"],
    intercept: Float[np.ndarray, "output"],
    first: Float[np.ndarray, "batch output"],
    covariates: Float[np.ndarray, "batch time covariate"],
    features: tuple[str, ...],
    loop: Loop,
) -> Float[np.ndarray, "batch time output"]:
    """As `aurita.generate`, with every prediction held within limits before it is heard."""
    lower = -np.inf if loop.limits.lower is None else loop.limits.lower
    upper = np.inf if loop.limits.upper is None else loop.limits.upper
    if runs_natively(reservoir):
        ahead, past = np.transpose(covariates, (1, 2, 0)), np.transpose(loop.past, (1, 2, 0))
        bounds = Bounds(loop.weights, past, loop.mean.T, loop.deviation.T, lower, upper)
        said = native_generate(reservoir, state, coefficients, intercept, first.T, ahead, features, bounds)
        return np.transpose(np.asarray(said, np.float64), (2, 0, 1))

    def single(array: np.ndarray) -> Array:
        return np.asarray(array, np.float32)

    found = _limited(
        reservoir,
        state,
        single(coefficients),
        single(intercept),
        single(first.T),
        single(np.transpose(covariates, (1, 2, 0))),
        single(loop.weights),
        single(np.transpose(loop.past, (1, 2, 0))),
        single(loop.mean.T),
        single(loop.deviation.T),
        single(np.array([lower, upper])),
        features,
    )
    return np.transpose(np.asarray(found, np.float64), (2, 0, 1))


@compiled
def _limited(
    reservoir: Reservoir,
    state: State,
    coefficients: Array,
    intercept: Array,
    first: Array,
    covariates: Array,
    weights: Array,
    past: Array,
    mean: Array,
    deviation: Array,
    ends: Array,
    features: tuple[str, ...],
) -> Float[Array, "time output batch"]:
    step = make_step(reservoir, features)
    clock = clock_inputs(reservoir, state.steps, covariates.shape[0])

    def body(carry: Any, given: Any) -> Any:
        state, past, said = carry
        known, ticks = given
        carried = jnp.tensordot(weights, past, 1)
        value = said * deviation + mean + carried
        held = jnp.clip(value, ends[0], ends[1])
        said = jnp.where(held == value, said, (held - carried - mean) / deviation)
        past = jnp.concatenate([past, held[None]])[1:]
        if reservoir.feedback:
            state = state.replace(feedback=said)
        state, pieces = step(state, jnp.concatenate([said, known, ticks]))
        seen = jnp.concatenate([piece.reshape(-1, said.shape[1]) for piece in pieces])
        return (state, past, coefficients.T @ seen + intercept[:, None]), said

    return jax.lax.scan(body, (state, past, first), (covariates, clock))[1]
