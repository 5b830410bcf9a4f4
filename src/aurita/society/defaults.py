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
_HIDDEN, _STEPS_A_FEATURE = (8, 48), 30


def society_for(lessons: Lessons, segment: int, **sizes: Any) -> list[Population]:
    """Populations for many sequences, or for a few long ones.

    Args:
        lessons: what the society will be taught with.
        segment: steps of a segment; no memory is longer.
        sizes: `units`, `hidden` and `neurons`, as of `mixed_society` and `series_society`.
    """
    longest = min(int(lessons.lengths.max()), segment)
    if lessons.many:
        return mixed_society(longest=longest, **sizes)
    hidden = int(np.clip(lessons.scored.sum() // _STEPS_A_FEATURE, *_HIDDEN))
    return series_society(longest=longest, **{"hidden": hidden, **sizes})


def default_learning(lessons: Lessons, loss: str, **changes: Any) -> Learning:
    """Settings of learning: the objective `target`, in batches of about a thousand judged steps.

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
    return Learning(**{"objective": "target", "loss": loss, "batch": batch, "steps": _STEPS[lessons.many], **changes})
