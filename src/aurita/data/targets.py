"""What a classifier or regressor is to predict: one value a sequence, or one a step."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets

from aurita._typing import Float, Int
from aurita._words import counted
from aurita.data._numeric import as_array, numbers
from aurita.data.alignment import by_sequence, by_step
from aurita.data.frames import has_levels
from aurita.data.labels import as_labels
from aurita.data.scaling import Scaling
from aurita.data.sequences import Sequences, is_listed
from aurita.errors import AuritaError

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

    def some(self, numbers: list[int]) -> "Targets":
        """Those of some sequences."""
        values = self.values
        chosen = values[numbers] if isinstance(values, np.ndarray) else [values[number] for number in numbers]
        return replace(self, values=chosen)

    def broadcast(self, steps: int) -> Float[np.ndarray, "batch time output"]:
        """The target at every step, padded: what units learn from."""
        array = np.zeros((len(self.values), steps, self.outputs))
        for row, value in zip(array, self.values, strict=True):
            row[: len(value) if self.per_step else steps] = value
        return array


def target_scaling(targets: Targets, lengths: Int[np.ndarray, "batch"]) -> Scaling:
    """The scaling of what is broadcast at the steps of sequences."""
    given = targets.broadcast(int(lengths.max()))
    return Scaling.of([given[np.arange(given.shape[1]) < lengths[:, None]]])


def value_targets(y: object, sequences: Sequences, per: str, *, least: int = 2) -> Targets:
    """Numbers to regress on.

    Args:
        y: `(B,)` or `(B, O)`, one row a sequence; or a list of `(T,)` or `(T, O)` arrays, or `(B, T, O)`, or a data
            frame with the index levels sequence and time.
        sequences: what they belong to.
        per: `sequence`, `step`, or `auto`: steps if `y` is a list of arrays as long as the sequences, 3-D, or has two
            index levels.
        least: sequences that there have to be, where those have the targets.

    Raises:
        AuritaError: none given, other numbers of them, no numbers, an index that contradicts that of the sequences.
    """
    parts = _by_step(y, sequences, per)
    if parts is not None:
        values = [numbers(part, f"the target of sequence {number}") for number, part in enumerate(parts)]
        flat = values[0].ndim == 1
        columns = [value[:, None] if value.ndim == 1 else value for value in values]
        if len({column.shape[1:] for column in columns}) > 1 or columns[0].ndim != 2 or columns[0].shape[1] == 0:
            raise AuritaError("targets of steps differ in their outputs; expected a (steps, outputs) array a sequence")
        return Targets(columns, True, flat)
    given = _in_order(y, sequences)
    if is_listed(given):
        rows = [numbers(value, f"the target of sequence {number}") for number, value in enumerate(given)]
        if len({row.shape for row in rows}) > 1:
            raise AuritaError("targets of sequences differ in their outputs; expected as many of each sequence")
        table = np.stack(rows) if rows else np.zeros(0)
    else:
        table = numbers(given, "y")
    if table.ndim not in (1, 2) or 0 in table.shape[1:]:
        raise AuritaError(f"y has shape {table.shape}; expected (sequences,) or (sequences, outputs)")
    same_count(len(table), sequences)
    if len(table) < least:
        raise AuritaError("X is one sample, a sequence with one target; expected two or more to fit a readout to")
    flat = table.ndim == 1
    return Targets(table[:, None] if flat else table, False, flat)


def class_targets(
    y: object, sequences: Sequences, per: str, classes: np.ndarray | None = None
) -> tuple[np.ndarray, Targets]:
    """Labels as one-hot columns, and the classes in sorted order.

    Args:
        y: `(B,)` labels; or a list of `(T,)` arrays of labels, or, with `per="step"`, a `(B, T)` array, or a series
            with the index levels sequence and time.
        sequences: what they belong to.
        per: `sequence`, `step`, or `auto`: steps if `y` is a list of arrays as long as the sequences, or has two index
            levels.
        classes: all there are, sorted, where they are known; those of `y` by default.

    Raises:
        AuritaError: none given, other numbers of them, values that are no labels, one class only, or none of `classes`,
            an index that contradicts that of the sequences.
    """
    labels, per_step = sequence_labels(y, sequences, per)
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
                f"y holds the label {unknown.tolist()[0]!r}, which is none of the classes {classes.tolist()}; "
                "name all classes at the first call of partial_fit"
            )
        codes = np.searchsorted(classes, found)[codes]
    if len(classes) < 2:
        raise AuritaError(f"y holds one class only, {classes[0]}; expected two or more: there is nothing to classify")
    hot = np.eye(len(classes))[codes]
    if not per_step:
        return classes, Targets(hot, False, True)
    ends = np.cumsum([len(part) for part in labels])[:-1]
    return classes, Targets(np.split(hot, ends), True, True)


def sequence_labels(y: object, sequences: Sequences, per: str) -> tuple[list[np.ndarray], bool]:
    """Labels in the order of the sequences: one array, or one for each sequence, and whether they are those of steps.

    Raises:
        AuritaError: none given, other numbers of them, values that are no labels, an index that contradicts that of the
            sequences.
    """
    parts = _by_step(y, sequences, per)
    if parts is not None:
        labels = [as_labels(part, f"the target of sequence {number}") for number, part in enumerate(parts)]
        kinds = {part.dtype.kind for part in labels}
        if len(kinds) > 1 and not kinds <= set("iuf"):
            raise AuritaError("the labels of the sequences are of several types; expected one type: convert them")
        return labels, True
    labels = [as_labels(_in_order(y, sequences), "y")]
    same_count(len(labels[0]), sequences)
    return labels, False


def same_count(found: int, sequences: Sequences) -> None:
    """Complain unless there is one row for each sequence."""
    if found != len(sequences):
        raise AuritaError(
            f"X has {counted(len(sequences), 'sequence')} and y {counted(found, 'target')}; expected one for each "
            "sequence"
        )


def _by_step(y: Any, sequences: Sequences, per: str) -> list[Any] | None:
    """Targets of each sequence's steps; None where there is one target a sequence."""
    if not isinstance(per, str) or per not in PER:
        raise AuritaError(f"per is {per!r}; expected one of {', '.join(map(repr, PER))}")
    if y is None:
        raise AuritaError("requires y to be passed, but the target y is None; pass the target of each sequence")
    if hasattr(y, "iloc") and not hasattr(y, "columns") and is_listed(y.to_numpy()):
        y = by_sequence(y, sequences, "y").tolist()
    listed, levels = is_listed(y), has_levels(y)
    shape = () if listed else as_array(y, "y").shape
    if per == "sequence" and levels:
        raise AuritaError(
            "y has the index levels of steps, and per='sequence' asks for one target a sequence; pass one row for "
            "each, for instance y.groupby(level=0).first()"
        )
    if per == "sequence" or (per == "auto" and not listed and not levels and len(shape) != 3):
        return None
    if not listed and not levels and len(shape) < 2:
        raise AuritaError(
            f"y has shape {shape} and targets per step are asked for; pass a list of arrays, one a sequence, "
            "with a row a step"
        )
    given = y if levels else [_part(part, number) for number, part in enumerate(y)]
    if not levels:
        lengths = [len(part) for part in given]
        if sequences.padded_to is not None and set(lengths) == {sequences.padded_to} and len(given) == len(sequences):
            # Padded as the sequences are, and nothing is to be learnt where these have ended.
            given = [part[:length] for part, length in zip(given, sequences.lengths, strict=True)]
    parts = by_step(given, sequences, "y")
    if parts is not None:
        lengths = [len(part) for part in parts]
    if parts is not None and lengths == sequences.lengths.tolist():
        return parts
    if per == "auto" and listed and len(set(lengths)) == 1 and len(given) == len(sequences):
        return None
    same_count(len(lengths), sequences)
    wrong = next(i for i, (a, b) in enumerate(zip(lengths, sequences.lengths, strict=True)) if a != b)
    raise AuritaError(
        f"the target of sequence {wrong} has {counted(lengths[wrong], 'step')}, the sequence "
        f"{sequences.lengths[wrong]}; expected a row for every step"
    )


def _in_order(y: Any, sequences: Sequences) -> Any:
    """Targets of sequences in their order; what has no index is taken as it comes."""
    return by_sequence(y, sequences, "y") if hasattr(y, "iloc") else y


def _part(part: object, number: int) -> Any:
    """The targets of one sequence's steps, as something that has a length."""
    found = part if hasattr(part, "shape") else as_array(part, f"the target of sequence {number}")
    if len(found.shape) == 0:
        raise AuritaError(
            f"the target of sequence {number} is one value, others are arrays; expected a row for every step of each"
        )
    return found
