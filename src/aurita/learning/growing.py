"""Growing lengths: what a unit is to keep over a thousand steps it learns to keep over fifty first.

Over long sequences the few steps that matter drown in the many that do not, and a gradient finds no way to keep them;
over short ones it does, and what was learnt there serves longer ones, where a memory has no window.

Source: curricula of growing length, Bengio et al. 2009, "Curriculum learning".
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from aurita.learning.settings import Learning


class LearningData(NamedTuple):
    """What `learn` is given to learn from.

    Attributes:
        inputs, lengths, targets, scored: as of `learn`.
    """

    inputs: Any
    lengths: object = None
    targets: Any = None
    scored: object = None


def stages(given: LearningData, settings: Learning) -> Iterator[tuple[Learning, LearningData]]:
    """Settings and sequences of each run of learning, from the shortest segments to the longest.

    Args:
        given: all sequences.
        settings: with lengths to grow through.

    Example:
        >>> given = LearningData(np.zeros((3, 40, 1)), lengths=[10, 20, 40])
        >>> settings = Learning(steps=50, grow=(10, 20), segment=40)
        >>> [(now.steps, now.segment, sequences.inputs.shape) for now, sequences in stages(given, settings)]
        [(16, 10, (1, 10, 1)), (17, 20, (2, 20, 1)), (17, 40, (3, 40, 1))]
    """
    sizes = (*settings.grow, settings.segment)
    ends = [settings.steps * (i + 1) // len(sizes) for i in range(len(sizes))]
    for size, start, end in zip(sizes, [0, *ends], ends, strict=False):
        yield replace(settings, grow=(), segment=size, steps=end - start), _within(given, size)


def _within(given: LearningData, size: int) -> LearningData:
    """The sequences of no more than so many steps; all where there are none."""
    inputs = np.asarray(given.inputs)
    if given.lengths is None or inputs.ndim < 2:
        return given
    lengths = np.asarray(given.lengths)
    rows = np.flatnonzero(lengths <= size)
    if not len(rows) or lengths.shape != inputs.shape[:1]:
        return given
    longest = int(lengths[rows].max())
    targets, scored = (
        None if array is None else np.asarray(array)[rows, :longest] for array in (given.targets, given.scored)
    )
    return LearningData(inputs[rows, :longest], lengths[rows], targets, scored)
