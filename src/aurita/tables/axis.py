"""The time axis of a table: which column it is, and its dates or step numbers."""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from aurita.errors import AuritaError
from aurita.tables.dates import Dates, parse_dates
from aurita.tables.frames import ODD_CELLS, need_columns
from aurita.tables.numerals import is_text, parse_numbers, texts_of

_NAMES = frozenset(
    {"time", "date", "datetime", "timestamp", "ts", "ds", "t", "step", "timestep", "epoch", "unixtime", "day", "week"}
    | {"month", "quarter", "year", "period", "zeit", "datum", "uhrzeit", "jahr", "monat", "date_time", "dteday"}
)
_STEPS = frozenset(["time", "t", "step", "timestep", "time_step", "zeit"])
_HOURS = frozenset(["hour", "hr", "hours", "stunde"])
_SAMPLE = 200
_CLOCK = r"\d{1,2}[:.h]\d{2}(?:[:.]\d{2})?(?:\s*[AaPp]\.?[Mm]\.?)?"


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


def read_axis(frame: pd.DataFrame, time: str | None, *, taken: Collection[str] = ()) -> Axis:
    """Read the time column of a table, or find it.

    Without a name it is the one column that holds dates nearly everywhere (if several do, the one with a name such as
    `date` or `timestamp`), or columns `year`, `month` (`day`, `hour`), or numbers called `time`, `t` or `step`; failing
    all these, rows are steps. A column of clock times or of hours beside one of days is joined to it.

    Args:
        frame: a table of T rows, its columns named by text.
        time: the time column, if known.
        taken: columns that have another role.

    Raises:
        AuritaError: the column named is not in the table or holds no times, or several columns hold dates.

    Example:
        >>> import pandas as pd
        >>> axis = read_axis(pd.DataFrame({"when": ["2024-01-01", "2024-01-02"], "y": [1, 2]}), None)
        >>> axis.columns, axis.stamps[0].year
        (('when',), 2024)
    """
    if time is not None:
        need_columns(frame, [time], "time")
        return _joined(frame, _named(frame, time), taken)
    free = [name for name in frame.columns if name not in taken]
    words = [name for name in free if not pd.api.types.is_numeric_dtype(frame[name].dtype)]
    found = {name: dates for name in words if (dates := _dates(frame[name])) is not None}
    if not found and (parts := _from_parts(frame, free)) is not None:
        return parts
    if not found:
        usual_names = [name for name in free if name not in words and name.lower() in _NAMES]
        found = {name: dates for name in usual_names if (dates := _dates(frame[name])) is not None}
    if len(found) > 1:
        usual = {name: dates for name, dates in found.items() if name.lower() in _NAMES}
        if len(usual) != 1:
            raise AuritaError(
                f"the columns {', '.join(map(repr, found))} all hold dates; say which one is the time column"
            )
        found = usual
    for name, dates in found.items():
        notes = [f"the time column is {name!r}", *dates.notes]
        return _joined(frame, Axis((name,), dates.stamps, notes=notes), taken)
    for name in free:
        if name.lower() in _STEPS and pd.api.types.is_numeric_dtype(frame[name].dtype) and frame[name].notna().all():
            return Axis((name,), places=frame[name].to_numpy(np.float64), notes=[f"the time column is {name!r}"])
    return Axis(notes=["no column holds dates: every row is one step"])


def _named(frame: pd.DataFrame, time: str) -> Axis:
    """The column that the user names: dates, or numbers that count steps."""
    dates = parse_dates(frame[time])
    if dates.given.any() and dates.share >= 1 - ODD_CELLS:
        return Axis((time,), dates.stamps, notes=dates.notes + _odd(frame[time], dates))
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


def _dates(column: pd.Series) -> Dates | None:
    """The column as dates, if it may be the time column; a sample is tried first."""
    sample = column.dropna().head(_SAMPLE)
    if not len(sample) or parse_dates(sample).share < 1 - 2 * ODD_CELLS:
        return None
    dates = parse_dates(column)
    if dates.share < 1 - ODD_CELLS or not dates.given.any():
        return None
    return Dates(dates.stamps, dates.given, dates.notes + _odd(column, dates))


def _odd(column: pd.Series, dates: Dates) -> list[str]:
    """A note on the rows that have no time."""
    lost = np.flatnonzero(dates.stamps.isna())
    if not len(lost):
        return []
    return [f"{len(lost)} rows have no date and were left out (the first: row {lost[0] + 1}, {column.iloc[lost[0]]!r})"]


def _joined(frame: pd.DataFrame, axis: Axis, taken: Collection[str]) -> Axis:
    """Days joined to the column of clock times or of hours beside them."""
    stamps = axis.stamps
    if stamps is None or (stamps != stamps.normalize())[stamps.notna()].any() or not stamps.has_duplicates:
        return axis
    for name in frame.columns:
        if name in axis.columns or name in taken:
            continue
        if is_text(frame[name]):
            texts = pd.Series(texts_of(frame[name]), dtype=object)
            if not texts.head(_SAMPLE).str.fullmatch(_CLOCK).all() or not texts.str.fullmatch(_CLOCK).all():
                continue
            clock = parse_dates("2000-01-01 " + texts).stamps - pd.Timestamp("2000-01-01")
        elif name.lower() in _HOURS and frame[name].between(0, 24).all():
            clock = pd.to_timedelta(frame[name].to_numpy(np.float64), unit="h")
        else:
            continue
        joined = pd.DatetimeIndex(stamps + clock)
        note = f"the times of {name!r} were joined to the dates of {axis.columns[0]!r}"
        return Axis((*axis.columns, name), joined, notes=[*axis.notes, note])
    return axis


def _from_parts(frame: pd.DataFrame, free: list[str]) -> Axis | None:
    """Dates out of columns named year, month, day, hour, minute."""
    names = {name.lower(): name for name in free if pd.api.types.is_numeric_dtype(frame[name].dtype)}
    units = [unit for unit in ("year", "month", "day", "hour", "minute") if unit in names]
    if units[:2] != ["year", "month"]:
        return None
    parts = frame[[names[unit] for unit in units]].set_axis(units, axis=1)
    stamps = pd.DatetimeIndex(
        pd.to_datetime(parts if "day" in units else parts.assign(day=1), errors="coerce")
    ).as_unit("ns")
    if stamps.isna().any():
        return None
    columns = tuple(names[unit] for unit in units)
    return Axis(columns, stamps, notes=[f"the times were put together from the columns {', '.join(columns)}"])
