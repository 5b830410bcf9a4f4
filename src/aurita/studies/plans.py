"""The parts of a study: plans of a task, of a model and of a search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aurita._typing import Document, DocumentView

SEEDS = 10
"""How many seeds a study runs by default."""


@dataclass(frozen=True)
class TaskPlan:
    """One task of a study.

    Attributes:
        name: as `aurita.tasks.task_named` knows it.
        options: keyword arguments of the task, its seed apart: each run gives that.
        label: what the study calls it, the name by default; needed where one task occurs twice.

    Example:
        >>> TaskPlan("mackey_glass", {"horizon": 84}).label
        'mackey_glass'
    """

    name: str
    options: DocumentView = field(default_factory=dict)
    label: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", self.label or self.name)


@dataclass(frozen=True)
class ModelPlan:
    """One model of a study.

    Attributes:
        name: what the study calls it.
        kind: as `aurita.studies.models.model_named` knows it, or `module:function` for a model of one's own, a function
            `(task, splits, *, seed, **parameters) -> Fitted`; the name by default.
        parameters: keyword arguments of the model.
        per_task: other or further arguments for the tasks with these labels; what is given here is not searched there.
        search: parameters to search, each `{"low", "high"}` (with `"log"`, `"integer"` and, for the grid, `"points"`)
            or `{"choices"}`.

    Example:
        >>> ModelPlan("small", "esn", {"units": 50}, search={"leak": {"low": 0.1, "high": 1.0}}).kind
        'esn'
    """

    name: str
    kind: str = ""
    parameters: DocumentView = field(default_factory=dict)
    per_task: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    search: Mapping[str, DocumentView] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", self.kind or self.name)

    def fixed(self, task: str) -> Document:
        """Parameters that are declared for the task with this label."""
        return {**self.parameters, **self.per_task.get(task, {})}

    def space(self, task: str) -> dict[str, Mapping[str, object]]:
        """Parameters that are searched for the task with this label."""
        return {name: span for name, span in self.search.items() if name not in self.per_task.get(task, {})}


@dataclass(frozen=True)
class SearchPlan:
    """How hyper-parameters are searched by validation score, in the same way for every model and task.

    Attributes:
        sampler: "tpe" (Bergstra et al. 2011, "Algorithms for hyper-parameter optimization"), "random" or "grid".
        trials: settings tried for each model and task; a grid of fewer points is tried whole.
        seeds: data and model seeds over which each setting's validation score is averaged; none of those that runs use.
        pruning: give a setting up after some of its seeds where it is worse than the median of the others.
    """

    sampler: str = "tpe"
    trials: int = 30
    seeds: Sequence[int] = (1000, 1001, 1002)
    pruning: bool = True
