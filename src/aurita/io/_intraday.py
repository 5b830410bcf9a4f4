"""Days joined to what says the time of day beside them: clock times, hours from 0 or 1, half and quarter hours."""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from aurita.errors import AuritaError
from aurita.io._names import kind_of_name, time_of_day
from aurita.io.dates import parse_clock
from aurita.io.numerals import is_text, texts_of

_DAY = 86_400 * 10**9
_HOUR = 3_600 * 10**9
_PERIODS = (24, 48, 96, 144, 288, 1440)
_MOST_TEXTS = 90_000
_MOSTLY = 0.9
_LEAST_REGULAR = 0.5
# The hour that comes twice when clocks are put back: 3A and 3B.
_TWICE = frozenset(["", "a", "b", "x"])
_DAYS_A_CHANGE = 150
_CHANGE_MONTHS = (2, 3, 4, 9, 10, 11)
_NUMBERED = (
    r"[a-zA-Zäöüéóàâ]*[ ._-]?(?P<n>\d{1,3})(?:[:.]00)?(?: ?[a-zA-Zäöü]{1,7}\.?)?"
    r"(?: ?[-–/] ?\d{1,3}(?:[:.]00)?(?: ?[a-zA-Z]{1,4}\.?)?)?"
)
_BARE = r"(?P<n>\d{1,3})(?:[:.]00)?(?: ?[-–/] ?\d{1,3}(?:[:.]00)?)?"


@dataclass(frozen=True, eq=False)
class Clocked:
    """Times of rows: `stamps` (T,), the `columns` that say the time of day, and `notes`."""

    stamps: pd.DatetimeIndex
    columns: tuple[str, ...]
    notes: list[str] = field(default_factory=list)


def join_clock(
    frame: pd.DataFrame, days: pd.DatetimeIndex, of: str, *, free: Collection[str], groups: np.ndarray
) -> Clocked | None:
    """The times of rows of which only the days are known, by another column or else by their number in the day.

    A column is taken whose name is one of hours, times or periods, or whose numbers count every day from 0 or 1 to 24,
    48 or 96. Numbers from 1 to 24 count the steps of a day, and mean their starts. On days of 25 or 23 hours, where
    clocks are changed, they count on: the times then go on by the hour, in the clock time of the last day.

    Args:
        frame: T rows.
        days: (T,) their days, NaT where unknown.
        free: columns that may say the time of day.
        groups: (T,) which series a row is of.

    Returns:
        The times; None where the days are times already, or nothing says more.

    Raises:
        AuritaError: days have 24 rows or the like, newest first, and no column tells these apart.

    Example:
        >>> import pandas as pd
        >>> table = pd.DataFrame({"day": ["2024-01-01"] * 2, "Stunde": [0, 1]})
        >>> days = pd.DatetimeIndex(table["day"])
        >>> join_clock(table, days, "day", free=["Stunde"], groups=np.zeros(2, int)).stamps.hour.tolist()
        [0, 1]
    """
    known = np.asarray(days.notna())
    if not known.any() or (days[known] != days[known].normalize()).any():
        return None
    if not pd.DataFrame({"group": groups[known], "day": days[known]}).duplicated().any():
        return None
    kinds = {name: kind_of_name(name) or time_of_day(name) for name in free}
    order = ("hour", "time", "period", "step", "quarter", "minute")
    named = [name for kind in order for name in free if kinds[name] == kind]
    for name in [*named, *(name for name in free if name not in named)]:
        found = _clock_of(frame[name], kinds[name] if name in named else None, days, groups)
        if found is None:
            continue
        clock, notes = found
        columns = [name]
        minutes = next((other for other in named if kinds[other] == "minute" and other != name), None)
        if kinds[name] == "hour" and minutes is not None and (extra := _minutes(frame[minutes])) is not None:
            clock, columns = clock + extra, [name, minutes]
        remarks = f"the times of {', '.join(map(repr, columns))} were joined to the dates of {of!r}"
        return Clocked(pd.DatetimeIndex(days + pd.to_timedelta(clock)), tuple(columns), [remarks, *notes])
    return _by_position(frame, days, of, free, groups)


def _clock_of(
    column: pd.Series, kind: str | None, days: pd.DatetimeIndex, groups: np.ndarray
) -> tuple[np.ndarray, list[str]] | None:
    """The time of day in nanoseconds (T,), counted from the midnight of the day; None where the column says none."""
    if column.isna().any() or pd.api.types.is_bool_dtype(column.dtype):
        return None
    if pd.api.types.is_numeric_dtype(column.dtype):
        numbers = column.to_numpy(dtype=np.float64)
    elif is_text(column):
        codes, words = pd.factorize(texts_of(column))
        texts = pd.Series(words, dtype=object)
        if len(texts) > _MOST_TEXTS or not texts.str.contains(r"\d", regex=True).all():
            return None
        pattern = _NUMBERED if kind is not None else _BARE
        # Letters that change from cell to cell, such as am and pm, are no part of a number.
        letters = texts.str.replace(r"[^A-Za-z]", "", regex=True).str.lower()
        lettered = len(set(letters)) > 1 and not set(letters) <= _TWICE
        if lettered or not texts.str.fullmatch(pattern).all():
            clock = parse_clock(column)
            return None if clock is None else (clock.astype(np.int64), [])
        numbers = texts.str.extract(f"^{pattern}$")["n"].to_numpy(dtype=np.float64)[codes]
    else:
        return None
    if not np.isfinite(numbers).all() or numbers.min() < 0:
        return None
    if kind in ("hour", "time") and (numbers != np.round(numbers)).any():
        scale = 24 if numbers.max() < 1 else 1
        return (np.round(numbers * scale * 3600) * 10**9, []) if (numbers * scale).max() <= 24 else None
    if (numbers != np.round(numbers)).any():
        return None
    if kind in ("hour", "time") and 100 <= numbers.max() <= 2400 and (numbers % 100 < 60).all():
        return (numbers // 100 * 60 + numbers % 100) * 60 * 10**9, []
    if kind in ("hour", "time") and 10_000 <= numbers.max() <= 240_000:
        hours, minutes, seconds = numbers // 10_000, numbers // 100 % 100, numbers % 100
        fits = (minutes < 60).all() and (seconds < 60).all()
        return (((hours * 60 + minutes) * 60 + seconds) * 10**9, []) if fits else None
    return _counted(numbers.astype(np.int64), kind, days, groups)


def _counted(
    numbers: np.ndarray, kind: str | None, days: pd.DatetimeIndex, groups: np.ndarray
) -> tuple[np.ndarray, list[str]] | None:
    """Numbers of the steps of a day as nanoseconds from its midnight."""
    known = np.asarray(days.notna())
    rows = pd.DataFrame({"group": groups[known], "day": days[known], "number": numbers[known]})
    ranges = rows.groupby(["group", "day"])["number"].agg(["min", "max", "count", "nunique"])
    last = int(ranges["max"].mode().iloc[-1])
    zero = int(rows["number"].min()) == 0
    steps = last + zero
    if kind == "hour" and last <= 25:
        steps = 24
    if steps not in _PERIODS:
        return None
    base = 0 if zero or (kind == "hour" and not (rows["number"] == 24).any()) else 1
    if kind not in ("hour", "period", "time"):
        full = (ranges["count"] == ranges["max"] - ranges["min"] + 1) & (ranges["min"] == base)
        if full.mean() < _MOSTLY or (ranges["nunique"] < ranges["count"]).any():
            return None
    size = _DAY // steps
    changes = _changes(ranges, steps, base)
    if changes is None:
        return None
    clock = (numbers - base) * size
    notes = [] if zero or base == 0 else [f"they count the {steps} steps of a day from 1; the times are their starts"]
    if not changes.any():
        return clock, notes
    # Hours that clocks were put back by the end of each day, relative to the end of the table.
    before = np.cumsum(changes.to_numpy()) - changes.to_numpy() - changes.sum()
    shift = pd.Series(before, index=changes.index).reindex(days).fillna(0).to_numpy(dtype=np.int64)
    dates = ", ".join(f"{day:%Y-%m-%d}" for day in changes.index[changes != 0][:4])
    notes.append(
        f"days of 25 or 23 hours were found ({dates}): the times go on by the hour, in the clock time of the last day"
    )
    return clock + shift * _HOUR, notes


def _changes(ranges: pd.DataFrame, steps: int, base: int) -> pd.Series | None:
    """By day: 1 where it has an hour more, -1 where it has one less, else 0; None where days are longer than that."""
    hour = steps // 24
    over = ranges["max"] - base + 1 - steps
    began_anew = ranges["min"] == base
    if ((over > 0) & began_anew & (over != hour)).any():
        return None
    longer = (over == hour) & began_anew
    whole = (ranges["count"] == steps - hour) & (over == -hour) & began_anew
    days = ranges.index.get_level_values("day")
    by_day = pd.DataFrame({"longer": longer.to_numpy(), "whole": whole.to_numpy()}, index=days)
    found = by_day.groupby(level=0).agg({"longer": "any", "whole": "all"})
    index = pd.DatetimeIndex(found.index)
    inside = (index > index[0]) & (index < index[-1])
    shorter = found["whole"] & inside & (index.day_of_week == 6) & index.month.isin(_CHANGE_MONTHS)
    most = 1 + len(found) / _DAYS_A_CHANGE
    if found["longer"].sum() > most:
        return None
    if shorter.sum() > most:
        shorter &= False
    return found["longer"].astype(np.int64) - shorter.astype(np.int64)


def _minutes(column: pd.Series) -> np.ndarray | None:
    if not pd.api.types.is_numeric_dtype(column.dtype) or not column.between(0, 59).all():
        return None
    return column.to_numpy(dtype=np.float64) * 60 * 10**9


def _by_position(
    frame: pd.DataFrame, days: pd.DatetimeIndex, of: str, free: Collection[str], groups: np.ndarray
) -> Clocked | None:
    """Rows of days that all have 24, 48 or 96 of them, and nothing that tells them apart, in their order."""
    if not days.notna().all():
        return None
    rows = pd.DataFrame({"group": groups, "day": days})
    counts = rows.groupby(["group", "day"], sort=True).size()
    within = counts.groupby(level="group")
    inner = counts[((within.cumcount() > 0) & (within.cumcount(ascending=False) > 0)).to_numpy()]
    if len(inner) < 1:
        return None
    steps = int(inner.mode().iloc[-1])
    regular = inner.isin([steps, steps + steps // 24, steps - steps // 24])
    if steps not in _PERIODS or regular.mean() < _LEAST_REGULAR:
        return None
    if any(_tells_apart(frame[name], rows, steps) for name in free):
        return None
    moved = rows.groupby("group")["day"].diff().dropna()
    if (moved < pd.Timedelta(0)).any():
        raise AuritaError(
            f"the days of {of!r} have {steps} rows each, the days do not rise from row to row, and no column says the "
            "time of day; add it as a column (such as hour), or sort the rows by time"
        )
    place = rows.groupby(["group", "day"]).cumcount().to_numpy()
    total = counts.reindex(pd.MultiIndex.from_frame(rows)).to_numpy()
    first = (rows["day"] == rows.groupby("group")["day"].transform("min")).to_numpy()
    if not regular.all():
        raise AuritaError(
            f"most days of {of!r} have {steps} rows, some have other numbers of rows, and no column says the time of "
            "day; add it as a column (such as hour)"
        )
    # A table that begins within a day has the last steps of that day.
    place = np.where(first & (total < steps), place + steps - total, place)
    numbers = place + 1
    clock = _counted(numbers, "period", days, groups)
    if clock is None:
        return None
    note = f"the days of {of!r} have {steps} rows each, which no column tells apart: they were taken in their order"
    return Clocked(pd.DatetimeIndex(days + pd.to_timedelta(clock[0])), (), [note, *clock[1][1:]])


def _tells_apart(column: pd.Series, rows: pd.DataFrame, steps: int) -> bool:
    """Whether a column of names or whole numbers says which of several series a row is of."""
    if pd.api.types.is_float_dtype(column.dtype) or column.nunique() > steps + steps // 24:
        return False
    return not pd.concat([rows, column.rename("cell")], axis=1).duplicated().any()
