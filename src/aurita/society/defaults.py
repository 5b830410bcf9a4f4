"""What a society is made of and how it learns by default: the shape of the data decides, nothing else."""

from typing import Any

import numpy as np

from aurita._typing import Document
from aurita.data.batch import Batch
from aurita.learning import Learning
from aurita.reservoir import Population
from aurita.society.members import WINDOW, mixed_society, series_society

_WHOLE, _WHOLE_LATER = 128, 512
"""Sequences with targets at their steps are seen whole up to so many steps: what is asked may be of the first. Longer
ones only by the generations after the first, as it takes its time."""

_SCORED_STEPS = 1000
_BATCHES = (8, 50)
_FEW_STEPS, _MOST_STEPS, _SEQUENCES_A_STEP, _STEPS_BY_WINDOW = 300, 1500, 5, 150_000
_STEPS_OF_SERIES = 600
_HIDDEN, _STEPS_A_FEATURE = (8, 48), 30


def society_for(batch: Batch, segment: int, *, later: bool = False, **sizes: Any) -> list[Population]:
    """Populations for many sequences, or for a few long ones.

    Args:
        batch: what the society will be fitted on.
        segment: steps of a segment; no memory is longer.
        later: whether for the generations after the first.
        sizes: `units`, `hidden` and `neurons`, as of `mixed_society` and `series_society`.
    """
    longest = min(int(batch.lengths.max()), segment)
    if batch.many:
        window = longest if _seen_whole(batch, _WHOLE_LATER if later else _WHOLE) else WINDOW
        return mixed_society(longest=longest, window=window, **sizes)
    hidden = int(np.clip(batch.scored.sum() // _STEPS_A_FEATURE, *_HIDDEN))
    return series_society(longest=longest, **{"hidden": hidden, **sizes})


def default_learning(batch: Batch, loss: str, **changes: Any) -> Learning:
    """Settings of learning: the objective `target`, in batches of about a thousand scored steps.

    Many sequences have a step for every five of them, from 300 to 1,500 steps, and fewer the longer they are where
    units see them whole; a few long series have 600. What units see whole is learnt from whole.

    Args:
        batch: what the society will be fitted on.
        loss: of the target.
        changes: parameters of `Learning` to set differently.

    Example:
        >>> batch = Batch.of(np.zeros((1, 500, 1)), targets=np.zeros((1, 500, 1)))
        >>> default_learning(batch, "squares", steps=100).batch
        8
    """
    longest = int(batch.lengths.max())
    size = int(np.clip(_SCORED_STEPS // max(batch.scored_steps, 1), *_BATCHES))
    found: Document = {"objective": "target", "loss": loss, "batch": size, "steps": _STEPS_OF_SERIES}
    if batch.many:
        most = min(_MOST_STEPS, _STEPS_BY_WINDOW // longest) if _seen_whole(batch) else _MOST_STEPS
        found["steps"] = int(np.clip(len(batch) // _SEQUENCES_A_STEP, _FEW_STEPS, max(most, _FEW_STEPS)))
    if _seen_whole(batch):
        found["segment"] = max(Learning().segment, longest)
    return Learning(**found | changes)


def _seen_whole(batch: Batch, most: int = _WHOLE_LATER) -> bool:
    """Whether units are to see all of a sequence."""
    return batch.many and batch.labels is None and int(batch.lengths.max()) <= most
