"""Batches to learn from: sequences drawn at random, long ones in random segments."""

from typing import Any

import numpy as np

from aurita._jax import jax, jnp
from aurita._typing import Array, Float, Int
from aurita._words import counted
from aurita.data.batch import MANY, Batch
from aurita.data.held_out import class_of_each, drawn_apart
from aurita.errors import AuritaError
from aurita.learning.settings import Learning
from aurita.reservoir import Reservoir
from aurita.reservoir.checks import checked_inputs, numbers

# Windows of some steps pay where they are few: those of all share what they have in common.
_SPARSE = 4


def as_data(
    reservoir: Reservoir,
    inputs: object,
    lengths: object,
    targets: Any,
    scored: object,
    *,
    needs_targets: bool,
) -> Batch:
    """What units are to learn from, checked, as float32; a whole `Batch` in place of `inputs` has the rest with it.

    Raises:
        AuritaError: shapes that do not fit, NaN, or targets missing that the objective needs.
    """
    if isinstance(inputs, Batch):
        lengths = inputs.lengths if lengths is None else lengths
        if needs_targets:
            targets, scored = inputs.targets, inputs.scored
        inputs = inputs.inputs
    inputs, lengths = checked_inputs(reservoir, inputs, lengths)
    batch, steps, _ = inputs.shape
    if needs_targets and targets is None:
        raise AuritaError("the objective needs the broadcast target and no targets were given; pass targets=(B, T, O)")
    if needs_targets and not reservoir.targets:
        raise AuritaError(
            f"the units have no heads for a target; build the reservoir with targets={np.asarray(targets).shape[-1]}"
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
    return Batch(inputs, lengths.astype(np.int32), targets, scored, begins)


def fed_back(reservoir: Reservoir, data: Batch) -> Float[Array, "time target batch"] | None:
    """The target as the reservoir's feedback, where it has as many channels of it."""
    if not reservoir.feedback or reservoir.feedback != data.targets.shape[2]:
        return None
    return jnp.transpose(data.targets, (1, 2, 0))


def draw(data: Batch, settings: Learning, key: Array) -> Batch:
    """A random batch, every sequence cut to a random segment if it is longer than one."""
    count, longest, _ = data.inputs.shape
    size = min(settings.segment, longest)
    which_key, start_key = jax.random.split(key)
    if size == longest:
        if settings.batch >= count:
            return data
        return data.rows(jax.random.choice(which_key, count, (settings.batch,), replace=False))
    which = jax.random.randint(which_key, (settings.batch,), 0, count)
    room = jnp.maximum(data.lengths[which] - size, 0)
    return cut_out(data, settings, which, jax.random.randint(start_key, which.shape, 0, room + 1))


def cut_out(data: Batch, settings: Learning, which: Int[Array, "batch"], starts: Int[Array, "batch"]) -> Batch:
    """The batch of these sequences, cut to segments from these steps on where they are longer than one."""
    count, longest, _ = data.inputs.shape
    size = min(settings.segment, longest)
    if size == longest:
        return data if settings.batch >= count else data.rows(which)
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
    return Batch(cut(data.inputs), remaining, cut(data.targets), cut(data.scored), begins, parts=parts)


def scored_steps(data: Batch, settings: Learning, objectives: set[str]) -> tuple[int, ...] | None:
    """The only steps at which the objectives score; None where they are many, or where segments move them."""
    steps = data.scored.shape[1]
    if not objectives <= {"target", "frozen"} or settings.segment < steps:
        return None
    at = np.flatnonzero(np.asarray(data.scored).any(axis=0))
    return tuple(at.tolist()) if 0 < _SPARSE * len(at) <= steps else None


def hold_out(data: Batch, fraction: float, seed: int = 0) -> tuple[Batch, Batch]:
    """Some sequences, drawn from every class alike, or where there are few the last part of each one's time, apart."""
    count, steps, _ = data.inputs.shape
    if count >= MANY:
        mask = drawn_apart(count, fraction, seed, class_of_each(np.asarray(data.targets), np.asarray(data.scored)))
        return data.rows(np.flatnonzero(~mask)), data.rows(np.flatnonzero(mask))
    kept = steps - max(1, round(fraction * steps))
    if kept < 2 or steps - kept < 2:
        raise AuritaError(
            f"{counted(count, 'sequence')} of {counted(steps, 'step')}: too few to hold out {fraction:.0%}; use "
            "stopping=None"
        )
    early = Batch(
        data.inputs[:, :kept],
        np.minimum(data.lengths, kept),
        data.targets[:, :kept],
        data.scored[:, :kept],
        data.begins,
    )
    late = Batch(
        data.inputs[:, kept:],
        np.maximum(data.lengths - kept, 0),
        data.targets[:, kept:],
        data.scored[:, kept:],
        data.begins + kept,
    )
    return early, late
