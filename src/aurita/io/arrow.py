"""Parquet and Arrow files, one or a folder of them, as one table."""

from collections.abc import Iterator
from contextlib import contextmanager
from os.path import isdir, isfile
from pathlib import Path
from typing import Any

from aurita.errors import AuritaError, require
from aurita.io.writing import StrPath

MOST_AT_ONCE = 2**26
"""Rows beyond which files are read in pieces alone."""

_FORMATS = {".parquet": "parquet", ".pq": "parquet", ".arrow": "ipc", ".feather": "ipc", ".ipc": "ipc"}
_ARROW = tuple(suffix for suffix, kind in _FORMATS.items() if kind == "ipc")
_FIRST = 2_000


def first_rows(path: Path, count: int = _FIRST) -> Any:
    """The first rows of a dataset with all their columns, as a data frame."""
    return as_dataset(path).head(count).replace_schema_metadata().to_pandas()


def is_dataset(path: StrPath) -> bool:
    """Whether a path can only be read as a dataset: a folder, or an Arrow file."""
    return isdir(path) or Path(path).suffix.lower() in _ARROW


def count_rows(path: Path) -> int:
    """Rows of a dataset, from what its files say of themselves.

    Raises:
        AuritaError: no such files, or damaged ones.
    """
    with complaints(path):
        return int(as_dataset(path).count_rows())


def whole(path: Path) -> Any:
    """All rows of a dataset that fits into memory, as a data frame.

    Raises:
        AuritaError: no such files, damaged ones, or more rows than are read at once.
    """
    rows = count_rows(path)
    if rows > MOST_AT_ONCE:
        raise AuritaError(
            f"{path} has {rows:,} rows, and at most {MOST_AT_ONCE:,} are read at once; where they are of several "
            "series or sequences, name the column that tells them apart, and they are read in pieces"
        )
    with complaints(path):
        return as_dataset(path).to_table().to_pandas()


def suffixes() -> tuple[str, ...]:
    """Suffixes of the files that a dataset is made of."""
    return tuple(_FORMATS)


def as_dataset(path: Path) -> Any:
    """The files as pyarrow sees them, in the order of their names.

    Raises:
        AuritaError: no such file or folder, files of another format or of several, or damaged ones.
    """
    dataset = require("pyarrow.dataset", "data", "a dataset of files")
    files = [path]
    if isdir(path):
        files = sorted(one for one in path.rglob("*") if one.suffix.lower() in _FORMATS and one.is_file())
    elif not isfile(path):
        raise AuritaError(f"there is no file or folder {path}; check the name (the current folder is {Path.cwd()})")
    kinds = {_FORMATS.get(one.suffix.lower()) for one in files}
    if len(kinds) != 1 or None in kinds:
        empty = "is a folder and holds no files of a dataset"
        what = "is none, or holds files of several formats" if files else empty
        raise AuritaError(f"{path} {what}; expected files of one format, of {', '.join(_FORMATS)}")
    # A folder `shop=7` says that of all its rows.
    how = {"partitioning": dataset.partitioning(flavor="hive"), "partition_base_dir": str(path)} if isdir(path) else {}
    with complaints(path):
        return dataset.dataset([str(one) for one in files], format=kinds.pop(), **how)


@contextmanager
def complaints(path: Path) -> Iterator[None]:
    """What a library says of files that it cannot read, as an error of ours.

    Raises:
        AuritaError: within this context files could not be read.
    """
    pyarrow = require("pyarrow", "data", "a dataset of files")
    try:
        yield
    except AuritaError:
        raise
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise AuritaError(f"{path} cannot be read as a dataset: {reason}") from None
