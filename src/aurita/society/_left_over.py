"""What is left of features and targets when a ridge regression on some features is taken away, block by block."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cholesky, qr, solve_triangular
from scipy.linalg.blas import dgemm, dtrsm

from aurita._typing import Float
from aurita.rounding import deviations
from aurita.society._held import HeldGram, HeldProducts, HeldRows

_LEAST_BY_PRODUCTS = 1e-10
"""From this penalty on products of features tell all that their directions would."""
_LEAST_BY_HELD_PRODUCTS = 1e-6
"""From this penalty on held-out errors follow from products of held-out features, where rows are many."""
_MANY_ROWS = 4
"""Rows are many that are so many times the features."""


class Standardised(NamedTuple):
    """Standardised features and targets of variance 1 in all, of the rows to read out on and of held-out ones."""

    x: Float[np.ndarray, "row feature"]
    y: Float[np.ndarray, "row output"]
    held_x: Float[np.ndarray, "held feature"]
    held_y: Float[np.ndarray, "held output"]

    @staticmethod
    def of(x: np.ndarray, y: np.ndarray, held_x: np.ndarray, held_y: np.ndarray, *, floor: float) -> "Standardised":
        scale, spread = deviations(x), deviations(y)
        x, y, held_x, held_y = (np.array(array, float) for array in (x, y, held_x, held_y))
        varies = scale > 0
        least = floor * np.median(scale[varies]) if varies.any() else 0.0
        scale = np.where(varies, np.maximum(scale, least), np.inf)
        unit = float(np.linalg.norm(spread)) or 1.0
        mean, middle = x.mean(0), y.mean(0)
        for array, centre, size in ((x, mean, scale), (y, middle, unit), (held_x, mean, scale), (held_y, middle, unit)):
            array -= centre
            array /= size
        return Standardised(x, y, held_x, held_y)


class LeftOver:
    """What is left of features and targets when the ridge regression on the features taken is taken away from them.

    The features taken are made orthogonal block by block (modified Gram-Schmidt), so a candidate costs no more than a
    regression on its own features; of candidates only the products that it rests on are kept up to date, and what they
    are where they are scored. The penalty is a row of its own for every feature; that of a feature not taken is zero
    but for the feature itself, and is not written down before it is taken.

    Where the penalty is far above rounding, orthogonal directions are not needed: the products that they give follow
    from those of the features taken with all others (Cholesky), which are the same for all penalties.
    """

    def __init__(self, data: Standardised, shared: "Products", penalty: float, most: int, always: int) -> None:
        count, features = data.x.shape
        self.alpha, self.penalty = penalty, penalty * count
        self.x, self.y = data.x, data.y
        self.taken, self.shared = 0, shared
        # Directions of the features taken, with a row for each penalty below the others, and all features along them;
        # zero for features taken before.
        self.base = np.zeros((count + most, most), order="F") if penalty < _LEAST_BY_PRODUCTS else None
        self.along, self.targets = np.zeros((most, features)), np.zeros((0, data.y.shape[1]))
        gram = shared.held() if penalty >= _LEAST_BY_HELD_PRODUCTS else None
        self.held = HeldRows(data.held_x, data.held_y, most) if gram is None else HeldProducts(gram, most)
        self.open = [slice(0, features)]
        # By the first feature, and by unit.
        self.products: dict[int, tuple[slice, np.ndarray, np.ndarray]] = {}
        self.found: dict[int, float] = {}
        if always:
            self.take(slice(0, always))

    def errors(self, candidates: dict[int, slice]) -> dict[int, float]:
        """Held-out mean square error, summed over outputs, were the features of each candidate taken too."""
        wanted = {unit: own for unit, own in candidates.items() if unit not in self.found}
        for width in {width_of(own) for own in wanted.values()}:
            alike = [unit for unit, own in wanted.items() if width_of(own) == width]
            products = [self._products(wanted[unit]) for unit in alike]
            square = np.stack([one for one, _ in products]) + self.penalty * np.eye(width)
            cross = np.stack([one for _, one in products])
            try:
                weights = np.linalg.solve(square, cross)
            except np.linalg.LinAlgError:
                weights = np.linalg.pinv(square, hermitian=True) @ cross
            errors = self.held.errors([wanted[unit] for unit in alike], weights, self.along[: self.taken])
            self.found |= zip(alike, errors, strict=True)
        return {unit: self.found[unit] for unit in candidates}

    def _products(self, own: slice) -> tuple[np.ndarray, np.ndarray]:
        """Products of what is left of some features with each other and with the targets."""
        if own.start not in self.products:
            if self.base is None:
                square, cross = self.shared.of(own)
                along = self.along[: self.taken, own]
                square, cross = square - along.T @ along, cross - along.T @ self.targets
            else:
                left = self._left(self.base, own, self.taken, 0)
                square, cross = left.T @ left, left[: len(self.y)].T @ self.y
            self.products[own.start] = own, square, cross
        return self.products[own.start][1:]

    def by_row(self) -> Float[np.ndarray, "held"]:
        """Square error of every held-out row, summed over outputs."""
        return self.held.by_row()

    def take(self, own: slice) -> None:
        """Take the regression on these features away from everything."""
        first, last = self.taken, self.taken + width_of(own)
        self.found.clear()
        self.open = [part for one in self.open for part in _without(one, own)]
        triangle, targets = self._by_products(own) if self.base is None else self._turned(self.base, own)
        self.targets = np.concatenate([self.targets, targets])
        self.taken = last
        self.held.take(own, self.along[:last], triangle, targets)
        self.products.pop(own.start, None)
        for one, square, cross in self.products.values():
            along = self.along[first:last, one]
            square -= along.T @ along
            cross -= along.T @ targets

    def _by_products(self, own: slice) -> tuple[Float[np.ndarray, "own own"], Float[np.ndarray, "own output"]]:
        """As `_turned`, by the products of these features with all."""
        square, cross = self._products(own)
        triangle = cholesky(square + self.penalty * np.eye(len(square)), check_finite=False)
        before, along = self.along[: self.taken], self.along[self.taken : self.taken + len(square)]
        along[:] = self.shared.with_all(own)
        dgemm(-1.0, before.T, before[:, own], beta=1.0, c=along.T, overwrite_c=True)
        dtrsm(1.0, triangle, along.T, side=1, overwrite_b=True)
        return triangle, solve_triangular(triangle, cross, trans="T", check_finite=False)

    def _turned(
        self, base: np.ndarray, own: slice
    ) -> tuple[Float[np.ndarray, "own own"], Float[np.ndarray, "own output"]]:
        """Directions of some features, all features and targets along them."""
        rows, first, width = len(self.x), self.taken, width_of(own)
        before = base[: rows + first, :first]
        below = self._left(base, own, first, width)
        left = below[: rows + first]
        # Once more: of features that those taken nearly explain, what is left is rounding to begin with.
        left -= np.matmul(before, before.T @ left, out=np.empty_like(left, order="F"))
        np.fill_diagonal(below[rows + first :], np.sqrt(self.penalty))
        new, triangle = qr(below, mode="economic", overwrite_a=True, check_finite=False)
        base[: rows + first + width, first : first + width] = new
        # Features not taken and targets are zero in the rows of penalties; new directions are orthogonal to old ones.
        for part in self.open:
            np.matmul(new[:rows].T, self.x[:, part], out=self.along[first : first + width, part])
        return triangle, new[:rows].T @ self.y

    def _left(self, base: np.ndarray, own: slice, count: int, below: int) -> Float[np.ndarray, "row own"]:
        """What is left of some features when so many are taken, with the rows of penalties below, and more of zeros."""
        rows = len(self.x)
        left = np.zeros((rows + count + below, width_of(own)), order="F")
        left[:rows] = self.x[:, own]
        part = left[: rows + count]
        part -= np.matmul(base[: rows + count, :count], self.along[:count, own], out=np.empty_like(part, order="F"))
        return left


class Products:
    """Products of features, and of these with targets, that all penalties share."""

    def __init__(self, data: Standardised) -> None:
        self._data = data
        # By the first feature.
        self._own: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._with_all: dict[int, np.ndarray] = {}
        self._held: HeldGram | None = None

    def held(self) -> HeldGram | None:
        """Of held-out features, where rows are so many that they pay; None elsewhere."""
        rows, features = self._data.held_x.shape
        if self._held is None and rows > _MANY_ROWS * features:
            self._held = HeldGram(self._data.held_x, self._data.held_y)
        return self._held

    def of(self, own: slice) -> tuple[Float[np.ndarray, "own own"], Float[np.ndarray, "own output"]]:
        """Of some features with each other and with the targets."""
        if own.start not in self._own:
            x = self._data.x[:, own]
            self._own[own.start] = x.T @ x, x.T @ self._data.y
        return self._own[own.start]

    def with_all(self, own: slice) -> Float[np.ndarray, "own feature"]:
        """Of some features with all."""
        if own.start not in self._with_all:
            self._with_all[own.start] = self._data.x[:, own].T @ self._data.x
        return self._with_all[own.start]


def width_of(own: slice) -> int:
    """How many features that are."""
    return own.stop - own.start


def _without(some: slice, own: slice) -> list[slice]:
    """Neighbouring features without those that are taken."""
    parts = slice(some.start, min(some.stop, own.start)), slice(max(some.start, own.stop), some.stop)
    return [part for part in parts if part.start < part.stop]
