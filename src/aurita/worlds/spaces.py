"""What an agent may do in a world: choose one of some actions, or set some numbers."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from aurita._kinds import saved
from aurita.errors import AuritaError


@saved()
@dataclass(frozen=True)
class Discrete:
    """One of `count` actions, numbered from 0.

    Raises:
        AuritaError: fewer than two actions.

    Example:
        >>> Discrete(4).count
        4
    """

    count: int

    def __post_init__(self) -> None:
        if isinstance(self.count, bool) or not isinstance(self.count, int) or self.count < 2:
            raise AuritaError(f"actions are {self.count!r}; expected an integer from 2, or there is nothing to choose")

    def checked(self, actions: object, envs: int) -> Int[np.ndarray, "env"]:
        """The actions as integers, one a copy of the world.

        Raises:
            AuritaError: another shape, no integers, or an action out of range.
        """
        given = np.asarray(actions)
        if given.shape != (envs,) or given.dtype.kind not in "iu":
            raise AuritaError(f"actions are {given.dtype} of shape {given.shape}; expected integers of shape ({envs},)")
        if envs and (given.min() < 0 or given.max() >= self.count):
            raise AuritaError(f"actions run from {given.min()} to {given.max()}; expected 0 to {self.count - 1}")
        return given


@saved()
@dataclass(frozen=True)
class Continuous:
    """A vector of numbers, each within its own bounds; a bound may be infinite.

    Args:
        low: the least value of each.
        high: the largest value of each.

    Raises:
        AuritaError: no number at all, lengths that differ, or a lower bound that is not below its upper one.

    Example:
        >>> Continuous((-2.0,), (2.0,)).size
        1
    """

    low: tuple[float, ...]
    high: tuple[float, ...]

    def __post_init__(self) -> None:
        low, high = (tuple(float(v) for v in np.ravel(bound)) for bound in (self.low, self.high))
        if len(low) != len(high) or not low or not all(a < b for a, b in zip(low, high, strict=True)):
            raise AuritaError(f"actions lie between {low} and {high}; expected as many bounds, each low below its high")
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)

    @property
    def size(self) -> int:
        """How many numbers an action has."""
        return len(self.low)

    def checked(self, actions: object, envs: int) -> Float[np.ndarray, "env number"]:
        """The actions as float64, cut to the bounds.

        Raises:
            AuritaError: another shape, or a number that is not finite.
        """
        try:
            given = np.asarray(actions, dtype=np.float64)
        except (TypeError, ValueError):
            raise AuritaError(f"actions are no numbers; expected shape ({envs}, {self.size})") from None
        if given.shape != (envs, self.size):
            raise AuritaError(f"actions have the shape {given.shape}; expected ({envs}, {self.size})")
        if not np.isfinite(given).all():
            raise AuritaError("actions hold NaN or infinity; expected finite numbers")
        return np.clip(given, self.low, self.high)


Actions = Discrete | Continuous
