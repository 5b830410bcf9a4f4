"""Which units stay: those that lower the readout's error on data that neither they nor the readout learnt from.

Units are added one at a time, each time the one that lowers the held-out error of a ridge readout most, until nothing
does or the readout would see too many features: forward selection, by blocks, once for every penalty.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from aurita.errors import AuritaError

_PENALTIES = (1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
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
        penalty: of the ridge readout of those that stay, in mean variances of a feature.
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
    columns = {int(unit): np.flatnonzero(owners == unit) for unit in np.unique(owners) if unit >= 0}
    always = np.flatnonzero(owners < 0)
    smallest = min(map(len, columns.values()), default=0)
    if not columns or len(always) + smallest > most:
        raise AuritaError(
            f"the readout may see {most} features, {len(always)} of them are always there and the smallest unit has "
            f"{smallest}; allow it more"
        )
    data = _Standardised.of(*fitted, *held)
    paths = [_path(data, penalty, columns, always, most) for penalty in _PENALTIES]
    units_taken, errors, _, penalty = min(paths, key=lambda path: path[1][-1])
    by_unit = np.full(units, np.nan)
    by_unit[list(columns)] = np.min([path[2] for path in paths], axis=0)
    return Choice(tuple(units_taken), tuple(errors), by_unit, penalty)


class _Standardised(NamedTuple):
    """Standardised features and centred targets, of the rows to read out on and of those to judge on."""

    x: Float[np.ndarray, "row feature"]
    y: Float[np.ndarray, "row output"]
    held_x: Float[np.ndarray, "held feature"]
    held_y: Float[np.ndarray, "held output"]
    variance: float

    @staticmethod
    def of(x: np.ndarray, y: np.ndarray, held_x: np.ndarray, held_y: np.ndarray) -> "_Standardised":
        x, y, held_x, held_y = (np.asarray(array, float) for array in (x, y, held_x, held_y))
        mean, scale, middle = x.mean(0), x.std(0), y.mean(0)
        scale = np.where(scale > 1e-9, scale, np.inf)
        variance = max(float(y.var(0).sum()), 1e-12)
        return _Standardised((x - mean) / scale, y - middle, (held_x - mean) / scale, held_y - middle, variance)


def _path(
    data: _Standardised, penalty: float, columns: dict[int, np.ndarray], always: np.ndarray, most: int
) -> tuple[list[int], list[float], list[float], float]:
    """Units in the order in which they are added at one penalty, errors on the way, errors of each alone."""
    rest = _Rest(data, penalty)
    if len(always):
        rest.take(always)
    alone = [rest.error(own) / data.variance for own in columns.values()]
    taken: list[int] = []
    errors: list[float] = []
    seen, best = len(always), np.inf
    while room := [u for u in columns if u not in taken and seen + len(columns[u]) <= most]:
        found = {unit: rest.error(columns[unit]) / data.variance for unit in room}
        unit = min(room, key=lambda u: found[u])
        if taken and not found[unit] < best * (1 - _LEAST_GAIN):
            break
        rest.take(columns[unit])
        best, seen = found[unit], seen + len(columns[unit])
        taken.append(unit)
        errors.append(best)
    return taken, errors, alone, penalty


class _Rest:
    """What is left of features and targets when the ridge regression on the features taken is taken away from them.

    The features taken are made orthogonal block by block (modified Gram-Schmidt), so a candidate costs no more than a
    regression on its own features. The penalty is a row of its own for every feature.
    """

    def __init__(self, data: _Standardised, penalty: float) -> None:
        rows, features = data.x.shape
        self.x = np.concatenate([data.x, np.sqrt(penalty * rows) * np.eye(features)])
        self.y = np.concatenate([data.y, np.zeros((features, data.y.shape[1]))])
        self.held_x, self.held_y = data.held_x.copy(), data.held_y.copy()

    def error(self, own: np.ndarray) -> float:
        """Held-out mean square error, summed over outputs, were these features taken too."""
        x = self.x[:, own]
        weights = np.linalg.lstsq(x.T @ x, x.T @ self.y, rcond=None)[0]
        return float(((self.held_y - self.held_x[:, own] @ weights) ** 2).sum() / len(self.held_y))

    def take(self, own: np.ndarray) -> None:
        """Take the regression on these features away from everything."""
        base, triangle = np.linalg.qr(self.x[:, own])
        held = np.linalg.lstsq(triangle.T, self.held_x[:, own].T, rcond=None)[0].T
        on_x, on_y = base.T @ self.x, base.T @ self.y
        self.x -= base @ on_x
        self.held_x -= held @ on_x
        self.y -= base @ on_y
        self.held_y -= held @ on_y
