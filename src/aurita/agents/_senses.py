"""What an agent's units receive of a world: the observation, standardised, and what it has just done and got."""

import numpy as np

from aurita._typing import Bool, Document, Float
from aurita.errors import AuritaError
from aurita.worlds.spaces import Actions, Discrete

_LEAST, _MOST = 1e-4, 10.0


class RunningMoments:
    """Running mean and deviation of rows, all weighed alike.

    Example:
        >>> moments = RunningMoments(1)
        >>> moments.add(np.array([[1.0], [3.0]]))
        >>> float(moments.mean[0]), float(moments.deviation[0])
        (2.0, 1.0)
    """

    def __init__(self, size: int) -> None:
        self.count, self.mean, self.squares = 0.0, np.zeros(size), np.zeros(size)

    def add(self, rows: Float[np.ndarray, "row channel"]) -> None:
        """Take rows in."""
        rows = np.asarray(rows, np.float64)
        mean, total = rows.mean(0), self.count + len(rows)
        gap = mean - self.mean
        # Never in place: what `arrays` gave is shared.
        self.squares = self.squares + ((rows - mean) ** 2).sum(0) + gap**2 * self.count * len(rows) / total
        self.mean = self.mean + gap * len(rows) / total
        self.count = total

    @property
    def deviation(self) -> Float[np.ndarray, "channel"]:
        """Standard deviation; one where nothing varied."""
        found = np.sqrt(self.squares / max(self.count, 1.0))
        return np.where(found > _LEAST, found, 1.0)

    def arrays(self) -> Document:
        """As plain arrays, to be saved."""
        return {"count": float(self.count), "mean": self.mean, "squares": self.squares}

    @staticmethod
    def of(arrays: Document) -> "RunningMoments":
        """What `arrays` gave."""
        made = RunningMoments(len(arrays["mean"]))
        made.count, made.mean, made.squares = float(arrays["count"]), arrays["mean"], arrays["squares"]
        return made


class Senses:
    """The inputs of units: observation, last action (one of several, or numbers), last reward, and whether it begins.

    Args:
        observation_size: numbers of an observation.
        actions: of the world.
        moments: to go on with.
        feedback: whether the last action and reward are received, `reward`: the reward alone; zeros stand in the
            places of what is not.

    Attributes:
        observed: moments of observations.
        returned: moments of discounted returns, whose deviation rewards are divided by.
    """

    def __init__(
        self,
        observation_size: int,
        actions: Actions,
        moments: tuple[RunningMoments, RunningMoments] | None = None,
        *,
        feedback: bool | str = True,
    ) -> None:
        self.observation_size, self.actions = observation_size, actions
        self._tells_action, self._tells_reward = bool(feedback) and feedback != "reward", bool(feedback)
        self.observed, self.returned = moments or (RunningMoments(observation_size), RunningMoments(1))

    @property
    def size(self) -> int:
        """How many inputs there are."""
        return self.observation_size + width_of(self.actions) + 2

    def inputs(
        self,
        observation: Float[np.ndarray, "env external"],
        done: Float[np.ndarray, "env action"],
        reward: Float[np.ndarray, "env"],
        begins: Bool[np.ndarray, "env"],
    ) -> Float[np.ndarray, "env input"]:
        """What units receive.

        Args:
            observation: of the world.
            done: the last action, from `encoded`; zeros where an episode begins.
            reward: for it, scaled.
            begins: where an episode begins.

        Raises:
            AuritaError: observations that are not finite.
        """
        seen = np.clip((observation - self.observed.mean) / self.observed.deviation, -_MOST, _MOST)
        if not np.isfinite(seen).all():
            raise AuritaError("the world shows observations of NaN; expected finite numbers")
        fresh = begins[:, None]
        done, reward = done * self._tells_action, reward * self._tells_reward
        parts = [seen, np.where(fresh, 0, done), np.where(begins, 0, reward)[:, None], fresh]
        return np.concatenate(parts, axis=1).astype(np.float32)

    def arrays(self) -> Document:
        """The moments as plain arrays, to be saved."""
        return {"observed": self.observed.arrays(), "returned": self.returned.arrays()}

    @property
    def reward_scale(self) -> float:
        """What rewards are divided by."""
        return float(self.returned.deviation[0])


def width_of(actions: Actions) -> int:
    """Numbers that tell an action."""
    return actions.count if isinstance(actions, Discrete) else actions.size
