"""Text with separators: which separator, which decimal sign, which columns are numbers."""

import csv
import gzip
import io
import re
import warnings
import zlib
from itertools import islice

import numpy as np
import pandas as pd

from aurita.errors import AuritaError
from aurita.tables.dates import parse_dates
from aurita.tables.numerals import MISSING_WORDS, parse_numbers

_BLANK = ' \t\r\n;,"'
_SEPARATORS = "\t;,"
_SAMPLE = 200
_CONSISTENT = 0.9
# Who writes decimal commas does not part cells with commas.
_WITH_SEPARATOR = {",": "."}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_CODE = r"[+-]?0\d\d+|0\d+\.\d+|[+-]?\d{19,}"
_POINT = r"\.(?!\d{3}$)|^[+-]?0*\.|\d{4,}\."
_TRUTH = {"true": True, "false": False}


def decode(data: bytes) -> str:
    """The text of a file's bytes: gzip unpacked; UTF-8, UTF-16 with its mark, or Windows-1252.

    Raises:
        AuritaError: the bytes are no text, or a gzip file is cut off.

    Example:
        >>> decode(b"\\xef\\xbb\\xbfdate,y")
        'date,y'
    """
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise AuritaError(f"the gzip file is damaged or cut off ({error}); fetch it again") from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return text
    raise AuritaError("the content is binary, not text; give a CSV file (or Parquet)")


def parse_delimited(text: str, *, decimal: str | None = None) -> pd.DataFrame:
    """Read a table from text with a header; as `read_table`, which see.

    Raises:
        AuritaError: no rows, no header, a name used twice, or lines of unequal length.

    Example:
        >>> parse_delimited("a\\tb\\n1\\tx\\n").dtypes["a"].kind
        'i'
    """
    named = re.match(r"\s*sep=(.)\r?\n", text, re.IGNORECASE)
    body = text[named.end() :] if named else text
    if blank := re.match(r"[\s;,]*\n", body):
        body = body[blank.end() :]
    body = body.rstrip("\r\n")
    if not body.strip(_BLANK):
        raise AuritaError("the file is empty; give a header and rows")
    separator = named[1] if named else _separator(body)
    header = _header(body, separator)
    options: dict = {
        "sep": separator,
        "dtype": str,
        "keep_default_na": False,
        "na_values": [""],
        "skipinitialspace": True,
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                io.StringIO(body),
                header=0,
                names=range(len(header)),
                index_col=False,
                skip_blank_lines=len(header) > 1,
                **options,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        reason = str(error).replace("Error tokenizing data. C error: ", "").strip()
        raise AuritaError(f"the lines do not all have {len(header)} cells, as the header has: {reason}") from None
    frame.columns = pd.Index(header, dtype=object)
    frame = _without_empty_end(frame)
    frame = _numbers(frame, decimal, separator)
    frame = _without_unnamed(frame)
    if not len(frame) or not len(frame.columns):
        raise AuritaError(f"there is a header ({', '.join(header[:20])}) and no row under it; give rows")
    return frame


def _separator(text: str) -> str:
    """The first of tab, semicolon and comma that gives the sampled lines as many cells as the header has."""
    best, most = ";", 0.0
    for separator in _SEPARATORS:
        records = _records(text, separator)
        width = len(records[0])
        if width < 2:
            continue
        even = sum(len(record) in (width, width + 1) for record in records[1:]) / max(len(records) - 1, 1)
        if len(records) == 1 or even >= _CONSISTENT:
            return separator
        if even > most or best == ";":
            best, most = separator, even
    return best


def _records(text: str, separator: str) -> list[list[str]]:
    """The first records that are not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    try:
        return list(islice((record for record in reader if any(cell.strip() for cell in record)), _SAMPLE))
    except csv.Error as error:
        raise AuritaError(f"line {reader.line_num} cannot be read: {error}; give a CSV file") from None


def _header(text: str, separator: str) -> list[str]:
    """The column names, empty where a column has none."""
    header, *rows = _records(text, separator)
    header = [name.strip() for name in header]
    if rows and all(len(row) == len(header) + 1 for row in rows):
        if all(not row[-1].strip() for row in rows):
            header = [*header, ""]
        elif [row[0] for row in rows] == [str(i + 1) for i in range(len(rows))]:
            header = ["", *header]
    for row in rows:
        if len(row) > len(header):
            raise AuritaError(
                f"a line has {len(row)} cells and the header has {len(header)}: "
                f"{separator.join(row)[:80]!r}; give every line as many cells as the header, and put "
                "cells that hold the separator in quotes"
            )
    given = [name for name in header if name]
    if given and not _is_header(given):
        raise AuritaError(
            f"the first line holds values, not names ({separator.join(header)[:80]}); put a line of "
            f"names above it, such as {separator.join(['time', 'y'][: len(given)])}"
        )
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        raise AuritaError(
            f"several columns have the name {', '.join(map(repr, twice))}; give every column a name of its own"
        )
    return header


def _is_header(names: list[str]) -> bool:
    """Whether a line may be names: some text that is neither number nor date, or whole numbers that count columns."""
    if all(re.fullmatch(r"\d{1,9}", name) for name in names):
        numbers = [int(name) for name in names]
        return numbers == list(range(numbers[0], numbers[0] + len(names))) and (len(names) > 1 or numbers[0] == 0)
    cells = pd.Series(names, dtype=object)
    dated = parse_dates(cells).stamps.notna()
    return any(not dated[i] and parse_numbers(cells.iloc[[i]]).fault is not None for i in range(len(names)))


def _without_empty_end(frame: pd.DataFrame) -> pd.DataFrame:
    """Spreadsheets leave rows of separators at the end."""
    full = np.flatnonzero(frame.notna().any(axis=1).to_numpy())
    return frame.iloc[: full[-1] + 1 if len(full) else 0] if len(frame.columns) > 1 else frame


def _without_unnamed(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns without a name are dropped if they are empty or count the rows, and named otherwise."""
    keep, names = [], []
    for place, name in enumerate(frame.columns):
        column = frame.iloc[:, place]
        if not name and (column.isna().all() or _counts_rows(column)):
            continue
        given = name or f"column {place + 1}"
        while not name and given in frame.columns:
            given += "_"
        keep.append(place)
        names.append(given)
    return frame.iloc[:, keep].set_axis(pd.Index(names, dtype=object), axis=1)


def _counts_rows(column: pd.Series) -> bool:
    if not pd.api.types.is_integer_dtype(column.dtype):
        return False
    return bool((np.diff(column) == 1).all()) and column.iloc[0] in (0, 1)


def _numbers(frame: pd.DataFrame, decimal: str | None, separator: str) -> pd.DataFrame:
    """Columns of numbers as numbers; a column that leaves its decimal sign open follows the others of the file."""
    columns = [frame.iloc[:, place] for place in range(len(frame.columns))]
    plain = [_plain(column) for column in columns]
    rest = {i: parse_numbers(column) for i, column in enumerate(columns) if plain[i] is None and _maybe_numbers(column)}
    if decimal is None and rest:
        styles = {numbers.style for numbers in rest.values() if numbers.style is not None}
        pointed = (column.head(_SAMPLE).str.contains(_POINT, na=False).any() for column in columns)
        if any(
            values is not None and values.dtype.kind == "f" and point
            for values, point in zip(plain, pointed, strict=True)
        ):
            styles.add(".")
        decimal = styles.pop() if len(styles) == 1 else None if styles else _WITH_SEPARATOR.get(separator)
    result = [column if values is None else values for column, values in zip(columns, plain, strict=True)]
    for i, numbers in rest.items():
        settled = parse_numbers(columns[i], decimal=decimal) if numbers.fault is not None and decimal else numbers
        if settled.fault is None and (numbers.fault is not None or not numbers.decorated):
            result[i] = settled.floats
    for i, values in enumerate(plain):
        if decimal == "," and values is not None and values.dtype.kind == "f":
            grouped = parse_numbers(columns[i], decimal=",")
            result[i] = grouped.floats if grouped.fault is None and grouped.style != "." else values
    table = pd.DataFrame({i: np.asarray(values) for i, values in enumerate(result)}, index=frame.index)
    return table.set_axis(frame.columns, axis=1)


def _maybe_numbers(column: pd.Series) -> bool:
    """Whether a sample of a column of text, without codes, is mostly numbers."""
    return not _coded(column) and parse_numbers(column.dropna().head(_SAMPLE), tolerance=0.5, decimal=".").fault is None


def _plain(column: pd.Series) -> np.ndarray | None:
    """The values of a column that a computer wrote: whole numbers, decimal points, truth values; None for others."""
    cells = column.to_numpy(dtype=object)
    try:
        values = cells.astype(np.float64)
    except ValueError:
        lower = column.str.strip().str.lower()
        if lower.isin(list(_TRUTH)).all():
            return lower.map(_TRUTH).to_numpy(dtype=bool)
        known = column.where(~lower.isin(list(MISSING_WORDS)))
        return None if known.isna().sum() == column.isna().sum() or known.isna().all() else _plain(known)
    if _coded(column) or column.str.contains("_", regex=False, na=False).any():
        return None
    if np.isnan(values).any() or column.str.contains(r"[^\d\s+-]", regex=True, na=False).any():
        return values
    return cells.astype(np.int64)


def _coded(column: pd.Series) -> bool:
    """Whether some cells are codes such as 007 or 01.2024, which are no quantities."""
    return bool(column.str.strip().str.fullmatch(_CODE, na=False).any())
