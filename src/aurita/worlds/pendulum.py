"""The pendulum swing-up as Gymnasium's Pendulum-v1 has it, with the velocity hidden."""

import numpy as np
from jaxtyping import Bool, Float32

from aurita.worlds.registry import WORLDS
from aurita.worlds.simulated import Simulated
from aurita.worlds.spaces import Continuous
from aurita.worlds.world import positive

_GRAVITY, _STEP, _FASTEST, _TORQUE = 10.0, 0.05, 8.0, 2.0


@WORLDS.register("pendulum")
class Pendulum(Simulated):
    """Swing a pendulum up and hold it there, with a torque too weak to lift it at once.

    A step costs `angle^2 + 0.1 velocity^2 + 0.001 torque^2`, the angle counted from upright, from -pi to pi. An
    observation is the angle's cosine and sine; with `velocities` also the velocity, in radians a second. An episode
    is cut off after `limit` steps.

    Args:
        velocities: whether the velocity is seen.
        limit: steps of an episode.
        envs: how many copies run side by side.

    Raises:
        AuritaError: `limit` or `envs` no integer from 1.

    Example:
        >>> world = Pendulum(envs=3)
        >>> world.reset(0).shape, world.actions
        ((3, 2), Continuous(low=(-2.0,), high=(2.0,)))
    """

    actions = Continuous((-_TORQUE,), (_TORQUE,))

    def __init__(self, velocities: bool = False, limit: int = 200, envs: int = 1) -> None:
        super().__init__(envs)
        self.velocities, self.limit = bool(velocities), positive("limit", limit)
        self.observation_size = 3 if velocities else 2

    def _begin(self, which: Bool[np.ndarray, "env"]) -> None:
        if which.all():
            self._state, self._steps = np.empty((self.envs, 2)), np.empty(self.envs, dtype=np.int64)
        self._state[which] = self.rng.uniform(-1, 1, (int(which.sum()), 2)) * (np.pi, 1.0)
        self._steps[which] = 0

    def _advance(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        angle, turn = self._state.T
        torque = actions[:, 0]
        from_upright = (angle + np.pi) % (2 * np.pi) - np.pi
        reward = -(from_upright**2 + 0.1 * turn**2 + 0.001 * torque**2)
        turn = np.clip(turn + (1.5 * _GRAVITY * np.sin(angle) + 3.0 * torque) * _STEP, -_FASTEST, _FASTEST)
        self._state = np.stack([angle + turn * _STEP, turn], axis=1)
        self._steps += 1
        return reward, np.zeros(self.envs, dtype=bool), self._steps >= self.limit

    def _observe(self) -> Float32[np.ndarray, "env external"]:
        angle, turn = self._state.T
        seen = [np.cos(angle), np.sin(angle), turn]
        return np.stack(seen[: self.observation_size], axis=1).astype(np.float32)
