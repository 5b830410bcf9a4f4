"""Time stamps out of a column that nobody prepared: text in one of many forms, numbers, or what pandas made."""

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from aurita.io._names import is_foreign, kind_of_name
from aurita.io._serials import read_numbers
from aurita.io._stamps import read_texts
from aurita.io.numerals import MISSING_WORDS, is_text, texts_of

_ENOUGH = 0.95
_LONGEST_WORD = max(map(len, MISSING_WORDS))


@dataclass(frozen=True, eq=False)
class Dates:
    """A column read as time stamps.

    `stamps` (T,) without zone, NaT where the cell is missing or no date; `given` (T,) says which cells are not missing;
    `notes` are sentences on how the column was read.
    """

    stamps: pd.DatetimeIndex
    given: np.ndarray
    notes: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Share of the given cells that are dates."""
        return float((self.stamps.notna() & self.given).sum() / max(int(self.given.sum()), 1))


def parse_dates(column: pd.Series, *, kind: str | None = None) -> Dates:
    """Read a column as time stamps.

    Text is read by the one form that fits most cells; a cell of another form is no date. Forms: ISO 8601 and its
    relatives, days or months first, months by their names in the languages of Europe, quarters (`2024Q2`, `2T24`),
    half-years, weeks (`2024-W05`, `KW 5/2024`), days of the year (`2024-031`), compact dates, intervals (their
    start), all with clock times of 24 or 12 hours and zones. Where a number may be the day or the month, that is
    taken with which most cells are dates, then the more regular times, then day first with `.` and `-` and month
    first with `/` (day first where the column's name is of another language than English); a column that leaves the
    choice open is noted. Numbers: epoch seconds to nanoseconds, `20240131`, `202401`, years; and with a name of
    time `240131`, weeks, a spreadsheet's days. Times with an offset keep their wall clock if the offset is always
    the same, and are turned into UTC otherwise.

    Args:
        column: (T,) dates, text or numbers.
        kind: what the column holds, as `kind_of_name` says; by default what its name says.

    Returns:
        The stamps (T,), NaT where a cell is no date.

    Example:
        >>> import pandas as pd
        >>> dates = parse_dates(pd.Series(["31.01.2024 14:00", "1.2.2024 15:00"]))
        >>> [str(stamp) for stamp in dates.stamps]
        ['2024-01-31 14:00:00', '2024-02-01 15:00:00']
    """
    if kind is None and column.name is not None:
        kind = kind_of_name(column.name)
    dtype = column.dtype
    if isinstance(dtype, pd.PeriodDtype):
        return Dates(_in_range(pd.DatetimeIndex(column.dt.to_timestamp())), column.notna().to_numpy())
    if pd.api.types.is_datetime64_any_dtype(dtype):
        stamps = pd.DatetimeIndex(column)
        if stamps.tz is None:
            return Dates(_in_range(stamps), np.asarray(stamps.notna()))
        wall, world = stamps.tz_localize(None), stamps.tz_convert("UTC").tz_localize(None)
        stamps, notes = _without_zone(_in_range(wall), _in_range(world))
        return Dates(stamps, np.asarray(stamps.notna()), notes)
    given = column.notna().to_numpy(dtype=bool)
    if pd.api.types.is_numeric_dtype(dtype) and not (
        pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_complex_dtype(dtype)
    ):
        times, notes = read_numbers(column.to_numpy(dtype=np.float64, na_value=np.nan), kind=kind)
        return Dates(pd.DatetimeIndex(times), given, notes)
    if not (is_text(column) or isinstance(dtype, pd.CategoricalDtype)) or not len(column):
        return Dates(_no_dates(len(column)), given)
    if (written := long_iso(column)) is not None:
        return Dates(written, given)
    return _of_text(column, kind)


def parse_clock(column: pd.Series) -> np.ndarray | None:
    """Clock times (T,) since midnight as timedelta64[ns], of intervals their start; None unless all cells are such.

    Example:
        >>> import pandas as pd
        >>> parse_clock(pd.Series(["0:00 - 1:00", "1:30 - 2:00"])) / np.timedelta64(1, "m")
        array([ 0., 90.])
    """
    codes, words, missing = _distinct(column)
    if missing[codes].any() or not len(words):
        return None
    reading = read_texts(words, np.bincount(codes, minlength=len(words)), kind="time", clock=True)
    if np.isnat(reading.wall).any():
        return None
    return (reading.wall - np.datetime64("2000-01-01", "ns"))[codes]


def _of_text(column: pd.Series, kind: str | None) -> Dates:
    codes, words, missing = _distinct(column)
    counts = np.bincount(codes, minlength=len(words)) * ~missing
    reading = read_texts(words, counts, kind=kind, day_first=is_foreign(column.name))
    if kind is not None and reading.cells(counts) < _ENOUGH * counts.sum():
        numbers = np.array(pd.to_numeric(pd.Series(words, dtype=str), errors="coerce"), dtype=np.float64)
        numbers[missing] = np.nan
        if not np.isnan(numbers[~missing]).any():
            times, notes = read_numbers(numbers, kind=kind)
            return Dates(pd.DatetimeIndex(times[codes]), ~missing[codes], notes)
    stamps, notes = _without_zone(pd.DatetimeIndex(reading.wall), pd.DatetimeIndex(reading.world))
    return Dates(stamps[codes], ~missing[codes], [*reading.notes, *notes])


def _distinct(column: pd.Series) -> tuple[np.ndarray, list[str], np.ndarray]:
    """For every cell the place of its text, the distinct texts, and which of these stand for a missing cell."""
    codes, texts = pd.factorize(texts_of(column))
    words: list[str] = np.asarray(texts, dtype=object).tolist()
    missing = np.fromiter(
        (len(word) <= _LONGEST_WORD and word.lower() in MISSING_WORDS for word in words), dtype=bool, count=len(words)
    )
    return codes, words, missing


def _without_zone(wall: pd.DatetimeIndex, world: pd.DatetimeIndex) -> tuple[pd.DatetimeIndex, list[str]]:
    """Stamps without a zone: the wall clock where the offset never changes or the stamps are days, else UTC."""
    known = wall.notna()
    shifts = (wall[known] - world[known]).unique()
    if not len(shifts) or (len(shifts) == 1 and shifts[0] == pd.Timedelta(0)):
        return wall, []
    clock = (wall[known] - wall[known].normalize()).unique()
    if len(shifts) == 1 or len(clock) == 1:
        return wall, ["times have an offset from UTC, which was dropped: they are wall-clock times"]
    return world, ["times have changing offsets from UTC and were turned into UTC"]


def _in_range(stamps: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Stamps in nanoseconds; those that nanoseconds cannot hold become NaT."""
    possible = (stamps.year > 1677) & (stamps.year < 2262)
    return pd.DatetimeIndex(stamps.where(possible)).as_unit("ns")


def _no_dates(length: int) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(np.full(length, "NaT", dtype="datetime64[ns]"))


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
