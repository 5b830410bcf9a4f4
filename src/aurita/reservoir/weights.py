"""The weights of a population: those of its units, and the passage between afferents and slots."""

import math

import numpy as np

from aurita._keys import Key, split
from aurita._kinds import saved
from aurita._tree import Record
from aurita._typing import Array, Float
from aurita.reservoir.population import Population
from aurita.units.lanes import Params
from aurita.units.unit import drawn, normal, single, uniform


@saved()
class Weights(Record):
    """The arrays of one population; the last axis of each is the unit.

    Attributes:
        unit: weights of the units.
        passage: `matrix` (slot, afferent, unit) and `bias` (slot, unit); empty where wired.
        rates: leak rates (slot, unit); None where slots do not leak.
    """

    unit: Params
    passage: Params
    rates: Float[Array, "slot unit"] | None


def apply_passage(weights: Weights, afferents: Float[Array, "afferent *lanes"]) -> Float[Array, "slot *lanes"]:
    """What slots receive through a passage before any leak; `weights` have lanes that broadcast with `afferents`."""
    if not weights.passage:
        return afferents
    matrix, bias = weights.passage["matrix"], weights.passage["bias"]
    if matrix.ndim == 3 and afferents.ndim == 2:
        return matrix[..., 0] @ afferents + bias
    if matrix.shape[2] == 1 and afferents.ndim == 3:
        return (matrix[:, :, 0, 0] @ afferents[:, 0])[:, None] + bias
    return (matrix * afferents).sum(1) + bias


def draw_weights(key: Key, population: Population, wiring: np.ndarray, targets: int) -> Weights:
    """Random weights of a population, of the wiring `(afferent, unit)`, with heads for so many targets."""
    unit_key, matrix_key, bias_key, rate_key = split(key, 4)
    slots, (afferents, units) = population.unit.slots, wiring.shape
    passage: dict[str, np.ndarray] = {}
    if population.passage != "wired":
        passage = population.unit.own_passage(afferents, units) or {}
    if population.passage != "wired" and not passage:
        deviation, bound = population.passage_scale / math.sqrt(afferents), population.passage_bias
        passage["matrix"] = normal(matrix_key, (slots, afferents, units), deviation)
        passage["bias"] = uniform(bias_key, (slots, units), -bound, bound)
    rates = None
    if population.time_constant > 1:
        rates = single(np.exp(-uniform(rate_key, (slots, units), 0, math.log(population.time_constant))))
    return Weights(unit=population.unit.init(unit_key, units, targets), passage=drawn(passage), rates=rates)
