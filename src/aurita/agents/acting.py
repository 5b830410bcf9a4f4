"""From what all units say to an action, and back: probabilities, and the errors that are broadcast.

`scores` are sums of what the units' heads say of an action, first axis: logits of a choice, or means of numbers. A loss
that depends on the units through these sums alone has one error for all, its gradient by the sum.
"""

import math
from typing import NamedTuple, Protocol

import numpy as np

from aurita._typing import Float
from aurita.worlds.spaces import Actions, Continuous, Discrete

_CLIP = 3.0


class Judged(NamedTuple):
    """A loss of the scores, and its gradients.

    Attributes:
        error: by the scores, of each lane.
        entropy: mean over the lanes.
        deviation: by the log-deviations; empty where there are none.
    """

    error: Float[np.ndarray, "output lane"]
    entropy: float
    deviation: Float[np.ndarray, "number"]


class Settings(NamedTuple):
    """Bound on ratios, and weights of the entropy, of the value, and of the divergence of even chances."""

    clip: float
    entropy: float
    value: float
    uniform: float = 0.0


class Acting(Protocol):
    """How sums become actions."""

    outputs: int

    def draw(self, scores: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw an action for every lane."""

    def best(self, scores: np.ndarray) -> np.ndarray:
        """The action of every lane that is likeliest."""

    def to_world(self, actions: np.ndarray) -> np.ndarray:
        """Actions as the world takes them."""

    def encoded(self, actions: np.ndarray) -> np.ndarray:
        """Actions as units receive them, lane first."""

    def log_probability(self, scores: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """Of the actions, by lane; `scores` may have leading axes before those of outputs and lanes."""

    def judge(
        self,
        scores: np.ndarray,
        actions: np.ndarray,
        before: np.ndarray,
        advantages: np.ndarray,
        how: Settings,
    ) -> Judged:
        """The clipped loss of PPO less the entropy, and its gradients.

        Args:
            scores: now.
            actions: that were taken.
            before: log-probabilities that they had.
            advantages: of the lanes.
            how: weights of the loss.
        """


class Choice:
    """One of several actions: a softmax over the sums.

    Example:
        >>> Choice(Discrete(2)).best(np.array([[0.0, 2.0], [1.0, 1.0]])).tolist()
        [1, 0]
    """

    def __init__(self, actions: Discrete) -> None:
        self.outputs = actions.count

    def draw(self, scores: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return drawn_by(softmax(scores), rng)

    def best(self, scores: np.ndarray) -> np.ndarray:
        return scores.argmax(0)

    def to_world(self, actions: np.ndarray) -> np.ndarray:
        return actions

    def encoded(self, actions: np.ndarray) -> np.ndarray:
        return np.eye(self.outputs)[actions]

    def log_probability(self, scores: np.ndarray, actions: np.ndarray) -> np.ndarray:
        chosen = np.broadcast_to(actions, (*scores.shape[:-2], 1, scores.shape[-1]))
        return np.take_along_axis(log_softmax(scores), chosen, axis=-2)[..., 0, :]

    def judge(
        self,
        scores: np.ndarray,
        actions: np.ndarray,
        before: np.ndarray,
        advantages: np.ndarray,
        how: Settings,
    ) -> Judged:
        logs = log_softmax(scores)
        chances, taken = np.exp(logs), np.eye(self.outputs)[actions].T
        slope = ppo_slope((logs * taken).sum(-2) - before, advantages, how.clip)
        error = slope[..., None, :] * (taken - chances) + towards_even(logs, how)
        return Judged(error, float(-(chances * logs).sum(-2).mean()), np.zeros(0))


class Numbers:
    """Normal numbers around the sums, of one deviation each; within bounds, a sum of 1 is the upper one.

    Attributes:
        log_deviation: of each number; it learns with the units.
    """

    def __init__(self, actions: Continuous, log_deviation: np.ndarray | None = None) -> None:
        self.outputs = actions.size
        self.low, self.high = np.array(actions.low), np.array(actions.high)
        self.bounded = np.isfinite(self.low) & np.isfinite(self.high)
        self.log_deviation = np.full(self.outputs, math.log(0.6)) if log_deviation is None else log_deviation

    def draw(self, scores: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return scores + np.exp(self.log_deviation)[:, None] * rng.standard_normal(scores.shape)

    def best(self, scores: np.ndarray) -> np.ndarray:
        return scores

    def to_world(self, actions: np.ndarray) -> np.ndarray:
        low, high = np.where(self.bounded, self.low, -1), np.where(self.bounded, self.high, 1)
        scaled = (low + high) / 2 + (high - low) / 2 * actions.T
        return np.clip(scaled, self.low, self.high)

    def encoded(self, actions: np.ndarray) -> np.ndarray:
        return np.clip(
            actions, np.where(self.bounded, -1, -_CLIP)[:, None], np.where(self.bounded, 1, _CLIP)[:, None]
        ).T

    def log_probability(self, scores: np.ndarray, actions: np.ndarray) -> np.ndarray:
        off = (actions - scores) * np.exp(-self.log_deviation)[:, None]
        return (-0.5 * off**2 - self.log_deviation[:, None]).sum(-2) - 0.5 * math.log(2 * math.pi) * self.outputs

    def judge(
        self,
        scores: np.ndarray,
        actions: np.ndarray,
        before: np.ndarray,
        advantages: np.ndarray,
        how: Settings,
    ) -> Judged:
        slope = ppo_slope(self.log_probability(scores, actions) - before, advantages, how.clip)
        off = (actions - scores) * np.exp(-self.log_deviation)[:, None]
        error = slope[..., None, :] * off * np.exp(-self.log_deviation)[:, None]
        mean_slope = slope if slope.ndim == 1 else slope.mean(0)
        by_deviation = (mean_slope * (off.reshape(-1, *off.shape[-2:])[0] ** 2 - 1)).mean(-1) - how.entropy
        each = self.log_deviation.sum() + 0.5 * self.outputs * math.log(2 * math.pi * math.e)
        return Judged(error, float(each), by_deviation)


def acting_in(actions: Actions, log_deviation: np.ndarray | None = None) -> Choice | Numbers:
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
