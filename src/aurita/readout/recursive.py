"""Recursive least squares: the ridge readout of a stream, one row or one block at a time.

The inverse of the regularised Gram matrix is carried by the matrix inversion lemma (Plackett 1950; Haykin, "Adaptive
Filter Theory", ch. 10; Woodbury's identity for blocks). Means and the Gram matrix themselves are carried beside it, so
that the intercept is exact and free, and the inverse is made anew before rounding or forgetting can spoil it.
"""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import linalg

from aurita.errors import AuritaError
from aurita.readout.checks import blocks, matrix, rows, setting, stored

# Rank-one updates between two inversions from scratch, at least; as many as features if those are more, so that the
# inversions cost no more than the updates.
REFRESH = 64


class RecursiveLeastSquares:
    """Ridge regression with a free intercept, learned from a stream in memory that does not grow.

    After `n` rows it holds the minimiser of

        sum_i forgetting^(n-i) (y_i - x_i b - c)^2  +  regularisation * |b|^2

    so with `forgetting=1` it equals ridge regression on all rows seen, with that absolute penalty (`RidgeReadout`'s
    `penalty_` without standardising) and an intercept that is not penalised. With `forgetting < 1` the penalty fades
    with the rows and is restored before it has lost half its size: features that fall silent cannot wind up the
    inverse, whose norm never exceeds `2 / regularisation`.

    A row costs `feature^2` operations. Every `max(feature, 64)` rows, or sooner at the start and if forgetting asks for
    it, the inverse is made from the Gram matrix. Results do not depend on how rows are cut into calls, beyond rounding.

    Args:
        regularisation: penalty, above zero, in squared units of the features.
        forgetting: weight of a row relative to the one after it, in (0, 1]; the memory is `1 / (1 - forgetting)` rows.

    Attributes:
        count: rows seen.
        coef_: `(feature, output)`.
        intercept_: `(output,)`.

    Example:
        >>> import numpy as np
        >>> x = np.random.default_rng(0).normal(size=(300, 2))
        >>> readout = RecursiveLeastSquares(1e-6)
        >>> for row in x:
        ...     _ = readout.learn_one(row, row @ [2.0, -1.0] + 3.0)
        >>> round(readout.predict_one([1.0, 1.0]), 4)
        4.0
    """

    def __init__(self, regularisation: float = 1e-3, forgetting: float = 1.0) -> None:
        self.regularisation = regularisation
        self.forgetting = forgetting
        self.count = 0
        self._flat = False

    @property
    def coef_(self) -> Float[np.ndarray, "feature output"]:
        """Weights, `(feature, output)`."""
        self._ready()
        return self._coef

    @property
    def intercept_(self) -> Float[np.ndarray, " output"]:
        """Intercepts, `(output,)`."""
        self._ready()
        return self._y_mean - self._x_mean @ self._coef

    def learn_one(self, features: ArrayLike, target: ArrayLike) -> Self:
        """Learn from one row.

        Args:
            features: `(feature,)`.
            target: `(output,)`, or a number.

        Raises:
            AuritaError: values are not finite, or sizes differ from the rows before.
        """
        x, y = np.asarray(features), np.asarray(target)
        return self._learn(x[None], y.reshape(1, -1), flat=y.ndim == 0)

    def learn_many(self, features: ArrayLike, targets: ArrayLike) -> Self:
        """Learn from consecutive rows, oldest first; equal to `learn_one` on each, and faster.

        Args:
            features: `(row, feature)`.
            targets: `(row, output)` or `(row,)`.

        Raises:
            AuritaError: as `learn_one`.
        """
        return self._learn(features, targets, flat=np.ndim(targets) == 1)

    def predict_one(self, features: ArrayLike) -> Any:
        """The target of one row: `(output,)`, or a float if the targets learned were numbers.

        Raises:
            AuritaError: nothing learned yet, another number of features, or values that are not finite.
        """
        found = self.predict(np.asarray(features)[None])[0]
        return float(found) if self._flat else found

    def predict(self, features: ArrayLike) -> Float[np.ndarray, "row output"]:
        """Targets of rows, `(row, output)`, or `(row,)` if those learned were 1-D.

        Raises:
            AuritaError: as `predict_one`.
        """
        self._ready()
        x = matrix(features, "features", columns=len(self._coef))
        out = (x - self._x_mean) @ self._coef + self._y_mean
        return out[:, 0] if self._flat else out

    def config(self) -> dict[str, Any]:
        """Settings as plain values, for JSON."""
        return {
            "regularisation": float(self.regularisation),
            "forgetting": float(self.forgetting),
            "flat": self._flat,
            "count": self.count,
            "stale": self._stale if self.count else 0,
        }

    def to_arrays(self) -> dict[str, np.ndarray]:
        """What was learned, as named arrays.

        Raises:
            AuritaError: nothing learned yet.
        """
        self._ready()
        return {
            "feature_mean": self._x_mean,
            "target_mean": self._y_mean,
            "gram": self._gram,
            "cross": self._cross,
            "inverse": self._inverse,
            "coef": self._coef,
            "weight": np.array([self._weight]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> Self:
        """The readout that `to_arrays` and `config` came from; it goes on learning where that one stood.

        Raises:
            AuritaError: something is missing or of the wrong shape.
        """
        made = cls(setting(config, "regularisation"), setting(config, "forgetting"))
        features, outputs = len(stored(arrays, "feature_mean", 1)), len(stored(arrays, "target_mean", 1))
        made._start(features, outputs)
        for name, attribute in _STORED.items():
            value, fresh = stored(arrays, name, getattr(made, attribute).ndim), getattr(made, attribute)
            if value.shape != fresh.shape:
                raise AuritaError(
                    f"the saved array {name!r} has shape {value.shape}, expected {fresh.shape}: it is damaged"
                )
            setattr(made, attribute, np.array(value, dtype=np.float64))
        made._weight = float(stored(arrays, "weight", 1)[0])
        made._flat = bool(setting(config, "flat"))
        made.count, made._stale = int(setting(config, "count")), int(setting(config, "stale"))
        return made

    def _start(self, features: int, outputs: int) -> None:
        """Nothing seen yet."""
        if not (np.isfinite(self.regularisation) and self.regularisation > 0):
            raise AuritaError(f"regularisation is {self.regularisation!r}; a finite number above zero is expected")
        if not 0 < self.forgetting <= 1:
            raise AuritaError(f"forgetting is {self.forgetting!r}; a number above 0 and up to 1 is expected")
        self._weight = 0.0
        self._stale = 0
        self._x_mean, self._y_mean = np.zeros(features), np.zeros(outputs)
        self._gram, self._cross = np.zeros((features, features)), np.zeros((features, outputs))
        self._inverse, self._coef = np.eye(features) / self.regularisation, np.zeros((features, outputs))
        self._limit = max(features, REFRESH)
        if self.forgetting < 1:
            # The penalty fades with the rows; it may not lose more than half before the inverse is made anew.
            self._limit = max(1, min(self._limit, int(np.log(0.5) / np.log(self.forgetting))))

    def _ready(self) -> None:
        if self.count == 0:
            raise AuritaError("this RecursiveLeastSquares has learned nothing yet; call learn_one or learn_many first")

    def _learn(self, features: ArrayLike, targets: ArrayLike, *, flat: bool) -> Self:
        x, y, _ = rows(features, targets)
        if self.count == 0:
            self._start(x.shape[1], y.shape[1])
        elif (x.shape[1], y.shape[1]) != self._cross.shape:
            raise AuritaError(
                f"rows have {x.shape[1]} features and {y.shape[1]} outputs, those before had {self._cross.shape[0]} "
                f"and {self._cross.shape[1]}; pass rows of the same columns"
            )
        self._flat = flat
        for block in blocks(*x.shape):
            start = block.start
            while start < block.stop:
                # Only a fading penalty ties the refresh to a row; otherwise a long block refreshes once, at its end.
                room = block.stop - start if self.forgetting == 1 else self._due() - self._stale
                stop = min(block.stop, start + room)
                self._absorb(x[start:stop].astype(np.float64), y[start:stop].astype(np.float64))
                start = stop
        return self

    def _absorb(self, x: Float[np.ndarray, "row feature"], y: Float[np.ndarray, "row output"]) -> None:
        """Take in a few rows: centred sums first, then the inverse, by update or from scratch."""
        fade = self.forgetting ** len(x)
        weights = self.forgetting ** np.arange(len(x) - 1, -1, -1.0)
        old, new = fade * self._weight, weights.sum()
        total = old + new
        x_new, y_new = weights @ x / new, weights @ y / new
        # The centred rows, and one more for the step between the old mean and theirs.
        root = np.append(np.sqrt(weights), np.sqrt(old * new / total))[:, None]
        u = root * np.vstack([x - x_new, x_new - self._x_mean])
        v = root * np.vstack([y - y_new, y_new - self._y_mean])
        if len(x) == 1:
            u, v = u[1:], v[1:]
        self._gram *= fade
        self._gram += u.T @ u
        self._cross *= fade
        self._cross += u.T @ v
        self._x_mean = self._x_mean + (new / total) * (x_new - self._x_mean)
        self._y_mean = self._y_mean + (new / total) * (y_new - self._y_mean)
        self._weight = total
        self.count += len(x)
        self._stale += len(x)
        if self._stale >= self._due():
            self._refresh()
        else:
            self._update(u, v, fade)

    def _due(self) -> int:
        """Rows from one inversion to the next; doubling at first, when the inverse is huge and its updates cancel."""
        return max(1, min(self._limit, self.count - self._stale))

    def _update(self, u: Float[np.ndarray, "row feature"], v: Float[np.ndarray, "row output"], fade: float) -> None:
        """Woodbury: the inverse and the weights after the rows `u`, `v` joined a faded past."""
        self._inverse /= fade
        spread = self._inverse @ u.T
        inner = u @ spread
        inner[np.diag_indices_from(inner)] += 1.0
        error = v - u @ self._coef
        if len(u) == 1:
            half = spread / np.sqrt(inner)
            self._coef += half @ (error / np.sqrt(inner))
        else:
            # With inner = L L^T the change is half half^T, symmetric to the last bit.
            lower = linalg.cholesky(inner, lower=True, check_finite=False)
            half = linalg.solve_triangular(lower, spread.T, lower=True, check_finite=False).T
            self._coef += half @ linalg.solve_triangular(lower, error, lower=True, check_finite=False)
        self._inverse -= half @ half.T

    def _refresh(self) -> None:
        """The inverse and the weights from the sums, with the whole penalty."""
        square = self._gram + self.regularisation * np.eye(len(self._gram))
        try:
            root = linalg.cholesky(square, lower=True, check_finite=False)
            half = linalg.solve_triangular(root, np.eye(len(root)), lower=True, check_finite=False)
        except linalg.LinAlgError:
            # The penalty is below the rounding of the Gram matrix: directions that are nothing but rounding get a
            # penalty of that size, or their weights would be noise divided by almost nothing.
            values, vectors = linalg.eigh(self._gram, check_finite=False)
            rounding = len(values) * np.finfo(np.float64).eps * values[-1]
            half = (vectors / np.sqrt(np.maximum(values, rounding) + self.regularisation)).T
        self._inverse = half.T @ half
        self._coef = half.T @ (half @ self._cross)
        self._stale = 0


_STORED = {
    "feature_mean": "_x_mean",
    "target_mean": "_y_mean",
    "gram": "_gram",
    "cross": "_cross",
    "inverse": "_inverse",
    "coef": "_coef",
}
