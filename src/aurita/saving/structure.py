"""Reservoirs and states from elsewhere: every array held against what the description implies, before it is used."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from aurita._tree import layout, leaves
from aurita.errors import AuritaError
from aurita.reservoir import Population, Reservoir, State, Weights

LARGEST_WEIGHT = 1e9
"""Weights beyond this are no weights: products of four of them leave float32."""

MOST_CHANNELS = 1 << 20
"""External inputs, channels of feedback, and channels of a target at most."""

MOST_NUMBERS = 1 << 26
"""Numbers that one sequence may take in the state of a reservoir, 256 MiB."""


def check_reservoir(
    *,
    inputs: int,
    populations: Sequence[Population],
    wiring: Sequence[object],
    weights: Sequence[Weights],
    clock: Sequence[float],
    feedback: int,
    targets: int,
) -> None:
    """Refuse arrays that are not those of the reservoir described; nothing is allocated for it.

    Args:
        inputs, clock, feedback, targets: as of `Reservoir`.
        wiring, weights: one for each population.

    Raises:
        AuritaError: numbers out of bounds, arrays of other shapes or types, or values that are no weights.
    """
    for name, value, least in (("inputs", inputs, 1), ("feedback", feedback, 0), ("targets", targets, 0)):
        if not least <= value <= MOST_CHANNELS:
            raise AuritaError(f"a reservoir has {name}={value}; expected {least} to {MOST_CHANNELS}")
    if not all(1 <= period < math.inf for period in clock):
        raise AuritaError(f"the clock has the periods {list(clock)[:5]}; expected finite ones of at least one step")
    if not populations or not len(populations) == len(wiring) == len(weights):
        raise AuritaError(
            f"a reservoir has {len(populations)} populations, the wiring of {len(wiring)} and the weights of "
            f"{len(weights)}; expected one or more, and as many of each"
        )
    for number, (population, afferents, own) in enumerate(zip(populations, wiring, weights, strict=True)):
        _check_population(f"population {number}", population, afferents, own, targets)


def check_state(reservoir: Reservoir, state: State, batch: int | None = None) -> None:
    """Refuse a state that is not one of this reservoir, for as many sequences.

    Raises:
        AuritaError: another structure, other shapes or types, or values that are not finite.
    """
    steps = np.shape(state.steps)
    if len(steps) != 1 or (batch is not None and steps != (batch,)):
        raise AuritaError(f"a state is of {steps} sequences; expected {batch or 'a list of them'}")
    fresh = reservoir.initial_state(0)
    shapes = _shapes(fresh, steps[0])
    if layout(state) != layout(fresh):
        raise AuritaError("a state is of another reservoir: its parts differ")
    for given, (shape, kind) in zip(leaves(state), shapes, strict=True):
        if np.shape(given) != shape or np.asarray(given).dtype.kind != kind:
            raise AuritaError(f"an array of a state has shape {np.shape(given)}; expected {shape}")
    check_finite("a state", leaves(state))
    if int(np.min(state.steps, initial=0)) < 0 or int(state.time) < 0:
        raise AuritaError("a state is of a time before the first step")


def check_size(reservoir: Reservoir) -> None:
    """Refuse a reservoir whose state takes more memory than any can.

    Raises:
        AuritaError: more than `MOST_NUMBERS` numbers a sequence.
    """
    try:
        count = sum(math.prod(shape) for shape, _ in _shapes(reservoir.initial_state(0), 1))
    except (OverflowError, TypeError, ValueError):
        count = MOST_NUMBERS + 1
    if count > MOST_NUMBERS:
        raise AuritaError(
            f"the state of the reservoir takes {count} numbers a sequence; expected at most {MOST_NUMBERS}: use less "
            "memory, dilation, slots or units"
        )


def check_finite(what: str, arrays: Sequence[object], largest: float = np.inf) -> None:
    """Refuse arrays with values that are not finite, or beyond a bound.

    Raises:
        AuritaError: such a value.
    """
    for array in map(np.asarray, arrays):
        # A NaN makes the maximum NaN, and no comparison with NaN holds.
        if array.dtype.kind == "f" and array.size and not float(np.abs(array).max()) < largest:
            bound = "" if largest == np.inf else f" below {largest:g}"
            raise AuritaError(f"{what} holds NaN, infinite or absurdly large values; expected finite ones{bound}")


def _check_population(what: str, population: Population, afferents: object, weights: Weights, targets: int) -> None:
    unit, units = population.unit, population.units
    for name, value in vars(unit).items() | vars(population).items():
        if isinstance(value, int) and value > 1 << 24:
            raise AuritaError(f"{what} has {name}={value}; expected at most {1 << 24}")
    afferents = np.asarray(afferents)
    if afferents.ndim != 2 or afferents.shape[1] != units or afferents.dtype.kind not in "iu":
        raise AuritaError(
            f"the wiring of {what} has shape {afferents.shape}; expected whole numbers (afferents, {units})"
        )
    shapes = unit.weight_shapes(targets)
    _check_shapes(f"the units of {what}", weights.unit, shapes, units)
    try:
        unit.check_weights({name: np.asarray(value) for name, value in weights.unit.items()}, shapes)
    except AuritaError as error:
        raise AuritaError(f"the units of {what}: {error}") from None
    passage = {} if population.passage == "wired" else {"matrix": (unit.slots, len(afferents)), "bias": (unit.slots,)}
    _check_shapes(f"the passage of {what}", weights.passage, passage, units)
    if any(np.asarray(array).dtype.kind != "f" for array in weights.passage.values()):
        raise AuritaError(f"the passage of {what} is not of floating numbers")
    if weights.rates is not None:
        rates = np.asarray(weights.rates)
        _check_shapes(what, {"rates": rates}, {"rates": (unit.slots,)}, units)
        if rates.dtype.kind != "f" or not ((rates > 0) & (rates <= 1)).all():
            raise AuritaError(f"{what} has leak rates that are none; expected numbers above 0, up to 1")


def _check_shapes(
    what: str, arrays: Mapping[str, np.ndarray], expected: Mapping[str, tuple[int, ...]], units: int
) -> None:
    if arrays.keys() != expected.keys():
        raise AuritaError(f"{what} has the weights {sorted(arrays)}; expected {sorted(expected)}")
    for name, array in arrays.items():
        shape = (*expected[name], units)
        if np.shape(array) != shape:
            raise AuritaError(f"{name} of {what} has shape {np.shape(array)}; expected {shape}")
    check_finite(what, list(arrays.values()), LARGEST_WEIGHT)


def _shapes(empty: State, batch: int) -> list[tuple[tuple[int, ...], str]]:
    """Shapes and kinds of the arrays of a state of so many sequences, from that of none: nothing is allocated."""
    return [((*leaf.shape[:-1], batch) if leaf.ndim else (), leaf.dtype.kind) for leaf in leaves(empty)]
