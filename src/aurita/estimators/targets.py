"""What a classifier or regressor is to say: one value a sequence, or one a step."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from aurita.errors import AuritaError
from aurita.estimators.sequences import Sequences, is_listed, numbers

PER = ("auto", "sequence", "step")


@dataclass(frozen=True)
class Targets:
    """Targets as columns of numbers.

    Attributes:
        values: `(B, O)` where `per_step` is false, otherwise a `(T, O)` array a sequence.
        per_step: whether every step has its own.
        flat: whether they were given without the axis of outputs.
    """

    values: Float[np.ndarray, "batch output"] | list[Float[np.ndarray, "time output"]]
    per_step: bool
    flat: bool

    @property
    def outputs(self) -> int:
        """Number of outputs `O`."""
        return int(self.values[0].shape[-1])

    def broadcast(self, steps: int) -> Float[np.ndarray, "batch time output"]:
        """The target at every step, padded: what units are told that learn from it."""
        array = np.zeros((len(self.values), steps, self.outputs))
        for row, value in zip(array, self.values, strict=True):
            row[: len(value) if self.per_step else steps] = value
        return array


def value_targets(y: Any, sequences: Sequences, per: str, *, least: int = 2) -> Targets:
    """Numbers to regress on.

    Args:
        y: `(B,)` or `(B, O)`, one row a sequence; or a list of `(T,)` or `(T, O)` arrays, or `(B, T, O)`.
        sequences: what they belong to.
        per: `sequence`, `step`, or `auto`: steps if `y` is a list of arrays as long as the sequences, or 3-D.
        least: sequences that there have to be, where those have the targets.

    Raises:
        AuritaError: none given, other numbers of them, no numbers.
    """
    parts = _by_step(y, sequences, per)
    if parts is not None:
        values = [numbers(part, f"the target of sequence {number}") for number, part in enumerate(parts)]
        flat = values[0].ndim == 1
        columns = [value[:, None] if value.ndim == 1 else value for value in values]
        if len({column.shape[1:] for column in columns}) > 1 or columns[0].ndim != 2 or columns[0].shape[1] == 0:
            raise AuritaError("targets of steps differ in their outputs; expected a (steps, outputs) array a sequence")
        return Targets(columns, True, flat)
    table = numbers(np.stack([np.asarray(value) for value in y]) if is_listed(y) else y, "y")
    if table.ndim not in (1, 2) or 0 in table.shape[1:]:
        raise AuritaError(f"y has shape {table.shape}; expected (sequences,) or (sequences, outputs)")
    _same_count(len(table), sequences)
    if len(table) < least:
        raise AuritaError("X is one sample, a sequence with one target; expected two or more to fit a readout to")
    flat = table.ndim == 1
    return Targets(table[:, None] if flat else table, False, flat)


def class_targets(
    y: Any, sequences: Sequences, per: str, classes: np.ndarray | None = None
) -> tuple[np.ndarray, Targets]:
    """Labels as one-hot columns, and the classes in sorted order.

    Args:
        y: `(B,)` labels; or a list of `(T,)` arrays of labels, or, with `per="step"`, a `(B, T)` array.
        sequences: what they belong to.
        per: `sequence`, `step`, or `auto`: steps if `y` is a list of arrays as long as the sequences.
        classes: all there are, sorted, where they are known; those of `y` by default.

    Raises:
        AuritaError: none given, other numbers of them, values that are no labels, one class only, or none of `classes`.
    """
    parts = _by_step(y, sequences, per)
    labels = [_labels(part) for part in parts] if parts is not None else [_labels(y)]
    if parts is None:
        _same_count(len(labels[0]), sequences)
    together = np.concatenate(labels)
    try:
        check_classification_targets(together)
    except (ValueError, TypeError) as error:
        raise AuritaError(f"{error} Labels are expected: strings or whole numbers") from None
    found, codes = np.unique(together, return_inverse=True)
    if classes is None:
        classes = found
    else:
        unknown = found[~np.isin(found, classes)]
        if len(unknown):
            raise AuritaError(
                f"y holds the label {unknown[0]!r}, which is none of the classes {classes.tolist()}; name all classes "
                "at the first call of partial_fit"
            )
        codes = np.searchsorted(classes, found)[codes]
    if len(classes) < 2:
        raise AuritaError(f"y holds one class only, {classes[0]!r}; expected two or more: nothing can be told apart")
    hot = np.eye(len(classes))[codes]
    if parts is None:
        return classes, Targets(hot, False, True)
    ends = np.cumsum([len(part) for part in labels])[:-1]
    return classes, Targets(np.split(hot, ends), True, True)


def _labels(y: Any) -> np.ndarray:
    try:
        labels = column_or_1d(np.asarray(y), warn=True)
    except ValueError as error:
        raise AuritaError(f"{error} One label a sequence, or an array of labels a sequence, is expected") from None
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise AuritaError("Input y contains NaN or infinity; expected a label for every sequence: drop those without")
    if labels.dtype.kind == "O":
        if any(label is None or label != label for label in labels):
            raise AuritaError("y has missing labels (None or NaN); expected one for every sequence: drop those without")
        kinds = sorted({type(label).__name__ for label in labels})
        if len(kinds) > 1:
            raise AuritaError(f"y mixes labels of the types {', '.join(kinds)}; expected one type: convert them")
        labels = np.array(labels.tolist())
    return labels


def _by_step(y: Any, sequences: Sequences, per: str) -> list[Any] | None:
    """Targets of each sequence's steps; None where there is one target a sequence."""
    if per not in PER:
        raise AuritaError(f"per is {per!r}; expected one of {', '.join(map(repr, PER))}")
    if y is None:
        raise AuritaError("requires y to be passed, but the target y is None; pass the target of each sequence")
    listed = is_listed(y)
    shape = () if listed else np.asarray(y).shape
    if per == "sequence" or (per == "auto" and not listed and len(shape) != 3):
        return None
    parts = list(y) if listed or len(shape) > 1 else None
    if parts is None:
        raise AuritaError(
            f"y has shape {shape} and targets per step are asked for; pass a list of arrays, one a sequence, "
            "with a row a step"
        )
    lengths = [len(part) for part in parts]
    if lengths == sequences.lengths.tolist():
        return parts
    if per == "auto" and listed and len(set(lengths)) == 1 and len(parts) == len(sequences):
        return None
    _same_count(len(parts), sequences)
    wrong = next(i for i, (a, b) in enumerate(zip(lengths, sequences.lengths, strict=True)) if a != b)
    raise AuritaError(
        f"the target of sequence {wrong} has {lengths[wrong]} steps, the sequence {sequences.lengths[wrong]}; "
        "expected a row for every step"
    )


def _same_count(found: int, sequences: Sequences) -> None:
    if found != len(sequences):
        raise AuritaError(f"X has {len(sequences)} sequences and y {found} targets; expected one for each sequence")
