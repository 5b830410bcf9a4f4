"""A genetic algorithm over topologies with species, fitness sharing and historical markings: NEAT for reservoirs."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from aurita.errors import AuritaError
from aurita.evolution._search import Search, State, finite, stored, storing
from aurita.evolution._species import Sorted, crossed, offspring, sorted_into_species
from aurita.evolution.evaluation import Scores
from aurita.evolution.genes import Genes, joined
from aurita.evolution.genome import Genome
from aurita.evolution.operators import Mutation, mutated, no_marks


@dataclass(frozen=True, kw_only=True)
class TopologySearch(Search[Genome, Genes]):
    """Wirings, weights, leaks and sizes, by mutation and by crossover within species.

    The best of every species of five or more go on unchanged, to be scored on the next generation's trials; the better
    `surviving` share of a species has children, each species as many as its shared fitness is due. The threshold of
    likeness is moved so that there are about `species` of them.

    Attributes:
        mutation: rates of the operators.
        crossover: chance that a child has two parents.
        surviving: share of a species that may have children.
        species: how many to aim at.

    Source: Stanley and Miikkulainen 2002, "Evolving neural networks through augmenting topologies".
    """

    population: int = 64
    mutation: Mutation = field(default_factory=Mutation)
    crossover: float = 0.3
    surviving: float = 0.25
    species: int = 5

    name: ClassVar[str] = "topology"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (0 <= self.crossover <= 1 and 0 < self.surviving <= 1 and self.species >= 1):
            raise AuritaError(
                f"crossover is {self.crossover}, surviving {self.surviving}, species {self.species}; expected "
                "a chance, a share above 0, and at least 1"
            )

    def init(self, genome: Genome, start: Genes, scores: Scores, rng: np.random.Generator) -> State:
        best = np.argsort(-finite(scores.fitness), kind="stable")[: self.population]
        state = {"marks": no_marks(), "threshold": np.array(1.0)}
        return self._next_state(state, start.take(best), scores.fitness[best], None, rng)

    def ask(self, genome: Genome, state: State, rng: np.random.Generator) -> tuple[Genes, State]:
        genes, fitness, species = stored(genome, state), state["fitness"], state["species"]
        order = np.argsort(-fitness, kind="stable")
        champions = [int(order[species[order] == n][0]) for n in np.unique(species) if (species == n).sum() >= 5]
        champions = champions[: self.population // 2] or [int(order[0])]
        first: list[int] = []
        second: list[int] = []
        for name, due in offspring(fitness, species, self.population - len(champions)).items():
            members = order[species[order] == name]
            parents = members[: max(1, int(np.ceil(self.surviving * len(members))))]
            pairs = rng.choice(len(parents), (due, 2))
            alone = rng.random(due) >= self.crossover
            # Members are sorted, so the lower place is the fitter parent.
            first += parents[pairs.min(axis=1)].tolist()
            second += np.where(alone, parents[pairs.min(axis=1)], parents[pairs.max(axis=1)]).tolist()
        children = crossed(genes.take(first), genes.take(second), rng)
        children, marks = mutated(genome, children, self.mutation, state["marks"], rng)
        return joined(genes.take(champions), children), {**state, "marks": marks}

    def tell(self, genome: Genome, state: State, genes: Genes, scores: Scores, rng: np.random.Generator) -> State:
        before = Sorted(
            state["species"], stored(genome, state, "representatives."), state["numbers"], int(state["following"])
        )
        return self._next_state(state, genes, scores.fitness, before, rng)

    def _next_state(
        self, state: State, genes: Genes, fitness: np.ndarray, before: Sorted | None, rng: np.random.Generator
    ) -> State:
        threshold = float(state["threshold"])
        found = sorted_into_species(genes, before, threshold, rng)
        threshold *= 1.1 if len(found.numbers) > self.species else 0.95 if len(found.numbers) < self.species else 1.0
        return {
            "marks": state["marks"],
            "threshold": np.array(threshold),
            "fitness": finite(fitness),
            "species": found.species,
            "numbers": found.numbers,
            "following": np.array(found.following),
            **storing(genes),
            **storing(found.representatives, "representatives."),
        }
