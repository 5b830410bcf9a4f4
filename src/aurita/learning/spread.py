"""Learning over processes or machines: units that receive no learner are independent, so each worker teaches some.

Workers are joblib's: its own processes, Dask or Ray, whichever `joblib.parallel_config` names. Every one draws the same
batches from the seed, so the weights are byte for byte those of one process.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np

from aurita._typing import Array, Bool, Float, Int
from aurita.data.batch import Batch
from aurita.errors import AuritaError
from aurita.fields import is_whole, shown
from aurita.learning._learners import who_may
from aurita.learning._recording import depends_on_learners
from aurita.learning.local import History, learn
from aurita.learning.settings import Learning
from aurita.reservoir import Reservoir

Shared = TypeVar("Shared")
Task = TypeVar("Task")
Found = TypeVar("Found")


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
        parts: shares of units; None: as many as workers. More of them lose less when a worker is lost: its share is
            learnt again by another.

    Raises:
        AuritaError: parts below 1; units that receive learners, a rule other than `all`, early stopping, partners or
            `fan_in`, for which workers would have to wait for each other; and as `learn`.

    Example:
        >>> from aurita import AttentionUnit, Population
        >>> wave = np.sin(np.arange(60) / 3)[None, :, None]
        >>> reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=1), units=4, receives="inputs")], inputs=1)
        >>> found, _ = learn_spread(reservoir, wave, Learning(steps=10), jobs=1, parts=2)
        >>> expected, _ = learn(reservoir, wave, Learning(steps=10))
        >>> bool((found.weights[0].unit["wq"] == expected.weights[0].unit["wq"]).all())
        True
    """
    import joblib

    if parts is not None and not (is_whole(parts) and parts >= 1):
        raise AuritaError(f"parts is {shown(parts)}; expected a whole number from 1, or None")
    settings = settings or Learning()
    rewiring = settings.passages.partners is not None or settings.passages.fan_in is not None
    together = settings.selects.name != "all" or settings.stopping is not None or rewiring
    if together or depends_on_learners(reservoir):
        raise AuritaError(
            "units that receive learners, rules other than 'all', early stopping, partners, fan_in need all units in "
            "one process; use learn, or wire units to inputs and to units that do not learn"
        )
    may = who_may(reservoir, only)
    workers = joblib.effective_n_jobs(jobs)
    shares = [share for share in np.array_split(np.flatnonzero(may), parts or workers) if len(share)]
    if not shares:
        return learn(reservoir, inputs, settings, lengths=lengths, targets=targets, scored=scored, only=may, seed=seed)
    given = {"lengths": lengths, "targets": targets, "scored": scored, "seed": seed}
    found = on_workers(_taught, (reservoir, inputs, settings, given), shares, jobs)
    history = found[0].history
    losses, selected = (np.zeros((len(history.losses), reservoir.units), dtype) for dtype in (np.float32, bool))
    losses[:] = np.nan
    weights = [each.replace(unit=dict(each.unit), passage=dict(each.passage)) for each in reservoir.weights]
    for share, taught in zip(shares, found, strict=True):
        losses[:, share], selected[:, share] = taught.history.losses, taught.history.selected
        for old, new, which in zip(weights, taught.weights, _within(reservoir, share), strict=True):
            for before, after in zip((old.unit, old.passage), new, strict=True):
                before.update({name: _with(before[name], which, value) for name, value in after.items()})
    return reservoir.replace(weights=tuple(weights)), History(losses, selected, history.held_out)


def on_workers(
    function: Callable[[Shared, Task], Found], shared: Shared, tasks: Iterable[Task], jobs: int | None = None
) -> list[Found]:
    """What a function makes of each task, on the workers of joblib.

    Args:
        shared: sent once to each worker of Dask and each machine of Ray; joblib's own processes map its large arrays.
        tasks: one call each, so that a worker that is lost costs one of them.
        jobs: workers, as `n_jobs` of joblib; None: as many as `joblib.parallel_config` says, else this process alone.

    Example:
        >>> on_workers(lambda shared, task: shared * task, 10, [1, 2, 3], jobs=1)
        [10, 20, 30]
    """
    import joblib

    tasks = list(tasks)
    if len(tasks) == 1:
        return [function(shared, tasks[0])]
    backend = joblib.parallel.get_active_backend()[0]
    context: AbstractContextManager[object] = nullcontext()
    call: Callable[..., Found] = function
    given: object = shared
    if hasattr(backend, "client"):
        # A copy for every worker: what is scattered to one of them is lost with it.
        context = joblib.parallel_config("dask", client=backend.client, scatter=[shared])
    elif type(backend).__module__.partition(".")[0] == "ray":
        import ray

        given, call = ray.put(shared), partial(_fetched, function)
    with context:
        return joblib.Parallel(n_jobs=jobs, batch_size=1)(joblib.delayed(call)(given, task) for task in tasks)


def _fetched(function: Callable[[Shared, Task], Found], reference: object, task: Task) -> Found:
    import ray

    return function(ray.get(reference), task)


class _Taught(NamedTuple):
    """What comes back from a worker: weights of each population and the history, of the units that learnt alone."""

    weights: list[tuple[dict[str, np.ndarray], dict[str, np.ndarray]]]
    history: History


def _taught(shared: tuple[Reservoir, object, Learning, dict], share: Int[np.ndarray, "own"]) -> _Taught:
    reservoir, inputs, settings, given = shared
    only = np.isin(np.arange(reservoir.units), share)
    learnt, history = learn(reservoir, inputs, settings, only=only, **given)  # type: ignore[arg-type]
    weights = [
        (_some(each.unit, which), _some(each.passage, which))
        for each, which in zip(learnt.weights, _within(reservoir, share), strict=True)
    ]
    return _Taught(weights, History(history.losses[:, only], history.selected[:, only], history.held_out))


def _within(reservoir: Reservoir, share: Int[np.ndarray, "own"]) -> list[Int[np.ndarray, "own"]]:
    """Numbers of the units of a share within each population."""
    return [share[(share >= own.start) & (share < own.stop)] - own.start for own in reservoir.places]


def _some(weights: Mapping[str, Array], which: Int[np.ndarray, "own"]) -> dict[str, np.ndarray]:
    return {name: np.asarray(value)[..., which] for name, value in weights.items()} if len(which) else {}


def _with(before: Array, which: Int[np.ndarray, "own"], after: np.ndarray) -> np.ndarray:
    made = np.array(before)
    made[..., which] = after
    return made
