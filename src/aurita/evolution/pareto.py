"""Score and size at once: NSGA-II (Deb et al. 2002, "A fast and elitist multiobjective genetic algorithm")."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from aurita._typing import Float, Int
from aurita.evolution._search import Search, State, finite, stored, storing
from aurita.evolution._species import crossed
from aurita.evolution.evaluation import Scores
from aurita.evolution.genes import Genes, joined
from aurita.evolution.genome import Genome
from aurita.evolution.operators import Mutation, mutated, no_marks


@dataclass(frozen=True, kw_only=True)
class ParetoSearch(Search[Genome, Genes]):
    """Reservoirs than which none is both better and smaller.

    Attributes:
        mutation: rates of the operators.
        crossover: chance that a child has two parents.
    """

    population: int = 64
    mutation: Mutation = field(default_factory=lambda: Mutation(add=0.1, remove=0.1))
    crossover: float = 0.3

    name: ClassVar[str] = "pareto"

    def init(self, genome: Genome, start: Genes, scores: Scores, rng: np.random.Generator) -> State:
        return self._kept({"marks": no_marks()}, start, finite(scores.fitness))

    def ask(self, genome: Genome, state: State, rng: np.random.Generator) -> tuple[Genes, State]:
        genes = stored(genome, state)
        # Those kept are in order, so the lower place wins a tournament.
        first, second = (rng.integers(genes.count, size=(self.population, 2)).min(axis=1) for _ in range(2))
        second = np.where(rng.random(self.population) < self.crossover, second, first)
        children = crossed(genes.take(np.minimum(first, second)), genes.take(np.maximum(first, second)), rng)
        children, marks = mutated(genome, children, self.mutation, state["marks"], rng)
        return children, {**state, "marks": marks}

    def tell(self, genome: Genome, state: State, genes: Genes, scores: Scores, rng: np.random.Generator) -> State:
        together = joined(stored(genome, state), genes)
        return self._kept(state, together, np.concatenate([state["fitness"], finite(scores.fitness)]))

    def _kept(self, state: State, genes: Genes, fitness: np.ndarray) -> State:
        goals = np.stack([fitness, -genes.sizes.astype(float)], axis=1)
        front = fronts(goals)
        crowded = np.zeros(len(front))
        for f in np.unique(front):
            crowded[front == f] = crowding(goals[front == f])
        order = np.lexsort((-crowded, front))[: self.population]
        return {"marks": state["marks"], **storing(genes.take(order)), "fitness": fitness[order], "front": front[order]}


def fronts(goals: Float[np.ndarray, "population goal"]) -> Int[np.ndarray, "population"]:
    """The front of each: 0 where none is as good in all goals and better in one, 1 without those, and so on.

    Example:
        >>> fronts(np.array([[3.0, 1], [1, 3], [1, 1], [2, 1]])).tolist()
        [0, 0, 2, 1]
    """
    better = (goals[:, None] >= goals[None]).all(axis=2) & (goals[:, None] > goals[None]).any(axis=2)
    front, left, number = np.full(len(goals), -1), np.ones(len(goals), bool), 0
    while left.any():
        now = left & ~(better & left[:, None]).any(axis=0)
        front[now] = number
        left &= ~now
        number += 1
    return front


def crowding(goals: Float[np.ndarray, "population goal"]) -> Float[np.ndarray, "population"]:
    """How far apart the neighbours of each are along the goals; infinite at the ends.

    Example:
        >>> crowding(np.array([[0.0, 4], [1, 2], [4, 0]])).tolist()
        [inf, 2.0, inf]
    """
    total = np.zeros(len(goals))
    for goal in goals.T:
        order = np.argsort(goal, kind="stable")
        width = goal[order[-1]] - goal[order[0]]
        total[order[[0, -1]]] = np.inf
        if width > 0:
            total[order[1:-1]] += (goal[order[2:]] - goal[order[:-2]]) / width
    return total
