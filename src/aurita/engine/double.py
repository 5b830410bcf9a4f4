"""Runs in float64: units that take such steps, as networks from other libraries have them.

A readout with large weights magnifies the rounding of float32 states. Networks that were fitted on float64 states
keep their predictions here.
"""

from collections.abc import Iterator

import numpy as np

from aurita._typing import Float
from aurita.reservoir import Reservoir
from aurita.units.unit import InDouble

_CHUNK = 2**20


def runs_in_double(reservoir: Reservoir, features: tuple[str, ...]) -> bool:
    """Whether the reservoir is one population that receives the inputs alone and whose units run in float64."""
    if len(reservoir.populations) != 1 or reservoir.clock or not set(features) <= {"input", "output"}:
        return False
    (population,), (weights,) = reservoir.populations, reservoir.weights
    if population.receives != "inputs" or weights.rates is not None or not weights.passage:
        return False
    return all(run is not None for run in _runs(reservoir))


def stream_in_double(
    reservoir: Reservoir, inputs: Float[np.ndarray, "batch time input"], features: tuple[str, ...]
) -> Iterator[tuple[int, Float[np.ndarray, "batch time feature"]]]:
    """First step and features of consecutive chunks of time, from a fresh start; of what `runs_in_double`.

    Example:
        >>> from aurita import EchoUnit, Population, Reservoir
        >>> unit = EchoUnit(slots=5, connections=5)
        >>> group = Population(unit=unit, units=1, passage="mixed", afferents="all", receives="inputs")
        >>> reservoir = Reservoir.build([group], inputs=2)
        >>> doubled = {name: np.asarray(value, float) for name, value in reservoir.weights[0].unit.items()}
        >>> reservoir = reservoir.replace(weights=(reservoir.weights[0].replace(unit=doubled),))
        >>> [(start, seen.shape) for start, seen in stream_in_double(reservoir, np.ones((3, 7, 2)), ("output",))]
        [(0, (3, 7, 5))]
    """
    (population,), (weights,) = reservoir.populations, reservoir.weights
    runs = [run for run in _runs(reservoir) if run is not None]
    wiring = np.asarray(reservoir.wiring[0])
    matrix, bias = (np.asarray(weights.passage[name], np.float64) for name in ("matrix", "bias"))
    states: list[object] = [None] * len(runs)
    batch, total, _ = inputs.shape
    size = max(16, _CHUNK // (batch * population.units * population.unit.slots))
    for start in range(0, total, size):
        given = np.asarray(inputs[:, start : start + size], np.float64)
        found = []
        for unit, run in enumerate(runs):
            received = given[..., wiring[:, unit]] @ matrix[..., unit].T + bias[:, unit]
            outputs, states[unit] = run(received, states[unit])
            found.append(outputs)
        parts = [given] if "input" in features else []
        parts += [np.stack(found, axis=-1).reshape(batch, len(given[0]), -1)] if "output" in features else []
        yield start, np.concatenate(parts, axis=2)


def _runs(reservoir: Reservoir) -> Iterator[InDouble | None]:
    """Of each unit of the first population."""
    unit, weights = reservoir.populations[0].unit, reservoir.weights[0].unit
    for number in range(reservoir.populations[0].units):
        yield unit.in_double({name: np.asarray(value)[..., number] for name, value in weights.items()})
