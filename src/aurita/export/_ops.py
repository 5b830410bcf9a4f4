"""Arithmetic of arrays of known shapes, in float64, that an export writes down: as nodes of a graph, or as loops of C.

What is written once in these operations is exported in every format. Masks are 1 and 0.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from aurita._typing import Float, Int


@dataclass(frozen=True, eq=False)
class Value:
    """An array that the exported program computes.

    Attributes:
        ops: what wrote it down.
        name: its name there.
        shape: its shape.
    """

    ops: "Ops"
    name: str
    shape: tuple[int, ...]

    def __add__(self, other: "Given") -> "Value":
        return self.ops.map("add", self, other)

    def __sub__(self, other: "Given") -> "Value":
        return self.ops.map("sub", self, other)

    def __rsub__(self, other: "Given") -> "Value":
        return self.ops.map("sub", other, self)

    def __mul__(self, other: "Given") -> "Value":
        return self.ops.map("mul", self, other)

    def __truediv__(self, other: "Given") -> "Value":
        return self.ops.map("div", self, other)

    def __rtruediv__(self, other: "Given") -> "Value":
        return self.ops.map("div", other, self)

    def __lt__(self, other: "Value | float") -> "Value":
        return self.ops.map("less", self, other)

    def __gt__(self, other: "Value | float") -> "Value":
        return self.ops.map("less", other, self)

    __radd__ = __add__
    __rmul__ = __mul__

    # An array on the left leaves the operation to this side.
    __array_ufunc__ = None


Given = Value | Float[np.ndarray, "..."] | float
Body = Callable[[list[Value], Value | None], tuple[list[Value], Value | None]]


def shape_of(*given: Given) -> tuple[int, ...]:
    """The shape that values broadcast to."""
    return np.broadcast_shapes(*(one.shape if isinstance(one, Value) else np.shape(one) for one in given))


class Ops(ABC):
    """The operations. All reductions keep the axis that they are along, with one entry."""

    def where(self, mask: Given, one: Given, other: Given) -> Value:
        """`one` where the mask is 1, `other` elsewhere, whatever is there."""
        return self.map("where", mask, one, other)

    def clip(self, value: Given, least: Given, most: Given) -> Value:
        return self.map("min", self.map("max", value, least), most)

    def rows_of(self, value: Value) -> Value:
        """A matrix with rows and columns exchanged."""
        rows, columns = value.shape
        order = np.arange(rows * columns).reshape(rows, columns).T.ravel()
        return self.shaped(self.take(self.shaped(value, (1, rows * columns)), order), (columns, rows))

    def mean(self, value: Value) -> Value:
        """Along the last axis."""
        return self.reduce("sum", value) / float(value.shape[-1])

    @abstractmethod
    def map(self, kind: str, *given: Given) -> Value:
        """Entry by entry, of shapes that broadcast: `add`, `sub`, `mul`, `div`, `min`, `max`, `less`, `where`, `exp`,
        `log`, `sqrt`, `tanh`, `abs`."""

    @abstractmethod
    def reduce(self, kind: str, value: Value, axis: int = -1) -> Value:
        """`sum`, `min` or `max` along an axis."""

    @abstractmethod
    def take(self, value: Given, index: Int[np.ndarray, "entry"] | Sequence[int], axis: int = -1) -> Value:
        """Some entries along an axis, in some order."""

    @abstractmethod
    def joined(self, values: Sequence[Value]) -> Value:
        """Side by side along the last axis."""

    @abstractmethod
    def shaped(self, value: Value, shape: tuple[int, ...]) -> Value:
        """The same entries in another shape."""

    @abstractmethod
    def product(self, value: Value, matrix: Float[np.ndarray, "entry column"]) -> Value:
        """Rows times a constant matrix."""

    @abstractmethod
    def running(self, value: Value) -> Value:
        """Sums from the first entry of each row on."""

    @abstractmethod
    def first_least(self, value: Value) -> Value:
        """A mask of the first smallest entry of each row."""

    @abstractmethod
    def smallest(self, value: Value, place: int) -> Value:
        """The entry of each row that so many others are below: 0 for the smallest."""

    @abstractmethod
    def autocovariances(self, value: Value, lags: int) -> Value:
        """Sums of products of each row with itself, `lags` from 0 on."""

    @abstractmethod
    def moments(self, value: Value, order: int) -> Value:
        """Moments of each entry's `order` predecessors, newest first, and the entry itself: `(S, order, order + 1)`."""

    @abstractmethod
    def solved(self, system: Value) -> Value:
        """The solution of `(S, n, n + 1)` systems of symmetric positive matrices, the last column their right side."""

    @abstractmethod
    def looped(
        self, carry: Sequence[Value], body: Body, *, steps: int, columns: Value | None = None
    ) -> tuple[list[Value], Value | None]:
        """A loop.

        Args:
            carry: values before the first step.
            body: from values and a column `(S, 1)` the values after a step and, if there is one, an output `(N, 1)`.
            steps: how many.
            columns: `(S, steps)`, of which every step receives one.

        Returns:
            The values after the last step, and all outputs `(N, steps)`.
        """
