"""How much the readout of each kind of unit counts: the less, the more it errs on sequences that it did not see.

One ridge readout of many features and few sequences leans on those that fit these sequences best, and units that learn
memorise them. A committee gives every kind of unit a readout of its own and averages their predictions.
"""

from collections.abc import Iterable

import numpy as np

from aurita._typing import Float, Int
from aurita.blas import one_thread
from aurita.readout import FLOOR, RidgeReadout
from aurita.society._rows import Rows


@one_thread()
def committee_weights(fitted: Rows, held: Rows, kinds: Int[np.ndarray, "feature"]) -> Float[np.ndarray, "kind"] | None:
    """Weights for a committee of readouts, one for each kind of feature.

    Args:
        fitted: features and classes, one column each, to read out on.
        held: the same of the held-out sequences.
        kinds: of each feature; below 0 for features that every member sees, such as inputs.

    Returns:
        One over the mean square error of each member on the held-out sequences, with sum 1, kinds in rising order;
        None where a single readout of everything puts fewer of them into a wrong class.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, classes = rng.normal(size=(90, 2)), np.eye(2)[np.arange(90) % 2]
        >>> x[:, 0] += 3 * classes[:, 0]
        >>> first, second = committee_weights((x[:60], classes[:60]), (x[60:], classes[60:]), np.array([0, 1]))
        >>> bool(first > second)
        True
    """
    x, wanted = fitted
    unseen, truth = held
    predicted = np.array([_predicted(x[:, view], wanted, unseen[:, view]) for view in views(kinds)])
    errors = ((predicted - truth) ** 2).mean(axis=(1, 2))
    weights = 1 / np.maximum(errors, 1e-9)
    weights /= weights.sum()
    together = _predicted(x, wanted, unseen)
    apart = np.tensordot(weights, predicted, axes=1)
    return None if _wrong(together, truth) < _wrong(apart, truth) else weights


def views(kinds: Int[np.ndarray, "feature"]) -> list[Int[np.ndarray, "seen"]]:
    """The features of each member: of one kind, and those that everyone sees.

    Example:
        >>> [view.tolist() for view in views(np.array([-1, 0, 2, 0]))]
        [[0, 1, 3], [0, 2]]
    """
    members: Iterable[int] = np.unique(kinds[kinds >= 0])
    return [np.flatnonzero((kinds < 0) | (kinds == kind)) for kind in members] or [np.arange(len(kinds))]


def _predicted(x: np.ndarray, wanted: np.ndarray, unseen: np.ndarray) -> Float[np.ndarray, "held class"]:
    return RidgeReadout(floor=FLOOR).fit(x, wanted).predict(unseen)


def _wrong(predicted: np.ndarray, truth: np.ndarray) -> int:
    return int((predicted.argmax(axis=1) != truth.argmax(axis=1)).sum())
