"""Early stopping on held-out local loss, unit by unit where a unit's loss is its own affair, otherwise jointly.

Where nobody receives a unit that learns, every unit receives the same whatever the others become: each keeps the
weights of its own best check. Elsewhere the weights of one step belong together, as a unit taken from another step
would receive another reservoir: all are taken from the step of the best mean.

Source: Prechelt 1998, "Early stopping - but when?"
"""

import numpy as np

from aurita._tree import mapped
from aurita._typing import Bool, Float
from aurita.reservoir import Reservoir


class Stopping:
    """Keeps the best weights, and says who may go on.

    Attributes:
        best: the reservoir of the best weights so far.
        checks: held-out losses of the units at every check.
    """

    def __init__(self, reservoir: Reservoir, may: Bool[np.ndarray, "unit"], patience: int, *, alone: bool) -> None:
        self.best, self.checks = reservoir, list[np.ndarray]()
        self._may, self._patience, self._alone = may, patience, alone
        self._loss, self._step = np.full(len(may), np.inf), np.zeros(len(may), int)

    def check(self, reservoir: Reservoir, losses: Float[np.ndarray, "unit"], done: int) -> Bool[np.ndarray, "unit"]:
        """Compare with the best after `done` steps.

        Args:
            losses: held out; NaN for units that have none, which follow the mean.

        Returns:
            Which units may go on.
        """
        self.checks.append(losses)
        known = losses[~np.isnan(losses)]
        mean = known.mean() if len(known) else 0.0
        now = np.where(np.isnan(losses), mean, losses) if self._alone else np.full(len(losses), mean)
        better = now < self._loss
        self._loss = np.where(better, now, self._loss)
        self._step[better] = done
        self.best = units_from(reservoir, self.best, better)
        return self._may & (done - self._step < self._patience)


def units_from(new: Reservoir, old: Reservoir, which: Bool[np.ndarray, "unit"]) -> Reservoir:
    """The old reservoir with the weights of some units of the new one."""
    weights = [
        mapped(lambda a, b, own=which[place]: np.where(own, np.asarray(a), np.asarray(b)), *pair)
        for place, *pair in zip(new.places, new.weights, old.weights, strict=True)
    ]
    return old.replace(weights=tuple(weights))
