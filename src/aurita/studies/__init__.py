"""Studies: models on tasks over many seeds, records and statistics.

Names are loaded when they are asked for: a look at a study needs no jax, and this package neither jax nor Optuna.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aurita.studies.declaration import ModelPlan as ModelPlan
    from aurita.studies.declaration import SearchPlan as SearchPlan
    from aurita.studies.declaration import TaskPlan as TaskPlan
    from aurita.studies.export import render as render
    from aurita.studies.export import write as write
    from aurita.studies.ranks import Ranks as Ranks
    from aurita.studies.ranks import mean_ranks as mean_ranks
    from aurita.studies.statistics import Comparison as Comparison
    from aurita.studies.statistics import compare as compare
    from aurita.studies.status import Status as Status
    from aurita.studies.study import Study as Study
    from aurita.studies.tables import StudyTable as StudyTable

__all__ = [
    "Comparison",
    "ModelPlan",
    "Ranks",
    "SearchPlan",
    "Status",
    "Study",
    "StudyTable",
    "TaskPlan",
    "compare",
    "mean_ranks",
    "render",
    "write",
]

_PLACES = {
    "Comparison": "statistics",
    "ModelPlan": "declaration",
    "Ranks": "ranks",
    "SearchPlan": "declaration",
    "Status": "status",
    "Study": "study",
    "StudyTable": "tables",
    "TaskPlan": "declaration",
    "compare": "statistics",
    "mean_ranks": "ranks",
    "render": "export",
    "write": "export",
}


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
