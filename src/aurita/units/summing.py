"""What phase and trace units share: all slots receive the sum of the afferents, and each has one number of its own."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from aurita._typing import Array, Float
from aurita.units.unit import Unit, zeros


@dataclass(frozen=True, kw_only=True)
class SummingUnit(Unit, abstract=True):
    """Base of units with two numbers a slot as state: both parts of a phase; a trace, and zero, as kernels keep it."""

    weight: ClassVar[str]
    """Name of the one weight, a number for each slot."""

    def weight_shapes(self, targets: int = 0) -> dict[str, tuple[int, ...]]:
        del targets
        return {self.weight: (self.slots,)}

    def own_passage(self, afferents: int, units: int) -> dict[str, Float[np.ndarray, "..."]]:
        return {"matrix": np.ones((self.slots, afferents, units)), "bias": np.zeros((self.slots, units))}

    def initial_state(self, units: int, batch: int) -> Float[Array, "part slot unit batch"]:
        return zeros(2, self.slots, units, batch)
