"""Which sequences are held out: drawn by a seed, and from every class its share where each has one class."""

from dataclasses import dataclass

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.data.batch import Batch
from aurita.errors import AuritaError

_ASIDE = 0x68656C64


def drawn_apart(
    count: int, share: float, seed: int, labels: Int[np.ndarray, "sequence"] | None = None
) -> Bool[np.ndarray, "sequence"]:
    """Mask of the sequences that are held out: one at least, and one at least that is not.

    Args:
        count: sequences, two or more.
        share: of them to hold out.
        seed: the same seed gives the same sequences.
        labels: of each; every class is held out in proportion, and of every class one sequence at least is not, so
            long as there are more sequences than classes.

    Example:
        >>> held = drawn_apart(12, 0.5, seed=0, labels=np.repeat([0, 1, 2], 4))
        >>> held.reshape(3, 4).sum(axis=1).tolist()
        [2, 2, 2]
    """
    rng = np.random.default_rng([seed, _ASIDE])
    order = rng.permutation(count)
    held = min(max(1, round(share * count)), count - 1)
    if labels is not None and len(np.unique(labels)) < count:
        # Each class is spread evenly over the order, so that any beginning holds as much of every class; its last one
        # comes after all others.
        place = np.empty(count)
        for label in np.unique(labels):
            own = order[labels[order] == label]
            place[own] = (np.arange(len(own)) + rng.random()) / len(own)
            place[own[-1]] = 1.0
        order = np.argsort(place, kind="stable")
        held = min(held, count - len(np.unique(labels)))
    mask = np.zeros(count, bool)
    mask[order[:held]] = True
    return mask


def class_of_each(
    targets: Float[np.ndarray, "sequence time target"], scored: Float[np.ndarray, "sequence time"]
) -> Int[np.ndarray, "sequence"] | None:
    """The class of each sequence, where its target is one-hot and the same at all of its scored steps.

    Example:
        >>> class_of_each(np.eye(2)[[[1, 1], [0, 0]]], np.ones((2, 2))).tolist()
        [1, 0]
    """
    counts = np.asarray(scored) > 0
    given = np.asarray(targets)
    if given.shape[-1] < 2 or not counts.any(axis=1).all():
        return None
    seen = given[counts]
    if not (((seen == 0) | (seen == 1)).all() and (seen.sum(axis=1) == 1).all()):
        return None
    classes = given.argmax(axis=2)
    first = np.take_along_axis(classes, counts.argmax(axis=1)[:, None], axis=1)
    return first[:, 0] if (np.where(counts, classes, first) == first).all() else None


@dataclass(frozen=True, eq=False)
class BatchPart:
    """Part of a batch: whole sequences, or the early or late steps of all.

    Attributes:
        rows: numbers of the sequences.
        steps: which steps of each of all sequences belong to it, those of the washout left out.
        until: how many steps of each there are to run over.
    """

    rows: Int[np.ndarray, "row"]
    steps: Bool[np.ndarray, "batch time"]
    until: Int[np.ndarray, "batch"]


def whole(batch: Batch) -> BatchPart:
    """All of a batch."""
    return BatchPart(np.arange(len(batch)), _counted(batch), np.asarray(batch.lengths))


def split(batch: Batch, share: float, seed: int) -> tuple[BatchPart, BatchPart]:
    """A part to fit on and a held-out one: other sequences, or later steps where sequences are few.

    Where the labels are classes every class is held out alike.

    Args:
        batch: sequences.
        share: what is held out of the sequences, or of the scored steps.
        seed: of the drawing.

    Raises:
        AuritaError: a share outside 0 to 1.

    Example:
        >>> early, late = split(Batch.of(np.zeros((20, 5, 1))), 0.25, seed=0)
        >>> len(early.rows), len(late.rows), np.intersect1d(early.rows, late.rows).tolist()
        (15, 5, [])
    """
    if not 0 < share < 1:
        raise AuritaError(f"held_out is {share}; expected a share between 0 and 1")
    count, counted, lengths = len(batch), _counted(batch), np.asarray(batch.lengths)
    if batch.many:
        classes = None if batch.labels is None else class_of_each(batch.labels[:, None], np.ones((count, 1)))
        held = drawn_apart(count, share, seed, classes)
        early, late = np.flatnonzero(~held), np.flatnonzero(held)
        return BatchPart(early, counted, lengths), BatchPart(late, counted, lengths)
    rows = np.arange(count)
    scored = (np.asarray(batch.scored) > 0) & counted if batch.labels is None else counted
    until = np.array([_first_of_last(np.flatnonzero(mask), share) for mask in scored])
    before = np.arange(counted.shape[1])[None] < until[:, None]
    return BatchPart(rows, counted & before, until), BatchPart(rows, counted & ~before, lengths)


def _counted(batch: Batch) -> Bool[np.ndarray, "batch time"]:
    """Steps that are neither padding nor washout."""
    return batch.alive & (np.arange(batch.inputs.shape[1]) >= batch.washout)


def _first_of_last(steps: np.ndarray, share: float) -> int:
    """The first step of the last share of some steps."""
    return int(steps[min(len(steps) - 1, round((1 - share) * len(steps)))])
