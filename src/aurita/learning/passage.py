"""Passages of few afferents: while it learns, a unit prunes those that it hardly uses.

Now and then the afferents go that a unit's own loss would miss least (Mozer & Smolensky 1989, "Skeletonization"), as
many as a cubic has it (Zhu & Gupta 2017, "To prune, or not to prune"). At the end the passage is cut down to a wiring
of the afferents that are left. All of it is a unit's own business.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from aurita._jax import compiled, jax, jnp
from aurita._typing import Array, Bool, Float
from aurita.errors import AuritaError
from aurita.learning._local_loss import RecordedBatch, local_loss
from aurita.learning.settings import Learning
from aurita.reservoir import Population, Reservoir, Weights
from aurita.reservoir.wiring import connected_parts, distances
from aurita.units.unit import at_least

Mask = Bool[np.ndarray, "afferent unit"]
Masks = tuple[Mask | None, ...]
Ranks = Float[np.ndarray, "afferent unit"]


def unused_inputs(reservoir: Reservoir) -> list[int]:
    """External inputs, the clock aside, that no unit receives.

    Example:
        >>> from aurita import AttentionUnit, Population, Reservoir
        >>> unused_inputs(Reservoir.build([Population(unit=AttentionUnit(slots=2), units=4)], inputs=3))
        []
    """
    received = np.concatenate([np.ravel(array) for array in reservoir.wiring])
    return np.setdiff1d(np.arange(reservoir.inputs), received).tolist()


def prunable(reservoir: Reservoir, fan_in: int) -> Masks:
    """Who receives what before anything is pruned.

    Returns:
        Per population a mask `(afferent, unit)`, all true, of what its units receive through a learned passage; None
        where they receive no more than `fan_in` sources, or none through such a passage.

    Raises:
        AuritaError: there is no such population.
    """
    at_least("fan_in", fan_in, 1)
    masks: list[Mask | None] = []
    for population, wiring in zip(reservoir.populations, reservoir.wiring, strict=True):
        learns = population.passage == "learned" and population.learns_by == "gradient"
        masks.append(np.ones(wiring.shape, bool) if learns and len(wiring) > fan_in else None)
    if all(mask is None for mask in masks):
        raise AuritaError(
            f"fan_in is {fan_in} and no population that learns receives more sources than that through a learned "
            "passage; use passage='learned' with afferents='all', or leave fan_in out"
        )
    return tuple(masks)


def compacted(reservoir: Reservoir, masks: Masks) -> Reservoir:
    """A reservoir with the afferents that its masks leave, and no others; what they leave out has weights of zero.

    Raises:
        AuritaError: units of one population that are left different numbers of afferents.
    """
    populations, wirings, weights = list(reservoir.populations), list(reservoir.wiring), list(reservoir.weights)
    for i, mask in enumerate(masks):
        if mask is None:
            continue
        counts = mask.sum(0)
        if counts.min() != counts.max() or not counts.min():
            raise AuritaError(f"the units of population {i} are left {counts.min()} to {counts.max()} afferents")
        count, units = int(counts[0]), np.arange(mask.shape[1])
        places = np.stack([np.flatnonzero(mask[:, unit]) for unit in units], axis=1)
        # Who lost some of what it received beside its partner receives no fixed number of sources any more.
        receives = "earlier" if populations[i].receives == "partner" else populations[i].receives
        populations[i] = replace(populations[i], afferents=count, receives=receives)
        wirings[i] = np.take_along_axis(np.asarray(wirings[i]), places, axis=0).astype(np.int32)
        matrix = np.take_along_axis(np.asarray(weights[i].passage["matrix"]), places[None], axis=1)
        weights[i] = weights[i].replace(passage={**weights[i].passage, "matrix": np.asarray(matrix)})
    return _rewoven(reservoir, populations, wirings, weights)


def afferents_left(start: int, fan_in: int, part: float) -> int:
    """How many afferents a unit has when this part of the pruning is over: a cubic from `start` down to `fan_in`.

    Example:
        >>> [afferents_left(18, 6, part) for part in (0.0, 0.5, 1.0)]
        [18, 8, 6]
    """
    return fan_in + max(0, math.ceil((start - fan_in) * (1 - min(part, 1.0)) ** 3))


def pruned(
    reservoir: Reservoir, masks: Masks, importance: tuple[Ranks | None, ...], fan_in: int, *, part: float
) -> Masks:
    """Masks after some afferents were pruned; every external input stays received where it can.

    Args:
        masks: what units receive.
        importance: what to keep first.
        fan_in: afferents at the end.
        part: of the pruning that is over, 1 at its end.
    """
    found: list[Mask | None] = []
    for mask, value in zip(masks, importance, strict=True):
        if mask is None or value is None:
            found.append(None)
            continue
        count = afferents_left(len(mask), fan_in, part)
        found.append(_largest(np.where(mask, value, -np.inf), count) & mask)
    _cover_inputs(reservoir, masks, found, importance)
    return tuple(found)


@compiled
def importance(
    reservoir: Reservoir, recording: RecordedBatch, settings: Learning, key: Array
) -> tuple[Array | None, ...]:
    """How much each unit's loss would rise without each of its afferents, `(afferent, unit)` per population.

    None where there is no passage that learns.
    """
    means = (recording.sources * recording.counted).sum(1) / jnp.maximum(recording.counted.sum(), 1.0)
    found: list[Array | None] = []
    for population, wiring, weights in zip(reservoir.populations, reservoir.wiring, reservoir.weights, strict=True):
        if population.passage != "learned" or population.learns_by != "gradient":
            found.append(None)
            continue
        loss = partial(local_loss, population=population, recording=recording, settings=settings, key=key)
        by_unit = (jax.tree.map(lambda leaf: jnp.moveaxis(leaf, -1, 0), weights), wiring.T)
        found.append(jax.lax.map(lambda given, loss=loss: _rise_without(given[0], given[1], means, loss), by_unit).T)
    return tuple(found)


def spaces(reservoir: Reservoir, masks: Masks | None) -> Float[np.ndarray, "unit unit"]:
    """Graph distances over what units receive."""
    wirings = [np.asarray(array) for array in reservoir.wiring]
    none: Masks = (None,) * len(wirings)
    # An external input connects no units, so it fills the place of what is not received.
    recording = [w if mask is None else np.where(mask, w, 0) for w, mask in zip(wirings, masks or none, strict=True)]
    return distances(reservoir.sources, tuple(recording))


def _rise_without(
    weights: Weights, afferents: Array, means: Float[Array, "source"], loss: Callable[..., Array]
) -> Float[Array, "afferent"]:
    """How much one unit's loss rises when all that it receives of an afferent is its mean, for each of them."""
    matrix, bias = weights.passage["matrix"], weights.passage["bias"]

    def without(k: Array) -> Array:
        passage = {"matrix": matrix.at[:, k].set(0.0), "bias": bias + matrix[:, k] * means[afferents[k]]}
        return loss(weights.replace(passage=passage), afferents=afferents)

    return jax.lax.map(without, jnp.arange(len(afferents))) - loss(weights, afferents=afferents)


def _largest(ranks: Ranks, count: int) -> Mask:
    """The `count` largest of every column; of equals the first."""
    order = np.argsort(-ranks, axis=0, kind="stable")
    place = np.argsort(order, axis=0, kind="stable")
    return place < count


def _cover_inputs(
    reservoir: Reservoir, before: Masks, masks: list[Mask | None], importance: tuple[Ranks | None, ...]
) -> None:
    """Give every external input that nobody receives any more back to the unit that would miss it most.

    That unit gives up its least important afferent, but none that is received by it alone. The clock may fall silent.
    """
    wirings = [np.asarray(array) for array in reservoir.wiring]
    for missing in range(reservoir.inputs):
        received = [w.ravel() if mask is None else w[mask] for w, mask in zip(wirings, masks, strict=True)]
        counts = np.bincount(np.concatenate(received), minlength=reservoir.sources.total)
        if counts[missing]:
            continue
        sole = (counts == 1) & (np.arange(len(counts)) < reservoir.inputs)
        offers: list[tuple[float, Mask, int, int, int]] = []
        for wiring, old, mask, value in zip(wirings, before, masks, importance, strict=True):
            if old is None or mask is None or value is None:
                continue
            for k, unit in np.argwhere((wiring == missing) & old):
                spare = mask[:, unit] & ~sole[wiring[:, unit]]
                if spare.any():
                    worst = int(np.argmin(np.where(spare, value[:, unit], np.inf)))
                    offers.append((float(value[k, unit]), mask, int(k), int(unit), worst))
        if offers:
            _, mask, k, unit, worst = max(offers, key=lambda offer: offer[0])
            mask[worst, unit], mask[k, unit] = False, True


def _rewoven(
    reservoir: Reservoir, populations: list[Population], wirings: list[Array], weights: list[Weights]
) -> Reservoir:
    made = replace(reservoir, populations=tuple(populations), wiring=tuple(wirings), weights=tuple(weights))
    return replace(made, connected=connected_parts(made.sources, tuple(np.asarray(array) for array in wirings)))
