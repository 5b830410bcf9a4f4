"""Units of the native engine that choose partners while they learn: closed afferents, and changes after a step."""

import numpy as np

from aurita._typing import Float
from aurita.learning.partners import Ears, Partners
from aurita.native.learn_kernel import Learners


def eared(learners: Learners, partners: Partners, rng: np.random.Generator) -> Ears:
    """First partners of a population: those that its passages have, or random ones, and the others are closed.

    Raises:
        AuritaError: units that could not all listen to the same sources, or without passages that learn.
    """
    matrix = learners.matrices(learners.rows)
    ears, matrix[:] = Ears.of(partners, learners.population.passage, learners.afferents, matrix, rng)
    learners.open = ears.open
    return ears


def rewired(
    learners: Learners,
    ears: Ears,
    slopes: Float[np.ndarray, "unit weight"],
    spread: Float[np.ndarray, "source"],
    number: int,
) -> None:
    """Let units change partners after a step, where that is due.

    Args:
        slopes: of the step, as the kernels give gradients.
        spread: deviations of all sources that are recorded.
    """
    matrix, gradients = learners.matrices(learners.rows), learners.matrices(slopes).copy()
    # Momentum would open again what was dropped.
    for unit, dropped, opened in ears.step(matrix, gradients, spread[learners.afferents[0]], number):
        for moments in (learners.first, learners.second):
            learners.matrices(moments)[unit, :, [dropped, opened]] = 0
