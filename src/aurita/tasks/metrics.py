"""Scores of predictions at the steps or sequences that count: errors, accuracies and capacities.

Every function takes the truth and the prediction at the scored places only, stacked, `(N, O)` or labels `(N,)`, and
returns one float. A prediction that is not finite scores NaN, in every metric, so that a model that blew up can never
look good by accident.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import chdtri

from aurita.rounding import deviations

Direction = Literal["lower", "higher"]


@dataclass(frozen=True)
class Metric:
    """A named score and which way it is better.

    Attributes:
        name: its name in tables.
        direction: "lower" or "higher", whichever is better.
        function: `(truth, predicted) -> float`; both (N, O), or (N,) where sequences carry labels.

    Example:
        >>> METRICS["mse"].direction
        'lower'
    """

    name: str
    direction: Direction
    function: Callable[[np.ndarray, np.ndarray], float]


def error_rate(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Fraction of steps whose largest output is not the true class; ties go to the first class.

    Args:
        truth: one-hot classes (N, O).
        predicted: scores per class (N, O), on any scale.

    Returns:
        Between 0 and 1.

    Example:
        >>> error_rate(np.eye(2), np.array([[0.9, 0.1], [0.8, 0.2]]))
        0.5
    """
    return _if_finite(predicted, lambda: float(np.mean(np.argmax(truth, axis=-1) != np.argmax(predicted, axis=-1))))


def multilabel_error_rate(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Fraction of single yes/no answers that are wrong.

    Args:
        truth: zeros and ones (N, O).
        predicted: logits (N, O): an answer is yes from 0 upwards. A readout fitted on zeros and ones has to be shifted
            by a half first.

    Returns:
        Between 0 and 1.

    Example:
        >>> multilabel_error_rate(np.array([[1, 0, 1, 0]]), np.array([[2.0, -1.0, -3.0, -0.1]]))
        0.25
    """
    return _if_finite(predicted, lambda: float(np.mean((predicted >= 0) != (truth > 0.5))))


def accuracy(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Fraction of sequences whose label is right.

    Example:
        >>> accuracy(np.array(["a", "b"]), np.array(["a", "a"]))
        0.5
    """
    return float(np.mean(np.asarray(truth) == np.asarray(predicted)))


def mse(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Mean square error over steps and channels, in the square of the target's unit.

    Example:
        >>> mse(np.zeros((2, 1)), np.array([[1.0], [3.0]]))
        5.0
    """
    return _if_finite(predicted, lambda: float(np.mean((truth - predicted) ** 2)))


def rmse(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Root of the mean square error, in the target's unit.

    Example:
        >>> rmse(np.zeros((2, 1)), np.array([[3.0], [3.0]]))
        3.0
    """
    return float(np.sqrt(mse(truth, predicted)))


def nrmse(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Root of the mean over channels of mse / variance of the truth: 1 for whoever predicts the mean.

    A channel without variance is divided by nothing, which leaves its plain square error.

    Example:
        >>> nrmse(np.array([[0.0], [2.0]]), np.array([[1.0], [1.0]]))
        1.0
    """
    deviation = deviations(truth)
    scale = np.where(deviation > 0, deviation, 1.0)
    return _if_finite(predicted, lambda: float(np.sqrt(np.mean(((truth - predicted) / scale) ** 2))))


def memory_capacity(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Sum over outputs of the squared correlation with the truth; a constant output carries nothing and counts 0.

    Jaeger 2001, "Short term memory in echo state networks".

    Args:
        truth: delayed inputs, one delay a column (N, K).
        predicted: (N, K).

    Returns:
        Between 0 and K.

    Example:
        >>> u = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
        >>> round(memory_capacity(u, 3 * u), 12)
        2.0
    """

    def total() -> float:
        spreads = deviations(truth), deviations(predicted)
        varies = (spreads[0] > 0) & (spreads[1] > 0)
        a, b = (
            (values - values.mean(axis=0))[:, varies] / spread[varies]
            for values, spread in zip((truth, predicted), spreads, strict=True)
        )
        return float(np.sum(np.mean(a * b, axis=0) ** 2))

    return _if_finite(predicted, total)


def information_processing_capacity(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Sum over target functions of `1 - mse / <z^2>`, without those too small to be distinguished from chance.

    Dambre et al. 2012, "Information processing capacity of dynamical systems", equations 3-6; see `capacities`.

    Args:
        truth: values of the target functions (N, K).
        predicted: (N, K).

    Returns:
        Between 0 and K; at most the number of independent features of the model.

    Example:
        >>> z = np.random.default_rng(0).standard_normal((1000, 3))
        >>> information_processing_capacity(z, z * [1, 1, 0])
        2.0
    """
    return _if_finite(predicted, lambda: float(np.sum(capacities(truth, predicted))))


def capacities(truth: np.ndarray, predicted: np.ndarray, *, p_value: float = 1e-4) -> np.ndarray:
    """Capacity of each target function on data that the model was not fitted on.

    The estimate of a capacity that is zero scatters like chi-square over N; what lies below twice the quantile that
    chance exceeds with probability `p_value` is set to 0 (the truncation of Dambre et al. 2012, supplement).

    Args:
        truth: (N, K).
        predicted: (N, K).
        p_value: chance of one useless function to count.

    Returns:
        (K,), each between 0 and 1.

    Example:
        >>> z = np.random.default_rng(0).standard_normal((1000, 2))
        >>> capacities(z, z * [1, 0]).tolist()
        [1.0, 0.0]
    """
    raw = 1 - np.mean((truth - predicted) ** 2, axis=0) / np.mean(truth**2, axis=0)
    threshold = 2 * chdtri(1, p_value) / len(truth)
    return np.where(raw >= threshold, raw, 0.0)


METRICS: dict[str, Metric] = {
    "error rate": Metric("error rate", "lower", error_rate),
    "multilabel error rate": Metric("multilabel error rate", "lower", multilabel_error_rate),
    "accuracy": Metric("accuracy", "higher", accuracy),
    "mse": Metric("mse", "lower", mse),
    "rmse": Metric("rmse", "lower", rmse),
    "nrmse": Metric("nrmse", "lower", nrmse),
    "memory capacity": Metric("memory capacity", "higher", memory_capacity),
    "information processing capacity": Metric(
        "information processing capacity", "higher", information_processing_capacity
    ),
}
"""Every metric by name."""


def _if_finite(predicted: np.ndarray, score: Callable[[], float]) -> float:
    return score() if np.all(np.isfinite(predicted)) else float("nan")
