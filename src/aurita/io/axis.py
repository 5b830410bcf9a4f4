"""The time axis of a table: which column it is, and its dates or step numbers; no column of time is ignored."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn

import numpy as np
import pandas as pd

from aurita.errors import AuritaError
from aurita.io._impossible import refuse_impossible, refuse_slips
from aurita.io._intraday import join_clock
from aurita.io._moments import moments
from aurita.io._names import fold, is_month, is_vague, kind_of_name
from aurita.io._steps import UNEVEN
from aurita.io.dates import Dates, parse_clock, parse_dates
from aurita.io.frames import ODD_CELLS, need_columns
from aurita.io.numerals import MISSING_WORDS, is_text, parse_numbers, texts_of

NO_TIME = "none"
"""The name of a time column that means: there is none, the rows are the steps in their order."""

_SAMPLE = 200
_PARTS = ("year", "quarter", "month", "week", "day")
_TOGETHER = (("year", "month", "day"), ("year", "month"), ("year", "quarter"), ("year", "week"))
_LETTERS = {"year": "y", "quarter": "q", "month": "m", "week": "w", "day": "d"}
_SMALLEST_DATE, _LARGEST_DATE = 18_000_101, 22_000_000
_FEWEST_DATES = 8
_LEAST_DATED = 0.5


@dataclass(frozen=True, eq=False)
class Axis:
    """When every row of a table happened.

    `columns` are those that say it. `stamps` (T,) are dates (NaT: no date), `places` (T,) step numbers (NaN: none);
    both are None where the rows are the steps. `notes` are sentences on what was chosen and read.
    """

    columns: tuple[str, ...] = ()
    stamps: pd.DatetimeIndex | None = None
    places: np.ndarray | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def known(self) -> np.ndarray | None:
        """Which rows have a time, bool of shape (T,); None where the rows are the steps."""
        if self.stamps is not None:
            return np.asarray(self.stamps.notna())
        return None if self.places is None else ~np.isnan(self.places)


def read_axis(
    frame: pd.DataFrame, time: str | None, *, taken: Collection[str] = (), groups: np.ndarray | None = None
) -> Axis:
    """Read the time column of a table, or find it.

    Without a name it is the one column that holds dates nearly everywhere (if several do, the one with a name such as
    `date` or `timestamp`), or columns `year`, `month` (`day`), or numbers with a name of time: dates, or else step
    numbers. Days are joined to a column of clock times, hours or periods beside them. Where a column has a name of time
    or seems to hold dates, and cannot be read, the table is refused; only where there is none, rows are steps.

    Args:
        frame: a table of T rows, its columns named by text.
        time: the time column, if known; "none": the rows are the steps, in their order.
        taken: columns that have another role.
        groups: (T,) which series a row is of; by default all are of one.

    Raises:
        AuritaError: the column named is not in the table or holds no times, several columns hold dates, or one that
            seems to say the time cannot be read.

    Example:
        >>> import pandas as pd
        >>> axis = read_axis(pd.DataFrame({"when": ["2024-01-01", "2024-01-02"], "y": [1, 2]}), None)
        >>> axis.columns, axis.stamps[0].year
        (('when',), 2024)
    """
    if no_time(frame, time):
        return Axis(notes=["time='none' was given: every row is one step, in the order of the table"])
    groups = np.zeros(len(frame), dtype=np.int64) if groups is None else groups
    free = [name for name in frame.columns if name not in taken]
    if time is not None:
        need_columns(frame, [time], "time")
        axis = _named(frame, time)
    else:
        axis = _found(frame, free, groups)
    if axis.stamps is None:
        return axis
    if (share := float(np.mean(axis.stamps.notna()))) < _LEAST_DATED:
        raise AuritaError(
            f"the time column {axis.columns[0]!r} says when {share:.0%} of the rows happened, and is empty elsewhere; "
            "fill its empty cells (a date that is written once for several rows stands for the first of them only)"
        )
    refuse_impossible(frame[axis.columns[0]], np.asarray(axis.known))
    beside = [name for name in free if name not in axis.columns]
    clocked = join_clock(frame, axis.stamps, axis.columns[0], free=beside, groups=groups)
    if clocked is not None:
        notes = [*axis.notes, *clocked.notes]
        return replace(axis, columns=(*axis.columns, *clocked.columns), stamps=clocked.stamps, notes=notes)
    _refuse_unjoined(frame, axis, beside, groups)
    return axis


def no_time(frame: pd.DataFrame, time: str | None) -> bool:
    """Whether `time` says that there is no time column, and is not the name of one."""
    return time == NO_TIME and NO_TIME not in frame.columns


def holds_dates(column: pd.Series) -> bool:
    """Whether a column holds dates, so that it is no quantity: text that is, or numbers that by their name are.

    Example:
        >>> import pandas as pd
        >>> holds_dates(pd.Series([20240101, 20240102], name="date")), holds_dates(pd.Series([2001, 2002], name="y"))
        (True, False)
    """
    if pd.api.types.is_numeric_dtype(column.dtype):
        named = kind_of_name(column.name) is not None
        return (_dates(column) is not None) if named else _counts_dates(column)
    return _dates(column) is not None and (
        kind_of_name(column.name) is not None or parse_numbers(column.head(_SAMPLE)).fault is not None
    )


def _named(frame: pd.DataFrame, time: str) -> Axis:
    """The column that the user names: dates, or numbers that count steps."""
    dates = parse_dates(frame[time], kind=kind_of_name(time) or "time")
    if dates.given.any() and dates.share >= 1 - ODD_CELLS:
        return Axis((time,), dates.stamps, notes=dates.notes + _odd(frame[time], dates))
    refuse_slips(frame[time], kind_of_name(time))
    numbers = parse_numbers(frame[time])
    if numbers.fault is None and np.isfinite(numbers.floats).any():
        return Axis((time,), places=np.where(np.isinf(numbers.floats), np.nan, numbers.floats), notes=numbers.notes)
    if not dates.given.any():
        raise AuritaError(f"the time column {time!r} is empty; name a column of dates or of step numbers")
    row = int(np.flatnonzero(dates.given & dates.stamps.isna())[0])
    raise AuritaError(
        f"the time column {time!r} holds {frame[time].iloc[row]!r} in row {row + 1}, which is no date "
        f"({dates.share:.0%} of its cells are); write dates as 2024-01-31 or 2024-01-31 14:00"
    )


def _found(frame: pd.DataFrame, free: list[str], groups: np.ndarray) -> Axis:
    """The time axis where no column is named."""
    words = [name for name in free if not pd.api.types.is_numeric_dtype(frame[name].dtype)]
    counts = [name for name in free if name not in words and not pd.api.types.is_bool_dtype(frame[name].dtype)]
    found = {name: dates for name in words if (dates := _dates(frame[name])) is not None}
    kinds = {name: kind_of_name(name) for name in free}
    if not any(kinds[name] is not None for name in found):
        strong = [name for name in counts if kinds[name] in ("time", "period") and not is_vague(name)]
        found |= {name: dates for name in strong if (dates := _dates(frame[name])) is not None}
    if not found and (parts := _from_parts(frame, free)) is not None:
        return parts
    if not found:
        usual = [name for name in counts if kinds[name] is not None and kinds[name] not in ("hour", "minute")]
        usual = [name for name in usual if not is_vague(name) or _counts_dates(frame[name])]
        usual = usual or [name for name in counts if _counts_dates(frame[name])]
        found = {name: dates for name in usual if (dates := _dates(frame[name])) is not None}
    if found:
        name, remarks = _one_of(found, kinds)
        return Axis((name,), found[name].stamps, notes=[f"the time column is {name!r}", *remarks, *found[name].notes])
    for name in counts:
        if kinds[name] not in (None, "step") and not is_vague(name):
            refuse_slips(frame[name], kinds[name])
    for name in counts:
        if kinds[name] is not None and _counts_steps(frame[name], kinds[name], groups):
            return Axis((name,), places=frame[name].to_numpy(np.float64), notes=[f"the time column is {name!r}"])
    for name in words:
        if kinds[name] == "time" and (seconds := _elapsed(frame[name], groups)) is not None:
            note = f"{name!r} holds clock times without dates: they were counted in seconds"
            return Axis((name,), places=seconds, notes=[f"the time column is {name!r}", note])
    unread = [name for name in free if is_likely_date(frame[name], kinds[name])]
    if unread:
        refuse_unread(frame, unread)
    return Axis(notes=["no column holds dates: every row is one step"])


def _one_of(found: dict[str, Dates], kinds: dict[str, str | None]) -> tuple[str, list[str]]:
    """The one of several columns of dates that is the time column."""
    if len(found) == 1:
        return next(iter(found)), []
    usual = [name for name in found if kinds[name] is not None]
    if len(usual) == 1:
        return usual[0], []
    rest = list(usual or found)
    first = rest[0]
    for name in rest[1:]:
        # The start and the end of a step, or the same time twice.
        apart = (found[name].stamps - found[first].stamps).dropna().unique()
        if len(apart) != 1:
            break
        first = name if apart[0] < pd.Timedelta(0) else first
    else:
        others = ", ".join(repr(name) for name in rest if name != first)
        return first, [f"{others} is always as long after it, and was left out"]
    raise AuritaError(f"the columns {', '.join(map(repr, found))} all hold dates; say which one is the time column")


def _dates(column: pd.Series) -> Dates | None:
    """The column as dates, if it may be the time column; a sample is tried first."""
    sample = column.dropna().head(_SAMPLE)
    if not len(sample) or parse_dates(sample).share < 1 - 2 * ODD_CELLS:
        return None
    dates = parse_dates(column)
    if dates.share < 1 - ODD_CELLS or not dates.given.any():
        return None
    return Dates(dates.stamps, dates.given, dates.notes + _odd(column, dates))


def _counts_dates(column: pd.Series) -> bool:
    """Whether numbers of any name are dates: of eight digits, or epochs that rise or fall, by a regular step."""
    if not pd.api.types.is_integer_dtype(column.dtype) or column.min() < _SMALLEST_DATE:
        return False
    dated = column.min() >= _SMALLEST_DATE and column.max() < _LARGEST_DATE
    if not dated and not (column.is_unique and (column.is_monotonic_increasing or column.is_monotonic_decreasing)):
        return False
    stamps = parse_dates(pd.Series(column.unique())).stamps
    gaps = np.diff(np.sort(stamps.to_numpy()).astype(np.int64))
    return len(stamps) >= _FEWEST_DATES and not stamps.hasnans and bool((gaps == np.median(gaps)).mean() > 0.5)


def _counts_steps(column: pd.Series, kind: str | None, groups: np.ndarray) -> bool:
    """Whether numbers with a name of time may count steps: none twice in a series, and regular unless named so."""
    vague = is_vague(column.name)
    if kind in ("hour", "minute", "year") or (vague and kind != "step") or column.isna().any():
        return False
    if pd.DataFrame({"group": groups, "number": column.to_numpy()}).duplicated().any():
        return False
    if kind in ("step", "time") and not vague:
        return True
    numbers = np.sort(column.to_numpy(np.float64)[groups == groups[0]])
    gaps = np.diff(numbers)
    if not len(gaps):
        return False
    steps = gaps / np.median(gaps)
    return bool((np.abs(steps - np.round(steps)) <= UNEVEN).all() and (np.round(steps) == 1).mean() > 0.5)


def _elapsed(column: pd.Series, groups: np.ndarray) -> np.ndarray | None:
    """Clock times in seconds (T,), where none comes twice in a series, so that all are of one day."""
    clock = parse_clock(column) if column.notna().all() else None
    if clock is None or pd.DataFrame({"group": groups, "clock": clock}).duplicated().any():
        return None
    return clock / np.timedelta64(1, "s")


def _odd(column: pd.Series, dates: Dates) -> list[str]:
    """A note on the rows that have no time."""
    lost = np.flatnonzero(dates.stamps.isna())
    if not len(lost):
        return []
    cell = column.iloc[lost[0]]
    which = f"row {lost[0] + 1}, {'empty' if pd.isna(cell) else repr(cell)}"
    if len(lost) == 1:
        return [f"1 row has no date and was left out ({which})"]
    return [f"{len(lost)} rows have no date and were left out (the first: {which})"]


def _refuse_unjoined(frame: pd.DataFrame, axis: Axis, beside: list[str], groups: np.ndarray) -> None:
    """Complain of a column with a name of time that tells rows of one time apart, and was not understood."""
    rows = pd.DataFrame({"group": groups, "time": axis.stamps})[np.asarray(axis.known)]
    if not rows.duplicated().any():
        return
    for name in beside:
        kind = kind_of_name(name)
        if kind is not None and not is_vague(name):
            cells = frame[name][np.asarray(axis.known)]
            if not rows.assign(cell=cells.to_numpy(dtype=object)).astype({"cell": str}).duplicated().any():
                cell = str(frame[name].iloc[0])
                raise AuritaError(
                    f"rows of one time in {axis.columns[0]!r} differ in {name!r} (row 1: {cell!r}), "
                    "which cannot be joined to it; write times of day as 14:30, or as hours from 0 to 23 or 1 to 24, "
                    f"or leave the column {name!r} out"
                )


def _from_parts(frame: pd.DataFrame, free: list[str]) -> Axis | None:
    """Days, weeks, months or quarters out of columns named so, beside one of years; months may be names."""
    named: dict[str, str] = {}
    for name in free:
        kind = kind_of_name(name)
        if kind in _PARTS and frame[name].notna().all() and not pd.api.types.is_bool_dtype(frame[name].dtype):
            named.setdefault(kind, name)
    units = next((units for units in _TOGETHER if all(unit in named for unit in units)), None)
    if units is None:
        return None
    parts = [frame[named[unit]] for unit in units]
    if all(pd.api.types.is_numeric_dtype(part.dtype) for part in parts):
        stamps = pd.DatetimeIndex(
            moments({_LETTERS[unit]: part.to_numpy(np.float64) for unit, part in zip(units, parts, strict=True)})
        )
    else:
        rows = zip(*(texts_of(part) for part in reversed(parts)), strict=True)
        stamps = parse_dates(pd.Series([" ".join(row) for row in rows]), kind=units[-1]).stamps
    if stamps.isna().any():
        return None
    columns = tuple(named[unit] for unit in units)
    return Axis(columns, stamps, notes=[f"the times were put together from the columns {', '.join(columns)}"])


_MOSTLY = 0.5
_DATE_LIKE = re.compile(
    r".*\b(?:1[89]|2[01])\d\d\s?[-/.年: ]\s?[01]?\d\b.*|.*\b[0-3]?\d\s?[-/.: ]\s?(?:1[89]|2[01])\d\d\b.*"
    r"|[0-3]?\d\.?\s?[^\W\d_]+\.?\s?(?:1[89]|2[01])\d\d\b.*|[0-3]?\d[-/.][0-3]?\d[-/.]\d\d\b.*|\d{1,2}:\d\d\b.*",
    re.DOTALL,
)


def is_likely_date(column: pd.Series, kind: str | None) -> bool:
    """Whether a column that could not be read as times seems to be one: by its name, or by most of its cells.

    Args:
        column: (T,) cells.
        kind: what its name says it holds, as `kind_of_name`; None if it is no name of time.

    Example:
        >>> import pandas as pd
        >>> is_likely_date(pd.Series(["2024-13-01", "2024-13-02"]), None), is_likely_date(pd.Series(["a", "b"]), None)
        (True, False)
    """
    if pd.api.types.is_bool_dtype(column.dtype) or not column.notna().any():
        return False
    if pd.api.types.is_numeric_dtype(column.dtype):
        return kind is not None and not is_vague(column.name)
    if kind is not None and (not is_vague(column.name) or parse_numbers(column.head(_SAMPLE)).fault is not None):
        return True
    if not is_text(column) or parse_numbers(column.head(_SAMPLE), tolerance=0.05).fault is None:
        return False
    texts = [text for text in texts_of(column.dropna().head(_SAMPLE)) if text.lower() not in MISSING_WORDS]
    if not texts:
        return False
    like = sum(map(_seems_date, texts)) / len(texts)
    return like > _MOSTLY or parse_dates(column.head(_SAMPLE)).share > _MOSTLY


def refuse_unread(frame: pd.DataFrame, names: Sequence[str]) -> NoReturn:
    """Complain of columns that seem to say the time, with the first cell of each that cannot be read.

    Raises:
        AuritaError: always.
    """
    faults = []
    for name in names:
        dates = parse_dates(frame[name])
        unread = np.flatnonzero(dates.given & np.asarray(dates.stamps.isna()))
        row = int(unread[0]) if len(unread) else 0
        faults.append(f"{name!r} (row {row + 1}: {str(frame[name].iloc[row])!r})")
    column = "column" if len(names) == 1 else "columns"
    seem = "seems" if len(names) == 1 else "seem"
    raise AuritaError(
        f"the {column} {', '.join(faults)} {seem} to say when a row happened, and cannot be read as times; the "
        "rows may be in another order than that of time: write dates as 2024-01-31 or 2024-01-31 14:00, name the "
        "time column, or take the rows in their order with time='none'"
    )


def _seems_date(text: str) -> bool:
    if _DATE_LIKE.fullmatch(text):
        return True
    words = re.findall(r"[^\W\d_]+", text)
    return bool(re.search(r"\d", text)) and len(words) < 4 and any(is_month(fold(word)) for word in words)
