"""What searches ask of a genome and of a population of its genes, whatever reservoirs they are of."""

from collections.abc import Mapping, Sequence
from dataclasses import Field
from typing import TYPE_CHECKING, ClassVar, Protocol, Self, TypeVar

import numpy as np

from aurita._typing import Float, Int

if TYPE_CHECKING:
    from aurita.evolution.evaluation import Scores, Scoring
    from aurita.evolution.trials import Trials

Pool = TypeVar("Pool", bound="GenesLike")
Kind = TypeVar("Kind", bound="GenomeLike")


class GenesLike(Protocol):
    """Genes of a population of reservoirs: arrays with the population in front."""

    @property
    def count(self) -> int:
        """Reservoirs in the population."""

    @property
    def sizes(self) -> Int[np.ndarray, "population"]:
        """Units or neurons of each reservoir."""

    @property
    def connections(self) -> Int[np.ndarray, "population"]:
        """Connections of each reservoir."""

    @property
    def connectivity(self) -> Float[np.ndarray, "population"]:
        """Share of the possible connections that each reservoir has."""

    def take(self, which: Sequence[int] | np.ndarray | slice) -> Self:
        """Some of the reservoirs, by number."""

    def arrays(self) -> dict[str, np.ndarray]:
        """The genes by name."""

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """The genes that `arrays` gave."""


class GenomeLike(Protocol[Pool]):
    """What reservoirs may be, a dataclass: how the first are drawn and scored, and their genes as vectors."""

    __dataclass_fields__: ClassVar[dict[str, Field]]

    def start(self, rng: np.random.Generator, count: int, inputs: int) -> Pool:
        """First reservoirs."""

    def proposal(self, rng: np.random.Generator) -> Self:
        """The same genome with hyper-parameters of first reservoirs drawn at random."""

    def channels_of(self, genes: Pool) -> int:
        """How many external channels these reservoirs receive."""

    def scores(self, genes: Pool, trials: "Trials", reading: "Scoring") -> "Scores":
        """Run, read out and score a population."""

    def flatten(self, genes: Pool) -> Float[np.ndarray, "population number"]:
        """The numbers of each reservoir as one vector."""

    def unflatten(self, vectors: Float[np.ndarray, "population number"], like: Pool) -> Pool:
        """Genes of these vectors, of the shapes of `like`."""

    def genes_of(self, arrays: Mapping[str, np.ndarray]) -> Pool:
        """The genes that their `arrays` gave."""
