"""The phase unit: oscillators that their inputs push on, a clock of events.

    theta_i(t) = (1 - a) theta_i(t-1) + w_i z_i(t),   y = (sin theta_1, cos theta_1, sin theta_2, cos theta_2, ...)

A unit that receives a marker counts markers; one that receives an opening bracket holds, with the clock, the depth.
What attention needs to find the third of something is the count beside it. Without a leak a phase never forgets: it is
kept within a turn and in two float32, so that nothing is lost in a billion steps.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from aurita._jax import jax, jnp
from aurita._keys import Key
from aurita._typing import Array, Float
from aurita.errors import AuritaError
from aurita.units.lanes import Inputs, Lived, Params, Time
from aurita.units.summing import SummingUnit
from aurita.units.unit import Response, at_least, drawn


@dataclass(frozen=True, kw_only=True)
class PhaseUnit(SummingUnit):
    """Slots in pairs that add up the inputs of the unit and give sine and cosine of the sum; it learns nothing.

    Through a passage all slots receive the same: the sum of the unit's afferents.

    Attributes:
        slots: an even number.
        frequency: radians per unit of input of the fastest and of the slowest pair; those between are spaced evenly on
            a logarithmic scale.
        leak: share of a phase that is lost in a step; 0 for one that never forgets.

    Source: a rotation by the inputs, as in linear recurrent units with complex weights (Orvieto et al. 2023,
    "Resurrecting recurrent neural networks for long sequences"), here by an angle that the input gives.

    Example:
        >>> from aurita._keys import new_key
        >>> weights = PhaseUnit(slots=4, frequency=(1.0, 0.25)).init(new_key(0), units=1)
        >>> weights["frequency"].ravel().tolist()
        [1.0, 1.0, 0.25, 0.25]
    """

    slots: int = 4
    frequency: tuple[float, float] = (1.05, 0.15)
    leak: float = 0.0

    weight: ClassVar[str] = "frequency"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.slots % 2:
            raise AuritaError(f"slots is {self.slots}; expected an even number: a sine and a cosine a pair")
        for bound in self.frequency:
            at_least("frequency", bound, 1e-12)
        if not 0 <= self.leak <= 1:
            raise AuritaError(f"leak is {self.leak}; expected a share between 0 and 1")

    def init(self, key: Key, units: int, targets: int = 0) -> Params:
        del key, targets
        frequency = np.repeat(np.geomspace(*self.frequency, self.slots // 2), 2)
        return drawn({"frequency": np.tile(frequency[:, None], units)})

    def step(
        self, prepared: Params, state: Float[Array, "part slot unit batch"], inputs: Inputs, time: Time, steps: Lived
    ) -> tuple[Array, Response]:
        del time, steps
        frequency = prepared["frequency"][..., None]
        if self.leak:
            # A leak forgets rounding as well, and a turn left out would leak as none.
            phase, rest = (1 - self.leak) * state[0] + frequency * inputs, jnp.zeros_like(state[1])
        else:
            phase, rest = turned(state[0], state[1], frequency, inputs)
        sine = (jnp.arange(self.slots) % 2 == 0)[:, None, None]
        output = jnp.where(sine, jnp.sin(phase), jnp.cos(phase))
        return jnp.stack([phase, rest]), Response(output, {"received": inputs})


def turned(
    phase: Float[Array, "..."], rest: Float[Array, "..."], frequency: Float[Array, "..."], inputs: Float[Array, "..."]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """A phase after `frequency * inputs` was added, within a turn.

    Phase and rest are one number of twice the digits. Every product is of halves of digits and so exact, which makes
    the result the same whether or not it is fused with the sum that takes it.

    Source: Dekker 1971, "A floating-point technique for extending the available precision"; the reduction: Cody and
    Waite 1980, "Software manual for the elementary functions".
    """
    (a, b), (c, d) = _halves(jnp.broadcast_to(frequency, inputs.shape)), _halves(inputs)
    for product in (a * c, a * d, b * c):
        phase, lost = _sum(phase, product)
        rest = rest + lost
    rest = rest + b * d
    turns = jnp.round(phase * np.float32(1 / (2 * np.pi)))
    for part in _TURN:
        phase, lost = _sum(phase, -turns * part)
        rest = rest + lost
    return _sum(phase, rest)


def _halves(values: Float[Array, "..."]) -> tuple[Array, Array]:
    """The first twelve digits of each number, and the others."""
    bits = jax.lax.bitcast_convert_type(values, jnp.uint32) & np.uint32(0xFFFFF000)
    first = jax.lax.bitcast_convert_type(bits, jnp.float32)
    return first, values - first


def _sum(a: Array, b: Array) -> tuple[Array, Array]:
    """The sum of two numbers, and what its rounding lost."""
    total = a + b
    other = total - a
    return total, (a - (total - other)) + (b - other)


def _parts_of(value: float, digits: int, count: int) -> tuple[np.float32, ...]:
    """A number as a sum of some with so many binary digits, so that products with small whole numbers are exact."""
    found = []
    for _ in range(count):
        size = 2.0 ** (np.floor(np.log2(abs(value))) - digits + 1)
        found.append(np.float32(np.floor(value / size) * size))
        value -= float(found[-1])
    return tuple(found)


_TURN = _parts_of(2 * np.pi, 12, 4)
