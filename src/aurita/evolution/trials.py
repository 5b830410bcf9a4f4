"""Trials to be fit on: newly drawn from a task for every generation, so that nothing can be learnt by heart."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from aurita.errors import AuritaError
from aurita.tasks import Split, Task, joined, task_named

Source = str | Task | Callable[..., Task]


@dataclass(frozen=True, eq=False)
class Trials:
    """Sequences of several task seeds: the readout is fitted on the first of each, the rest score it.

    Attributes:
        inputs: time first, the sequences of a seed last, float32.
        targets: one-hot classes, or one row of values.
        lengths: steps of each sequence.
        fitted: how many sequences of each seed the readout is fitted on.
        classes: whether targets are classes.
    """

    inputs: Float[np.ndarray, "seed time input batch"]
    targets: Float[np.ndarray, "seed output batch"]
    lengths: Int[np.ndarray, "seed batch"]
    fitted: int
    classes: bool


@dataclass(frozen=True)
class Drawing:
    """Where trials come from.

    Attributes:
        source: the name of a task, a function that makes one of a seed (and of `trials`, where it takes that), or one
            task, whose training and validation sequences are dealt out anew for every generation.
        fitted: sequences that the readout is fitted on.
        scored: sequences that score it.
        seeds: task seeds, over which scores are averaged.

    Example:
        >>> trials = Drawing("decision", fitted=20, scored=10, seeds=2).draw([7, 0])
        >>> trials.inputs.shape, trials.targets.shape, trials.fitted
        ((2, 30, 8, 30), (2, 4, 30), 20)
    """

    source: Source
    fitted: int = 500
    scored: int = 250
    seeds: int = 2

    def __post_init__(self) -> None:
        if min(self.fitted, self.scored, self.seeds) < 1 or self.fitted < 2:
            raise AuritaError(
                f"{self.fitted} sequences to fit, {self.scored} to score, {self.seeds} seeds; expected at least 2, 1, 1"
            )

    @property
    def name(self) -> str:
        """The task's name."""
        if isinstance(self.source, str):
            return self.source
        return self.source.name if isinstance(self.source, Task) else str(getattr(self.source, "__name__", "task"))

    def draw(self, entropy: list[int]) -> Trials:
        """Trials of seeds that follow from `entropy` alone.

        Raises:
            AuritaError: the task is not one label or value a sequence, or has too few sequences.
        """
        rng = np.random.default_rng([0x7472, *entropy])
        numbers = [int(seed) for seed in rng.integers(0, 2**31 - 1, self.seeds)]
        return trials_of([self._rows(number) for number in numbers], self.fitted)

    def replaced(self, **changes: Any) -> "Drawing":
        """The same source with other numbers."""
        return replace(self, **changes)

    def _rows(self, seed: int) -> Split:
        if isinstance(self.source, Task):
            task = self.source
        else:
            task = self._made(seed)
        rows = joined(task.train, task.validation)
        if task.category not in ("labels", "values"):
            raise AuritaError(
                f"task {task.name} asks for an answer at every step ({task.category}); "
                "evolution scores one label or value a sequence: decision, archive/..., japanese_vowels"
            )
        wanted = self.fitted + self.scored
        if len(rows) < wanted:
            raise AuritaError(
                f"task {task.name} has {len(rows)} sequences to fit and to choose on, {wanted} were asked for; "
                "ask for fewer"
            )
        order = np.arange(wanted)
        if isinstance(self.source, Task) or len(rows) > wanted:
            order = np.random.default_rng([0x6465, seed]).permutation(len(rows))[:wanted]
        return Split([rows.inputs[i] for i in order], np.asarray(rows.targets)[order])

    def _made(self, seed: int) -> Task:
        make: Callable[..., Task]
        if isinstance(self.source, str):
            name = self.source
            make = lambda **options: task_named(name, **options)  # noqa: E731
        else:
            make = self.source  # type: ignore[assignment]
        try:
            return make(seed=seed, trials=(self.fitted, self.scored, 1))
        except (TypeError, AuritaError) as error:
            if "trials" not in str(error):
                raise
            return make(seed=seed)


def trials_of(splits: list[Split], fitted: int) -> Trials:
    """Splits of as many sequences each, one a task seed, as arrays.

    Args:
        splits: one label or value a sequence.
        fitted: how many sequences of each, from the first, the readout is fitted on.
    """
    blocks = [split.padded() for split in splits]
    longest = max(block.shape[1] for block, _ in blocks)
    inputs = np.zeros((len(splits), longest, splits[0].channels, len(splits[0])), np.float32)
    for row, (block, _) in zip(inputs, blocks, strict=True):
        row[: block.shape[1]] = block.transpose(1, 2, 0)
    targets = np.stack([np.asarray(split.targets) for split in splits])
    classes = targets.dtype.kind in "iuOUSb"
    if classes:
        names = np.unique(targets)
        hot = (targets[:, None, :] == names[None, :, None]).astype(np.float32)
    else:
        hot = targets[:, None, :].astype(np.float32)
    lengths = np.stack([lengths for _, lengths in blocks])
    return Trials(inputs, hot, lengths, fitted, classes)
