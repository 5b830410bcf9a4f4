"""Fitting on sequences that are larger than memory: units on some of them, the readout on all, piece by piece.

The readout is a ridge from summed normal equations, so the states of a piece are gone when the next one is read.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from aurita.data.sequences import Sequences
from aurita.data.targets import Targets
from aurita.errors import AuritaError
from aurita.io.dataset import SequenceDataset
from aurita.readout import Readout, RowPieces

if TYPE_CHECKING:
    from aurita.estimators.base import SequenceEstimator
    from aurita.estimators.default_society import Member

AsTargets = Callable[[Any, Sequences], Targets]


def opened(
    X: object, y: object, weights: object, *, seed: object, classes: bool
) -> tuple[object, object, SequenceDataset | None]:
    """Sequences and targets to fit units on, and the dataset that the readout is fitted on, if there is one.

    Raises:
        AuritaError: targets or weights beside a dataset.
    """
    if not isinstance(X, SequenceDataset):
        return X, y, None
    check_alone(y, weights)
    if X.label is None and not X.targets:
        raise AuritaError("the dataset has neither label nor target; name one of them in open_dataset to fit on it")
    _check_channels(X)
    number = int(seed) if isinstance(seed, int | np.integer) else 0
    some, targets, complete = X.in_memory(seed=number, every_label=classes)
    return some, targets, None if complete else X


def each_piece(X: SequenceDataset, outputs: Callable[[list[np.ndarray]], Any]) -> Any:
    """Predictions for all sequences of a dataset, piece by piece and joined.

    Args:
        X: of which labels or targets are not looked at.
        outputs: predicts a list of sequences.
    """
    _check_channels(X)
    parts = [outputs(piece.sequences) for piece in X.followed("predicting")]
    if not parts:
        raise AuritaError(f"{X.path} has no rows; give files with sequences")
    return [one for part in parts for one in part] if isinstance(parts[0], list) else np.concatenate(parts)


def compared(model: Any, X: SequenceDataset, y: object, weights: object = None) -> tuple[np.ndarray, np.ndarray]:
    """Labels or targets of all sequences of a dataset, or of all their steps, and what a model predicts of them.

    Raises:
        AuritaError: targets or weights beside it, or none in it.
    """
    check_alone(y, weights)
    if X.label is None and not X.targets:
        raise AuritaError("the dataset has neither label nor target; name one of them in open_dataset to score on it")
    truth = [label for piece in X for label in (piece.labels if X.targets else piece.labels.tolist())]
    found = model.predict(X)
    return (np.concatenate(truth), np.concatenate(found)) if model.per_step_ else (np.array(truth), found)


def _check_channels(X: SequenceDataset) -> None:
    if not X.channels:
        raise AuritaError(
            "the dataset has no channels; name some in open_dataset, and leave channels=() to forecasters"
        )


def check_alone(y: object, weights: object = None) -> None:
    """Refuse targets and weights beside a dataset, which has its own.

    Raises:
        AuritaError: there are some.
    """
    if y is not None or weights is not None:
        raise AuritaError(
            "a dataset was given with targets or weights; it brings targets of its own, and all its sequences count "
            "alike: pass it alone"
        )


def classes_of(data: SequenceDataset) -> np.ndarray:
    """All labels of a dataset, sorted: one pass over it."""
    found: set[Any] = set()
    for piece in data.followed("finding classes"):
        found |= set(np.unique(np.concatenate(piece.labels) if data.targets else piece.labels).tolist())
    return np.array(sorted(found))


def read_out(
    model: "SequenceEstimator", readout: Readout, member: "Member", data: SequenceDataset, as_targets: AsTargets
) -> Readout:
    """A readout, fitted on all sequences of a dataset.

    Raises:
        AuritaError: a readout that keeps all rows, or values that do not fit.
    """

    def rows() -> Iterable[tuple[np.ndarray, np.ndarray]]:
        for piece in data.followed("reading out"):
            given = Sequences(piece.sequences)
            targets, values = as_targets(piece.labels, given), model._scaled(piece.sequences)
            if targets.per_step:
                for seen, wanted, _, _ in model._steps(member.reservoir, values, targets, None):
                    yield seen, wanted
            else:
                yield model._seen(member, values), np.asarray(targets.values)

    kinds = model._kinds(member.reservoir)
    views = partial(member.views, kinds)
    return readout.fit_pieces(RowPieces(rows, views, member.votes, member.judges))
