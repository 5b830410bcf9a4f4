"""Learning spread over processes or machines: units that hear no learner are independent, so each worker teaches some.

Workers are joblib's: its own processes, Dask or Ray, whichever `joblib.parallel_config` names. Every one draws the same
batches from the seed, so the weights are byte for byte those of one process.
"""

import numpy as np

from aurita._typing import Bool, Float
from aurita.data.batch import Batch
from aurita.errors import AuritaError
from aurita.learning.learners import who_may
from aurita.learning.local import History, learn
from aurita.learning.recording import depends_on_learners
from aurita.learning.settings import Learning
from aurita.reservoir import Reservoir
from aurita.reservoir.weights import Weights


def learn_spread(
    reservoir: Reservoir,
    inputs: Float[np.ndarray, "batch time input"] | Batch,
    settings: Learning | None = None,
    *,
    jobs: int = -1,
    parts: int | None = None,
    lengths: np.ndarray | None = None,
    targets: Float[np.ndarray, "batch time target"] | None = None,
    scored: Bool[np.ndarray, "batch time"] | None = None,
    only: Bool[np.ndarray, "unit"] | None = None,
    seed: int = 0,
) -> tuple[Reservoir, History]:
    """`learn`, with the units shared out among the workers of joblib.

    Args:
        reservoir, inputs, settings, lengths, targets, scored, only, seed: as of `learn`.
        jobs: workers, as `n_jobs` of joblib.
        parts: shares of units; None: as many as workers. More of them lose less when a worker is lost.

    Raises:
        AuritaError: units that hear learners, a rule other than `all`, or early stopping, for which workers would have
            to wait for each other; and as `learn`.

    Example:
        >>> from aurita import AttentionUnit, Population
        >>> wave = np.sin(np.arange(60) / 3)[None, :, None]
        >>> reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=1), units=4, hears="inputs")], inputs=1)
        >>> found, _ = learn_spread(reservoir, wave, Learning(steps=10), jobs=1, parts=2)
        >>> expected, _ = learn(reservoir, wave, Learning(steps=10))
        >>> bool((found.weights[0].unit["wq"] == expected.weights[0].unit["wq"]).all())
        True
    """
    import joblib

    settings = settings or Learning()
    if settings.selects.name != "all" or settings.stopping is not None or depends_on_learners(reservoir):
        raise AuritaError(
            "units that hear learners, rules other than 'all', and early stopping need all units in one process; use "
            "learn, or wire units to inputs and to units that do not learn"
        )
    may = who_may(reservoir, only)
    workers = joblib.effective_n_jobs(jobs)
    shares = [share for share in np.array_split(np.flatnonzero(may), parts or workers) if len(share)]
    if not shares:
        return learn(reservoir, inputs, settings, lengths=lengths, targets=targets, scored=scored, only=may, seed=seed)
    masks = [np.isin(np.arange(reservoir.units), share) for share in shares]
    given = {"lengths": lengths, "targets": targets, "scored": scored, "seed": seed}
    found = joblib.Parallel(n_jobs=jobs)(
        joblib.delayed(_taught)(reservoir, inputs, settings, mask, given) for mask in masks
    )
    weights = reservoir.weights
    losses = np.full_like(found[0][1].losses, np.nan)
    selected = np.zeros_like(found[0][1].selected)
    for (learnt, history), mask in zip(found, masks, strict=True):
        weights = _merged(reservoir, weights, learnt, mask)
        losses[:, mask], selected[:, mask] = history.losses[:, mask], history.selected[:, mask]
    return reservoir.replace(weights=weights), History(losses, selected, found[0][1].held_out)


def _taught(
    reservoir: Reservoir, inputs: object, settings: Learning, mask: Bool[np.ndarray, "unit"], given: dict
) -> tuple[tuple[Weights, ...], History]:
    learnt, history = learn(reservoir, inputs, settings, only=mask, **given)  # type: ignore[arg-type]
    return tuple(learnt.weights), history


def _merged(
    reservoir: Reservoir, weights: tuple[Weights, ...], learnt: tuple[Weights, ...], mask: Bool[np.ndarray, "unit"]
) -> tuple[Weights, ...]:
    """Weights, those of the units of the mask replaced."""
    found, first = [], 0
    for population, old, new in zip(reservoir.populations, weights, learnt, strict=True):
        which = mask[first : first + population.units]
        first += population.units
        parts = [
            {name: np.where(which, np.asarray(after[name]), np.asarray(before[name])) for name in before}
            for before, after in ((old.unit, new.unit), (old.passage, new.passage))
        ]
        found.append(old.replace(unit=parts[0], passage=parts[1]))
    return tuple(found)
