"""The forms in which dates are written, as patterns over skeletons: texts with 0 for digits, B for the name of a month.

A form is matched once for every layout of a column, and gives the places of its numbers. What the numbers may be
(a month has 12 values) is decided later, on all cells.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from aurita.io._names import fold, is_month, is_weekday

ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60, "mez": 60, "met": 60, "hnec":
    60, "cest": 120, "mesz": 120, "mest": 120, "heec": 120, "eet": 120, "oez": 120, "eest": 180, "oesz": 180, "msk":
    180, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
    "akst": -540, "akdt": -480, "hst": -600, "brt": -180, "art": -180, "clt": -240, "jst": 540, "kst": 540, "hkt":
    480, "sgt": 480, "awst": 480, "aest": 600, "aedt": 660, "acst": 570, "acdt": 630, "ist": 330, "pkt": 300, "trt":
    180, "wib": 420, "gst": 240, "ast": -240, "adt": -180, "eat": 180, "cat": 120, "wat": 60, "nzst": 720, "nzdt":
    780, "sast": 120,
}  # fmt: skip
"""Minutes ahead of UTC of the names of zones, in small letters."""

_HALVES = {
    "am": "am", "vorm": "am", "vm": "am", "fm": "am", "fh": "am", "ap": "am", "de": "am", "dop": "am", "oo": "am",
    "πμ": "am", "дп": "am", "прооб": "am", "manha": "am", "manana": "am", "matin": "am", "paradites": "am",
    "pm": "pm", "nachm": "pm", "nm": "pm", "em": "pm", "eh": "pm", "ip": "pm", "du": "pm", "odp": "pm", "pop": "pm",
    "os": "pm", "μμ": "pm", "пп": "pm", "слоб": "pm", "tarde": "pm", "pasdites": "pm", "soir": "pm",
}  # fmt: skip


def _half_pattern(word: str) -> str:
    """The letters of a word, with a point and a blank after each where it is an abbreviation of two or four."""
    if len(word) == 2:
        return rf"{word[0]}\.? ?{word[1]}"
    return {"прооб": r"пр\.? ?об", "слоб": r"сл\.? ?об"}.get(word, word)


_HALF = "(?:(?:da |de la |du |e )?(?:" + "|".join(map(_half_pattern, sorted(_HALVES, key=len, reverse=True))) + "))"
_ZONE_NAME = "(?:" + "|".join(sorted(ZONES, key=len, reverse=True)) + ")"
_AT = r"(?:(?:kl|klo|um|at|a las|a la|as|alle|alle ore|ore|om|o|a|la|в|u|v|ve|de)\.? ?)?"
_WORD = r"(?: ?(?:uhr|hrs|hours|hod|godz|uur|час|ч|ora|h|s)\.?)?"

ZONE = (
    rf"(?: ?(?P<z>{_ZONE_NAME})(?![a-z]))?(?: ?(?P<zs>[+-]) ?(?P<zh>00|0)(?::?(?P<zm>00))?)?"
    rf"(?: ?[(\[]?(?P<zn>{_ZONE_NAME})(?![a-z])[)\]]?| ?[(\[][^()\[\]0]*[)\]]| [a-z]+/[a-z_/]+)?"
)
"""A zone in a skeleton: UTC, +0100, GMT+1, a name, or a name in brackets after one of these."""

BARE_CLOCK = (
    rf"{_AT}(?:(?P<p1>{_HALF})\.? ?)?"
    r"(?:(?P<H1>00?)(?: ?[:.h] ?|uhr| uhr )(?P<M1>00)(?:(?: ?[:.m] ?|' ?)(?P<S1>00)(?:[.,:](?P<f1>0{1,9}))?)?"
    r"|(?P<H2>00)(?P<M2>00)(?:(?P<S2>00)(?:[.,](?P<f2>0{1,9}))?)?|(?P<H3>00?))"
    rf"{_WORD}(?: ?(?P<p2>{_HALF})\.?)?"
)
"""A clock time without zone in a skeleton, which has 0 for every digit."""

CLOCK = BARE_CLOCK + ZONE
"""A clock time in a skeleton, with a zone or without."""


def half_of_day(text: str) -> str:
    """`am` or `pm`, of the folded words for either.

    Example:
        >>> half_of_day("p. m."), half_of_day("π.μ."), half_of_day("da tarde")
        ('pm', 'am', 'pm')
    """
    plain = re.sub(r"[ .]", "", re.sub(r"^(?:da|de la|du|e) ", "", text))
    return _HALVES[plain]


Places = dict[str, tuple[int, int]]
"""Where the numbers of a layout stand: name of the number to its first character and the one after its last."""

_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+|\s+|.", re.DOTALL)
# What official statistics and logs put about a date: brackets, quotes, the mark of a provisional figure.
_MARKS = re.compile(r"^['\"]+|['\"]+$|(?: ?\*+| ?\([a-z]\))$")
_FROM = re.compile(r"^(?:von|vom|from|du|od|dal|desde) ")
_PLAIN = str.maketrans(
    {
        "年": "-",
        "月": "-",
        "日": " ",
        "–": "-",
        "—": "-",
        "−": "-",
        "‐": "-",
        "‑": "-",
        "’": "'",
        "`": "'",
        "´": "'",
        "‘": "'",
    }
)
_JOIN = r"(?: ?t ?|[,;]? | ?[-_:/@|,] ?)"
_AFTER = rf"(?:{_JOIN}{CLOCK})?"
_YEAR_MARK = r"(?: ?(?:r|g|god|г|год|m|p)\b)?\.?"
_YEAR = rf"'?(?P<y>0000|00){_YEAR_MARK}"
_FULL_YEAR = rf"(?P<y>0000){_YEAR_MARK}"
_ORDINAL = r"(?:st|nd|rd|th|er|ere|eme|ste|de|do|o|a|e|i|:?e|°|º|ª)?"
_OF = r"(?:(?:of|de|del|di|da|d'|ta) ?)?"
_DAY = rf"(?P<d>00?){_ORDINAL}"
_GAP = r"[ ./,'_-]{0,3}"
_QUARTER = (
    r"(?:quarters?|quartale?|quart|qtr|q|kvartal|kvartali|kvart|kwartal|kwart|kwartaal|kv|k|kvartaali|"
    r"trimestre?|trimestru|trimester|trim|tri|tr|t|negyedev|ne|ceyrek|кв|квартал|τριμηνο|stvrtrok|ctvrtleti|ketv|cetrt)"
)
_HALF_YEAR = r"(?:h|hy|s|sem|semestre|semester|halbjahr|hj|halvar|polrocze|half)"
_WEEK = (
    r"(?:weeks?|wk|w|kw|cw|kalenderwoche|woche|semaine|semana|settimana|sem|sett|s|tydzien|tydz|tyden|uge|uke|vecka|"
    r"vko|viikko|v|het|hafta|saptamana|sapt|неделя|нед|εβδομαδα|εβδ|week of)"
)
_PATTERNS: dict[str, tuple[str, ...]] = {
    "year, month, day": (rf"(?P<y>0000)(?P<s>[-/.:_ ]) ?(?P<m>00?)(?P=s) ?(?P<d>00?)\.?{_AFTER}",),
    "year, month, day in digits": (
        rf"(?P<y>0000)(?P<m>00)(?P<d>00){_AFTER}",
        rf"(?P<y>0000)(?P<m>00)(?P<d>00)(?P<H1>00)(?:(?P<M1>00)(?P<S1>00)?)?{ZONE}",
    ),
    "numbers before a year": (rf"(?P<a>00?)(?P<s>[-/. ]) ?(?P<b>00?)(?P=s) ?{_YEAR}{_AFTER}",),
    "month by name": (
        rf"{_DAY}{_GAP}{_OF}B{_GAP}{_OF}{_YEAR}{_AFTER}",
        rf"B{_GAP}{_DAY}[ ./,'_-]{{1,3}}{_FULL_YEAR}{_AFTER}",
        rf"B{_GAP}{_DAY}[ ./,'_-]{{1,3}}{_YEAR}",
        rf"B{_GAP}{_OF}{_YEAR}",
        rf"{_FULL_YEAR}{_GAP}B(?:{_GAP}{_DAY}\.?{_AFTER})?",
        rf"B {_DAY},? {CLOCK} {_FULL_YEAR}",
    ),
    "quarter": (
        rf"{_FULL_YEAR}[ -/:.]{{0,2}}{_QUARTER}\.?[ -]?(?P<q>0)",
        rf"{_QUARTER}\.?[ -]?(?P<q>0)[ -/:.,']{{0,2}}{_OF}{_YEAR}",
        rf"(?P<q>0){_ORDINAL}[. -]{{0,2}}(?:{_QUARTER}|kw)\.?[ -/.,']{{0,2}}{_OF}{_YEAR}",
        rf"(?P<y>00){_QUARTER}(?P<q>0)",
        rf"{_FULL_YEAR}[ -/:.]{{0,2}}(?:{_QUARTER}\.? ?)?(?P<Q>i{{1,3}}|iv)\.?",
        rf"(?P<Q>i{{1,3}}|iv)[. ]{{0,2}}(?:(?:{_QUARTER}|kw)\.?)?[ -/.,']{{0,2}}{_OF}{_YEAR}",
        rf"{_QUARTER}\.? ?(?P<Q>i{{1,3}}|iv)[ -/.,']{{0,2}}{_OF}{_YEAR}",
    ),
    "half-year": (
        rf"{_FULL_YEAR}[ -/:.]{{0,2}}{_HALF_YEAR}\.?[ -]?(?P<h>0)",
        rf"{_HALF_YEAR}\.?[ -]?(?P<h>0)[ -/:.,']{{0,2}}{_OF}{_YEAR}",
        rf"(?P<h>0){_ORDINAL}[. -]{{0,2}}{_HALF_YEAR}\.?[ -/.,']{{0,2}}{_OF}{_YEAR}",
    ),
    "month by number": (
        rf"{_FULL_YEAR}[ -/:]?m ?(?P<m>00?)",
        rf"m ?(?P<m>00?)[ -/:]{{0,2}}{_FULL_YEAR}",
    ),
    "week": (
        rf"{_FULL_YEAR}[ ,-/:.]{{0,2}}{_WEEK}\.?[ -]?(?P<w>00?)",
        rf"(?P<y>0000)-?w(?P<w>00)-?(?P<k>0){_AFTER}",
        rf"{_WEEK}\.?[ -]?(?P<w>00?)[ ,-/.']{{0,2}}{_OF}{_YEAR}",
        rf"(?P<w>00?){_ORDINAL}[. -]{{0,2}}{_WEEK}\.?[ ,-/.']{{0,2}}{_OF}{_YEAR}",
    ),
    "year and number": (r"(?P<y>0000)(?P<s>[-/.: ]) ?(?P<n>00?)",),
    "number and year": (r"(?P<n>00?)(?P<s>[-/. ]) ?(?P<y>0000)",),
    "day of the year": (rf"(?P<y>0000)[-/.]?(?P<o>000){_AFTER}",),
    "year to year": (r"(?P<y>0000) ?[-/] ?(?:00)?(?P<e>00)",),
    "month and short year": (r"(?P<m>00?)[-/](?P<y>00)",),
    "short year and month": (r"(?P<y>00)[ -/.']?B\.?",),
    "year": (r"(?:fy|cy|ay)? ?(?P<y>0000)",),
    "six digits": (r"(?P<u>00)(?P<v>00)(?P<w6>00)",),
    "eight digits": (r"(?P<a>00)(?P<b>00)(?P<y>0000)",),
    "clock time": (BARE_CLOCK,),
}
NEEDS_NAME = frozenset(
    {"month and short year", "short year and month", "six digits", "eight digits", "year", "clock time"}
)
"""Forms that are believed only in a column with a name of time."""

_NO_WEEKDAY = frozenset(["am", "pm", "du", "de", "os", "ap", "to", "do", "t", "vm", "em", "fm"])
_BETWEEN = re.compile(r" ?(?:-|/|~|→|;|,|\.{2,3}) ?| (?:to|bis|until|till|tot|al|do|a|til|till|und|and|às|as|à|y|i) ")


@cache
def _patterns() -> dict[str, list[re.Pattern[str]]]:
    """Compiled where the first date is read: it takes longer than many a program's import."""
    return {name: [re.compile(pattern) for pattern in patterns] for name, patterns in _PATTERNS.items()}


@dataclass(frozen=True)
class Match:
    """A form that fits a layout: where its numbers stand, and its words (month, zone, halves of the day, sign)."""

    form: str
    places: Places
    words: dict[str, str] = field(default_factory=dict)

    def width(self, name: str) -> int:
        """Digits of a number; 0 where it is not given."""
        start, stop = self.places.get(name, (0, 0))
        return stop - start


@dataclass(frozen=True)
class _Skeleton:
    """A layout without accents, capitals and weekdays; `origin` has the place of every character in the layout."""

    text: str
    origin: list[int]
    month: str


def matches(layout: str) -> list[Match]:
    """All forms that fit a layout; failing them, those that fit the start and the end of an interval.

    Example:
        >>> [(match.form, match.places["y"]) for match in matches("0. Mai 0000")]
        [('month by name', (7, 11))]
    """
    skeleton = _skeleton(layout)
    found = [match for form in _PATTERNS if (match := _match(form, skeleton)) is not None]
    return found or _intervals(skeleton)


def _skeleton(layout: str) -> _Skeleton:
    tokens = [(match.start(), match[0]) for match in _TOKEN.finditer(layout.translate(_PLAIN))]
    words = [fold(text) if text[0].isalpha() else text for _, text in tokens]
    months = [place for place, word in enumerate(words) if word[0].isalpha() and _names_month(word)]
    dropped = _weekdays(words, months)
    month = next((place for place in months if place not in dropped), -1)
    pieces: list[str] = []
    origin: list[int] = []
    for place, ((start, text), word) in enumerate(zip(tokens, words, strict=True)):
        if place in dropped:
            continue
        if text[0].isdigit():
            pieces.append(text)
            origin += range(start, start + len(text))
            continue
        piece = " " if text.isspace() else "B" if place in months else word
        pieces.append(piece)
        origin += [start] * len(piece)
    text = "".join(pieces)
    ahead = len(text) - len(text.lstrip(" '\""))
    if text[ahead : ahead + 1] == "[" and text.rstrip().endswith("]"):
        ahead, text = ahead + 1, text.rstrip()[:-1]
    text = _MARKS.sub("", text[ahead:].strip()).rstrip(" -")
    return _Skeleton(text, origin[ahead : ahead + len(text)], words[month] if month >= 0 else "")


def _names_month(word: str) -> bool:
    return word not in ZONES and is_month(word)


def _weekdays(words: list[str], months: list[int]) -> set[int]:
    """Places of the first or the last word where it is a weekday, with the signs and blanks about it."""
    letters = [place for place, word in enumerate(words) if word[0].isalpha() and word != "t"]
    dropped: set[int] = set()
    for place, ahead in ((letters[0], True), (letters[-1], False)) if letters else ():
        word = words[place]
        if any(other[0].isdigit() for other in (words[:place] if ahead else words[place + 1 :])):
            continue
        if (
            word in ZONES
            or (not ahead and word in _NO_WEEKDAY)
            or (place in months and len(months) < 2)
            or not is_weekday(word)
        ):
            continue
        dropped.add(place)
        for step in (1, -1):
            beside = place + step
            while 0 <= beside < len(words) and not words[beside][0].isalnum():
                dropped.add(beside)
                beside += step
        if words[place + 1 : place + 3] == ["-", "feira"]:
            dropped |= {place + 2}
    return dropped


def _match(form: str, skeleton: _Skeleton) -> Match | None:
    for pattern in _patterns()[form]:
        if (match := pattern.fullmatch(skeleton.text)) is not None:
            return _read(form, match, skeleton, 0)
    return None


def _read(form: str, match: re.Match[str], skeleton: _Skeleton, shift: int) -> Match:
    places: Places = {}
    words = {"month": skeleton.month} if skeleton.month else {}
    for name, text in match.groupdict().items():
        if text is None:
            continue
        if text[0] == "0":
            start, stop = (skeleton.origin[shift + place] for place in (match.start(name), match.end(name) - 1))
            places[name.rstrip("123") if name[0] in "HMSf" else name] = (start, stop + 1)
        elif name in ("p1", "p2"):
            words["half"] = text
        else:
            words[name] = text
    return Match(form, places, words)


def _intervals(skeleton: _Skeleton) -> list[Match]:
    """The start of an interval whose end has the same form, or is a clock time alone."""
    text, (clock,) = _FROM.sub("", skeleton.text.strip("[]()")), _patterns()["clock time"]
    ahead = skeleton.text.index(text) if text else 0
    found = []
    for gap in _BETWEEN.finditer(text):
        left, right = text[: gap.start()], text[gap.end() :]
        for form, patterns in _patterns().items():
            start = next((match for pattern in patterns if (match := pattern.fullmatch(left))), None)
            if start is None:
                continue
            timed = any(start.groupdict().get(name) for name in ("H1", "H2", "H3"))
            if any(pattern.fullmatch(right) for pattern in patterns) or (timed and clock.fullmatch(right)):
                read = _read(form, start, skeleton, ahead)
                found.append(Match(form, read.places, {**read.words, "interval": gap[0].strip()}))
        if found:
            break
    return found


LONGEST = 130
"""Characters of the longest cell that may be a time."""

_MOST_LAYOUTS = 4000
_PRIME = np.uint64(0x9E3779B97F4A7C15)
_ZERO, _NINE = ord("0"), ord("9")


@dataclass(frozen=True, eq=False)
class CellLayout:
    """Cells of one layout.

    `text` has 0 for every digit; `rows` (n,) are places in the column; `cells` (n, characters) are character codes.
    """

    text: str
    rows: np.ndarray
    cells: np.ndarray

    def number(self, start: int, stop: int) -> np.ndarray:
        """The digits from `start` to `stop` as floats (n,)."""
        powers = 10.0 ** np.arange(stop - start - 1, -1, -1)
        return (self.cells[:, start:stop].astype(np.float64) - _ZERO) @ powers


def layouts_of(texts: Sequence[str]) -> list[CellLayout]:
    """The layouts of distinct texts, the commonest first; very long texts and the rarest of very many are left out.

    Example:
        >>> [(layout.text, layout.rows.tolist()) for layout in layouts_of(["3 May", "1.2", "4 May", "5.6", "7.8"])]
        [('0.0', [1, 3, 4]), ('0 May', [0, 2])]
    """
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    found = []
    for length in np.unique(lengths[(lengths > 0) & (lengths <= LONGEST)]):
        rows = np.flatnonzero(lengths == length)
        found += _of_one_length([texts[row] for row in rows], rows, int(length))
    found.sort(key=lambda layout: (-len(layout.rows), layout.rows[0]))
    return found[:_MOST_LAYOUTS]


def _of_one_length(texts: list[str], rows: np.ndarray, length: int) -> list[CellLayout]:
    cells = _codes(texts, length)
    digit = (cells >= _ZERO) & (cells <= _NINE)
    shape = np.where(digit, np.asarray(_ZERO, dtype=cells.dtype), cells)
    marks = np.zeros(len(rows), dtype=np.uint64)
    for column in shape.T:
        marks = (marks ^ (marks >> np.uint64(31))) * _PRIME + column
    kinds, first = _kinds(marks)
    if not (shape == shape[first][kinds]).all():
        kinds = pd.factorize(pd.Series([row.tobytes() for row in shape], dtype=object))[0]
    order = np.argsort(kinds, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(kinds[order])) + 1)
    return [CellLayout("".join(map(chr, shape[part[0]].tolist())), rows[part], cells[part]) for part in parts]


def _codes(texts: list[str], length: int) -> np.ndarray:
    """Character codes (n, length), a byte each where all are ASCII."""
    try:
        return np.array(texts, dtype=f"S{length}").view(np.uint8).reshape(len(texts), length)
    except UnicodeEncodeError:
        return np.array(texts, dtype=f"U{length}").view(np.uint32).reshape(len(texts), length)


def _kinds(marks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A number for every distinct mark, and the first row that has it."""
    kinds, _ = pd.factorize(marks)
    first = np.full(int(kinds.max()) + 1, -1, dtype=np.int64)
    first[kinds[::-1]] = np.arange(len(kinds))[::-1]
    return kinds, first
