"""Alignment: passages follow the units that they hear, so that listeners keep hearing the language they learnt.

A unit that learns changes what it says. Least squares map its new outputs back to its old ones, over what it heard
before it learnt: `old = A new + c`. A listener that hears `P old + b` then hears the same through `P A` and `P c + b`.
The map is a unit's own affair, and nothing but the map reaches its listeners. Beside it the drift: how far what units
hear has moved.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from aurita._jax import compiled, jax, jnp
from aurita._typing import Array, Float, Int
from aurita.engine.scanning import record
from aurita.errors import AuritaError
from aurita.learning.local_loss import RecordedBatch, unit_inputs
from aurita.learning.passage import Masks
from aurita.reservoir import Population, Reservoir, Weights
from aurita.reservoir.checks import checked_inputs


class OutputMoments(NamedTuple):
    """What all units of one population say before and after they learn, over what they heard before.

    Attributes:
        before: means of the outputs.
        after: means of the new outputs.
        gram: covariance of the new outputs.
        cross: covariance of new and old outputs, new ones first.
        moved: largest difference of an output.
    """

    before: Float[Array, "unit slot"]
    after: Float[Array, "unit slot"]
    gram: Float[Array, "unit slot slot"]
    cross: Float[Array, "unit slot slot"]
    moved: Float[Array, "unit"]


def drift(
    before: Reservoir,
    after: Reservoir,
    inputs: Float[np.ndarray, "batch time input"],
    *,
    lengths: Int[np.ndarray, "batch"] | None = None,
) -> Float[np.ndarray, "unit"]:
    """How far what each unit hears has moved: the mean square difference over the variance that it had.

    One minus this is the share R^2 of what a unit hears now that it would have known from what it heard before.

    Args:
        before: a reservoir.
        after: the same reservoir later; other passages and other numbers of afferents are allowed.
        inputs: sequences that both hear, padded at their ends. Feedback is silent.
        lengths: steps of each sequence.

    Returns:
        One number a unit: 0 where nothing moved, about 2 for something unrelated of the same variance. Infinite where
        a unit heard a constant and now does not.

    Raises:
        AuritaError: inputs that do not fit, or two reservoirs that do not have the same units.

    Example:
        >>> import numpy as np
        >>> from aurita import AttentionUnit, Population, Reservoir
        >>> reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=2), units=3)], inputs=1)
        >>> drift(reservoir, reservoir, np.ones((1, 20, 1))).tolist()
        [0.0, 0.0, 0.0]
    """
    inputs, lengths = _both(before, after, inputs, lengths)
    old, counted = _recorded(before, inputs, lengths)
    new, _ = _recorded(after, inputs, lengths)
    moved, size = (
        np.asarray(value, np.float64) for value in _differences(before, after, old, new, counted, len(inputs))
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(moved == 0, 0.0, moved / size)


def aligned(
    before: Reservoir,
    after: Reservoir,
    inputs: Float[np.ndarray, "batch time input"],
    *,
    lengths: Int[np.ndarray, "batch"] | None = None,
    ridge: float = 1e-6,
) -> Reservoir:
    """The reservoir `after`, with passages through which units hear what they heard `before`, as far as can be.

    Args:
        before: the reservoir before its units learnt.
        after: the same one when they have.
        inputs: sequences over which new outputs are mapped to old ones. Feedback is silent.
        lengths: steps of each sequence.
        ridge: penalty of the maps, relative to the mean variance of the new outputs.

    Raises:
        AuritaError: inputs that do not fit, two reservoirs that do not have the same units, or wired units that hear
            units that learn.

    Example:
        >>> import numpy as np
        >>> from aurita import AttentionUnit, Learning, Population, Reservoir, learn
        >>> units = Population(unit=AttentionUnit(slots=2), units=4, passage="mixed", afferents="all")
        >>> before, wave = Reservoir.build([units], inputs=1), np.sin(np.arange(200) / 4)[None, :, None]
        >>> after, _ = learn(before, wave, Learning(steps=3))
        >>> followed = aligned(before, after, wave)
        >>> bool(drift(before, followed, wave).mean() < drift(before, after, wave).mean() / 2)
        True
    """
    inputs, lengths = _both(before, after, inputs, lengths)
    refuse_wired_listeners(after)
    sources, counted = _recorded(before, inputs, lengths)
    none = jnp.zeros((0, sources.shape[1]))
    return realigned(before, after, RecordedBatch(sources, counted, none, counted, len(inputs)), ridge=ridge)


def realigned(
    before: Reservoir, after: Reservoir, recording: RecordedBatch, *, masks: Masks | None = None, ridge: float = 1e-6
) -> Reservoir:
    """`aligned` over a batch recorded from the reservoir before; pruned passages change where their masks are true."""
    found = [None if m is None else OutputMoments(*map(np.asarray, m)) for m in _moments(before, after, recording)]
    if not any(m is not None and m.moved.any() for m in found):
        return after
    owner, slot = after.sources.owner(), _slots(after)
    speakers = [(m, unit) for m, p in zip(found, after.populations, strict=True) for unit in range(p.units)]
    weights = []
    for number, (wiring, own) in enumerate(zip(after.wiring, after.weights, strict=True)):
        if not own.passage:
            weights.append(own)
            continue
        matrix, bias = (np.array(own.passage[name], np.float64) for name in ("matrix", "bias"))
        mask = None if masks is None else masks[number]
        for unit, afferents in enumerate(np.asarray(wiring).T):
            said_by = owner[afferents] if mask is None else np.where(mask[:, unit], owner[afferents], -1)
            for speaker in np.unique(said_by[said_by >= 0]):
                moments, place = speakers[speaker]
                if moments is None or not moments.moved[place]:
                    continue
                heard_of_it = np.flatnonzero(said_by == speaker)
                back, shift = _map_back(moments, place, slot[afferents[heard_of_it]], ridge)
                bias[:, unit] += matrix[:, heard_of_it, unit] @ shift
                matrix[:, heard_of_it, unit] = matrix[:, heard_of_it, unit] @ back
        passage = {"matrix": jnp.asarray(matrix, jnp.float32), "bias": jnp.asarray(bias, jnp.float32)}
        weights.append(own.replace(passage=passage))
    return after.replace(weights=tuple(weights))


def refuse_wired_listeners(reservoir: Reservoir) -> None:
    """Raise `AuritaError` where a unit that learns is heard by one that has no passage to follow it with."""
    learns = [p.learns_by == "gradient" for p in reservoir.populations for _ in range(p.units)]
    owner = reservoir.sources.owner()
    for number, (population, wiring) in enumerate(zip(reservoir.populations, reservoir.wiring, strict=True)):
        recording = np.unique(owner[np.asarray(wiring)])
        if population.passage == "wired" and any(learns[unit] for unit in recording if unit >= 0):
            raise AuritaError(
                f"the units of population {number} are wired to units that learn, and have no passage that could be "
                "aligned; use passage='mixed' or 'learned', or Passages(aligned=False)"
            )


def _map_back(
    moments: OutputMoments, unit: int, slots: Int[np.ndarray, "heard"], ridge: float
) -> tuple[Float[np.ndarray, "heard heard"], Float[np.ndarray, "heard"]]:
    """`old = back @ new + shift` for those outputs of a unit that its listener hears."""
    gram, cross = (np.asarray(m[unit][np.ix_(slots, slots)], np.float64) for m in (moments.gram, moments.cross))
    variance = np.trace(gram) / len(slots)
    # Float32 has nothing to say of what varies by less than a millionth of its size.
    size = variance + np.square(np.float64(moments.after[unit][slots])).mean()
    penalty = ridge * variance + 1e-12 * size or 1.0
    back = np.linalg.solve(gram + penalty * np.eye(len(slots)), cross).T
    return back, moments.before[unit][slots] - back @ moments.after[unit][slots]


def _slots(reservoir: Reservoir) -> Int[np.ndarray, "source"]:
    """Which output of its unit each source is; 0 for others."""
    found = np.zeros(reservoir.sources.total, int)
    for number, (_, slots) in enumerate(reservoir.sources.populations):
        found[reservoir.sources.outputs_of(number)] = np.arange(slots)[:, None]
    return found


def _both(before: Reservoir, after: Reservoir, inputs: object, lengths: object) -> tuple[np.ndarray, np.ndarray]:
    if before.sources != after.sources:
        raise AuritaError(
            f"the reservoirs have sources {before.sources} and {after.sources}; expected the same reservoir twice, "
            "before and after it learnt"
        )
    return checked_inputs(before, inputs, lengths)


@compiled
def _recorded(
    reservoir: Reservoir, inputs: np.ndarray, lengths: np.ndarray
) -> tuple[Float[Array, "source time*batch"], Float[Array, "time*batch"]]:
    batch, steps, _ = inputs.shape
    begins = jnp.zeros(batch, jnp.int32)
    sources = record(reservoir, jnp.transpose(jnp.asarray(inputs), (1, 2, 0)), None, begins)
    counted = jnp.arange(steps)[:, None] < jnp.asarray(lengths)[None, :]
    return sources.reshape(sources.shape[0], -1), counted.astype(jnp.float32).reshape(-1)


@compiled
def _differences(
    before: Reservoir, after: Reservoir, old: Array, new: Array, counted: Array, batch: int
) -> tuple[Float[Array, "unit"], Float[Array, "unit"]]:
    """Sums over slots and steps: squared differences of what units hear, and squared deviations before."""
    none = jnp.zeros((0, counted.shape[0]))
    moved, sizes = [], []
    for i in range(len(before.populations)):

        def compare(given: tuple[Weights, Array, Weights, Array]) -> tuple[Array, Array]:
            weights, afferents, later, later_afferents = given
            first = unit_inputs(weights, afferents, RecordedBatch(old, counted, none, counted, batch))
            second = unit_inputs(later, later_afferents, RecordedBatch(new, counted, none, counted, batch))
            mean = (first * counted).sum(1, keepdims=True) / counted.sum()
            return ((second - first) ** 2 * counted).sum(), ((first - mean) ** 2 * counted).sum()

        given = (_by_unit(before.weights[i]), before.wiring[i].T, _by_unit(after.weights[i]), after.wiring[i].T)
        difference, size = jax.lax.map(compare, given)
        moved.append(difference)
        sizes.append(size)
    return jnp.concatenate(moved), jnp.concatenate(sizes)


@compiled
def _moments(before: Reservoir, after: Reservoir, recording: RecordedBatch) -> list[OutputMoments | None]:
    found: list[OutputMoments | None] = []
    for i, population in enumerate(before.populations):
        if population.learns_by != "gradient" or not before.connected[i]:
            found.append(None)
            continue
        given = (_by_unit(before.weights[i]), before.wiring[i].T, _by_unit(after.weights[i]), after.wiring[i].T)
        found.append(jax.lax.map(partial(_compare, population, recording), given))
    return found


def _compare(
    population: Population, recording: RecordedBatch, given: tuple[Weights, Array, Weights, Array]
) -> OutputMoments:
    weights, afferents, later, later_afferents = given

    def says(weights: Weights, afferents: Array) -> Float[Array, "slot lane"]:
        response, _, _ = population.unit.respond(
            weights.unit, unit_inputs(weights, afferents, recording), recording.batch
        )
        return response.output

    old, new, counted = says(weights, afferents), says(later, later_afferents), recording.counted
    size = jnp.maximum(counted.sum(), 1.0)
    old_mean, new_mean = (old * counted).sum(1) / size, (new * counted).sum(1) / size
    # Centred before they are multiplied, or single precision would lose what varies little.
    old_part, new_part = old - old_mean[:, None], (new - new_mean[:, None]) * counted
    gram = new_part @ (new - new_mean[:, None]).T / size
    return OutputMoments(old_mean, new_mean, gram, new_part @ old_part.T / size, jnp.abs(new - old).max())


def _by_unit(weights: Weights) -> Weights:
    return jax.tree.map(lambda leaf: jnp.moveaxis(leaf, -1, 0), weights)
