"""The society of `benchmarks/memories.toml` that may choose among diagonal memory units too.

    aurita study run benchmarks/memories.toml
    aurita study table benchmarks/memories.toml --reference "as it is"

It is offered eight diagonal memory units of each kind beside what the default is offered, and held-out data keep those
that help. Records hold CPU time, memory and what stays. Seeds from 1000 on are validation data of the project.
"""

from collections.abc import Sequence
from typing import Any

from aurita.data.batch import Batch
from aurita.reservoir import Population
from aurita.society import mixed_society, society_for
from aurita.studies.models import society as models
from aurita.studies.models.fitted import Fitted
from aurita.tasks import Task


def populations(batch: Batch, segment: int, *, later: bool = False, **sizes: Any) -> list[Population]:
    """The society with memories, where the default is the mixed one."""
    if not batch.many:
        return society_for(batch, segment, later=later, **sizes)
    return mixed_society(longest=min(int(batch.lengths.max()), segment), memories=8, **sizes)


def with_memories(task: Task, splits: Sequence[str] = ("validation",), *, seed: int = 0, most: int = 100) -> Fitted:
    """As the model `society`, of these populations."""
    plain, models.society_for = models.society_for, populations
    try:
        return models.society(task, splits, seed=seed, most=most)
    finally:
        models.society_for = plain
