"""Cells of a column of times that name no month, week or day there is: refused, and never left out in silence."""

import re

import numpy as np
import pandas as pd

from aurita.errors import AuritaError
from aurita.io._moments import moments
from aurita.io.numerals import is_text, texts_of

_MONTHS = 12
_MOSTLY = 0.9
_YEARS = (1800, 2200)
_DIGITS = {6: "a year and a month", 8: "a year, a month and a day"}


def refuse_slips(column: pd.Series, kind: str | None) -> None:
    """Complain of numbers that are nearly all dates as 202401 or 20240131, and of which some are none.

    Under a name of months one is enough; under another name nine in ten are to be dates.

    Args:
        column: (T,) of any kind; only one of whole numbers is looked at.
        kind: what its name says it holds.

    Raises:
        AuritaError: there are such, with the first of them.

    Example:
        >>> refuse_slips(pd.Series([202411, 202412, 202413], name="month"), "month")
        Traceback (most recent call last):
        ...
        aurita.errors.AuritaError: row 3: 202413 in the time column 'month' is no date, and others are (a year and \
a month, such as 202411); correct it, or leave the row out
    """
    numbers = column.dropna()
    if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype) or not len(numbers):
        return
    values = numbers.to_numpy(np.float64)
    for digits, what in _DIGITS.items():
        size = 10.0 ** (digits - 4)
        if not (
            (values == np.round(values)).all() and values.min() >= _YEARS[0] * size and values.max() < _YEARS[1] * size
        ):
            continue
        days = {"d": values % 100} if digits == 8 else {}
        months = values // 100 if days else values
        valid = ~np.isnat(moments({"y": months // 100, "m": months % 100, **days}))
        if valid.all() or not valid.any() or (valid.mean() < _MOSTLY and kind != "month"):
            continue
        wrong, right = int(np.flatnonzero(~valid)[0]), int(np.flatnonzero(valid)[0])
        row = int(np.flatnonzero(column.notna().to_numpy())[wrong])
        raise AuritaError(
            f"row {row + 1}: {values[wrong]:.0f} in the time column {column.name!r} is no date, and others are "
            f"({what}, such as {values[right]:.0f}); correct it, or leave the row out"
        )


def refuse_impossible(column: pd.Series, known: np.ndarray) -> None:
    """Complain of a cell that is written as the dates of its column are, and names a month, week or day of none.

    Days such as 30 February are left out instead: tables with a column for each day of a month are made of them.
    """
    if known.all() or not is_text(column):
        return
    cells = texts_of(column)
    forms = {re.sub(r"\d", "0", cell) for cell in cells[known]}
    for row in np.flatnonzero(~known):
        if re.sub(r"\d", "0", cells[row]) in forms and _is_impossible(cells[row]):
            raise AuritaError(
                f"row {row + 1}: {cells[row]!r} is written like the dates of the time column {column.name!r}, and "
                "there is no such month, week or day; correct it, or empty the cell to leave the row out"
            )


def _is_impossible(cell: str) -> bool:
    """Whether a cell that is no date is none for a reason other than that its month is too short.

    Example:
        >>> _is_impossible("13/2019"), _is_impossible("2019-13-01"), _is_impossible("2019-02-30")
        (True, True, False)
    """
    numbers = re.findall(r"\d+", cell)[:3]
    year = next((place for place, number in enumerate(numbers) if len(number) == 4), None)
    if year is None:
        return False
    rest = [int(number) for place, number in enumerate(numbers) if place != year]
    if len(rest) == 1:
        return True
    months = rest[:1] if year == 0 else rest
    return bool(months) and not any(1 <= month <= _MONTHS for month in months)
