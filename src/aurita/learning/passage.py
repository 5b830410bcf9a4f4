"""Passages of few afferents: a unit prunes those that it hardly uses and tries others (dynamic sparse training).

While it learns, a unit holds a passage over everything that it may hear, of which a mask leaves some. Now and then the
afferents are pruned that its own loss would miss least (Mozer & Smolensky 1989, "Skeletonization"), or those of the
smallest weights, and others regrown, at random (SET: Mocanu et al. 2018, "Scalable training of artificial neural
networks with adaptive sparse connectivity") or where the gradient of the loss is largest (RigL: Evci et al. 2020,
"Rigging the lottery"). A unit that starts with more afferents than it shall keep loses
them along a cubic (Zhu & Gupta 2017, "To prune, or not to prune"); both together are GraNet (Liu et al. 2021). At the
end the passage is cut down to a wiring of the afferents that are left. All of it is a unit's own business.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from aurita.checks import checked_inputs
from aurita.errors import AuritaError
from aurita.learning.local_loss import Heard, local_loss
from aurita.learning.settings import Learning
from aurita.reservoir import Population, Reservoir, Weights
from aurita.running import record
from aurita.units.unit import at_least
from aurita.wiring import Afferents, distances, heard_by_units

Mask = Bool[np.ndarray, "afferent unit"]
Masks = tuple[Mask | None, ...]
Ranks = Float[np.ndarray, "afferent unit"]


def importance(
    reservoir: Reservoir, inputs: Float[np.ndarray, "batch time input"], *, lengths: np.ndarray | None = None
) -> tuple[Ranks | None, ...]:
    """How much each afferent moves what its unit hears: the norm of its passage weights times its deviation.

    Args:
        reservoir: whose afferents.
        inputs: sequences to measure deviations on, padded at their ends.
        lengths: steps of each sequence.

    Returns:
        `(afferent, unit)` per population, in the order of the wiring; None where there is no passage.

    Raises:
        AuritaError: inputs that do not fit.

    Example:
        >>> import numpy as np
        >>> from aurita import AttentionUnit, Population, Reservoir
        >>> units = Population(unit=AttentionUnit(slots=2), units=3, passage="mixed", afferents="all", hears="inputs")
        >>> reservoir = Reservoir.build([units], inputs=2)
        >>> silent = np.stack([np.sin(np.arange(50)), np.ones(50)], axis=1)[None]
        >>> (importance(reservoir, silent)[0] > 1e-6).tolist()
        [[True, True, True], [False, False, False]]
    """
    inputs, lengths = checked_inputs(reservoir, inputs, lengths)
    batch, steps, _ = inputs.shape
    begins = jnp.zeros(batch, jnp.int32)
    sources = record(reservoir, jnp.transpose(jnp.asarray(inputs), (1, 2, 0)), None, begins)
    counted = (np.arange(steps)[:, None] < lengths[None, :]).astype(np.float32).reshape(-1)
    spread = _deviation(sources.reshape(len(sources), -1), jnp.asarray(counted))
    return tuple(
        np.asarray(_sizes(weights) * spread[wiring]) if weights.passage else None
        for weights, wiring in zip(reservoir.weights, reservoir.wiring, strict=True)
    )


def pruned(
    reservoir: Reservoir,
    fan_in: int,
    inputs: Float[np.ndarray, "batch time input"],
    *,
    lengths: np.ndarray | None = None,
) -> Reservoir:
    """A reservoir whose units keep their `fan_in` most important afferents and the weights that these have.

    Args:
        reservoir: what to prune; it is not changed. Populations without a learned passage stay as they are.
        fan_in: afferents that every unit keeps.
        inputs: sequences to measure the importance on.
        lengths: steps of each sequence.

    Raises:
        AuritaError: inputs that do not fit, or no population that could be pruned.

    Example:
        >>> import numpy as np
        >>> from aurita import AttentionUnit, Population, Reservoir
        >>> units = Population(unit=AttentionUnit(slots=2), units=3, passage="learned", afferents="all", hears="all")
        >>> reservoir = Reservoir.build([units], inputs=2)
        >>> noise = np.random.default_rng(0).normal(size=(1, 50, 2))
        >>> pruned(reservoir, 4, noise).wiring[0].shape
        (4, 3)
    """
    wide, masks = widened(reservoir, fan_in)
    sizes = importance(wide, inputs, lengths=lengths)
    none = tuple(None if size is None else np.zeros_like(size) for size in sizes)
    return compacted(wide, rewired(wide, masks, sizes, none, fan_in, part=1.0, regrow=0.0))


def unheard_inputs(reservoir: Reservoir) -> list[int]:
    """External inputs, the clock aside, that no unit hears.

    Example:
        >>> from aurita import AttentionUnit, Population, Reservoir
        >>> unheard_inputs(Reservoir.build([Population(unit=AttentionUnit(slots=2), units=4)], inputs=3))
        []
    """
    said = np.concatenate([np.ravel(array) for array in reservoir.wiring])
    return np.setdiff1d(np.arange(reservoir.inputs), said).tolist()


def widened(reservoir: Reservoir, fan_in: int) -> tuple[Reservoir, Masks]:
    """The same reservoir with passages over everything that units may hear, and which of it they hear.

    Args:
        reservoir: what to widen.
        fan_in: populations are widened whose units may hear more sources than this through a learned passage.

    Returns:
        The reservoir, and per population its mask `(afferent, unit)`; None where nothing was widened.

    Raises:
        AuritaError: no such population, or units that hear what their population may not.
    """
    at_least("fan_in", fan_in, 1)
    populations, wirings, weights = list(reservoir.populations), list(reservoir.wiring), list(reservoir.weights)
    masks: list[Mask | None] = [None] * len(populations)
    for i, population in enumerate(populations):
        if not _prunable(reservoir, i, fan_in):
            continue
        wide, heard = population.dense_wiring(reservoir.sources, i), np.asarray(wirings[i])
        masks[i], matrix = _spread_out(population, wide, heard, np.asarray(weights[i].passage["matrix"]))
        populations[i] = replace(population, afferents="all")
        wirings[i] = jnp.asarray(wide, jnp.int32)
        weights[i] = eqx.tree_at(lambda w: w.passage["matrix"], weights[i], jnp.asarray(matrix))
    if all(mask is None for mask in masks):
        raise AuritaError(
            f"fan_in is {fan_in} and no population that learns hears more sources than that through a learned "
            "passage; use passage='learned' with hears='inputs', 'partner', 'earlier' or 'all', or leave fan_in out"
        )
    return _rewoven(reservoir, populations, wirings, weights), tuple(masks)


def compacted(reservoir: Reservoir, masks: Masks) -> Reservoir:
    """A widened reservoir with the afferents that its masks leave, and no others; it hears the same.

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
        # Who lost some of what it heard beside its partner hears no fixed number of sources any more.
        hears = "earlier" if populations[i].hears == "partner" else populations[i].hears
        populations[i] = replace(populations[i], afferents=count, hears=hears)
        wirings[i] = jnp.asarray(np.take_along_axis(np.asarray(wirings[i]), places, axis=0), jnp.int32)
        matrix = np.take_along_axis(np.asarray(weights[i].passage["matrix"]), places[None], axis=1)
        weights[i] = eqx.tree_at(lambda w: w.passage["matrix"], weights[i], jnp.asarray(matrix))
    return _rewoven(reservoir, populations, wirings, weights)


def afferents_left(start: int, fan_in: int, part: float) -> int:
    """How many afferents a unit has when this part of the pruning is over: a cubic from `start` down to `fan_in`.

    Example:
        >>> [afferents_left(18, 6, part) for part in (0.0, 0.5, 1.0)]
        [18, 8, 6]
    """
    return fan_in + max(0, math.ceil((start - fan_in) * (1 - min(part, 1.0)) ** 3))


def rewired(
    reservoir: Reservoir,
    masks: Masks,
    sizes: tuple[Ranks | None, ...],
    growth: tuple[Ranks | None, ...],
    fan_in: int,
    *,
    part: float,
    regrow: float,
    start: tuple[int, ...] | None = None,
) -> Masks:
    """Masks after some afferents were pruned and others regrown; every external input stays heard where it can.

    Args:
        reservoir: widened.
        masks: what units hear.
        sizes: what to keep first, of the afferents that are heard.
        growth: what to regrow first, of those that are not heard.
        fan_in: afferents at the end.
        part: of the pruning that is over, 1 at its end.
        regrow: fraction of the afferents that are exchanged, at the start; it falls to none along a cosine.
        start: afferents of each population at the start; those of the masks by default.
    """
    found: list[Mask | None] = []
    for i, (mask, size, grow) in enumerate(zip(masks, sizes, growth, strict=True)):
        if mask is None or size is None or grow is None:
            found.append(None)
            continue
        count = afferents_left(int(mask.sum(0).max()) if start is None else start[i], fan_in, part)
        swapped = round(0.5 * regrow * (1 + math.cos(math.pi * min(part, 1.0))) * count)
        kept = _largest(np.where(mask, size, -np.inf), count - swapped) & mask
        grown = _largest(np.where(kept, -np.inf, grow), count - kept.sum(0)) & ~kept
        found.append(kept | grown)
    _cover_inputs(reservoir, found, sizes, growth)
    return tuple(found)


@eqx.filter_jit
def evidence(
    reservoir: Reservoir, heard: Heard, settings: Learning, key: Array
) -> tuple[tuple[Array | None, ...], tuple[Array | None, ...]]:
    """What speaks for the afferents of learned passages: for keeping those that there are, for growing others.

    For keeping: how much a unit's loss would rise without it, or its importance, as `settings.prune_by` has it. For
    growing: how steeply the unit's loss falls with its weights, in the unit of its deviation, so that scales do not
    matter.
    """
    spread, means = _deviation(heard.sources, heard.counted), _mean(heard.sources, heard.counted)[:, 0]
    keeping: list[Array | None] = []
    growing: list[Array | None] = []
    for population, wiring, weights in zip(reservoir.populations, reservoir.wiring, reservoir.weights, strict=True):
        if population.passage != "learned" or population.learns_by != "gradient":
            keeping.append(None)
            growing.append(None)
            continue
        loss = partial(local_loss, population=population, heard=heard, settings=settings, key=key)
        by_unit = (jax.tree.map(lambda leaf: jnp.moveaxis(leaf, -1, 0), weights), wiring.T)
        deviation = spread[wiring]
        if settings.prune_by == "loss":
            keeping.append(
                jax.lax.map(lambda given, loss=loss: _rise_without(given[0], given[1], means, loss), by_unit).T
            )
        else:
            keeping.append(_sizes(weights) * deviation)
        slopes = jax.lax.map(lambda given, loss=loss: _slope(given[0], given[1], loss), by_unit).T
        growing.append(jnp.where(deviation > 0, slopes / jnp.where(deviation > 0, deviation, 1.0), 0.0))
    return tuple(keeping), tuple(growing)


def spaces(reservoir: Reservoir, masks: Masks | None) -> Float[np.ndarray, "unit unit"]:
    """Graph distances over what units hear of a widened reservoir."""
    wirings = [np.asarray(array) for array in reservoir.wiring]
    none: Masks = (None,) * len(wirings)
    # An external input connects no units, so it stands for what is not heard.
    heard = [w if mask is None else np.where(mask, w, 0) for w, mask in zip(wirings, masks or none, strict=True)]
    return distances(reservoir.sources, tuple(heard))


def _rise_without(
    weights: Weights, afferents: Array, means: Float[Array, "source"], loss: Callable[..., Array]
) -> Float[Array, "afferent"]:
    """How much one unit's loss rises when all that it hears of an afferent is its mean, for each of them."""
    matrix, bias = weights.passage["matrix"], weights.passage["bias"]

    def without(k: Array) -> Array:
        passage = {"matrix": matrix.at[:, k].set(0.0), "bias": bias + matrix[:, k] * means[afferents[k]]}
        return loss(eqx.tree_at(lambda w: w.passage, weights, passage), afferents=afferents)

    return jax.lax.map(without, jnp.arange(len(afferents))) - loss(weights, afferents=afferents)


def _slope(weights: Weights, afferents: Array, loss: Callable[..., Array]) -> Float[Array, "afferent"]:
    """Norm over the slots of the gradient of one unit's loss."""

    def of(matrix: Array) -> Array:
        return loss(eqx.tree_at(lambda w: w.passage["matrix"], weights, matrix), afferents=afferents)

    return jnp.sqrt((jax.grad(of)(weights.passage["matrix"]) ** 2).sum(0))


def _sizes(weights: Weights) -> Float[Array, "afferent unit"]:
    return jnp.sqrt((weights.passage["matrix"] ** 2).sum(0))


def _mean(sources: Float[Array, "source lane"], counted: Float[Array, "lane"]) -> Float[Array, "source 1"]:
    return (sources * counted).sum(1, keepdims=True) / jnp.maximum(counted.sum(), 1.0)


def _deviation(sources: Float[Array, "source lane"], counted: Float[Array, "lane"]) -> Float[Array, "source"]:
    apart = (sources - _mean(sources, counted)) ** 2 * counted
    return jnp.sqrt(apart.sum(1) / jnp.maximum(counted.sum(), 1.0))


def _prunable(reservoir: Reservoir, number: int, fan_in: int) -> bool:
    population = reservoir.populations[number]
    if population.passage != "learned" or population.learns_by != "gradient" or population.hears == "each":
        return False
    return len(population.dense_wiring(reservoir.sources, number)) > fan_in


def _spread_out(
    population: Population, wide: Afferents, heard: Afferents, matrix: Float[np.ndarray, "slot afferent unit"]
) -> tuple[Mask, Float[np.ndarray, "slot afferent unit"]]:
    """Mask and matrix over all afferents that a unit may have, from those that it has."""
    mask = np.zeros(wide.shape, bool)
    spread = np.zeros((matrix.shape[0], *wide.shape), matrix.dtype)
    for unit in range(wide.shape[1]):
        strangers = np.setdiff1d(heard[:, unit], wide[:, unit])
        if len(strangers):
            raise AuritaError(
                f"unit {unit} hears source {strangers[0]}, which units that hear {population.hears!r} may not, "
                "so fan_in cannot choose among what it may hear; change `hears`, `clock` or `self_loops`"
            )
        place = {source: k for k, source in enumerate(wide[:, unit])}
        for k, source in enumerate(heard[:, unit]):
            mask[place[source], unit] = True
            spread[:, place[source], unit] += matrix[:, k, unit]
    return mask, spread


def _largest(ranks: Ranks, count: int | np.ndarray) -> Mask:
    """The `count` largest of every column; of equals the first."""
    order = np.argsort(-ranks, axis=0, kind="stable")
    place = np.argsort(order, axis=0, kind="stable")
    return place < count


def _cover_inputs(
    reservoir: Reservoir, masks: list[Mask | None], sizes: tuple[Ranks | None, ...], growth: tuple[Ranks | None, ...]
) -> None:
    """Give every external input that nobody hears any more back to the unit that it matters most to.

    That unit gives up its least important afferent, but none that is heard by it alone. The clock may fall silent.
    """
    wirings = [np.asarray(array) for array in reservoir.wiring]
    for missing in range(reservoir.inputs):
        said = [w.ravel() if mask is None else w[mask] for w, mask in zip(wirings, masks, strict=True)]
        counts = np.bincount(np.concatenate(said), minlength=reservoir.sources.total)
        if counts[missing]:
            continue
        sole = (counts == 1) & (np.arange(len(counts)) < reservoir.inputs)
        offers: list[tuple[float, float, Mask, int, int, int]] = []
        for wiring, mask, size, grow in zip(wirings, masks, sizes, growth, strict=True):
            if mask is None or size is None or grow is None:
                continue
            for k, unit in np.argwhere(wiring == missing):
                spare = mask[:, unit] & ~sole[wiring[:, unit]]
                if spare.any():
                    worst = int(np.argmin(np.where(spare, size[:, unit], np.inf)))
                    offers.append((float(size[k, unit]), float(grow[k, unit]), mask, int(k), int(unit), worst))
        if offers:
            _, _, mask, k, unit, worst = max(offers, key=lambda offer: offer[:2])
            mask[worst, unit], mask[k, unit] = False, True


def _rewoven(
    reservoir: Reservoir, populations: list[Population], wirings: list[Array], weights: list[Weights]
) -> Reservoir:
    made = replace(reservoir, populations=tuple(populations), wiring=tuple(wirings), weights=tuple(weights))
    return replace(made, heard=heard_by_units(made.sources, tuple(np.asarray(array) for array in wirings)))
