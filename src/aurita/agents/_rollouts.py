"""An agent in its worlds: what it saw, did and got over some steps."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.agents._mind import Mind
from aurita.errors import AuritaError
from aurita.worlds import World


class Rollout(NamedTuple):
    """Some steps in all copies of a world.

    Attributes:
        scores: of each unit, the value last; 0 where a unit is silent.
        actions: as they were drawn.
        votes: of each unit; None where units do not vote.
        chances: log-probabilities of the actions or, by unit, of the votes.
        rewards: scaled.
        cut: values of what would have followed where an episode was cut off, by unit; zeros elsewhere.
        ended: where an episode ended with the step.
        after: values after the last step, by unit.
        observations: seen before the steps.
        returns, lengths: of the episodes that ended, rewards as they came.
    """

    scores: Float[np.ndarray, "unit output step env"]
    actions: np.ndarray
    votes: Int[np.ndarray, "unit step env"] | None
    chances: np.ndarray
    rewards: Float[np.ndarray, "step env"]
    cut: Float[np.ndarray, "unit step env"]
    ended: Bool[np.ndarray, "step env"]
    after: Float[np.ndarray, "unit env"]
    observations: Float[np.ndarray, "step env external"]
    returns: list[float]
    lengths: list[int]


class Visitor:
    """Copies of an agent, each in a copy of a world.

    Args:
        world: reset by this.
        mind: of the agent.
        seed: of the world.
        discount: of the returns whose deviation rewards are scaled by.
        longest: steps after which an episode that has not ended is an error.
    """

    def __init__(self, world: World, mind: Mind, *, seed: int, discount: float, longest: int) -> None:
        self.world, self.mind = world, mind
        self._discount, self._longest = discount, longest
        self._seen = np.asarray(world.reset(seed))
        self._return, self._length, self._discounted = (np.zeros(world.envs) for _ in range(3))

    def run(
        self,
        steps: int,
        *,
        greedy: bool = False,
        learns: bool = True,
        ends: Callable[[int, float], bool] | None = None,
    ) -> Rollout:
        """Live for some steps.

        Args:
            steps: how many at most.
            greedy: take the likeliest action.
            learns: whether this is to be learnt from: moments of what is seen move on, and what is cut off is valued.
            ends: called with the copy and the return of each episode that ends; stops where it says so.
        """
        mind, scale = self.mind, self.mind.senses.reward_scale
        lived: list[tuple[Any, ...]] = []
        returns: list[float] = []
        lengths: list[int] = []
        spread: list[np.ndarray] = []
        stopped = False
        while len(lived) < steps and not stopped:
            seen, decision = self._seen, mind.decide(self._seen, greedy=greedy)
            if not np.isfinite(decision.scores).all():
                raise AuritaError(
                    "what units output is NaN or infinite: observations or rewards are too large for them, or they "
                    "diverged; scale both to about 1, or lower learning_rate"
                )
            self._seen, reward, terminated, truncated = self.world.step(mind.acting.to_world(decision.actions))
            reward, over, only_cut = np.asarray(reward, np.float64), terminated | truncated, truncated & ~terminated
            if not np.isfinite(reward).all():
                raise AuritaError("the world gave a reward of NaN or infinity; expected finite numbers")
            mind.got(reward, over)
            missed = np.zeros((len(decision.scores), self.world.envs))
            if learns and only_cut.any():
                missed = mind.values(self.world.last_observation, goes_on=True) * only_cut
            lived.append((*decision, reward, over, missed, seen))
            first = len(returns)
            self._count(reward, over, returns, lengths, spread)
            if ends is not None:
                enough = [ends(int(copy), returns[first + i]) for i, copy in enumerate(np.flatnonzero(over))]
                stopped = any(enough)
        scores, actions, votes, chances, rewards, ended, cut, observations = zip(*lived, strict=True)
        after = mind.values(self._seen)
        if learns:
            mind.senses.observed.add(np.concatenate(observations))
            mind.senses.returned.add(np.concatenate(spread)[:, None])
        return Rollout(
            np.stack(scores, axis=2),
            np.stack(actions, axis=-2),
            None if votes[0] is None else np.stack(votes, axis=1),
            np.stack(chances, axis=-2),
            np.stack(rewards) / scale,
            np.stack(cut, axis=1),
            np.stack(ended),
            after,
            np.stack(observations),
            returns,
            lengths,
        )

    def _count(
        self,
        reward: Float[np.ndarray, "env"],
        over: Bool[np.ndarray, "env"],
        returns: list[float],
        lengths: list[int],
        spread: list[np.ndarray],
    ) -> None:
        self._return += reward
        self._length += 1
        self._discounted = self._discount * self._discounted + reward
        spread.append(self._discounted.copy())
        if (self._length > self._longest).any():
            raise AuritaError(
                f"an episode has gone on for more than {self._longest} steps; give the world a limit of time, or "
                "the agent a larger longest_episode"
            )
        returns += self._return[over].tolist()
        lengths += self._length[over].astype(int).tolist()
        for total in (self._return, self._length, self._discounted):
            total[over] = 0
