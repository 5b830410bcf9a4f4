"""Which units stay: those that lower the readout's error on data that neither they nor the readout learnt from.

Units are added one at a time, each time the one that lowers the held-out error of a ridge readout most, until nothing
does or the readout would see too many features: forward selection, by blocks, at every penalty at once; penalties that
have fallen far behind are given up. The error of the best of many choices flatters it; so where all units may stay, all
do, unless the choice is better by three standard errors.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular

from aurita._kinds import saved
from aurita._typing import Float, Int
from aurita.blas import one_thread
from aurita.errors import AuritaError
from aurita.readout import FLOOR
from aurita.rounding import deviations
from aurita.society.rows import Rows

_PENALTIES = (1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
_LEAST_GAIN = 1e-3
_CLEARLY = 3.0
_BEHIND, _AT_LEAST = 4.0, 2
"""A penalty is given up whose error is so many times that of the best, once so many units were added."""
_MOST_TOGETHER = 2**22
_LEAST_FOR_EVERYONE = 1e-8


@saved(formerly="Choice")
@dataclass(frozen=True, eq=False)
class ChosenUnits:
    """What was chosen, and why.

    Attributes:
        units: numbers of the units that stay, in the order in which they were added.
        errors: held-out mean square error of the readout after each, in variances of the targets; one only where
            all stay.
        alone: of every unit of the society, held-out error of a readout that sees only it; NaN where it has no
            features.
        penalty: of the ridge readout of those that stay, in mean variances of a feature.
        by_row: square error of every held-out row with those that stay, in variances of the targets.
    """

    units: tuple[int, ...]
    errors: tuple[float, ...]
    alone: Float[np.ndarray, "unit"]
    penalty: float
    by_row: Float[np.ndarray, "held"]

    def beats(self, other: "ChosenUnits", margin: float = 1.0) -> bool:
        """Whether its held-out error is lower by some standard errors of the difference over rows."""
        gain = other.by_row - self.by_row
        return bool(gain.mean() > margin * gain.std() / np.sqrt(len(gain)))


@one_thread()
def forward_selection(
    fitted: Rows,
    held: Rows,
    *,
    owners: Int[np.ndarray, "feature"],
    units: int,
    most: int,
    everyone: bool = False,
    costs: Int[np.ndarray, "unit"] | None = None,
    budget: float = np.inf,
) -> ChosenUnits:
    """Choose units by the held-out error of a ridge readout; all features of a unit are taken or none.

    Args:
        fitted: features and targets to read out on.
        held: the same of held-out data.
        owners: the unit that each feature belongs to, see `feature_owners`; -1 for features that are
            always there, such as inputs.
        units: of the whole society.
        most: features that the readout may see of those that are chosen.
        everyone: whether all may stay, however many features that are; no budget is looked at then.
        costs: numbers that each unit of the society trains; none by default.
        budget: numbers that the units that stay and the readout may train together.

    Returns:
        The choice.

    Raises:
        AuritaError: no unit has as few features as the readout may see, or trains as few numbers as it may.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, noise = rng.normal(size=(200, 1)), rng.normal(size=(200, 1))
        >>> seen = np.concatenate([noise, 2 * x], axis=1)
        >>> fitted, held = (seen[:100], x[:100]), (seen[100:], x[100:])
        >>> forward_selection(fitted, held, owners=np.array([0, 1]), units=2, most=1).units
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
    data = _Standardised.of(*fitted, *held, floor=FLOOR if everyone else 0.0)
    outputs = data.y.shape[1]
    own = np.zeros(units, int) if costs is None else np.asarray(costs)
    price = {unit: int(own[unit]) + outputs * len(places) for unit, places in columns.items()}
    left = budget - outputs * (len(always) + 1)
    if min(price.values()) > left:
        raise AuritaError(
            f"the budget is {budget} trained numbers and the least that a readout with one unit trains is "
            f"{min(price.values()) + outputs * (len(always) + 1)}; allow more"
        )
    # One unit that learns may cost what many that do not would have, so both are tried.
    offers = [list(columns)]
    if np.isfinite(budget):
        offers.append([unit for unit in columns if own[unit] == 0 and price[unit] <= left])
    rest = {penalty: _Rest(data, penalty, always) for penalty in _PENALTIES}
    alone = np.full(units, np.nan)
    alone[list(columns)] = np.min([list(each.errors(columns).values()) for each in rest.values()], axis=0)
    paths = [
        path
        for offer in offers
        for path in _raced(
            [
                _Path(each if offer is offers[-1] else each.copy(), offer, most - len(always), left)
                for each in rest.values()
            ],
            columns,
            price,
        )
    ]
    chosen = min((path for path in paths if path.taken), key=lambda path: path.errors[-1])
    best = chosen.choice(alone)
    if everyone and len(best.units) < len(columns):
        whole = _everyone(data, columns, alone)
        return best if best.beats(whole, _CLEARLY) else whole
    return best


class _Standardised(NamedTuple):
    """Standardised features and targets of variance 1 in all, of the rows to read out on and of held-out ones."""

    x: Float[np.ndarray, "row feature"]
    y: Float[np.ndarray, "row output"]
    held_x: Float[np.ndarray, "held feature"]
    held_y: Float[np.ndarray, "held output"]

    @staticmethod
    def of(x: np.ndarray, y: np.ndarray, held_x: np.ndarray, held_y: np.ndarray, *, floor: float) -> "_Standardised":
        scale, spread = deviations(x), deviations(y)
        x, y, held_x, held_y = (np.asarray(array, float) for array in (x, y, held_x, held_y))
        mean, middle = x.mean(0), y.mean(0)
        varies = scale > 0
        least = floor * np.median(scale[varies]) if varies.any() else 0.0
        scale = np.where(varies, np.maximum(scale, least), np.inf)
        unit = float(np.linalg.norm(spread)) or 1.0
        return _Standardised((x - mean) / scale, (y - middle) / unit, (held_x - mean) / scale, (held_y - middle) / unit)


class _Path:
    """Units added at one penalty, as long as that lowers the error.

    Attributes:
        taken: units.
        errors: after each.
        ended: whether nothing more is added.
    """

    def __init__(self, rest: "_Rest", offer: list[int], room: int, left: float) -> None:
        self.taken: list[int] = []
        self.errors: list[float] = []
        self.ended = False
        self._rest, self._offer, self._room, self._left = rest, offer, room, left

    def add(self, columns: dict[int, np.ndarray], price: dict[int, int]) -> None:
        """Add one unit, or end."""
        taken, room, left = self.taken, self._room, self._left
        fits = [u for u in self._offer if u not in taken and len(columns[u]) <= room and price[u] <= left]
        found = self._rest.errors({unit: columns[unit] for unit in fits}) if fits else {}
        unit = min(fits, key=lambda u: found[u], default=None)
        if unit is None or (taken and not found[unit] < self.errors[-1] * (1 - _LEAST_GAIN)):
            self.ended = True
            return
        self._rest.take(columns[unit])
        self._room, self._left = room - len(columns[unit]), left - price[unit]
        taken.append(unit)
        self.errors.append(found[unit])

    def choice(self, alone: np.ndarray) -> ChosenUnits:
        """What was added."""
        return ChosenUnits(tuple(self.taken), tuple(self.errors), alone, self._rest.alpha, self._rest.by_row())


def _raced(paths: list[_Path], columns: dict[int, np.ndarray], price: dict[int, int]) -> list[_Path]:
    """Paths after all have ended, or were given up for being far behind."""
    while going := [path for path in paths if not path.ended]:
        for path in going:
            path.add(columns, price)
        count = max(len(path.taken) for path in going)
        if count >= _AT_LEAST:
            best = min(path.errors[-1] for path in paths if path.errors)
            for path in going:
                path.ended |= not path.errors[-1] <= _BEHIND * best
    return paths


def _everyone(data: _Standardised, columns: dict[int, np.ndarray], alone: np.ndarray) -> ChosenUnits:
    """Nobody left out, at the best penalty; at the cost of the fewer of rows and features."""
    count, features = data.x.shape
    dual = features > count
    square = data.x @ data.x.T if dual else data.x.T @ data.x
    wanted = data.y if dual else data.x.T @ data.y
    seen = data.held_x @ data.x.T if dual else data.held_x
    found = []
    for penalty in (one for one in _PENALTIES if one >= _LEAST_FOR_EVERYONE):
        predicted = seen @ np.linalg.solve(square + penalty * count * np.eye(len(square)), wanted)
        by_row = ((predicted - data.held_y) ** 2).sum(1)
        found.append(ChosenUnits(tuple(columns), (float(by_row.mean()),), alone, penalty, by_row))
    return min(found, key=lambda choice: choice.errors[-1])


class _Rest:
    """What is left of features and targets when the ridge regression on the features taken is taken away from them.

    The features taken are made orthogonal block by block (modified Gram-Schmidt), so a candidate costs no more than a
    regression on its own features; of candidates only the products that it rests on are kept up to date, and what they
    are where they are scored. The penalty is a row of its own for every feature; that of a feature not taken is zero
    but for the feature itself, and is not written down before it is taken.
    """

    def __init__(self, data: _Standardised, penalty: float, taken: np.ndarray) -> None:
        self.alpha, self.penalty = penalty, penalty * len(data.x)
        self.x, self.y, self.held_x, self.held_y = data.x, data.y, data.held_x.copy(), data.held_y.copy()
        # Directions of the features taken, with a row for each penalty below the others, and all features along them.
        self.base, self.along = np.zeros((len(data.x), 0)), np.zeros((0, data.x.shape[1]))
        self.products: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}
        if len(taken):
            self.take(taken)

    def copy(self) -> "_Rest":
        """The same, to be taken from."""
        twin = object.__new__(_Rest)
        twin.alpha, twin.penalty = self.alpha, self.penalty
        twin.x, twin.y, twin.base, twin.along = self.x, self.y, self.base, self.along
        twin.held_x, twin.held_y = self.held_x.copy(), self.held_y.copy()
        twin.products = {own: (square.copy(), cross.copy()) for own, (square, cross) in self.products.items()}
        return twin

    def errors(self, candidates: dict[int, Int[np.ndarray, "own"]]) -> dict[int, float]:
        """Held-out mean square error, summed over outputs, were the features of each candidate taken too."""
        found: dict[int, float] = {}
        for width in {len(own) for own in candidates.values()}:
            alike = [unit for unit, own in candidates.items() if len(own) == width]
            size = max(1, _MOST_TOGETHER // (width * len(self.held_x)))
            for first in range(0, len(alike), size):
                some = alike[first : first + size]
                errors = self._errors(np.stack([candidates[unit] for unit in some]))
                found |= dict(zip(some, errors.tolist(), strict=True))
        return {unit: found[unit] for unit in candidates}

    def _errors(self, places: Int[np.ndarray, "candidate own"]) -> Float[np.ndarray, "candidate"]:
        products = [self._products(own) for own in places]
        square = np.stack([one for one, _ in products]) + self.penalty * np.eye(places.shape[1])
        cross = np.stack([one for _, one in products])
        held = np.moveaxis(self.held_x[:, places], 1, 0)
        try:
            weights = np.linalg.solve(square, cross)
        except np.linalg.LinAlgError:
            weights = np.linalg.pinv(square, hermitian=True) @ cross
        return ((self.held_y - held @ weights) ** 2).sum((1, 2)) / len(self.held_y)

    def _products(self, own: Int[np.ndarray, "own"]) -> tuple[np.ndarray, np.ndarray]:
        """Products of what is left of some features with each other and with the targets."""
        key = own.tobytes()
        if key not in self.products:
            left = self._left(own)
            self.products[key] = left.T @ left, left[: len(self.y)].T @ self.y
        return self.products[key]

    def _left(self, own: Int[np.ndarray, "own"]) -> Float[np.ndarray, "row own"]:
        """What is left of some features, with the rows of penalties below."""
        rows = np.zeros((len(self.base), len(own)))
        rows[: len(self.x)] = self.x[:, own]
        return rows - self.base @ self.along[:, own]

    def by_row(self) -> Float[np.ndarray, "held"]:
        """Square error of every held-out row, summed over outputs."""
        return (self.held_y**2).sum(1)

    def take(self, own: np.ndarray) -> None:
        """Take the regression on these features away from everything."""
        count, rows = len(own), len(self.x)
        left = self._left(own)
        # Once more: of features that those taken nearly explain, what is left is rounding to begin with.
        left -= self.base @ (self.base.T @ left)
        new, triangle = np.linalg.qr(np.concatenate([left, np.sqrt(self.penalty) * np.eye(count)]))
        held = solve_triangular(triangle, self.held_x[:, own].T, trans="T").T
        # Features not taken and targets are zero in the rows of penalties; new directions are orthogonal to old ones.
        along, targets = new[:rows].T @ self.x, new[:rows].T @ self.y
        below = np.zeros((count, self.base.shape[1]))
        self.base = np.concatenate([np.concatenate([self.base, below]), new], axis=1)
        self.along = np.concatenate([self.along, along])
        for key, (square, cross) in self.products.items():
            part = along[:, np.frombuffer(key, own.dtype)]
            square -= part.T @ part
            cross -= part.T @ targets
        self.held_x -= held @ along
        self.held_y -= held @ targets
