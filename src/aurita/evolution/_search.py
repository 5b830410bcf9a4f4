"""What every search is: settings that do not change, and a state of named arrays that init, ask and tell hand on.

A state is plain arrays, so a checkpoint holds it whole; all randomness comes from the generator that is passed in, so
the same seed goes the same way. Scores that are no finite number arrive as minus infinity and never win.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Generic

import numpy as np

from aurita._typing import Float
from aurita.errors import AuritaError
from aurita.evolution._protocols import GenesLike, GenomeLike, Kind, Pool
from aurita.evolution.evaluation import Scores
from aurita.evolution.genes import Genes

State = dict[str, np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Search(Generic[Kind, Pool]):
    """Base of all searches.

    Attributes:
        population: reservoirs that are asked for in a generation.
    """

    population: int = 32

    name: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if self.population < 4 or self.population % 2:
            raise AuritaError(f"population is {self.population}; expected an even number, at least 4")

    def init(self, genome: Kind, start: Pool, scores: Scores, rng: np.random.Generator) -> State:
        """The state of a search that begins with these reservoirs, already scored."""
        raise NotImplementedError

    def ask(self, genome: Kind, state: State, rng: np.random.Generator) -> tuple[Pool, State]:
        """The next population to score."""
        raise NotImplementedError

    def tell(self, genome: Kind, state: State, genes: Pool, scores: Scores, rng: np.random.Generator) -> State:
        """The state after the population asked for was scored."""
        raise NotImplementedError

    def favourite(self, genome: Kind, state: State) -> Pool | None:
        """A reservoir that represents the search beside the population it asks for, such as the mean of its draws."""
        del genome, state
        return None

    def current(self, genome: Kind, state: State) -> Pool:
        """The reservoirs that the search builds on now."""
        return stored(genome, state)


def finite(fitness: Float[np.ndarray, "population"]) -> Float[np.ndarray, "population"]:
    """Fitness as strategies can reckon with it: what failed is worse than the worst that did not.

    Example:
        >>> finite(np.array([1.0, -np.inf, 3.0, np.nan])).tolist()
        [1.0, 0.0, 3.0, 0.0]
    """
    good = np.isfinite(fitness)
    worst = fitness[good].min() - 1.0 if good.any() else 0.0
    return np.where(good, fitness, worst)


def stored(genome: GenomeLike[Pool], state: Mapping[str, np.ndarray], prefix: str = "genes.") -> Pool:
    """The genes that `storing` put into a state."""
    return genome.genes_of({name[len(prefix) :]: value for name, value in state.items() if name.startswith(prefix)})


def storing(genes: GenesLike, prefix: str = "genes.") -> State:
    """Genes as arrays of a state."""
    return {prefix + name: value for name, value in genes.arrays().items()}


def as_rows(genes: Genes) -> Float[np.ndarray, "population number"]:
    """All arrays of a population as one row of numbers a reservoir, masks and markings included."""
    return np.concatenate(
        [value.reshape(genes.count, -1).astype(np.float64) for value in genes.arrays().values()], axis=1
    )


def of_rows(rows: Float[np.ndarray, "population number"], like: Genes) -> Genes:
    """The population that `as_rows` was given, of the shapes and types of `like`."""
    arrays, first = {}, 0
    for name, value in like.arrays().items():
        width = int(np.prod(value.shape[1:]))
        part = np.asarray(rows)[:, first : first + width]
        arrays[name] = part.reshape(len(part), *value.shape[1:]).astype(value.dtype)
        first += width
    return type(like).of(arrays)
