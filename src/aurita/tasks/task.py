"""What a reservoir can be tried on: three splits of sequences, what counts in them, and how it is scored."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeVar, cast, get_args

import numpy as np

from aurita._registry import Registry
from aurita._words import counted
from aurita.errors import AuritaError
from aurita.tasks.metrics import METRICS, Direction

Category = Literal["classification", "multilabel", "regression", "forecast", "labels", "values"]
PER_STEP: tuple[Category, ...] = ("classification", "multilabel", "regression", "forecast")
SPLITS = ("train", "validation", "test")

TASKS: Registry[Callable[..., "Task"]] = Registry("task", callable, "a function that makes a Task")
"""The function that makes each family of tasks; its docstring has the options and the source."""

MEMBERS: dict[str, Callable[[], Iterable[str]]] = {}
"""Members of the families that have them, where they can be listed without a library."""

Made = TypeVar("Made", bound=Callable[..., Any])


def family(name: str, members: Callable[[], Iterable[str]] = tuple) -> Callable[[Made], Made]:
    """A decorator that enters the function of a family of tasks into `TASKS`.

    Args:
        name: of the family; the function takes its members, if any, as first arguments, and `seed` by name.
        members: gives what may follow the name after a slash.
    """
    MEMBERS[name] = members
    return cast(Callable[[Made], Made], TASKS.register(name))


@dataclass(frozen=True, eq=False)
class Split:
    """Sequences with their targets.

    Attributes:
        inputs: one (T, E) float64 array a sequence; lengths may differ.
        targets: one (T, O) float64 array a sequence, or an array (B,) of one label or value a sequence.
        scored: one boolean (T,) array a sequence, true at the steps whose prediction counts; None where targets are one
            a sequence. What a target says at a step that is not scored has no meaning.
        series: for forecasts, the raw series (T + horizon, E) that inputs and targets are cut from, for free running;
            None elsewhere.

    Example:
        >>> x = np.zeros((5, 2))
        >>> Split(inputs=[x], targets=np.array(["a"])).channels
        2
    """

    inputs: list[np.ndarray]
    targets: list[np.ndarray] | np.ndarray
    scored: list[np.ndarray] | None = None
    series: list[np.ndarray] | None = None

    def __post_init__(self) -> None:
        if not self.inputs:
            raise AuritaError("a split holds no sequence; give at least one (T, E) array")
        if len(self.targets) != len(self.inputs):
            raise AuritaError(
                f"a split has {counted(len(self.inputs), 'sequence')} and {counted(len(self.targets), 'target')}; give "
                "one each"
            )
        if isinstance(self.targets, np.ndarray):
            if self.targets.ndim != 1:
                raise AuritaError(
                    f"an array of targets has shape {self.targets.shape}; give (B,) for one a sequence, or a list of "
                    "(T, O) arrays for one a step"
                )
            return
        if self.scored is None or len(self.scored) != len(self.inputs):
            raise AuritaError("targets per step need a boolean (T,) mask of scored steps for every sequence")
        for number, (x, y, mask) in enumerate(zip(self.inputs, self.targets, self.scored, strict=True)):
            if not len(x) == len(y) == len(mask):
                raise AuritaError(
                    f"sequence {number} has {counted(len(x), 'step')} of input, {len(y)} of target and {len(mask)} of "
                    "mask; all three need the same number"
                )

    def __len__(self) -> int:
        """Number of sequences."""
        return len(self.inputs)

    @property
    def lengths(self) -> np.ndarray:
        """Steps of each sequence, int (B,)."""
        return np.array([len(x) for x in self.inputs])

    @property
    def channels(self) -> int:
        """Number of external inputs, E."""
        return self.inputs[0].shape[1]

    def padded(self) -> tuple[np.ndarray, np.ndarray]:
        """Inputs as one array, short sequences filled with zeros after their end.

        Returns:
            (B, T, E) of the longest T, and the lengths (B,).

        Example:
            >>> split = Split([np.ones((2, 1)), np.ones((3, 1))], np.array([0, 1]))
            >>> x, lengths = split.padded()
            >>> x.shape, lengths.tolist(), float(x.sum())
            ((2, 3, 1), [2, 3], 5.0)
        """
        block = np.zeros((len(self), int(self.lengths.max()), self.channels))
        for row, x in zip(block, self.inputs, strict=True):
            row[: len(x)] = x
        return block, self.lengths

    def scored_steps(self) -> np.ndarray | None:
        """Whether each step is scored, padded with False, (B, T); None where targets are one a sequence."""
        if self.scored is None:
            return None
        block = np.zeros((len(self), int(self.lengths.max())), bool)
        for row, mask in zip(block, self.scored, strict=True):
            row[: len(mask)] = mask
        return block

    def at_scored(self, values: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """Rows of per-step values at the scored steps, all sequences stacked.

        Args:
            values: one (T, O) array a sequence, the targets or predictions of them.

        Returns:
            (N, O), N the number of scored steps.

        Raises:
            AuritaError: another number of sequences or steps, or no mask in this split.

        Example:
            >>> x = np.arange(3.0)[:, None]
            >>> Split([x], [x], [np.array([False, True, True])]).at_scored([x]).ravel().tolist()
            [1.0, 2.0]
        """
        if self.scored is None:
            raise AuritaError(
                "this split has one target a sequence, so no step of it is scored; compare labels directly"
            )
        if len(values) != len(self):
            raise AuritaError(f"{len(values)} sequences given, the split has {len(self)}; give one (T, O) array each")
        rows = []
        for number, (v, mask) in enumerate(zip(values, self.scored, strict=True)):
            if len(v) != len(mask):
                raise AuritaError(f"sequence {number} has {len(mask)} steps, {len(v)} given; give one row a step")
            rows.append(np.asarray(np.asarray(v)[mask], dtype=np.float64))
        return np.concatenate(rows)


@dataclass(frozen=True, eq=False)
class Task:
    """One problem with its data, score and landmarks.

    Attributes:
        name: as in the registry, members after a slash.
        seed: what the data were drawn with.
        train: fitted on.
        validation: chosen on.
        test: reported, nothing else.
        category: "classification" (one-hot target per step), "multilabel" (zeros and ones per step), "regression"
            (values per step), "forecast" (the input `horizon` steps later, per step), "labels" or "values" (one a
            sequence).
        metric: a name in `METRICS`.
        chance: score of whoever ignores the input (the majority class, the mean); None where unknown.
        floor: best score that theory allows; None where unknown.
        horizon: steps ahead of a forecast, 0 elsewhere.
        lyapunov: largest Lyapunov exponent, natural log **per step**; None where unknown or meaningless.
        season: steps of one season, for the seasonal naive forecast; None where there is none.
        target_names: names of the target's columns; None where numbers do.
        source: where the task comes from.

    Example:
        >>> from aurita.tasks import task_named
        >>> task = task_named("sincosnoise", seed=0)
        >>> task.direction, round(task.score(task.test.targets), 3)
        ('lower', 0.0)
    """

    name: str
    seed: int
    train: Split
    validation: Split
    test: Split
    category: Category
    metric: str
    chance: float | None
    floor: float | None = None
    horizon: int = 0
    lyapunov: float | None = None
    season: int | None = None
    target_names: tuple[str, ...] | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if self.category not in get_args(Category):
            raise AuritaError(f"category {self.category!r} is unknown; choose one of {', '.join(get_args(Category))}")
        if self.metric not in METRICS:
            raise AuritaError(f"metric {self.metric!r} is unknown; choose one of {', '.join(METRICS)}")
        for split in SPLITS:
            if isinstance(getattr(self, split).targets, np.ndarray) == self.per_step:
                expected = "one (T, O) array" if self.per_step else "one label or value"
                raise AuritaError(f"a task of category {self.category!r} needs {expected} a sequence as {split} target")

    @property
    def per_step(self) -> bool:
        """Whether the target is given per step, not per sequence."""
        return self.category in PER_STEP

    @property
    def direction(self) -> Direction:
        """Which way the score is better, "lower" or "higher"."""
        return METRICS[self.metric].direction

    @property
    def channels(self) -> int:
        """Number of external inputs, E."""
        return self.train.channels

    @property
    def outputs(self) -> int:
        """Columns of a target per step, number of classes for labels, 1 for values."""
        targets = self.train.targets
        if isinstance(targets, list):
            return targets[0].shape[1]
        return len(self.classes) if self.category == "labels" else 1

    @cached_property
    def classes(self) -> np.ndarray:
        """Labels that occur in training, sorted; for category "labels"."""
        return np.unique(self.train.targets) if self.category == "labels" else np.array([])

    @property
    def development(self) -> Split:
        """Train and validation together, for the last fit after everything has been chosen."""
        return joined(self.train, self.validation)

    def score(self, predictions: Sequence[np.ndarray] | np.ndarray, split: str = "test") -> float:
        """Score predictions of one split.

        Args:
            predictions: per step one (T, O) array a sequence (class scores, logits or values); otherwise labels or
                values (B,).
            split: "train", "validation" or "test".

        Returns:
            The task's metric over the scored steps or the sequences; NaN where a prediction that counts is not finite.

        Raises:
            AuritaError: unknown split, or predictions of another shape.

        Example:
            >>> from aurita.tasks import task_named
            >>> task = task_named("sincosnoise", seed=0)
            >>> zeros = [np.zeros_like(y) for y in task.test.targets]
            >>> round(task.score(zeros), 1)
            0.3
        """
        if split not in SPLITS:
            raise AuritaError(f"split {split!r} is unknown; choose one of {', '.join(SPLITS)}")
        part: Split = getattr(self, split)
        if isinstance(part.targets, np.ndarray):
            truth, predicted = part.targets, np.asarray(predictions)
        else:
            truth, predicted = part.at_scored(part.targets), part.at_scored(predictions)
        if predicted.shape != truth.shape:
            raise AuritaError(f"predictions have shape {predicted.shape}, the targets that count {truth.shape}")
        return METRICS[self.metric].function(truth, predicted)


def joined(*splits: Split) -> Split:
    """Splits of one kind, one after another.

    Args:
        splits: at least one; all with targets per step, or all with one a sequence.

    Returns:
        All their sequences in the order given.

    Example:
        >>> part = Split([np.zeros((2, 1))], np.array(["a"]))
        >>> len(joined(part, part))
        2
    """
    if not splits:
        raise AuritaError("no split given; give at least one to join")
    inputs = [x for split in splits for x in split.inputs]
    if all(isinstance(split.targets, np.ndarray) for split in splits):
        return Split(inputs, np.concatenate([split.targets for split in splits]))
    if any(isinstance(split.targets, np.ndarray) for split in splits):
        raise AuritaError("some splits have targets per step and some one a sequence; join splits of one kind")
    series = [s for split in splits for s in split.series or []]
    return Split(
        inputs,
        [y for split in splits for y in split.targets],
        [mask for split in splits for mask in split.scored or []],
        series or None,
    )
