"""Units that learn from what is broadcast, whatever computes it."""

from abc import ABC, abstractmethod

import numpy as np

from aurita._typing import Float, Int, PyTree
from aurita.agents._stream import Recording
from aurita.learning.alignment import realigned
from aurita.learning.partners import OpenSources, logged
from aurita.reservoir import Reservoir

HEADS = ("target_w", "target_b")
"""The weights of what units output."""


class Learner(ABC):
    """Units of a reservoir, their weights and the moments of their optimiser.

    Attributes:
        open_sources: of each population that learns; none where partners are not chosen.
        numbers: of these populations.
        places: of their units, among all.
    """

    open_sources: list[OpenSources]

    def __init__(self, reservoir: Reservoir, learns: list[bool]) -> None:
        self._drawn = reservoir
        self.numbers = np.flatnonzero(learns).tolist()
        self.places = [reservoir.places[i] for i in self.numbers]
        self.open_sources = []

    @property
    @abstractmethod
    def history(self) -> int:
        """Steps that units with a window remember before the present one; others keep their state."""

    @property
    @abstractmethod
    def reservoir(self) -> Reservoir:
        """As it is now."""

    @abstractmethod
    def put(self, reservoir: Reservoir) -> None:
        """Go on from the weights of this one; moments stay."""

    @abstractmethod
    def give(self, recording: Recording) -> None:
        """Learn from these steps from now on."""

    @abstractmethod
    def scores(self, lanes: Int[np.ndarray, "range 2"]) -> Float[np.ndarray, "unit output lane"]:
        """What the heads of each unit output at some ranges of lanes, counted from the first that is not history."""

    @abstractmethod
    def learn(
        self,
        lanes: Int[np.ndarray, "range 2"],
        error: Float[np.ndarray, "output lane"] | Float[np.ndarray, "unit output lane"],
        rate: float,
    ) -> None:
        """Let every unit take a step down the mean over the lanes of what is broadcast times what it says.

        Args:
            lanes: as of `scores`.
            error: broadcast to all units, or one for each.
            rate: of learning.
        """

    @abstractmethod
    def gradients(
        self, lanes: Int[np.ndarray, "range 2"], error: Float[np.ndarray, "*unit output lane"]
    ) -> list[dict[str, np.ndarray]]:
        """Gradients that `learn` would use, before they are clipped, of each population that learns."""

    @abstractmethod
    def rewire(self, number: int) -> None:
        """Let units change partners after a step of learning, where that is due.

        Args:
            number: of the step, for the log.
        """

    @abstractmethod
    def state(self) -> dict[str, PyTree]:
        """Moments of the optimiser, to be saved."""

    @abstractmethod
    def go_on(self, state: dict[str, PyTree]) -> None:
        """Go on from moments that `state` gave.

        Raises:
            AuritaError: those of other units.
        """

    def log(self, before: Int[np.ndarray, "change 4"]) -> Int[np.ndarray, "change 4"]:
        """Changes of partners, those before them first: step, unit, source dropped, source opened; -1 for none."""
        if not self.open_sources:
            return before
        sources = [np.asarray(self._drawn.wiring[i])[:, 0] for i in self.numbers]
        return np.concatenate([before, logged(self.open_sources, sources, [place.start for place in self.places])])

    def follow(self, before: Reservoir, recording: Recording) -> None:
        """Let passages follow what the units that they receive have become since `before`, over what was recorded."""
        masks: list[np.ndarray | None] = [None] * len(before.populations)
        for i, chosen in zip(self.numbers, self.open_sources, strict=False):
            masks[i] = chosen.open.T
        counted = np.zeros(recording.lived.shape, bool)
        counted[recording.history :] = True
        self.put(realigned(before, self.reservoir, recording.sources, counted, masks=tuple(masks)))
