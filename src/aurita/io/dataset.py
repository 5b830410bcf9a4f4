"""Labelled sequences of Parquet and Arrow files, one or a folder of them, read in pieces that fit into memory."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aurita.errors import AuritaError, require
from aurita.io.arrow import as_dataset, complaints, count_rows
from aurita.progress import at, stage

_INDEX = re.compile(r"__index_level_\d+__")
"""Columns of an index without a name, as pandas writes it."""

_ROWS, _SAMPLE = 65_536, 2_000


@dataclass(frozen=True, eq=False)
class Piece:
    """Some sequences of a dataset.

    Attributes:
        sequences: n arrays (T, E).
        labels: (n,) labels or values of the sequences; n arrays (T,) or (T, O) where steps have targets; None where the
            dataset has neither.
        ids: (n,).
        times: n arrays (T,) of times; None without a column of these.
    """

    sequences: list[np.ndarray]
    labels: Any
    ids: np.ndarray
    times: list[Any] | None = None

    @property
    def rows(self) -> int:
        """Rows of all sequences."""
        return sum(map(len, self.sequences))

    def one(self, number: int) -> "Piece":
        """A copy of one sequence, which lets go of the others."""
        times = None if self.times is None else [self.times[number].copy()]
        label = self.labels[number]
        label = label.copy() if isinstance(label, np.ndarray) else label
        return Piece([self.sequences[number].copy()], [label], self.ids[number : number + 1].copy(), times)


@dataclass(frozen=True, eq=False)
class SequenceDataset:
    """Sequences in files, for `fit` and `predict` of estimators; see `open_dataset`.

    Attributes:
        path: a file, or a folder of files of one format.
        id: column that says which sequence a row belongs to.
        label: column of the label or value of each sequence; None where steps have targets, or nothing has.
        targets: columns of what is to be predicted at every step.
        time: column that orders the rows of a sequence; None: they are in order.
        channels: columns of the channels.
        rows: how many rows are read at once.
        sample: how many sequences, drawn from all, the units learn from.
    """

    path: Path
    id: str
    label: str | None
    targets: tuple[str, ...]
    time: str | None
    channels: tuple[str, ...]
    rows: int = _ROWS
    sample: int = _SAMPLE

    def __iter__(self) -> Iterator[Piece]:
        """All sequences, in the order of files and rows.

        Raises:
            AuritaError: a damaged file, rows of a sequence that are not one after the other, a sequence with two
                labels, times that are repeated, columns without a number.
        """
        import pandas as pd

        finished: set[int] = set()
        rest: pd.DataFrame | None = None
        for frame in self._frames():
            frame = frame if rest is None else pd.concat([rest, frame], ignore_index=True)
            ids = frame[self.id]
            # The last sequence may go on in the next rows.
            starts = np.flatnonzero((ids != ids.shift()).to_numpy() & ids.notna().to_numpy())
            last = int(starts[-1]) if len(starts) else len(frame)
            rest = frame.iloc[last:]
            if last:
                yield self._piece(frame.iloc[:last], finished)
        if rest is not None and len(rest):
            yield self._piece(rest, finished)

    def followed(self, what: str) -> Iterator[Piece]:
        """As the dataset itself; who follows the fit sees how many rows have been done.

        Args:
            what: is done to them, the name of the stage.
        """
        done, total = 0, count_rows(self.path)
        stage(what, total)
        for piece in self:
            yield piece
            done += piece.rows
            at(done, total)

    def in_memory(self, *, seed: int = 0, every_label: bool = False) -> tuple[list[Any], Any, bool]:
        """Sequences for units to learn from: `sample` of all, drawn alike, as data frames with named channels.

        Args:
            seed: of what is drawn.
            every_label: whether the first two sequences of every label, or with it at a step, are among them.

        Returns:
            The sequences in the order of the files, their labels, and whether these are all there are.
        """
        import pandas as pd

        some, complete = self.drawn(seed=seed, every_label=every_label)
        sequences = [pd.DataFrame(values, columns=list(self.channels)) for values in some.sequences]
        return sequences, some.labels if self.targets else np.array(some.labels), complete

    def drawn(self, *, seed: int = 0, every_label: bool = False) -> tuple[Piece, bool]:
        """As `in_memory`, with ids and times."""
        rng, count = np.random.default_rng(seed), 0
        drawn: list[tuple[int, Piece]] = []
        first: dict[Any, list[tuple[int, Piece]]] = {}
        for piece in self.followed("reading files"):
            for number, label in enumerate(piece.labels):
                one = (count, piece.one(number))
                count += 1
                for each in np.unique(label).tolist() if every_label else []:
                    if len(first.setdefault(each, [])) < 2:
                        first[each].append(one)
                # Each of all sequences stays with the same probability (Vitter 1985, algorithm R).
                if len(drawn) < self.sample:
                    drawn.append(one)
                elif (place := int(rng.integers(count))) < self.sample:
                    drawn[place] = one
        kept = {one[0]: one for one in (*drawn, *(one for few in first.values() for one in few))}
        chosen = [kept[number][1] for number in sorted(kept)]
        times = [time for one in chosen for time in one.times or []]
        return (
            Piece(
                [values for one in chosen for values in one.sequences],
                [label for one in chosen for label in one.labels],
                np.array([name for one in chosen for name in one.ids.tolist()]),
                times if self.time is not None else None,
            ),
            len(chosen) == count,
        )

    def _frames(self) -> Iterator[Any]:
        named = [name for name in (self.id, self.time, self.label) if name is not None]
        scanner = as_dataset(self.path).scanner(
            columns=[*named, *self.targets, *self.channels],
            batch_size=self.rows,
            batch_readahead=1,
            fragment_readahead=1,
            use_threads=False,
        )
        with complaints(self.path):
            for batch in scanner.to_batches():
                if batch.num_rows:
                    # Without what pandas noted: an index that it wrote is a column like others.
                    yield batch.replace_schema_metadata().to_pandas()

    def _piece(self, frame: Any, finished: set[int]) -> Piece:
        """Whole sequences out of their rows, which stand one after the other."""
        ids = frame[self.id]
        if _without_blanks(ids).isna().any():
            raise AuritaError(
                f"{self.path}: the column {self.id!r} is empty in some rows; say which sequence they are of"
            )
        codes = (ids != ids.shift()).cumsum().to_numpy() - 1
        starts = np.flatnonzero(np.diff(codes, prepend=-1))
        names = ids.iloc[starts].to_numpy()
        for name in names.tolist():
            # Of the text: the numbers -1 and -2 have one hash.
            key = hash(repr(name))
            if key in finished:
                raise AuritaError(
                    f"{self.path}: the rows of the sequence {name!r} are not one after the other; sort the files by "
                    f"{self.id}, since data larger than memory is read from front to back"
                )
            finished.add(key)
        order, times = np.arange(len(frame)), None
        if self.time is not None:
            order, ordered = self._in_order(frame, codes)
            times = np.split(ordered, starts[1:])
        columns = [*self.targets, *self.channels]
        values = frame[columns].to_numpy(dtype=np.float64, na_value=np.nan)[order]
        if np.isinf(values).any():
            raise AuritaError(
                f"{self.path}: the sequence {names[codes[np.isinf(values).any(1)][0]]!r} has infinite values"
            )
        parts = np.split(values, starts[1:])
        many = len(self.targets)
        unknown = np.isnan(values[:, :many]).any(1)
        if unknown.any():
            raise AuritaError(
                f"{self.path}: the sequence {names.tolist()[codes[unknown][0]]!r} has steps without a target; leave "
                "their rows out, or fill the column"
            )
        for number in np.unique(codes[np.isnan(values).any(1)]):
            parts[number] = self._filled(parts[number], names[number])
        sequences = [np.ascontiguousarray(part[:, many:]) for part in parts]
        if many:
            return Piece(sequences, [part[:, 0] if many == 1 else part[:, :many] for part in parts], names, times)
        labels = None if self.label is None else self._labels(frame, codes, starts, names)
        return Piece(sequences, labels, names, times)

    def _in_order(self, frame: Any, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows in the order of time within their sequences, and their times."""
        import pandas as pd

        times = frame[self.time]
        if times.isna().any() or frame.assign(**{self.id: codes}).duplicated([self.id, self.time]).any():
            raise AuritaError(
                f"{self.path}: the column {self.time!r} is empty in some rows, or has a time twice in a sequence; "
                "expected one time for each row"
            )
        if isinstance(times.iloc[0], str):
            # Text has an order of its own: '10' comes before '9'.
            try:
                times = pd.to_datetime(times, format="ISO8601", utc=True)
            except (ValueError, TypeError, OverflowError):
                raise AuritaError(
                    f"{self.path}: the column {self.time!r} is text such as {times.iloc[0]!r}, which has no order of "
                    "time; expected numbers, dates, or text such as 2024-01-31"
                ) from None
        found = times.to_numpy()
        order = np.lexsort([found, codes])
        return order, found[order]

    def _filled(self, values: np.ndarray, name: object) -> np.ndarray:
        """A sequence without holes: these are interpolated along a line."""
        if np.isnan(values).all(axis=0).any():
            raise AuritaError(
                f"{self.path}: the sequence {name!r} has a column without any number; leave out one of them"
            )
        # It reads dates too, with much to import.
        from aurita.io._steps import interpolate

        return np.stack([interpolate(column) for column in values.T], axis=1)

    def _labels(self, frame: Any, codes: np.ndarray, starts: np.ndarray, names: np.ndarray) -> np.ndarray:
        labels = _without_blanks(frame[self.label])
        missing = labels.isna().to_numpy()
        own = labels.iloc[starts].tolist()
        if missing.any():
            code = codes[missing.argmax()]
            rows = missing[codes == code]
            which = "no label" if rows.all() else f"no label in {int(rows.sum())} of its {len(rows)} rows"
            raise AuritaError(
                f"{self.path}: the sequence {names[code]!r} has {which} in the column {self.label!r}; expected the "
                "same in all of them: fill the cells, or leave the sequence out"
            )
        other = labels.to_numpy() != labels.iloc[starts].to_numpy()[codes]
        if other.any():
            row = int(other.argmax())
            raise AuritaError(
                f"{self.path}: the sequence {names[codes[row]]!r} has two labels, {own[codes[row]]!s} and "
                f"{labels.iloc[row]!s}; expected the same in all of its rows"
            )
        # Text as numpy has it, not as objects.
        return np.array(own)


def _without_blanks(column: Any) -> Any:
    """Text without blanks around it; what is nothing but blanks is missing. Other columns as they are."""
    from aurita.io.numerals import is_text

    if not is_text(column):
        return column
    given = column.notna()
    texts = column.astype(object).where(given, None)
    texts[given] = [str(cell).strip() or None for cell in column[given]]
    return texts


def open_dataset(
    path: str | Path,
    *,
    id: str,
    label: str | None = None,
    target: str | Sequence[str] = (),
    time: str | None = None,
    channels: str | Sequence[str] | None = None,
    rows: int = _ROWS,
    sample: int = _SAMPLE,
) -> SequenceDataset:
    """Sequences in Parquet or Arrow files that are larger than memory, for `fit`, `partial_fit` and `predict`.

    A row is a step. Rows of one sequence stand one after the other, in one file or in files whose names follow each
    other. Only `rows` of them, and the sequence that they end in, are in memory at a time.

    Args:
        path: a file, or a folder of files of one format: `.parquet`, `.pq`, `.arrow`, `.feather` or `.ipc`.
        id: column that says which sequence a row belongs to.
        label: column of the label, or the value, of each sequence.
        target: instead, columns of what is to be predicted at every step.
        time: column that orders the rows of a sequence, of numbers, dates or ISO text; None: they are in order.
        channels: columns of the channels; None: all columns of numbers that have no other role.
        rows: how many rows to read at once.
        sample: how many sequences, drawn from all, units learn from and are chosen by. The readout is fitted on all.

    Raises:
        AuritaError: no such file, another format, columns that are not there, neither label nor targets, or both.

    Example:
        >>> import tempfile, pandas as pd
        >>> folder = Path(tempfile.mkdtemp())
        >>> table = pd.DataFrame({"who": [1, 1, 2, 2], "x": [0.1, 0.2, 0.5, 0.6], "kind": ["a", "a", "b", "b"]})
        >>> table.to_parquet(folder / "first.parquet")
        >>> [len(piece.sequences) for piece in open_dataset(folder, id="who", label="kind", rows=3)]
        [1, 1]
    """
    pyarrow = require("pyarrow", "data", "a dataset of files")
    path = Path(path)
    targets = (target,) if isinstance(target, str) else tuple(target)
    if label is not None and targets:
        raise AuritaError("name what is to be predicted: label, of every sequence, or target, of every step; not both")
    for name, value in {"rows": rows, "sample": sample}.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 2:
            raise AuritaError(f"{name} is {value!r}; expected a whole number, 2 or more")
    schema = as_dataset(path).schema
    named = [name for name in (id, time, label, *targets) if name is not None]
    if len(set(named)) < len(named):
        raise AuritaError(f"the columns {', '.join(named)} have several roles; every one must be a column of its own")
    numbers = [
        field.name for field in schema if pyarrow.types.is_floating(field.type) or pyarrow.types.is_integer(field.type)
    ]
    free = [name for name in numbers if name not in named and not _INDEX.fullmatch(name)]
    found = free if channels is None else [channels] if isinstance(channels, str) else list(channels)
    for name in (*named, *found):
        if name not in schema.names:
            raise AuritaError(f"{path} has no column {name!r}; its columns: {', '.join(schema.names[:20])}")
    text = [name for name in targets if name not in numbers]
    if text:
        raise AuritaError(f"the targets {', '.join(text)} are no numbers; expected columns of numbers")
    bare = not found and not targets
    if bare or not set(found) <= set(numbers) or set(found) & set(named) or len(set(found)) < len(found):
        raise AuritaError(
            f"the channels are {', '.join(found) or 'none'}; expected columns of numbers, each once, "
            "that have no other role"
        )
    return SequenceDataset(path, id, label, targets, time, tuple(found), rows, sample)
