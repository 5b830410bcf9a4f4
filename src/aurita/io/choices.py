"""What the numbers of a date mean, decided for a column as a whole: day or month first, months or weeks of a year."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from aurita.io.forms import Match
from aurita.io.grid import regularity
from aurita.io.layouts import Layout
from aurita.io.moments import NO_TIME, full_years, moments

Numbers = dict[str, np.ndarray]
"""Arrays (n,) by letter, as `moments` takes them; further letters for numbers whose meaning is open."""

_LEAST_FISCAL = 3
_QUARTER = 92
_UNLIKELY = frozenset(["year first", "as weeks"])


def possible_readings(
    form: str, numbers: Numbers, kind: str | None, group: Sequence[tuple[Layout, Match]], *, day_first: bool
) -> dict[str, np.ndarray]:
    """The times (n,) that the numbers of a form give, by what they are taken for, the likeliest first.

    Args:
        form: as `matches` names it.
        numbers: those of the cells.
        kind: what the column's name says it holds.
        group: the layouts of the form.
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
        return left[first], []
    regular = {name: regularity(pd.DatetimeIndex(times[~np.isnat(times)])) for name, times in left.items()}
    likely = [name for name in left if name not in _UNLIKELY]
    chosen = max(regular, key=lambda name: (regular[name], name in likely))
    open_still = [name for name in left if name == chosen or name in likely]
    if len(open_still) == 1:
        return left[chosen], []
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
    return readings if kind is None or not np.isnat(readings["as months"]).any() else readings | {"as weeks": weeks}


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


def _around_the_year(numbers: Numbers, group: Sequence[tuple[Layout, Match]], day_first: bool) -> dict[str, np.ndarray]:
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
