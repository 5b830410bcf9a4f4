"""Environments of Gymnasium as worlds: an id, a function that makes one, or a vector environment."""

from types import ModuleType
from typing import Protocol, Self

import numpy as np
from jaxtyping import Float32

from aurita._typing import Document, PyTree
from aurita.errors import AuritaError, require
from aurita.worlds.gymnasium_spaces import Space, actions_of, observed, size_of
from aurita.worlds.world import Stepped, World, checked_seed, positive

_PURPOSE = "acting in environments of Gymnasium"


class _Env(Protocol):
    """What is asked of an environment."""

    observation_space: Space
    action_space: Space

    def reset(self, *, seed: int | None = None) -> tuple[PyTree, Document]: ...

    def step(self, action: PyTree) -> tuple[PyTree, ...]: ...


class _VectorEnv(Protocol):
    """What is asked of a vector environment."""

    observation_space: Space
    metadata: Document

    def reset(self, *, seed: list[int] | None = None, options: Document | None = None) -> tuple[PyTree, Document]: ...

    def step(self, actions: PyTree) -> tuple[PyTree, np.ndarray, np.ndarray, np.ndarray, Document]: ...


class GymnasiumWorld(World):
    """Copies of an environment of Gymnasium, all stepped in this process, or a vector environment.

    An observation is flattened to numbers: one of n becomes n numbers of which one is 1, and the parts of a dictionary
    or tuple follow each other in its order. Observations are not scaled.

    Args:
        environment: an id such as `CartPole-v1`, a function without arguments that makes an environment, or a vector
            environment. The latter has to begin anew where it ends in the same step (`AutoresetMode.SAME_STEP`) or to
            leave that to its caller (`DISABLED`); a `SyncVectorEnv` may be of any mode.
        envs: how many copies; a vector environment has its own number.

    Raises:
        AuritaError: Gymnasium is not installed (extra `worlds`), an unknown id, something else than these, spaces that
            cannot be served, and while acting a reward that is not finite.

    Example:
        >>> world = GymnasiumWorld("CartPole-v1", envs=2)  # doctest: +SKIP
        >>> world.reset(0).shape  # doctest: +SKIP
        (2, 4)
    """

    def __init__(self, environment: object, envs: int = 1) -> None:
        gymnasium = require("gymnasium", "worlds", _PURPOSE)
        self._made_from = environment
        self._vector: _Vector | None = None
        self._copies: list[_Env] = []
        vectors = gymnasium.vector
        if isinstance(environment, vectors.VectorEnv) and not isinstance(environment, vectors.SyncVectorEnv):
            self._vector, self.envs = _Vector(environment), int(environment.num_envs)
            self._space, self._acts = environment.single_observation_space, environment.single_action_space
        else:
            if isinstance(environment, vectors.SyncVectorEnv):
                self._copies = list(environment.envs)
            else:
                self._copies = [_made(gymnasium, environment) for _ in range(positive("envs", envs))]
            self.envs = len(self._copies)
            self._space, self._acts = self._copies[0].observation_space, self._copies[0].action_space
        self.actions = actions_of(self._acts)
        self._first = int(getattr(self._acts, "start", 0))
        self.observation_size = size_of(self._space)
        self._ready = False

    def copies(self, envs: int) -> Self:
        """The same environment with another number of copies; see `World.copies`."""
        if not isinstance(self._made_from, str) and not callable(self._made_from):
            raise AuritaError(
                f"a vector environment has its own number of copies, {self.envs}, and {envs} are needed; "
                "pass an id, or a function that makes one environment"
            )
        return type(self)(self._made_from, envs)

    def reset(self, seed: int = 0) -> Float32[np.ndarray, "env external"]:
        """Begin an episode in every copy; see `World.reset`."""
        seeds = [int(s) for s in np.random.SeedSequence(checked_seed(seed)).generate_state(self.envs)]
        self._ready = True
        if self._vector is not None:
            self.last_observation = self._flat(self._vector.reset(seeds))
        else:
            self.last_observation = self._flat(
                [env.reset(seed=s)[0] for env, s in zip(self._copies, seeds, strict=True)]
            )
        return self.last_observation

    def step(self, actions: object) -> Stepped:
        """Act once in every copy; see `World.step`."""
        if not self._ready:
            raise AuritaError("the world was not reset; call reset(seed) before step")
        taken = self.actions.checked(actions, self.envs)
        taken = taken + self._first if taken.ndim == 1 else self._shaped(taken)
        if self._vector is not None:
            seen, last, *rest = self._vector.step(taken)
            reward, terminated, truncated = (np.asarray(part) for part in rest)
        else:
            seen, last, reward, terminated, truncated = self._each(taken)
        _check_rewards(reward)
        self.last_observation = self._flat(last)
        ended = terminated | truncated
        observation = self._flat(seen) if ended.any() else self.last_observation
        return observation, reward.astype(np.float64), terminated.astype(bool), truncated.astype(bool)

    def _each(self, actions: np.ndarray) -> tuple[list[object], list[object], np.ndarray, np.ndarray, np.ndarray]:
        seen, last, results = [], [], []
        for env, action in zip(self._copies, actions, strict=True):
            observation, reward, terminated, truncated, _ = env.step(action)
            last.append(observation)
            seen.append(env.reset()[0] if terminated or truncated else observation)
            results.append((reward, terminated, truncated))
        reward, terminated, truncated = zip(*results, strict=True)
        return seen, last, np.array(reward, dtype=np.float64), np.array(terminated, bool), np.array(truncated, bool)

    def _shaped(self, actions: np.ndarray) -> np.ndarray:
        return actions.reshape(self.envs, *self._acts.shape).astype(self._acts.dtype)

    def _flat(self, observations: PyTree) -> Float32[np.ndarray, "env external"]:
        return np.stack([observed(self._space, one) for one in observations])


class _Vector:
    """A vector environment whose copies begin anew in the step in which they end."""

    def __init__(self, env: _VectorEnv) -> None:
        modes = require("gymnasium.vector", "worlds", _PURPOSE).AutoresetMode
        mode = env.metadata.get("autoreset_mode")
        if mode not in (modes.SAME_STEP, modes.DISABLED):
            raise AuritaError(
                f"the vector environment begins anew by {mode or 'a mode that it does not name'}; make it with "
                "autoreset_mode=gymnasium.vector.AutoresetMode.SAME_STEP, or pass an id or a function instead"
            )
        self._env, self._same = env, mode == modes.SAME_STEP
        self._iterate = require("gymnasium.vector.utils", "worlds", _PURPOSE).iterate

    def reset(self, seeds: list[int]) -> list[object]:
        return self._split(self._env.reset(seed=seeds)[0])

    def step(self, actions: np.ndarray) -> tuple[list[object], list[object], np.ndarray, np.ndarray, np.ndarray]:
        observation, reward, terminated, truncated, info = self._env.step(actions)
        seen = self._split(observation)
        last, ended = list(seen), np.asarray(terminated) | np.asarray(truncated)
        if not ended.any():
            return seen, last, reward, terminated, truncated
        if self._same:
            for copy in np.flatnonzero(ended):
                last[copy] = info["final_obs"][copy]
        else:
            seen = self._split(self._env.reset(options={"reset_mask": ended})[0])
        return seen, last, reward, terminated, truncated

    def _split(self, observations: PyTree) -> list[object]:
        return list(self._iterate(self._env.observation_space, observations))


def _made(gymnasium: ModuleType, environment: object) -> _Env:
    if not isinstance(environment, str) and not callable(environment):
        raise AuritaError(
            f"the environment is a {type(environment).__name__}; expected an id, a function without arguments that "
            "makes an environment (lambda: gymnasium.make(...), called once a copy), a vector environment, or a World"
        )
    try:
        env = gymnasium.make(environment) if isinstance(environment, str) else environment()
    except gymnasium.error.Error as error:
        raise AuritaError(f"Gymnasium cannot make {environment!r}: {error}") from None
    if not isinstance(env, gymnasium.Env):
        raise AuritaError(f"{environment!r} made a {type(env).__name__}; expected an environment of Gymnasium")
    return env


def _check_rewards(rewards: np.ndarray) -> None:
    broken = ~np.isfinite(np.asarray(rewards, dtype=np.float64))
    if broken.any():
        copy = int(np.flatnonzero(broken)[0])
        raise AuritaError(f"copy {copy} gave the reward {rewards[copy]}; expected a finite number: mend it")
