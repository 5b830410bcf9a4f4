"""Which units stay: those that lower the readout's error on data that neither they nor the readout learnt from.

Units are added one at a time, each time the one that lowers the held-out error of a ridge readout most, until nothing
does or the readout would see too many features. Afterwards the units that stay learn again, from the weights that they
were drawn with, on everything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from aurita.errors import AuritaError
from aurita.reservoir import Reservoir
from aurita.society.pruning import keep_units

_PENALTIES = (1e-6, 1e-4, 1e-2, 1e-1, 1.0)
_LEAST_GAIN = 1e-3

Rows = tuple[Float[np.ndarray, "row feature"], Float[np.ndarray, "row output"]]


@dataclass(frozen=True, eq=False)
class Choice:
    """What was chosen, and why.

    Attributes:
        reservoir: the units that stay, with the weights that they were drawn with.
        units: their numbers in the whole society, in the order in which they were added.
        errors: held-out mean square error of the readout after each, in variances of the targets.
        alone: of every unit of the society, held-out error of a readout that sees only it; NaN where it has no
            features.
    """

    reservoir: Reservoir
    units: tuple[int, ...]
    errors: tuple[float, ...]
    alone: Float[np.ndarray, "unit"]


def choose(
    drawn: Reservoir,
    learnt: Reservoir,
    rows: Callable[[Reservoir, Any], Rows],
    fitted: Any,
    held: Any,
    *,
    owners: Int[np.ndarray, "feature"],
    most: int,
) -> Choice:
    """Choose units by the held-out error of a readout.

    Args:
        drawn: the society as drawn.
        learnt: the same after it has learnt on `fitted`.
        rows: gives features and targets of a part of the data for the readout; all features of a unit are taken or
            none.
        fitted: the part to learn and to read out on.
        held: the part to judge on.
        owners: the unit that each feature belongs to, see `aurita.running.feature_owners`; -1 for features that are
            always there, such as inputs.
        most: features that the readout may see.

    Returns:
        The choice.

    Raises:
        AuritaError: no unit has as few features as the readout may see.
    """
    x, y = rows(learnt, fitted)
    held_x, held_y = rows(learnt, held)
    judge = _Judge(x, y, held_x, held_y)
    units = [int(unit) for unit in np.unique(owners) if unit >= 0]
    columns = {unit: np.flatnonzero(owners == unit) for unit in units}
    always = np.flatnonzero(owners < 0)
    alone = np.full(drawn.units, np.nan)
    for unit in units:
        alone[unit] = judge.error(np.concatenate([always, columns[unit]]))
    taken: list[int] = []
    errors: list[float] = []
    seen = always
    best = judge.error(always) if len(always) else np.inf
    while True:
        room = [u for u in units if u not in taken and len(seen) + len(columns[u]) <= most]
        if not room:
            break
        found = {unit: judge.error(np.concatenate([seen, columns[unit]])) for unit in room}
        unit = min(room, key=lambda u: found[u])
        if taken and found[unit] > best * (1 - _LEAST_GAIN):
            break
        best, seen = found[unit], np.concatenate([seen, columns[unit]])
        taken.append(unit)
        errors.append(best)
    if not taken:
        least = min(map(len, columns.values()), default=0)
        raise AuritaError(f"the readout may see {most} features and the smallest unit has {least}; allow it more")
    return Choice(keep_units(drawn, taken), tuple(taken), tuple(errors), alone)


class _Judge:
    """Held-out errors of ridge readouts of some of the features, from sums that are made once."""

    def __init__(self, x: np.ndarray, y: np.ndarray, held_x: np.ndarray, held_y: np.ndarray) -> None:
        mean, scale = x.mean(0), x.std(0)
        scale = np.where(scale > 1e-9, scale, np.inf)
        centred = (x - mean) / scale
        self._gram, self._cross = centred.T @ centred / len(x), centred.T @ (y - y.mean(0)) / len(x)
        self._held, self._truth = (held_x - mean) / scale, held_y - y.mean(0)
        self._variance = max(float(y.var(0).mean()), 1e-12)

    def error(self, columns: np.ndarray) -> float:
        """The least over the penalties."""
        values, vectors = np.linalg.eigh(self._gram[np.ix_(columns, columns)])
        values = np.maximum(values, 0.0)
        turned = self._held[:, columns] @ vectors
        cross = vectors.T @ self._cross[columns]
        errors = []
        for penalty in _PENALTIES:
            said = turned @ (cross / (values + penalty)[:, None])
            errors.append(float(((said - self._truth) ** 2).mean()))
        return min(errors) / self._variance
