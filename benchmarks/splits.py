"""Splits of a task as one array each, for learning without an estimator."""

import numpy as np

from aurita.studies.models.fitted import target_by_step
from aurita.tasks import Task
from aurita.tasks.task import Split


def arrays(task: Task, split: Split) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Inputs, lengths, targets and scored steps, padded; a label of a sequence is asked at its last step."""
    inputs, lengths = split.padded()
    targets, scored = target_by_step(task, split)
    return inputs, lengths, targets, scored
