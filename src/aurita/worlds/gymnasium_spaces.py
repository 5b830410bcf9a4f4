"""Spaces of Gymnasium as a world has them: what can be flattened to numbers, and what can be done."""

from typing import Protocol

import numpy as np
from jaxtyping import Float32

from aurita._typing import PyTree
from aurita.errors import AuritaError
from aurita.worlds.spaces import Actions, Continuous, Discrete


class Space(Protocol):
    """What is asked of a space of Gymnasium; which of it there is depends on the kind of the space."""

    shape: tuple[int, ...]
    dtype: np.dtype
    low: np.ndarray
    high: np.ndarray
    n: int
    nvec: np.ndarray
    start: np.ndarray
    spaces: PyTree


def actions_of(space: Space) -> Actions:
    """The actions of a space.

    Raises:
        AuritaError: a space that is neither `Discrete` nor a `Box` of floating-point numbers.
    """
    kind = type(space).__name__
    if kind == "Discrete":
        return Discrete(int(space.n))
    if kind == "Box" and np.issubdtype(space.dtype, np.floating):
        return Continuous(tuple(space.low.ravel()), tuple(space.high.ravel()))
    raise AuritaError(
        f"the action space is {space}; expected a Discrete one or a Box of floating-point numbers: "
        "wrap the environment (gymnasium.wrappers.TransformAction)"
    )


def size_of(space: Space) -> int:
    """How many numbers an observation of a space has.

    Raises:
        AuritaError: a space that has no fixed number, such as text, a graph or a sequence.
    """
    kind = type(space).__name__
    if kind == "Discrete":
        return int(space.n)
    if kind == "MultiDiscrete":
        return int(np.sum(space.nvec))
    if kind in ("Box", "MultiBinary"):
        size = int(np.prod(space.shape))
        if size:
            return size
    if kind in ("Dict", "Tuple"):
        return sum(size_of(part) for part in _parts(space))
    raise AuritaError(
        f"the observation space is {space}; expected Box, Discrete, MultiDiscrete, MultiBinary, or a Dict or Tuple of "
        "these: wrap the environment (gymnasium.wrappers.TransformObservation)"
    )


def observed(space: Space, observation: PyTree) -> Float32[np.ndarray, "external"]:
    """An observation as numbers.

    Raises:
        AuritaError: it does not have the shape of its space, or holds a number that is not finite.
    """
    numbers = _numbers(space, observation)
    if not np.isfinite(numbers).all():
        raise AuritaError("the environment showed NaN or infinity; expected finite numbers: mend it")
    return numbers


def _numbers(space: Space, observation: PyTree) -> Float32[np.ndarray, "external"]:
    kind = type(space).__name__
    if kind in ("Dict", "Tuple"):
        keys = space.spaces if kind == "Dict" else range(len(space.spaces))
        return np.concatenate([_numbers(space.spaces[key], observation[key]) for key in keys])
    if kind == "Discrete":
        return _one_of(int(space.n), int(observation) - int(space.start))
    if kind == "MultiDiscrete":
        counts, values = np.ravel(space.nvec), np.ravel(observation) - np.ravel(space.start)
        return np.concatenate([_one_of(int(n), int(value)) for n, value in zip(counts, values, strict=True)])
    numbers = np.asarray(observation, dtype=np.float32).ravel()
    if numbers.size != int(np.prod(space.shape)):
        raise AuritaError(f"the environment showed the shape {np.shape(observation)}; its space has {space.shape}")
    return numbers


def _one_of(count: int, value: int) -> Float32[np.ndarray, "count"]:
    if not 0 <= value < count:
        raise AuritaError(f"the environment showed value {value} of {count}, counted from 0; mend it or its space")
    return np.eye(count, dtype=np.float32)[value]


def _parts(space: Space) -> list[Space]:
    return list(space.spaces.values() if type(space).__name__ == "Dict" else space.spaces)
