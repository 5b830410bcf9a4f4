"""States of a reservoir for readouts: batches of similar lengths, in chunks of time, none kept longer than needed."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.data.batch import Batch, by_length
from aurita.engine.double import runs_in_double, stream_in_double
from aurita.engine.running import features_of
from aurita.readout import Summary
from aurita.reservoir import Reservoir
from aurita.reservoir.features import feature_populations, feature_size


class Piece(NamedTuple):
    """Features of consecutive steps of some sequences.

    Attributes:
        which: numbers of the sequences.
        start: first step.
        features: `(B, T, F)`.
        counts: steps that are neither washout nor padding.
    """

    which: Int[np.ndarray, "batch"]
    start: int
    features: Float[np.ndarray, "batch time feature"]
    counts: Bool[np.ndarray, "batch time"]


def width_of(reservoir: Reservoir | None, features: tuple[str, ...], channels: int) -> int:
    """Number of features of a step."""
    return channels if reservoir is None else feature_size(reservoir, features)


def pieces(
    reservoir: Reservoir | None,
    values: list[Float[np.ndarray, "time channel"]],
    features: tuple[str, ...],
    washout: int,
) -> Iterator[Piece]:
    """Run over sequences, the shortest first.

    Args:
        reservoir: what runs; None gives the bare inputs.
        values: sequences.
        features: kinds of features.
        washout: first steps that do not count.
    """
    for which, batch in by_length(values):
        lengths = batch.lengths[: len(which)]
        for start, seen in _chunks(reservoir, batch, features):
            seen = seen[: len(which)]
            now = start + np.arange(seen.shape[1])
            yield Piece(which, start, seen, (now >= washout) & (now < lengths[:, None]))


def summarised(
    reservoir: Reservoir | None,
    values: list[Float[np.ndarray, "time channel"]],
    features: tuple[str, ...],
    summary: Summary,
    washout: int,
) -> Float[np.ndarray, "batch width"]:
    """One row of features a sequence.

    Raises:
        AuritaError: a sequence no longer than the washout.
    """
    lengths = np.array([len(value) for value in values])
    size = width_of(reservoir, features, values[0].shape[1])
    summary.start(lengths, size, washout)
    rows = np.empty((len(values), summary.width(size)))
    accumulator = None
    for which, start, seen, _ in pieces(reservoir, values, features, washout):
        if start == 0:
            accumulator = summary.start(lengths[which], size, washout)
        assert accumulator is not None
        accumulator.add(seen)
        if accumulator.time >= lengths[which].max():
            rows[which] = accumulator.finish()
    return rows


def kinds_of(reservoir: Reservoir | None, features: tuple[str, ...], width: int) -> Int[np.ndarray, "feature"]:
    """The population that each column of a row belongs to; -1 for inputs.

    Args:
        reservoir: whose features they are; None: the bare inputs.
        features: kinds of features.
        width: columns of a row, which holds the features of one step or of several side by side.
    """
    if reservoir is None:
        return np.full(width, -1)
    kinds = feature_populations(reservoir, features)
    return np.tile(kinds, width // len(kinds))


def _chunks(
    reservoir: Reservoir | None, batch: Batch, features: tuple[str, ...]
) -> Iterator[tuple[int, Float[np.ndarray, "batch time feature"]]]:
    if reservoir is None:
        yield 0, batch.inputs
    elif runs_in_double(reservoir, features):
        yield from stream_in_double(reservoir, batch.inputs, features)
    else:
        # All steps, those of padding too: only a few numbers of steps are compiled for.
        for chunk in features_of(reservoir, Batch.of(batch.inputs), features, batch=len(batch)):
            yield chunk.start, chunk.features
