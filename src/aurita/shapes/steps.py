"""What shape units find at every step of a sequence, before it is pooled: for pictures."""

from collections.abc import Iterator, Sequence

import numpy as np

from aurita._typing import Float
from aurita.shapes._reference import counted, windows_of
from aurita.shapes.shapes import Shapes

_AT_ONCE = 2**16


def found_at_steps(
    shapes: Shapes, values: Sequence[Float[np.ndarray, "time channel"]], units: Sequence[int]
) -> Iterator[tuple[int, Float[np.ndarray, "time unit hidden"]]]:
    """How many of its levels each filter of some units passes at every step, as a share.

    The mean over the steps that count is the mean, over levels, of the shares that `pooled` gives.

    Args:
        shapes: units.
        values: sequences of any lengths.
        units: numbers of the units.

    Yields:
        The number of a sequence, and its shares: 0 to 1, NaN at steps that do not count for a unit, whose window is not
        whole there.
    """
    first = 0
    while first < len(values):
        last, longest = first, 0
        while last < len(values):
            longest = max(longest, len(values[last]))
            if last > first and longest * (last + 1 - first) > _AT_ONCE:
                break
            last += 1
        part = values[first:last]
        padded, rows = shapes.padded(part), np.arange(len(part))
        found = np.full((len(part), int(padded.lengths.max()), len(units), shapes.unit.hidden), np.nan, np.float32)
        for place, unit in enumerate(units):
            h = np.einsum("kcj,bcjt->bkt", shapes.filters[unit], windows_of(shapes, padded, unit, rows))
            passed = np.zeros_like(h)
            for level, slope in zip(shapes.levels[unit].T, shapes.slopes[unit].T, strict=True):
                passed += np.clip((h - level[:, None]) * slope[:, None] + 0.5, 0, 1)
            passed /= shapes.unit.levels
            passed[np.broadcast_to(~counted(shapes, padded, unit, rows)[:, None], passed.shape)] = np.nan
            found[:, :, place] = passed.swapaxes(1, 2)
        for row, number in enumerate(range(first, last)):
            yield number, found[row, : len(values[number])]
        first = last
