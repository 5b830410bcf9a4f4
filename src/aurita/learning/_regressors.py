"""Units that learn by regression beside the native engine: in numpy, many at once."""

import numpy as np

from aurita._typing import Bool, Float, Int
from aurita.blas import one_thread
from aurita.learning._received import received
from aurita.native.learn_kernel import Recorded
from aurita.reservoir import Population, Weights
from aurita.units import AnarchistUnit


def regresses_here(population: Population) -> bool:
    """Whether units of this type take arrays of numpy."""
    return type(population.unit) is AnarchistUnit


class Regressors:
    """The units of one population while they learn, with what `aurita.native.learn_kernel.Learners` has for others.

    Attributes:
        afferents: rows of the recorded sources that each unit receives.
        span: steps that a unit looks at.
    """

    span = 1
    past = None

    def __init__(self, population: Population, weights: Weights, afferents: Int[np.ndarray, "unit afferent"]) -> None:
        self.population, self.count, self.afferents = population, population.units, afferents
        self.put(weights)

    def put(self, weights: Weights) -> None:
        """Go on from these weights."""
        self._weights = weights
        self._unit = {name: np.moveaxis(np.array(value, np.float32), -1, 0) for name, value in weights.unit.items()}

    def weights(self, like: Weights) -> Weights:
        """The weights as a reservoir has them."""
        made = {name: np.ascontiguousarray(np.moveaxis(value, 0, -1)) for name, value in self._unit.items()}
        return Weights(made, like.passage, like.rates)

    def run(
        self,
        kernels: object,
        objective: object,
        batches: list[Recorded],
        *,
        batch: int,
        chosen: Bool[np.ndarray, "step unit"],
        units: slice,
        losses: Float[np.ndarray, "step unit 3"],
        learn: int = 1,
        **unused: object,
    ) -> None:
        """Let some units learn from batches, one after the other; as `Learners.run`."""
        del kernels, objective, unused
        unit = self.population.unit
        # Units that are no numbers any more stay so, as on JAX.
        with one_thread(), np.errstate(over="ignore", invalid="ignore"):
            for step, recorded in enumerate(batches):
                counted = recorded.own[0]
                inputs = received(self._weights, self.afferents[units], recorded.sources, batch, units)
                own = {name: value[units] for name, value in self._unit.items()}
                losses[step, units, 2] = unit.disagreement(own, inputs, batch, counted).mean(-1)
                moves = chosen[step, units]
                if not learn or not moves.any():
                    continue
                for name, value in unit.refit(own, inputs, batch, counted).items():
                    self._unit[name][units] = np.where(moves[:, None, None], value, own[name])
