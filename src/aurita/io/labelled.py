"""Labelled sequences out of a table: long (a row is a step) or wide (a row is a sequence)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from aurita._words import counted
from aurita.errors import AuritaError
from aurita.io._missing import Missing, as_missing, sentinel_notes
from aurita.io._restarts import refuse_steps
from aurita.io._steps import interpolate
from aurita.io.axis import no_time, read_axis
from aurita.io.frames import ODD_CELLS, flat, keys_of, need_columns, notes_of, read_column
from aurita.io.identifiers import joined, name_of_id
from aurita.io.numerals import parse_numbers


@dataclass(frozen=True, eq=False)
class Labelled:
    """Sequences with a label each; unpacks to `sequences, labels, ids, channels`.

    Attributes:
        sequences: n arrays (T, E) in float64, T may differ.
        labels: (n,) whole numbers, numbers, truth values or text; None for prediction.
        ids: (n,) identifiers, or row numbers from 0.
        channels: names of the E channels; of the columns of a wide table, which is one channel, "value".
        notes: what was done to the table, in sentences.
        times: names of the columns that order the rows of a long table; none where it is in order.
    """

    sequences: list[np.ndarray]
    labels: np.ndarray | None
    ids: np.ndarray
    channels: tuple[str, ...]
    notes: list[str] = field(default_factory=list)
    times: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[object]:
        return iter((self.sequences, self.labels, self.ids, self.channels))


def prepare_labelled(
    frame: pd.DataFrame,
    *,
    label: str | None,
    id: str | Sequence[str] | None = None,
    time: str | None = None,
    missing: object = None,
    channels: Sequence[str] | None = None,
) -> Labelled:
    """Sequences and their labels out of a table that nobody prepared.

    Long, with `id`: the rows of one identifier are one sequence, in the order of time (a column of dates is found, else
    the order of the rows), and every column of numbers is a channel. Wide, without `id` or if no identifier has two
    rows: a row is a sequence of one channel, a column a step, and missing cells at the end of a row end the sequence.
    Missing values are interpolated along a line, and take the nearest value at the ends.

    Args:
        frame: the table.
        label: column of the labels; None for prediction.
        id: column that says which sequence a row belongs to, or several that say it together.
        time: column of dates or step numbers of a long table; "none": its rows are in the order of time.
        missing: values or words that stand for a missing number, such as [-9999, "off"].
        channels: columns of a long table that are its channels; by default all of numbers that have no other role.

    Returns:
        The sequences in the order of their identifiers (wide without `id`: of the rows), with labels and names.

    Raises:
        AuritaError: a column is missing, there is no column of numbers, a sequence has two labels or none, a channel
            has no value in a sequence, or a value is infinite.

    Example:
        >>> import pandas as pd
        >>> table = pd.DataFrame({"who": [1, 1, 2], "t": [2, 1, 1], "x": [0.2, 0.1, 0.5], "class": ["a", "a", "b"]})
        >>> sequences, labels, ids, channels = prepare_labelled(table, label="class", id="who", time="t")
        >>> [sequence.tolist() for sequence in sequences], labels.tolist(), ids.tolist(), channels
        ([[[0.1], [0.2]], [[0.5]]], ['a', 'b'], [1, 2], ('x',))
    """
    id = name_of_id(id)
    frame, missing = joined(flat(frame), id), as_missing(missing)
    untimed = no_time(frame, time)
    roles = {"label": label, "id": id, "time": None if untimed else time}
    for role, name in roles.items():
        if name is not None:
            need_columns(frame, [name], role)
    named = [name for name in roles.values() if name is not None]
    if len(set(named)) < len(named):
        raise AuritaError(
            f"label, id and time are {label!r}, {id!r} and {time!r}; every one must be a column of its own"
        )
    if id is not None and (roles["time"] is not None or channels is not None or frame[id].duplicated().any()):
        if channels is not None:
            need_columns(frame, channels, "value")
        return _long(frame, label, id, time, missing, channels)
    if roles["time"] is not None:
        raise AuritaError(
            f"time={time!r} is for tables with a row for every step; give the id column of the sequences too"
        )
    if id is None:
        refuse_steps(frame, [name for name in named if name is not None])
    return _wide(frame, label, id, missing)


def _long(
    frame: pd.DataFrame,
    label: str | None,
    id: str,
    time: str | None,
    missing: Missing,
    wanted: Sequence[str] | None,
) -> Labelled:
    codes, keys = _sequence_keys(frame, id)
    taken = [*(name for name in (id, label) if name is not None), *(wanted or ())]
    axis = read_axis(frame, time, taken=taken, groups=codes)
    times, remarks, ordering = np.arange(len(frame)), list(axis.notes), axis.columns
    if axis.known is not None:
        found = np.asarray(axis.stamps if axis.places is None else axis.places)
        fault = _disorder(codes, keys, found, axis.known)
        if fault is None:
            times = found
        elif time is not None:
            raise AuritaError(fault)
        else:
            ordering = ()
            remarks = [
                f"the column {axis.columns[0]!r} does not order the rows; they were taken in the order of the table"
            ]
    if wanted is None:
        values, channels, notes = _channels(frame, {id, label, *axis.columns}, missing)
    else:
        values, channels, notes = _channels(frame[list(wanted)], set(), missing, needed=True)
    if not channels:
        raise AuritaError("no column of numbers is left to be a channel; name fewer columns as label, id and time")
    order = np.lexsort([times, codes])
    pieces = np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)
    sequences = [_filled(values[rows], channels, key) for key, rows in zip(keys, pieces, strict=True)]
    labels = None if label is None else _labels_of_keys(frame[label], codes, keys)
    notes = remarks + notes + _holes([values[rows] for rows in pieces])
    return Labelled(sequences, labels, np.array(keys), channels, notes, ordering)


def _wide(frame: pd.DataFrame, label: str | None, id: str | None, missing: Missing) -> Labelled:
    values, columns, notes = _channels(frame, {id, label}, missing, wide=True)
    if not columns:
        raise AuritaError("no column of numbers is left to be a step; name fewer columns as label and id")
    keys: list[str | int] = list(range(len(frame)))
    codes = np.arange(len(frame))
    if id is not None:
        codes, keys = _sequence_keys(frame, id)
    rows = []
    for row in np.argsort(codes):
        present = np.flatnonzero(~np.isnan(values[row]))
        if not len(present):
            raise AuritaError(f"row {row + 1} has no number in any of its columns; leave the row out")
        rows.append(values[row, : present[-1] + 1, None])
    labels = None if label is None else _labels_of_keys(frame[label], codes, keys)
    channels = ("value",)
    notes.append(f"every row is a sequence of up to {counted(len(columns), 'step')}")
    return Labelled([_filled(row, channels, 0) for row in rows], labels, np.array(keys), channels, notes + _holes(rows))


def _sequence_keys(frame: pd.DataFrame, id: str) -> tuple[np.ndarray, list[str | int]]:
    codes, keys = keys_of(frame[id])
    if (codes < 0).any():
        raise AuritaError(
            f"the id column {id!r} is empty in row {np.argmax(codes < 0) + 1}; say which sequence the row is of"
        )
    return codes, keys


def _disorder(codes: np.ndarray, keys: list[str | int], times: np.ndarray, known: np.ndarray) -> str | None:
    """Why these times (rows,) do not order the rows of every sequence."""
    if not known.all():
        row = int(np.argmin(known))
        return f"row {row + 1}, of sequence {keys[codes[row]]!r}, has no time; fill the cell or leave the row out"
    twice = pd.DataFrame({"id": codes, "time": times}).duplicated().to_numpy()
    if twice.any():
        row = int(np.argmax(twice))
        return f"the sequence {keys[codes[row]]!r} has two rows of one time, the second in row {row + 1}; keep one"
    return None


def _channels(
    frame: pd.DataFrame, taken: set[str | None], missing: Missing, wide: bool = False, needed: bool = False
) -> tuple[np.ndarray, tuple[str, ...], list[str]]:
    """The columns of numbers that have no other role, (rows, columns), with their names and notes.

    Args:
        needed: whether a column that is not one of numbers is refused, and not left out.
    """
    chosen, left, notes = [], [], notes_of(frame)
    for name in frame.columns:
        if name in taken:
            continue
        if not needed and parse_numbers(frame[name], tolerance=ODD_CELLS, missing=missing).fault is not None:
            left.append(name)
            continue
        numbers = read_column(frame, name, "value", missing, warn=not wide)
        notes += [f"column {name!r}: {note}" for note in numbers.notes]
        chosen.append((name, numbers.floats))
    if left:
        notes.append(f"columns left out, because they are not of numbers: {', '.join(left)}")
    values = np.stack([values for _, values in chosen], axis=1) if chosen else np.empty((len(frame), 0))
    if wide:
        notes += sentinel_notes(values.ravel())
    return values, tuple(name for name, _ in chosen), notes


def _filled(values: np.ndarray, channels: tuple[str, ...], key: str | int) -> np.ndarray:
    """A sequence (T, E) without holes."""
    empty = np.isnan(values).all(axis=0)
    if empty.any():
        raise AuritaError(
            f"the channel {channels[int(np.argmax(empty))]!r} has no value in sequence {key!r}; leave "
            "out the column or the sequence"
        )
    return np.stack([interpolate(column) for column in values.T], axis=1)


def _holes(sequences: list[np.ndarray]) -> list[str]:
    counts = [int(np.isnan(sequence).sum()) for sequence in sequences]
    if not any(counts):
        return []
    return [
        f"{counted(sum(counts), 'value was', 'values were')} missing in {counted(sum(map(bool, counts)), 'sequence')} "
        "and filled"
    ]


def _labels_of_keys(column: pd.Series, codes: np.ndarray, keys: list[str | int]) -> np.ndarray:
    """The label of every key, (n,): in every row of it, or in one row of each."""
    kinds, classes = _classes(column)
    result = np.full(len(keys), -1)
    for code, kind, row in zip(codes, kinds, range(len(codes)), strict=True):
        if kind < 0 or kind == result[code]:
            continue
        if result[code] >= 0:
            raise AuritaError(
                f"the sequence {keys[code]!r} has two labels, {classes[result[code]]!s} and "
                f"{classes[kind]!s} (row {row + 1}); a sequence has one"
            )
        result[code] = kind
    if (result < 0).any():
        raise AuritaError(
            f"the sequence {keys[int(np.argmin(result))]!r} has no label in column {column.name!r}; "
            "fill it or leave it out"
        )
    given = kinds >= 0
    if not given.all() and (np.bincount(codes[given], minlength=len(keys)) > 1).any():
        row = int(np.argmin(given))
        raise AuritaError(
            f"row {row + 1}, of sequence {keys[codes[row]]!r}, has no label in column {column.name!r}, and other rows "
            "have one; fill the cell, look whether the row is whole, or give the label in one row of every sequence"
        )
    return classes[result]


def _classes(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """A code for every row, -1 where there is no label, and the labels: numbers, truth values or text."""
    kind = column.dtype
    if pd.api.types.is_bool_dtype(kind) and not column.isna().any():
        return column.to_numpy(dtype=np.int64), np.array([False, True])
    if pd.api.types.is_float_dtype(kind) and not (column.dropna() == column.dropna().round()).all():
        codes, values = pd.factorize(column.to_numpy(dtype=np.float64, na_value=np.nan), sort=True)
        return codes, np.asarray(values)
    codes, keys = keys_of(column)
    return codes, np.array(keys)
