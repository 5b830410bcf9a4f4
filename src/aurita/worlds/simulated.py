"""Worlds in plain numpy, all copies at once; those that end begin anew."""

from abc import abstractmethod
from copy import copy
from typing import Self

import numpy as np
from jaxtyping import Bool, Float, Float32

from aurita.errors import AuritaError
from aurita.worlds.world import Stepped, World, checked_seed, positive


class Simulated(World):
    """A world that is computed for all copies at once.

    A subclass sets `observation_size` and `actions`, and writes `_begin`, `_advance` and `_observe`.

    Args:
        envs: how many copies run side by side.

    Raises:
        AuritaError: no integer from 1.
    """

    rng: np.random.Generator

    def __init__(self, envs: int = 1) -> None:
        self.envs = positive("envs", envs)

    def copies(self, envs: int) -> Self:
        """The same world with another number of copies; see `World.copies`."""
        other = copy(self)
        other.envs = positive("envs", envs)
        other.__dict__.pop("rng", None)
        return other

    def reset(self, seed: int = 0) -> Float32[np.ndarray, "env external"]:
        """Begin an episode in every copy; see `World.reset`."""
        self.rng = np.random.default_rng(checked_seed(seed))
        self._begin(np.ones(self.envs, dtype=bool))
        self.last_observation = self._observe()
        return self.last_observation

    def step(self, actions: object) -> Stepped:
        """Act once in every copy; see `World.step`."""
        if not hasattr(self, "rng"):
            raise AuritaError("the world was not reset; call reset(seed) before step")
        reward, terminated, truncated = self._advance(self.actions.checked(actions, self.envs))
        self.last_observation = seen = self._observe()
        ended = terminated | truncated
        if ended.any():
            self._begin(ended)
            seen = self._observe()
        return seen, reward, terminated, truncated

    @abstractmethod
    def _begin(self, which: Bool[np.ndarray, "env"]) -> None:
        """Begin an episode in some copies. Where it is all of them, the state is made."""

    @abstractmethod
    def _advance(
        self, actions: np.ndarray
    ) -> tuple[Float[np.ndarray, "env"], Bool[np.ndarray, "env"], Bool[np.ndarray, "env"]]:
        """Move every copy on by one step: rewards, which ended of themselves, which were cut off."""

    @abstractmethod
    def _observe(self) -> Float32[np.ndarray, "env external"]:
        """What the copies look like now, a new array."""
