"""Units of the native engine that choose partners while they learn: closed afferents, and changes after a step."""

import numpy as np

from aurita._typing import Float, Int
from aurita.errors import AuritaError
from aurita.learning.partners import Ears, Partners
from aurita.native.learn_kernel import Learners


def eared(learners: Learners, partners: Partners, rng: np.random.Generator) -> Ears:
    """First partners of a population: those that its passages have, or random ones, and the others are closed.

    Raises:
        AuritaError: units that could not all listen to the same sources, or without passages that learn.
    """
    if learners.population.passage != "learned" or (learners.afferents != learners.afferents[:1]).any():
        raise AuritaError(
            "partners are chosen by units that could listen to the same sources, through passages that they learn; "
            "use Population(passage='learned', afferents='all')"
        )
    sources, place = learners.afferents.shape[1], learners.owners == "matrix"
    matrix = learners.rows[:, place].reshape(learners.count, -1, sources)
    used = (matrix != 0).any(1)
    if partners.ears < sources and (used.sum(1) == partners.ears).all():
        ears = Ears(partners, learners.count, sources, rng, used)
    else:
        ears = Ears(partners, learners.count, sources, rng)
        learners.rows[:, place] = ears.mask(matrix).reshape(learners.count, -1)
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


def logged(
    ears: list[Ears], sources: list[Int[np.ndarray, "source"]], firsts: list[int]
) -> Int[np.ndarray, "change 4"]:
    """Changes of partners of several populations: step, unit, source dropped, source opened; -1 for none.

    Args:
        ears: of each population.
        sources: what its afferents are, as the reservoir numbers sources.
        firsts: its first unit.
    """
    rows = [np.zeros((0, 4), np.int64)]
    for one, numbers, first in zip(ears, sources, firsts, strict=True):
        new, named = np.array(one.log, np.int64).reshape(-1, 4), np.append(numbers, -1)
        rows.append(np.stack([new[:, 0], new[:, 1] + first, named[new[:, 2]], named[new[:, 3]]], axis=1))
    found = np.concatenate(rows)
    return found[np.argsort(found[:, 0], kind="stable")]
