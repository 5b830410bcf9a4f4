"""Memory length of bsuite (Osband et al. 2020): keep one bit for a number of steps, and repeat it when asked."""

import numpy as np
from jaxtyping import Bool, Float32

from aurita.errors import AuritaError
from aurita.worlds.registry import WORLDS
from aurita.worlds.simulated import Simulated
from aurita.worlds.spaces import Discrete
from aurita.worlds.world import positive

#: The lengths of bsuite's `memory_len`, 23 of them.
LENGTHS = (*range(1, 11), 12, 14, 17, 20, 25, *range(30, 101, 10))
#: Episodes that bsuite lets an agent learn for.
EPISODES = 10_000
_THRESHOLD, _CHANCE = 0.75, 0.5


@WORLDS.register("memory_length")
class MemoryLength(Simulated):
    """A bit is shown at the start, and `length` steps later the action has to repeat it: 1 if it does, else -1.

    An observation is the share of time that is left, the query (always 0: there is one bit to ask for), and the bit as
    -1 or 1 while it is shown, else 0. As in bsuite an episode has `length + 1` actions, only the last of which counts,
    and the first two observations are the same.

    Args:
        length: steps over which the bit has to be kept; those of bsuite are `LENGTHS`.
        envs: how many copies run side by side.

    Raises:
        AuritaError: `length` or `envs` no integer from 1.

    Example:
        >>> world = MemoryLength(3)
        >>> float(world.reset(0)[0, 0]), [round(float(world.step([0])[0][0, 0]), 2) for _ in range(3)]
        (1.0, [1.0, 0.67, 0.33])
    """

    observation_size = 3
    actions = Discrete(2)

    def __init__(self, length: int = 10, envs: int = 1) -> None:
        super().__init__(envs)
        self.length = positive("length", length)

    def _begin(self, which: Bool[np.ndarray, "env"]) -> None:
        if which.all():
            self._bit, self._taken = np.empty(self.envs, dtype=np.int64), np.empty(self.envs, dtype=np.int64)
        self._bit[which] = self.rng.integers(0, 2, int(which.sum()))
        self._taken[which] = 0

    def _advance(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        asked = self._taken == self.length
        reward = np.where(asked, np.where(actions == self._bit, 1.0, -1.0), 0.0)
        self._taken += 1
        return reward, asked, np.zeros(self.envs, dtype=bool)

    def _observe(self) -> Float32[np.ndarray, "env external"]:
        shown = np.maximum(self._taken - 1, 0)
        bit = np.where(shown == 0, 2 * self._bit - 1, 0)
        return np.stack([1 - shown / self.length, np.zeros(self.envs), bit], axis=1).astype(np.float32)


def memory_solved(returns: np.ndarray) -> bool:
    """Whether one length counts as solved, by bsuite's rule.

    The mistakes in all episodes so far, those of learning included and at most the first 10,000, have to be fewer than
    0.75 of those that guessing makes, which is one episode in two.

    Args:
        returns: the return of each episode in the order played, (episode,): 1 right, -1 wrong.

    Raises:
        AuritaError: no episode.

    Example:
        >>> memory_solved(np.array([-1, 1, -1, 1, 1, 1])), memory_solved(np.array([-1, 1, -1, 1]))
        (True, False)
    """
    played = np.asarray(returns, dtype=np.float64)[:EPISODES]
    if played.ndim != 1 or not played.size:
        raise AuritaError(f"returns have the shape {np.shape(returns)}; expected one number an episode, at least one")
    return bool((played <= 0).mean() / _CHANCE < _THRESHOLD)
