"""What a study declares: tasks, models, seeds, how hyper-parameters are searched, and where records are kept.

The same content has two forms: these objects, and the document, plain tables as in a TOML file or as JSON in
the storage.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from aurita._typing import Document, DocumentView
from aurita.errors import AuritaError, require
from aurita.studies.documents import Labels


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


@dataclass(frozen=True)
class Declaration:
    """Everything that makes a study what it is; `aurita.studies.Study` can run it.

    Attributes:
        name: of the study; one storage may hold several.
        tasks: names of tasks or `TaskPlan`s.
        models: names of models or `ModelPlan`s.
        seeds: how many, counted from 0, or which; a seed draws the data and the model.
        search: for models with something to search.
        storage: a path of an SQLite file, or a URL `sqlite:///...` or `postgresql://...`; `<name>.sqlite` by default.

    Raises:
        AuritaError: something of the wrong kind, a name used twice, a search that cannot be made.
    """

    name: str
    tasks: Sequence[TaskPlan | str]
    models: Sequence[ModelPlan | str]
    seeds: Sequence[int] | int = 10
    search: SearchPlan = field(default_factory=SearchPlan)
    storage: str | Path | None = None

    def __post_init__(self) -> None:
        _check(self._as_given())
        seeds = range(self.seeds) if isinstance(self.seeds, int) else sorted(self.seeds)
        for name, value in {
            "tasks": tuple(TaskPlan(task) if isinstance(task, str) else task for task in self.tasks),
            "models": tuple(ModelPlan(model) if isinstance(model, str) else model for model in self.models),
            "seeds": tuple(seeds),
            "storage": str(self.storage) if self.storage else re.sub(r"[^\w.-]+", "-", self.name) + ".sqlite",
        }.items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_document(cls, document: Document, *, storage: str | Path | None = None) -> Self:
        """The study that a document declares.

        Args:
            document: tables as in a TOML file.
            storage: instead of the one that the document may name.

        Raises:
            AuritaError: as for the class.

        Example:
            >>> tables = {"name": "s", "task": [{"name": "lorenz"}], "model": [{"name": "esn"}]}
            >>> len(Declaration.from_document(tables).seeds)
            10
        """
        _check(document)
        return cls(
            name=document["name"],
            tasks=[TaskPlan(**table) for table in document["task"]],
            models=[ModelPlan(**table) for table in document["model"]],
            seeds=document.get("seeds", cls.seeds),
            search=SearchPlan(**document.get("search", {})),
            storage=storage or document.get("storage"),
        )

    def document(self) -> Document:
        """What has to stay the same when the study is started again, as plain tables: all but the storage.

        Example:
            >>> Declaration("s", ["lorenz"], ["esn"], seeds=2).document()["task"]
            [{'name': 'lorenz', 'label': 'lorenz'}]
        """
        given = self._as_given()
        given.pop("storage", None)
        return given

    def task(self, label: str) -> TaskPlan:
        """The task with a label."""
        return next(task for task in self.task_plans if task.label == label)

    def model(self, name: str) -> ModelPlan:
        """The model with a name."""
        return next(model for model in self.model_plans if model.name == name)

    @property
    def jobs(self) -> list[tuple[str, str, int]]:
        """Every (model, task, seed) to run; neighbours share their data."""
        assert not isinstance(self.seeds, int)
        return [(m.name, t.label, seed) for t in self.task_plans for seed in self.seeds for m in self.model_plans]

    @property
    def searched(self) -> list[Labels]:
        """Every (model, task) with something to search."""
        return [(m.name, t.label) for t in self.task_plans for m in self.model_plans if m.space(t.label)]

    @property
    def task_plans(self) -> list[TaskPlan]:
        """Its tasks."""
        return [TaskPlan(task) if isinstance(task, str) else task for task in self.tasks]

    @property
    def model_plans(self) -> list[ModelPlan]:
        """Its models."""
        return [ModelPlan(model) if isinstance(model, str) else model for model in self.models]

    def _as_given(self) -> Document:
        for what, given in (("tasks", self.tasks), ("models", self.models)):
            if not isinstance(given, list | tuple):
                raise AuritaError(f"{what} = {given!r} is no list; put the names, or the plans, in brackets")
        listed = isinstance(self.seeds, Iterable) and not isinstance(self.seeds, str)
        document: Document = {
            "name": self.name,
            "seeds": [_plain(seed) for seed in self.seeds] if listed else _plain(self.seeds),  # type: ignore[union-attr]
            "task": [_filled(task) for task in self.task_plans],
            "model": [_filled(model) for model in self.model_plans],
            "search": _filled(self.search),
        }
        return document if self.storage is None else {**document, "storage": str(self.storage)}


def _check(document: Document) -> None:
    require("pydantic", "studies", "a study")
    from aurita.studies.problems import problems

    problem = next(problems(document), None)
    if problem is not None:
        raise AuritaError(problem[1])


def _filled(plan: TaskPlan | ModelPlan | SearchPlan) -> Document:
    """The fields of a plan as plain values, without tables that are empty."""
    fields = {name: _plain(value) for name, value in vars(plan).items()}
    return {name: value for name, value in fields.items() if value != {}}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | range):
        return [_plain(part) for part in value]
    # Numbers of numpy are what loops over parameters give.
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value
