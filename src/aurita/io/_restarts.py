"""Series that stand below each other in a table that is read as one: a count of steps that begins anew with each."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import pandas as pd

from aurita.errors import AuritaError
from aurita.io._names import kind_of_name
from aurita.io._steps import UNEVEN

_FEWEST_ROWS = 4
"""Rows of a series, on average."""


class Restart(NamedTuple):
    """A column that counts the steps of every series, and the one that tells the series apart."""

    step: str
    id: str


def find_restart(frame: pd.DataFrame, taken: Collection[str] = ()) -> Restart | None:
    """The count that begins anew with every value of another column, which is no part of a date; None without one.

    Args:
        frame: a table of T rows, in any order.
        taken: columns that have a role.

    Example:
        >>> find_restart(pd.DataFrame({"who": [1] * 4 + [2] * 5, "t": [0, 1, 2, 3, 0, 1, 2, 3, 4]}))
        Restart(step='t', id='who')
    """
    free = [name for name in frame.columns if name not in taken]
    counts: dict[int, list[str]] = {}
    for name in free:
        if (begins := _begins(frame[name])) > 1:
            counts.setdefault(begins, []).append(name)
    if not counts:
        return None
    for id in free:
        column = frame[id]
        if pd.api.types.is_float_dtype(column.dtype) or kind_of_name(id) is not None or column.isna().any():
            continue
        codes, keys = pd.factorize(column)
        if len(keys) * _FEWEST_ROWS > len(frame):
            continue
        for count in counts.get(len(keys), []):
            if count != id and _counts_each(frame[count].to_numpy(np.float64), codes):
                return Restart(count, id)
    return None


def refuse_restart(frame: pd.DataFrame, taken: Collection[str] = ()) -> None:
    """Refuse a table of several series where nothing tells them apart.

    Raises:
        AuritaError: there are such series.
    """
    found = find_restart(frame, taken)
    if found is not None:
        raise AuritaError(
            f"{found.step!r} begins anew with every value of {found.id!r}, so that the table holds "
            f"{frame[found.id].nunique()} series: {found.id!r} tells them apart, give it as id; if all rows are the "
            "steps of one series, in their order, give time='none'"
        )


def refuse_steps(frame: pd.DataFrame, taken: Collection[str]) -> None:
    """Refuse a table whose rows are to be sequences, and seem to be the steps of some.

    Args:
        taken: columns that have a role.

    Raises:
        AuritaError: a column counts anew for every value of another one.
    """
    found = find_restart(frame, taken)
    if found is not None:
        raise AuritaError(
            f"{found.step!r} begins anew with every value of {found.id!r}, so that rows seem to be steps of "
            f"{frame[found.id].nunique()} sequences; {found.id!r} tells them apart, give it as id; if every row is a "
            f"sequence of its own, leave the column {found.id!r} out of the table"
        )


def _begins(column: pd.Series) -> int:
    """How often numbers have their least value; 0 where they are no count."""
    kind = column.dtype
    if not pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind) or column.isna().any():
        return 0
    if pd.api.types.is_complex_dtype(kind):
        return 0
    values = column.to_numpy(np.float64)
    return int((values == values.min()).sum()) if np.isfinite(values).all() else 0


def _counts_each(numbers: np.ndarray, codes: np.ndarray) -> bool:
    """Whether the numbers of every code go up from the least of all by one step, which is always the same."""
    order = np.lexsort([numbers, codes])
    gaps = np.diff(numbers[order])[np.diff(codes[order]) == 0]
    step = float(np.median(gaps)) if len(gaps) else 0.0
    first = numbers[order][np.append(True, np.diff(codes[order]) != 0)]
    return step > 0 and bool((np.abs(gaps / step - 1) <= UNEVEN).all() and (first == first[0]).all())
