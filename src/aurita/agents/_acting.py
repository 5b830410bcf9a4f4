"""From what all units output to an action, and back: probabilities, and the errors that are broadcast.

`scores` are sums of what the units' heads say of an action: logits of a choice, or means of numbers; axes before those
of outputs and lanes are free. A loss that depends on the units through these sums alone has one error for all, its
gradient by the sum.
"""

import math
from abc import ABC, abstractmethod
from typing import NamedTuple, TypeAlias

import numpy as np

from aurita._typing import Float
from aurita.worlds.spaces import Actions, Continuous, Discrete

_CLIP = 3.0
_DEVIATION_RATE = 3.0
_SLOWEST = 0.3

Scores: TypeAlias = Float[np.ndarray, "*some output lane"]


class Settings(NamedTuple):
    """Bound on ratios, and weights of the entropy, of the value, and of the divergence of even chances."""

    clip: float
    entropy: float
    value: float
    uniform: float = 0.0


class PolicyLoss(NamedTuple):
    """A loss of the scores, and its gradients.

    Attributes:
        error: by the scores, of each lane.
        entropy: mean over the lanes.
        deviation: by the log-deviations; empty where there are none.
    """

    error: Scores
    entropy: float
    deviation: Float[np.ndarray, "number"]


class Acting(ABC):
    """How sums become actions.

    Attributes:
        outputs: how many sums there are.
        log_deviation: of each number; it learns with the units. Empty where actions are no numbers.
    """

    outputs: int
    log_deviation: Float[np.ndarray, "number"] = np.zeros(0)

    @abstractmethod
    def draw(self, scores: Scores, rng: np.random.Generator) -> np.ndarray:
        """Draw an action for every lane."""

    @abstractmethod
    def best(self, scores: Scores) -> np.ndarray:
        """The action of every lane that is likeliest."""

    @abstractmethod
    def to_world(self, actions: np.ndarray) -> np.ndarray:
        """Actions as the world takes them."""

    @abstractmethod
    def encoded(self, actions: np.ndarray) -> np.ndarray:
        """Actions as units receive them, lane first."""

    @abstractmethod
    def log_probability(self, scores: Scores, actions: np.ndarray) -> np.ndarray:
        """Of the actions, by lane."""

    @abstractmethod
    def slopes(self, scores: Scores, actions: np.ndarray) -> tuple[Scores, np.ndarray]:
        """Of the log-probability, by the scores and by the log-deviations."""

    @abstractmethod
    def spread(self, scores: Scores, how: Settings) -> tuple[float, Scores]:
        """Entropy, mean of the lanes, and the slope by the scores of what keeps an agent trying."""

    def policy_loss(
        self, scores: Scores, actions: np.ndarray, before: np.ndarray, advantages: np.ndarray, how: Settings
    ) -> PolicyLoss:
        """The clipped loss of PPO less the entropy, and its gradients.

        Args:
            scores: now.
            actions: that were taken.
            before: log-probabilities that they had.
            advantages: of the lanes, or by unit.
            how: weights of the loss.
        """
        change = self.log_probability(scores, actions) - before
        slope = ppo_slope(change, advantages, how.clip)
        by_scores, by_deviation = self.slopes(scores, actions)
        entropy, trying = self.spread(scores, how)
        common = slope.reshape(-1, slope.shape[-1]).mean(0)
        deviation = (common * by_deviation).mean(-1) - how.entropy if by_deviation.size else np.zeros(0)
        return PolicyLoss(slope[..., None, :] * by_scores + trying, entropy, deviation)

    def learn(self, slope: Float[np.ndarray, "number"], rate: float) -> None:
        """Take a step of the log-deviations down the slope of the loss."""
        moved = self.log_deviation - min(_SLOWEST, _DEVIATION_RATE * rate) * np.clip(slope, -1, 1)
        self.log_deviation = np.clip(moved, -4.0, 1.0)


class Choice(Acting):
    """One of several actions: a softmax over the sums.

    Example:
        >>> Choice(Discrete(2)).best(np.array([[0.0, 2.0], [1.0, 1.0]])).tolist()
        [1, 0]
    """

    def __init__(self, actions: Discrete) -> None:
        self.outputs = actions.count

    def draw(self, scores: Scores, rng: np.random.Generator) -> np.ndarray:
        return drawn_by(softmax(scores), rng)

    def best(self, scores: Scores) -> np.ndarray:
        return scores.argmax(0)

    def to_world(self, actions: np.ndarray) -> np.ndarray:
        return actions

    def encoded(self, actions: np.ndarray) -> np.ndarray:
        return np.eye(self.outputs)[actions]

    def log_probability(self, scores: Scores, actions: np.ndarray) -> np.ndarray:
        return (log_softmax(scores) * self.taken(actions)).sum(-2)

    def slopes(self, scores: Scores, actions: np.ndarray) -> tuple[Scores, np.ndarray]:
        return self.taken(actions) - softmax(scores), np.zeros(0)

    def spread(self, scores: Scores, how: Settings) -> tuple[float, Scores]:
        logs = log_softmax(scores)
        return float(-(np.exp(logs) * logs).sum(-2).mean()), towards_even(logs, how)

    def taken(self, actions: np.ndarray) -> Float[np.ndarray, "*some output lane"]:
        """One where an action was taken; nowhere for action -1, which is none."""
        return (actions[..., None, :] == np.arange(self.outputs)[:, None]).astype(float)


class Numbers(Acting):
    """Normal numbers around the sums, of one deviation each; within bounds, a sum of 1 is the upper one."""

    def __init__(self, actions: Continuous, log_deviation: np.ndarray | None = None) -> None:
        self.outputs = actions.size
        self.low, self.high = np.array(actions.low), np.array(actions.high)
        self.bounded = np.isfinite(self.low) & np.isfinite(self.high)
        self.log_deviation = np.full(self.outputs, math.log(0.6)) if log_deviation is None else log_deviation

    def draw(self, scores: Scores, rng: np.random.Generator) -> np.ndarray:
        return scores + np.exp(self.log_deviation)[:, None] * rng.standard_normal(scores.shape)

    def best(self, scores: Scores) -> np.ndarray:
        return scores

    def to_world(self, actions: np.ndarray) -> np.ndarray:
        low, high = np.where(self.bounded, self.low, -1), np.where(self.bounded, self.high, 1)
        scaled = (low + high) / 2 + (high - low) / 2 * actions.T
        return np.clip(scaled, self.low, self.high)

    def encoded(self, actions: np.ndarray) -> np.ndarray:
        most = np.where(self.bounded, 1, _CLIP)[:, None]
        return np.clip(actions, -most, most).T

    def log_probability(self, scores: Scores, actions: np.ndarray) -> np.ndarray:
        off = self._off(scores, actions)
        return (-0.5 * off**2 - self.log_deviation[:, None]).sum(-2) - 0.5 * math.log(2 * math.pi) * self.outputs

    def slopes(self, scores: Scores, actions: np.ndarray) -> tuple[Scores, np.ndarray]:
        off = self._off(scores, actions)
        return off * np.exp(-self.log_deviation)[:, None], off**2 - 1

    def spread(self, scores: Scores, how: Settings) -> tuple[float, Scores]:
        entropy = self.log_deviation.sum() + 0.5 * self.outputs * math.log(2 * math.pi * math.e)
        return float(entropy), np.zeros_like(scores)

    def _off(self, scores: Scores, actions: np.ndarray) -> Scores:
        return (actions - scores) * np.exp(-self.log_deviation)[:, None]


def acting_in(actions: Actions, log_deviation: np.ndarray | None = None) -> Acting:
    """How sums become actions of a space."""
    return Choice(actions) if isinstance(actions, Discrete) else Numbers(actions, log_deviation)


def ppo_slope(
    change: Float[np.ndarray, "*lanes"], advantages: Float[np.ndarray, "*lanes"], clip: float
) -> Float[np.ndarray, "*lanes"]:
    """Slope of the clipped loss of proximal policy optimisation by the log-probability.

    Source: Schulman et al. 2017, "Proximal policy optimization algorithms", equation 7.

    Args:
        change: of the log-probability.
        advantages: of the actions.
        clip: bound on the ratio, from both sides of one.

    Example:
        >>> ppo_slope(np.log([1.0, 1.5, 1.5]), np.array([1.0, 1.0, -1.0]), 0.2).round(2).tolist()
        [-1.0, -0.0, 1.5]
    """
    ratio = np.exp(np.clip(change, -20, 20))
    moves = np.where(advantages > 0, ratio < 1 + clip, ratio > 1 - clip)
    return -advantages * ratio * moves


def towards_even(logs: Float[np.ndarray, "*some output lane"], how: Settings) -> Float[np.ndarray, "*some output lane"]:
    """Slope, by the logits, of what keeps an agent trying: less entropy, and the divergence of even chances.

    The first fades where an action has become unlikely, so that what is no longer done is never done again. The second,
    `KL(even || pi) = -mean_a log pi(a)` up to a constant, has the slope `pi(a) - 1 / n`, which does not.

    Example:
        >>> logs = np.log(np.array([[0.99], [0.01]]))
        >>> [towards_even(logs, Settings(0.2, *how)).round(3).ravel().tolist() for how in ((1, 0, 0), (0, 0, 1))]
        [[0.045, -0.045], [0.49, -0.49]]
    """
    chances = np.exp(logs)
    each = -(chances * logs).sum(-2, keepdims=True)
    return how.entropy * chances * (logs + each) + how.uniform * (chances - 1 / logs.shape[-2])


def log_softmax(scores: Float[np.ndarray, "*some output lane"]) -> Float[np.ndarray, "*some output lane"]:
    """Logarithms of the softmax over the outputs."""
    shifted = scores - scores.max(-2, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-2, keepdims=True))


def softmax(scores: Float[np.ndarray, "*some output lane"]) -> Float[np.ndarray, "*some output lane"]:
    """Softmax over the outputs."""
    shifted = np.exp(scores - scores.max(-2, keepdims=True))
    return shifted / shifted.sum(-2, keepdims=True)


def drawn_by(chances: Float[np.ndarray, "*some output lane"], rng: np.random.Generator) -> np.ndarray:
    """One output a lane, drawn by its chance."""
    reached = chances.cumsum(-2)
    point = rng.random((*chances.shape[:-2], 1, chances.shape[-1])) * reached[..., -1:, :]
    return np.minimum((reached < point).sum(-2), chances.shape[-2] - 1)
