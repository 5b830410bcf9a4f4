"""The trace unit: what was received, forgotten slowly and at several rates.

    s_i(t) = r_i s_i(t-1) + sqrt(1 - r_i^2) z(t),   r_i = exp(-1 / tau_i)

A unit that receives one input says of it what happened lately, a while ago and long ago: the sibling of units that
count. A sign that was seen once is still in the slowest trace hundreds of steps later, where no window reaches.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from aurita._jax import jnp
from aurita._keys import Key
from aurita._typing import Array, Float, PyTree
from aurita.errors import AuritaError
from aurita.units.lanes import Inputs, Lived, Params, Time
from aurita.units.summing import SummingUnit
from aurita.units.unit import Exported, Response, at_least, drawn

_SLOWEST = 1_000_000


@dataclass(frozen=True, kw_only=True)
class TraceUnit(SummingUnit):
    """Slots that all receive the same and forget it at rates of their own; it learns nothing.

    Through a passage all slots receive the sum of the unit's afferents: of one input with `receives="each"`. Traces are
    standardised: those of independent inputs of variance 1 have variance 1 in the long run.

    Attributes:
        slots: how many traces.
        tau: time constants of the fastest and of the slowest trace, in steps; those between are spaced evenly on a
            logarithmic scale, so that three by default have 10, 55 and 300.

    Source: the leaky integrators of Jaeger et al. 2007, "Optimization and applications of echo state networks with
    leaky-integrator neurons", without neurons; stimulus traces of Sutton and Barto 1981.

    Example:
        >>> TraceUnit(slots=4, tau=(1.0, 1000.0)).taus.round(3).tolist()
        [1.0, 10.0, 100.0, 1000.0]
    """

    slots: int = 3
    tau: tuple[float, float] = (10.0, 300.0)

    weight: ClassVar[str] = "rate"

    def __post_init__(self) -> None:
        super().__post_init__()
        for bound in self.tau:
            at_least("tau", bound, 0.1)
            if bound > _SLOWEST:
                raise AuritaError(f"tau is {bound}; expected at most {_SLOWEST:,} steps in single precision")

    @property
    def taus(self) -> Float[np.ndarray, "slot"]:
        """The time constant of each trace, in steps."""
        return np.geomspace(*self.tau, self.slots)

    def init(self, key: Key, units: int, targets: int = 0) -> Params:
        del key, targets
        return drawn({"rate": np.tile(-np.log(self.taus)[:, None], units)})

    def exported(self, weights: dict[str, np.ndarray], state: PyTree, time: int) -> Exported:
        """What a trace keeps of itself in a step, and what it takes in: rounded once, as many steps multiply it."""
        del time
        rate = np.exp(weights["rate"].astype(float))
        own = {"kept": np.exp(-rate), "taken": np.sqrt(-np.expm1(-2 * rate))}
        return Exported(own, np.asarray(state)[0, ..., 0])

    def step(
        self, prepared: Params, state: Float[Array, "part slot unit batch"], inputs: Inputs, time: Time, steps: Lived
    ) -> tuple[Array, Response]:
        del time, steps
        rate = jnp.exp(prepared["rate"])[..., None]
        # Not 1 - r^2, which loses digits where a trace is slow.
        trace = jnp.exp(-rate) * state[0] + jnp.sqrt(-jnp.expm1(-2 * rate)) * inputs
        return jnp.stack([trace, jnp.zeros_like(trace)]), Response(trace, {"received": inputs})
