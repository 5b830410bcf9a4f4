"""What units receive while they learn: a batch, run with frozen weights, with the outputs of all sources."""

import numpy as np

from aurita._jax import compiled, jax, jnp
from aurita._typing import Array, Float, Int
from aurita.data.batch import Batch
from aurita.engine.running import record_batches
from aurita.engine.running import recorded as recorded_of
from aurita.engine.scanning import record
from aurita.learning._local_loss import RecordedBatch
from aurita.learning.batches import fed_back
from aurita.learning.settings import Learning
from aurita.reservoir import Reservoir
from aurita.units.lanes import at_steps

_KEPT_NUMBERS = 2**25


def record_batch(
    reservoir: Reservoir, data: Batch, settings: Learning, at: tuple[int, ...] | None = None
) -> RecordedBatch:
    """Run a batch with frozen weights and keep the outputs of all sources."""
    batch, steps, _ = data.inputs.shape
    sources = _recorded(reservoir, data) if data.sources is None else jnp.transpose(data.sources, (2, 1, 0))
    when = jnp.arange(steps)[:, None]
    counted = (when < data.lengths[None, :]) & (when >= settings.washout)
    target = jnp.transpose(data.targets, (2, 1, 0)).reshape(data.targets.shape[2], steps * batch)
    scored = (data.scored.T * (when < data.lengths[None, :])).reshape(-1)
    if at is not None:
        target, scored = at_steps(target, batch, at), at_steps(scored[None], batch, at)[0]
    parts = data.parts
    if parts is not None:
        lanes = jnp.broadcast_to(jnp.transpose(parts, (2, 1, 0)), (parts.shape[2], steps, batch))
        parts = lanes.reshape(parts.shape[2], -1)
    return RecordedBatch(
        sources=jax.lax.stop_gradient(sources).reshape(sources.shape[0], -1),
        counted=counted.astype(jnp.float32).reshape(-1),
        target=target,
        scored=scored,
        batch=batch,
        at=at,
        parts=parts,
    )


@compiled
def _recorded(reservoir: Reservoir, data: Batch) -> Float[Array, "source time batch"]:
    return record(reservoir, jnp.transpose(data.inputs, (1, 2, 0)), fed_back(reservoir, data), data.begins)


def with_sources(reservoir: Reservoir, data: Batch, settings: Learning) -> Batch:
    """Sequences with what all sources say of them, where no unit that is received learns and nothing is cut."""
    batch, steps, _ = data.inputs.shape
    numbers = batch * steps * reservoir.sources.total
    if not reservoir.recurrent or depends_on_learners(reservoir) or settings.segment < steps or numbers > _KEPT_NUMBERS:
        return data
    sources = np.transpose(recorded(reservoir, data), (2, 1, 0))
    return data.replace(sources=np.ascontiguousarray(sources))


def recorded(reservoir: Reservoir, data: Batch) -> Float[np.ndarray, "source time batch"]:
    """Values of all sources of sequences, on the engine that is used."""
    return recorded_of(reservoir, data.inputs, _fed(reservoir, data), data.begins)


def recorded_in_batches(
    reservoir: Reservoir,
    data: Batch,
    late: Int[np.ndarray, "sequence"],
    kept: Int[np.ndarray, "row"],
    into: Float[np.ndarray, "batch row time place"],
) -> None:
    """Values of some sources of sequences, batch by batch, each at the step of its batch at which it begins."""
    record_batches(
        reservoir, data.inputs, _fed(reservoir, data), np.asarray(data.begins), into=into, kept=kept, late=late
    )


def _fed(reservoir: Reservoir, data: Batch) -> Array | None:
    return data.targets if reservoir.feedback and reservoir.feedback == data.targets.shape[2] else None


def without_silent_end(reservoir: Reservoir) -> Reservoir:
    """The reservoir without the last populations that no unit receives; the rows of the other sources are the same.

    Example:
        >>> from aurita import AttentionUnit, EchoUnit, Population
        >>> echoes = Population(unit=EchoUnit(slots=9), units=1, passage="mixed", afferents="all", receives="inputs")
        >>> learners = Population(unit=AttentionUnit(slots=2), units=50, receives="earlier")
        >>> without_silent_end(Reservoir.build([echoes, learners], inputs=1)).sources.total
        10
    """
    *received, feedback = reservoir.connected
    count = max((number for number, one in enumerate(received, start=1) if one), default=0)
    if reservoir.feedback or count == len(received):
        return reservoir
    return reservoir.replace(
        populations=reservoir.populations[:count],
        wiring=reservoir.wiring[:count],
        weights=reservoir.weights[:count],
        connected=(*received[:count], feedback),
    )


def depends_on_learners(reservoir: Reservoir) -> bool:
    """Whether any unit receives one that learns, so that what it receives changes as others learn."""
    recording = zip(reservoir.connected[:-1], reservoir.populations, strict=True)
    return any(received and population.learns_by != "nothing" for received, population in recording)
