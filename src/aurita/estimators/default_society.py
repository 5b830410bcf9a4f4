"""The default of the estimators: the mixed society, fitted."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.data.batch import Batch
from aurita.estimators.streaming import kinds_of
from aurita.learning import History, Learning
from aurita.readout import Summary
from aurita.reservoir import Reservoir
from aurita.shapes import Shapes
from aurita.society import CLOCK, GENERATIONS, ChosenUnits, default_learning, fit_society, society_for, views

FEATURES = ("input", "hidden", "output")
"""What the readout of a society sees by default."""

LEAST_ROWS = 20
"""With fewer rows to read out than this there is nothing to choose by."""

_MOST = (100, 1000)


class Member(NamedTuple):
    """One reservoir of an ensemble.

    Attributes:
        reservoir: after learning, a society with the units that stay; None for the bare inputs.
        history: of learning; None where units stay as drawn.
        choice: who of a society stays, and why.
        penalty: for the readout, where held-out time has chosen it.
        votes: weights for a committee of readouts, where held-out sequences want one.
        shapes: units that look for shapes, which the readout sees instead of a reservoir.
        summary: of states or of bare inputs, which shape units may vote beside; None for the estimator's own.
    """

    reservoir: Reservoir | None = None
    history: History | None = None
    choice: ChosenUnits | None = None
    penalty: float | None = None
    votes: Float[np.ndarray, "member"] | None = None
    shapes: Shapes | None = None
    summary: str | None = None

    @property
    def judges(self) -> Bool[np.ndarray, "member"] | None:
        """Whose errors on rows left out are believed: not those of units that learnt from these rows."""
        if self.votes is None or self.shapes is None or not self.shapes.twice:
            return None
        return np.arange(len(self.votes)) != 1

    def views(self, kinds: tuple[str, ...], width: int) -> list[Int[np.ndarray, "seen"]]:
        """The columns of each member of a committee of readouts: kinds of units, or shape units and bare inputs."""
        if self.shapes is None:
            return views(kinds_of(self.reservoir, kinds, width))
        columns = self.shapes.columns
        return columns if self.summary is None else [*columns, np.arange(self.shapes.width, width)]


def enough(batch: Batch) -> bool:
    """Whether there is enough to hold some of it out."""
    return _rows(batch) >= LEAST_ROWS and (batch.many or batch.labels is None)


def fitted_society(
    batch: Batch,
    learning: Learning | None,
    *,
    loss: str = "squares",
    clock: Sequence[float] = (),
    features: tuple[str, ...] = FEATURES,
    summary: Summary | None = None,
    vote: bool = False,
    generations: int = GENERATIONS,
    seed: int = 0,
) -> Member:
    """Draw the mixed society and fit it.

    Args:
        batch: what it is fitted on.
        learning: how; None: by the broadcast target, in batches of about a thousand scored steps.
        loss: of the target, where `learning` is None.
        clock: periods in steps; the society's own by default.
        features: kinds of features that the readout sees; as many as it has rows, from 100 to 1,000.
        summary: of the states, where the batch has labels; then all units may stay.
        vote: whether the batch's labels are classes, and a committee may read them out.
        generations: how often the society is drawn at most.
        seed: of everything that is drawn.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=(1, 300, 1))
        >>> before = np.concatenate([np.zeros((1, 1, 1)), x[:, :-1]], axis=1)
        >>> batch = Batch.of(x, targets=before)
        >>> member = fitted_society(batch, Learning(objective="frozen"))
        >>> member.choice is not None and member.choice.errors[-1] < 0.01
        True
    """
    if learning is None:
        learning = default_learning(batch, loss)
    drawn = Reservoir.build(
        society_for(batch, learning.segment),
        inputs=batch.inputs.shape[2],
        seed=seed,
        clock=tuple(clock) or CLOCK,
        targets=batch.targets.shape[2] if learning.needs_targets else 0,
    )
    # Inputs alone may be more than that.
    always = batch.inputs.shape[2] * (summary.width(1) if summary is not None else 1)
    most = int(np.clip(_rows(batch), *_MOST)) + always
    found = fit_society(
        drawn,
        batch,
        replace(learning, stopping=None),
        features=features,
        most=most,
        everyone=summary is not None,
        summary=summary,
        vote=vote,
        generations=generations,
        later=society_for(batch, learning.segment, later=True),
        seed=seed,
    )
    return Member(found.reservoir, found.history, found.choice, found.penalty, found.votes)


def _rows(batch: Batch) -> int:
    """Rows that a readout is fitted on."""
    return len(batch) if batch.labels is not None else int((batch.scored & batch.alive).sum())
