"""Moments out of their numbers: years, months, days, weeks, quarters and clock times, by array operations."""

from collections.abc import Mapping

import numpy as np

_CENTURY_TURN = 69
_FIRST_YEAR, _LAST_YEAR = 1678, 2261
NO_TIME = np.datetime64("NaT", "ns")


def moments(numbers: Mapping[str, np.ndarray]) -> np.ndarray:
    """The moments (n,) of cells, as datetime64[ns]; NaT where the numbers are no date.

    Args:
        numbers: arrays (n,) by letter, NaN where a cell lacks the number: y year; m month and d day, or q quarter, or
            h half of the year, or w week (ISO 8601) and k day of the week, or o day of the year; H, M, S hour, minute
            and second, and N nanoseconds beyond it. Hour 24 is the midnight that ends the day.

    Example:
        >>> import numpy as np
        >>> moments({"y": np.array([2024.0, 2023.0]), "m": np.array([2.0, 2.0]), "d": np.array([29.0, 29.0])})
        array(['2024-02-29T00:00:00.000000000',                           'NaT'],
              dtype='datetime64[ns]')
    """
    years = numbers["y"]
    valid = (years >= _FIRST_YEAR) & (years <= _LAST_YEAR)
    year = _whole(years, valid, 1970)
    days, ok = _days(year, numbers)
    valid &= ok
    ticks = days.astype("datetime64[ns]").astype(np.int64)
    if "H" in numbers:
        hours, minutes, seconds, rest = (_filled(numbers, name, len(years)) for name in "HMSN")
        valid &= (hours >= 0) & (hours <= 24) & (minutes >= 0) & (minutes < 60) & (seconds >= 0) & (seconds <= 60)
        valid &= (hours < 24) | ((minutes == 0) & (seconds == 0) & (rest == 0))
        ticks = ticks + ((hours * 60 + minutes) * 60 + seconds).astype(np.int64) * 10**9 + rest.astype(np.int64)
    return np.where(valid, ticks.astype("datetime64[ns]"), NO_TIME)


def full_years(years: np.ndarray) -> np.ndarray:
    """Years of two digits with their century: 00 to 68 are of this one, 69 to 99 of the last.

    Example:
        >>> import numpy as np
        >>> full_years(np.array([24.0, 99.0])).tolist()
        [2024.0, 1999.0]
    """
    return years + np.where(years < _CENTURY_TURN, 2000, 1900)


def _days(year: np.ndarray, numbers: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The days (n,) as datetime64[D], and which of them there are."""
    first = (year - 1970).astype("datetime64[Y]")
    if "o" in numbers:
        last = (first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")
        valid = (numbers["o"] >= 1) & (numbers["o"] <= last.astype(np.int64))
        return first.astype("datetime64[D]") + _whole(numbers["o"], valid, 1) - 1, valid
    if "w" in numbers:
        return _weeks(first, numbers)
    if "q" in numbers or "h" in numbers:
        length, part = (3, numbers["q"]) if "q" in numbers else (6, numbers["h"])
        valid = (part >= 1) & (part <= 12 // length)
        months = first.astype("datetime64[M]") + (_whole(part, valid, 1) - 1) * length
        return months.astype("datetime64[D]"), valid
    month = numbers.get("m", np.ones(len(year)))
    day = np.nan_to_num(numbers["d"], nan=1.0) if "d" in numbers else np.ones(len(year))
    valid = (month >= 1) & (month <= 12)
    months = first.astype("datetime64[M]") + (_whole(month, valid, 1) - 1)
    length_of_month = ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64)
    valid &= (day >= 1) & (day <= length_of_month)
    return months.astype("datetime64[D]") + (_whole(day, valid, 1) - 1), valid


def _weeks(first: np.ndarray, numbers: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Days of ISO weeks: week 1 is the week, from Monday, that holds 4 January."""
    fourth = first.astype("datetime64[D]") + 3
    # Day 0 of the epoch was a Thursday.
    monday = fourth - (fourth.astype(np.int64) + 3) % 7
    after = (first + 1).astype("datetime64[D]") + 3
    weeks = (after - (after.astype(np.int64) + 3) % 7 - monday).astype(np.int64) // 7
    day = np.nan_to_num(numbers["k"], nan=1.0) if "k" in numbers else np.ones(len(first))
    week = numbers["w"]
    valid = (week >= 1) & (week <= weeks) & (day >= 1) & (day <= 7)
    return monday + (_whole(week, valid, 1) - 1) * 7 + _whole(day, valid, 1) - 1, valid


def _whole(values: np.ndarray, valid: np.ndarray, otherwise: int) -> np.ndarray:
    return np.where(valid, values, otherwise).astype(np.int64)


def _filled(numbers: Mapping[str, np.ndarray], name: str, length: int) -> np.ndarray:
    return np.nan_to_num(numbers[name]) if name in numbers else np.zeros(length)
