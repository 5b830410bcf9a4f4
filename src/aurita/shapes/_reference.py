"""Shape units in numpy: what the compiled kernels compute, for tests and for where nothing was compiled."""

from typing import TYPE_CHECKING

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.shapes.padding import Padded

if TYPE_CHECKING:
    from aurita.shapes.shapes import Shapes


def starts(whole: bool, field: int, lengths: Int[np.ndarray, "batch"]) -> Int[np.ndarray, "batch"]:
    """The first step that counts: the first whole window where a unit wants these and most of the sequence has them."""
    return np.where(whole & (2 * lengths > 3 * field), field, 0)


def hidden_values(
    shapes: "Shapes", padded: Padded, unit: int, rows: Int[np.ndarray, "sample"], steps: Int[np.ndarray, "sample"]
) -> Float[np.ndarray, "hidden sample"]:
    """Values of the filters of one unit at some steps of some sequences."""
    back = padded.left + steps[:, None] - np.arange(shapes.unit.window) * int(shapes.dilations[unit])
    channels = shapes.channels[unit]
    total = np.zeros((shapes.unit.hidden, len(rows)), np.float32)
    for slot in np.flatnonzero(channels >= 0):
        total += shapes.filters[unit, :, slot] @ padded.values[rows[:, None], channels[slot], back].T
    return total


def windows_of(
    shapes: "Shapes", padded: Padded, unit: int, rows: Int[np.ndarray, "row"]
) -> Float[np.ndarray, "batch slot window time"]:
    """What a unit's windows hold at every step of some sequences; zeros in slots that receive nothing."""
    steps = int(padded.lengths[rows].max())
    back = padded.left + np.arange(steps) - np.arange(shapes.unit.window)[:, None] * int(shapes.dilations[unit])
    channels = shapes.channels[unit]
    given = padded.values[rows][:, np.maximum(channels, 0)][:, :, back]
    return given * (channels >= 0)[:, None, None]


def counted(
    shapes: "Shapes", padded: Padded, unit: int, rows: Int[np.ndarray, "row"]
) -> Bool[np.ndarray, "batch time"]:
    """Which steps of some sequences count for a unit."""
    lengths = padded.lengths[rows]
    field = (shapes.unit.window - 1) * int(shapes.dilations[unit])
    steps = np.arange(int(lengths.max()))
    return (steps < lengths[:, None]) & (steps >= starts(bool(shapes.whole[unit]), field, lengths)[:, None])


def pooled_of(
    h: Float[np.ndarray, "batch hidden time"],
    counts: Bool[np.ndarray, "batch time"],
    levels: Float[np.ndarray, "hidden level"],
    slopes: Float[np.ndarray, "hidden level"],
) -> Float[np.ndarray, "batch hidden pooled"]:
    """Shares of the steps that count above each level, then the maximum."""
    steps = np.clip((h[:, :, None] - levels[:, :, None]) * slopes[:, :, None] + 0.5, 0, 1)
    shares = (steps * counts[:, None, None]).sum(axis=3) / counts.sum(axis=1)[:, None, None]
    most = np.where(counts[:, None], h, -np.inf).max(axis=2)
    return np.concatenate([shares, most[:, :, None]], axis=2)


def pooled_reference(
    shapes: "Shapes", padded: Padded, slopes: Float[np.ndarray, "unit hidden level"]
) -> Float[np.ndarray, "batch feature"]:
    """Pooled values of all units."""
    parts, rows = [], np.arange(len(padded.lengths))
    for unit in range(shapes.units):
        h = np.einsum("kcj,bcjt->bkt", shapes.filters[unit], windows_of(shapes, padded, unit, rows))
        pooled_values = pooled_of(h, counted(shapes, padded, unit, rows), shapes.levels[unit], slopes[unit])
        parts.append(pooled_values.reshape(len(rows), -1))
    return np.concatenate(parts, axis=1).astype(np.float32)
