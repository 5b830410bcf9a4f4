"""Held-out errors of candidates of a forward selection, by rows or by products of features."""

import numpy as np
from scipy.linalg import solve_triangular
from scipy.linalg.blas import dgemm

from aurita._typing import Float

_ROUNDED = 1e-6
"""Products do not tell errors below this share of the variance from rounding."""


class HeldRows:
    """What is left of held-out features and targets, row by row.

    What features are along directions is taken away from what candidates predict, and from the features themselves only
    once that costs less.
    """

    def __init__(self, x: Float[np.ndarray, "held feature"], y: Float[np.ndarray, "held output"], most: int) -> None:
        self._x, self._y = x, y.copy()
        # Features along directions, and how many of these were taken away from them.
        self._along, self._taken, self._away = np.empty((most, len(x))), 0, 0

    def take(
        self,
        own: slice,
        along: Float[np.ndarray, "taken feature"],
        triangle: Float[np.ndarray, "own own"],
        targets: Float[np.ndarray, "own output"],
    ) -> None:
        """Take a regression on some features away.

        Args:
            own: the features.
            along: all features along the directions taken, those of these features last.
            triangle: from these features, less what is along directions before, to their directions.
            targets: along their directions.
        """
        first, last = self._taken, len(along)
        part = slice(self._away, first)
        left = self._x[:, own] - self._along[part].T @ along[part, own]
        self._along[first:last] = solve_triangular(triangle, left.T, trans="T", check_finite=False)
        self._y -= self._along[first:last].T @ targets
        self._taken = last
        # Candidates pay for each direction once an output, an update of all features once a feature of this width.
        if (last - self._away) * self._y.shape[1] > (last - first) ** 2:
            self._take_away(along)

    def errors(
        self,
        owns: list[slice],
        weights: Float[np.ndarray, "unit own output"],
        along: Float[np.ndarray, "taken feature"],
    ) -> list[float]:
        """Mean square error, summed over outputs, of what is left of some features, times weights, for each unit."""
        count, outputs, part = len(owns), weights.shape[2], slice(self._away, self._taken)
        left = np.empty((len(self._y), count, outputs))
        taken = np.empty((self._taken - self._away, count, outputs))
        for place, (own, one) in enumerate(zip(owns, weights, strict=True)):
            np.matmul(self._x[:, own], one, out=left[:, place])
            np.matmul(along[part, own], one, out=taken[:, place])
        if len(taken):
            left -= (self._along[part].T @ taken.reshape(len(taken), -1)).reshape(left.shape)
        left -= self._y[:, None]
        return (np.einsum("huo,huo->u", left, left) / len(left)).tolist()

    def by_row(self) -> Float[np.ndarray, "held"]:
        """Square error of every row, summed over outputs."""
        return (self._y**2).sum(1)

    def _take_away(self, along: Float[np.ndarray, "taken feature"]) -> None:
        """Take what features are along directions away from the features themselves."""
        if not self._away:
            self._x = self._x.copy()
        part = slice(self._away, self._taken)
        # x -= along_x.T @ along, in place.
        dgemm(-1.0, along[part].T, self._along[part], beta=1.0, c=self._x.T, overwrite_c=True)
        self._away = self._taken


class HeldGram:
    """Products of held-out features with each other and with targets, which all penalties share."""

    def __init__(self, x: Float[np.ndarray, "held feature"], y: Float[np.ndarray, "held output"]) -> None:
        self.x, self.y = x, y
        self.square, self.cross, self.all = x.T @ x, x.T @ y, float(np.vdot(y, y))


class HeldProducts:
    """As `HeldRows`, from products of features: at a cost that does not grow with the rows, and with more rounding.

    What is left of features is `x (E - P along)`, and of targets `y - x Q`.
    """

    def __init__(self, gram: HeldGram, most: int) -> None:
        features, outputs = gram.cross.shape
        self._gram = gram
        self._p, self._gram_p = np.empty((features, most)), np.empty((features, most))
        self._q, self._cross, self._taken = np.zeros((features, outputs)), gram.cross.copy(), 0

    def take(
        self,
        own: slice,
        along: Float[np.ndarray, "taken feature"],
        triangle: Float[np.ndarray, "own own"],
        targets: Float[np.ndarray, "own output"],
    ) -> None:
        """As of `HeldRows`."""
        first, last = self._taken, len(along)
        left = -(self._p[:, :first] @ along[:first, own])
        left[own] += np.eye(last - first)
        found = solve_triangular(triangle, left.T, trans="T", check_finite=False).T
        self._p[:, first:last] = found
        self._gram_p[:, first:last] = self._gram.square @ found
        self._q += found @ targets
        self._cross -= self._gram_p[:, first:last] @ targets
        self._taken = last

    def errors(
        self,
        owns: list[slice],
        weights: Float[np.ndarray, "unit own output"],
        along: Float[np.ndarray, "taken feature"],
    ) -> list[float]:
        """As of `HeldRows`."""
        taken = self._taken
        p, gram_p = self._p[:, :taken], self._gram_p[:, :taken]
        square_p, cross_p = p.T @ gram_p, p.T @ self._cross
        left = self._gram.all - float(np.vdot(self._q, self._gram.cross + self._cross))
        found = []
        for own, weight in zip(owns, weights, strict=True):
            part = along[:taken, own]
            mixed = gram_p[own] @ part
            square = self._gram.square[own, own] - mixed - mixed.T + part.T @ square_p @ part
            cross = self._cross[own] - part.T @ cross_p
            error = float(left - 2 * np.vdot(weight, cross) + np.vdot(weight, square @ weight))
            if error < _ROUNDED * self._gram.all:
                coefficients = self._q - p @ (part @ weight)
                coefficients[own] += weight
                error = float(((self._gram.y - self._gram.x @ coefficients) ** 2).sum())
            found.append(error / len(self._gram.y))
        return found

    def by_row(self) -> Float[np.ndarray, "held"]:
        """As of `HeldRows`."""
        return ((self._gram.y - self._gram.x @ self._q) ** 2).sum(1)
