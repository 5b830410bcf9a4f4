"""Runs in float64: one echo unit whose weights are float64, as networks from other libraries have them.

A readout with large weights magnifies the rounding of float32 states. Networks that were fitted on float64 states
keep their predictions here.
"""

from collections.abc import Iterator

import numpy as np

from aurita._typing import Float
from aurita.reservoir import Reservoir
from aurita.units.echo import EchoUnit

_CHUNK = 2**20


def runs_in_double(reservoir: Reservoir, features: tuple[str, ...]) -> bool:
    """Whether the reservoir is one dense echo unit with float64 weights that hears the inputs alone."""
    if len(reservoir.populations) != 1 or reservoir.clock or not set(features) <= {"input", "output"}:
        return False
    (population,), (weights,) = reservoir.populations, reservoir.weights
    if type(population.unit) is not EchoUnit or population.units != 1 or population.hears != "inputs":
        return False
    own = weights.unit["weights"]
    return bool(own.dtype == np.float64 and own.ndim == 3 and weights.passage and weights.rates is None)


def stream_in_double(
    reservoir: Reservoir, inputs: Float[np.ndarray, "batch time input"], features: tuple[str, ...]
) -> Iterator[tuple[int, Float[np.ndarray, "batch time feature"]]]:
    """First step and features of consecutive chunks of time, from a fresh start.

    Example:
        >>> from aurita import EchoUnit, Population, Reservoir
        >>> unit = EchoUnit(slots=5, connections=5)
        >>> group = Population(unit=unit, units=1, passage="mixed", afferents="all", hears="inputs")
        >>> reservoir = Reservoir.build([group], inputs=2)
        >>> [(start, seen.shape) for start, seen in stream_in_double(reservoir, np.ones((3, 7, 2)), ("output",))]
        [(0, (3, 7, 5))]
    """
    (population,), (weights,) = reservoir.populations, reservoir.weights
    unit = population.unit
    assert isinstance(unit, EchoUnit)
    own, passage = (
        {name: np.asarray(a)[..., 0] for name, a in some.items()} for some in (weights.unit, weights.passage)
    )
    recurrent, leak = own["weights"].T, own["leak"]
    bias = own["bias"] + unit.input_scale * passage["bias"]
    drive = unit.input_scale * passage["matrix"].T
    batch, total, _ = inputs.shape
    state = np.zeros((batch, len(leak)))
    size = max(16, _CHUNK // (batch * len(leak)))
    for start in range(0, total, size):
        given = np.asarray(inputs[:, start : start + size], np.float64)
        driven = given @ drive + bias
        states = np.empty((batch, given.shape[1], len(leak)))
        for step in range(given.shape[1]):
            state = (1 - leak) * state + leak * np.tanh(driven[:, step] + state @ recurrent)
            states[:, step] = state
        parts = [given] if "input" in features else []
        parts += [states] if "output" in features else []
        yield start, np.concatenate(parts, axis=2)
