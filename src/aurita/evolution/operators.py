"""Mutation of wirings, weights, leaks and sizes, vectorised over a population.

New neurons split a connection, as in NEAT (Stanley and Miikkulainen 2002): the old connection goes, its source is
received by the new neuron with weight 1, and the new neuron is received with the old weight. The same split of the same
connection gets the same historical marking whenever it happens.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from aurita.errors import AuritaError
from aurita.evolution.genes import Genes
from aurita.evolution.genome import LEAST_LEAK, MOST_LEAK, Genome

Marks = np.ndarray
"""Splits that happened: rows of source (an input `i` is `-2 - i`), receiver, and the marking that the neuron got."""

RATES = ("weights", "leak", "rewire", "connect", "disconnect", "add", "remove", "mute")


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """How often each operator strikes a child, and how hard.

    Attributes:
        weights: chance that weights and biases change.
        leak: chance that leaks and gains change.
        rewire: chance that a connection moves to another source.
        connect, disconnect: chances that a connection comes or goes.
        add, remove: chances that a neuron comes or goes.
        mute: chance that the readout loses or finds a neuron.
        share: share of a child's numbers that change.
        step: deviation of the change, in units of a first reservoir's input scale.
    """

    weights: float = 0.9
    leak: float = 0.5
    rewire: float = 0.1
    connect: float = 0.1
    disconnect: float = 0.1
    add: float = 0.05
    remove: float = 0.03
    mute: float = 0.01
    share: float = 0.2
    step: float = 0.25

    def __post_init__(self) -> None:
        for name in (*RATES, "share"):
            if not 0 <= getattr(self, name) <= 1:
                raise AuritaError(f"{name} of a mutation is {getattr(self, name)}; expected a chance from 0 to 1")


def mutated(
    genome: Genome, genes: Genes, mutation: Mutation, marks: Marks, rng: np.random.Generator
) -> tuple[Genes, Marks]:
    """Children of these reservoirs by mutation alone.

    Args:
        genes: a population; it is left as it is.
        marks: splits that happened so far, of `no_marks` at the start.

    Returns:
        The children, and the splits that have happened now.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> genome = Genome(neurons=1, most=6)
        >>> parents = genome.start(rng, count=100, inputs=2)
        >>> children, marks = mutated(genome, parents, Mutation(add=1.0, remove=0.0), no_marks(), rng)
        >>> int(children.sizes.min()), int(parents.sizes.max())
        (2, 1)
    """
    child = replace(genes, **{name: value.copy() for name, value in genes.arrays().items()})
    struck = {name: rng.random(child.count) < getattr(mutation, name) for name in RATES}
    for number in np.flatnonzero(struck["remove"]):
        _remove(child, number, rng)
    for number in np.flatnonzero(struck["add"]):
        marks = _add(child, number, genome.neurons, marks, rng)
    for name, act in _ON_CONNECTIONS.items():
        for number in np.flatnonzero(struck[name]):
            act(genome, child, number, rng)
    for number in np.flatnonzero(struck["mute"]):
        neuron = rng.choice(np.flatnonzero(child.alive[number]))
        others = child.output_mask[number].sum() - child.output_mask[number, neuron]
        child.output_mask[number, neuron] = not child.output_mask[number, neuron] or others == 0
    _move_weights(genome, child, struck["weights"], mutation, rng)
    _move_leaks(child, struck["leak"], mutation, rng)
    return child, marks


def no_marks() -> Marks:
    """The splits before any has happened."""
    return np.zeros((0, 3), np.int64)


def _move_weights(
    genome: Genome, child: Genes, struck: np.ndarray, mutation: Mutation, rng: np.random.Generator
) -> None:
    size = np.sqrt(np.maximum(child.sizes, 1))[:, None, None]
    for name, scale in (("inputs", 1.0), ("recurrent", 1 / size), ("bias", 0.5)):
        value = getattr(child, name)
        changes = (rng.random(value.shape) < mutation.share) & struck.reshape(-1, *[1] * (value.ndim - 1))
        if genome.values == "ternary" and name != "bias":
            value[changes] = rng.integers(-1, 2, value.shape)[changes]
        else:
            value += changes * mutation.step * scale * rng.standard_normal(value.shape)


def _move_leaks(child: Genes, struck: np.ndarray, mutation: Mutation, rng: np.random.Generator) -> None:
    for value, low, high in ((child.leak, LEAST_LEAK, MOST_LEAK), (child.gain, 1e-3, 1e3)):
        changes = (rng.random(value.shape) < mutation.share) & struck[:, None]
        factor = np.exp(2 * mutation.step * rng.standard_normal(value.shape))
        # Leaks move in their logits, so that slow and fast ones move alike.
        moved = value * factor if high > 1 else 1 / (1 + (1 / value - 1) / factor)
        value[...] = np.clip(np.where(changes, moved, value), low, high)


def _mask_row(child: Genes, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights and mask of all that the neurons of one reservoir receive, inputs first."""
    possible = child.alive[number][:, None] & np.concatenate(
        [np.ones(child.inputs.shape[2], bool), child.alive[number]]
    )
    return np.concatenate([child.input_mask[number], child.recurrent_mask[number]], axis=1), possible


def _set(child: Genes, number: int, neuron: int, source: int, on: bool, weight: float | None = None) -> None:
    inputs = child.inputs.shape[2]
    mask, weights = (child.input_mask, child.inputs) if source < inputs else (child.recurrent_mask, child.recurrent)
    place = number, neuron, source if source < inputs else source - inputs
    mask[place] = on
    if weight is not None:
        weights[place] = weight


def _drawn_weight(genome: Genome, child: Genes, number: int, source: int, rng: np.random.Generator) -> float:
    if genome.values == "ternary":
        return float(rng.choice([-1.0, 1.0]))
    if source < child.inputs.shape[2]:
        return float(genome.input_scale * rng.standard_normal())
    return float(genome.spectral_radius * rng.standard_normal() / np.sqrt(child.alive[number].sum()))


def _connect(genome: Genome, child: Genes, number: int, rng: np.random.Generator) -> None:
    there, possible = _mask_row(child, number)
    free = np.argwhere(possible & ~there)
    if len(free):
        neuron, source = free[rng.integers(len(free))]
        _set(child, number, neuron, source, True, _drawn_weight(genome, child, number, source, rng))


def _disconnect(genome: Genome, child: Genes, number: int, rng: np.random.Generator) -> None:
    del genome
    there, possible = _mask_row(child, number)
    places = np.argwhere(there & possible)
    if len(places) > 1:
        neuron, source = places[rng.integers(len(places))]
        _set(child, number, neuron, source, False)


def _rewire(genome: Genome, child: Genes, number: int, rng: np.random.Generator) -> None:
    there, possible = _mask_row(child, number)
    places = np.argwhere(there & possible)
    if not len(places):
        return
    neuron, source = places[rng.integers(len(places))]
    free = np.flatnonzero(possible[neuron] & ~there[neuron])
    if len(free):
        _set(child, number, neuron, source, False)
        other = int(rng.choice(free))
        _set(child, number, neuron, other, True, _drawn_weight(genome, child, number, other, rng))


_ON_CONNECTIONS: dict[str, Callable[[Genome, Genes, int, np.random.Generator], None]] = {
    "rewire": _rewire,
    "connect": _connect,
    "disconnect": _disconnect,
}


def _add(child: Genes, number: int, born: int, marks: Marks, rng: np.random.Generator) -> Marks:
    """Split a connection by a new neuron; nothing where there is no room, or no connection."""
    free = np.flatnonzero(~child.alive[number])
    there, possible = _mask_row(child, number)
    places = np.argwhere(there & possible)
    if not len(free) or not len(places):
        return marks
    new, inputs = int(free[0]), child.inputs.shape[2]
    neuron, source = (int(place) for place in places[rng.integers(len(places))])
    ends = (-2 - source if source < inputs else child.marks[number, source - inputs], child.marks[number, neuron])
    marks, mark = _marked(marks, ends, child.marks[number][child.alive[number]], born)
    weights = child.inputs if source < inputs else child.recurrent
    old = float(weights[number, neuron, source if source < inputs else source - inputs])
    for name in ("input_mask", "recurrent_mask"):
        getattr(child, name)[number, new] = False
    child.recurrent_mask[number, :, new] = False
    child.alive[number, new] = child.output_mask[number, new] = True
    child.marks[number, new] = mark
    child.bias[number, new], child.gain[number, new] = 0.0, 1.0
    child.leak[number, new] = child.leak[number, neuron]
    _set(child, number, neuron, source, False)
    _set(child, number, new, source, True, 1.0)
    _set(child, number, neuron, inputs + new, True, old)
    return marks


def _marked(marks: Marks, ends: tuple[int, int], taken: np.ndarray, born: int) -> tuple[Marks, int]:
    """The marking of this split: that of the same one before, unless the reservoir has such a neuron already."""
    same = marks[(marks[:, 0] == ends[0]) & (marks[:, 1] == ends[1]), 2]
    unused = same[~np.isin(same, taken)]
    if len(unused):
        return marks, int(unused[0])
    mark = max(int(marks[:, 2].max(initial=-1)) + 1, born)
    return np.concatenate([marks, [[*ends, mark]]]).astype(np.int64), mark


def _remove(child: Genes, number: int, rng: np.random.Generator) -> None:
    living = np.flatnonzero(child.alive[number])
    if len(living) < 2:
        return
    gone = int(rng.choice(living))
    child.alive[number, gone] = child.output_mask[number, gone] = False
    child.recurrent_mask[number, :, gone] = child.recurrent_mask[number, gone] = False
    child.input_mask[number, gone] = False
    child.marks[number, gone] = -1
    if not child.output_mask[number].any():
        child.output_mask[number] = child.alive[number]
