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
    sources, place = learners.afferents.shape[1], learners.owners == "matrix"
    matrix = learners.rows[:, place].reshape(learners.count, -1, sources)
    ears, matrix = Ears.of(partners, learners.population.passage, learners.afferents, matrix, rng)
    learners.rows[:, place] = matrix.reshape(learners.count, -1)
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
        learners: of a population.
        ears: of these.
        slopes: of the step, as the kernels give gradients.
        spread: deviations of all sources that are recorded.
        number: of the step, for the log.
    """
    place = learners.owners == "matrix"
    own = place[: learners.total]
    shape = (learners.count, -1, ears.open.shape[1])
    matrix = learners.rows[:, place].reshape(shape)
    changes = ears.step(matrix, slopes[:, own].reshape(shape), spread[learners.afferents[0]], number)
    if not changes:
        return
    learners.rows[:, place] = matrix.reshape(learners.count, -1)
    for moments in (learners.first, learners.second):
        kept = moments[:, own].reshape(shape)
        # Momentum would open again what was dropped.
        for unit, dropped, opened in changes:
            kept[unit, :, [dropped, opened]] = 0
        moments[:, own] = kept.reshape(learners.count, -1)
