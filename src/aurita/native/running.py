"""Runs of a reservoir by the native kernels: what `engine.running` does on JAX, from and to the same states."""

import ctypes
from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np

from aurita._typing import Array, Bool, Float, Int
from aurita.errors import AuritaError
from aurita.native._layout import SEEN, Call, PopulationStruct, address, floats, integers
from aurita.native._learn_layout import DIAGONAL
from aurita.native._packed import FEW, KINDS, packed
from aurita.native.library import engine, engine_used, kernels
from aurita.native.threads import spread
from aurita.reservoir import Reservoir, State
from aurita.reservoir.clock import parts_of_a_turn
from aurita.reservoir.features import feature_kinds
from aurita.units import BlockUnit, DiagonalMemoryUnit, EchoUnit, PhaseUnit, TraceUnit, Unit
from aurita.units.block import ACTIVATIONS, NORMALISATIONS
from aurita.units.memory import MemoryUnit

_TILE = 16


class Bounds(NamedTuple):
    """Bounds on the values that predictions of a closed loop stand for.

    A value is its prediction times the deviation, plus the mean, plus the weighted last values.

    Attributes:
        weights: of the last values, the oldest first.
        past: these values.
        mean, deviation: of the predictions.
        lower, upper: bounds, possibly infinite.
    """

    weights: Float[np.ndarray, "lag"]
    past: Float[np.ndarray, "lag output batch"]
    mean: Float[np.ndarray, "output batch"]
    deviation: Float[np.ndarray, "output batch"]
    lower: float
    upper: float


def not_covered(reservoir: Reservoir) -> list[str]:
    """Names of the unit types of a reservoir that the native kernels cannot run."""
    found = (type(population.unit) for population in reservoir.populations)
    return sorted({kind.__name__ for kind in found if kind not in KINDS})


def runs_natively(reservoir: Reservoir) -> bool:
    """Whether the native engine is used, and can run this reservoir.

    Raises:
        AuritaError: it was asked for, and cannot.
    """
    if engine_used() != "native":
        return False
    missing = not_covered(reservoir)
    if missing and engine() == "native":
        raise AuritaError(
            f"the native engine was asked for and cannot run {', '.join(missing)}; use engine 'auto' or 'jax'"
        )
    return not missing


def native_scan(
    reservoir: Reservoir,
    state: State,
    inputs: Float[np.ndarray, "time input batch"],
    teacher: Float[np.ndarray, "time feedback batch"] | None,
    alive: Bool[np.ndarray, "time batch"] | None,
    features: tuple[str, ...],
    asked: Bool[np.ndarray, "time batch"] | None = None,
) -> tuple[Float[np.ndarray, "time feature batch"], State]:
    """Features of every step and the state after the last, as `aurita.engine.running.scan` gives them.

    Args:
        reservoir, state, inputs, teacher, alive, features: as there.
        asked: steps whose features are wanted; all by default. Where some are not, features of others are meaningless,
            and so are the outputs in the state.
    """
    run = _Run(reservoir, state, inputs, teacher)
    seen = run.shows(features)
    run.keep("alive", None if alive is None else np.ascontiguousarray(alive, np.uint8))
    run.keep("asked", None if asked is None else np.ascontiguousarray(asked, np.uint8))
    found = np.zeros((len(inputs), seen, run.batch), np.float32)
    run.keep("features", found)
    return found, run.go(len(inputs))


def native_record(
    reservoir: Reservoir,
    inputs: Float[np.ndarray, "time input batch"],
    teacher: Float[np.ndarray, "time feedback batch"] | None,
    begins: Int[np.ndarray, "batch"],
) -> Float[np.ndarray, "source time batch"]:
    """Outputs of all sources at every step, from a fresh start, as `aurita.engine.running.record` gives it."""
    steps, _, batch = inputs.shape
    found = np.zeros((1, reservoir.sources.total, steps, batch), np.float32)
    native_record_batches(reservoir, inputs, teacher, begins, into=found)
    return found[0]


def native_record_batches(
    reservoir: Reservoir,
    inputs: Float[np.ndarray, "time input sequence"],
    teacher: Float[np.ndarray, "time feedback sequence"] | None,
    begins: Int[np.ndarray, "sequence"],
    *,
    into: Float[np.ndarray, "batch row time place"],
    kept: Int[np.ndarray, "row"] | None = None,
    late: Int[np.ndarray, "sequence"] | None = None,
) -> None:
    """Outputs of sources, one batch of sequences after the other.

    Args:
        reservoir, inputs, teacher, begins: as of `native_record`.
        into: to be filled in, with as many steps as the inputs have; nothing is written before a sequence begins.
        kept: the source of each row; all by default.
        late: at which step of its batch each sequence begins; the first by default.
    """
    steps, _, count = inputs.shape
    run = _Run(
        reservoir, reservoir.initial_state(count), inputs, teacher, clock_from=begins, runs=reservoir.connected[:-1]
    )
    run.records(into, kept, late)
    run.go(steps)


def native_chunk(
    reservoir: Reservoir,
    state: State,
    inputs: Float[np.ndarray, "time input batch"],
    teacher: Float[np.ndarray, "time feedback batch"] | None,
    features: tuple[str, ...],
) -> tuple[Float[np.ndarray, "time feature batch"], Float[np.ndarray, "source time batch"], State]:
    """Features of the next steps, what all sources were at each, and the state after the last."""
    run = _Run(reservoir, state, inputs, teacher)
    seen = run.shows(features)
    found = np.zeros((len(inputs), seen, run.batch), np.float32)
    outputs = np.zeros((1, reservoir.sources.total, len(inputs), run.batch), np.float32)
    run.keep("features", found)
    run.records(outputs)
    state = run.go(len(inputs))
    return found, outputs[0], state


def native_generate(
    reservoir: Reservoir,
    state: State,
    coefficients: Float[np.ndarray, "feature output"],
    intercept: Float[np.ndarray, "output"],
    first: Float[np.ndarray, "output batch"],
    covariates: Float[np.ndarray, "time covariate batch"],
    features: tuple[str, ...],
    bounds: Bounds | None = None,
) -> Float[np.ndarray, "time output batch"]:
    """Predictions fed back as inputs, as `generate` makes them, each held within bounds before."""
    steps, outputs = len(covariates), len(first)
    series = np.zeros((steps, outputs, first.shape[1]), np.float32)
    series[0] = first
    run = _Run(reservoir, state, np.concatenate([np.zeros_like(series), covariates], axis=1), None)
    run.shows(features)
    run.call.outputs = outputs
    run.keep("coefficients", floats(np.transpose(coefficients)))
    run.keep("intercept", floats(intercept))
    run.keep("series", series)
    if bounds is not None:
        run.keep("carried", floats(bounds.weights))
        run.keep("past", np.array(bounds.past, np.float32, order="C"))
        run.keep("mean", floats(bounds.mean))
        run.keep("deviation", floats(bounds.deviation))
        run.call.lags, run.call.lower, run.call.upper = len(bounds.weights), bounds.lower, bounds.upper
    run.go(steps)
    return series


def clock_rows(
    reservoir: Reservoir, lived: Int[np.ndarray, "batch"], steps: int
) -> Float[np.ndarray, "time clock batch"]:
    """The clock of the next steps, for every sequence from the number of steps it has lived."""
    parts = np.array([parts_of_a_turn(period) for period in reservoir.clock], np.uint64)
    lived = np.asarray(lived, np.uint64)
    if not len(parts) or not len(lived):
        return np.zeros((steps, 2 * len(parts), len(lived)), np.float32)
    first, span = lived.min(), int(lived.max() - lived.min()) + steps
    # Sequences that are at the same step share what the clock shows; far apart, each has its own.
    when = lived + np.arange(steps, dtype=np.uint64)[:, None]
    shared = span < when.size
    moments = first + np.arange(span, dtype=np.uint64) if shared else when.ravel()
    # What goes beyond 64 bits are whole turns.
    angle = (moments[:, None] * parts).astype(np.int64) * (2 * np.pi / 2**64)
    shown = floats(np.concatenate([np.sin(angle), np.cos(angle)], axis=1))
    places = (when - first).astype(np.int64) if shared else np.arange(when.size).reshape(when.shape)
    return np.ascontiguousarray(shown[places].transpose(0, 2, 1))


def native_aligned(reservoir: Reservoir, state: State, late: Int[np.ndarray, "batch"]) -> State:
    """A state as it would be had each sequence ended `late` steps later, receiving nothing."""
    units = tuple(
        {**own, "ring": _turned(own["ring"], late)} if population.unit.windowed else own
        for population, own in zip(reservoir.populations, state.units, strict=True)
    )
    return State(state.time, state.steps, state.outputs, state.feedback, units, state.leaky)


def _turned(
    ring: Float[np.ndarray, "phase place stored unit batch"], late: Int[np.ndarray, "batch"]
) -> Float[np.ndarray, "phase place stored unit batch"]:
    ring = np.asarray(ring)
    phases, places = ring.shape[:2]
    span = phases * places
    # The place of a step in time is index * dilation + phase.
    flat = np.swapaxes(ring, 0, 1).reshape(span, -1, ring.shape[-1])
    old = (np.arange(span)[:, None] - np.asarray(late)[None, :]) % span
    moved = np.take_along_axis(flat, old[:, None, :], axis=0).reshape(places, phases, *ring.shape[2:])
    return np.ascontiguousarray(np.swapaxes(moved, 0, 1))


class _Run:
    """One call of the kernels, with all arrays that it reads and writes."""

    def __init__(
        self,
        reservoir: Reservoir,
        state: State,
        inputs: Float[np.ndarray, "time input batch"],
        teacher: Float[np.ndarray, "time feedback batch"] | None,
        *,
        clock_from: Int[np.ndarray, "batch"] | None = None,
        runs: Sequence[bool] | None = None,
    ) -> None:
        self.reservoir, self.state, self.call = reservoir, state, Call()
        self.batch = inputs.shape[2]
        self._kept: list[np.ndarray] = []
        wide = self.batch < FEW
        tile = self.batch if wide else _TILE
        lived = np.array(state.steps, np.int32)
        clock = clock_rows(reservoir, lived if clock_from is None else clock_from, len(inputs))
        self._lived, self._feedback = lived.copy(), np.array(state.feedback, np.float32, order="C")
        self.keep("external", floats(np.concatenate([inputs, clock], axis=1)))
        self.keep("teacher", None if teacher is None else floats(teacher))
        self.keep("lived", lived)
        self.keep("lived_after", self._lived)
        self.keep("feedback_before", floats(state.feedback))
        self.keep("feedback_after", self._feedback)
        sources = reservoir.sources
        call = self.call
        call.count, call.batch, call.tile, call.wide = len(reservoir.populations), self.batch, tile, wide
        call.outside, call.sources, call.feedback = sources.inputs, sources.total, reservoir.feedback
        call.time, call.steps = int(state.time), len(inputs)
        self._populations = (PopulationStruct * call.count)()
        self._after: list[list[np.ndarray]] = []
        row = sources.inputs
        for number, made in enumerate(packed(reservoir, tile)):
            own = self._populations[number]
            _describe(own, reservoir, number)
            own.runs = runs is None or runs[number]
            own.received = reservoir.connected[number]
            own.source, own.numbers, own.by_neuron = row, made.numbers, made.by_neuron
            own.first = (ctypes.c_int32 * len(SEEN))(*[-1] * len(SEEN))
            own.weights, own.wiring, own.among = map(address, (made.weights, made.wiring, made.among))
            self._kept += [made.weights, made.wiring]
            self._give_state(number)
            row += own.units * own.slots
        call.populations = self._populations

    def keep(self, name: str, array: np.ndarray | None) -> None:
        """Give the kernels an array, for as long as this run is there."""
        setattr(self.call, name, address(array))
        if array is not None:
            self._kept.append(array)

    def shows(self, features: tuple[str, ...]) -> int:
        """Say which features are seen, in their order; returns how many."""
        self.call.inputs = self.reservoir.inputs if "input" in features else 0
        row = self.call.inputs
        for own, kinds in zip(self._populations, feature_kinds(self.reservoir, features), strict=True):
            for kind, size in kinds:
                own.first[SEEN.index(kind)] = row
                row += size * own.units
        self.call.seen = row
        return row

    def records(
        self,
        into: Float[np.ndarray, "batch row time place"],
        kept: Int[np.ndarray, "row"] | None = None,
        late: Int[np.ndarray, "sequence"] | None = None,
    ) -> None:
        """Say where the sources are recorded; as of `native_record_batches`."""
        assert into.dtype == np.float32
        assert into.flags.c_contiguous
        self.keep("recorded", into)
        _, self.call.rows, _, self.call.group = into.shape
        if kept is not None:
            rows = np.full(self.call.sources, -1, np.int32)
            rows[kept] = np.arange(len(kept))
            self.keep("kept", rows)
        self.keep("late", None if late is None or not late.any() else integers(late))

    def go(self, steps: int) -> State:
        """Run, and give the state after the last step."""
        library = kernels()
        assert library is not None
        run, call = library.function("run"), self.call
        if not spread(lambda first, last: run(ctypes.byref(call), first, last), -(-call.batch // call.tile)):
            raise MemoryError(f"there is not enough memory to run {call.batch} sequences of this reservoir")
        units: list[object] = []
        outputs: list[object] = []
        held: list[object] = []
        for number, after in enumerate(self._after):
            own, leaky = self.state.units[number], self.state.leaky[number] is not None
            outputs.append(after[0])
            held.append(after[-1] if leaky else None)
            units.append(dict(zip(_names(own), after[1:], strict=False)) if isinstance(own, dict) else after[1])
        # JAX takes arrays of numpy like its own.
        time, lived, feedback = (
            cast(Array, one) for one in (np.asarray(call.time + steps, np.int32), self._lived, self._feedback)
        )
        return State(time, lived, tuple(outputs), feedback, tuple(units), tuple(held))

    def _give_state(self, number: int) -> None:
        """Arrays of a population's state before and after the run: outputs, the units' own, leaky slots."""
        own, unit = self._populations[number], self.state.units[number]
        leaky = self.state.leaky[number]
        parts = [unit[name] for name in _names(unit)] if isinstance(unit, dict) else [unit]
        before = [floats(part) for part in (self.state.outputs[number], *parts, *([] if leaky is None else [leaky]))]
        after = [np.empty_like(part) if own.runs else part.copy() for part in before]
        own.output_before, own.output_after = address(before[0]), address(after[0])
        for i, (old, new) in enumerate(zip(before[1:], after[1:], strict=True)):
            own.before[i], own.after[i] = address(old), address(new)
            own.part_rows[i] = old.size // (own.units * self.batch)
        self._kept += before
        self._after.append(after)


def _names(state: dict[str, object]) -> list[str]:
    """Parts of the state of units with a memory, in the order in which the kernels keep them."""
    return [name for name in ("ring", "last", "re", "im") if name in state]


def _describe(own: PopulationStruct, reservoir: Reservoir, number: int) -> None:
    population, weights = reservoir.populations[number], reservoir.weights[number]
    unit: Unit = population.unit
    own.kind, own.units, own.slots = KINDS[type(unit)], population.units, unit.slots
    own.afferents, own.mixed, own.leaky = (
        len(reservoir.wiring[number]),
        bool(weights.passage),
        weights.rates is not None,
    )
    own.memory = own.dilation = 1
    if isinstance(unit, MemoryUnit):
        own.memory, own.dilation, own.clip = unit.memory, unit.dilation, unit.clip
        own.shifted, own.masked = unit.shifted_keys, unit.before_start == "masked"
        own.heads, own.width, own.hidden = unit.heads, unit.head_width, unit.hidden
        own.ahead, own.targets = (len(weights.unit.get(name, ())) for name in ("ahead_w", "target_w"))
    if isinstance(unit, DiagonalMemoryUnit):
        own.diagonal, own.states, own.turning = DIAGONAL[unit.kind], unit.width, unit.turning
        own.hidden, own.clip = unit.hidden, unit.clip
        own.ahead, own.targets = (len(weights.unit.get(name, ())) for name in ("ahead_w", "target_w"))
    if isinstance(unit, TraceUnit):
        own.diagonal, own.states, own.clip = DIAGONAL["ungated"], unit.slots, float(np.finfo(np.float32).max)
    if isinstance(unit, BlockUnit):
        own.normalisation = NORMALISATIONS.index(unit.normalisation)
        own.activation = ACTIVATIONS.index(unit.activation)
    if isinstance(unit, EchoUnit):
        own.scale, own.speaks = unit.input_scale, "output_mask" in weights.unit
        own.fan_in = len(weights.unit["sources"]) if "sources" in weights.unit else 0
    if isinstance(unit, PhaseUnit):
        own.leak = unit.leak
