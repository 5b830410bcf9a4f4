"""Streamed second moments of features and targets: all that a ridge readout needs of the rows.

Chunks and workers are joined by the pairwise update of Chan, Golub and LeVeque (1983), "Algorithms for computing the
sample variance": sums are centred before they are added, so a large mean over a small variance does not cancel.
"""

from copy import copy
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from aurita._typing import Float
from aurita._words import counted
from aurita.blas import many_threads_for
from aurita.errors import AuritaError
from aurita.readout.checks import blocks, rows


class Moments:
    """Weighted count, means and centred second moments of rows that need not be kept.

    Everything is float64; float32 rows are cast a block at a time. The order of rows, chunks and merges does not
    matter beyond rounding. Memory is one `(feature, feature)` matrix and one more while adding.

    Attributes:
        count: rows of weight above zero.
        weight: sum of the weights, `count` where none are given.
        feature_mean, target_mean: `(feature,)`, `(output,)`, weighted.
        gram: `(feature, feature)`, `sum w (x - mean)(x - mean)^T`.
        cross: `(feature, output)`, `sum w (x - mean)(y - mean)^T`.
        target_square: `(output,)`, `sum w (y - mean)^2`.
        resolution: spacing at 1 of the coarsest number format seen; it tells a constant column from a quiet one.

    Example:
        >>> import numpy as np
        >>> x = np.arange(6.0).reshape(3, 2)
        >>> moments = Moments().add(x[:1], [0.0]).add(x[1:], [1.0, 5.0])
        >>> moments.count, moments.feature_mean, moments.cross[:, 0]
        (3, array([2., 3.]), array([10., 10.]))
    """

    def __init__(self) -> None:
        self.count = 0
        self.weight = 0.0
        self.feature_mean: Float[np.ndarray, " feature"] = np.zeros(0)
        self.target_mean: Float[np.ndarray, " output"] = np.zeros(0)
        self.gram: Float[np.ndarray, "feature feature"] = np.zeros((0, 0))
        self.cross: Float[np.ndarray, "feature output"] = np.zeros((0, 0))
        self.target_square: Float[np.ndarray, " output"] = np.zeros(0)
        self.resolution = float(np.finfo(np.float64).eps)

    def add(self, features: ArrayLike, targets: ArrayLike, weights: ArrayLike | None = None) -> Self:
        """Take in rows.

        Args:
            features: `(row, feature)`.
            targets: `(row, output)` or `(row,)`.
            weights: `(row,)`, zero or more; 1 each by default.

        Returns:
            The moments themselves, changed in place; a call that raises leaves them as they were.

        Raises:
            AuritaError: values are not finite, or shapes do not fit each other or the rows before.
        """
        x, y, w = rows(features, targets, weights)
        self._match(x.shape[1], y.shape[1])
        self.resolution = max(self.resolution, float(np.finfo(x.dtype).eps))
        with many_threads_for(max(x.size, x.shape[1] ** 2)):
            for block in blocks(len(x), x.shape[1] + y.shape[1]):
                self.merge(_moments_of(x[block], y[block], None if w is None else w[block]))
        return self

    def merge(self, other: "Moments") -> Self:
        """Take in the moments of other rows, for instance another worker's.

        Returns:
            The moments themselves, changed in place; `other` is left alone.

        Raises:
            AuritaError: the other moments are of another number of features or outputs.
        """
        self.resolution = max(self.resolution, other.resolution)
        if other.weight == 0:
            return self
        self._match(len(other.feature_mean), len(other.target_mean))
        if self.weight == 0:
            self.count, self.weight = other.count, other.weight
            for name in ("feature_mean", "target_mean", "gram", "cross", "target_square"):
                setattr(self, name, getattr(other, name).copy())
            return self
        total = self.weight + other.weight
        x_step = other.feature_mean - self.feature_mean
        y_step = other.target_mean - self.target_mean
        between = self.weight * (other.weight / total)
        self.gram += other.gram
        self.gram += between * np.outer(x_step, x_step)
        self.cross += other.cross + between * np.outer(x_step, y_step)
        self.target_square += other.target_square + between * y_step**2
        self.feature_mean = self.feature_mean + (other.weight / total) * x_step
        self.target_mean = self.target_mean + (other.weight / total) * y_step
        self.count += other.count
        self.weight = total
        return self

    def some(self, features: ArrayLike) -> "Moments":
        """The moments of some of the features, by number.

        Example:
            >>> moments = Moments().add([[1.0, 5.0], [3.0, 5.0]], [0.0, 1.0])
            >>> moments.some([0]).gram
            array([[2.]])
        """
        which = np.asarray(features, dtype=int)
        found = copy(self)
        found.feature_mean, found.gram = self.feature_mean[which], self.gram[np.ix_(which, which)]
        found.cross = self.cross[which]
        return found

    def _match(self, features: int, outputs: int) -> None:
        """Complain unless the sizes are those seen before."""
        have = (len(self.feature_mean), len(self.target_mean))
        if self.weight > 0 and have != (features, outputs):
            raise AuritaError(
                f"rows have {counted(features, 'feature')} and {counted(outputs, 'output')}, those before had "
                f"{have[0]} and {have[1]}; pass rows of the same columns, or start new moments"
            )


def centred(
    values: Float[np.ndarray, "row column"], share: Float[np.ndarray, " row"]
) -> tuple[Float[np.ndarray, " column"], Float[np.ndarray, "row column"]]:
    """Weighted mean, and the values less it, both float64; `share` holds the weights, summing to one.

    Counted from the heaviest row, so that a constant column comes out as exactly zero.
    """
    first = values[np.argmax(share)].astype(np.float64)
    rest = values - first
    step = share @ rest
    rest -= step
    return first + step, rest


def _moments_of(
    features: Float[np.ndarray, "row feature"],
    targets: Float[np.ndarray, "row output"],
    weights: Float[np.ndarray, " row"] | None,
) -> Moments:
    """Moments of one block by two passes over it: means first."""
    found = Moments()
    if weights is None:
        weights = np.ones(len(features))
    found.count = int(np.count_nonzero(weights))
    found.weight = float(weights.sum())
    if found.weight == 0:
        return found
    share = weights / found.weight
    root = np.sqrt(weights)[:, None]
    found.feature_mean, x = centred(features, share)
    found.target_mean, y = centred(targets, share)
    x *= root
    y *= root
    found.gram, found.cross, found.target_square = x.T @ x, x.T @ y, np.einsum("no,no->o", y, y)
    return found
