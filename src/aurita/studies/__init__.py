"""Studies: models on tasks over many seeds, records and statistics.

Names are loaded when they are asked for: a look at a study needs no jax, and this package neither jax nor Optuna.
"""

from typing import TYPE_CHECKING

from aurita._lazy import lazy

if TYPE_CHECKING:
    from aurita.studies.export import render as render
    from aurita.studies.export import write as write
    from aurita.studies.plans import ModelPlan as ModelPlan
    from aurita.studies.plans import SearchPlan as SearchPlan
    from aurita.studies.plans import TaskPlan as TaskPlan
    from aurita.studies.ranks import Ranks as Ranks
    from aurita.studies.ranks import mean_ranks as mean_ranks
    from aurita.studies.statistics import Comparison as Comparison
    from aurita.studies.statistics import compare as compare
    from aurita.studies.status import Status as Status
    from aurita.studies.study import Study as Study
    from aurita.studies.tables import StudyTable as StudyTable
else:
    __getattr__, __dir__, __all__ = lazy(
        __name__,
        {
            "export": ["render", "write"],
            "plans": ["ModelPlan", "SearchPlan", "TaskPlan"],
            "ranks": ["Ranks", "mean_ranks"],
            "statistics": ["Comparison", "compare"],
            "status": ["Status"],
            "study": ["Study"],
            "tables": ["StudyTable"],
        },
    )
