"""What a model predicts at every step: of the step itself, or of the sequence as far as it has been received.

A readout for whole sequences was fitted on summaries of whole sequences. Its prediction from the first `t` steps,
summarised in the same way, shows when it knows.
"""

import numpy as np
from scipy.special import softmax

from aurita._typing import Float
from aurita.estimators.base import SequenceEstimator
from aurita.estimators.default_society import Member
from aurita.readout import Readout, summary_named
from aurita.shapes import pooled

_MOST_ANSWERS = 100
_AT_ONCE = 2**24


def answers_by_step(
    model: SequenceEstimator, readout: Readout, seen: Float[np.ndarray, "time feature"]
) -> Float[np.ndarray, "time output"]:
    """What a classifier or regressor predicts at each step of one sequence.

    Args:
        seen: what the readout sees of each step; for shape units the scaled inputs, which they pool.

    Returns:
        Probabilities of classes, or values; NaN during the washout. Shape units answer at some hundred steps, and each
        answer holds until the next.
    """
    if model.per_step_:
        predicted = readout.scores(seen)
    elif (member := _member(model, readout)).shapes is not None:
        predicted = _by_shapes(member, readout, np.asarray(seen, float), model)
    else:
        predicted = np.full((len(seen), model.outputs_), np.nan)
        summary = summary_named(model.summary if member.summary is None else member.summary)
        first = model.washout
        size = max(1, _AT_ONCE // summary.width(seen.shape[1]))
        for start in range(first, len(seen), size):
            steps = np.arange(start, min(start + size, len(seen)))
            predicted[steps] = readout.scores(summary.so_far(seen, model.washout, steps))
    if not hasattr(model, "classes_"):
        return predicted
    return softmax(predicted / max(readout.spread(), 1e-6), axis=1)


def _member(model: SequenceEstimator, readout: Readout) -> Member:
    found: Member = next(
        member for member, own in zip(model._members(), model.readouts_, strict=True) if own is readout
    )
    return found


def _by_shapes(
    member: Member, readout: Readout, seen: Float[np.ndarray, "time channel"], model: SequenceEstimator
) -> Float[np.ndarray, "time output"]:
    predicted = np.full((len(seen), model.outputs_), np.nan)
    every = -(-(len(seen) - model.washout) // _MOST_ANSWERS)
    steps = np.arange(len(seen) - 1, model.washout - 1, -every)[::-1]
    assert member.shapes is not None
    shown = pooled(member.shapes, [seen[model.washout : step + 1] for step in steps])
    if member.summary is not None:
        shown = np.hstack([shown, summary_named(member.summary).so_far(seen, model.washout, steps)])
    answers = readout.scores(shown)
    for start, end, answer in zip(steps, [*steps[1:], len(seen)], answers, strict=True):
        predicted[start:end] = answer
    return predicted
