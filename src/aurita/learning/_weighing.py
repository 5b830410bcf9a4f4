"""How a unit weighs its two losses in `mixed`: by how each fares on data that the unit does not learn from.

Each loss is divided by its running mean on that other part of the data, so that what is predicted badly there, noise or
a target that does not carry over, moves the unit less; and a unit's own future never weighs more than the target:

    alpha = min(1, target_outside / own_outside)

Source: Kendall, Gal and Cipolla 2018, "Multi-task learning using uncertainty to weigh losses", whose optimal weights
are inverse losses; theirs are of the data learnt from, where a target that overfits takes over.
"""

from typing import NamedTuple

import numpy as np

from aurita._jax import library_of
from aurita._tree import mapped
from aurita._typing import Array, Bool, Float
from aurita.learning._local_loss import START
from aurita.units.objectives import UnitLoss

MOST_WHERE_WEIGHED = 0.8
"""The most of the data that a unit learns from where it weighs its losses by the rest."""

_RATE = 0.1
_LEAST, _MOST = 0.01, 1.0


class Weighing(NamedTuple):
    """Running means of a unit's losses, NaN as long as they are not known.

    Attributes:
        inside: on the part that it learns from.
        outside: on the rest.
    """

    inside: UnitLoss
    outside: UnitLoss

    @staticmethod
    def unknown(units: int) -> "Weighing":
        """Of units that have not learnt yet."""
        return Weighing(*(UnitLoss(*(np.full(units, np.nan, np.float32) for _ in range(2))) for _ in range(2)))

    def after(self, inside: UnitLoss, outside: UnitLoss, known: Bool[Array, "unit"]) -> "Weighing":
        """The same after a batch that held sequences of both parts for the units that are `known`."""
        xp = library_of(known)

        def mean(old: Array, new: Array) -> Array:
            begun = xp.where(xp.isnan(old), new, old + _RATE * (new - old))
            return xp.where(known & xp.isfinite(new), begun, old)

        return mapped(mean, self, Weighing(inside, outside))

    def alpha(self) -> Float[Array, "unit"]:
        """The weight of `self` beside that of `target`, which is 1."""
        xp = library_of(self.outside.own)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = self.outside.target / self.outside.own
        return xp.where(xp.isnan(ratio), START, xp.clip(ratio, _LEAST, _MOST))
