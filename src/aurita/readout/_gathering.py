"""Rows that come in chunks: kept where they are few, their moments where they are many."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from aurita.readout.checks import PairedRows, joined, rows
from aurita.readout.moments import Moments

MOST_KEPT = 2**25
"""Numbers in rows that are kept as they are; of more only the moments are."""


def gathered(
    chunks: Iterable[Sequence[ArrayLike]], keep: Callable[[int], bool] | None = None
) -> tuple[PairedRows | None, Moments]:
    """The rows themselves, as long as they are no more than their features; then moments, one matrix of the features.

    Args:
        chunks: of `(features, targets)` or `(features, targets, weights)`.
        keep: whether so many numbers are kept even where rows are more than features.

    Returns:
        The rows, or None; the moments of the rows, of nothing where the rows are kept.

    Example:
        >>> few, none = gathered([([[1.0, 2.0, 3.0]], [1.0]), ([[0.0, 1.0, 0.0]], [2.0])])
        >>> few.features.shape, none.count
        ((2, 3), 0)
    """
    kept, moments, whole, size, count = list[PairedRows](), Moments(), True, 0, 0
    for chunk in chunks:
        if not whole:
            moments.add(*chunk)
            continue
        # Copies, as a stream may bring every chunk in the same array.
        kept.append(rows(*(None if part is None else np.array(part) for part in chunk)))
        size, count = size + kept[-1].features.size, count + len(kept[-1].features)
        few = count <= kept[-1].features.shape[1] and size <= MOST_KEPT
        if not few and not (keep is not None and keep(size)):
            whole = False
            for one in kept:
                moments.add(*one)
            kept.clear()
    return joined(kept) if kept else None, moments
