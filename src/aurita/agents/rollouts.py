"""An agent in its worlds: what it saw, did and got over some steps."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.agents.acting import Acting, softmax
from aurita.agents.credit import vote
from aurita.agents.senses import Senses
from aurita.agents.stream import Stream
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


def decided(
    acting: Acting,
    scores: Float[np.ndarray, "unit output env"],
    rng: np.random.Generator,
    *,
    greedy: bool,
    votes: bool,
    silent: Bool[np.ndarray, "unit"],
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """An action for every copy, the votes for it, and the log-probabilities of that which learns.

    Args:
        acting: how sums become actions.
        scores: by the units, the value last.
        rng: for what is drawn.
        greedy: the likeliest action; of votes, the one that most are expected for.
        votes: whether units vote.
        silent: units that do not.
    """
    parts = scores[:, :-1]
    if votes and greedy:
        return softmax(parts[~silent]).sum(0).argmax(0), None, np.zeros(parts.shape[2])
    if votes:
        cast, total = vote(parts, rng, silent)
        return acting.draw(total, rng), cast, acting.log_probability(parts, cast)
    total = parts.sum(0)
    chosen = acting.best(total) if greedy else acting.draw(total, rng)
    return chosen, None, acting.log_probability(total, chosen)


class Visitor:
    """Copies of an agent, each in a copy of a world.

    Args:
        world: reset by this.
        stream: of the units.
        senses: of the agent.
        acting: how sums become actions.
        votes: whether units vote.
        silent: units whose heads do not count.
        seed: of the world, and of what is drawn.
        discount: of the returns whose deviation rewards are scaled by.
        longest: steps after which an episode that has not ended is an error.
    """

    def __init__(
        self,
        world: World,
        stream: Stream,
        senses: Senses,
        acting: Acting,
        *,
        votes: bool,
        silent: Bool[np.ndarray, "unit"],
        seed: int,
        discount: float,
        longest: int,
    ) -> None:
        self.world, self.stream, self.senses, self.acting = world, stream, senses, acting
        self._votes, self._silent, self._discount, self._longest = votes, silent, discount, longest
        self._rng = np.random.default_rng([0x616374, seed])
        self._seen = np.asarray(world.reset(seed))
        envs = world.envs
        self._begins, self._reward = np.ones(envs, bool), np.zeros(envs)
        self._done = acting.encoded(acting.best(np.zeros((acting.outputs, envs)))) * 0.0
        self._return, self._length, self._discounted = np.zeros(envs), np.zeros(envs, int), np.zeros(envs)

    def run(self, steps: int, *, greedy: bool = False, ends: Callable[[int, float], bool] | None = None) -> Rollout:
        """Live for some steps.

        Args:
            steps: how many at most.
            greedy: take the likeliest action.
            ends: called with the copy and the return of each episode that ends; stops where it says so.
        """
        rows: list[list[Any]] = [[] for _ in range(8)]
        scores, actions, votes, chances, rewards, ended, seen, cut = rows
        returns: list[float] = []
        lengths: list[int] = []
        scale = self.senses.reward_scale
        spread: list[np.ndarray] = []
        stopped = False
        for _ in range(steps):
            inputs = self.senses.inputs(self._seen, self._done, self._reward, self._begins)
            now = self.stream.step(inputs, self._begins)
            now[self._silent] = 0
            chosen, cast, chance = decided(
                self.acting, now, self._rng, greedy=greedy, votes=self._votes, silent=self._silent
            )
            seen.append(self._seen)
            self._seen, reward, terminated, truncated = self.world.step(self.acting.to_world(chosen))
            reward = np.asarray(reward, np.float64)
            if not np.isfinite(reward).all():
                raise AuritaError("the world gave a reward of NaN or infinity; expected finite numbers")
            over = terminated | truncated
            self._done, self._reward, self._begins = self.acting.encoded(chosen), reward / scale, over
            missed = np.zeros((len(now), self.world.envs))
            if (truncated & ~terminated).any() and not greedy:
                following = self.senses.inputs(self.world.last_observation, self._done, self._reward, over & ~over)
                value = self.stream.peek(following)[:, -1]
                value[self._silent] = 0
                missed = value * (truncated & ~terminated)
            for part, new in zip(
                (scores, actions, votes, chances, rewards, ended, cut),
                (now, chosen, cast, chance, reward, over, missed),
                strict=True,
            ):
                part.append(new)
            self._count(reward, over, returns, lengths, spread)
            if ends is not None:
                first = len(returns) - int(over.sum())
                which = np.flatnonzero(over)
                enough = [ends(int(copy), returns[first + i]) for i, copy in enumerate(which)]
                stopped = any(enough)
            if stopped:
                break
        after = self.stream.peek(self.senses.inputs(self._seen, self._done, self._reward, self._begins), self._begins)[
            :, -1
        ]
        after[self._silent] = 0
        if not greedy:
            self.senses.observed.add(np.concatenate(seen))
            self.senses.returned.add(np.concatenate(spread)[:, None])
        return Rollout(
            np.stack(scores, axis=2),
            np.stack(actions, axis=-2),
            np.stack(votes, axis=1) if self._votes and not greedy else None,
            np.stack(chances, axis=-2),
            np.stack(rewards) / scale,
            np.stack(cut, axis=1),
            np.stack(ended),
            after,
            np.stack(seen),
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
        lengths += self._length[over].tolist()
        for total in (self._return, self._length, self._discounted):
            total[over] = 0
