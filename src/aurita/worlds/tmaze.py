"""The T-maze: a sign at the start of a corridor says which way to turn at its end.

Two forms of one map: that of Bakker (2002), *Reinforcement learning with long short-term memory*, and the passive one
of Ni et al. (2023), *When do transformers shine in RL?*
"""

import numpy as np
from jaxtyping import Bool, Float32

from aurita.worlds.registry import WORLDS
from aurita.worlds.simulated import Simulated
from aurita.worlds.spaces import Discrete
from aurita.worlds.world import positive

_EAST, _NORTH, _WEST, _SOUTH = range(4)
_RIGHT, _WRONG, _STILL = 4.0, -0.1, -0.1


@WORLDS.register("tmaze")
class TMaze(Simulated):
    """Walk to the end of a corridor and turn to where the goal is, which was shown at the start only.

    Actions: 0 east, 1 north, 2 west, 3 south. A move into a wall leaves the agent where it is.

    Bakker's form, the agent's own pace: an episode ends with the turn, which gives 4 if right and -0.1 if wrong;
    standing still costs 0.1; so 4 is the best return. At the start the observation is 011 (the goal is north) or 110
    (south), in the corridor 101, at the junction 010. An episode is cut off after `limit` steps.

    Passive form: the sign is seen without going anywhere, and an episode has `corridor + 1` steps. Every step but the
    last costs 1 / corridor while the agent is farther back than it could be; the last gives 1 on the goal's side; so 1
    is the best return. An observation is whether the agent is at the junction or beyond, and a direction: at the first
    step the goal's (1 north, -1 south), later the agent's own.

    Args:
        corridor: steps from the start to the junction.
        passive: the passive form.
        limit: steps after which an episode of Bakker's form is cut off; four times the shortest one by default.
        envs: how many copies run side by side.

    Raises:
        AuritaError: `corridor`, `limit` or `envs` no integer from 1.

    Example:
        >>> world = TMaze(2, passive=True)
        >>> goal = world.reset(0)[0, 1]
        >>> turn = 1 if goal > 0 else 3
        >>> [float(world.step([action])[1][0]) for action in (0, 0, turn)]
        [0.0, 0.0, 1.0]
    """

    actions = Discrete(4)

    def __init__(self, corridor: int = 10, passive: bool = False, limit: int | None = None, envs: int = 1) -> None:
        super().__init__(envs)
        self.corridor, self.passive = positive("corridor", corridor), bool(passive)
        shortest = self.corridor + 1
        self.limit = 4 * shortest if limit is None else positive("limit", limit)
        self.observation_size = 2 if passive else 3

    @property
    def best_return(self) -> float:
        """The return of an episode without a mistake."""
        return 1.0 if self.passive else _RIGHT

    def _begin(self, which: Bool[np.ndarray, "env"]) -> None:
        if which.all():
            self._place = np.zeros((self.envs, 2), dtype=np.int64)
            self._goal, self._steps = np.zeros(self.envs, dtype=np.int64), np.zeros(self.envs, dtype=np.int64)
            self._left = np.zeros(self.envs, dtype=bool)
        self._place[which] = 0
        self._goal[which] = self.rng.choice([-1, 1], int(which.sum()))
        self._steps[which] = 0
        self._left[which] = False

    def _advance(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        still = ~self._move(actions)
        self._steps += 1
        x, y = self._place.T
        never = np.zeros(self.envs, dtype=bool)
        if self.passive:
            last = self._steps == self.corridor + 1
            reward = np.where(last, y == self._goal, np.where(x < self._steps, -1 / self.corridor, 0.0))
            return reward, last, never
        turned = y != 0
        reward = np.where(turned, np.where(y == self._goal, _RIGHT, _WRONG), np.where(still, _STILL, 0.0))
        return reward, turned, ~turned & (self._steps >= self.limit)

    def _move(self, actions: np.ndarray) -> Bool[np.ndarray, "env"]:
        """Move where there is no wall; which copies moved."""
        x, y = self._place.T
        ahead = x + (actions == _EAST) - (actions == _WEST)
        beside = y + (actions == _NORTH) - (actions == _SOUTH)
        in_corridor = (beside == 0) & (ahead >= 0) & (ahead <= self.corridor)
        in_arm = (ahead == self.corridor) & (np.abs(beside) <= 1)
        free = in_corridor | in_arm
        self._place = np.where(free[:, None], np.stack([ahead, beside], axis=1), self._place)
        return free

    def _observe(self) -> Float32[np.ndarray, "env external"]:
        x, y = self._place.T
        if self.passive:
            end = x == self.corridor
            sign = np.where(self._steps == 0, self._goal, np.where(end, y, 0))
            return np.stack([end, sign], axis=1).astype(np.float32)
        start, end = x == 0, (x == self.corridor) & (x > 0)
        north, south = start & (self._goal > 0), start & (self._goal < 0)
        return np.stack([~end & ~north, end | start, ~end & ~south], axis=1).astype(np.float32)
