"""The forms in which dates are written, as patterns over skeletons: texts with 0 for digits, B for the name of a month.

A form is matched once for every layout of a column, and gives the places of its numbers. What the numbers may be
(a month has 12 values) is judged later, on all cells.
"""

import re
from dataclasses import dataclass, field

from aurita.io.clocks import BARE_CLOCK, CLOCK, ZONE, ZONES
from aurita.io.names import fold, is_month, is_weekday

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
_FORMS = {name: [re.compile(pattern) for pattern in patterns] for name, patterns in _PATTERNS.items()}
_CLOCK = _FORMS["clock time"][0]
_BETWEEN = re.compile(r" ?(?:-|/|~|→|;|,|\.{2,3}) ?| (?:to|bis|until|till|tot|al|do|a|til|till|und|and|às|as|à|y|i) ")


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
    found = [match for form in _FORMS if (match := _match(form, skeleton)) is not None]
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
    for pattern in _FORMS[form]:
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
    text = _FROM.sub("", skeleton.text.strip("[]()"))
    ahead = skeleton.text.index(text) if text else 0
    found = []
    for gap in _BETWEEN.finditer(text):
        left, right = text[: gap.start()], text[gap.end() :]
        for form, patterns in _FORMS.items():
            start = next((match for pattern in patterns if (match := pattern.fullmatch(left))), None)
            if start is None:
                continue
            timed = any(start.groupdict().get(name) for name in ("H1", "H2", "H3"))
            if any(pattern.fullmatch(right) for pattern in patterns) or (timed and _CLOCK.fullmatch(right)):
                read = _read(form, start, skeleton, ahead)
                found.append(Match(form, read.places, {**read.words, "interval": gap[0].strip()}))
        if found:
            break
    return found
