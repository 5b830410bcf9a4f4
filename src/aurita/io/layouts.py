"""The layouts of a column of text: cells that differ in their digits alone are read together, by array operations.

A layout is a text with 0 for every digit. A column of a million times has a handful of layouts; each is understood
once, and the numbers are then cut out of all of its cells at the same places.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

LONGEST = 130
"""Characters of the longest cell that may be a time."""

_MOST_LAYOUTS = 4000
_PRIME = np.uint64(0x9E3779B97F4A7C15)
_ZERO, _NINE = ord("0"), ord("9")


@dataclass(frozen=True, eq=False)
class Layout:
    """Cells of one layout.

    `text` has 0 for every digit; `rows` (n,) are places in the column; `cells` (n, characters) are character codes.
    """

    text: str
    rows: np.ndarray
    cells: np.ndarray

    def number(self, start: int, stop: int) -> np.ndarray:
        """The digits from `start` to `stop` as floats (n,)."""
        powers = 10.0 ** np.arange(stop - start - 1, -1, -1)
        return (self.cells[:, start:stop].astype(np.float64) - _ZERO) @ powers


def layouts_of(texts: Sequence[str]) -> list[Layout]:
    """The layouts of distinct texts, the commonest first; very long texts and the rarest of very many are left out.

    Example:
        >>> [(layout.text, layout.rows.tolist()) for layout in layouts_of(["3 May", "1.2", "4 May", "5.6", "7.8"])]
        [('0.0', [1, 3, 4]), ('0 May', [0, 2])]
    """
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    found = []
    for length in np.unique(lengths[(lengths > 0) & (lengths <= LONGEST)]):
        rows = np.flatnonzero(lengths == length)
        found += _of_one_length([texts[row] for row in rows], rows, int(length))
    found.sort(key=lambda layout: (-len(layout.rows), layout.rows[0]))
    return found[:_MOST_LAYOUTS]


def _of_one_length(texts: list[str], rows: np.ndarray, length: int) -> list[Layout]:
    cells = _codes(texts, length)
    digit = (cells >= _ZERO) & (cells <= _NINE)
    shape = np.where(digit, np.asarray(_ZERO, dtype=cells.dtype), cells)
    marks = np.zeros(len(rows), dtype=np.uint64)
    for column in shape.T:
        marks = (marks ^ (marks >> np.uint64(31))) * _PRIME + column
    kinds, first = _kinds(marks)
    if not (shape == shape[first][kinds]).all():
        kinds = pd.factorize(pd.Series([row.tobytes() for row in shape], dtype=object))[0]
    order = np.argsort(kinds, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(kinds[order])) + 1)
    return [Layout("".join(map(chr, shape[part[0]].tolist())), rows[part], cells[part]) for part in parts]


def _codes(texts: list[str], length: int) -> np.ndarray:
    """Character codes (n, length), a byte each where all are ASCII."""
    try:
        return np.array(texts, dtype=f"S{length}").view(np.uint8).reshape(len(texts), length)
    except UnicodeEncodeError:
        return np.array(texts, dtype=f"U{length}").view(np.uint32).reshape(len(texts), length)


def _kinds(marks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A number for every distinct mark, and the first row that has it."""
    kinds, _ = pd.factorize(marks)
    first = np.full(int(kinds.max()) + 1, -1, dtype=np.int64)
    first[kinds[::-1]] = np.arange(len(kinds))[::-1]
    return kinds, first
