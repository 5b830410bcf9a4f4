"""Moments out of their numbers, and what the numbers of a column mean: day or month first, months or weeks."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from aurita.io._forms import CellLayout, Match
from aurita.io.grid import regularity

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


NumberColumn = dict[str, np.ndarray]
"""Arrays (n,) by letter, as `moments` takes them; further letters for numbers whose meaning is open."""

_LEAST_FISCAL = 3
_QUARTER = 92
_WEEKS = "as weeks"
_UNLIKELY = frozenset(["year first", _WEEKS])
_NEARLY_ALL = 0.9


def possible_readings(
    form: str, numbers: NumberColumn, kind: str | None, group: Sequence[tuple[CellLayout, Match]], *, day_first: bool
) -> dict[str, np.ndarray]:
    """The times (n,) that the numbers of a form give, by what they are taken for, the likeliest first.

    Args:
        form: as `matches` names it.
        numbers: those of the cells.
        kind: what the column's name says it holds.
        day_first: whether slashes too are rather of days before months.
    """
    if form == "numbers before a year":
        return _around_the_year(numbers, group, day_first)
    if form in ("year and number", "number and year"):
        return parts_of_years(
            numbers["y"], numbers["n"], kind, quarters=all(match.width("n") == 1 for _, match in group)
        )
    if form == "six digits":
        return six_digits(numbers["u"], numbers["v"], numbers["w6"], kind)
    if form == "eight digits":
        a, b, y = (numbers[name] for name in "aby")
        return {"day first": moments({"y": y, "m": b, "d": a}), "month first": moments({"y": y, "m": a, "d": b})}
    if form == "year to year":
        fits = numbers["e"] == (numbers["y"] + 1) % 100
        enough = int(fits.sum()) >= _LEAST_FISCAL
        return {"years": moments({"y": np.where(fits & enough, numbers["y"], np.nan)})}
    times = moments(numbers)
    if form == "short year and month" and not _month_after_month(times):
        # `5-Jan` may as well be a day without its year.
        times = np.full(len(times), NO_TIME)
    return {form: times}


def choose(
    readings: dict[str, np.ndarray], counts: np.ndarray, example: Callable[[int], str]
) -> tuple[np.ndarray, list[str]]:
    """The reading with most times, among such the one with the most regular ones, among such the first.

    Args:
        readings: times (n,) by their name.
        counts: (n,) how many cells have the time.
        example: the text of a row, for the note.

    Returns:
        The times, and a note where as many cells can be read otherwise.
    """
    cells = {name: int(counts[~np.isnat(times)].sum()) for name, times in readings.items()}
    left = {name: times for name, times in readings.items() if cells[name] == max(cells.values())}
    first = next(iter(left))
    for name in list(left):
        if name != first and _alike(left[name], left[first]):
            del left[name]
    if len(left) == 1:
        return left[first], _weeks_note(readings, first, example)
    regular = {name: regularity(pd.DatetimeIndex(times[~np.isnat(times)])) for name, times in left.items()}
    likely = [name for name in left if name not in _UNLIKELY]
    chosen = max(regular, key=lambda name: (regular[name], name in likely))
    open_still = [name for name in left if name == chosen or name in likely]
    if len(open_still) == 1:
        return left[chosen], _weeks_note(readings, chosen, example)
    other = next(name for name in open_still if name != chosen)
    unlike = np.flatnonzero((left[chosen] != left[other]) & ~np.isnat(left[chosen]))
    if not len(unlike):
        return left[chosen], []
    row = int(unlike[0])
    both = " or ".join(sorted((chosen, other)))
    return left[chosen], [
        f"dates such as {example(row)} can be read {both}; they were read {chosen} "
        f"({pd.Timestamp(left[chosen][row]):%Y-%m-%d}): write year-month-day if that is wrong"
    ]


def _weeks_note(readings: dict[str, np.ndarray], chosen: str, example: Callable[[int], str]) -> list[str]:
    """A word on numbers that are weeks because some of them are no months."""
    if chosen != _WEEKS or "as months" not in readings:
        return []
    odd = np.flatnonzero(np.isnat(readings["as months"]) & ~np.isnat(readings[_WEEKS]))
    if not len(odd):
        return []
    row = int(odd[0])
    return [f"dates such as {example(row)} were read as weeks ({pd.Timestamp(readings[_WEEKS][row]):%Y-%m-%d})"]


def parts_of_years(
    years: np.ndarray, parts: np.ndarray, kind: str | None, *, quarters: bool = False
) -> dict[str, np.ndarray]:
    """Numbers (n,) of a year as its months, or as weeks or quarters where the name of the column says so."""
    readings = {"as months": moments({"y": years, "m": parts})}
    weeks = moments({"y": years, "w": parts})
    if kind == "week":
        return {"as weeks": weeks}
    if kind == "quarter" and quarters:
        return {"as quarters": moments({"y": years, "q": parts})}
    if (
        kind in (None, "month")
        or not np.isnat(readings["as months"]).any()
        or _rather_months(readings["as months"], weeks)
    ):
        return readings
    return readings | {"as weeks": weeks}


def _rather_months(months: np.ndarray, weeks: np.ndarray) -> bool:
    """Whether nearly all that could be weeks are months, and at more regular steps: the others are slips."""
    read = [pd.DatetimeIndex(times[~np.isnat(times)]) for times in (months, weeks)]
    if len(read[0]) < max(1, _NEARLY_ALL * len(read[1])):
        return False
    return regularity(read[0]) > (regularity(read[1]) if len(read[1]) else 0.0)


def six_digits(first: np.ndarray, second: np.ndarray, third: np.ndarray, kind: str | None) -> dict[str, np.ndarray]:
    """Three numbers of two digits, written without a sign between them: a day, or a year of four digits and a part."""
    years = first * 100 + second
    readings = parts_of_years(years, third, kind)
    if kind in ("week", "quarter", "month"):
        return readings
    return readings | {
        "year first": moments({"y": full_years(first), "m": second, "d": third}),
        "day first": moments({"y": full_years(third), "m": second, "d": first}),
        "month first": moments({"y": full_years(third), "m": first, "d": second}),
    }


def _around_the_year(
    numbers: NumberColumn, group: Sequence[tuple[CellLayout, Match]], day_first: bool
) -> dict[str, np.ndarray]:
    """Which of two numbers before the year is the day; of three numbers of two digits the first may be the year."""
    a, b = numbers["a"], numbers["b"]
    total = sum(len(layout.rows) for layout, _ in group)
    slashed = sum(len(layout.rows) for layout, match in group if match.words.get("s") == "/")
    orders = {"day first": {"d": a, "m": b}, "month first": {"d": b, "m": a}}
    names = ["month first", "day first"] if slashed > 0.5 * total and not day_first else ["day first", "month first"]
    if all(match.width(name) == 2 for _, match in group for name in "aby"):
        orders["year first"] = {"y": full_years(a), "m": b, "d": numbers["y"] % 100}
        names.append("year first")
    return {name: moments({**numbers, **orders[name]}) for name in names}


def _month_after_month(times: np.ndarray) -> bool:
    """Whether times, in the order in which they first stand in the column, rise or fall by about a month."""
    gaps = np.diff(times[~np.isnat(times)]).astype("timedelta64[D]").astype(np.int64)
    return bool(len(gaps)) and bool((gaps > 0).all() or (gaps < 0).all()) and abs(float(np.median(gaps))) <= _QUARTER


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(((one == other) | (np.isnat(one) & np.isnat(other))).all())
