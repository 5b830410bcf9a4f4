"""The sequences of a table as classifiers and regressors take them."""

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import isdir, isfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aurita._typing import Document
from aurita.cli._options import Options
from aurita.cli._panel import in_options
from aurita.cli._terminal import notes
from aurita.errors import AuritaError
from aurita.io import NO_TIME, SequenceDataset, open_dataset, prepare_labelled, read_table
from aurita.io.arrow import first_rows, suffixes
from aurita.io.axis import read_axis
from aurita.io.frames import need_columns
from aurita.io.identifiers import joined, need_one_column

_LARGE = 2**28
"""Bytes of a Parquet file beyond which it is read in pieces."""
_ARROW = (".arrow", ".feather", ".ipc")


@dataclass(frozen=True, eq=False)
class SequenceTable:
    """Sequences of a table.

    Attributes:
        values: n data frames (T, E) with named channels, or arrays (T, 1) of a wide table.
        labels: (n,), None where the table has none.
        ids: (n,).
        channels: names of the channels; None of a wide table.
        times: names of the columns that order the steps.
    """

    values: list[Any]
    labels: np.ndarray | None
    ids: np.ndarray
    channels: list[str] | None
    times: tuple[str, ...] = ()

    def part(self, rows: np.ndarray) -> list[Any]:
        """Some of the sequences."""
        return [self.values[row] for row in rows]


def read_sequences(options: Options) -> SequenceTable:
    """Read the labelled sequences that a command asks for, and say what was done to them.

    Raises:
        AuritaError: as `read_table` and `prepare_labelled` raise.
    """
    return _prepared(read_table(options.table, decimal=options.decimal), options)


def table_of(options: Options, train: SequenceTable) -> Document:
    """What a model has to know of the table."""
    return {
        "label": options.label,
        "id": options.id,
        "time": options.time,
        "times": list(train.times),
        "decimal": options.decimal,
        "missing": list(options.missing),
        "channels": train.channels,
    }


def larger_than_memory(options: Options) -> SequenceDataset | None:
    """The table, to be read in pieces: a folder of Parquet or Arrow files, or a large one; None for other tables.

    Raises:
        AuritaError: no --id, words for missing numbers, or as `open_dataset`.
    """
    path = options.table
    ends, text = path.suffix.lower(), bool(options.missing) or options.decimal is not None
    # A row for every sequence, and what is to be read of text, need the whole table.
    steps = options.id is not None and not text
    large = steps and ends in suffixes() and isfile(path) and path.stat().st_size > _LARGE
    if not (isdir(path) or large or ends in _ARROW):
        return None
    if text:
        raise AuritaError(
            f"{path} is read in pieces, its numbers as they are; leave --missing and --decimal out, and such cells "
            "empty"
        )
    if options.id is None:
        raise AuritaError(f"{path} is read in pieces, a row for every step; name the column of the sequences with --id")
    need_one_column(first_rows(path, 1), options.id, path)
    if options.time is not None:
        time = None if options.time == NO_TIME else options.time
        return open_dataset(path, id=options.id, label=options.label, time=time)
    frame, roles = first_rows(path), [name for name in (options.id, options.label) if name is not None]
    for role, name in (("id", options.id), ("label", options.label)):
        need_columns(frame, [] if name is None else [name], role)
    codes = pd.factorize(frame[options.id])[0]
    axis = read_axis(frame, None, taken=roles, groups=codes)
    notes([in_options(text) for text in axis.notes])
    time = axis.columns[0] if len(axis.columns) == 1 else None
    if time is not None and frame.duplicated([options.id, time]).any():
        time = None
    found = open_dataset(path, id=options.id, label=options.label, time=time)
    channels = [name for name in found.channels if name not in axis.columns]
    return open_dataset(path, id=options.id, label=options.label, time=time, channels=channels)


def read_known_sequences(path: Path, table: Document) -> SequenceTable:
    """Read sequences for a model that knows its columns; with labels where all of them are there.

    Raises:
        AuritaError: the columns are not those of the fit, or as `read_sequences`.
    """
    frame = joined(read_table(path, decimal=table["decimal"]), table["id"])
    label, id, time, channels = table["label"], table["id"], table["time"], table["channels"]
    if label in frame.columns and _unlabelled(path, frame, label, id):
        frame = frame.drop(columns=label)
    label = label if label in frame.columns else None
    if channels is not None:
        missing = [name for name in (id, *channels) if name not in frame.columns]
        if missing:
            raise AuritaError(
                f"{path} lacks the columns {', '.join(missing)} that the model was fitted on; its columns: "
                f"{', '.join(frame.columns[:20])}"
            )
        time = _time_as_fitted(path, frame, table)
    elif id is not None and id not in frame.columns:
        id = None
    words = tuple(table.get("missing", ()))
    found = _prepared(frame, Options(table=path, label=label, id=id, time=time, missing=words), channels)
    if found.channels != channels:
        raise AuritaError(
            f"{path} holds sequences of {_layout(found.channels)}, the model was fitted on {_layout(channels)}; give "
            "a table of the same layout"
        )
    return found


def text_of(labels: Sequence[object] | np.ndarray) -> list[str]:
    """Labels as text."""
    return [str(label) for label in labels]


def _unlabelled(path: Path, frame: pd.DataFrame, label: str, id: str | None) -> bool:
    """Whether sequences lack their label; says so where others have one."""
    empty = frame[label].isna().to_numpy()
    if id in frame.columns:
        lacking = frame[label].isna().groupby(frame[id]).transform("all").to_numpy()
        if not lacking.any():
            return False
        empty = lacking
    if empty.any() and not empty.all():
        notes([f"{path}: row {int(np.argmax(empty)) + 1} has no {label!r}, so the table's labels were left out"])
    return bool(empty.any())


def _time_as_fitted(path: Path, frame: pd.DataFrame, table: Document) -> str | None:
    """The column that orders the steps: named, the one of the fit, or None, where it is to be found."""
    time, times = table["time"], table.get("times", [])
    if time is not None or len(times) != 1:
        return time
    if times[0] not in frame.columns:
        raise AuritaError(
            f"{path} lacks the column {times[0]!r}, which ordered the steps in the fit; name it with --time, or say "
            "--time none where the rows of every sequence are in order"
        )
    return str(times[0])


def _prepared(frame: pd.DataFrame, options: Options, channels: list[str] | None = None) -> SequenceTable:
    label, id, time, words = options.label, options.id, options.time, options.missing
    try:
        found = prepare_labelled(frame, label=label, id=id, time=time, missing=words, channels=channels)
    except AuritaError as error:
        raise AuritaError(in_options(f"{options.table}: {error}")) from None
    notes([in_options(text) for text in found.notes])
    if found.channels == ("value",) and "value" not in frame.columns:
        return SequenceTable(list(found.sequences), found.labels, found.ids, None)
    names = list(found.channels)
    values = [pd.DataFrame(sequence, columns=names) for sequence in found.sequences]
    return SequenceTable(values, found.labels, found.ids, names, found.times)


def _layout(channels: list[str] | None) -> str:
    return "one channel, a row each" if channels is None else f"the channels {', '.join(channels)}"
