"""What a society is taught with: sequences, what is broadcast at each of their steps, and parts that are held out."""

from dataclasses import dataclass

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.errors import AuritaError
from aurita.learning.apart import class_of_each, drawn_apart

LEAST_SEQUENCES = 10
"""With fewer sequences than this, time is held out, not sequences."""


@dataclass(frozen=True, eq=False)
class Lessons:
    """Sequences and their targets.

    Attributes:
        inputs: padded at their ends.
        lengths: steps of each.
        targets: what is broadcast to the units at every step.
        scored: steps at which that counts.
        labels: what the readout says of whole sequences; None where it says something of every scored step.
        washout: first steps of every sequence that no summary of its states counts.
    """

    inputs: Float[np.ndarray, "batch time input"]
    lengths: Int[np.ndarray, "batch"]
    targets: Float[np.ndarray, "batch time target"]
    scored: Bool[np.ndarray, "batch time"]
    labels: Float[np.ndarray, "batch target"] | None = None
    washout: int = 0

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def judged(self) -> int:
        """At how many steps of a sequence a target is judged, in some sequence or other."""
        return int(self.scored.any(axis=0).sum())

    @property
    def many(self) -> bool:
        """Whether there are sequences enough to hold some out; otherwise time is held out."""
        return len(self) >= LEAST_SEQUENCES

    @property
    def whole(self) -> "Part":
        """Everything."""
        return Part(np.arange(len(self)), self._alive(), self.lengths)

    def parts(self, share: float, seed: int) -> tuple["Part", "Part"]:
        """A part to learn on and a held-out one: other sequences, or later steps where sequences are few.

        Where the labels are classes every class is held out alike.

        Args:
            share: what is held out of the sequences, or of the scored steps.
            seed: of the drawing.

        Raises:
            AuritaError: a share outside 0 to 1.

        Example:
            >>> shape = (20, 5)
            >>> lessons = Lessons(np.zeros((*shape, 1)), np.full(20, 5), np.zeros((*shape, 1)), np.ones(shape, bool))
            >>> early, late = lessons.parts(0.25, seed=0)
            >>> len(early.rows), len(late.rows), np.intersect1d(early.rows, late.rows).tolist()
            (15, 5, [])
        """
        if not 0 < share < 1:
            raise AuritaError(f"held_out is {share}; expected a share between 0 and 1")
        count = len(self)
        if self.many:
            classes = None if self.labels is None else class_of_each(self.labels[:, None], np.ones((count, 1)))
            held = drawn_apart(count, share, seed, classes)
            early, late = np.flatnonzero(~held), np.flatnonzero(held)
            return Part(early, self._alive(), self.lengths), Part(late, self._alive(), self.lengths)
        rows, alive = np.arange(count), self._alive()
        counts = self.scored & alive if self.labels is None else alive
        until = np.array([_after(np.flatnonzero(mask), share) for mask in counts])
        before = np.arange(alive.shape[1])[None] < until[:, None]
        return Part(rows, alive & before, until), Part(rows, alive & ~before, self.lengths)

    def _alive(self) -> Bool[np.ndarray, "batch time"]:
        steps = np.arange(self.inputs.shape[1])[None]
        return (steps < self.lengths[:, None]) & (steps >= self.washout)


@dataclass(frozen=True, eq=False)
class Part:
    """Some of the lessons: whole sequences, or the early or late steps of all.

    Attributes:
        rows: numbers of the sequences.
        steps: which steps of each of all sequences belong to it, those of the washout left out.
        until: how many steps of each there are to hear.
    """

    rows: Int[np.ndarray, "row"]
    steps: Bool[np.ndarray, "batch time"]
    until: Int[np.ndarray, "batch"]


def _after(steps: np.ndarray, share: float) -> int:
    """The first step of the last share of some steps."""
    return int(steps[min(len(steps) - 1, round((1 - share) * len(steps)))])
