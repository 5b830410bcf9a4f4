"""The flow map of a dynamical system: what is added to the last values, from these and delayed ones, by kernel ridge.

Run closed on itself it is a reservoir computer of infinitely many features and no memory of its own. Sources: Gauthier,
Bollt, Griffith and Barbosa 2021, "Next generation reservoir computing"; Grigoryeva, Ting and Ortega 2024,
"Infinite-dimensional next-generation reservoir computing"; Hamzi and Owhadi 2021, "Learning dynamical systems from
data: a simple cross-validation perspective".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import comb

import numpy as np
from scipy import linalg

from aurita._kinds import saved
from aurita._typing import Float
from aurita.rounding import deviations

MOST_REACH = 500
"""Steps of the past that a map sees, at most."""

MOST_ANCHORS = 2000
"""Rows that the map is a sum over, at most; of more, evenly spaced ones."""

_BEYOND = 1.0
"""Forecasts leave the range of the series by so many times its width at most."""


def _gauss(squares: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.exp(-0.5 * squares)
    return found


def _matern(squares: np.ndarray) -> np.ndarray:
    """Of smoothness 5/2: flows that are known at few places want less smoothness than the Gaussian has."""
    r = np.sqrt(5 * squares)
    found: np.ndarray = (1 + r + r * r / 3) * np.exp(-r)
    return found


KERNELS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"gauss": _gauss, "matern": _matern}
"""Of squared distances in units of the scale, 1 at distance 0."""

MONOMIALS = "monomials"
"""In place of a kernel: all products of up to `scale` of the values that are seen, which need no anchors."""


@saved()
@dataclass(frozen=True)
class Delays:
    """What a flow map sees, and how it compares.

    Attributes:
        kernel: a name in `KERNELS`, or `MONOMIALS`.
        scale: of distances: root mean squares over what is seen, in deviations of the series; of monomials their order.
        count: values of each channel that are seen, the last one included.
        spacing: steps between these.
    """

    kernel: str
    scale: float
    count: int
    spacing: int

    @property
    def reach(self) -> int:
        """Steps of the past that are seen, now included."""
        return (self.count - 1) * self.spacing + 1

    def rows(self, values: Float[np.ndarray, "time output"]) -> Float[np.ndarray, "row seen"]:
        """What is seen at each step that has all delayed values."""
        count = len(values) - self.reach + 1
        starts = [self.reach - 1 - delay * self.spacing for delay in range(self.count)]
        return np.hstack([values[start : start + count] for start in starts])

    def alike(
        self, rows: Float[np.ndarray, "row seen"], anchors: Float[np.ndarray, "anchor seen"]
    ) -> Float[np.ndarray, "row anchor"]:
        """The kernel between some rows and the anchors, or the monomials of the rows."""
        if self.kernel == MONOMIALS:
            return _monomials(rows, int(self.scale))
        squares = (rows**2).sum(axis=1)[:, None] + (anchors**2).sum(axis=1) - 2 * rows @ anchors.T
        found: np.ndarray = KERNELS[self.kernel](np.maximum(squares, 0.0) / (self.scale**2 * rows.shape[1]))
        return found


@saved()
@dataclass(frozen=True, eq=False)
class Flow:
    """A flow map, fitted.

    Attributes:
        delays: what it sees.
        mean, deviation: `(O,)` of the series.
        low, high: `(O,)`, which forecasts stay within, in deviations.
        anchors: `(N, delays O)`, rows that the map is a sum over; one, without use, for monomials.
        coefficients: `(N, O)`, or of each monomial.

    Example:
        >>> turn = np.arange(300) / 5
        >>> circle = np.stack([np.sin(turn), np.cos(turn)], axis=1)
        >>> flow = fit_flow([circle[:200]], Delays("gauss", 1.0, 1, 1), 1e-9)
        >>> bool(np.abs(flow.forecasts([circle[:200]], 100)[0] - circle[200:]).max() < 1e-3)
        True
    """

    delays: Delays
    mean: Float[np.ndarray, "output"]
    deviation: Float[np.ndarray, "output"]
    low: Float[np.ndarray, "output"]
    high: Float[np.ndarray, "output"]
    anchors: Float[np.ndarray, "anchor seen"]
    coefficients: Float[np.ndarray, "feature output"]

    def forecasts(
        self, series: Sequence[Float[np.ndarray, "time output"]], horizon: int
    ) -> Float[np.ndarray, "series ahead output"]:
        """The next steps after each series, every step from the one before."""
        reach = self.delays.reach
        # What is shorter than a map sees had its first value before.
        parts = [np.concatenate([np.repeat(one[:1], max(reach - len(one), 0), axis=0), one[-reach:]]) for one in series]
        past = (np.stack(parts) - self.mean) / self.deviation
        found = np.empty((len(series), horizon, len(self.mean)))
        for step in range(horizon):
            rows = past[:, :: -self.delays.spacing].reshape(len(past), -1)
            change = self.delays.alike(rows, self.anchors) @ self.coefficients
            found[:, step] = np.clip(past[:, -1] + change, self.low, self.high)
            past = np.concatenate([past[:, 1:], found[:, step : step + 1]], axis=1)
        return found * self.deviation + self.mean

    def rescaled(self, series: Sequence[Float[np.ndarray, "time output"]]) -> "Flow":
        """The same map of series of another level and size."""
        mean, deviation = _scale(series)
        return replace(self, mean=mean, deviation=deviation)


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows to fit a map on.

    Attributes:
        delays: what it sees.
        mean, deviation, low, high: as of `Flow`.
        anchors: what is seen, scaled.
        changes: what is added to the last values, in deviations.
    """

    delays: Delays
    mean: Float[np.ndarray, "output"]
    deviation: Float[np.ndarray, "output"]
    low: Float[np.ndarray, "output"]
    high: Float[np.ndarray, "output"]
    anchors: Float[np.ndarray, "anchor seen"]
    changes: Float[np.ndarray, "anchor output"]

    @staticmethod
    def of(series: Sequence[Float[np.ndarray, "time output"]], delays: Delays, most: int = MOST_ANCHORS) -> "Rows":
        """The rows of some series of one system."""
        mean, deviation = _scale(series)
        scaled = [(one - mean) / deviation for one in series]
        seen = np.concatenate([delays.rows(one[:-1]) for one in scaled])
        changes = np.concatenate([np.diff(one[delays.reach - 1 :], axis=0) for one in scaled])
        if len(seen) > most:
            kept = np.linspace(0, len(seen) - 1, most).astype(int)
            seen, changes = seen[kept], changes[kept]
        low, high = (
            np.min([one.min(axis=0) for one in scaled], axis=0),
            np.max([one.max(axis=0) for one in scaled], axis=0),
        )
        room = _BEYOND * (high - low)
        return Rows(delays, mean, deviation, low - room, high + room, seen, changes)

    def solved(self, penalties: Sequence[float]) -> list[Flow]:
        """The map at each penalty, all from one decomposition."""
        if self.delays.kernel == MONOMIALS:
            return self._of_monomials(penalties)
        values, vectors = linalg.eigh(self.delays.alike(self.anchors, self.anchors), driver="evd", check_finite=False)
        along = vectors.T @ self.changes
        found = [vectors @ (along / (np.maximum(values, 0.0) + penalty)[:, None]) for penalty in penalties]
        return [self._flow(self.anchors, each) for each in found]

    def _of_monomials(self, penalties: Sequence[float]) -> list[Flow]:
        """By singular values, as moments of monomials would drown weak penalties in their rounding."""
        features = self.delays.alike(self.anchors, self.anchors)
        scale = np.sqrt((features**2).mean(axis=0))
        left, values, right = linalg.svd(features / scale, full_matrices=False, check_finite=False)
        along, unit = left.T @ self.changes, (values**2).mean()
        found = [right.T @ ((values / (values**2 + penalty * unit))[:, None] * along) for penalty in penalties]
        return [self._flow(self.anchors[:1], each / scale[:, None]) for each in found]

    def _flow(self, anchors: np.ndarray, coefficients: np.ndarray) -> Flow:
        return Flow(self.delays, self.mean, self.deviation, self.low, self.high, anchors, coefficients)


def fit_flow(series: Sequence[Float[np.ndarray, "time output"]], delays: Delays, penalty: float) -> Flow:
    """The flow map of some series of one system.

    Args:
        series: each of more steps than the map sees.
        delays: what it sees.
        penalty: on the square of the map's norm, for anchors of kernel 1.
    """
    return Rows.of(series, delays).solved([penalty])[0]


def terms(values: int, order: int) -> int:
    """How many monomials up to an order there are.

    Example:
        >>> terms(3, 2)
        10
    """
    return comb(values + order, order)


def _monomials(rows: Float[np.ndarray, "row seen"], order: int) -> Float[np.ndarray, "row term"]:
    found, last = [np.ones((len(rows), 1))], [(np.ones(len(rows)), 0)]
    for _ in range(order):
        last = [(one * rows[:, j], j) for one, i in last for j in range(i, rows.shape[1])]
        found.append(np.stack([one for one, _ in last], axis=1))
    return np.hstack(found)


def _scale(series: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    rows = np.concatenate(series)
    deviation = deviations(rows)
    return rows.mean(axis=0), np.where(deviation > 0, deviation, 1.0)
