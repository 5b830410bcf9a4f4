"""What a study declares: tasks, models, seeds, how hyper-parameters are searched, and where records are kept.

The same content has two forms: these objects, and the document, plain tables as in a TOML file or as JSON in
the storage.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from aurita._typing import Document
from aurita.errors import AuritaError, require
from aurita.studies._documents import Labels
from aurita.studies.plans import SEEDS, ModelPlan, SearchPlan, TaskPlan


@dataclass(frozen=True)
class Declaration:
    """Everything that makes a study what it is, with the fields of `aurita.studies.Study`, which can run it.

    Raises:
        AuritaError: something of the wrong kind, a name used twice, a search that cannot be made.
    """

    name: str
    tasks: Sequence[TaskPlan | str]
    models: Sequence[ModelPlan | str]
    seeds: Sequence[int] | int = SEEDS
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
            seeds=document.get("seeds", SEEDS),
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
    from aurita.studies._problems import problems

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
