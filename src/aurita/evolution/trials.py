"""Trials to be fit on: newly drawn from a task for every generation, so that nothing can be memorised."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from inspect import signature
from zlib import crc32

import numpy as np

from aurita._typing import Float, Int
from aurita.errors import AuritaError
from aurita.tasks import TASKS, Split, Task, joined, task_named

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
class TrialSource:
    """Where trials come from.

    Attributes:
        source: the name of a task, a function that makes one of a seed (and of `trials`, where it takes that), or one
            task, whose training and validation sequences are dealt out anew for every generation.
        fitted: sequences that the readout is fitted on.
        scored: sequences that score it.
        seeds: task seeds, over which scores are averaged.
        held_out: share of all possible sequences of a task that draws its sequences from a seed, that `draw` never
            gives and `unseen` gives alone. It is decided by a checksum of the sequence: with thousands of sequences
            drawn in every generation, another seed alone would not make them unseen.

    Example:
        >>> trials = TrialSource("decision", fitted=20, scored=10, seeds=2).draw([7, 0])
        >>> trials.inputs.shape, trials.targets.shape, trials.fitted
        ((2, 30, 8, 30), (2, 4, 30), 20)
    """

    source: Source
    fitted: int = 500
    scored: int = 250
    seeds: int = 2
    held_out: float = 0.2

    def __post_init__(self) -> None:
        if min(self.fitted, self.scored, self.seeds) < 1 or self.fitted < 2:
            raise AuritaError(
                f"{self.fitted} sequences to fit, {self.scored} to score, {self.seeds} seeds; expected at least 2, 1, 1"
            )
        if not 0 < self.held_out < 1:
            raise AuritaError(f"held_out is {self.held_out}; expected a share between 0 and 1")

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

    def unseen(self, seed: int, scored: int = 2000) -> tuple[Split, Split]:
        """Sequences to fit a readout on, and sequences that `draw` never gives, to test it on.

        Args:
            seed: of the task.
            scored: sequences to test on, where the task draws them; else its own test sequences.

        Returns:
            As many sequences to fit as in the search, and the unseen ones.
        """
        if isinstance(self.source, Task) or not _draws(self.source):
            task = _of_sequences(self.source) if isinstance(self.source, Task) else _made(self.source, seed, None)
            rows = replace(self, scored=1)._rows(seed)
            return _some(rows, np.arange(self.fitted)), task.test
        fitted = _drawn(self.source, seed, self.fitted, self.held_out, held_out=False)
        return fitted, _drawn(self.source, seed + 1, scored, self.held_out, held_out=True)

    def _rows(self, seed: int) -> Split:
        if not isinstance(self.source, Task) and _draws(self.source):
            return _drawn(self.source, seed, self.fitted + self.scored, self.held_out, held_out=False)
        task = _of_sequences(self.source) if isinstance(self.source, Task) else _made(self.source, seed, None)
        rows = joined(task.train, task.validation)
        wanted = self.fitted + self.scored
        if len(rows) < wanted:
            raise AuritaError(
                f"task {task.name} has {len(rows)} sequences to fit and to choose on, {wanted} were asked for; "
                "ask for fewer"
            )
        order = np.random.default_rng([0x6465, seed]).permutation(len(rows))[:wanted]
        return _some(rows, order)


def _some(rows: Split, which: np.ndarray) -> Split:
    return Split([rows.inputs[i] for i in which], np.asarray(rows.targets)[which])


def _maker(source: str | Callable[..., Task]) -> Callable[..., Task]:
    if not isinstance(source, str):
        return source
    # An unknown name is complained about by the registry.
    return TASKS[source] if source in TASKS else partial(task_named, source)


def _draws(source: str | Callable[..., Task]) -> bool:
    """Whether as many sequences as are asked for can be drawn."""
    return "trials" in signature(_maker(source)).parameters


def _made(source: str | Callable[..., Task], seed: int, trials: int | None) -> Task:
    options = {} if trials is None else {"trials": (trials, 1, 1)}
    return _of_sequences(_maker(source)(seed=seed, **options))


def _of_sequences(task: Task) -> Task:
    if task.category not in ("labels", "values"):
        raise AuritaError(
            f"task {task.name} asks for an answer at every step ({task.category}); "
            "evolution scores one label or value a sequence: decision, archive/..., japanese_vowels"
        )
    return task


def _drawn(source: str | Callable[..., Task], seed: int, count: int, share: float, *, held_out: bool) -> Split:
    """Sequences of one side of the division."""
    kept = share if held_out else 1 - share
    wanted = int(count / kept * 1.2) + 20
    while True:
        rows = _made(source, seed, wanted).train
        sums = np.array([crc32(x.tobytes()) for x in rows.inputs])
        which = np.flatnonzero((sums < share * 2**32) == held_out)
        if len(which) >= count:
            return _some(rows, which[:count])
        if wanted > 1000 * count:
            raise AuritaError(
                f"among {wanted} sequences {len(which)} of {count} are {'held out' if held_out else 'left'}; this task "
                "has too few that differ"
            )
        wanted *= 2


def trials_between(fitted: Split, unseen: Split) -> Trials:
    """Trials that fit a readout on one split and score it on another."""
    plain = [Split(split.inputs, np.asarray(split.targets)) for split in (fitted, unseen)]
    return trials_of([joined(*plain)], len(fitted))


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
