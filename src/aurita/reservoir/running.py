"""Running a reservoir over sequences: step by step under one scan, in chunks, from any state, and closed on itself.

Inside, time comes first and the batch last; at the door arrays are `(B, T, E)` as everywhere else.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from aurita._jax import compiled, jax, jnp
from aurita._typing import Array, Bool, Float, Int
from aurita.errors import AuritaError
from aurita.native.running import native_aligned, native_generate, native_scan, runs_natively
from aurita.reservoir import Reservoir, State, Weights, hear
from aurita.reservoir.checks import checked_generation, checked_inputs, checked_state, checked_teacher
from aurita.reservoir.clock import clock_at
from aurita.reservoir.features import (
    DEFAULT_FEATURES,
    FEATURES,
    derived_kinds,
    feature_names,
    feature_owners,
    feature_populations,
    feature_size,
    seen_kinds,
)

__all__ = [
    "DEFAULT_FEATURES",
    "FEATURES",
    "Chunk",
    "clock_inputs",
    "feature_names",
    "feature_owners",
    "feature_populations",
    "feature_size",
    "generate",
    "make_step",
    "record",
    "run",
    "scan",
    "stream",
]

_CHUNK_NUMBERS = 2**22


class Chunk(NamedTuple):
    """Features of some consecutive steps of some sequences.

    Attributes:
        sequences: which sequences, a slice of the batch.
        start: first step.
        features: `(B, T, F)`, float32.
    """

    sequences: slice
    start: int
    features: Float[np.ndarray, "batch time feature"]


def run(
    reservoir: Reservoir,
    inputs: Float[np.ndarray, "batch time input"],
    *,
    lengths: Int[np.ndarray, "batch"] | None = None,
    state: State | None = None,
    features: tuple[str, ...] = DEFAULT_FEATURES,
    teacher: Float[np.ndarray, "batch time feedback"] | None = None,
) -> tuple[Float[np.ndarray, "batch time feature"], State]:
    """Run over a batch of sequences and keep the features of every step.

    Args:
        reservoir: what runs.
        inputs: sequences, padded at their ends to one length.
        lengths: steps of each sequence that count; all by default. Features of padding are zeros.
        state: where to start, from an earlier run of as many sequences; a fresh start by default.
        features: kinds of features, of `FEATURES`.
        teacher: the readout's wanted outputs, fed back one step later (teacher forcing); zeros by default.

    Returns:
        Features `(B, T, F)` and the state after each sequence's own last step.

    Raises:
        AuritaError: shapes, lengths or kinds that do not fit.

    Example:
        >>> import numpy as np
        >>> from aurita import AttentionUnit, Population, Reservoir
        >>> reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=3), units=5)], inputs=2)
        >>> states, state = run(reservoir, np.zeros((4, 10, 2)), features=("output",))
        >>> states.shape
        (4, 10, 15)
    """
    inputs, lengths = checked_inputs(reservoir, inputs, lengths)
    batch, total, _ = inputs.shape
    teacher = checked_teacher(reservoir, teacher, batch, total)
    state = checked_state(reservoir, state, batch)
    ragged = bool((lengths < total).any())
    alive = np.arange(total)[:, None] < lengths[None, :] if ragged else None
    scanned, state = _scanned(reservoir, state, inputs, teacher, alive, features)
    if ragged:
        state = aligned(reservoir, state, total - lengths)
    return np.transpose(scanned, (2, 0, 1)), state


def stream(
    reservoir: Reservoir,
    inputs: Float[np.ndarray, "batch time input"],
    *,
    lengths: Int[np.ndarray, "batch"] | None = None,
    features: tuple[str, ...] = DEFAULT_FEATURES,
    teacher: Float[np.ndarray, "batch time feedback"] | None = None,
    chunk: int | None = None,
    batch: int = 256,
) -> Iterator[Chunk]:
    """Run from a fresh start in chunks of time and of sequences, so that no more than a chunk of states is ever held.

    Args:
        reservoir: what runs.
        inputs: sequences, padded at their ends.
        lengths: steps of each sequence that count; features of padding are meaningless here.
        features: kinds of features.
        teacher: wanted outputs, fed back one step later.
        chunk: steps at a time; as many as make about 16 MB of features by default.
        batch: sequences at a time.

    Example:
        >>> import numpy as np
        >>> from aurita import AttentionUnit, Population, Reservoir
        >>> reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=3), units=5)], inputs=1)
        >>> [piece.features.shape for piece in stream(reservoir, np.zeros((1, 10, 1)), features=("output",), chunk=6)]
        [(1, 6, 15), (1, 4, 15)]
    """
    inputs, lengths = checked_inputs(reservoir, inputs, lengths)
    teacher = checked_teacher(reservoir, teacher, *inputs.shape[:2])
    if batch < 1 or (chunk is not None and chunk < 1):
        raise AuritaError(f"chunk is {chunk} and batch is {batch}; expected at least 1 of each")
    width = feature_size(reservoir, features)
    for first in range(0, len(inputs), batch):
        rows = slice(first, min(first + batch, len(inputs)))
        longest = int(lengths[rows].max())
        size = chunk or max(16, _CHUNK_NUMBERS // (width * (rows.stop - rows.start)))
        state = reservoir.initial_state(rows.stop - rows.start)
        for start in range(0, longest, size):
            steps = slice(start, min(start + size, longest))
            forced = None if teacher is None else teacher[rows, steps]
            scanned, state = _scanned(reservoir, state, inputs[rows, steps], forced, None, features)
            yield Chunk(rows, start, np.transpose(scanned, (2, 0, 1)))


def generate(
    reservoir: Reservoir,
    state: State,
    coefficients: Float[np.ndarray, "feature output"],
    intercept: Float[np.ndarray, "output"],
    first: Float[np.ndarray, "batch output"],
    steps: int,
    *,
    covariates: Float[np.ndarray, "batch time covariate"] | None = None,
    features: tuple[str, ...] = DEFAULT_FEATURES,
) -> Float[np.ndarray, "batch time output"]:
    """Run closed on itself: what the readout predicts is the next external input.

    Args:
        reservoir: what runs.
        state: after the last known input.
        coefficients: of the readout.
        intercept: of the readout.
        first: the readout's prediction at the last known step, the input of the first generated one.
        steps: how many predictions to return, `first` included.
        covariates: further external inputs, known in advance, heard together with each prediction, `first` included.
        features: kinds of features that the readout sees.

    Returns:
        Predictions `(B, steps, O)`.

    Raises:
        AuritaError: shapes that do not fit each other or the reservoir.
    """
    width = feature_size(reservoir, features)
    given = checked_generation(reservoir, width, coefficients, intercept, first, steps, covariates)
    coefficients, intercept, first, covariates = given
    state, covariates = checked_state(reservoir, state, len(first)), np.transpose(covariates, (1, 2, 0))
    if runs_natively(reservoir):
        series = native_generate(reservoir, state, coefficients, intercept, first.T, covariates, features)
    else:
        series = np.asarray(_generate(reservoir, state, coefficients, intercept, first.T, covariates, features))
    return np.transpose(np.asarray(series, np.float64), (2, 0, 1))


def _scanned(
    reservoir: Reservoir,
    state: State,
    inputs: Float[np.ndarray, "batch time input"],
    teacher: Float[np.ndarray, "batch time feedback"] | None,
    alive: Any,
    features: tuple[str, ...],
) -> tuple[Float[np.ndarray, "time feature batch"], State]:
    """The run on the engine that is used."""
    heard: Any = np.transpose(inputs, (1, 2, 0))
    forced: Any = None if teacher is None else np.transpose(teacher, (1, 2, 0))
    if runs_natively(reservoir):
        return native_scan(reservoir, state, heard, forced, alive, features)
    heard, forced, alive = (None if array is None else np.asarray(array) for array in (heard, forced, alive))
    scanned, state = scan(reservoir, state, heard, forced, alive, features)
    return np.asarray(scanned), state


def aligned(reservoir: Reservoir, state: State, late: Int[np.ndarray, "batch"]) -> State:
    """A state as it would be had each sequence ended `late` steps later, hearing nothing."""
    if runs_natively(reservoir):
        return native_aligned(reservoir, state, late)
    return _align(reservoir, state, jnp.asarray(late))


@compiled
def scan(
    reservoir: Reservoir,
    state: State,
    inputs: Float[Array, "time input batch"],
    teacher: Float[Array, "time feedback batch"] | None,
    alive: Bool[Array, "time batch"] | None,
    features: tuple[str, ...],
) -> tuple[Float[Array, "time feature batch"], State]:
    """The run itself, compiled: features of every step and the state after the last.

    Sequences that are not `alive` at a step keep their state, and their features there are zeros.
    """
    step = make_step(reservoir, features)
    clock = clock_inputs(reservoir, state.steps, inputs.shape[0])

    def body(state: State, given: Any) -> tuple[State, list[Array]]:
        heard, ticks, forced, lives = given
        new, said = step(state, jnp.concatenate([heard, ticks]))
        if forced is not None:
            new = new.replace(feedback=forced)
        if lives is None:
            return new, said
        kept = jax.tree.map(lambda a, b: a if a.ndim == 0 else jnp.where(lives, a, b), new, state)
        return kept, [jnp.where(lives, piece, 0.0) for piece in said]

    state, said = jax.lax.scan(body, state, (inputs, clock, teacher, alive))
    steps, _, batch = inputs.shape
    return jnp.concatenate([piece.reshape(steps, -1, batch) for piece in said], axis=1), state


def make_step(
    reservoir: Reservoir, features: tuple[str, ...], *, runs: tuple[bool, ...] | None = None
) -> Callable[[State, Array], tuple[State, list[Float[Array, "... batch"]]]]:
    """One step as a function of the state and the external inputs, clock included.

    Features come in pieces, each `(feature, unit, batch)` of one kind and population: joined step by step they would
    cost a copy a step. Populations that do not run, all of them by default, say what they said before.
    """
    if features:
        feature_names(reservoir, features)
    runs = runs or (True,) * len(reservoir.populations)
    populations = list(zip(reservoir.populations, reservoir.wiring, reservoir.weights, strict=True))
    prepared = [population.unit.prepare(weights.unit) for population, _, weights in populations]
    lanes = [_lanes(weights) for _, _, weights in populations]

    def step(state: State, external: Float[Array, "input batch"]) -> tuple[State, list[Array]]:
        batch = external.shape[1]
        flat = [outputs.reshape(-1, batch) for outputs in state.outputs]
        sources = jnp.concatenate([external, *flat, state.feedback])
        outputs, units, heard_last = [], [], []
        said = [external[: reservoir.inputs]] if "input" in features else []
        for i, (population, wiring, weights) in enumerate(populations):
            if not runs[i]:
                outputs.append(state.outputs[i])
                units.append(state.units[i])
                heard_last.append(state.heard[i])
                continue
            heard = jax.lax.optimization_barrier(hear(lanes[i], sources[wiring]))
            if weights.rates is not None:
                rates = weights.rates[..., None]
                heard = (1 - rates) * state.heard[i] + rates * heard
            unit_state, response = population.unit.step(prepared[i], state.units[i], heard, state.time, state.steps)
            kinds = {**response.features, "output": response.output, "error": heard - state.outputs[i]}
            seen = seen_kinds(population, features)
            for kind, make in derived_kinds(reservoir, population.unit).items():
                if kind in seen:
                    kinds[kind] = make(lanes[i].unit, response)
            said += [kinds[kind] for kind in seen if kind in kinds]
            outputs.append(response.output)
            units.append(unit_state)
            heard_last.append(None if weights.rates is None else heard)
        new = State(
            time=state.time + 1,
            steps=state.steps + 1,
            outputs=tuple(outputs),
            feedback=state.feedback,
            units=tuple(units),
            heard=tuple(heard_last),
        )
        return new, said

    return step


def record(
    reservoir: Reservoir,
    inputs: Float[Array, "time input batch"],
    teacher: Float[Array, "time feedback batch"] | None,
    begins: Int[Array, "batch"],
) -> Float[Array, "source time batch"]:
    """What all sources said at every step, from a fresh start: what units hear and learn from.

    Populations that no unit hears are not run, and silent here; without any other the reservoir is not run at all.
    `begins` are the steps at which the inputs were cut from longer sequences, whose clock they keep.
    """
    steps, _, batch = inputs.shape
    state = reservoir.initial_state(batch)
    external = jnp.concatenate([inputs, clock_inputs(reservoir, begins, steps)], axis=1)
    if not reservoir.recurrent:
        silent = jnp.zeros((steps, reservoir.sources.total - external.shape[1], batch))
        return jnp.swapaxes(jnp.concatenate([external, silent], axis=1), 0, 1)
    step = make_step(reservoir, (), runs=reservoir.heard[:-1])

    def body(state: State, given: Any) -> tuple[State, Array]:
        heard, forced = given
        new, _ = step(state, heard)
        new = new if forced is None else new.replace(feedback=forced)
        flat = [outputs.reshape(-1, batch) for outputs in state.outputs]
        return new, jnp.concatenate([heard, *flat, state.feedback])

    return jnp.swapaxes(jax.lax.scan(body, state, (external, teacher))[1], 0, 1)


def _lanes(weights: Weights) -> Weights:
    return jax.tree.map(lambda array: array[..., None], weights)


def clock_inputs(reservoir: Reservoir, lived: Int[Array, "batch"], steps: int) -> Float[Array, "time clock batch"]:
    """The clock of the next steps, for every sequence from the number of steps it has lived."""
    return clock_at(reservoir.clock, lived[None, :] + jnp.arange(steps)[:, None])


@compiled
def _generate(
    reservoir: Reservoir,
    state: State,
    coefficients: Any,
    intercept: Any,
    first: Any,
    covariates: Any,
    features: tuple[str, ...],
) -> Float[Array, "time output batch"]:
    step = make_step(reservoir, features)
    clock = clock_inputs(reservoir, state.steps, covariates.shape[0])

    def body(carry: Any, given: Any) -> Any:
        state, said = carry
        known, ticks = given
        if reservoir.feedback:
            state = state.replace(feedback=said)
        state, pieces = step(state, jnp.concatenate([said, known, ticks]))
        seen = jnp.concatenate([piece.reshape(-1, said.shape[1]) for piece in pieces])
        return (state, coefficients.T @ seen + intercept[:, None]), said

    return jax.lax.scan(body, (state, first), (covariates, clock))[1]


@compiled
def _align(reservoir: Reservoir, state: State, late: Int[Array, "batch"]) -> State:
    units = [p.unit.align(s, late) for p, s in zip(reservoir.populations, state.units, strict=True)]
    return state.replace(units=tuple(units))
