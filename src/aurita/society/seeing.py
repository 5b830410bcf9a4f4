"""What a readout sees of a society: features at the scored steps, or of whole sequences where these have labels."""

from dataclasses import dataclass

import numpy as np

from aurita._typing import Float, Int
from aurita.data.batch import Batch
from aurita.readout import Summary
from aurita.reservoir import Reservoir
from aurita.reservoir.running import feature_owners, states_of
from aurita.society.choosing import Rows
from aurita.society.lessons import Lessons, Part


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
        states = states_of(reservoir, Batch.of(lessons.inputs, lessons.lengths), self.features)
        return [self._rows(states, lessons, part) for part in parts]

    def _rows(self, states: list[Float[np.ndarray, "time feature"]], lessons: Lessons, part: Part) -> Rows:
        if self.summary is not None and lessons.labels is not None:
            summed = [self.summary.apply(states[row][part.steps[row, : len(states[row])]][None]) for row in part.rows]
            return np.concatenate(summed), lessons.labels[part.rows]
        masks = lessons.scored & part.steps
        pairs = [(states[row][masks[row, : len(states[row])]], lessons.targets[row][masks[row]]) for row in part.rows]
        return np.concatenate([seen for seen, _ in pairs]), np.concatenate([wanted for _, wanted in pairs])
