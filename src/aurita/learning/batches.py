"""Batches to learn from: sequences drawn at random, long ones in random segments."""

from typing import Any, NamedTuple

import numpy as np

from aurita._jax import jax, jnp
from aurita._typing import Array, Bool, Float, Int
from aurita.errors import AuritaError
from aurita.learning.apart import class_of_each, drawn_apart
from aurita.learning.settings import Learning
from aurita.reservoir import Reservoir
from aurita.reservoir.checks import checked_inputs, numbers

# Windows of some steps pay where they are few: those of all share what they have in common.
_SPARSE = 4
# With fewer sequences than this, time is held out.
_MANY = 10


class Data(NamedTuple):
    """Padded sequences, or segments that begin at some step of one.

    Attributes:
        inputs: external channels.
        lengths: steps of each sequence.
        targets: what is broadcast; no channels where nothing is.
        scored: weights of the steps.
        begins: steps at which segments were cut from longer sequences.
        sources: what all sources said, where that stays the same while units learn; otherwise None.
        parts: what each unit learns from, for whole sequences or for their steps; None: from everything.
    """

    inputs: Float[Array, "batch time input"]
    lengths: Int[Array, "batch"]
    targets: Float[Array, "batch time target"]
    scored: Float[Array, "batch time"]
    begins: Int[Array, "batch"]
    sources: Float[Array, "batch time source"] | None = None
    parts: Bool[Array, "batch step unit"] | None = None

    def of(self, rows: Any) -> "Data":
        """Some of the sequences, whole."""
        return Data(*(None if array is None else array[rows] for array in self))


def as_data(reservoir: Reservoir, inputs: Any, lengths: Any, targets: Any, scored: Any, *, needs_targets: bool) -> Data:
    """Checked arrays.

    Raises:
        AuritaError: shapes that do not fit, NaN, or targets missing that the objective needs.
    """
    inputs, lengths = checked_inputs(reservoir, inputs, lengths)
    batch, steps, _ = inputs.shape
    if needs_targets and targets is None:
        raise AuritaError("the objective needs the broadcast target and no targets were given; pass targets=(B, T, O)")
    if needs_targets and not reservoir.targets:
        raise AuritaError(
            f"the units have no heads for a target; build the reservoir with targets={np.shape(targets)[-1]}"
        )
    targets = numbers("targets", np.zeros((batch, steps, 0)) if targets is None else targets)
    expected = (batch, steps, reservoir.targets if needs_targets else targets.shape[-1] if targets.ndim else 0)
    if targets.shape != expected:
        raise AuritaError(f"targets have shape {targets.shape}; expected {expected}: one row of channels for each step")
    scored = numbers("scored", np.ones((batch, steps)) if scored is None else scored)
    if scored.shape != (batch, steps):
        raise AuritaError(f"scored has shape {scored.shape}; expected {(batch, steps)}: one number for each step")
    if not (np.isfinite(scored) & (scored >= 0)).all():
        raise AuritaError("scored holds negative, NaN or infinite values; expected true or false, or weights")
    if not np.isfinite(np.where(scored[..., None] > 0, targets, 0.0)).all():
        raise AuritaError("targets hold NaN or infinite values at scored steps; fill them or do not score those steps")
    targets = np.nan_to_num(targets, posinf=0.0, neginf=0.0)
    begins = np.zeros(batch, np.int32)
    inputs, targets, scored = (np.ascontiguousarray(array, np.float32) for array in (inputs, targets, scored))
    return Data(inputs, lengths.astype(np.int32), targets, scored, begins)


def fed_back(reservoir: Reservoir, data: Data) -> Float[Array, "time target batch"] | None:
    """The target as the reservoir's feedback, where it has as many channels of it."""
    if not reservoir.feedback or reservoir.feedback != data.targets.shape[2]:
        return None
    return jnp.transpose(data.targets, (1, 2, 0))


def draw(data: Data, settings: Learning, key: Array) -> Data:
    """A random batch, every sequence cut to a random segment if it is longer than one."""
    count, longest, _ = data.inputs.shape
    size = min(settings.segment, longest)
    which_key, start_key = jax.random.split(key)
    if size == longest:
        if settings.batch >= count:
            return data
        return data.of(jax.random.choice(which_key, count, (settings.batch,), replace=False))
    which = jax.random.randint(which_key, (settings.batch,), 0, count)
    room = jnp.maximum(data.lengths[which] - size, 0)
    return cut_out(data, settings, which, jax.random.randint(start_key, which.shape, 0, room + 1))


def cut_out(data: Data, settings: Learning, which: Int[Array, "batch"], starts: Int[Array, "batch"]) -> Data:
    """The batch of these sequences, cut to segments from these steps on where they are longer than one."""
    count, longest, _ = data.inputs.shape
    size = min(settings.segment, longest)
    if size == longest:
        return data if settings.batch >= count else data.of(which)
    lengths = data.lengths[which]

    def cut(array: Array) -> Array:
        rest = (0,) * (array.ndim - 2)
        segment = (1, size, *array.shape[2:])
        return jax.vmap(lambda w, s: jax.lax.dynamic_slice(array, (w, s, *rest), segment)[0])(which, starts)

    remaining = jnp.minimum(lengths - starts, size)
    parts = data.parts
    if parts is not None:
        parts = cut(parts) if parts.shape[1] > 1 else parts[which]
    begins = data.begins[which] + starts
    return Data(cut(data.inputs), remaining, cut(data.targets), cut(data.scored), begins, parts=parts)


def asked(data: Data, settings: Learning, objectives: set[str]) -> tuple[int, ...] | None:
    """The only steps at which the objectives judge; None where they are many, or where segments move them."""
    steps = data.scored.shape[1]
    if not objectives <= {"target", "frozen"} or settings.segment < steps:
        return None
    at = np.flatnonzero(np.asarray(data.scored).any(axis=0))
    return tuple(at.tolist()) if 0 < _SPARSE * len(at) <= steps else None


def hold_out(data: Data, fraction: float, seed: int = 0) -> tuple[Data, Data]:
    """Some sequences, drawn from every class alike, or where there are few the last part of each one's time, apart."""
    count, steps, _ = data.inputs.shape
    if count >= _MANY:
        mask = drawn_apart(count, fraction, seed, class_of_each(np.asarray(data.targets), np.asarray(data.scored)))
        return data.of(np.flatnonzero(~mask)), data.of(np.flatnonzero(mask))
    kept = steps - max(1, round(fraction * steps))
    if kept < 2 or steps - kept < 2:
        raise AuritaError(
            f"{count} sequences of {steps} steps are too few to hold out {fraction:.0%}; use stopping=None"
        )
    early = Data(
        data.inputs[:, :kept],
        np.minimum(data.lengths, kept),
        data.targets[:, :kept],
        data.scored[:, :kept],
        data.begins,
    )
    late = Data(
        data.inputs[:, kept:],
        np.maximum(data.lengths - kept, 0),
        data.targets[:, kept:],
        data.scored[:, kept:],
        data.begins + kept,
    )
    return early, late
