"""Which units stay: those that lower the readout's error on data that neither they nor the readout learnt from.

Units are added one at a time, each time the one that lowers the held-out error of a ridge readout most, until nothing
does or the readout would see too many features: forward selection, by blocks, at every penalty at once; penalties that
have fallen far behind are given up. The error of the best of many choices flatters it; so where all units may stay, all
do, unless the choice is better by three standard errors.
"""

from dataclasses import dataclass

import numpy as np

from aurita._kinds import saved
from aurita._typing import Float, Int
from aurita._words import counted
from aurita.blas import one_thread
from aurita.errors import AuritaError
from aurita.readout import FLOOR
from aurita.society._left_over import LeftOver, Products, Standardised, width_of
from aurita.society._rows import Rows

_PENALTIES = (1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
_LEAST_GAIN = 1e-3
_CLEARLY = 3.0
_FAR_WORSE, _AT_LEAST = 4.0, 2
"""A penalty is given up whose error is so many times that of the best, once so many units were added."""
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
        return clearly_less(self.by_row, other.by_row, margin)


def clearly_less(some: Float[np.ndarray, "row"], others: Float[np.ndarray, "row"], margin: float = _CLEARLY) -> bool:
    """Whether errors are less than others of the same rows, by some standard errors of the difference."""
    gain = others - some
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
    ahead: ChosenUnits | None = None,
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
        ahead: a choice to be beaten: penalties that fall far behind it are given up.

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
    order = np.argsort(owners, kind="stable")
    always = int((owners < 0).sum())
    who, starts, counts = np.unique(owners[order][always:], return_index=True, return_counts=True)
    columns = {
        int(unit): slice(int(start), int(start + count))
        for unit, start, count in zip(who, starts + always, counts, strict=True)
    }
    smallest = int(counts.min()) if len(counts) else 0
    if not columns or always + smallest > most:
        raise AuritaError(
            f"the readout may see {counted(most, 'feature')}, {always} of them always there, and the smallest unit has "
            f"{smallest}; allow it more"
        )
    (x, y), (held_x, held_y) = fitted, held
    data = Standardised.of(x[:, order], y, held_x[:, order], held_y, floor=FLOOR if everyone else 0.0)
    outputs = data.y.shape[1]
    own = np.zeros(units, int) if costs is None else np.asarray(costs)
    price = {unit: int(own[unit]) + outputs * width_of(places) for unit, places in columns.items()}
    left = budget - outputs * (always + 1)
    if min(price.values()) > left:
        raise AuritaError(
            f"the budget is {budget} trained numbers and the least that a readout with one unit trains is "
            f"{min(price.values()) + outputs * (always + 1)}; allow more"
        )
    # One unit that learns may cost what many that do not would have, so both are tried.
    offers = [list(columns)]
    if np.isfinite(budget):
        offers.append([unit for unit in columns if own[unit] == 0 and price[unit] <= left])
    shared = Products(data)
    alone, chosen = np.full(units, np.nan), None
    for offer in offers:
        # Each keeps held-out features of its own: one offer after the other, and only the best stays.
        rest = [LeftOver(data, shared, penalty, most, always) for penalty in _PENALTIES]
        if chosen is None:
            alone[list(columns)] = np.min([list(each.errors(columns).values()) for each in rest], axis=0)
        paths = _raced([_Path(each, offer, most - always, left) for each in rest], columns, price, ahead)
        found = min((path for path in paths if path.taken), key=lambda path: path.errors[-1], default=None)
        if chosen is None or (found is not None and found.errors[-1] < chosen.errors[-1]):
            chosen = found
        del rest, paths
    assert chosen is not None
    best = chosen.choice(alone)
    if everyone and len(best.units) < len(columns):
        whole = _everyone(data, columns, alone)
        return best if best.beats(whole, _CLEARLY) else whole
    return best


class _Path:
    """Units added at one penalty, as long as that lowers the error.

    Attributes:
        taken: units.
        errors: after each.
        ended: whether nothing more is added.
    """

    def __init__(self, rest: LeftOver, offer: list[int], room: int, left: float) -> None:
        self.taken: list[int] = []
        self.errors: list[float] = []
        self.ended = False
        self._rest, self._offer, self._room, self._left = rest, offer, room, left
        self._next: slice | None = None

    def add(self, columns: dict[int, slice], price: dict[int, int]) -> None:
        """Add one unit, or end."""
        taken, room, left = self.taken, self._room, self._left
        fits = [u for u in self._offer if u not in taken and width_of(columns[u]) <= room and price[u] <= left]
        if fits:
            self._catch_up()
        found = self._rest.errors({unit: columns[unit] for unit in fits}) if fits else {}
        unit = min(fits, key=lambda u: found[u], default=None)
        if unit is None or (taken and not found[unit] < self.errors[-1] * (1 - _LEAST_GAIN)):
            self.ended = True
            return
        self._next = columns[unit]
        self._room, self._left = room - width_of(columns[unit]), left - price[unit]
        taken.append(unit)
        self.errors.append(found[unit])

    def choice(self, alone: np.ndarray) -> ChosenUnits:
        """What was added."""
        self._catch_up()
        return ChosenUnits(tuple(self.taken), tuple(self.errors), alone, self._rest.alpha, self._rest.by_row())

    def _catch_up(self) -> None:
        """Take away what was added last: only once that counts, as many paths are given up before."""
        if self._next is not None:
            self._rest.take(self._next)
            self._next = None


def _raced(
    paths: list[_Path], columns: dict[int, slice], price: dict[int, int], ahead: ChosenUnits | None
) -> list[_Path]:
    """Paths after all have ended, or were given up for being far behind."""
    # Where everybody stays there is no error after each unit.
    beaten = ahead.errors if ahead is not None and len(ahead.errors) == len(ahead.units) else (np.inf,)
    while going := [path for path in paths if not path.ended]:
        for path in going:
            path.add(columns, price)
        count = max(len(path.taken) for path in going)
        if count >= _AT_LEAST:
            best = min(path.errors[-1] for path in paths if path.errors)
            best = min(best, beaten[min(count, len(beaten)) - 1])
            for path in going:
                path.ended |= not path.errors[-1] <= _FAR_WORSE * best
    return paths


def _everyone(data: Standardised, columns: dict[int, slice], alone: np.ndarray) -> ChosenUnits:
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
