"""Running a reservoir over sequences, on the engine that is used: in chunks, from any state, and closed on itself.

At the door arrays are `(B, T, E)` as everywhere else; inside, time comes first and the batch last.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, cast

import numpy as np

from aurita._typing import Array, Bool, Float, Int
from aurita.data.batch import Batch
from aurita.engine.scanning import Closed, align, compiled_record, compiled_scan
from aurita.errors import AuritaError
from aurita.native.running import (
    Bounds,
    native_aligned,
    native_generate,
    native_record,
    native_record_batches,
    native_scan,
    runs_natively,
)
from aurita.reservoir import Reservoir, State
from aurita.reservoir.checks import checked_generation, checked_inputs, checked_state, checked_teacher
from aurita.reservoir.features import (
    DEFAULT_FEATURES,
    feature_size,
)

__all__ = ["Bounds", "Chunk", "features_of", "generate", "recorded", "run", "states_of", "stream"]

_CHUNK_NUMBERS, _STATES_NUMBERS = 2**22, 2**24


class Chunk(NamedTuple):
    """Features of some consecutive steps of some sequences.

    Attributes:
        sequences: which sequences, a slice of the batch.
        start: first step.
        features: `(B, T, F)`, float32.
        state: after the last of these steps.
    """

    sequences: slice
    start: int
    features: Float[np.ndarray, "batch time feature"]
    state: State


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
    return _advanced(reservoir, state, inputs, teacher, features, lengths=lengths if ragged else None)


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
    yield from features_of(reservoir, Batch.of(inputs, lengths), features, teacher=teacher, chunk=chunk, batch=batch)


def features_of(
    reservoir: Reservoir,
    data: Batch,
    features: tuple[str, ...],
    *,
    state: State | None = None,
    teacher: Float[np.ndarray, "batch time feedback"] | None = None,
    chunk: int | None = None,
    batch: int = 256,
    stops: Iterable[int] = (),
    one_program: bool = False,
    asked: Bool[np.ndarray, "batch time"] | None = None,
) -> Iterator[Chunk]:
    """Features of a batch, some sequences and some steps at a time; what else runs over sequences does it through this.

    Args:
        reservoir: what runs.
        data: sequences; features of padding are meaningless.
        features: kinds of features.
        state: before the first step, of all sequences; a fresh start by default.
        teacher: wanted outputs, fed back one step later.
        chunk: steps at a time; as many as make about 16 MB of features by default.
        batch: sequences at a time; all of them where a state is given.
        stops: numbers of steps after which a chunk has to end.
        one_program: whether JAX compiles one program for chunks of all lengths; then `chunk` has to be given.
        asked: steps whose features are wanted; all by default. Features of others are meaningless then, as are outputs
            in the states.

    Raises:
        AuritaError: shapes that do not fit, a chunk or batch below 1.
    """
    inputs, lengths = checked_inputs(reservoir, data.inputs, data.lengths)
    teacher = checked_teacher(reservoir, teacher, *inputs.shape[:2])
    if batch < 1 or (chunk is not None and chunk < 1):
        raise AuritaError(f"chunk is {chunk} and batch is {batch}; expected at least 1 of each")
    width, count = feature_size(reservoir, features), len(inputs)
    batch = batch if state is None else count
    for first in range(0, count, batch):
        rows = slice(first, min(first + batch, count))
        longest = int(lengths[rows].max())
        size = chunk or max(16, _CHUNK_NUMBERS // (width * (rows.stop - rows.start)))
        now, start = checked_state(reservoir, state, rows.stop - rows.start), 0
        for end in sorted({*stops, longest}):
            while start < end:
                steps = slice(start, min(start + size, end))
                forced = None if teacher is None else teacher[rows, steps]
                room = size if one_program else 0
                wanted = None if asked is None else asked[rows, steps]
                seen, now = _advanced(reservoir, now, inputs[rows, steps], forced, features, room=room, asked=wanted)
                yield Chunk(rows, start, seen, now)
                start = steps.stop


def states_of(
    reservoir: Reservoir,
    data: Batch,
    features: tuple[str, ...],
    asked: Bool[np.ndarray, "batch time"] | None = None,
) -> list[Float[np.ndarray, "time feature"]]:
    """Features of every step of each sequence, padding left out; of `asked` steps only, where these are given."""
    longest = data.inputs.shape[1]
    size = max(1, _STATES_NUMBERS // (longest * feature_size(reservoir, features)))
    found: list[np.ndarray] = []
    for part in features_of(reservoir, data, features, chunk=longest, batch=size, asked=asked):
        found += [x[:length] for x, length in zip(part.features, data.lengths[part.sequences], strict=True)]
    return found


def recorded(
    reservoir: Reservoir,
    inputs: Float[np.ndarray, "batch time input"],
    teacher: Float[np.ndarray, "batch time feedback"] | None = None,
    begins: Int[np.ndarray, "batch"] | None = None,
) -> Float[np.ndarray, "source time batch"]:
    """Values of all sources at every step, from a fresh start, on the engine that is used; see `scanning.record`."""
    given, forced = (None if a is None else np.transpose(np.asarray(a), (1, 2, 0)) for a in (inputs, teacher))
    starts = np.zeros(len(inputs), np.int32) if begins is None else np.asarray(begins)
    record = native_record if runs_natively(reservoir) else compiled_record
    return np.asarray(record(reservoir, cast(Array, given), forced, starts))


def record_batches(
    reservoir: Reservoir,
    inputs: Float[np.ndarray, "sequence time input"],
    teacher: Float[np.ndarray, "sequence time feedback"] | None,
    begins: Int[np.ndarray, "sequence"],
    *,
    into: Float[np.ndarray, "batch row time place"],
    kept: Int[np.ndarray, "row"],
    late: Int[np.ndarray, "sequence"],
) -> None:
    """Values of some sources, one batch of sequences after the other, each where it begins; zeros before.

    Args:
        reservoir, inputs, teacher, begins: as of `recorded`, of the sequences of all batches.
        into: to be filled in.
        kept: the source of each row.
        late: at which step of its batch each sequence begins.
    """
    if late.any():
        into[:] = 0
    if runs_natively(reservoir):
        given, forced = (None if a is None else np.transpose(np.asarray(a), (1, 2, 0)) for a in (inputs, teacher))
        native_record_batches(reservoir, cast(Array, given), forced, begins, into=into, kept=kept, late=late)
        return
    size, found = into.shape[3], recorded(reservoir, inputs, teacher, begins)[kept]
    for i, first in enumerate(late):
        into[i // size, :, first:, i % size] = found[:, : found.shape[1] - first, i]


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
    bounds: Bounds | None = None,
) -> Float[np.ndarray, "batch time output"]:
    """Run closed on itself: what the readout predicts is the next external input.

    Args:
        reservoir: what runs.
        state: after the last known input.
        coefficients: of the readout.
        intercept: of the readout.
        first: the readout's prediction at the last known step, the input of the first generated one.
        steps: how many predictions to return, `first` included.
        covariates: further external inputs, known in advance, received together with each prediction, `first` included.
        features: kinds of features that the readout sees.
        bounds: that each prediction is held within before it is fed back; none by default.

    Returns:
        Predictions `(B, steps, O)`.

    Raises:
        AuritaError: shapes that do not fit each other or the reservoir.
    """
    width = feature_size(reservoir, features)
    given = checked_generation(reservoir, width, coefficients, intercept, first, steps, covariates)
    coefficients, intercept, first, covariates = given
    state, known = checked_state(reservoir, state, len(first)), np.transpose(covariates, (1, 2, 0))
    if runs_natively(reservoir):
        series = native_generate(reservoir, state, coefficients, intercept, first.T, known, features, bounds)
    else:
        limits = None if bounds is None else Bounds(*(cast(Array, np.asarray(part, np.float32)) for part in bounds))
        closed = Closed(coefficients, intercept, first.T, limits)
        series = np.asarray(compiled_scan(reservoir, state, known, features=features, closed=closed).predictions)
    return np.transpose(np.asarray(series, np.float64), (2, 0, 1))


def _advanced(
    reservoir: Reservoir,
    state: State,
    inputs: Float[np.ndarray, "batch time input"],
    teacher: Float[np.ndarray, "batch time feedback"] | None,
    features: tuple[str, ...],
    *,
    lengths: Int[np.ndarray, "batch"] | None = None,
    room: int = 0,
    asked: Bool[np.ndarray, "batch time"] | None = None,
) -> tuple[Float[np.ndarray, "batch time feature"], State]:
    """Features of some steps and the state after them, on the engine that is used.

    Args:
        reservoir, state, inputs, teacher, features: as of `run`, checked.
        lengths: steps after which each sequence ends; None: it does not.
        room: JAX compiles one program for all numbers of steps up to this; 0: one for each.
        asked: steps whose features are wanted; JAX gives them all.
    """
    batch, steps, _ = inputs.shape
    given, forced = (None if a is None else np.transpose(a, (1, 2, 0)) for a in (inputs, teacher))
    assert given is not None
    native = runs_natively(reservoir)
    if room and not native:
        # Always one step of padding, so that there is always a mask.
        more = ((0, room + 1 - steps), (0, 0), (0, 0))
        given, forced = np.pad(given, more), None if forced is None else np.pad(forced, more)
        lengths = np.full(batch, steps)
    alive = None if lengths is None else np.arange(len(given))[:, None] < lengths[None, :]
    if native:
        seen, state = native_scan(reservoir, state, given, forced, alive, features, None if asked is None else asked.T)
    else:
        found = compiled_scan(reservoir, state, given, features=features, teacher=forced, alive=alive)
        seen, state = np.asarray(found.features), found.state
    if lengths is not None:
        state = aligned(reservoir, state, len(given) - lengths)
    return np.transpose(seen[:steps], (2, 0, 1)), state


def aligned(reservoir: Reservoir, state: State, late: Int[np.ndarray, "batch"]) -> State:
    """A state as it would be had each sequence ended `late` steps later, receiving nothing."""
    return native_aligned(reservoir, state, late) if runs_natively(reservoir) else align(reservoir, state, late)
