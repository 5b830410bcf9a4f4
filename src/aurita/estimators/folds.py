"""The summary of a classifier's states, chosen by folds of the training set."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from aurita._words import counted
from aurita.data.targets import class_targets
from aurita.data.weighting import with_class_weights
from aurita.errors import AuritaError
from aurita.estimators.classifier import ReservoirClassifier
from aurita.estimators.default_society import Member
from aurita.readout import summary_named

CANDIDATES = ("last", "mean", "mean_deviation", "times:4")
"""Of equally good ones the first serves."""


def summary_by_folds(
    model: ReservoirClassifier,
    X: Any,
    y: object,
    *,
    candidates: Sequence[str] = CANDIDATES,
    folds: int = 5,
    seed: int = 0,
) -> tuple[str, dict[str, float]]:
    """The summary with which a classifier labels most sequences of folds right that it was not fitted on.

    A reservoir learns once in each fold and is read out with every summary; the society, which chooses units by
    what a summary shows of them, is fitted once for each.

    Args:
        model: with all other parameters set; it is not changed.
        X, y: labelled sequences, as for `ReservoirClassifier.fit`, one label each.
        candidates: names of summaries.
        folds: 2 or more.
        seed: of the folds.

    Returns:
        The name, and the mean accuracy of each.

    Raises:
        AuritaError: no candidates, fewer than two folds, or fewer sequences of some class than folds.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> y = np.arange(40) % 2
        >>> X = [rng.normal(size=(12, 1)) * (1 + 3 * label) for label in y]
        >>> summary_by_folds(ReservoirClassifier(units=4), X, y, candidates=("mean", "mean_deviation"))[0]
        'mean_deviation'
    """
    from sklearn.base import clone
    from sklearn.model_selection import StratifiedKFold

    labels = np.asarray(y)
    if not candidates:
        raise AuritaError("candidates are empty; give the names of the summaries to choose from")
    for name in candidates:
        summary_named(name)
    least = int(np.unique(labels, return_counts=True)[1].min()) if labels.ndim == 1 and len(labels) else 0
    if not 2 <= folds <= least:
        raise AuritaError(
            f"folds is {folds} and the rarest class has {counted(least, 'sequence')}; expected 2 folds or more, and a "
            "sequence of every class for each"
        )
    right = {name: list[float]() for name in candidates}
    for fitted_on, held in StratifiedKFold(folds, shuffle=True, random_state=seed).split(labels, labels):
        part, left = ([X[row] for row in rows] for rows in (fitted_on, held))
        fitted: ReservoirClassifier | None = None
        for name in candidates:
            if fitted is None or fitted.default_society_:
                fitted = clone(model).set_params(summary=name).fit(part, labels[fitted_on])
            else:
                _read_out_again(fitted, name, part, labels[fitted_on])
            right[name].append(fitted.score(left, labels[held]))
    means = {name: float(np.mean(scores)) for name, scores in right.items()}
    return max(means, key=lambda name: means[name]), means


def _read_out_again(model: ReservoirClassifier, summary: str, X: list[object], y: np.ndarray) -> None:
    """The same reservoirs with another summary of their states."""
    model.summary = summary
    sequences = model._opened(X, anew=True)
    model.classes_, targets = class_targets(y, sequences, model.per)
    weights = with_class_weights(None, model.class_weight, model.classes_, sequences, targets)
    values = model._scaled(sequences.values)
    members = zip(model.reservoirs_, model.histories_, strict=True)
    model.readouts_ = [model._read_out(Member(*member), values, targets, weights) for member in members]
