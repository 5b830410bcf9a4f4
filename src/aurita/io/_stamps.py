"""Time stamps out of text: one form for the whole column, the one that reads most of its cells, applied strictly."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from aurita.io._forms import NEEDS_NAME, ZONES, CellLayout, Match, half_of_day, layouts_of, matches
from aurita.io._moments import NO_TIME, NumberColumn, choose, full_years, possible_readings
from aurita.io._names import choose_months

_MOST_OFFSETS = 4
_ROMAN = ("i", "ii", "iii", "iv")


@dataclass(frozen=True, eq=False)
class Reading:
    """Texts read as times: `wall` (n,) their wall clock, NaT where there is none; `world` (n,) the same in UTC."""

    wall: np.ndarray
    world: np.ndarray
    notes: list[str] = field(default_factory=list)
    form: str | None = None

    def cells(self, counts: np.ndarray) -> int:
        """How many cells are read, where text i is in `counts[i]` of them."""
        return int(counts[~np.isnat(self.wall)].sum())


def read_texts(
    texts: Sequence[str], counts: np.ndarray, *, kind: str | None, clock: bool = False, day_first: bool = False
) -> Reading:
    """Read distinct texts by the one form that reads most cells.

    Args:
        texts: n distinct texts, stripped.
        counts: (n,) how many cells have each.
        kind: what the name of the column says it holds ("time", "week", "month", ...); None if it is no name of time.
            Forms that could as well be something else are believed only with such a name.
        day_first: dates with slashes are rather day first, as the column's name is not English.
        clock: read clock times, on 2000-01-01, instead of dates.

    Returns:
        The times, NaT where a text is not of the form.
    """
    groups: dict[str, list[tuple[CellLayout, Match]]] = {}
    for layout in layouts_of(texts):
        if "0" not in layout.text:
            continue
        for match in matches(layout.text):
            if (match.form == "clock time") == clock and (clock or kind is not None or match.form not in NEEDS_NAME):
                groups.setdefault(match.form, []).append((layout, match))
    weights = {form: int(sum(counts[layout.rows].sum() for layout, _ in group)) for form, group in groups.items()}
    best = Reading(np.full(len(texts), NO_TIME), np.full(len(texts), NO_TIME))
    most = 0
    for form in sorted(groups, key=lambda form: -weights[form]):
        if weights[form] <= most and not (form == "year to year" and weights[form] == most):
            continue
        reading = _of_form(form, groups[form], counts, kind, day_first)
        read = reading.cells(counts)
        if read > most or (read == most and form == "year to year"):
            best, most = reading, read
    return best


def _of_form(
    form: str, group: list[tuple[CellLayout, Match]], counts: np.ndarray, kind: str | None, day_first: bool
) -> Reading:
    numbers, offsets, notes = _numbers(group, len(counts))
    if form == "clock time":
        numbers["y"] = np.where(np.isnan(numbers["H"]), np.nan, 2000.0)
    for layout, match in group:
        if match.width("y") == 2:
            numbers["y"][layout.rows] = full_years(numbers["y"][layout.rows])
    readings = possible_readings(form, numbers, kind, group, day_first=day_first)
    wall, remarks = choose(readings, counts, lambda row: _example(group, row))
    world = wall - np.nan_to_num(offsets).astype("timedelta64[m]") if offsets is not None else wall
    return Reading(wall, world, notes + remarks, form)


def _numbers(group: list[tuple[CellLayout, Match]], length: int) -> tuple[NumberColumn, np.ndarray | None, list[str]]:
    """The numbers of the cells of a form, NaN where there are none; their minutes ahead of UTC, if any says it."""
    words: dict[str, int] = {}
    for layout, match in group:
        if "month" in match.words:
            words[match.words["month"]] = words.get(match.words["month"], 0) + len(layout.rows)
    months, notes = choose_months(words) if words else ({}, [])
    numbers: NumberColumn = {}
    offsets = np.full(length, np.nan)
    read = np.zeros(length, dtype=bool)

    def put(name: str, rows: np.ndarray, values: np.ndarray | float) -> None:
        numbers.setdefault(name, np.full(length, np.nan))[rows] = values

    for layout, match in group:
        rows = layout.rows
        read[rows] = True
        for name, place in match.places.items():
            if name == "f":
                put("N", rows, layout.number(*place) * 10.0 ** (9 - place[1] + place[0]))
            elif name[0] != "z":
                put(name, rows, layout.number(*place))
        if "month" in match.words:
            put("m", rows, months.get(match.words["month"], np.nan))
        if "Q" in match.words:
            put("q", rows, float(_ROMAN.index(match.words["Q"]) + 1))
        if "half" in match.words and "H" in match.places:
            hours = layout.number(*match.places["H"])
            afternoon = half_of_day(match.words["half"]) == "pm"
            put("H", rows, np.where(hours <= 12, hours % 12 + 12 * afternoon, hours if afternoon else np.nan))
        if (offset := _offset(layout, match)) is not None:
            offsets[rows] = offset
    if "H" in numbers:
        late = np.isnan(numbers["H"]) & read
        if any("half" in match.words for _, match in group):
            # Hours that the halves of the day forbid, such as 14 am, are no times.
            timed = np.zeros(length, dtype=bool)
            for layout, match in group:
                timed[layout.rows] = "H" in match.places
            numbers["H"][late & timed] = 99.0
    return numbers, *_zoned(offsets, read, notes)


def _zoned(offsets: np.ndarray, read: np.ndarray, notes: list[str]) -> tuple[np.ndarray | None, list[str]]:
    """Offsets that can be believed: given by every cell, and few."""
    known = ~np.isnan(offsets)
    if not known.any():
        return None, notes
    if not known[read].all():
        return None, [*notes, "some times name their zone and others do not: they were taken as wall-clock times"]
    if len(np.unique(offsets[known])) > _MOST_OFFSETS:
        return None, [*notes, "what follows the times was read as the end of an interval"]
    return offsets, notes


def _offset(layout: CellLayout, match: Match) -> np.ndarray | float | None:
    """Minutes ahead of UTC, by the numbers or else by the name."""
    if "zh" in match.places:
        hours = layout.number(*match.places["zh"])
        minutes = layout.number(*match.places["zm"]) if "zm" in match.places else 0.0
        return (hours * 60 + minutes) * (-1.0 if match.words["zs"] == "-" else 1.0)
    name = match.words.get("zn") or match.words.get("z")
    return None if name is None else float(ZONES[name])


def _example(group: list[tuple[CellLayout, Match]], row: int) -> str:
    """The date in the text of a row, without its clock time."""
    for layout, match in group:
        place = np.flatnonzero(layout.rows == row)
        if len(place):
            ends = [match.places[name] for name in match.places if name[0] in "abymdnuvw"]
            start, stop = min(start for start, _ in ends), max(stop for _, stop in ends)
            return "".join(map(chr, layout.cells[place[0], start:stop].tolist()))
    raise KeyError(row)
