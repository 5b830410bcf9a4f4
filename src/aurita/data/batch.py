"""Sequences padded to one length: the one shape in which data go from an estimator's door to the loss."""

from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np

from aurita._tree import Record, fixed
from aurita._typing import Array, Bool, Float, Int

MANY = 10
"""With fewer sequences than this, time is held out, not sequences."""


class Batch(Record):
    """Padded sequences, or segments that begin at some step of one; sequence, then step, then channel.

    Attributes:
        inputs: external channels, anything finite after a sequence's end.
        lengths: steps of each sequence.
        targets: what is broadcast to the units at every step; no channels where nothing is.
        scored: weights of the steps in the loss of the target, or true and false.
        begins: steps at which segments were cut from longer sequences.
        labels: targets of whole sequences; None where steps have the targets.
        sources: values of all sources, where these stay the same while units learn; otherwise None.
        parts: what each unit learns from, for whole sequences or for their steps; None: from everything.
        washout: first steps of every sequence that no summary of its states counts.

    Example:
        >>> batch = Batch.of(np.zeros((2, 5, 3)), lengths=np.array([5, 2]))
        >>> len(batch), batch.alive.sum(axis=1).tolist(), batch.targets.shape
        (2, [5, 2], (2, 5, 0))
    """

    inputs: Float[Array, "batch time input"]
    lengths: Int[Array, "batch"]
    targets: Float[Array, "batch time target"]
    scored: Float[Array, "batch time"] | Bool[Array, "batch time"]
    begins: Int[Array, "batch"]
    labels: Float[Array, "batch target"] | None = None
    sources: Float[Array, "batch time source"] | None = None
    parts: Bool[Array, "batch step unit"] | None = None
    washout: int = fixed(default=0)

    @classmethod
    def of(
        cls,
        inputs: Float[np.ndarray, "batch time input"],
        lengths: Int[np.ndarray, "batch"] | None = None,
        targets: Float[np.ndarray, "batch time target"] | None = None,
        scored: Float[np.ndarray, "batch time"] | Bool[np.ndarray, "batch time"] | None = None,
        labels: Float[np.ndarray, "batch target"] | None = None,
        washout: int = 0,
    ) -> Self:
        """Whole sequences: all of one length, nothing broadcast and every step scored, where nothing else is given."""
        batch, steps, _ = inputs.shape
        return cls(
            inputs,
            np.full(batch, steps) if lengths is None else lengths,
            np.zeros((batch, steps, 0)) if targets is None else targets,
            np.ones((batch, steps), bool) if scored is None else scored,
            np.zeros(batch, np.int32),
            labels,
            washout=washout,
        )

    @classmethod
    def padded(cls, values: Sequence[Float[np.ndarray, "time input"]], **others: Array) -> Self:
        """Sequences of any lengths, zeros after their ends; `others` are as of `of`."""
        lengths = np.array([len(value) for value in values])
        inputs = np.zeros((len(values), int(lengths.max()), values[0].shape[1]))
        for row, value in zip(inputs, values, strict=True):
            row[: len(value)] = value
        return cls.of(inputs, lengths, **others)

    def widened(self) -> Self:
        """With more padding, and more sequences of one step that is not scored: batches of a few sizes only.

        What is compiled for one batch then serves for others.
        """
        count, steps, _ = self.inputs.shape
        more, later = rounded(count) - count, rounded(steps) - steps

        def wide(array: Array) -> Array:
            return np.pad(array, ((0, more), (0, later), *((0, 0),) * (array.ndim - 2)))

        return self.replace(
            inputs=wide(self.inputs),
            lengths=np.pad(self.lengths, (0, more), constant_values=1),
            targets=wide(self.targets),
            scored=wide(self.scored),
            begins=np.pad(self.begins, (0, more)),
            labels=None,
        )

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def alive(self) -> Bool[np.ndarray, "batch time"]:
        """Steps that are no padding."""
        return np.arange(self.inputs.shape[1]) < np.asarray(self.lengths)[:, None]

    @property
    def many(self) -> bool:
        """Whether there are sequences enough to hold some out; otherwise time is held out."""
        return len(self) >= MANY

    @property
    def scored_steps(self) -> int:
        """At how many steps of a sequence a target is scored, in some sequence or other."""
        return int(np.asarray(self.scored).any(axis=0).sum())

    def rows(self, which: object) -> Self:
        """Some of the sequences, whole."""
        names = ("inputs", "lengths", "targets", "scored", "begins", "labels", "sources", "parts")
        arrays = {name: getattr(self, name) for name in names}
        return self.replace(**{name: array[which] for name, array in arrays.items() if array is not None})


def by_length(
    values: Sequence[Float[np.ndarray, "time input"]], most: int = 256
) -> Iterator[tuple[Int[np.ndarray, "row"], Batch]]:
    """Batches of sequences of similar lengths, the shortest first, and which sequences each begins with.

    Args:
        values: sequences.
        most: of them in a batch, which is widened to one of a few sizes.

    Example:
        >>> [(which.tolist(), batch.inputs.shape) for which, batch in by_length([np.ones((5, 1)), np.ones((2, 1))], 1)]
        [([1], (1, 2, 1)), ([0], (1, 5, 1))]
    """
    order = np.argsort([len(value) for value in values], kind="stable")
    for first in range(0, len(order), most):
        which = order[first : first + most]
        yield which, Batch.padded([values[number] for number in which]).widened()


def rounded(count: int) -> int:
    """The next number with three significant bits.

    Example:
        >>> [rounded(count) for count in (7, 9, 100)]
        [7, 10, 112]
    """
    step = 1 << max(0, count.bit_length() - 3)
    return -(-count // step) * step
