"""Growing lengths: what a unit is to keep over a thousand steps it learns to keep over fifty first.

Over long sequences the few steps that matter drown in the many that do not, and a gradient finds no way to keep them;
over short ones it does, and what was learnt there serves longer ones, where a memory has no window.

Source: curricula of growing length, Bengio et al. 2009, "Curriculum learning".
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from aurita.data.batch import Batch
from aurita.learning.settings import Learning


def stages(given: Batch, settings: Learning) -> Iterator[tuple[Learning, Batch]]:
    """Settings and sequences of each run of learning, from the shortest segments to the longest.

    Args:
        settings: with lengths to grow through.

    Example:
        >>> given = Batch.of(np.zeros((3, 40, 1)), lengths=np.array([10, 20, 40]))
        >>> settings = Learning(steps=50, grow=(10, 20), segment=40)
        >>> [(now.steps, now.segment, sequences.inputs.shape) for now, sequences in stages(given, settings)]
        [(16, 10, (1, 10, 1)), (17, 20, (2, 20, 1)), (17, 40, (3, 40, 1))]
    """
    sizes = (*settings.grow, settings.segment)
    ends = [settings.steps * (i + 1) // len(sizes) for i in range(len(sizes))]
    for size, start, end in zip(sizes, [0, *ends], ends, strict=False):
        yield replace(settings, grow=(), segment=size, steps=end - start), _within(given, size)


def _within(given: Batch, size: int) -> Batch:
    """The sequences of no more than so many steps; all where there are none."""
    rows = np.flatnonzero(given.lengths <= size)
    if not len(rows):
        return given
    some, longest = given.rows(rows), int(given.lengths[rows].max())
    return some.replace(
        inputs=some.inputs[:, :longest], targets=some.targets[:, :longest], scored=some.scored[:, :longest]
    )
