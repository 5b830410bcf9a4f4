"""The cart-pole of Barto, Sutton and Anderson (1983) as Gymnasium's CartPole-v1 has it, with velocities hidden."""

import numpy as np
from jaxtyping import Bool, Float32

from aurita.worlds.registry import WORLDS
from aurita.worlds.simulated import Simulated
from aurita.worlds.spaces import Discrete
from aurita.worlds.world import positive

_GRAVITY, _CART, _POLE, _HALF_LENGTH, _FORCE, _STEP = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02
_TOTAL, _MOMENT = _CART + _POLE, _POLE * _HALF_LENGTH
_FARTHEST, _STEEPEST = 2.4, 12 * 2 * np.pi / 360


@WORLDS.register("cartpole")
class CartPole(Simulated):
    """Keep a pole upright by pushing its cart to the left (0) or right (1); 1 a step, for at most `limit` steps.

    An episode ends when the cart is 2.4 from the middle or the pole 12 degrees from upright. An observation is the
    cart's position and the pole's angle, in radians; with `velocities`, each is followed by its own, a second.

    Args:
        velocities: whether velocities are seen; without them no single observation tells what to do.
        limit: steps after which an episode is cut off.
        envs: how many copies run side by side.

    Raises:
        AuritaError: `limit` or `envs` no integer from 1.

    Example:
        >>> world = CartPole(envs=3)
        >>> world.reset(0).shape
        (3, 2)
        >>> world.step([0, 1, 1])[1]
        array([1., 1., 1.])
    """

    actions = Discrete(2)

    def __init__(self, velocities: bool = False, limit: int = 500, envs: int = 1) -> None:
        super().__init__(envs)
        self.velocities, self.limit = bool(velocities), positive("limit", limit)
        self.observation_size = 4 if velocities else 2

    def _begin(self, which: Bool[np.ndarray, "env"]) -> None:
        if which.all():
            self._state, self._steps = np.empty((self.envs, 4)), np.empty(self.envs, dtype=np.int64)
        self._state[which] = self.rng.uniform(-0.05, 0.05, (int(which.sum()), 4))
        self._steps[which] = 0

    def _advance(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        _, speed, angle, turn = self._state.T
        force = np.where(actions == 1, _FORCE, -_FORCE)
        cosine, sine = np.cos(angle), np.sin(angle)
        # Florian (2007), "Correct equations for the dynamics of the cart-pole system", without friction.
        pushed = (force + _MOMENT * turn**2 * sine) / _TOTAL
        turning = (_GRAVITY * sine - cosine * pushed) / (_HALF_LENGTH * (4 / 3 - _POLE * cosine**2 / _TOTAL))
        speeding = pushed - _MOMENT * turning * cosine / _TOTAL
        self._state = self._state + _STEP * np.stack([speed, speeding, turn, turning], axis=1)
        self._steps += 1
        fallen = (np.abs(self._state[:, 0]) > _FARTHEST) | (np.abs(self._state[:, 2]) > _STEEPEST)
        return np.ones(self.envs), fallen, self._steps >= self.limit

    def _observe(self) -> Float32[np.ndarray, "env external"]:
        return (self._state if self.velocities else self._state[:, ::2]).astype(np.float32)
