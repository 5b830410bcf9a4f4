"""What a readout sees of a society: features at the scored steps, or of whole sequences where these have labels."""

import numpy as np

from aurita._typing import Float, Int
from aurita.data.batch import Batch
from aurita.data.held_out import BatchPart
from aurita.engine.running import states_of
from aurita.readout import Summary
from aurita.reservoir import Reservoir
from aurita.reservoir.features import feature_owners

Rows = tuple[Float[np.ndarray, "row feature"], Float[np.ndarray, "row output"]]
"""Features and targets."""


def column_owners(
    reservoir: Reservoir, features: tuple[str, ...], summary: Summary | None
) -> Int[np.ndarray, "column"]:
    """The unit that each column belongs to, -1 for inputs."""
    owners = feature_owners(reservoir, features)
    return owners if summary is None else np.tile(owners, summary.width(len(owners)) // len(owners))


def rows_of(
    reservoir: Reservoir, batch: Batch, parts: tuple[BatchPart, ...], features: tuple[str, ...], summary: Summary | None
) -> list[Rows]:
    """Features and targets of parts of a batch.

    Args:
        reservoir: what runs.
        batch: sequences.
        parts: of the batch.
        features: kinds of features.
        summary: of the states of a sequence; None where every scored step is a row.
    """
    states = states_of(reservoir, batch, features)
    return [_rows(states, batch, part, summary) for part in parts]


def _rows(
    states: list[Float[np.ndarray, "time feature"]], batch: Batch, part: BatchPart, summary: Summary | None
) -> Rows:
    if summary is not None and batch.labels is not None:
        summed = [summary.apply(states[row][part.steps[row, : len(states[row])]][None]) for row in part.rows]
        return np.concatenate(summed), batch.labels[part.rows]
    masks = (np.asarray(batch.scored) > 0) & part.steps
    pairs = [(states[row][masks[row, : len(states[row])]], batch.targets[row][masks[row]]) for row in part.rows]
    return np.concatenate([seen for seen, _ in pairs]), np.concatenate([wanted for _, wanted in pairs])
