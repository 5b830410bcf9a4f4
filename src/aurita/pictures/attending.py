"""What units attend to: the weights of their attention over their own memory, at every step.

A run keeps no attention weights, so they are computed again from the inputs of the units and from their weights:

    a_hj = softmax_j( (Wq z(t) + bq)_h . (Wk x(t-j))_h / sqrt(dh) + b_hj )

as in `aurita.units.attention`, and with embeddings of age in place of `bq` and `b` as in `aurita.units.block`.
"""

from collections.abc import Mapping
from typing import TypeGuard

import numpy as np

from aurita._typing import Float
from aurita.engine.running import recorded
from aurita.errors import AuritaError
from aurita.reservoir import Reservoir
from aurita.reservoir.checks import checked_inputs
from aurita.units import Unit
from aurita.units.memory import MemoryUnit


def attention_weights(
    reservoir: Reservoir,
    inputs: Float[np.ndarray, "batch time input"],
    *,
    population: int | None = None,
    lengths: np.ndarray | None = None,
) -> Float[np.ndarray, "batch time unit head age"]:
    """Attention of the units of a population over the ages of their memory, from a fresh start.

    Args:
        reservoir: what runs.
        inputs: sequences, padded at their ends.
        population: which one; the first whose units attend, by default.
        lengths: steps of each sequence; weights of padding mean nothing.

    Returns:
        `(B, T, U, H, M)`; the weights of a head sum to 1. Age `j` is `j` times the dilation steps ago.

    Raises:
        AuritaError: no such population, units without attention, or inputs that do not fit.

    Example:
        >>> from aurita import AttentionUnit, Population
        >>> reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=3, memory=4), units=5)], inputs=2)
        >>> attention_weights(reservoir, np.zeros((1, 6, 2))).shape
        (1, 6, 5, 1, 4)
    """
    inputs, lengths = checked_inputs(reservoir, inputs, lengths)
    number = first_attending(reservoir) if population is None else population
    if number is None:
        raise AuritaError("no unit of this reservoir has attention; there are no weights of attention to show")
    if not 0 <= number < len(reservoir.populations):
        raise AuritaError(f"population is {number} and the reservoir has {len(reservoir.populations)}; count from 0")
    unit = reservoir.populations[number].unit
    if not attending(unit):
        raise AuritaError(
            f"units of population {number} are {type(unit).__name__} without attention; there is none to show"
        )
    batch, steps, _ = inputs.shape
    slots = _slot_inputs(reservoir, number, inputs)
    lived = np.repeat(np.arange(steps), batch)
    found = []
    for i in range(slots.shape[1]):
        params = {name: np.asarray(value)[..., i] for name, value in reservoir.weights[number].unit.items()}
        found.append(attention_over(unit, params, _windows(unit, slots[:, i]), lived))
    whole = np.stack(found).reshape(len(found), unit.heads, unit.memory, steps, batch)
    return np.ascontiguousarray(np.transpose(whole, (4, 3, 0, 1, 2)).astype(np.float32))


def attending(unit: Unit) -> TypeGuard[MemoryUnit]:
    """Whether a unit weighs the ages of a memory."""
    return unit.attends


def attention_over(
    unit: MemoryUnit,
    params: Mapping[str, Float[np.ndarray, "..."]],
    memory: Float[np.ndarray, "age stored window"],
    lived: np.ndarray,
) -> Float[np.ndarray, "head age window"]:
    """Attention of one unit over windows of its memory.

    Args:
        unit: its description.
        params: its weights, without an axis of units.
        memory: what it remembers, newest first; with shifted keys every entry is an input and the one before it.
        lived: steps gone by before the newest, for each window.

    Returns:
        Weights; those of a head sum to 1 over the ages.
    """
    scores = unit.attention_scores(params, memory)
    if unit.before_start == "masked":
        ages = np.arange(unit.memory) * unit.dilation
        scores = np.where(ages[:, None] <= np.asarray(lived)[None, :], scores, -np.inf)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def _slot_inputs(
    reservoir: Reservoir, number: int, inputs: Float[np.ndarray, "batch time input"]
) -> Float[np.ndarray, "slot unit time batch"]:
    """Inputs of the slots of a population at every step."""
    sources = recorded(reservoir, inputs)
    weights = reservoir.weights[number]
    afferents = sources[np.asarray(reservoir.wiring[number])]
    if weights.passage:
        matrix, bias = (np.asarray(weights.passage[name]) for name in ("matrix", "bias"))
        afferents = np.einsum("dku,kutb->dutb", matrix, afferents, optimize=True) + bias[..., None, None]
    if weights.rates is not None:
        rates = np.asarray(weights.rates)[..., None]
        afferents = afferents.copy()
        afferents[:, :, 0] *= rates
        for step in range(1, afferents.shape[2]):
            afferents[:, :, step] = (1 - rates) * afferents[:, :, step - 1] + rates * afferents[:, :, step]
    return afferents


def _windows(unit: MemoryUnit, slots: Float[np.ndarray, "slot time batch"]) -> Float[np.ndarray, "age stored window"]:
    """The memory of one unit at every step, from a fresh start."""
    reach = unit.memory * unit.dilation + 1
    padded = np.pad(slots, ((0, 0), (reach, 0), (0, 0)))
    steps = slots.shape[1]

    def ago(age: int) -> np.ndarray:
        return padded[:, reach - age : reach - age + steps].reshape(len(slots), -1)

    ages = [j * unit.dilation for j in range(unit.memory)]
    if unit.shifted_keys:
        return np.stack([np.concatenate([ago(age), ago(age + 1)]) for age in ages])
    return np.stack([ago(age) for age in ages])


def first_attending(reservoir: Reservoir | None) -> int | None:
    """The first population whose units attend to a memory, by number."""
    populations = () if reservoir is None else reservoir.populations
    return next((number for number, population in enumerate(populations) if population.unit.attends), None)
