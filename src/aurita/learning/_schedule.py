"""Which sequences each batch holds, and where longer ones are cut: drawn on the host, the same for every engine."""

from typing import NamedTuple

import numpy as np

from aurita._keys import integers, permuted, split
from aurita._typing import Array, Int
from aurita.data.batch import Batch
from aurita.learning.settings import Learning

_DRAWS = 0x62617463


class Schedule(NamedTuple):
    """The batches of a run of learning.

    Attributes:
        rows: sequences of each batch.
        starts: step at which each is cut; all 0 where sequences are whole.
    """

    rows: Int[np.ndarray | Array, "*step batch"]
    starts: Int[np.ndarray | Array, "*step batch"]


def schedule(data: Batch, settings: Learning, objectives: set[str], seed: int, before: int = 0) -> Schedule:
    """Draw the batches of all steps.

    Whole sequences are drawn without replacement. Longer ones than a segment are drawn with replacement and cut
    anywhere; where only a target is scored, anywhere that the cut holds a scored step.

    Args:
        objectives: of the units that learn.
        seed: the same seed gives the same batches.
        before: steps taken before, of a run that goes on.
    """
    count, longest, _ = data.inputs.shape
    rng = np.random.default_rng([_DRAWS, seed, before] if before else [_DRAWS, seed])
    size = min(settings.segment, longest)
    if size == longest:
        batch = min(settings.batch, count)
        rows = np.tile(np.arange(count), (settings.steps, 1))
        if batch < count:
            rows = np.stack([rng.choice(count, batch, replace=False, shuffle=False) for _ in range(settings.steps)])
        return Schedule(rows.astype(np.int32), np.zeros(rows.shape, np.int32))
    shape = (settings.steps, settings.batch)
    rows = rng.integers(0, count, shape)
    room = np.maximum(np.asarray(data.lengths)[rows] - size, 0)
    chance = rng.random(shape)
    if not objectives <= {"target", "frozen"}:
        return Schedule(rows.astype(np.int32), (chance * (room + 1)).astype(np.int32))
    holding = _holding(data, size)
    starts = [holding[row][int(part * len(holding[row]))] for row, part in zip(rows.flat, chance.flat, strict=True)]
    return Schedule(rows.astype(np.int32), np.array(starts, np.int32).reshape(shape))


def drawn(data: Batch, settings: Learning, key: object) -> Schedule:
    """One batch drawn by a key: sequences, and where longer ones than a segment are cut."""
    count, longest, _ = data.inputs.shape
    size = min(settings.segment, longest)
    which_key, start_key = split(key)
    if size == longest:
        rows = np.arange(count) if settings.batch >= count else permuted(which_key, count)[: settings.batch]
        return Schedule(rows, np.zeros_like(rows))
    rows = integers(which_key, np.full(settings.batch, count))
    return Schedule(rows, integers(start_key, np.maximum(np.asarray(data.lengths)[rows] - size, 0) + 1))


def cut(data: Batch, settings: Learning, batch: Schedule) -> Batch:
    """The sequences, or segments of them, of one batch."""
    rows, starts = (np.asarray(part) for part in batch)
    size = min(settings.segment, data.inputs.shape[1])
    return data.rows(rows) if size == data.inputs.shape[1] else _pieces(data, rows, starts, size)


def _holding(data: Batch, size: int) -> list[Int[np.ndarray, "start"]]:
    """The steps at which each sequence may be cut so that the cut holds a scored step; all where none does."""
    lengths = np.asarray(data.lengths)
    alive = np.arange(data.scored.shape[1])[None] < lengths[:, None]
    counts = np.cumsum(np.pad((np.asarray(data.scored) > 0) & alive, ((0, 0), (1, 0))), axis=1)
    inside = counts[:, size:] > counts[:, :-size]
    found = []
    for row, room in zip(inside, np.maximum(lengths - size, 0), strict=True):
        own = np.flatnonzero(row[: room + 1])
        found.append(own if len(own) else np.arange(room + 1))
    return found


def in_pieces(data: Batch, settings: Learning, batches: Schedule, most: int) -> tuple[Batch, Schedule]:
    """The segments that the batches hold as sequences of their own, each of which is then run once and not every time.

    Args:
        data: to learn from; every unit learns from all of it.
        most: steps that there may be in all of them; with more, data and batches stay as they are.
    """
    longest = data.inputs.shape[1]
    size = min(settings.segment, longest)
    places, which = np.unique(np.asarray(batches.rows, np.int64) * longest + batches.starts, return_inverse=True)
    if size == longest or len(places) * size > most:
        return data, batches
    pieces = _pieces(data, places // longest, places % longest, size)
    which = which.reshape(batches.rows.shape).astype(np.int32)
    return pieces, Schedule(which, np.zeros_like(which))


def _pieces(data: Batch, rows: Int[np.ndarray, "batch"], starts: Int[np.ndarray, "batch"], size: int) -> Batch:
    """Segments as sequences of their own."""
    steps = starts[:, None] + np.arange(size)
    inputs, targets, scored = (
        np.asarray(array)[rows[:, None], steps] for array in (data.inputs, data.targets, data.scored)
    )
    lengths = np.minimum(np.asarray(data.lengths)[rows] - starts, size).astype(np.int32)
    begins = (np.asarray(data.begins)[rows] + starts).astype(np.int32)
    return Batch(inputs, lengths, targets, scored, begins)
