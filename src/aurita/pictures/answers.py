"""What a model says at every step: of the step itself, or of the sequence as far as it has been heard.

A readout for whole sequences was fitted on summaries of whole sequences. What it says of the first `t` steps,
summarised in the same way, shows when it knows.
"""

from typing import Any

import numpy as np
from scipy.special import softmax

from aurita._typing import Float
from aurita.readout import LogisticReadout, Summary, summary_named
from aurita.readout.summaries import AtTimes, Last, Mean, MeanDeviation

_AT_ONCE = 2**24


def answers_by_step(
    model: Any, readout: Any, seen: Float[np.ndarray, "time feature"]
) -> Float[np.ndarray, "time output"]:
    """What a classifier or regressor says at each step of one sequence.

    Args:
        model: a fitted estimator of sequences.
        readout: of one of its reservoirs.
        seen: what the readout sees of each step.

    Returns:
        Probabilities of classes, or values; NaN during the washout.
    """
    if model.per_step_:
        said = _say(readout, seen)
    else:
        said = np.full((len(seen), model.outputs_), np.nan)
        summary = summary_named(model.summary)
        first = model.washout
        size = max(1, _AT_ONCE // summary.width(seen.shape[1]))
        for start in range(first, len(seen), size):
            steps = np.arange(start, min(start + size, len(seen)))
            said[steps] = _say(readout, summaries_so_far(summary, seen, model.washout, steps))
    if not hasattr(model, "classes_"):
        return said
    spread = 1.0 if isinstance(readout, LogisticReadout) else max(float(np.mean(readout.error_)), 1e-6)
    return softmax(said / spread, axis=1)


def summaries_so_far(
    summary: Summary, seen: Float[np.ndarray, "time feature"], washout: int, steps: np.ndarray
) -> Float[np.ndarray, "step width"]:
    """The summary of the sequence up to and with each of the steps.

    Example:
        >>> summaries_so_far(Mean(), np.array([[1.0], [3.0], [8.0]]), 0, np.arange(3)).tolist()
        [[1.0], [2.0], [4.0]]
    """
    if isinstance(summary, Last):
        return seen[steps]
    valid = steps + 1 - washout
    if isinstance(summary, AtTimes):
        ends = np.arange(1, summary.k + 1)
        which = washout + (ends * valid[:, None] + summary.k - 1) // summary.k - 1
        return seen[which].reshape(len(steps), -1)
    count = np.arange(1, len(seen) - washout + 1)[:, None]
    counted = seen[washout:].astype(np.float64)
    mean = np.cumsum(counted, axis=0) / count
    if isinstance(summary, Mean):
        return mean[valid - 1]
    assert isinstance(summary, MeanDeviation)
    # Around the mean of all, so that rounding does not pass for deviation.
    centred = counted - mean[-1]
    shift = np.cumsum(centred, axis=0) / count
    deviation = np.sqrt(np.maximum(np.cumsum(centred**2, axis=0) / count - shift**2, 0))
    return np.hstack([mean, deviation])[valid - 1]


def _say(readout: Any, rows: np.ndarray) -> Float[np.ndarray, "row output"]:
    if isinstance(readout, LogisticReadout):
        return np.log(np.maximum(readout.predict_proba(rows), np.finfo(float).tiny))
    return np.asarray(readout.predict(rows)).reshape(len(rows), -1)
