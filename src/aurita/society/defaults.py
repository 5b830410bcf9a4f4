"""What a society is made of and how it learns where nobody says so: the shape of the data decides, nothing else."""

from typing import Any

import numpy as np

from aurita.learning import Learning
from aurita.reservoir import Population
from aurita.society.lessons import Lessons
from aurita.society.members import mixed_society, series_society

_JUDGED = 1000
_BATCHES = (8, 50)
_STEPS = {True: 300, False: 600}


def society_for(lessons: Lessons, segment: int, **sizes: Any) -> list[Population]:
    """Populations for many sequences, or for a few long ones.

    Args:
        lessons: what the society will be taught with.
        segment: steps of a segment; no memory is longer.
        sizes: `units` and `neurons`, as of `mixed_society` and `series_society`.
    """
    longest = min(int(lessons.lengths.max()), segment)
    return (mixed_society if lessons.many else series_society)(longest=longest, **sizes)


def default_learning(lessons: Lessons, loss: str, **changes: Any) -> Learning:
    """Settings of learning: batches of about a thousand judged steps, and an objective.

    Units learn by the target where it is told at the steps that are judged. Where a whole sequence has one label they
    learn to predict what they hear: labels are few, and a unit that has seen the label of a sequence says it again so
    well that the readout trusts it too much.

    Args:
        lessons: what the society will be taught with.
        loss: of the target.
        changes: parameters of `Learning` to set differently.

    Example:
        >>> lessons = Lessons(np.zeros((1, 500, 1)), np.array([500]), np.zeros((1, 500, 1)), np.ones((1, 500), bool))
        >>> default_learning(lessons, "squares", steps=100).batch
        8
    """
    batch = int(np.clip(_JUDGED // max(lessons.judged, 1), *_BATCHES))
    objective = "target" if lessons.labels is None else "self"
    return Learning(**{"objective": objective, "loss": loss, "batch": batch, "steps": _STEPS[lessons.many], **changes})
