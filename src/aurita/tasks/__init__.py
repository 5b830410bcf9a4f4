"""What a reservoir can be tried on, by name.

A task is made by a function of its family. `task_named` finds it by a name such as `lorenz` or
`cogscale/adding_problem/small`, whose parts after a slash are the function's first arguments.
"""

from collections.abc import Callable
from difflib import get_close_matches
from inspect import signature
from typing import Any

from aurita.errors import AuritaError
from aurita.estimators.forecast import valid_prediction_time
from aurita.tasks.chaos import dysts, lorenz, mackey_glass, narma10
from aurita.tasks.cogscale import COGSCALE_TASKS, cogscale
from aurita.tasks.datasets import ARCHIVE, archive, japanese_vowels
from aurita.tasks.decision import decision
from aurita.tasks.forecasting import Rollout, forecasting_task, rollouts
from aurita.tasks.memory import memory_capacity, processing_capacity
from aurita.tasks.metrics import METRICS, Metric
from aurita.tasks.series import RECORDINGS, csv, recorded
from aurita.tasks.synthetic import ANARCHIST_FUNCTIONS, anarchist, sincosnoise
from aurita.tasks.task import Split, Task, joined

__all__ = [
    "METRICS",
    "TASKS",
    "Metric",
    "Rollout",
    "Split",
    "Task",
    "forecasting_task",
    "joined",
    "rollouts",
    "task_named",
    "task_names",
    "valid_prediction_time",
]

TASKS: dict[str, Callable[..., Task]] = {
    "sincosnoise": sincosnoise,
    "anarchist": anarchist,
    "mackey_glass": mackey_glass,
    "lorenz": lorenz,
    "narma10": narma10,
    "dysts": dysts,
    "memory_capacity": memory_capacity,
    "processing_capacity": processing_capacity,
    "decision": decision,
    "japanese_vowels": japanese_vowels,
    "archive": archive,
    "recorded": recorded,
    "csv": csv,
    "cogscale": cogscale,
}
"""The function that makes each family of tasks; its docstring has the options and the source."""


def task_named(name: str, /, *, seed: int = 0, **options: Any) -> Task:
    """Make a task by its name.

    Args:
        name: a key of `TASKS`, with members after slashes where the family has them: `anarchist/sine`, `dysts/Rossler`,
            `archive/BasicMotions`, `cogscale/sorting_problem/medium`.
        seed: the data's seed, from 0.
        options: keyword arguments of the function in `TASKS`.

    Returns:
        The task.

    Raises:
        AuritaError: an unknown name (the nearest ones are listed), an unknown option, a seed that is no integer from 0.

    Example:
        >>> task_named("sincosnoise", seed=3, score_from=10).metric
        'mse'
    """
    family, *members = name.split("/")
    if family not in TASKS:
        near = get_close_matches(name, task_names(), n=4, cutoff=0.3) or task_names()
        raise AuritaError(f"task {name!r} is unknown; nearest: {', '.join(near)}")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise AuritaError(f"seed {seed!r} is no seed; give an integer from 0")
    _check_arguments(name, members, options)
    return TASKS[family](*members, seed=seed, **options)


def task_names() -> list[str]:
    """Names that `task_named` knows, with the members of each family where they can be listed without a library.

    Example:
        >>> "cogscale/associative_recall" in task_names()
        True
    """
    members = {
        "anarchist": ANARCHIST_FUNCTIONS,
        "archive": tuple(ARCHIVE),
        "recorded": tuple(RECORDINGS),
        "cogscale": COGSCALE_TASKS,
    }
    return [name for family in TASKS for name in [f"{family}/{m}" for m in members.get(family, ())] or [family]]


def _check_arguments(name: str, members: list[str], options: dict[str, Any]) -> None:
    parameters = signature(TASKS[name.split("/")[0]]).parameters.values()
    places = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    if len(members) > len(places):
        raise AuritaError(f"task {name!r} has {len(members)} members after a slash, its family takes {len(places)}")
    known = [p.name for p in parameters if p.name != "seed" and p.name not in places[: len(members)]]
    for option in options:
        if option not in known:
            raise AuritaError(f"task {name!r} has no option {option!r} to set; its options: {', '.join(known)}")
