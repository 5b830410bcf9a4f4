"""Sequences that data frames hold: one for each value of an index level, or for each row of cells that are series."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

import numpy as np

from aurita._typing import Int
from aurita.data._numeric import check_finite, column_names, floats
from aurita.data.index import has_dates, time_order
from aurita.errors import AuritaError

if TYPE_CHECKING:
    import pandas as pd


class FrameSequence(NamedTuple):
    """One sequence of a data frame with two index levels.

    Attributes:
        values: a data frame or series of its steps, in the order of time, with the times as index.
        order: the rows as they were given in the order of time; None where they were in order.
    """

    values: "pd.DataFrame"
    order: Int[np.ndarray, "step"] | None


def has_levels(given: object) -> TypeGuard["pd.DataFrame"]:
    """Whether `given` is a data frame or series with several index levels."""
    return hasattr(given, "iloc") and getattr(getattr(given, "index", None), "nlevels", 1) > 1


def split_levels(given: "pd.DataFrame", what: str) -> tuple["pd.Index", list[FrameSequence]]:
    """The sequences of a data frame or series with the index levels sequence and time.

    Args:
        given: the frame; its rows may be in any order.
        what: what it is, the subject of a complaint.

    Returns:
        The names of the sequences in the order in which they first appear, and the sequences, each sorted by time.

    Raises:
        AuritaError: other levels than these two, rows without a name or a time, a time that is repeated.

    Example:
        >>> import pandas as pd
        >>> index = pd.MultiIndex.from_tuples([("b", 2), ("a", 1), ("b", 1)])
        >>> names, parts = split_levels(pd.DataFrame({"x": [20, 10, 11]}, index), "X")
        >>> names.tolist(), parts[0].values["x"].tolist()
        (['b', 'a'], [11, 20])
    """
    import pandas as pd

    index = given.index
    if index.nlevels != 2:
        raise AuritaError(
            f"{what} has {index.nlevels} index levels; expected two, the sequence and the time: join the others"
        )
    if len(index) == 0:
        raise AuritaError(f"{what} is empty; expected at least one sequence of one step")
    first, second = index.get_level_values(0), index.get_level_values(1)
    if has_dates(first) and not has_dates(second):
        raise AuritaError(
            f"{what} has dates in its first index level and none in the second; expected the sequence first, the time "
            f"second: pass {what}.swaplevel()"
        )
    if first.hasnans:
        raise AuritaError(f"{what} has rows without a sequence (NaN in its first index level); drop or name them")
    codes, names = pd.factorize(first)
    rows = np.argsort(codes, kind="stable")
    parts = []
    for name, own in zip(names, np.split(rows, np.flatnonzero(np.diff(codes[rows])) + 1), strict=True):
        times = second[own]
        order = time_order(times, f"sequence {name!r} of {what}", strict=True)
        own = own if order is None else own[order]
        values = given.iloc[own]
        parts.append(FrameSequence(values.set_axis(second[own], axis=0), order))
    return pd.Index(names), parts


def is_nested(given: object) -> TypeGuard["pd.DataFrame"]:
    """Whether the cells of a table are series, as in sktime's nested data frames."""
    if hasattr(given, "iloc") and hasattr(given, "columns"):
        return any(_is_series(cell) for cell in given.iloc[:1].to_numpy().ravel())
    if isinstance(given, np.ndarray) and given.dtype == object and given.ndim == 2 and given.size:
        return any(_is_series(cell) for cell in given[0])
    return False


def unnested(given: "pd.DataFrame", what: str) -> list[np.ndarray]:
    """The rows of a nested table as `(T, E)` arrays, without missing steps at their ends.

    Raises:
        AuritaError: cells that are no series, or of other lengths than others of their row.

    Example:
        >>> import pandas as pd
        >>> [row.shape for row in unnested(pd.DataFrame({"a": [pd.Series([1.0, 2.0]), pd.Series([3.0])]}), "X")]
        [(2, 1), (1, 1)]
    """
    names: Sequence[str | int] = column_names(given) or range(given.shape[1])
    cells = np.asarray(given, dtype=object)
    rows = []
    for number, row in enumerate(cells):
        columns = []
        for name, cell in zip(names, row, strict=True):
            place = f"the cell of {what} in row {number}, column {name}"
            if not _is_series(cell):
                raise AuritaError(
                    f"{place} holds a {type(cell).__name__}, others hold series; expected a series in every cell: drop "
                    "that column, or repeat its value at every step"
                )
            if hasattr(cell, "iloc"):
                order = time_order(cell.index, place)
                cell = cell if order is None else cell.iloc[order]
            column = floats(cell, place)
            if column.ndim != 1:
                raise AuritaError(f"{place} has shape {column.shape}; expected one series, (steps,)")
            columns.append(column)
        lengths = [len(column) for column in columns]
        if len(set(lengths)) > 1:
            raise AuritaError(
                f"the cells of {what} in row {number} have {', '.join(map(str, lengths[:5]))} steps; expected one "
                "number of steps in all cells of a row"
            )
        there = np.flatnonzero(~np.isnan(np.stack(columns, axis=1)).all(axis=1))
        row_values = np.stack(columns, axis=1)[: there[-1] + 1 if len(there) else lengths[0]]
        check_finite(row_values, f"the row {number} of {what}", column_names(given))
        rows.append(row_values)
    return rows


def _is_series(cell: object) -> bool:
    return isinstance(cell, list | tuple) or (hasattr(cell, "shape") and len(cell.shape) > 0)
