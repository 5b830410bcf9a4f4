"""What a model says at every step: of the step itself, or of the sequence as far as it has been heard.

A readout for whole sequences was fitted on summaries of whole sequences. What it says of the first `t` steps,
summarised in the same way, shows when it knows.
"""

from typing import Any

import numpy as np
from scipy.special import softmax

from aurita._typing import Float
from aurita.readout import summary_named

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
        said = readout.scores(seen)
    else:
        said = np.full((len(seen), model.outputs_), np.nan)
        summary = summary_named(model.summary)
        first = model.washout
        size = max(1, _AT_ONCE // summary.width(seen.shape[1]))
        for start in range(first, len(seen), size):
            steps = np.arange(start, min(start + size, len(seen)))
            said[steps] = readout.scores(summary.so_far(seen, model.washout, steps))
    if not hasattr(model, "classes_"):
        return said
    return softmax(said / max(readout.spread(), 1e-6), axis=1)
