"""A world that an agent acts in: many independent copies of it, one step at a time."""

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
from jaxtyping import Bool, Float, Float32

from aurita.errors import AuritaError
from aurita.worlds.spaces import Actions

Stepped = tuple[
    Float32[np.ndarray, "env external"],
    Float[np.ndarray, "env"],
    Bool[np.ndarray, "env"],
    Bool[np.ndarray, "env"],
]


class World(ABC):
    """Many copies of one world. A copy that ends begins anew in the same step.

    Whoever writes a world in numpy subclasses `aurita.worlds.Simulated`, which does the beginning anew.

    Attributes:
        envs: how many copies run side by side.
        observation_size: how many numbers are seen of a copy at a step.
        actions: what may be done, `Discrete` or `Continuous`.
        last_observation: what the copies looked like after the last step, before those that ended began anew,
            (env, external). Where an episode was cut off, the value of what would have followed is that of this.
    """

    envs: int
    observation_size: int
    actions: Actions
    last_observation: Float32[np.ndarray, "env external"]

    @abstractmethod
    def copies(self, envs: int) -> Self:
        """The same world with another number of copies, to be reset before its first step.

        Raises:
            AuritaError: no integer from 1, or a world whose number of copies is given.
        """

    @abstractmethod
    def reset(self, seed: int = 0) -> Float32[np.ndarray, "env external"]:
        """Begin an episode in every copy.

        Args:
            seed: the same seed and the same actions give the same episodes.

        Returns:
            The first observations.

        Raises:
            AuritaError: a seed that is no integer from 0.
        """

    @abstractmethod
    def step(self, actions: object) -> Stepped:
        """Act once in every copy.

        Args:
            actions: one a copy; integers (env,) for `Discrete`, numbers (env, number) for `Continuous`, which are cut
                to their bounds.

        Returns:
            The next observations (of a copy that ended: the first of its new episode), the rewards, which copies ended
            of themselves, and which were cut off by a limit of time.

        Raises:
            AuritaError: actions of another shape or out of range, and a world that was not reset.
        """


def positive(name: str, value: object) -> int:
    """An integer from 1, or the error that says so."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise AuritaError(f"{name} is {value!r}; expected an integer from 1")
    return int(value)


def checked_seed(seed: object) -> int:
    """A seed, an integer from 0, or the error that says so."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise AuritaError(f"seed is {seed!r}; expected an integer from 0")
    return int(seed)
