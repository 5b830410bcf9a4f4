"""The fourteen CogScale tasks of any difficulty by the default society, for which nothing is chosen by hand.

CPU time, memory and trained numbers are shown beside each score: of the units that stay and the readout, and of all
units of all generations.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from aurita.errors import AuritaError
from aurita.studies.plans import ModelPlan, TaskPlan
from aurita.studies.study import Study
from aurita.tasks.cogscale import COGSCALE_TASKS
from aurita.units.unit import at_least

DIFFICULTIES = ("small", "medium", "large")
_SECONDS = {"small": 80.0, "medium": 600.0, "large": 20_000.0}


def study(
    features: int = 100,
    *,
    difficulty: str = "medium",
    budget: int | None = None,
    seeds: int | Sequence[int] = 1,
    storage: str | Path = "aurita-cogscale.sqlite",
) -> Study:
    """The study: all tasks of a difficulty, the default society, and bare inputs.

    Args:
        features: that the readout may see at most.
        difficulty: `small`, `medium` or `large`: 100, 1,000 or 10,000 training sequences.
        budget: numbers that the units that stay and the readout may train together; None: any.

    Raises:
        AuritaError: another difficulty, or a budget below one.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     study(difficulty="small", storage=f"{folder}/s.sqlite").name
        'cogscale-small-100'
    """
    if difficulty not in DIFFICULTIES:
        raise AuritaError(f"difficulty is {difficulty!r}; expected one of {', '.join(DIFFICULTIES)}")
    if budget is not None:
        at_least("budget", budget, 1)
    tasks = [TaskPlan(f"cogscale/{name}", {"difficulty": difficulty}) for name in COGSCALE_TASKS]
    limits = {"most": features} if budget is None else {"most": features, "budget": budget}
    models = [ModelPlan("society", "society", limits), ModelPlan("bare inputs", "bare_inputs")]
    name = f"cogscale-{difficulty}-{features}" + ("" if budget is None else f"-budget-{budget}")
    return Study(name, tasks, models, seeds=seeds, storage=storage)


def report(done: Study) -> list[tuple[str, pd.DataFrame]]:
    """The table of a study that has run.

    Returns:
        A row a task and the mean of the tasks: scores, CPU seconds of a fit with its predictions, most memory of the
        process in MB, and numbers trained.
    """
    records = done.records()
    records = records.assign(task=records["task"].str.removeprefix("cogscale/"))
    scores = records.pivot_table(index="task", columns="model", values="score", aggfunc="mean")
    ours = records[records["model"] == "society"]
    details = [json.loads(text) if isinstance(text, str) else text for text in ours["details"]]
    ours = ours.assign(in_all=[one.get("trained_in_all", float("nan")) for one in details])
    sizes = ours.groupby("task")[["cpu_seconds", "memory_mb", "trained", "in_all"]].mean()
    table = scores.join(sizes).reindex([name for name in COGSCALE_TASKS if name in scores.index])
    table.insert(0, "seeds", ours.groupby("task").size())
    table.loc["mean of the tasks"] = table.mean()
    table = table.rename(columns={"cpu_seconds": "CPU s", "memory_mb": "MB", "in_all": "trained in all"})
    return [("Error rate or mse, lower is better; mean over seeds", table.rename_axis("task").reset_index())]


def seconds_expected(done: Study | None, *, features: int = 100) -> float:
    """Seconds that a run from nothing takes on two cores.

    Example:
        >>> seconds_expected(None) > 60
        True
    """
    del features
    difficulty = "medium" if done is None else done.name.split("-")[1]
    return _SECONDS[difficulty] * (1 if done is None else len(done.seeds))  # type: ignore[arg-type]
