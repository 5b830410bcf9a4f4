"""Classes per step read out by logistic regression: with few features a line a class is not enough for ridge."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aurita._typing import Bool, Float
from aurita.readout import LogisticReadout, RidgeReadout
from aurita.tasks import Split, Task

MOST_ROWS = 20_000
"""Scored steps that a readout of classes is fitted on at most, of sequences evenly spaced."""

STRENGTHS = (1e-6, 1e-4)
_FOURTH = 4


@dataclass(frozen=True, eq=False)
class ClassReadout:
    """Logistic regression that predicts one number a class, whether or not the training rows have all of them.

    Attributes:
        fitted: the regression, on numbers of classes.
        outputs: classes in all.
    """

    fitted: LogisticReadout
    outputs: int

    @property
    def coef_(self) -> Float[np.ndarray, "feature class"]:
        """Of the classes that it knows."""
        return self.fitted.coef_

    @property
    def intercept_(self) -> Float[np.ndarray, " class"]:
        """Of the classes that it knows."""
        return self.fitted.intercept_

    def fit(
        self, features: Float[np.ndarray, "row feature"], targets: Float[np.ndarray, "row output"]
    ) -> "ClassReadout":
        """Fit on rows whose targets are one where the class is, and zero elsewhere."""
        self.fitted.fit(features, targets.argmax(1))
        return self

    def predict(self, features: Float[np.ndarray, "row feature"]) -> Float[np.ndarray, "row output"]:
        """Logarithms of probabilities, the least number where a class is not known."""
        found = np.full((len(features), self.outputs), np.log(np.finfo(float).tiny))
        found[:, self.fitted.classes_] = self.fitted.scores(features)
        return found


def class_readout(
    task: Task, features: Callable[[Split], list[np.ndarray]], ridge: RidgeReadout | None
) -> ClassReadout | None:
    """The logistic readout of a task with classes per step; None where ridge errs no more.

    Args:
        task: of category classification.
        features: gives one (T, F) array for each sequence of a split.
        ridge: to compare with on every fourth training sequence, on which none is fitted; None: only the strengths of
            the penalty are compared.
    """
    given = task.train
    apart = -(-int(np.sum([mask.sum() for mask in given.scored or ()])) // MOST_ROWS)
    train = Split(given.inputs[::apart], given.targets[::apart], (given.scored or [])[::apart])
    seen, wanted, held = train.at_scored(features(train)), train.at_scored(train.targets), _held_out(train)
    apart_x, apart_y = seen[held], wanted[held]
    linear = None if ridge is None else _wrong(ridge.fit(seen[~held], wanted[~held]).predict(apart_x), apart_y)
    if linear == 0:
        return None
    readouts = [ClassReadout(LogisticReadout((strength,)), wanted.shape[1]) for strength in STRENGTHS]
    wrong = [_wrong(one.fit(seen[~held], wanted[~held]).predict(apart_x), apart_y) for one in readouts]
    best = int(np.argmin(wrong))
    if linear is not None and linear <= wrong[best]:
        return None
    return readouts[best].fit(seen, wanted)


def _held_out(train: Split) -> Bool[np.ndarray, " row"]:
    """Which scored steps are of every fourth sequence."""
    return np.repeat(np.arange(len(train)) % _FOURTH == 0, [int(mask.sum()) for mask in train.scored or ()])


def _wrong(scores: np.ndarray, targets: np.ndarray) -> float:
    return float((scores.argmax(1) != targets.argmax(1)).mean())
