"""A reservoir without some of its units."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

import numpy as np

from aurita._tree import mapped
from aurita._typing import Array
from aurita.errors import AuritaError
from aurita.reservoir import Population, Reservoir
from aurita.reservoir.features import seen_kinds
from aurita.reservoir.wiring import NOT_DRAWN, connected_parts


def keep_units(reservoir: Reservoir, units: Iterable[int]) -> Reservoir:
    """The reservoir with these units and those that they receive, and no others; weights and wiring stay.

    Of a population of which no unit was named, only received, the readout sees nothing.

    Args:
        reservoir: what to prune; it is not changed.
        units: numbers of units, counted over all populations.

    Returns:
        A reservoir whose units give the same outputs as before. Populations of which nothing is left are gone.

    Raises:
        AuritaError: no units, or numbers that no unit has.

    Example:
        >>> from aurita import AttentionUnit, Population, Reservoir
        >>> unit = AttentionUnit(slots=2)
        >>> reservoir = Reservoir.build([Population(unit=unit, units=5, receives="inputs")], inputs=2)
        >>> keep_units(reservoir, [1, 4]).units
        2
    """
    sources, wanted = reservoir.sources, sorted(set(units))
    if not wanted or wanted[0] < 0 or wanted[-1] >= sources.units:
        raise AuritaError(f"units to keep are {wanted}; expected numbers from 0 to {sources.units - 1}, one at least")
    owner = sources.owner()
    wiring = [np.asarray(array) for array in reservoir.wiring]
    reached_from = np.concatenate([_afferent_units(array, owner, sources.units) for array in wiring])
    kept = np.zeros(sources.units, bool)
    kept[wanted] = True
    while (more := kept | reached_from[kept].any(axis=0)).sum() > kept.sum():
        kept = more
    still = (owner == -2) | (owner == -1)
    still[owner >= 0] = kept[owner[owner >= 0]]
    numbers = np.where(still, np.cumsum(still) - 1, -1)
    populations: list[Population] = []
    weights, afferents, first = [], [], 0
    for number, population in enumerate(reservoir.populations):
        stay = np.flatnonzero(kept[first : first + population.units])
        first += population.units
        if not len(stay):
            continue
        rows = numbers[wiring[number][:, stay]]
        fewer = replace(population, units=len(stay))
        if not np.isin(first - population.units + stay, wanted).any():
            fewer = replace(fewer, features=())
        if population.afferents == "all" and population.receives not in NOT_DRAWN and population.receives != "inputs":
            fewer = replace(fewer, afferents=len(rows))
        populations.append(fewer)
        afferents.append(rows.astype(np.int32))
        weights.append(mapped(partial(_of_units, units=stay), reservoir.weights[number]))
    made = replace(
        reservoir,
        populations=tuple(populations),
        wiring=tuple(afferents),
        weights=tuple(weights),
        connected=(),
    )
    return replace(made, connected=connected_parts(made.sources, tuple(afferents)))


def without_heads(reservoir: Reservoir, features: tuple[str, ...]) -> Reservoir:
    """The reservoir without what its units learnt to say of the target, which serves their learning alone.

    Args:
        reservoir: it is not changed.
        features: kinds of features that a readout sees; where guesses of the target are among them, all stays.

    Example:
        >>> from aurita import AttentionUnit, Population, Reservoir
        >>> units = Population(unit=AttentionUnit(slots=2), units=1, receives="inputs")
        >>> reservoir = Reservoir.build([units], inputs=2, targets=3)
        >>> fewer = without_heads(reservoir, ("hidden",))
        >>> reservoir.parameter_counts()["trained"] - fewer.parameter_counts()["trained"]
        39
    """
    if any("target" in seen_kinds(population, features) for population in reservoir.populations):
        return reservoir
    weights = []
    for population, own in zip(reservoir.populations, reservoir.weights, strict=True):
        heads = set(population.unit.weight_shapes(reservoir.targets)) - set(population.unit.weight_shapes())
        weights.append(own.replace(unit={name: array for name, array in own.unit.items() if name not in heads}))
    return replace(reservoir, targets=0, weights=tuple(weights))


def _of_units(leaf: Array, units: np.ndarray) -> Array:
    return np.ascontiguousarray(np.asarray(leaf)[..., units])


def _afferent_units(afferents: np.ndarray, owner: np.ndarray, units: int) -> np.ndarray:
    """Which units each unit of a population receives, `(U, all units)`."""
    found = np.zeros((afferents.shape[1], units), bool)
    for unit, sources in enumerate(owner[afferents].T):
        found[unit, sources[sources >= 0]] = True
    return found
