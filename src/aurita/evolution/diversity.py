"""Novelty and quality-diversity by the archives of pyribs; reservoirs in them have children by mutation.

MAP-Elites: Mouret and Clune 2015, "Illuminating search spaces by mapping elites". Novelty search: Lehman and Stanley
2011, "Abandoning objectives".
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from aurita._typing import Float
from aurita.errors import AuritaError, require
from aurita.evolution._search import Search, State, as_rows, finite, of_rows, stored, storing
from aurita.evolution._species import crossed
from aurita.evolution.evaluation import Scores
from aurita.evolution.genes import Genes
from aurita.evolution.genome import Genome
from aurita.evolution.operators import Mutation, mutated, no_marks

if TYPE_CHECKING:
    from ribs.archives import ArchiveBase


@dataclass(frozen=True, kw_only=True)
class DiversitySearch(Search[Genome, Genes]):
    """Reservoirs that differ: the best of each kind, or whatever behaves as none before.

    Attributes:
        archive: `quality`, a grid over size, connectivity and mean log leak that keeps the best reservoir of each cell;
            or `novelty`, a collection of reservoirs whose behaviour (the share of right answers by class) is far from
            that of all others.
        cells: cells of the grid in each of its three directions.
        neighbours: reservoirs that novelty is a mean distance to.
        novelty: least distance that is novel.
        mutation: rates of the operators.
        crossover: chance that a child has two parents.
    """

    population: int = 64
    archive: Literal["quality", "novelty"] = "quality"
    cells: tuple[int, int, int] = (14, 5, 5)
    neighbours: int = 10
    novelty: float = 0.05
    mutation: Mutation = field(default_factory=Mutation)
    crossover: float = 0.3

    name: ClassVar[str] = "diversity"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.archive not in ("quality", "novelty"):
            raise AuritaError(f"archive is {self.archive!r}; expected 'quality' or 'novelty'")

    def init(self, genome: Genome, start: Genes, scores: Scores, rng: np.random.Generator) -> State:
        empty = {"marks": no_marks(), **storing(start.take([])), "fitness": np.zeros(0), "measures": np.zeros((0, 0))}
        return self._added(genome, empty, start, scores)

    def ask(self, genome: Genome, state: State, rng: np.random.Generator) -> tuple[Genes, State]:
        genes = stored(genome, state)
        chosen = rng.integers(genes.count, size=self.population)
        mates = np.where(
            rng.random(self.population) < self.crossover, rng.integers(genes.count, size=len(chosen)), chosen
        )
        children = crossed(genes.take(chosen), genes.take(mates), rng)
        children, marks = mutated(genome, children, self.mutation, state["marks"], rng)
        return children, {**state, "marks": marks}

    def tell(self, genome: Genome, state: State, genes: Genes, scores: Scores, rng: np.random.Generator) -> State:
        return self._added(genome, state, genes, scores)

    def _added(self, genome: Genome, state: State, genes: Genes, scores: Scores) -> State:
        """The state with these reservoirs offered to the archive, which is built anew from what it held."""
        before = stored(genome, state)
        measures = self._measures(genes, scores)
        archive = self._archive(genome, as_rows(genes).shape[1], measures.shape[1])
        if before.count:
            # An empty archive lets in all that is offered at once.
            archive.add(as_rows(before), state["fitness"], state["measures"])
        archive.add(as_rows(genes), finite(scores.fitness), measures)
        held = archive.data()
        order = np.lexsort(np.asarray(held["measures"]).T) if self.archive == "quality" else np.argsort(held["index"])
        return {
            "marks": state["marks"],
            **storing(of_rows(held["solution"][order], genes)),
            "fitness": held["objective"][order],
            "measures": held["measures"][order],
        }

    def _measures(self, genes: Genes, scores: Scores) -> Float[np.ndarray, "population measure"]:
        if self.archive == "novelty":
            return scores.behaviour
        slow = np.where(genes.alive, np.log10(genes.leak), 0).sum(axis=1) / np.maximum(genes.sizes, 1)
        return np.stack([genes.sizes, genes.connectivity, slow], axis=1).astype(np.float64)

    def _archive(self, genome: Genome, numbers: int, measures: int) -> "ArchiveBase":
        archives = require("ribs.archives", "evolution", "an archive of reservoirs")
        if self.archive == "quality":
            return archives.GridArchive(
                solution_dim=numbers,
                dims=self.cells,
                ranges=[(0.5, genome.padded + 0.5), (0.0, 1.0), (-2.5, 0.0)],
                dtype=np.float64,
            )
        return archives.ProximityArchive(
            solution_dim=numbers,
            measure_dim=measures,
            k_neighbors=self.neighbours,
            novelty_threshold=self.novelty,
            dtype=np.float64,
        )
