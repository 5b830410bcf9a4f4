"""What a readout sees of a society: features at the scored steps, or of whole sequences where these have labels."""

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.data.batch import Batch
from aurita.data.held_out import BatchPart
from aurita.engine.running import states_of
from aurita.readout import Summary
from aurita.reservoir import Reservoir
from aurita.reservoir.features import feature_owners, feature_size

MOST_FITTED, MOST_HELD = 2**25, 2**24
"""Features to read out on and held out, at most; of longer data some sequences, evenly spaced, stand for all."""

_AT_ONCE = 2**24

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
        summary: of the states of a sequence; None where every scored step is a row.
    """
    if summary is not None and batch.labels is not None:
        states = states_of(reservoir, batch, features)
        return [_summed(states, batch, part, summary) for part in parts]
    width, scored = feature_size(reservoir, features), np.asarray(batch.scored) > 0
    masks = [scored & part.steps for part in parts]
    limits = (MOST_FITTED, *[MOST_HELD] * (len(parts) - 1))
    rows = [_some(part.rows, mask, most // width) for part, mask, most in zip(parts, masks, limits, strict=True)]
    anywhere = np.logical_or.reduce(masks)
    seen = _at_scored(reservoir, batch, features, np.unique(np.concatenate(rows)), anywhere)
    found = []
    for own, mask in zip(rows, masks, strict=True):
        kept = [seen[row][mask[row][anywhere[row]]] for row in own]
        found.append((np.concatenate(kept), np.concatenate([batch.targets[row][mask[row]] for row in own])))
    return found


def _at_scored(
    reservoir: Reservoir,
    batch: Batch,
    features: tuple[str, ...],
    needed: Int[np.ndarray, "sequence"],
    mask: Bool[np.ndarray, "sequence time"],
) -> dict[int, Float[np.ndarray, "row feature"]]:
    """Features of some sequences at some steps; all others are forgotten as soon as they are there."""
    size = max(1, _AT_ONCE // (batch.inputs.shape[1] * feature_size(reservoir, features)))
    found: dict[int, np.ndarray] = {}
    for first in range(0, len(needed), size):
        some = needed[first : first + size]
        states = states_of(reservoir, batch.rows(some), features, mask[some])
        found |= {int(row): x[mask[row, : len(x)]] for row, x in zip(some, states, strict=True)}
    return found


def _some(
    rows: Int[np.ndarray, "sequence"], mask: Bool[np.ndarray, "sequence time"], most: int
) -> Int[np.ndarray, "sequence"]:
    """As many of these sequences, evenly spaced, as have few enough scored steps."""
    steps = int(mask[rows].sum())
    return rows if steps <= most else rows[:: -(-steps // most)]


def _summed(states: list[Float[np.ndarray, "time feature"]], batch: Batch, part: BatchPart, summary: Summary) -> Rows:
    assert batch.labels is not None
    summed = [summary.apply(states[row][part.steps[row, : len(states[row])]][None]) for row in part.rows]
    return np.concatenate(summed), batch.labels[part.rows]
