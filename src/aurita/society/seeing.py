"""What a readout sees of a society: features at the scored steps, or of whole sequences where these have labels."""

from dataclasses import dataclass

import numpy as np

from aurita._typing import Float, Int
from aurita.readout import Summary
from aurita.reservoir import Reservoir
from aurita.reservoir.running import feature_owners, feature_size, run
from aurita.society.choosing import Rows
from aurita.society.lessons import Lessons, Part

_LONGEST_TOGETHER = 2**24


@dataclass(frozen=True)
class Seen:
    """How states become rows.

    Attributes:
        features: kinds of features.
        summary: of the states of a sequence; None where the readout says something of every step.
    """

    features: tuple[str, ...]
    summary: Summary | None = None

    def owners(self, reservoir: Reservoir) -> Int[np.ndarray, "column"]:
        """The unit that each column belongs to, -1 for inputs."""
        owners = feature_owners(reservoir, self.features)
        return owners if self.summary is None else np.tile(owners, self.summary.width(len(owners)) // len(owners))

    def rows(self, reservoir: Reservoir, lessons: Lessons, parts: tuple[Part, ...]) -> list[Rows]:
        """What the readout sees, and what it should say, of parts of the lessons."""
        states = self._states(reservoir, lessons)
        return [self._rows(states, lessons, part) for part in parts]

    def _rows(self, states: list[Float[np.ndarray, "time feature"]], lessons: Lessons, part: Part) -> Rows:
        if self.summary is not None and lessons.labels is not None:
            summed = [self.summary.apply(states[row][part.steps[row, : len(states[row])]][None]) for row in part.rows]
            return np.concatenate(summed), lessons.labels[part.rows]
        masks = lessons.scored & part.steps
        pairs = [(states[row][masks[row, : len(states[row])]], lessons.targets[row][masks[row]]) for row in part.rows]
        return np.concatenate([seen for seen, _ in pairs]), np.concatenate([wanted for _, wanted in pairs])

    def _states(self, reservoir: Reservoir, lessons: Lessons) -> list[Float[np.ndarray, "time feature"]]:
        size = max(1, _LONGEST_TOGETHER // (lessons.inputs.shape[1] * feature_size(reservoir, self.features)))
        seen: list[np.ndarray] = []
        for first in range(0, len(lessons), size):
            part = slice(first, first + size)
            block, _ = run(reservoir, lessons.inputs[part], lengths=lessons.lengths[part], features=self.features)
            seen += [x[:length] for x, length in zip(block, lessons.lengths[part], strict=True)]
        return seen
