"""Which units stay: those that lower the readout's error on data that neither they nor the readout learnt from.

Units are added one at a time, each time the one that lowers the held-out error of a ridge readout most, until nothing
does or the readout would see too many features.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from aurita.errors import AuritaError

_PENALTIES = (1e-10, 1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
_LEAST_GAIN = 1e-3

Rows = tuple[Float[np.ndarray, "row feature"], Float[np.ndarray, "row output"]]


@dataclass(frozen=True, eq=False)
class Choice:
    """What was chosen, and why.

    Attributes:
        units: numbers of the units that stay, in the order in which they were added.
        errors: held-out mean square error of the readout after each, in variances of the targets.
        alone: of every unit of the society, held-out error of a readout that sees only it; NaN where it has no
            features.
        penalty: of the ridge readout of those that stay, of these the best.
    """

    units: tuple[int, ...]
    errors: tuple[float, ...]
    alone: Float[np.ndarray, "unit"]
    penalty: float


def choose(fitted: Rows, held: Rows, *, owners: Int[np.ndarray, "feature"], units: int, most: int) -> Choice:
    """Choose units by the held-out error of a ridge readout; all features of a unit are taken or none.

    Args:
        fitted: features and targets to read out on.
        held: the same of the data to judge on.
        owners: the unit that each feature belongs to, see `aurita.running.feature_owners`; -1 for features that are
            always there, such as inputs.
        units: of the whole society.
        most: features that the readout may see.

    Returns:
        The choice.

    Raises:
        AuritaError: no unit has as few features as the readout may see.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, noise = rng.normal(size=(200, 1)), rng.normal(size=(200, 1))
        >>> seen = np.concatenate([noise, 2 * x], axis=1)
        >>> choose((seen[:100], x[:100]), (seen[100:], x[100:]), owners=np.array([0, 1]), units=2, most=2).units
        (1,)
    """
    judge = _Judge(*fitted, *held)
    columns = {int(unit): np.flatnonzero(owners == unit) for unit in np.unique(owners) if unit >= 0}
    always = np.flatnonzero(owners < 0)
    alone = np.full(units, np.nan)
    for unit in columns:
        alone[unit] = judge.error(np.concatenate([always, columns[unit]]))
    taken: list[int] = []
    errors: list[float] = []
    seen = always
    best = judge.error(always) if len(always) else np.inf
    while True:
        room = [u for u in columns if u not in taken and len(seen) + len(columns[u]) <= most]
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
    return Choice(tuple(taken), tuple(errors), alone, judge.penalty(seen))


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
        return float(self._errors(columns).min())

    def penalty(self, columns: np.ndarray) -> float:
        """The one that errs least."""
        return _PENALTIES[int(self._errors(columns).argmin())]

    def _errors(self, columns: np.ndarray) -> Float[np.ndarray, "penalty"]:
        values, vectors = np.linalg.eigh(self._gram[np.ix_(columns, columns)])
        values = np.maximum(values, 0.0)
        turned = self._held[:, columns] @ vectors
        cross = vectors.T @ self._cross[columns]
        said = (turned @ (cross / (values + penalty)[:, None]) for penalty in _PENALTIES)
        return np.array([((each - self._truth) ** 2).mean() for each in said]) / self._variance
