"""The regular grid behind time stamps: the frequency, found in spite of gaps, and every stamp's place on it.

The step is the greatest common divisor of the differences, in months where the stamps keep to the calendar and in
nanoseconds otherwise; so rows that are missing change nothing. A few stamps off the commonest step are moved onto it.
"""

import re
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import BaseOffset

from aurita._words import were
from aurita.errors import AuritaError

_DAY = 86_400 * 10**9
_UNITS = [
    (_DAY, pd.offsets.Day),
    (3_600 * 10**9, pd.offsets.Hour),
    (60 * 10**9, pd.offsets.Minute),
    (10**9, pd.offsets.Second),
    (10**6, pd.offsets.Milli),
    (10**3, pd.offsets.Micro),
    (1, pd.offsets.Nano),
]
_ROUND_SECONDS = [1, 2, 5, 10, 15, 20, 30]
_ROUND = [s * 10**9 for s in _ROUND_SECONDS] + [s * 60 * 10**9 for s in _ROUND_SECONDS]
_ROUND += [h * 3_600 * 10**9 for h in (1, 2, 3, 4, 6, 8, 12)] + [_DAY, 7 * _DAY]
_ON_STEP = 0.95
_SMALLEST_SHARE = 0.5
_FAR_TOO_LONG = 10
_MONTH_OFFSETS = (pd.offsets.MonthBegin, pd.offsets.MonthEnd, pd.offsets.BMonthBegin, pd.offsets.BMonthEnd)
_NEAR_MONTH_EDGE = 7
_WORDS = re.compile(
    r"(?:every\s+)?(?P<count>\d+)?\s*(?P<unit>second|minute|hour|day|business day|week|month|quarter|year)s?", re.I
)
_ADVERBS = {
    "secondly": "second", "minutely": "minute", "hourly": "hour", "daily": "day", "business": "business day",
    "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year", "annual": "year",
}  # fmt: skip
_LETTERS = {"W": "week", "M": "month", "Q": "quarter", "A": "year", "Y": "year"}
_OLD_ALIASES = {
    "H": "h", "T": "min", "S": "s", "L": "ms", "U": "us", "N": "ns", "M": "ME", "BM": "BME", "Q": "QE", "BQ": "BQE",
    "A": "YE", "Y": "YE", "BA": "BYE", "BY": "BYE", "AS": "YS", "BAS": "BYS", "d": "D", "w": "W", "b": "B",
}  # fmt: skip
_TICKS = {"second": 10**9, "minute": 60 * 10**9, "hour": 3_600 * 10**9, "day": _DAY}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, eq=False)
class Grid:
    """A regular time axis.

    `index` (T,) has its frequency set; `stamps` (n,) are the times that were asked about, each moved to its place on
    the grid; `notes` are sentences on what was moved.
    """

    index: pd.DatetimeIndex
    stamps: pd.DatetimeIndex
    notes: list[str] = field(default_factory=list)


def find_grid(stamps: pd.DatetimeIndex, *, frequency: str | None = None) -> Grid:
    """Put time stamps on the regular grid that they come from.

    Args:
        stamps: (n,) times without zone, in any order, repeated or not.
        frequency: a pandas alias ("h", "15min", "B", "W-MON", "MS") or words ("day", "2 weeks", "month"); without it
            the frequency is found: ticks from nanoseconds to days, weeks, business days, months, quarters, years, and
            multiples of these.

    Returns:
        The grid from the first to the last stamp.

    Raises:
        AuritaError: the frequency is unknown, or fewer than half of the steps have a stamp, as in irregular times.

    Example:
        >>> import pandas as pd
        >>> grid = find_grid(pd.DatetimeIndex(["2024-01-31", "2024-02-29", "2024-04-30"]))
        >>> grid.index.freqstr, len(grid.index)
        ('ME', 4)
    """
    times = pd.DatetimeIndex(stamps.unique().sort_values())
    if frequency is not None:
        offset, placed, notes = _given(times, frequency)
    else:
        offset, placed, notes = _found(times)
    span, length = placed[-1] - placed[0], (placed[0] + offset) - placed[0]
    if span / length > _FAR_TOO_LONG * len(times):
        raise _sparse(placed, offset, int(span / length) + 1)
    index = pd.date_range(placed[0], placed[-1], freq=offset)
    if placed.nunique() < _SMALLEST_SHARE * len(index):
        raise _sparse(placed, offset, len(index))
    place = index.searchsorted(placed, side="right") - 1
    onto = index[place]
    return Grid(index, pd.DatetimeIndex(onto[times.get_indexer(stamps)]), notes)


def regularity(stamps: pd.DatetimeIndex) -> float:
    """Share of the steps of the best grid that have a stamp; 0 where there is no grid."""
    try:
        grid = find_grid(stamps)
    except AuritaError:
        return 0.0
    return grid.stamps.nunique() / len(grid.index)


def name_of(offset: BaseOffset) -> str:
    """The pandas alias of a frequency, or words where it has none.

    Example:
        >>> import pandas as pd
        >>> name_of(pd.offsets.Hour(6)), name_of(pd.DateOffset(months=1))
        ('6h', 'month')
    """
    if type(offset) is pd.DateOffset:
        count = offset.kwds["months"]
        return f"{count} months" if count > 1 else "month"
    return offset.freqstr


def common_step(places: np.ndarray) -> tuple[int, int]:
    """The step and the anchor of a grid of integers with gaps.

    Args:
        places: (n,) distinct integers in rising order, n >= 2.

    Returns:
        The step, and one place that is on the grid. The step is the greatest common divisor of the differences, or the
        commonest difference where at least 95 % of the places, but not all, lie on it.

    Example:
        >>> import numpy as np
        >>> common_step(np.array([0, 6, 12, 15, 30]))
        (3, 0)
    """
    differences = np.diff(places)
    divisor = int(np.gcd.reduce(differences))
    sizes, counts = np.unique(differences, return_counts=True)
    commonest = int(sizes[np.argmax(counts)])
    rests, counts = np.unique(places % commonest, return_counts=True)
    anchor = int(places[places % commonest == rests[np.argmax(counts)]][0])
    if commonest > divisor and counts.max() >= _ON_STEP * len(places):
        return commonest, anchor
    return divisor, int(places[0])


def _found(times: pd.DatetimeIndex) -> tuple[BaseOffset, pd.DatetimeIndex, list[str]]:
    """Frequency, places and notes of distinct times in rising order."""
    if len(times) < 2:
        return pd.offsets.Day(), times, []
    clock = times - times.normalize()
    by_day = bool((clock == clock[0]).all())
    months = times.year.to_numpy() * 12 + times.month.to_numpy()
    monthly = by_day and len(np.unique(months)) == len(times)
    if monthly and (offset := _calendar(times, months)) is not None:
        return offset, times, []

    ticks = times.as_unit("ns").asi8
    step, anchor = common_step(ticks)
    if step == _DAY and _only_business_days(times):
        return pd.offsets.BusinessDay(), times, []
    if len(times) >= _SMALLEST_SHARE * ((ticks[-1] - ticks[0]) // step + 1):
        placed = anchor + np.round((ticks - anchor) / step).astype(np.int64) * step
        moved = int((placed != ticks).sum())
        notes = [f"{moved} of {len(times)} times {were(moved)} moved to the nearest step"] if moved else []
        return _tick(step, anchor), pd.DatetimeIndex(placed), notes
    if monthly and (near := _near_month_edge(times)) is not None:
        return near
    return _rounded(times, ticks)


def _calendar(times: pd.DatetimeIndex, months: np.ndarray) -> BaseOffset | None:
    """Months, quarters or years, where every stamp is the same kind of day."""
    step = int(np.gcd.reduce(np.diff(months)))
    for kind in _MONTH_OFFSETS:
        offset = kind()
        if all(offset.is_on_offset(stamp) for stamp in times):
            return _months(step, times[0].month, kind)
    if len(times) > 2 and (times.day == times[0].day).all() and times[0].day <= 28:
        return pd.DateOffset(months=step)
    return None


def _months(step: int, month: int, kind: type[BaseOffset]) -> BaseOffset:
    """The offset of `step` months that falls on `month`, named by the largest unit that fits."""
    quarters: dict[type[BaseOffset], tuple[Any, Any]] = {
        pd.offsets.MonthBegin: (pd.offsets.QuarterBegin, pd.offsets.YearBegin),
        pd.offsets.MonthEnd: (pd.offsets.QuarterEnd, pd.offsets.YearEnd),
        pd.offsets.BMonthBegin: (pd.offsets.BQuarterBegin, pd.offsets.BYearBegin),
        pd.offsets.BMonthEnd: (pd.offsets.BQuarterEnd, pd.offsets.BYearEnd),
    }
    quarter, year = quarters[kind]
    if step % 12 == 0:
        return year(step // 12, month=month)
    if step % 3 == 0:
        ends = kind in (pd.offsets.MonthEnd, pd.offsets.BMonthEnd)
        return quarter(step // 3, startingMonth=(month - 1) % 3 + (10 if ends else 1))
    return kind(step)


def _only_business_days(times: pd.DatetimeIndex) -> bool:
    """No stamp on a weekend although at least two weekends were passed, and half of the business days or more."""
    if (times.day_of_week >= 5).any():
        return False
    first, last = times[0].date(), times[-1].date()
    business = int(np.busday_count(first, last)) + 1
    days = (times[-1] - times[0]).days + 1
    return days - business >= 4 and len(times) >= _SMALLEST_SHARE * business


def _tick(step: int, anchor: int) -> BaseOffset:
    """The offset of a step in nanoseconds, in the largest unit that divides it."""
    if step % (7 * _DAY) == 0:
        return pd.offsets.Week(step // (7 * _DAY), weekday=pd.Timestamp(anchor).day_of_week)
    size, unit = next((size, unit) for size, unit in _UNITS if step % size == 0)
    return unit(step // size)


def _near_month_edge(times: pd.DatetimeIndex) -> tuple[BaseOffset, pd.DatetimeIndex, list[str]] | None:
    """Months whose stamps fall a few days from the edge of the month, as the last working day does."""
    months = times.to_period("M")
    for placed, kind in (
        (months.to_timestamp(), pd.offsets.MonthBegin),
        (months.to_timestamp(how="end"), pd.offsets.MonthEnd),
    ):
        days = pd.DatetimeIndex(placed.normalize())
        distance = np.abs((times - days).to_numpy())
        if (distance < np.timedelta64(_NEAR_MONTH_EDGE, "D")).all():
            step = int(np.gcd.reduce(np.diff(days.year.to_numpy() * 12 + days.month.to_numpy())))
            edge = "first" if kind is pd.offsets.MonthBegin else "last"
            notes = [f"the times fall on different days of the month and were moved to its {edge} day"]
            return _months(step, days[0].month, kind), days, notes
    return None


def _rounded(times: pd.DatetimeIndex, ticks: np.ndarray) -> tuple[BaseOffset, pd.DatetimeIndex, list[str]]:
    """Irregular times, brought to the round step that is nearest to their median difference."""
    median = float(np.median(np.diff(ticks)))
    step = min(_ROUND, key=lambda size: abs(np.log(size / median)))
    floored = ticks // step * step
    nearest = (ticks + step // 2) // step * step
    placed = floored if len(np.unique(floored)) >= len(np.unique(nearest)) else nearest
    offset = _tick(step, int(placed[0]))
    return offset, pd.DatetimeIndex(placed), [f"the times are irregular and were moved to steps of {offset.freqstr}"]


def _given(times: pd.DatetimeIndex, frequency: str) -> tuple[BaseOffset, pd.DatetimeIndex, list[str]]:
    """Distinct times on the grid of a frequency that the user names; times between two steps go to the earlier."""
    offset = _offset(times, frequency)
    clock = times - times.normalize()
    size = getattr(offset, "nanos", None) if isinstance(offset, pd.offsets.Tick) else None
    if isinstance(offset, pd.offsets.Day):
        size = offset.n * _DAY
    if size is not None:
        ticks = times.as_unit("ns").asi8
        exact = bool(((ticks - ticks[0]) % size == 0).all())
        placed = times if exact else pd.DatetimeIndex(ticks // size * size)
    else:
        days = times if (clock == clock[0]).all() else times.normalize()
        single = to_offset(offset.base)
        ahead = type(offset).__name__.endswith("End") or (isinstance(offset, pd.offsets.Week) and "-" in frequency)
        roll = single.rollforward if ahead else single.rollback
        placed = days if type(offset) is pd.DateOffset else pd.DatetimeIndex([roll(day) for day in days])
    moved = int((placed != times).sum())
    return (
        offset,
        placed,
        [f"{moved} of {len(times)} times {were(moved)} moved to steps of {frequency}"] if moved else [],
    )


def _offset(times: pd.DatetimeIndex, frequency: str) -> BaseOffset:
    """The offset of words or of a pandas alias, old letters included."""
    text = frequency.strip()
    words = _WORDS.fullmatch(_ADVERBS.get(text.lower(), _LETTERS.get(text, text)))
    if words is None:
        return _alias(text)
    count, unit = int(words["count"] or 1), words["unit"].lower()
    if unit in _TICKS:
        return _tick(count * _TICKS[unit], 0) if unit != "day" else pd.offsets.Day(count)
    if unit == "business day":
        return pd.offsets.BusinessDay(count)
    if unit == "week":
        return pd.offsets.Week(count, weekday=times[0].day_of_week)
    calendar = _calendar(times, times.year.to_numpy() * 12 + times.month.to_numpy()) if len(times) > 1 else None
    if type(calendar) is pd.DateOffset:
        return pd.DateOffset(months=count * _MONTHS[unit])
    ends = bool(times.is_month_end.all())
    return _months(count * _MONTHS[unit], times[0].month, pd.offsets.MonthEnd if ends else pd.offsets.MonthBegin)


def _alias(text: str) -> BaseOffset:
    """The offset of a pandas alias; the letters of older pandas are understood."""
    match = re.fullmatch(r"(\d*)([A-Za-z]*)(.*)", text, re.DOTALL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            offset = to_offset("".join([match[1], _OLD_ALIASES.get(match[2], match[2]), match[3]]) if match else text)
        if offset is not None and offset.n > 0:
            return offset
    except (ValueError, Warning):
        pass
    raise AuritaError(
        f"frequency {text!r} is unknown; give words such as 'hour', 'business day', '2 weeks', "
        "'month', or a pandas alias such as 'h', '15min', 'B', 'W-MON', 'MS', 'QE'"
    )


def _sparse(times: pd.DatetimeIndex, offset: BaseOffset, steps: int) -> AuritaError:
    gaps = np.diff(times.as_unit("ns").asi8)
    widest = int(np.argmax(gaps))
    return AuritaError(
        f"the times are not regular: from {times[0]} to {times[-1]} there are {steps} steps of {name_of(offset)}, and "
        f"{times.nunique()} of them have a row (widest gap: {times[widest]} to {times[widest + 1]}); "
        "name the frequency (frequency='day' averages the rows of a day), keep a denser part of the "
        "table, or take rows as steps with frequency='rows'"
    )
