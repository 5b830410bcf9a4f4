"""Crossover by neuron, species and fitness sharing (Stanley and Miikkulainen 2002, NEAT)."""

from dataclasses import dataclass, replace

import numpy as np

from aurita._typing import Float, Int
from aurita.evolution.genes import Genes


def crossed(fitter: Genes, other: Genes, rng: np.random.Generator) -> Genes:
    """Children: the fitter parent, of whose neurons half of those that the other has too come from the other.

    A neuron comes with its bias, leak and gain, and with all that it receives from inputs and from neurons that both
    parents have; neurons that only the fitter parent has stay, those that only the other has are left out.

    Args:
        fitter: first parents.
        other: second parents, as many.
    """
    child = replace(fitter, **{name: value.copy() for name, value in fitter.arrays().items()})
    for number in range(fitter.count):
        shared, place = matching(fitter.marks[number], other.marks[number])
        swap = rng.random(len(shared)) < 0.5
        mine, theirs = shared[swap], place[swap]
        for name in ("inputs", "input_mask", "bias", "leak", "gain", "output_mask"):
            getattr(child, name)[number, mine] = getattr(other, name)[number, theirs]
        for name in ("recurrent", "recurrent_mask"):
            getattr(child, name)[number][np.ix_(mine, shared)] = getattr(other, name)[number][np.ix_(theirs, place)]
        if not (child.output_mask[number] & child.alive[number]).any():
            child.output_mask[number] = child.alive[number]
    return child


def matching(marks: Int[np.ndarray, "neuron"], others: Int[np.ndarray, "neuron"]) -> tuple[np.ndarray, np.ndarray]:
    """Where the neurons are that two reservoirs share, in each of them.

    Example:
        >>> [place.tolist() for place in matching(np.array([0, 4, 2, -1]), np.array([2, 0, -1, 9]))]
        [[0, 2], [1, 0]]
    """
    _, first, second = np.intersect1d(marks, others, assume_unique=False, return_indices=True)
    kept = marks[first] >= 0
    order = np.argsort(first[kept])
    return first[kept][order], second[kept][order]


def distance(a: Genes, b: Genes, number: int, reference: int) -> float:
    """How different reservoir `number` of `a` is from reservoir `reference` of `b`.

    The share of neurons that only one has, plus the share of connections between shared neurons that only one has, plus
    the mean difference of the weights of shared connections in units of their size.
    """
    first, second = matching(a.marks[number], b.marks[reference])
    size = max(a.alive[number].sum(), b.alive[reference].sum(), 1)
    disjoint = 1 - len(first) / size
    if not len(first):
        return float(disjoint + 2)
    there, weights = _connections(a, number, first)
    here, others = _connections(b, reference, second)
    either, both = there | here, there & here
    unlike = (there ^ here).sum() / max(either.sum(), 1)
    apart = np.abs(weights - others)[both].mean() if both.any() else 1.0
    scale = np.sqrt((np.square(weights) + np.square(others))[both].mean()) if both.any() else 1.0
    return float(disjoint + unlike + (apart / scale if scale > 0 else 0.0))


def _connections(genes: Genes, number: int, neurons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    among = np.ix_(neurons, neurons)
    mask = np.concatenate([genes.input_mask[number][neurons], genes.recurrent_mask[number][among]], axis=1)
    weights = np.concatenate([genes.inputs[number][neurons], genes.recurrent[number][among]], axis=1)
    return mask, weights


@dataclass(frozen=True)
class Sorted:
    """Species of a population.

    Attributes:
        species: the number of the species of each reservoir; numbers are never used again.
        representatives: one reservoir for each of `numbers`.
        numbers: species alive.
        following: the number that the next new species gets.
    """

    species: Int[np.ndarray, "population"]
    representatives: Genes
    numbers: Int[np.ndarray, "species"]
    following: int


def sorted_into_species(genes: Genes, before: Sorted | None, threshold: float, rng: np.random.Generator) -> Sorted:
    """Put every reservoir into the first species whose representative is near enough, or into a new one."""
    references = [] if before is None else [(int(n), before.representatives, i) for i, n in enumerate(before.numbers)]
    following = 0 if before is None else before.following
    species = np.full(genes.count, -1)
    for number in range(genes.count):
        for name, representatives, place in references:
            if distance(genes, representatives, number, place) < threshold:
                species[number] = name
                break
        else:
            species[number] = following
            references.append((following, genes, number))
            following += 1
    numbers = np.unique(species)
    chosen = [int(rng.choice(np.flatnonzero(species == n))) for n in numbers]
    return Sorted(species, genes.take(chosen), numbers, following)


def offspring(
    fitness: Float[np.ndarray, "population"], species: Int[np.ndarray, "population"], total: int
) -> dict[int, int]:
    """Children that each species is due: in proportion to its members' fitness, each shared by the species' size.

    Fitness counts from the worst reservoir, which gets a small share too. The sum is exactly `total`.

    Example:
        >>> offspring(np.array([1.0, 1.0, 1.0, 3.0]), np.array([0, 0, 0, 1]), 10)
        {0: 0, 1: 10}
    """
    numbers = np.unique(species)
    above = fitness - fitness.min()
    above += 1e-9 * (above.max() or 1.0)
    shares = np.array([above[species == n].mean() for n in numbers])
    exact = shares / shares.sum() * total
    whole = np.floor(exact).astype(int)
    rest = np.argsort(-(exact - whole), kind="stable")[: total - whole.sum()]
    whole[rest] += 1
    return {int(n): int(c) for n, c in zip(numbers, whole, strict=True)}
