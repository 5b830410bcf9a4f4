"""Long columns of ISO 8601 dates, as programs write them, read at once."""

import re

import numpy as np
import pandas as pd

_LONG = 5_000
_FORMS = (
    (re.compile(r"\d{4}-\d\d-\d\d"), "%Y-%m-%d"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), "%Y-%m-%d %H:%M"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d"), "%Y-%m-%dT%H:%M"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "%Y-%m-%d %H:%M:%S"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"), "%Y-%m-%dT%H:%M:%S"),
)
_YEARS = (1678, 2261)


def long_iso(column: pd.Series) -> pd.DatetimeIndex | None:
    """The stamps (T,) of a long column of text that is ISO 8601 of one form throughout, NaT where missing; else None.

    Example:
        >>> column = pd.Series(pd.date_range("2024-01-01", periods=5000, freq="h").astype(str))
        >>> str(long_iso(column)[30]), long_iso(column.head(9))
        ('2024-01-02 06:00:00', None)
    """
    if len(column) < _LONG or not pd.api.types.is_object_dtype(column.dtype):
        return None
    cells = column.to_numpy(dtype=object)
    first = next((cell for cell in cells[:_LONG] if isinstance(cell, str)), None)
    form = next((form for pattern, form in _FORMS if first is not None and pattern.fullmatch(first)), None)
    if form is None or not isinstance(cells[-1], str) or len(cells[-1]) != len(str(first)):
        return None
    try:
        stamps = pd.DatetimeIndex(pd.to_datetime(cells, format=form, exact=True, cache=False))
    except (ValueError, TypeError, OverflowError):
        return None
    known = stamps[stamps.notna()]
    # pandas takes cells such as "" and "NaT" for missing as well, which the column does not.
    whole = len(known) == int(column.notna().sum()) and stamps.tz is None
    if not whole or not len(known) or known.min().year < _YEARS[0] or known.max().year > _YEARS[1]:
        return None
    return stamps.as_unit("ns")


def is_rising(times: np.ndarray) -> bool:
    """Whether every value of times (T,) is above the one before.

    Example:
        >>> is_rising(np.array([1.0, 2.0, 2.0]))
        False
    """
    return bool((times[1:] > times[:-1]).all())
