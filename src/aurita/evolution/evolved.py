"""An evolved reservoir outside the search: a population of an aurita reservoir, an estimator, a file."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from aurita._typing import Document
from aurita.errors import AuritaError
from aurita.evolution import _checkpoint as checkpoints
from aurita.evolution._protocols import GenomeLike
from aurita.evolution.evaluation import Scoring
from aurita.evolution.genes import Genes
from aurita.evolution.trials import Source
from aurita.reservoir import Population, Reservoir
from aurita.saving.conforming import conform
from aurita.saving.container import damaged
from aurita.saving.structure import LARGEST_WEIGHT, check_finite
from aurita.units.given_echo import GivenEchoUnit

if TYPE_CHECKING:
    from aurita.estimators import ReservoirClassifier, ReservoirRegressor


@dataclass(frozen=True, eq=False)
class EvolvedReservoir:
    """One echo reservoir with the wiring and the weights that a search found; the padding is cut away.

    Attributes:
        genes: the reservoir, one in number.
        reading: how its readout was fitted in the search.

    Raises:
        AuritaError: genes of several reservoirs, or of other units.

    Example:
        >>> from aurita.evolution import Genome
        >>> genes = Genome(neurons=5, most=9).start(np.random.default_rng(0), count=1, inputs=8)
        >>> reservoir = EvolvedReservoir(genes).reservoir()
        >>> reservoir.inputs, reservoir.sources.outputs
        (8, 5)
    """

    genes: Genes
    reading: Scoring = field(default_factory=Scoring)

    def __post_init__(self) -> None:
        if not isinstance(self.genes, Genes) or self.genes.count != 1:
            raise AuritaError(
                f"genes are {getattr(self.genes, 'count', 'no')} reservoirs of {type(self.genes).__name__}; expected "
                "one echo reservoir, such as the champion of a search, or genes.take([0])"
            )

    @staticmethod
    def evolve(task: Source, genome: GenomeLike | None = None, **options: Any) -> "EvolvedReservoir":
        """The champion of a search; everything as in `aurita.evolution.evolve`."""
        from aurita.evolution.evolving import evolve

        found = evolve(task, genome, **options)
        return EvolvedReservoir(found.champion, found.reading)

    @cached_property
    def numbers(self) -> dict[str, np.ndarray]:
        """Effective weights of the living neurons: inputs, recurrent, bias, leak, output_mask."""
        alive = np.flatnonzero(self.genes.alive[0])
        effective = {name: value[0] for name, value in self.genes.effective().items()}
        cut = {name: value[alive] for name, value in effective.items()}
        return {**cut, "recurrent": cut["recurrent"][:, alive]}

    @property
    def inputs(self) -> int:
        """External channels."""
        return int(self.genes.inputs.shape[2])

    @property
    def neurons(self) -> int:
        """Living neurons."""
        return int(self.genes.sizes[0])

    def population(self) -> Population:
        """The neurons as a population, for `Reservoir.build` or for the `populations` of an estimator."""
        numbers = self.numbers
        unit = GivenEchoUnit(
            slots=self.neurons,
            inputs=_rows(numbers["inputs"]),
            recurrent=_rows(numbers["recurrent"]),
            bias=tuple(map(float, numbers["bias"])),
            leaks=tuple(map(float, numbers["leak"])),
            output_mask=tuple(map(float, numbers["output_mask"])),
        )
        return Population(unit=unit, units=1, passage="mixed", afferents="all", receives="inputs")

    def reservoir(self) -> Reservoir:
        """The neurons as a reservoir, for `aurita.run`."""
        return Reservoir.build([self.population()], inputs=self.inputs)

    def classifier(self, **parameters: object) -> "ReservoirClassifier":
        """A `ReservoirClassifier` that reads this reservoir out as the search did: outputs of the last step."""
        from aurita.estimators import ReservoirClassifier

        return ReservoirClassifier(self.population(), **{**_AS_SEARCHED, **parameters})

    def regressor(self, **parameters: object) -> "ReservoirRegressor":
        """A `ReservoirRegressor` that reads this reservoir out as the search did."""
        from aurita.estimators import ReservoirRegressor

        return ReservoirRegressor(self.population(), **{**_AS_SEARCHED, **parameters})

    def save(self, path: str | Path) -> None:
        """Write the genes to one file.

        Raises:
            AuritaError: a path that cannot be written.
        """
        reading = {name: getattr(self.reading, name) for name in self.reading.__dataclass_fields__}
        checkpoints.write(path, {"kind": "reservoir", "reading": reading}, self.genes.arrays())

    @staticmethod
    def load(path: str | Path) -> "EvolvedReservoir":
        """What `save` wrote.

        Raises:
            AuritaError: another file, or a damaged one.
        """
        description, arrays = checkpoints.read(path)
        if description.get("kind") != "reservoir":
            raise AuritaError(f"{path} is no evolved reservoir; give a file that EvolvedReservoir.save wrote")
        try:
            conform(Genes, arrays)
            check_finite("the genes", list(arrays.values()), LARGEST_WEIGHT)
            conform(Scoring, description.get("reading", {}))
            return EvolvedReservoir(Genes(**arrays), Scoring(**description["reading"]))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise damaged(path, str(error)) from None


_AS_SEARCHED: Document = {"features": ("output",), "summary": "last", "scale_inputs": False}


def _rows(matrix: np.ndarray) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in matrix)
