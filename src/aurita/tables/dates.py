"""Time stamps out of a column that nobody prepared: ISO, day or month first, month names, quarters, weeks, epochs."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from aurita.tables.grid import regularity
from aurita.tables.numerals import MISSING_WORDS, is_text, texts_of

_CLOCK = (
    r"(?P<H>\d{1,2})(?:[:.h]?(?P<M>\d{2})(?:[:.](?P<S>\d{2}(?:[.,]\d{1,9})?))?)?\s*(?P<p>[AaPp])?\.?(?(p)[Mm])\.?"
    r"\s*(?P<z>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?"
)
_AFTER = rf"(?:(?:T|,?\s+|\s*-\s+){_CLOCK})?"
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"'?(?P<y>\d{4}|\d{2})"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_YEAR_FIRST = rf"(?P<y>\d{{4}})(?P<s>[-/.])(?P<m>\d{{1,2}})(?:(?P=s)(?P<d>\d{{1,2}}))?{_AFTER}"
_COMPACT = rf"(?P<y>\d{{4}})(?P<m>\d{{2}})(?P<d>\d{{2}}){_AFTER}"
_YEAR_LAST = rf"{_WEEKDAY}(?P<a>\d{{1,2}})(?P<s>[-/.])\s?(?P<b>\d{{1,2}})(?P=s)\s?{_YEAR}{_AFTER}"
_NAMED_LATE = rf"{_WEEKDAY}(?:(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[\s./-]+)?{_MONTH}[\s./,-]*{_YEAR}{_AFTER}"
_NAMED_EARLY = rf"{_WEEKDAY}{_MONTH}[\s./-]+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,\s*|\s+|[./-]){_YEAR}{_AFTER}"
_QUARTER = r"(?P<y>\d{4})[\s/-]?Q(?P<q>[1-4])"
_QUARTER_LATE = r"Q(?P<q>[1-4])[\s/-]?(?P<y>\d{4})"
_WEEK = r"(?P<y>\d{4})-?W(?P<w>\d{2})(?:-?(?P<k>[1-7]))?"
_MONTH_YEAR = r"(?P<m>\d{1,2})[-/.](?P<y>(?:1[89]|2[01])\d{2})"
_MONTH_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_CENTURY_TURN = 69
_EPOCHS = {
    "seconds": (1e8, 10**9),
    "milliseconds": (1e11, 10**6),
    "microseconds": (1e14, 10**3),
    "nanoseconds": (1e17, 1),
}
_SPAN = 50
_YEARS = (1800, 2200)


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


def parse_dates(column: pd.Series) -> Dates:
    """Read a column as time stamps.

    Text: year first (ISO 8601 and its relatives), quarters (`2024Q1`), ISO weeks (`2024-W05`), English month names, and
    days or months first. Of the last two the one with which all cells are dates is taken, or else the one that gives
    the more regular times, or else day first with `.` and `-` and month first with `/`; a column that leaves the
    choice open is noted. Numbers: epoch seconds to nanoseconds, `20240131`, `202401` and years. Times with an offset
    keep their wall clock if the offset is always the same, and are turned into UTC otherwise.

    Args:
        column: (T,) dates, text or numbers.

    Returns:
        The stamps (T,), NaT where a cell is no date.

    Example:
        >>> import pandas as pd
        >>> dates = parse_dates(pd.Series(["31.01.2024 14:00", "1.2.2024 15:00"]))
        >>> [str(stamp) for stamp in dates.stamps]
        ['2024-01-31 14:00:00', '2024-02-01 15:00:00']
    """
    kind = column.dtype
    if isinstance(kind, pd.PeriodDtype):
        return Dates(_in_range(pd.DatetimeIndex(column.dt.to_timestamp())), column.notna().to_numpy())
    if pd.api.types.is_datetime64_any_dtype(kind):
        stamps = pd.DatetimeIndex(column)
        if stamps.tz is None:
            return Dates(_in_range(stamps), np.asarray(stamps.notna()))
        wall, world = stamps.tz_localize(None), stamps.tz_convert("UTC").tz_localize(None)
        stamps, notes = _without_zone(_in_range(wall), _in_range(world))
        return Dates(stamps, np.asarray(stamps.notna()), notes)
    if pd.api.types.is_bool_dtype(kind):
        return Dates(_no_dates(len(column)), column.notna().to_numpy())
    if pd.api.types.is_numeric_dtype(kind):
        return _from_numbers(column.to_numpy(dtype=np.float64, na_value=np.nan))
    if not (is_text(column) or isinstance(kind, pd.CategoricalDtype)):
        return Dates(_no_dates(len(column)), column.notna().to_numpy())
    codes, texts = pd.factorize(texts_of(column))
    words = pd.Series(texts, dtype=object)
    missing = words.str.lower().isin(MISSING_WORDS).to_numpy(dtype=bool)
    stamps, notes = _from_texts(words)
    return Dates(
        stamps[codes] if len(texts) else _no_dates(0), ~missing[codes] if len(texts) else np.zeros(0, bool), notes
    )


def _from_numbers(values: np.ndarray) -> Dates:
    """Epochs, dates written as whole numbers, and years; a range decides, and all cells must lie in it."""
    given = ~np.isnan(values)
    known = values[given]
    if not len(known) or not np.isfinite(known).all():
        return Dates(_no_dates(len(values)), given)
    whole = bool((known == np.round(known)).all())
    low, high = known.min(), known.max()
    if whole and low >= _YEARS[0] * 10_000 and high < _YEARS[1] * 10_000:
        read = _assemble(_frame(y=values // 10_000, m=values // 100 % 100, d=values % 100))[0]
        if read[given].notna().all():
            return Dates(read, given)
    if whole and low >= _YEARS[0] * 100 and high < _YEARS[1] * 100 and ((known % 100 >= 1) & (known % 100 <= 12)).all():
        return Dates(_assemble(_frame(y=values // 100, m=values % 100))[0], given)
    if whole and low >= _YEARS[0] and high < _YEARS[1]:
        return Dates(_assemble(_frame(y=values))[0], given)
    for unit, (least, size) in _EPOCHS.items():
        if low >= least and high < least * _SPAN:
            # Microseconds: beyond them a float64 of seconds since 1970 holds rounding errors, which no grid fits.
            finest = max(size, 1000) if whole else 1000
            ticks = np.round(np.where(given, values, 0.0) * (size / finest)).astype(np.int64) * finest
            stamps = pd.DatetimeIndex(pd.DatetimeIndex(ticks).where(given))
            return Dates(stamps, given, [f"numbers were read as {unit} since 1970 (UTC)"])
    return Dates(_no_dates(len(values)), given)


def _from_texts(words: pd.Series) -> tuple[pd.DatetimeIndex, list[str]]:
    """Distinct texts, each by the first form that fits it."""
    wall, world = _no_dates(len(words)), _no_dates(len(words))
    notes: list[str] = []
    forms: list[tuple[str, Callable[[pd.DataFrame], tuple[pd.DataFrame, list[str]]]]] = [
        (_YEAR_FIRST, lambda parts: (parts, [])),
        (_COMPACT, lambda parts: (parts, [])),
        (_YEAR_LAST, _day_or_month_first),
        (_NAMED_EARLY, _month_names),
        (_NAMED_LATE, _month_names),
        (_QUARTER, _quarters),
        (_QUARTER_LATE, _quarters),
        (_WEEK, lambda parts: (parts, [])),
        (_MONTH_YEAR, lambda parts: (parts, [])),
    ]
    for form, refine in forms:
        todo = np.flatnonzero(wall.isna())
        if not len(todo):
            break
        parts = words.iloc[todo].str.extract(rf"(?i)^{form}$")
        hits = parts["y"].notna().to_numpy()
        if not hits.any():
            continue
        parts, said = refine(parts[hits].reset_index(drop=True))
        notes += said
        local, universal = _assemble(parts)
        where = np.zeros(len(words), dtype=np.int64) - 1
        where[todo[hits]] = np.arange(hits.sum())
        hit = where >= 0
        wall = wall.where(~hit, local[where])
        world = world.where(~hit, universal[where])
    stamps, said = _without_zone(wall, world)
    return stamps, notes + said


def _assemble(parts: pd.DataFrame) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    """Wall clock and UTC of the parts y, m, d, or y, w, k, and H, M, S, p (am, pm), z (offset)."""
    number = {
        c: pd.to_numeric(parts[c].str.replace(",", ".") if c == "S" else parts[c])
        for c in parts.columns.intersection(list("ymdHMSwk"))
    }
    years = number["y"]
    years = years.where(years >= 100, years + np.where(years < _CENTURY_TURN, 2000, 1900))
    if "w" in number:
        monday = _assemble(_frame(y=years.to_numpy(), m=np.ones(len(years)), d=np.full(len(years), 4.0)))[0]
        monday = monday - pd.to_timedelta(monday.day_of_week, unit="D")
        days = (number["w"].to_numpy() - 1) * 7 + number["k"].fillna(1).to_numpy() - 1
        wall = monday + pd.to_timedelta(days, unit="D")
        return wall, wall
    ones = pd.Series(1.0, index=parts.index)
    pieces = {"year": years, "month": number.get("m", ones), "day": number.get("d", ones).fillna(1)}
    wall = _in_range(pd.DatetimeIndex(pd.to_datetime(pd.DataFrame(pieces), errors="coerce")))
    if "H" not in parts or parts["H"].isna().all():
        return wall, wall
    hours, minutes, seconds = (number[c].fillna(0) for c in "HMS")
    half = parts["p"].str.lower() if "p" in parts else pd.Series(None, index=parts.index, dtype=object)
    hours = hours.where(half.isna(), hours % 12) + 12 * (half == "p")
    valid = ((hours <= 24) & (minutes < 60) & (seconds <= 60)).to_numpy()
    nanoseconds = np.round((hours * 3600 + minutes * 60).to_numpy() * 1e9 + np.round(seconds.to_numpy() * 1e9))
    wall = pd.DatetimeIndex((wall + pd.to_timedelta(nanoseconds.astype(np.int64), unit="ns")).where(valid))
    shift = pd.to_timedelta(parts["z"].map(_offset_minutes).to_numpy(dtype=np.float64), unit="min")
    return wall, pd.DatetimeIndex(wall - shift)


def _offset_minutes(text: object) -> float:
    if not isinstance(text, str) or text.upper() in ("Z", "UTC", "GMT"):
        return 0.0
    digits = text[1:].replace(":", "").ljust(4, "0")
    return (int(digits[:2]) * 60 + int(digits[2:])) * (-1.0 if text[0] == "-" else 1.0)


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


def _day_or_month_first(parts: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Which of the two numbers before the year is the day."""
    day_first = parts.rename(columns={"a": "d", "b": "m"})
    month_first = parts.rename(columns={"a": "m", "b": "d"})
    readings = {"day": _assemble(day_first)[0], "month": _assemble(month_first)[0]}
    count = {name: stamps.size - int(np.sum(stamps.isna())) for name, stamps in readings.items()}
    first = "month" if (parts["s"] == "/").mean() > 0.5 else "day"
    both_ways = np.flatnonzero(
        (readings["day"] != readings["month"]) & readings["day"].notna() & readings["month"].notna()
    )
    notes = []
    if count["day"] != count["month"]:
        first = max(count, key=lambda name: count[name])
    elif len(both_ways):
        regular = {name: regularity(stamps[stamps.notna()]) for name, stamps in readings.items()}
        if regular["day"] != regular["month"]:
            first = max(regular, key=lambda name: regular[name])
        row = both_ways[0]
        example = "".join(parts.loc[row, piece] for piece in "asbsy")
        notes.append(
            f"dates such as {example} can be read day first or month first; they were read {first} first "
            f"({readings[first][row]:%Y-%m-%d}): write year-month-day if that is wrong"
        )
    return (day_first if first == "day" else month_first), notes


def _month_names(parts: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    return parts.assign(m=parts["name"].str.lower().str[:3].map(_MONTH_NAMES.index) + 1), []


def _quarters(parts: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    return parts.assign(m=parts["q"].astype(int) * 3 - 2), []


def _in_range(stamps: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Stamps in nanoseconds; those that nanoseconds cannot hold become NaT."""
    possible = (stamps.year > 1677) & (stamps.year < 2262)
    return pd.DatetimeIndex(stamps.where(possible)).as_unit("ns")


def _frame(**columns: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(columns)


def _no_dates(length: int) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(np.full(length, "NaT", dtype="datetime64[ns]"))
