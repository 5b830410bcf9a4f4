"""Sequences as the native engine learns from them: on the host, sequence last, aligned where few steps are scored."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.data.batch import Batch
from aurita.native.learn_kernel import Rows, with_slack


class Aligned(NamedTuple):
    """Sequences, or segments of them, put so that what is scored of all is at the same steps.

    Attributes:
        rows: which sequences.
        starts: the first step of each.
        ends: the step after its last.
        late: at which step of the batch it begins.
        steps: how many steps the batch has.
    """

    rows: Int[np.ndarray, "batch"]
    starts: Int[np.ndarray, "batch"]
    ends: Int[np.ndarray, "batch"]
    late: Int[np.ndarray, "batch"]
    steps: int

    @property
    def longest_first(self) -> "Aligned":
        """The same in an order in which the sequences that are there at a step lie side by side."""
        order = np.argsort(self.starts - self.ends, kind="stable")
        return Aligned(self.rows[order], self.starts[order], self.ends[order], self.late[order], self.steps)


def _by_sequence(array: np.ndarray) -> np.ndarray:
    """The same array, its last axis, the sequences, outermost in memory: batches are cut from whole sequences."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(array, -1, 0)), 0, -1)


@dataclass(frozen=True)
class HostBatch:
    """A batch with the sequence last, as smaller ones are cut from it.

    Attributes:
        inputs: external channels.
        sources: rows of what the sources were that learners receive; None where that is known batch by batch only.
        lengths: steps of each sequence.
        targets: what is broadcast.
        scored: weights of the steps, 0 where there are none.
        begins: steps at which the sequences were cut from longer ones.
        late: at which step each begins, where they were put so that their last scored steps coincide; None otherwise.
        parts: what each unit learns from, for whole sequences or for their steps; None: from everything.
    """

    inputs: Float[np.ndarray, "input time sequence"]
    sources: Float[np.ndarray, "source time sequence"] | None
    lengths: Int[np.ndarray, "sequence"]
    targets: Float[np.ndarray, "target time sequence"]
    scored: Float[np.ndarray, "time sequence"]
    begins: Int[np.ndarray, "sequence"]
    late: Int[np.ndarray, "sequence"] | None = None
    parts: Bool[np.ndarray, "unit step sequence"] | None = None

    @staticmethod
    def of(data: Batch, sources: np.ndarray | None) -> "HostBatch":
        def last(array: object) -> np.ndarray:
            return _by_sequence(np.asarray(array, np.float32).transpose(2, 1, 0))

        lengths = np.asarray(data.lengths)
        alive = np.arange(data.inputs.shape[1])[:, None] < lengths
        scored = _by_sequence(np.asarray(data.scored, np.float32).T * alive)
        parts = None if data.parts is None else np.ascontiguousarray(np.asarray(data.parts).transpose(2, 1, 0))
        begins = np.asarray(data.begins)
        sources = None if sources is None else _by_sequence(sources)
        return HostBatch(last(data.inputs), sources, lengths, last(data.targets), scored, begins, parts=parts)

    @property
    def longest(self) -> int:
        return self.inputs.shape[1]

    @cached_property
    def last_scored(self) -> int:
        """The last step that is scored in any sequence."""
        return int(np.flatnonzero(self.scored.any(1)).max(initial=0)) if self.scored.any() else self.longest - 1

    def at_ends(self) -> "HostBatch":
        """The same, put so that the last scored steps coincide."""
        count = len(self.lengths)
        place = self.aligned(np.arange(count), np.zeros(count, int), self.longest, at_ends=True)
        if not place.late.any():
            return self

        def put(array: np.ndarray) -> np.ndarray:
            return _by_sequence(self.cut(array, place).reshape(len(array), place.steps, count))

        sources = None if self.sources is None else put(self.sources)
        ends = place.late + place.ends - place.starts
        scored = put(self.scored[None])[0] * (np.arange(place.steps)[:, None] < ends)
        return HostBatch(
            put(self.inputs), sources, ends, put(self.targets), scored, self.begins, place.late, self.parts
        )

    def aligned(self, rows: np.ndarray, starts: np.ndarray, size: int, at_ends: bool) -> Aligned:
        """Segments of these sequences, put so that their last scored steps coincide, or else their first steps."""
        starts, ends = np.asarray(starts), np.minimum(self.lengths[rows], starts + size)
        if self.late is not None:
            return Aligned(rows, self.late[rows], ends, self.late[rows], self.longest)
        if not at_ends:
            return Aligned(rows, starts, ends, np.zeros_like(starts), size)
        steps = starts + np.arange(size)[:, None]
        inside = (self.scored[np.minimum(steps, self.longest - 1), rows] > 0) & (steps < ends)
        count = min(size, self.last_scored + 1)
        last = starts + np.where(
            inside.any(0), size - np.argmax(inside[::-1], axis=0), np.minimum(ends - starts, count)
        )
        return Aligned(rows, starts, last, count - (last - starts), count)

    def cut(self, array: np.ndarray, place: Aligned) -> Rows:
        """Rows of lanes of a batch; zeros before a sequence begins."""
        steps, batch = place.steps, len(place.rows)
        out = with_slack((len(array), steps * batch))
        view = out.reshape(len(array), steps, batch)
        if self.late is not None or not (place.starts.any() or place.late.any()):
            view[:] = array[:, :steps, place.rows]
            return out
        for i, (row, start, late) in enumerate(zip(place.rows, place.starts, place.late, strict=True)):
            piece = array[:, start : start + steps - late, row]
            view[:, late : late + piece.shape[1], i] = piece
        return out

    def scored_of(self, place: Aligned) -> Float[np.ndarray, "time batch"]:
        """Weights of the steps of a batch."""
        weights = self.cut(self.scored[None], place).reshape(place.steps, -1)
        return weights * (np.arange(place.steps)[:, None] < place.late + place.ends - place.starts)

    def parts_of(self, place: Aligned) -> Bool[np.ndarray, "unit time batch"] | None:
        """What each unit learns from of a batch; None where all learn from everything."""
        if self.parts is None:
            return None
        shape = (len(self.parts), place.steps, len(place.rows))
        if self.parts.shape[1] == 1:
            return np.broadcast_to(self.parts[:, :, place.rows], shape)
        return self.cut(self.parts.astype(np.float32), place).reshape(shape) > 0

    def counted(
        self, place: Aligned, washout: int, part: Bool[np.ndarray, "time batch"] | None = None
    ) -> Bool[np.ndarray, "time batch"]:
        """Steps of the sequences after the washout; those of a part if one is given."""
        when = np.arange(place.steps)[:, None]
        inside = (when < place.ends - place.starts) & (when >= washout)
        return inside if part is None else inside & part

    def self_weights(
        self,
        place: Aligned,
        horizons: Sequence[int],
        washout: int,
        part: Bool[np.ndarray, "time batch"] | None = None,
    ) -> Rows:
        """Weights of the self-predictions made at each lane, a row a horizon; those of a part if one is given."""
        batch, counted = len(place.rows), self.counted(place, washout, part)
        weights = with_slack((len(horizons), place.steps * batch))
        for row, horizon in zip(weights, horizons, strict=True):
            if horizon < place.steps:
                both = counted[:-horizon] & counted[horizon:]
                row[: both.size] = both.ravel() / max(both.sum(), 1)
        return weights
