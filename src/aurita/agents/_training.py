"""Learning from reward: rollouts, and a few steps of every unit down its own loss after each.

Source: Schulman et al. 2017, "Proximal policy optimization algorithms", whose gradient by the sum of the outputs of all
units is broadcast; nothing else passes between units.
"""

from typing import NamedTuple

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.agents._acting import Acting, Settings
from aurita.agents._advantages import advantages
from aurita.agents._credit import Taken, counted, difference, errors
from aurita.agents._learner import Learner
from aurita.agents._rollouts import Rollout
from aurita.agents._stream import spots_of
from aurita.agents.symbiosis import Symbiosis

_BLOCKS = 8


class Recipe(NamedTuple):
    """How an agent learns, as parameters of `ReservoirAgent` say."""

    epochs: int
    minibatches: int
    learning_rate: float
    discount: float
    trace: float
    entropy: float
    uniform: float
    value_weight: float
    clip: float
    credit: str


class Step(NamedTuple):
    """What became of one rollout.

    Attributes:
        entropy: of the actions, mean over the lanes.
        surprise: mean square of how far returns were from the values, by the returns' variance.
        help: of each unit, in this rollout.
    """

    entropy: float
    surprise: float
    help: Float[np.ndarray, "unit"]


def improve(
    learner: Learner,
    acting: Acting,
    recipe: Recipe,
    rollout: Rollout,
    symbiosis: Symbiosis,
    *,
    rate: float,
    number: int,
    rng: np.random.Generator,
    silent: Bool[np.ndarray, "unit"],
) -> Step:
    """Let the units learn from one rollout, which the learner was given the recording of.

    Args:
        learner: of the units.
        acting: how sums become actions; its log-deviations learn too.
        recipe: how.
        rollout: what was done.
        symbiosis: to be added to.
        rate: of learning.
        number: of the step of the world, for the log of partners.
        rng: who learns from what first.
        silent: units without output.
    """
    taken, advantages, surprise = _advantages(rollout, recipe)
    scores = _lanes(rollout.scores)
    own = scores[:, :-1]
    if taken.votes is not None:
        own = np.stack([counted(one[None], own.shape[1]) for one in taken.votes])
    help_now = symbiosis.add(acting, own, taken.actions, advantages)
    how = Settings(recipe.clip, recipe.entropy, recipe.value_weight, recipe.uniform)
    steps, envs = rollout.rewards.shape
    entropy = 0.0
    for _ in range(recipe.epochs):
        for ranges in _minibatches(steps, envs, recipe.minibatches, rng):
            now = learner.scores(ranges)
            now[silent] = 0
            found = errors(acting, now, taken.at(spots_of(ranges)), how)
            learner.learn(ranges, found.error, rate)
            learner.rewire(number)
            acting.learn(found.deviation, rate)
            entropy = found.entropy
    return Step(entropy, surprise, help_now)


def _advantages(rollout: Rollout, recipe: Recipe) -> tuple[Taken, Float[np.ndarray, "lane"], float]:
    """What was taken, the advantage of each action to all, and how surprising that was."""
    values = rollout.scores[:, -1]
    own = recipe.credit == "own"
    cut, after = rollout.cut, rollout.after
    if not own:
        cut, values, after = cut.sum(0), values.sum(0), after.sum(0)
    rewards = rollout.rewards + recipe.discount * cut
    found = advantages(rewards, values, after, rollout.ended, recipe.discount, recipe.trace)
    returns = found + values
    surprise = float((found**2).mean() / max(returns.var(), 1e-8))
    flat, actions = _lanes(found), _lanes(rollout.actions)
    flat = (flat - flat.mean(-1, keepdims=True)) / (flat.std(-1, keepdims=True) + 1e-8)
    votes, common = None, flat.mean(0) if own else flat
    if rollout.votes is not None:
        votes = _lanes(rollout.votes)
        if recipe.credit == "difference":
            flat = difference(_lanes(rollout.scores)[:, :-1], votes, actions, flat)
            flat = flat / max(float((flat**2).mean()) ** 0.5, 1e-8)
    return Taken(actions, votes, _lanes(rollout.chances), flat, _lanes(returns)), common, surprise


def _lanes(values: np.ndarray) -> np.ndarray:
    return values.reshape(*values.shape[:-2], -1)


def _minibatches(steps: int, envs: int, count: int, rng: np.random.Generator) -> list[Int[np.ndarray, "range 2"]]:
    """Lanes of each minibatch, blocks of steps in random order."""
    if count == 1:
        return [np.array([[0, steps * envs]])]
    size = max(1, steps // (count * _BLOCKS))
    starts = rng.permutation(np.arange(0, steps, size))
    parts = np.array_split(starts, count)
    return [np.array([[a * envs, (min(a + size, steps) - a) * envs] for a in sorted(part)]) for part in parts]
