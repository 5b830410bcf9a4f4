"""Sequences padded to one length: the one shape in which data go from an estimator's door to the loss."""

from typing import Any, Self

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
    def judged(self) -> int:
        """At how many steps of a sequence a target is scored, in some sequence or other."""
        return int(np.asarray(self.scored).any(axis=0).sum())

    def rows(self, which: Any) -> Self:
        """Some of the sequences, whole."""
        names = ("inputs", "lengths", "targets", "scored", "begins", "labels", "sources", "parts")
        arrays = {name: getattr(self, name) for name in names}
        return self.replace(**{name: array[which] for name, array in arrays.items() if array is not None})
