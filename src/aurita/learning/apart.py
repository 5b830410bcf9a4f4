"""Which sequences are held out: drawn by a seed, and from every class its share where each has one class."""

import numpy as np

from aurita._typing import Bool, Float, Int

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
        # comes behind all others.
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
