"""How much better than expected: advantages of actions by generalised advantage estimation."""

import numpy as np

from aurita._typing import Bool, Float


def advantages(
    rewards: Float[np.ndarray, "*unit step env"],
    values: Float[np.ndarray, "*unit step env"],
    after: Float[np.ndarray, "*unit env"],
    ended: Bool[np.ndarray, "step env"],
    discount: float,
    trace: float,
) -> Float[np.ndarray, "*unit step env"]:
    """Advantages `sum_k (discount trace)^k delta(t+k)` within episodes.

    Args:
        rewards: of the steps, by unit where the expected ones at cut-off episodes differ.
        values: expected before them, by unit where each has a critic of its own.
        after: expected after the last.
        ended: where an episode ended with the step; what would have followed does not count.
        discount: of later rewards.
        trace: how much of later surprises counts, lambda.

    Source: Schulman et al. 2016, "High-dimensional continuous control using generalized advantage estimation".

    Example:
        >>> steps = np.zeros((2, 1))
        >>> advantages(steps + 1, steps, np.zeros(1), steps > 0, discount=0.5, trace=1.0).ravel().tolist()
        [1.5, 1.0]
    """
    found, following, last = np.zeros(values.shape), after, np.zeros(values.shape[:-2] + values.shape[-1:])
    for step in range(rewards.shape[-2] - 1, -1, -1):
        goes_on = ~ended[step]
        surprise = rewards[..., step, :] + discount * goes_on * following - values[..., step, :]
        last = surprise + discount * trace * goes_on * last
        found[..., step, :], following = last, values[..., step, :]
    return found
