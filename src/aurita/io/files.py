"""Tables from files of unknown make, and files that are written whole or not at all."""

import gzip
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import IO

import pandas as pd

from aurita.errors import AuritaError, require
from aurita.io._delimited import parse_delimited
from aurita.io._encodings import decode
from aurita.io.arrow import is_dataset, whole
from aurita.io.frames import NOTES, flat
from aurita.io.reading import read_ordinary
from aurita.io.writing import check_target, write_whole

_PARQUET = (".parquet", ".pq")
_TEXT = {".csv": ",", ".tsv": "\t"}
_FOREIGN = {
    b"PK\x03\x04": "a zip archive or a spreadsheet; save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as CSV",
    b"BZh": "compressed with bzip2; unpack it first",
    b"\xfd7zXZ": "compressed with xz; unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; unpack it first",
    b"%PDF": "a PDF document; export the table as CSV",
}
_MARKUP = re.compile(r"\s*(?:(?P<page><!doctype html|<html|<head|<body)|(?P<json>\[\s*\{|\{\s*\"))", re.IGNORECASE)
_MARKED = {
    "page": "this is a page of the web and no table (a download that failed?); save the table itself as CSV",
    "json": "this is JSON and no table; write it as CSV, such as with pandas.read_json(path).to_csv(new, index=False)",
}


def read_table(path: str | os.PathLike[str], *, decimal: str | None = None, missing: object = None) -> pd.DataFrame:
    """Read a table from a CSV or Parquet file, or from a folder of Parquet or Arrow files, one after the other.

    CSV: separated by comma, semicolon, tab, bar or blanks, in UTF-8, UTF-16 or, noted, the encoding that fits best,
    plain or compressed with gzip. Lines above the names of the columns, comments that begin with #, and lines under the
    table are left out; names may be in two lines. Columns of numbers are read as such, with a decimal comma where
    the file leaves no other reading; in a file separated by commas `"1,234"` is 1234 if nothing contradicts it.
    Dates, percents, amounts of money, units and multiples (`12K`) stay text for `prepare_series`, and so do codes such
    as 007. Columns without a name that are empty or number the rows are dropped. Parquet is recognised by its
    content. What was left out or guessed is in `attrs["aurita.notes"]`, and in the notes of what is prepared.

    Args:
        path: the file.
        decimal: "." or ",", for files that leave open whether `1,234` is 1234.
        missing: values or words that stand for a missing number, such as [-9999, "off"].

    Returns:
        The table; its columns have names of their own.

    Raises:
        AuritaError: no such file, a folder without such files, no permission, an empty file, no rows under the header,
            no header, a name used twice, lines of unequal length, or content that is no table.

    Example:
        >>> import tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "sales.csv"
        >>> _ = path.write_text("date;y\\n2024-01-01;1,5\\n2024-01-02;2,25\\n")
        >>> read_table(path)["y"].tolist()
        [1.5, 2.25]
    """
    if decimal not in (None, ".", ","):
        raise AuritaError(f"decimal={decimal!r} was given; give '.' or ',', or leave it out")
    if is_dataset(path):
        return _folder(Path(path))
    data = read_ordinary(path, wanted="give a CSV or Parquet file")
    if not data:
        raise AuritaError(f"{path} is empty (0 bytes); give a CSV or Parquet file with a header and rows")
    if data.startswith(b"PAR1"):
        return _parquet(path, data)
    if str(path).lower().endswith(_PARQUET):
        raise AuritaError(f"{path} is named like a Parquet file and is none; give it the ending .csv, if it is text")
    for magic, what in _FOREIGN.items():
        if data.startswith(magic):
            raise AuritaError(f"{path} is no CSV or Parquet file but {what}")
    try:
        text, notes = decode(data)
        if (markup := _MARKUP.match(text)) is not None:
            raise AuritaError(_MARKED[str(markup.lastgroup)])
        # Handed over, so that a large text is gone before the table is there.
        handed = [text]
        del data, text
        frame, remarks = parse_delimited(handed.pop(), decimal=decimal, missing=missing)
    except AuritaError as error:
        raise AuritaError(f"{path}: {error}") from None
    frame.attrs[NOTES] = [*notes, *remarks]
    return frame


def write_table(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a table to `.csv`, `.csv.gz`, `.tsv` or `.parquet`, whole or not at all.

    It is written to a temporary file in the same folder, which then takes the name. An index is written as a column if
    it has a name or holds times.

    Raises:
        AuritaError: another suffix, a folder that is missing or cannot be written, or cells that the format cannot
            hold.

    Example:
        >>> import tempfile, pathlib, pandas as pd
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "out.csv"
        >>> write_table(pd.DataFrame({"y": [0.1]}), path)
        >>> path.read_text()
        'y\\n0.1\\n'
    """
    check_writable(path, table=True)
    table = flat(frame)
    name = str(path).lower()
    if name.endswith(_PARQUET):
        write_whole(path, _converted(lambda file: table.to_parquet(file, index=False, engine="pyarrow"), path))
        return
    separator = _separator(name)
    packed: dict[str, object] | None = {"method": "gzip", "mtime": 0} if name.endswith(".gz") else None

    def write(file: IO[bytes]) -> None:
        table.to_csv(
            file, mode="wb", index=False, sep=separator, encoding="utf-8", compression=packed, lineterminator="\n"
        )

    write_whole(path, _converted(write, path))


def write_in_parts(parts: Iterable[pd.DataFrame], path: str | os.PathLike[str]) -> int:
    """Write a table as `write_table` does, of parts of the same columns that are never in memory together.

    Returns:
        Its rows.

    Raises:
        AuritaError: as `write_table`, and no part at all.

    Example:
        >>> import tempfile, pathlib, pandas as pd
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "out.csv"
        >>> write_in_parts((pd.DataFrame({"y": [value]}) for value in (1, 2)), path)
        2
        >>> path.read_text()
        'y\\n1\\n2\\n'
    """
    check_writable(path, table=True)
    name, counts = str(path).lower(), []

    def counted() -> Iterator[pd.DataFrame]:
        for part in parts:
            counts.append(len(part))
            yield part

    def as_text(file: IO[bytes]) -> None:
        packed = gzip.GzipFile("", "wb", fileobj=file, mtime=0) if name.endswith(".gz") else nullcontext(file)
        with packed as into:
            for number, part in enumerate(counted()):
                text = part.to_csv(index=False, header=number == 0, sep=_separator(name), lineterminator="\n")
                into.write(text.encode("utf-8"))

    def as_parquet(file: IO[bytes]) -> None:
        arrow, writer = require("pyarrow", "data", "Parquet"), None
        parquet = require("pyarrow.parquet", "data", "Parquet")
        try:
            for part in counted():
                table = arrow.Table.from_pandas(part, preserve_index=False)
                writer = writer or parquet.ParquetWriter(file, table.schema)
                writer.write_table(table.cast(writer.schema))
        finally:
            if writer is not None:
                writer.close()

    def write(file: IO[bytes]) -> None:
        (as_parquet if name.endswith(_PARQUET) else as_text)(file)
        if not counts:
            raise AuritaError(f"cannot write {path}: there are no rows to write")

    write_whole(path, _converted(write, path))
    return sum(counts)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write text in UTF-8, whole or not at all, as `write_table` does.

    Raises:
        AuritaError: the folder is missing or cannot be written.

    Example:
        >>> import tempfile, pathlib
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "page.html"
        >>> write_text(path, "<p>aurita</p>")
        >>> path.read_text()
        '<p>aurita</p>'
    """
    write_whole(path, text.encode("utf-8", "backslashreplace"))


def check_writable(path: str | os.PathLike[str], *, table: bool = False) -> None:
    """Refuse a path that cannot be written, before any work is done for it.

    Args:
        path: the file to be.
        table: also refuse a suffix that `write_table` does not know, or whose library is missing.

    Raises:
        AuritaError: the folder is missing or cannot be written, or the path is a folder.

    Example:
        >>> check_writable("no-such-folder/out.csv")
        Traceback (most recent call last):
        ...
        aurita.errors.AuritaError: cannot write no-such-folder/out.csv: there is no folder no-such-folder; make it first
    """
    name = str(path).lower()
    if table and not name.endswith((*_PARQUET, *_TEXT, *(suffix + ".gz" for suffix in _TEXT))):
        raise AuritaError(f"cannot write a table to {path}: its name must end in .csv, .csv.gz, .tsv or .parquet")
    if table and name.endswith(_PARQUET):
        require("pyarrow", "data", "Parquet")
    check_target(path)


def _parquet(path: str | os.PathLike[str], data: bytes) -> pd.DataFrame:
    require("pyarrow", "data", "reading Parquet")
    try:
        frame = pd.read_parquet(io.BytesIO(data), engine="pyarrow")
    except (OSError, ValueError, NotImplementedError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise AuritaError(f"{path} is a damaged Parquet file: {reason}") from None
    try:
        return flat(frame)
    except AuritaError as error:
        raise AuritaError(f"{path}: {error}") from None


def _separator(name: str) -> str:
    return next(sep for suffix, sep in _TEXT.items() if name.removesuffix(".gz").endswith(suffix))


def _folder(path: Path) -> pd.DataFrame:
    try:
        return flat(whole(path))
    except AuritaError as error:
        raise AuritaError(str(error) if str(path) in str(error) else f"{path}: {error}") from None


def _converted(write: Callable[[IO[bytes]], object], path: str | os.PathLike[str]) -> Callable[[IO[bytes]], object]:
    """Complain about cells that a format cannot hold in the words of that format."""

    def converted(file: IO[bytes]) -> None:
        try:
            write(file)
        except AuritaError:
            raise
        except (ValueError, TypeError, NotImplementedError) as error:
            raise AuritaError(f"cannot write {path}: {error}") from None

    return converted
