"""The names of the columns out of one line or several, distinguished from the rows by what the rows hold."""

import re
from collections import Counter
from dataclasses import dataclass

import pandas as pd

from aurita._words import counted
from aurita.errors import AuritaError
from aurita.io._missing import MISSING_WORDS
from aurita.io._tokens import CURRENCIES
from aurita.io.dates import parse_dates
from aurita.io.numerals import parse_numbers

_VALUE = re.compile(rf"[=<>≤≥~('\"’\[\s]*[+\-−–]?\s*(?:{CURRENCIES})?\s*[+\-−–]?[.,]?\d")
_DIGIT = re.compile(r"\d")
_MOSTLY = 0.8
_TIME_NAMES = {
    "an", "annee", "anno", "année", "ano", "año", "data", "date", "datetime", "datum", "day", "fecha", "jahr",
    "mes", "mese", "mois", "monat", "month", "period", "quarter", "tag", "time", "timestamp", "week", "year",
    "zeit",
}  # fmt: skip
_UNITS = {
    "#", "$", "%", "-", "--", "1", "a", "bar", "celsius", "cfs", "cm", "d", "date", "datum", "degc", "degf",
    "degrees", "einheit", "eur", "eur/mwh", "float", "ft", "g", "gbp", "gw", "gwh", "h", "hpa", "hr", "hz",
    "in", "inch", "int", "j", "j/cm2", "k", "kg", "km", "km/h", "knots", "kpa", "kt", "kw", "kwh", "l", "m",
    "m/s", "m3", "m3/s", "ma", "mbar", "mg", "mg/l", "min", "mj", "ml", "mm", "mm/d", "mm/h", "mph", "ms", "mv",
    "mw", "mwh", "m³", "m³/s", "n", "number", "pa", "ppb", "ppm", "s", "sec", "string", "t", "text", "ts", "ug",
    "ug/m3", "unit", "units", "usd", "utc", "v", "w", "w/m2", "w/m²", "wh", "wm-2", "°", "°c", "°f", "µg",
    "µg/m3", "µg/m³", "‰", "€", "€/mwh",
}  # fmt: skip
_BRACKETED = re.compile(r"[\[(].*[\])]")
_PATTERN = re.compile(r"(?=.*(?:yy|jj|aa|hh|dd|tt))[ymdhsjtan:./\-\s]+", re.IGNORECASE)


@dataclass(frozen=True)
class Data:
    """What rows of a table look like: how many cells, and which columns hold numbers or dates.

    `columns` are those, True where cells begin with a digit or a sign, False where they only hold a digit.
    """

    width: int
    columns: dict[int, bool]

    def is_data(self, cells: list[str]) -> bool:
        """Whether a record looks like a row, and not like names."""
        if len(cells) not in (self.width, self.width - 1, self.width + 1) or not self.columns:
            return False
        given = [i for i in self.columns if i < len(cells) and not _is_missing(cells[i])]
        hits = [i for i in given if (_VALUE.match if self.columns[i] else _DIGIT.search)(cells[i])]
        first = min(self.columns)
        return len(hits) > len(given) / 2 and (first in hits or first not in given)


def data_columns(records: list[list[str]]) -> Data:
    """What the rows among these records look like, by the second half of them.

    Example:
        >>> data_columns([["date", "y"], ["2024-01", "5"], ["2024-02", "7"]])
        Data(width=2, columns={0: True, 1: True})
    """
    half = records[len(records) // 2 :] if len(records) > 1 else records
    counts = Counter(len(record) for record in half)
    width = max(counts, key=lambda size: (counts[size], size))
    rows = [record for record in half if len(record) == width]
    columns = {}
    for i in range(width):
        given = [row[i] for row in rows if not _is_missing(row[i])]
        for strict, test in ((True, _VALUE.match), (False, _DIGIT.search)):
            if given and sum(test(cell) is not None for cell in given) >= _MOSTLY * len(given):
                columns[i] = strict
                break
    return Data(width, columns)


def names_of(
    lines: list[list[str]], rows: list[list[str]], data: Data, separator: str, line: int
) -> tuple[list[str], list[str], list[int]]:
    """The names of the columns.

    Args:
        lines: cells of the lines above the first row that are as wide as it, one at least.
        rows: cells of the first rows.
        data: what rows look like.
        line: number of the first of the lines, for complaints.

    Returns:
        The names, empty where a column has none; notes; and which of the lines are no names.

    Raises:
        AuritaError: the line holds values, two columns have one name, or a row is wider than the names.

    Example:
        >>> lines = [["Price", "Close", "High"], ["Ticker", "ABC", "ABC"], ["Date", "", ""]]
        >>> names_of(lines, [], Data(3, {0: True, 1: True, 2: True}), ",", 1)[0]
        ['Date', 'Close', 'High']
    """
    lines = [[cell.strip() for cell in cells] for cells in lines]
    names, notes, skipped = _of_several(lines, data)
    names = _as_wide(names, rows)
    for number, row in enumerate(rows, 1):
        if len(row) > len(names):
            raise AuritaError(
                f"row {number} has {counted(len(row), 'cell')} and the header has {len(names)}: "
                f"{_joined(separator, row)!r}; give every line as many cells as the header, and put "
                "cells that hold the separator in quotes"
            )
    given = [name for name in names if name]
    if given and not _is_header(given):
        where = "the first line" if line == 1 else f"line {line}"
        raise AuritaError(
            f"{where} holds values, not names ({_joined(separator, names)}); put a line of "
            f"names above it, such as {_joined(separator, ['time', 'y'][: len(given)])}"
        )
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        raise AuritaError(
            f"several columns have the name {', '.join(map(repr, twice[:20]))}; give every column a name of its own"
        )
    return names, notes, skipped


def _as_wide(names: list[str], rows: list[list[str]]) -> list[str]:
    """A name more where every row has a cell more: an empty one at the end, or a row number in front."""
    if rows and all(len(row) == len(names) + 1 for row in rows):
        if all(not row[-1].strip() for row in rows):
            return [*names, ""]
        if [row[0] for row in rows] == [str(i + 1) for i in range(len(rows))]:
            return ["", *names]
    return names


def _of_several(lines: list[list[str]], data: Data) -> tuple[list[str], list[str], list[int]]:
    """Names in several lines: units below them, a preamble above them, or names in parts."""
    if len(lines) == 1:
        return lines[0], [], []
    last = lines[-1]
    if _are_units(last) and not _are_units(lines[-2]) and _are_names(lines[-2], data):
        names, notes, skipped = _of_several(lines[:-1], data)
        return (
            names,
            [*notes, f"a line of units under the names was left out: {', '.join(filter(None, last))}"],
            skipped,
        )
    if _are_names(last, data):
        return last, [], list(range(len(lines) - 1))
    first = next((i for i in range(len(lines) - 1, 0, -1) if _are_names(lines[i - 1], data)), 1) - 1
    parts = lines[first:]
    names = _names_in_parts(parts)
    note = f"the names of the columns are in {len(parts)} lines and were joined: {', '.join(filter(None, names))[:80]}"
    return names, [note], list(range(first))


def _names_in_parts(lines: list[list[str]]) -> list[str]:
    """Names in several lines, from above: a blank repeats what is left of it, a line of one word says nothing."""
    filled = []
    for number, line in enumerate(lines):
        row = list(line)
        if number < len(lines) - 1 and any(line[1:]):
            for i in range(2, len(row)):
                row[i] = row[i] or row[i - 1]
        filled.append(row)
    telling = [row for row in filled if len(set(filter(None, row[1:]))) > 1] or filled
    names = [next((row[0] for row in reversed(filled) if row[0]), "")]
    for i in range(1, len(lines[0])):
        names.append(" ".join(dict.fromkeys(row[i] for row in telling if row[i])))
    return names


def _are_names(cells: list[str], data: Data) -> bool:
    """Whether the cells of one line name the columns of numbers and dates, each by a name of its own."""
    given = [cell for cell in cells if cell]
    named = sum(bool(cells[i]) for i in data.columns if i < len(cells))
    return len(set(given)) == len(given) and named >= max(len(data.columns) - 1, min(2, len(data.columns)))


def _are_units(cells: list[str]) -> bool:
    given = [cell.lower() for cell in cells if cell]
    if given and cells[0].lower() in _TIME_NAMES and not all(_is_unit(cell) for cell in given[1:]):
        return False
    return any(cells[1:]) and sum(_is_unit(cell) for cell in given) >= _MOSTLY * len(given)


def _is_unit(cell: str) -> bool:
    return cell in _UNITS or bool(_BRACKETED.fullmatch(cell)) or bool(_PATTERN.fullmatch(cell))


def _is_header(names: list[str]) -> bool:
    """Whether a line may be names: some text that is neither number nor date, or whole numbers that count columns."""
    if all(re.fullmatch(r"\d{1,9}", name) for name in names):
        numbers = [int(name) for name in names]
        return numbers == list(range(numbers[0], numbers[0] + len(names))) and (len(names) > 1 or numbers[0] == 0)
    cells = pd.Series(names, dtype=object)
    dated = parse_dates(cells).stamps.notna()
    return any(not dated[i] and parse_numbers(cells.iloc[[i]]).fault is not None for i in range(len(names)))


def _is_missing(cell: str) -> bool:
    return cell.strip().lower() in MISSING_WORDS


def _joined(separator: str, cells: list[str]) -> str:
    return (" " if len(separator) > 1 else separator).join(cells)[:80]
