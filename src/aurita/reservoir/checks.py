"""What a run takes at its door: arrays of the right shapes, finite, and a state of the same reservoir."""

import numpy as np

from aurita._jax import in_double
from aurita._tree import layout, leaves
from aurita._typing import Float, Int
from aurita._words import counted
from aurita.errors import AuritaError
from aurita.reservoir import Reservoir, State

MOST_NUMBERS = 500_000_000
"""Inputs of all generated steps, at most."""


def checked_inputs(
    reservoir: Reservoir, inputs: object, lengths: object
) -> tuple[Float[np.ndarray, "batch time input"], Int[np.ndarray, "batch"]]:
    """Inputs and lengths as a reservoir runs them.

    Raises:
        AuritaError: they are no numbers, not finite, or do not fit the reservoir.

    Example:
        >>> from aurita import EchoUnit, Population, Reservoir
        >>> reservoir = Reservoir.build([Population(unit=EchoUnit(), units=3)], inputs=2)
        >>> inputs, lengths = checked_inputs(reservoir, [[[1, 2], [3, 4]]], None)
        >>> inputs.shape, lengths.tolist()
        ((1, 2, 2), [2])
    """
    inputs = numbers("inputs", inputs)
    if inputs.ndim != 3 or inputs.shape[2] != reservoir.inputs or 0 in inputs.shape:
        expected = f"(sequences, steps, {counted(reservoir.inputs, 'channel')}), none empty"
        raise AuritaError(f"inputs have shape {inputs.shape}; expected {expected}{_likely(inputs.shape, reservoir)}")
    if not np.isfinite(inputs).all():
        raise AuritaError(
            "inputs hold NaN or infinite values, or values too large for float32; fill, drop or scale them first "
            "(padding too must be finite)"
        )
    batch, total, _ = inputs.shape
    lengths = np.full(batch, total) if lengths is None else np.asarray(lengths)
    if lengths.shape != (batch,) or not np.issubdtype(lengths.dtype, np.integer):
        raise AuritaError(f"lengths have shape {lengths.shape} and type {lengths.dtype}; expected {batch} integers")
    if lengths.min() < 1 or lengths.max() > total:
        raise AuritaError(
            f"lengths run from {lengths.min()} to {lengths.max()}; expected 1 to {total}, the padded length"
        )
    return inputs, lengths


def checked_teacher(
    reservoir: Reservoir, teacher: object, batch: int, steps: int
) -> Float[np.ndarray, "batch time feedback"] | None:
    """What is fed back, or nothing where the reservoir receives no feedback.

    Raises:
        AuritaError: it is no numbers, not finite, or does not fit the reservoir.
    """
    expected = (batch, steps, reservoir.feedback)
    if teacher is None:
        return np.zeros(expected, np.float32) if reservoir.feedback else None
    teacher = numbers("teacher", teacher)
    if teacher.shape != expected:
        raise AuritaError(f"teacher has shape {teacher.shape}; expected {expected}")
    if not np.isfinite(teacher).all():
        raise AuritaError("teacher holds NaN or infinite values; fill them, for example with zeros")
    return teacher


def checked_state(reservoir: Reservoir, state: State | None, batch: int) -> State:
    """The state to start from, a fresh one by default.

    Raises:
        AuritaError: it is of another reservoir, or of another number of sequences.
    """
    fresh = reservoir.initial_state(batch)
    if state is None:
        return fresh
    if np.shape(state.steps) != (batch,):
        known = counted(int(np.size(state.steps)), "sequence")
        raise AuritaError(f"the state is of {known} and {batch} were given; carry on with as many")
    given, expected = (
        [(np.shape(leaf), getattr(leaf, "dtype", None)) for leaf in leaves(some)] for some in (state, fresh)
    )
    if layout(state) != layout(fresh) or given != expected:
        raise AuritaError("the state is of another reservoir; start from a state that a run of this one returned")
    return state


def checked_generation(
    reservoir: Reservoir,
    width: int,
    coefficients: object,
    intercept: object,
    first: object,
    steps: int,
    covariates: object,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Readout, first predictions and covariates of a closed loop.

    Args:
        width: features of a step.
        coefficients, intercept, first, steps, covariates: as `generate` takes them.

    Raises:
        AuritaError: shapes that do not fit each other or the reservoir.
    """
    coefficients, intercept = numbers("coefficients", coefficients), numbers("intercept", intercept)
    first = numbers("first", first)
    if first.ndim != 2 or not 1 <= first.shape[1] <= reservoir.inputs:
        raise AuritaError(f"first has shape {first.shape}; expected (sequences, outputs), one or more of the inputs")
    batch, outputs = first.shape
    if coefficients.shape != (width, outputs) or intercept.shape != (outputs,):
        raise AuritaError(
            f"coefficients have shape {coefficients.shape} and intercept {intercept.shape}; expected "
            f"{(width, outputs)} and {(outputs,)}: features by outputs"
        )
    if reservoir.feedback not in (0, outputs):
        raise AuritaError(f"the readout has {outputs} outputs and the reservoir receives {reservoir.feedback} fed back")
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 1:
        raise AuritaError(f"steps is {steps!r}; expected a whole number, at least 1")
    if steps * batch * reservoir.inputs > MOST_NUMBERS:
        raise AuritaError(
            f"steps is {steps}, of {batch} sequences and {reservoir.inputs} inputs each; expected at most "
            f"{MOST_NUMBERS:,} numbers in all: generate fewer steps at once"
        )
    expected = (batch, steps, reservoir.inputs - outputs)
    covariates = np.zeros((batch, steps, 0), np.float32) if covariates is None else numbers("covariates", covariates)
    if covariates.shape != expected:
        raise AuritaError(
            f"covariates have shape {covariates.shape}; expected {expected}: the inputs that are not predicted"
        )
    return coefficients, intercept, first, covariates


def numbers(name: str, values: object) -> Float[np.ndarray, "..."]:
    """Values as float32, float64 where JAX is set to double precision, or an `AuritaError` that names them."""
    try:
        with np.errstate(over="ignore"):
            return np.asarray(values, np.float64 if in_double() else np.float32)
    except (TypeError, ValueError):
        raise AuritaError(
            f"{name} are no regular array of numbers; give one float array, sequences padded to one length"
        ) from None


def _likely(shape: tuple[int, ...], reservoir: Reservoir) -> str:
    """What to do about inputs whose axes stand in another order, or of which one is missing."""
    if 0 in shape:
        return ""
    if len(shape) == 3 and shape[1] == reservoir.inputs:
        return ": of (sequences, channels, steps) pass np.swapaxes(inputs, 1, 2)"
    if len(shape) == 2 and shape[1] == reservoir.inputs:
        return ": of one sequence pass inputs[None]"
    if len(shape) == 2 and reservoir.inputs == 1:
        return ": of one channel pass inputs[..., None]"
    if len(shape) == 1 and reservoir.inputs == 1:
        return ": of one sequence of one channel pass inputs[None, :, None]"
    return ""
