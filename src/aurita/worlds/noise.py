"""Channels of noise beside what a world shows: distractors that an agent has to learn to ignore."""

from typing import Self

import numpy as np
from jaxtyping import Float32

from aurita.errors import AuritaError
from aurita.worlds.world import Stepped, World, checked_seed, positive


class WithNoise(World):
    """A world whose observations are followed by channels of independent standard normal noise, new at every step.

    The world itself runs as it does without them: its own randomness is not touched.

    Args:
        world: the world.
        channels: how many channels of noise.

    Raises:
        AuritaError: `world` is no World, or `channels` no integer from 1.

    Example:
        >>> from aurita.worlds import CartPole
        >>> WithNoise(CartPole(envs=3), 60).reset(0).shape
        (3, 62)
    """

    def __init__(self, world: World, channels: int) -> None:
        if not isinstance(world, World):
            raise AuritaError(f"the world is a {type(world).__name__}; expected a World: make it one by as_world first")
        self.world, self.channels = world, positive("channels", channels)
        self.envs, self.actions = world.envs, world.actions
        self.observation_size = world.observation_size + self.channels

    def copies(self, envs: int) -> Self:
        """The same world with another number of copies; see `World.copies`."""
        return type(self)(self.world.copies(envs), self.channels)

    def reset(self, seed: int = 0) -> Float32[np.ndarray, "env external"]:
        """Begin an episode in every copy; see `World.reset`."""
        seen = self.world.reset(seed)
        self._rng = np.random.default_rng((checked_seed(seed), self.channels))
        self.last_observation = np.concatenate([seen, self._noise()], axis=1)
        return self.last_observation

    def step(self, actions: object) -> Stepped:
        """Act once in every copy; see `World.step`."""
        seen, reward, terminated, truncated = self.world.step(actions)
        noise = self._noise()
        self.last_observation = np.concatenate([self.world.last_observation, noise], axis=1)
        return np.concatenate([seen, noise], axis=1), reward, terminated, truncated

    def _noise(self) -> Float32[np.ndarray, "env channel"]:
        return self._rng.standard_normal((self.envs, self.channels), dtype=np.float32)
