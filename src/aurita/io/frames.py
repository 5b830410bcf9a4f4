"""What every reader of a table does first: plain column names, named columns that exist, numbers or a clear refusal."""

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches

import numpy as np
import pandas as pd

from aurita._words import counted
from aurita.errors import AuritaError
from aurita.io._missing import sentinel_notes
from aurita.io.numerals import NumberColumn, parse_numbers

ODD_CELLS = 0.05
"""Share of the cells of a column of numbers or dates that may be something else."""

NOTES = "aurita.notes"
"""Where the attributes of a table keep sentences on how it was read."""

LARGEST = 1e100
"""The largest value of a column: squares and sums of larger ones would not be numbers any more."""


def flat(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with text for column names and rows numbered from 0; an index with a name or of times is a column.

    Raises:
        AuritaError: this is no table, it has no rows or no columns, or two columns have one name.

    Example:
        >>> import pandas as pd
        >>> flat(pd.DataFrame({0: [1.5]}, index=pd.Index(["a"], name="shop"))).columns.tolist()
        ['shop', '0']
    """
    if not isinstance(frame, pd.DataFrame):
        raise AuritaError(f"expected a pandas DataFrame, got {type(frame).__name__}; read a file with read_table(path)")
    index = frame.index
    if isinstance(index, pd.DatetimeIndex | pd.PeriodIndex) and index.name is None:
        frame = frame.rename_axis("time")
    named = [name for name in frame.index.names if name is not None]
    frame = frame.reset_index(drop=not named) if not _taken(frame, named) else frame.reset_index(drop=True)
    frame.columns = pd.Index([str(name) for name in frame.columns], dtype=object)
    if not len(frame) or not len(frame.columns):
        raise AuritaError(
            f"the table has {counted(len(frame), 'row')} and {counted(len(frame.columns), 'column')}; at least one row "
            "is needed"
        )
    if not frame.columns.is_unique:
        twice = sorted(set(frame.columns[frame.columns.duplicated()]))
        raise AuritaError(
            f"several columns have the name {', '.join(map(repr, twice))}; give every column a name of its own"
        )
    return frame


def need_columns(frame: pd.DataFrame, names: Iterable[str], role: str) -> None:
    """Refuse names that the table does not have, with the nearest ones that it has.

    Example:
        >>> import pandas as pd
        >>> need_columns(pd.DataFrame({"date": [1]}), ["data"], "time")
        Traceback (most recent call last):
        ...
        aurita.errors.AuritaError: the time column 'data' is not in the table; did you mean 'date'? columns: date
    """
    for name in names:
        if name not in frame.columns:
            lower = {column.lower(): column for column in frame.columns}
            near = get_close_matches(name.lower(), list(lower), n=1)
            hint = f"did you mean {lower[near[0]]!r}? " if near else ""
            shown = ", ".join(frame.columns[:20]) + (", ..." if len(frame.columns) > 20 else "")
            raise AuritaError(f"the {role} column {name!r} is not in the table; {hint}columns: {shown}")


def notes_of(frame: pd.DataFrame) -> list[str]:
    """How a table was read, in sentences, if `read_table` read it."""
    notes = frame.attrs.get(NOTES, [])
    return [str(note) for note in notes] if isinstance(notes, list) else []


def read_column(
    frame: pd.DataFrame, name: str, role: str, missing: object = None, *, warn: bool = True
) -> NumberColumn:
    """A column as numbers of shape (T,), up to 5 % of other cells taken as missing; so is what `missing` names.

    The notes name values that look as if they stood for a missing one, unless `warn` is False.

    Raises:
        AuritaError: the column is not one of numbers, or holds an infinite value; with the row, counted from 1.

    Example:
        >>> import pandas as pd
        >>> read_column(pd.DataFrame({"y": ["3 %", "4 %"]}), "y", "target").floats.tolist()
        [3.0, 4.0]
    """
    numbers = parse_numbers(frame[name], tolerance=ODD_CELLS, missing=missing)
    if numbers.fault is not None:
        raise AuritaError(
            f"the {role} column {name!r} is not one of numbers: {numbers.fault}; name a column of "
            "numbers, or write its cells as plain numbers with a decimal point (read_table(path, "
            "decimal=',') reads a comma as the decimal sign)"
        )
    refuse_infinite(numbers.floats, name)
    return replace(numbers, notes=[*numbers.notes, *sentinel_notes(numbers.floats)]) if warn else numbers


def refuse_infinite(values: np.ndarray, name: str) -> None:
    """Refuse infinite values (T,) of a column, and those beyond 1e100, with the row, counted from 1."""
    wrong = np.flatnonzero(np.abs(values) > LARGEST)
    if len(wrong):
        value = values[wrong[0]]
        what = "infinite" if np.isinf(value) else f"{value:g}, which is too large,"
        raise AuritaError(
            f"the column {name!r} is {what} in row {wrong[0] + 1} ({len(wrong)} such rows); correct "
            "the value or leave the cell empty"
        )


def keys_of(column: pd.Series) -> tuple[np.ndarray, list[str | int]]:
    """Which series every row belongs to.

    Args:
        column: (T,) identifiers: numbers or text.

    Returns:
        A code for every row, int of shape (T,), -1 where the identifier is missing; and the identifiers in order: whole
        numbers as integers, by size, anything else as text, by the alphabet.

    Example:
        >>> import pandas as pd
        >>> codes, keys = keys_of(pd.Series(["b", "a", None]))
        >>> codes.tolist(), keys
        ([1, 0, -1], ['a', 'b'])
    """
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        codes, values = pd.factorize(column, sort=True)
        whole = all(float(value).is_integer() for value in values)
        return codes, [int(value) if whole else str(value) for value in values]
    cells = column.to_numpy(dtype=object)
    texts = pd.Series([None if gone else str(c).strip() or None for c, gone in zip(cells, column.isna(), strict=True)])
    codes, values = pd.factorize(texts.astype(object), sort=True)
    return codes, [str(v) for v in values]


def _taken(frame: pd.DataFrame, named: list) -> bool:
    return any(name in frame.columns for name in named)
