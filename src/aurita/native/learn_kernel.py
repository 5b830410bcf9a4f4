"""Units of one population as the native learning kernel has them: weights in rows, one unit after the other."""

import ctypes
from ctypes import Structure, c_int32, c_void_p
from typing import NamedTuple, get_args

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.native._learn_layout import DIAGONAL, LOSSES, OPTIMISERS, PASSAGES, Kind
from aurita.native.library import Kernels
from aurita.reservoir import Population, Weights
from aurita.units import AttentionUnit, BlockUnit, DiagonalMemoryUnit
from aurita.units.block import ACTIVATIONS, NORMALISATIONS

SLACK = 256
"""Numbers after the last row of whatever the kernel reads: it reads whole vectors."""

_ALL = 2**30
_UNIT = (
    *("rate", "angle", "in_re", "in_im", "rate_w", "open_w", "open_b", "angle_w"),
    *("wq", "bq", "wk", "wv", "age_bias", "w1", "b1", "wo", "bo", "ahead_w", "ahead_b", "target_w", "target_b"),
)
"""Weights in the order of the kernel, those of diagonal memory units before those of attention."""
_BLOCK = (
    *("embedding", "wq", "wk", "wv", "wo", "w1", "b1", "w2", "b2"),
    *("scale_attention", "shift_attention", "scale_hidden", "shift_hidden"),
    *("ahead_w", "ahead_b", "target_w", "target_b"),
)
"""Those of decoder blocks."""
_PASSAGE = ("matrix", "bias")

_Learning = AttentionUnit | BlockUnit | DiagonalMemoryUnit
Rows = Float[np.ndarray, "row lane"]
Ranges = Int[np.ndarray, "range 2"]


class KernelObjective(NamedTuple):
    """What a population learns, and how.

    Attributes:
        own, target: which of the two objectives.
        alpha: weight of the first where there are both.
        loss: of the target, one of `LOSSES`.
        apart: whether each unit has a target of its own.
        optimiser: `adam`, `rmsprop`, `lion` or `sgd`.
        l2, weight_decay, age_bias_rate, clip, noise: as in the settings of learning.
    """

    own: bool
    target: bool
    alpha: float = 1.0
    loss: str = "squares"
    apart: bool = False
    optimiser: str = "adam"
    l2: float = 0.0
    weight_decay: float = 0.0
    age_bias_rate: float = 1.0
    clip: float = np.inf
    noise: float = 0.0


class Recorded(NamedTuple):
    """One batch; lanes run over time, and over the sequences within a step. All arrays have slack after them.

    Attributes:
        sources: what the sources were.
        target: what is broadcast; unit first where each has its own. None where nothing is, and heads are only read.
        scored: weights of the lanes, with sum 1.
        own: weights of the self-predictions made at each lane, one row a horizon, each with sum 1.
        alive: 0 before a sequence begins; None where all begin at the first step.
        lived: steps lived before; None where memories are not masked.
        noise: normal numbers for every slot.
        goes_on: 0 where a sequence begins anew, and states of diagonal memory units are zeros; None: nowhere.
    """

    sources: Rows
    target: Rows | None
    scored: Float[np.ndarray, "lane"]
    own: Rows
    alive: Float[np.ndarray, "lane"] | None = None
    lived: Float[np.ndarray, "lane"] | None = None
    noise: Rows | None = None
    goes_on: Float[np.ndarray, "lane"] | None = None


class Past(NamedTuple):
    """States of units before a batch, and what these owe to weights; real parts before imaginary ones.

    Attributes:
        start: states.
        own: traces of a unit's own weights, each of the row of one state; nothing where states are constants.
        passage: traces of its passage; nothing where it does not learn.
    """

    start: Float[np.ndarray, "unit part*state batch"]
    own: Float[np.ndarray, "unit part batch weight"]
    passage: Float[np.ndarray, "unit part state batch number"]

    @staticmethod
    def constant(start: Float[np.ndarray, "unit part*state batch"]) -> "Past":
        """States that owe nothing to weights."""
        units, states, batch = start.shape
        return Past(
            start, np.zeros((units, 2, batch, 0), np.float32), np.zeros((units, 2, states // 2, batch, 0), np.float32)
        )


class _Batch(Structure):
    _fields_ = tuple((name, c_void_p) for name in Recorded._fields)


def learns_here(population: Population) -> bool:
    """Whether the kernel lets units of this type learn."""
    return type(population.unit) in get_args(_Learning)


def with_slack(shape: int | tuple[int, ...]) -> Float[np.ndarray, "..."]:
    """Zeros of this shape, with slack after them."""
    size = int(np.prod(shape))
    return np.zeros(size + SLACK, np.float32)[:size].reshape(shape)


class Learners:
    """The units of one population while they learn.

    Attributes:
        afferents: rows of the recorded sources that each unit receives.
        span: steps before a scored one that it depends on, itself included.
        rows: weights, a row a unit.
        first, second, taken: moments of the optimiser, and its steps, of each unit.
        open: which afferents of a learned passage learn, (unit, afferent); None where all do. Gradients tell of all.
        past: what units bring from before a batch, of a stream; None where each begins anew.
    """

    open: Bool[np.ndarray, "unit afferent"] | None = None

    def __init__(self, population: Population, weights: Weights, afferents: Int[np.ndarray, "unit afferent"]) -> None:
        assert isinstance(population.unit, _Learning)
        self.population, self._unit, self.count = population, population.unit, population.units
        self.afferents = np.ascontiguousarray(afferents, np.int32)
        names = [name for name in _names(self._unit) if name in weights.unit]
        self._arrays = {name: np.asarray(weights.unit[name], np.float32) for name in names}
        self._passage = {name: np.asarray(weights.passage[name], np.float32) for name in _PASSAGE if weights.passage}
        rates = [] if weights.rates is None else [np.asarray(weights.rates, np.float32)]
        self.leaky = bool(rates)
        arrays = [*self._arrays.values(), *self._passage.values(), *rates]
        self.rows = _rows(arrays)
        total = self.rows.shape[1] - (self._unit.slots if rates else 0)
        self.first, self.second = (np.zeros((self.count, total), np.float32) for _ in range(2))
        self.taken = np.zeros(self.count, np.int32)
        self.past: Past | None = None
        self.total = total
        self._targets = len(self._arrays["target_b"]) if "target_b" in self._arrays else 0
        self.span = _span(self._unit)

    def put(self, weights: Weights) -> None:
        """Go on from these weights; moments stay."""
        given = weights.unit | weights.passage
        arrays = [np.asarray(given[name], np.float32) for name in (*self._arrays, *self._passage)]
        own = _rows(arrays)
        self.rows[:, : own.shape[1]] = own

    def matrices(self, rows: Float[np.ndarray, "unit number"]) -> Float[np.ndarray, "unit slot afferent"]:
        """The part of rows of weights, moments or gradients that belongs to passages: a view, to be changed too."""
        first = int(np.argmax(self.owners == "matrix"))
        sources = self.afferents.shape[1] if "matrix" in self._passage else 0
        return rows[:, first : first + self._unit.slots * sources].reshape(self.count, self._unit.slots, sources)

    def average_out(self, afferent: int, means: Float[np.ndarray, "source"]) -> None:
        """Let passages take the mean of one afferent of each unit for its values."""
        matrix = self.matrices(self.rows)
        first = int(np.argmax(self.owners == "bias"))
        bias = self.rows[:, first : first + matrix.shape[1]]
        bias += matrix[:, :, afferent] * means[self.afferents[:, afferent], None]
        matrix[:, :, afferent] = 0

    def weights(self, like: Weights) -> Weights:
        """The weights as a reservoir has them."""
        columns, first = self.rows.T, 0
        made: dict[str, np.ndarray] = {}
        for name, array in (self._arrays | self._passage).items():
            own = columns[first : first + array.size // self.count].reshape(array.shape)
            made[name] = np.ascontiguousarray(own)
            first += array.size // self.count
        unit = {name: made.get(name, value) for name, value in like.unit.items()}
        return Weights(unit, {name: made[name] for name in like.passage}, like.rates)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of the weights of one unit, and of its passage."""
        return {name: array.shape[:-1] for name, array in (self._arrays | self._passage).items()}

    @property
    def names(self) -> tuple[list[str], list[str]]:
        """Names of the weights of units, and of their passages."""
        return list(self._arrays), list(self._passage)

    def moments(self, name: str) -> dict[str, Float[np.ndarray, "unit ..."]]:
        """Moments of the optimiser, `first` or `second`, of each weight."""
        return self.named(getattr(self, name).copy())

    def named(self, rows: Float[np.ndarray, "unit weight"]) -> dict[str, Float[np.ndarray, "unit ..."]]:
        """Rows of numbers, one for each weight that learns, by the names of the weights."""
        place, made = 0, {}
        for key, array in (self._arrays | self._passage).items():
            size = array.size // self.count
            made[key] = rows[:, place : place + size].reshape(self.count, *array.shape[:-1])
            place += size
        return made

    @property
    def owners(self) -> np.ndarray:
        """Name of the weight that each number of a row belongs to; leak rates last."""
        sizes = {key: array.size // self.count for key, array in (self._arrays | self._passage).items()}
        missing = self.rows.shape[1] - sum(sizes.values())
        return np.repeat([*sizes, "rates"], [*sizes.values(), missing])

    def set_moments(self, name: str, given: dict[str, Float[np.ndarray, "unit ..."]]) -> None:
        """Go on from these moments; what is not given stays."""
        columns, place = getattr(self, name), 0
        for key, array in (self._arrays | self._passage).items():
            size = array.size // self.count
            if key in given:
                columns[:, place : place + size] = np.asarray(given[key]).reshape(self.count, size)
            place += size

    def run(
        self,
        kernels: Kernels,
        objective: KernelObjective,
        batches: list[Recorded],
        *,
        batch: int,
        ranges: Ranges,
        first: int,
        chosen: Bool[np.ndarray, "step unit"],
        rates: Float[np.ndarray, "step"],
        units: slice,
        losses: Float[np.ndarray, "step unit 3"],
        learn: int = 1,
        gradients: Float[np.ndarray, "unit weight"] | None = None,
        guesses: Float[np.ndarray, "unit target lane"] | None = None,
    ) -> None:
        """Let some units learn from batches, one after the other.

        Args:
            kernels: of this processor.
            objective: of the population.
            batches: recorded; all of one size.
            batch: sequences in each.
            ranges: scored lanes, first and count.
            first: step before which nothing matters.
            chosen: who takes a step after which batch.
            rates: learning rate of each step.
            units: who takes part.
            losses: to be filled in with losses of the objectives, own and target, and of both.
            learn: 0 scores only; 2 also scores units that were not chosen.
            gradients: to be filled in with those of the last batch.
            guesses: to be filled in with what the heads of each unit output at the scored lanes.

        Raises:
            MemoryError: there is none for what a unit works with.
        """
        unit, keep = self._unit, []
        ranges = np.ascontiguousarray(ranges.T, np.int32)
        horizons = np.array(unit.horizons, np.int32)
        kind = self._kind(batch, len(batches[0].scored) // batch)
        kind.horizons, kind.horizon = len(horizons), horizons.ctypes.data
        kind.by_self, kind.by_target, kind.loss = objective.own, objective.target, LOSSES[objective.loss]
        kind.apart = objective.apart
        kind.relative, kind.optimiser = self.population.passage == "learned", OPTIMISERS[objective.optimiser]
        kind.first, kind.ranges = 0 if self.leaky else first, ranges.shape[1]
        kind.range_starts, kind.range_lengths = ranges[0].ctypes.data, ranges[1].ctypes.data
        kind.alpha, kind.l2, kind.weight_decay = objective.alpha, objective.l2, objective.weight_decay
        kind.age_rate, kind.clip, kind.noise = objective.age_bias_rate, objective.clip, objective.noise
        closed = None if self.open is None else np.ascontiguousarray(self.open, np.uint8)
        kind.open = None if closed is None else closed.ctypes.data
        kind.guesses = None if guesses is None else guesses.ctypes.data
        if self.past is not None:
            for name, array in zip(("start", "own_traces", "passage_traces"), self.past, strict=True):
                setattr(kind, name, _pointer(array).value if array.size else None)
        given = (_Batch * len(batches))()
        for place, recorded in zip(given, batches, strict=True):
            for name, part in zip(Recorded._fields, recorded, strict=True):
                if part is not None:
                    setattr(place, name, part.ctypes.data)
        chosen, rates = np.ascontiguousarray(chosen, np.uint8), np.ascontiguousarray(rates, np.float32)
        keep += [ranges, horizons, batches, chosen, rates, closed]
        code = kernels.function("learn")(
            ctypes.byref(kind),
            given,
            c_int32(len(batches)),
            c_int32(units.start),
            c_int32(units.stop),
            _pointer(self.rows),
            _pointer(self.first),
            _pointer(self.second),
            c_void_p(self.taken.ctypes.data),
            c_void_p(self.afferents.ctypes.data),
            c_void_p(chosen.ctypes.data),
            _pointer(rates),
            _pointer(losses),
            c_int32(self.count),
            c_int32(learn),
            None if gradients is None else _pointer(gradients),
        )
        if code:
            raise MemoryError(f"no memory for a unit to learn from {kind.steps * batch} lanes; use smaller batches")

    def follow(self, kernels: Kernels, past: Past, recorded: Recorded, *, batch: int, steps: int, units: slice) -> None:
        """Take the past of some units over the first steps of a batch, in place.

        Raises:
            MemoryError: there is none for what a unit works with.
        """
        kind, given = self._kind(batch, len(recorded.scored) // batch), _Batch(sources=recorded.sources.ctypes.data)
        if recorded.alive is not None:
            given.alive = recorded.alive.ctypes.data
        code = kernels.function("traces")(
            ctypes.byref(kind),
            ctypes.byref(given),
            c_int32(steps),
            c_int32(units.start),
            c_int32(units.stop),
            _pointer(self.rows),
            c_void_p(self.afferents.ctypes.data),
            *map(_pointer, past),
        )
        if code:
            raise MemoryError("no memory for the traces of a unit")

    def _kind(self, batch: int, steps: int) -> Kind:
        """What these units are, for batches of one size."""
        unit = self._unit
        return Kind(
            slots=unit.slots,
            afferents=self.afferents.shape[1],
            hidden=unit.hidden,
            **_past(unit),
            targets=self._targets,
            horizons=len(unit.horizons),
            passage=PASSAGES[self.population.passage],
            leaky=self.leaky,
            batch=batch,
            steps=steps,
        )


def _names(unit: _Learning) -> tuple[str, ...]:
    """Weights in the order in which the kernel has them."""
    return _BLOCK if isinstance(unit, BlockUnit) else _UNIT


def _past(unit: _Learning) -> dict[str, int]:
    """What the kernel has to know of a unit's memory, and of what a block does with it."""
    if isinstance(unit, DiagonalMemoryUnit):
        states = {"diagonal": DIAGONAL[unit.kind], "states": unit.width, "turning": unit.turning}
        return {"memory": 1, "dilation": 1, **states}
    block = {}
    if isinstance(unit, BlockUnit):
        block = {
            "block": 1,
            "normalisation": NORMALISATIONS.index(unit.normalisation),
            "activation": ACTIVATIONS.index(unit.activation),
        }
    return block | {
        "memory": unit.memory,
        "dilation": unit.dilation,
        "heads": unit.heads,
        "width": unit.head_width,
        "shifted": unit.shifted_keys and unit.heads > 0,
        "masked": unit.before_start == "masked",
    }


def _rows(arrays: list[np.ndarray]) -> Float[np.ndarray, "unit number"]:
    """Weights, the unit last, as a row of numbers for each unit."""
    return np.ascontiguousarray(np.concatenate([a.reshape(-1, a.shape[-1]).T for a in arrays], axis=1))


def _span(unit: _Learning) -> int:
    """Steps before a scored one that a unit depends on, itself included."""
    if isinstance(unit, DiagonalMemoryUnit):
        return _ALL
    return (unit.memory - 1) * unit.dilation + 1 + unit.shifted_keys


def _pointer(array: np.ndarray) -> c_void_p:
    assert array.dtype == np.float32
    assert array.flags.c_contiguous
    return c_void_p(array.ctypes.data)
