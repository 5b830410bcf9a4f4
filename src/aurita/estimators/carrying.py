"""Carrying states of a reservoir on: through pieces of a series, out of several series, and into free runs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple, cast

import numpy as np

from aurita._tree import mapped
from aurita._typing import Array, Float
from aurita.data.batch import Batch
from aurita.engine.running import Chunk, aligned, features_of, generate
from aurita.native.running import Bounds
from aurita.reservoir import Reservoir, State


class Cursor(NamedTuple):
    """Where a run is: what the readout sees of the last step, and the state after it."""

    features: Float[np.ndarray, "batch feature"]
    state: State


def end_of(chunk: Chunk) -> Cursor:
    """Where a chunk of a run ends."""
    return Cursor(chunk.features[:, -1], chunk.state)


def walk(
    reservoir: Reservoir,
    state: State,
    inputs: Float[np.ndarray, "batch time input"],
    features: tuple[str, ...],
    stops: Iterable[int] = (),
) -> Iterator[Chunk]:
    """Run through a series in pieces that end at every stop, and elsewhere where a piece would get long.

    Args:
        reservoir: what runs.
        state: before the first step.
        inputs: of all steps.
        features: kinds of features.
        stops: numbers of steps after which a piece has to end.
    """
    size = 64 if inputs.shape[1] <= 4096 else 256
    data = Batch.of(inputs)
    return features_of(reservoir, data, features, state=state, chunk=size, stops=stops, one_program=True)


def joined(reservoir: Reservoir, states: Sequence[State]) -> State:
    """States of several runs as one batch, whatever step each of them has reached."""
    latest = max(int(state.time) for state in states)
    moved = [aligned(reservoir, state, np.full(state.steps.shape, latest - int(state.time))) for state in states]
    together: State = mapped(_beside, *moved)
    return replace(together, time=cast(Array, np.asarray(latest, np.int32)))


def _beside(*parts: Array) -> np.ndarray:
    """Arrays of several batches as one, by numpy: no program is compiled for every number of sequences."""
    return np.asarray(parts[0]) if parts[0].ndim == 0 else np.concatenate([np.asarray(p) for p in parts], axis=-1)


def selected(state: State, which: Sequence[int]) -> State:
    """The state of some sequences of a batch, in this order."""
    numbers = np.asarray(which)

    def pick(array: Array) -> Array:
        return array if array.ndim == 0 else np.asarray(array)[..., numbers]

    return mapped(pick, state)


def joined_cursors(reservoir: Reservoir, cursors: Sequence[Cursor]) -> Cursor:
    """Several cursors as one batch."""
    features = np.concatenate([cursor.features for cursor in cursors])
    return Cursor(features, joined(reservoir, [cursor.state for cursor in cursors]))


def freely_run(
    reservoir: Reservoir,
    cursor: Cursor,
    coefficients: Float[np.ndarray, "feature output"],
    intercept: Float[np.ndarray, "output"],
    covariates: Float[np.ndarray, "batch time covariate"],
    features: tuple[str, ...],
    bound: float,
    bounds: Bounds | None = None,
) -> Float[np.ndarray, "batch time output"]:
    """Predictions fed back as the next inputs, one for each row of `covariates`.

    Args:
        reservoir: what runs.
        cursor: at the last known step, at which the reservoir has received the covariates of the first predicted one.
        coefficients, intercept: of the readout.
        covariates: of the predicted steps, possibly of no channels.
        features: kinds of features.
        bound: what leaves `-bound` to `bound` is held there.
        bounds: that each prediction is held within before it is fed back; None: there are none.
    """
    steps = covariates.shape[1]
    first = cursor.features @ coefficients + intercept
    # Covariates of a step are received together with the value before it, hence one step earlier; a few lengths only.
    ahead = np.zeros((len(first), 8 * -(-steps // 8), covariates.shape[2]))
    ahead[:, : steps - 1] = covariates[:, 1:]
    predicted = generate(
        reservoir,
        cursor.state,
        coefficients,
        intercept,
        first,
        ahead.shape[1],
        covariates=ahead,
        features=features,
        bounds=bounds,
    )
    predicted = predicted[:, :steps]
    return np.clip(np.nan_to_num(predicted, nan=bound, posinf=bound, neginf=-bound), -bound, bound)
