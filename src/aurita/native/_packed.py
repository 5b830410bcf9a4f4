"""Weights and wiring in the order in which the kernels of a run use them."""

import math
import warnings
import weakref
from typing import NamedTuple

import numpy as np

from aurita._typing import Float, Int
from aurita.native._layout import LANES, floats, integers
from aurita.native.library import engine
from aurita.reservoir import Reservoir, Weights
from aurita.units import (
    AnarchistUnit,
    AttentionUnit,
    BlockUnit,
    DiagonalMemoryUnit,
    EchoUnit,
    PhaseUnit,
    TraceUnit,
    Unit,
)
from aurita.units.diagonal import FASTEST, SLOWEST
from aurita.units.given_echo import GivenEchoUnit

KINDS: dict[type[Unit], int] = {
    AttentionUnit: 0,
    BlockUnit: 1,
    EchoUnit: 2,
    GivenEchoUnit: 2,
    PhaseUnit: 3,
    AnarchistUnit: 4,
    DiagonalMemoryUnit: 5,
    # Its states have no angle, and its outputs are the states themselves.
    TraceUnit: 5,
}
FEW = 8
"""Batches below this many sequences are run with several units in a vector, others with several sequences."""

_BY_NEURON = 16
_DIAGONAL = (
    *("in_re", "in_im", "rate_w", "open_w", "open_b", "angle_w"),
    *("w1", "b1", "wo", "bo", "ahead_w", "ahead_b", "target_w", "target_b"),
)
_KEPT: dict[tuple[int, int], tuple[object, "list[Packed]"]] = {}


class Packed(NamedTuple):
    """Numbers of one population.

    Attributes:
        weights: by block of lanes.
        wiring: likewise.
        among: neighbours of the neurons of sparse echo units.
        numbers: weights of a unit.
        by_neuron: whether lanes are neurons where few sequences are run.
    """

    weights: Float[np.ndarray, "..."]
    wiring: Int[np.ndarray, "..."]
    among: Int[np.ndarray, "..."] | None
    numbers: int
    by_neuron: bool


def packed(reservoir: Reservoir, tile: int) -> list[Packed]:
    """All populations, for tiles of so many sequences; kept for as long as the reservoir lives."""
    key = (id(reservoir), tile)
    if key not in _KEPT:
        _warn_of_rounding(reservoir)
        made = [_packed(reservoir, number, tile) for number in range(len(reservoir.populations))]
        _KEPT[key] = (weakref.ref(reservoir, lambda _: _KEPT.pop(key, None)), made)
    return _KEPT[key][1]


def _warn_of_rounding(reservoir: Reservoir) -> None:
    """Say that weights in float64 are computed with in float32, unless this engine was asked for by name."""
    if engine() == "native":
        return
    wide = sorted(
        {
            type(population.unit).__name__
            for population, weights in zip(reservoir.populations, reservoir.weights, strict=True)
            for part in (*weights.unit.values(), *weights.passage.values(), weights.rates)
            if getattr(part, "dtype", None) == np.float64
        }
    )
    if wide:
        warnings.warn(
            f"the weights of {', '.join(wide)} are float64 and are computed with in float32 here; to compute in "
            "float64, set JAX to it: jax.config.update('jax_enable_x64', True)",
            stacklevel=2,
        )


def _packed(reservoir: Reservoir, number: int, tile: int) -> Packed:
    unit, weights = reservoir.populations[number].unit, reservoir.weights[number]
    wiring = np.asarray(reservoir.wiring[number])
    own = {name: np.asarray(value) for name, value in weights.unit.items()}
    by_neuron = isinstance(unit, EchoUnit) and unit.slots >= _BY_NEURON
    among = np.moveaxis(own["sources"], -1, 0) if "sources" in own else None
    if tile < FEW and by_neuron:
        rows = _by_neuron(own, weights)
        between = None if among is None else integers(_padded(among))
        return Packed(floats(rows), integers(wiring.T), between, rows.shape[1], by_neuron)
    flat = np.concatenate([part.reshape(-1, wiring.shape[1]) for part in _parts(unit, own, weights)])
    if tile < FEW:
        places = wiring[..., None] * tile + np.arange(tile)
        return Packed(
            floats(_blocks(np.repeat(flat, tile, axis=1))),
            integers(_blocks(places.reshape(len(wiring), -1))),
            None,
            len(flat),
            by_neuron,
        )
    between = None if among is None else integers(np.swapaxes(among, 1, 2))
    return Packed(floats(flat.T), integers(wiring.T), between, len(flat), by_neuron)


def _parts(unit: Unit, own: dict[str, np.ndarray], weights: Weights) -> list[np.ndarray]:
    """All numbers of a population, the last axis of each its units, in the order of their use."""
    ear = _ear(weights)
    if isinstance(unit, AttentionUnit | BlockUnit):
        return ear + _attending(unit, own)
    if isinstance(unit, EchoUnit):
        matrix = own["weights"]
        matrix = np.swapaxes(matrix, 0, 1) if "sources" in own else matrix
        output_mask = [own["output_mask"]] if "output_mask" in own else []
        return [*ear, own["leak"], own["bias"], *output_mask, matrix]
    if isinstance(unit, PhaseUnit):
        return [*ear, own["frequency"]]
    if isinstance(unit, TraceUnit):
        return [
            *ear,
            *_decays(own["rate"], np.zeros((0, own["rate"].shape[1]))),
            *_traces(unit.slots, own["rate"].shape[1]),
        ]
    if isinstance(unit, DiagonalMemoryUnit):
        return [*ear, *_recurring(unit, own), *(own[name] for name in _DIAGONAL if name in own)]
    return [*ear, np.swapaxes(own["ws"], 0, 1)]


def _traces(slots: int, units: int) -> list[np.ndarray]:
    """What a diagonal unit has beside its rates: every slot drives a real state, and the output is that state."""
    own = np.eye(slots, dtype=np.float32)
    none = np.zeros_like(own)
    parts = [own, none, np.concatenate([none, own, none], axis=1), np.zeros(slots, np.float32)]
    return [np.repeat(part[..., None], units, axis=-1) for part in parts]


def _recurring(unit: DiagonalMemoryUnit, own: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Rates and angles of states; of what no input changes, what the kernels make of them."""
    rate, angle = own["rate"], own["angle"]
    if unit.kind == "ungated":
        return _decays(rate, angle)
    return [rate, np.cos(angle), np.sin(angle)] if unit.kind == "gated" else [rate, angle]


def _decays(rate: Float[np.ndarray, "state unit"], angle: Float[np.ndarray, "turning unit"]) -> list[np.ndarray]:
    """Decays of states, real and imaginary parts, and factors of what drives them."""
    speed = np.exp(np.clip(rate, SLOWEST, FASTEST).astype(float))
    turns = np.ones(rate.shape, complex)
    turns[: len(angle)] = np.exp(1j * angle.astype(float))
    decays = np.exp(-speed) * turns
    return [decays.real, decays.imag, np.sqrt(-np.expm1(-2 * speed))]


def _ear(weights: Weights) -> list[np.ndarray]:
    ear = [np.asarray(weights.passage[name]) for name in ("matrix", "bias") if weights.passage]
    return ear if weights.rates is None else [*ear, np.asarray(weights.rates)]


def _attending(unit: AttentionUnit | BlockUnit, own: dict[str, np.ndarray]) -> list[np.ndarray]:
    block = isinstance(unit, BlockUnit)
    names: list[str] = []
    if unit.heads:
        scale = np.float32(1 / math.sqrt(unit.head_width))
        own = {**own, "query_w": scale * np.einsum("hwsu,hwdu->hsdu", own["wk"], own["wq"])}
        if not block:
            own["query_b"] = scale * np.einsum("hwsu,hwu->hsu", own["wk"], own["bq"])
        names += ["embedding", "query_w", "wv", "wo"] if block else ["query_w", "query_b", "age_bias", "wv"]
    if block:
        if unit.heads:
            names += ["scale_attention", "shift_attention"]
        if unit.hidden:
            names += ["w1", "b1", "w2", "b2", "scale_hidden", "shift_hidden"]
    else:
        names += ["w1", "b1", "wo", "bo"]
    names += ["ahead_w", "ahead_b", "target_w", "target_b"]
    return [own[name] for name in names if name in own]


def _by_neuron(own: dict[str, np.ndarray], weights: Weights) -> Float[np.ndarray, "unit row neuron"]:
    """Numbers of echo units, neurons last; matrices by afferent."""
    rows = [np.moveaxis(part, (-1, 0), (0, -1)) for part in _ear(weights)]
    rows += [own[name].T for name in ("leak", "bias", "output_mask") if name in own]
    rows.append(np.moveaxis(own["weights"], -1, 0) if "sources" in own else np.transpose(own["weights"], (2, 1, 0)))
    shaped = [part[:, None] if part.ndim == 2 else part for part in rows]
    return _padded(np.concatenate(shaped, axis=1))


def _padded(values: np.ndarray) -> np.ndarray:
    """With as many zeros at the end as make whole vectors."""
    missing = -values.shape[-1] % LANES
    return np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, missing)])


def _blocks(values: Float[np.ndarray, "row lane"]) -> Float[np.ndarray, "block row place"]:
    values = _padded(values)
    return np.swapaxes(values.reshape(len(values), -1, LANES), 0, 1)
