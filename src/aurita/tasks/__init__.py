"""What a reservoir can be tried on, by name.

A task is made by a function of its family. `task_named` finds it by a name such as `lorenz` or
`cogscale/adding_problem/small`, whose parts after a slash are the function's first arguments.
"""

from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from inspect import signature

from aurita.closeness import valid_prediction_time
from aurita.errors import AuritaError
from aurita.tasks.forecasting import FreeRun, forecasting_task, rollouts
from aurita.tasks.metrics import METRICS, Metric
from aurita.tasks.task import MEMBERS, TASKS, Split, Task, family, joined

for _module in ("synthetic", "chaos", "memory", "decision", "datasets", "series", "cogscale"):
    # Each enters its families where it defines them.
    import_module(f"aurita.tasks.{_module}")

__all__ = [
    "METRICS",
    "TASKS",
    "FreeRun",
    "Metric",
    "Split",
    "Task",
    "family",
    "family_of",
    "forecasting_task",
    "joined",
    "rollouts",
    "task_named",
    "task_names",
    "valid_prediction_time",
]


def task_named(name: str, /, *, seed: int = 0, **options: object) -> Task:
    """Make a task by its name.

    Args:
        name: a key of `TASKS`, with members after slashes where the family has them: `anarchist/sine`, `dysts/Rossler`,
            `archive/BasicMotions`, `cogscale/sorting_problem/medium`; or `module:function` of a family of one's own.
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
    _, *members = name.split("/")
    if ":" not in name and name.split("/")[0] not in TASKS:
        near = get_close_matches(name, task_names(), n=4, cutoff=0.3) or task_names()
        raise AuritaError(f"task {name!r} is unknown; nearest: {', '.join(near)}")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise AuritaError(f"seed {seed!r} is no seed; give an integer from 0")
    _check_arguments(name, members, options)
    return family_of(name)(*members, seed=seed, **options)


def family_of(name: str) -> Callable[..., Task]:
    """The function that makes a task of this name.

    Raises:
        AuritaError: there is none.
    """
    return TASKS.find(name.split("/")[0])


def task_names() -> list[str]:
    """Names that `task_named` knows, with the members of each family where they can be listed without a library.

    Example:
        >>> "cogscale/associative_recall" in task_names()
        True
    """
    own = [name for name in TASKS if ":" not in name]
    return [name for family in own for name in [f"{family}/{m}" for m in MEMBERS.get(family, tuple)()] or [family]]


def _check_arguments(name: str, members: list[str], options: dict[str, object]) -> None:
    parameters = signature(family_of(name)).parameters.values()
    places = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    if len(members) > len(places):
        raise AuritaError(f"task {name!r} has {len(members)} members after a slash, its family takes {len(places)}")
    known = [p.name for p in parameters if p.name != "seed" and p.name not in places[: len(members)]]
    for option in options:
        if option not in known:
            raise AuritaError(f"task {name!r} has no option {option!r} to set; its options: {', '.join(known)}")
