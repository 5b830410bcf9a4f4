"""Names of months and weekdays in the languages of Europe (Unicode CLDR), and of columns of time."""

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from aurita._typing import Document

_ENGLISH = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_ENGLISH_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# In the order in which they are preferred where a word is the name of different months.
LOCALES = (
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "sv", "da", "nb", "nn", "fi", "tr", "hu", "ro", "ru", "el",
    "uk", "bg", "sk", "hr", "sl", "sr", "sr_Latn", "mk", "et", "lv", "lt", "ca", "gl", "eu", "is", "sq", "de_AT",
)  # fmt: skip
# Written, and not in CLDR.
_ALSO = {
    "de": {"jaen": 1, "mrz": 3, "maerz": 3, "maer": 3, "okt": 10, "dez": 12},
    "fr": {"jan": 1, "fev": 2, "avr": 4, "jun": 6, "jul": 7, "aou": 8},
    "es": {"set": 9, "setiembre": 9},
    "pl": {"pazdz": 10, "stycz": 1, "kwiec": 4, "wrzes": 9, "grudz": 12},
    "ro": {"ian": 1, "iun": 6, "iul": 7, "noi": 11},
    "nl": {"mrt": 3},
    "tr": {"agu": 8, "haz": 6},
    "en": {"sept": 9},
}
_LETTERS = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th"})
_SHORTEST_PREFIX = 3


def fold(text: str) -> str:
    """Small letters without accents, so that `Février`, `FEVRIER` and `février` are one word.

    Example:
        >>> fold("Août"), fold("AĞUSTOS"), fold("Μάρτιος")
        ('aout', 'agustos', 'μαρτιοσ')
    """
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter)).translate(_LETTERS)


def is_month(word: str) -> bool:
    """Whether a folded word names a month, or begins the name of one, in any language."""
    if len(word) < _SHORTEST_PREFIX or word in _english_days():
        return False
    return word in _english() or word in _exact() or bool(_by_prefix(word))


def is_weekday(word: str) -> bool:
    """Whether a folded word names a day of the week in any language."""
    return len(word) > 1 and (word in _english_days() or word in _weekdays())


def choose_months(words: Mapping[str, int]) -> tuple[dict[str, int], list[str]]:
    """The months that the folded words of one column mean, all in the language that reads most of its cells.

    Returns:
        The month, 1 to 12, of the words that are read, and a note where two languages read them all differently.

    Example:
        >>> choose_months({"lis": 3, "gru": 3, "lip": 3})[0] == {"lis": 11, "gru": 12, "lip": 7}
        True
    """
    if all(word in _english() for word in words):
        return {word: _english()[word] for word in words}, []
    readings = []
    for name in LOCALES:
        exact = {word: month for word in words if (month := _exact().get(word, {}).get(name))}
        near = {word: month for word in words if word not in exact and (month := _by_prefix(word).get(name))}
        cells = sum(words[word] for word in (*exact, *near))
        readings.append((cells, sum(words[word] for word in exact), exact | near))
    best = max((cells, exactly) for cells, exactly, _ in readings)
    chosen = [reading for *rank, reading in readings if tuple(rank) == best]
    if not best[0]:
        return {}, []
    for other in chosen[1:]:
        for word, month in other.items():
            if chosen[0].get(word, month) != month:
                first, second = (_ENGLISH[reading[word] - 1].capitalize() for reading in (chosen[0], other))
                return chosen[0], [f"{word!r} names {first} in one language and {second} in another; {first} was taken"]
    return chosen[0], []


@cache
def _english() -> dict[str, int]:
    """English names and their first three letters or more."""
    return {
        name[:length]: number
        for number, name in enumerate(_ENGLISH, 1)
        for length in range(_SHORTEST_PREFIX, len(name) + 1)
    }


@cache
def _english_days() -> frozenset[str]:
    return frozenset(name[:length] for name in _ENGLISH_DAYS for length in range(_SHORTEST_PREFIX, len(name) + 1))


@cache
def _exact() -> dict[str, dict[str, int]]:
    """Month of every word, by the locales that have it."""
    found: dict[str, dict[str, int]] = {}
    for name, months in _months().items():
        for word, month in months:
            found.setdefault(word, {}).setdefault(name, month)
    return found


@cache
def _by_prefix(word: str) -> dict[str, int]:
    """The month that alone begins with these letters, by locale."""
    if len(word) < _SHORTEST_PREFIX:
        return {}
    found = {}
    for name, months in _months().items():
        meant = {month for full, month in months if full.startswith(word)}
        if len(meant) == 1:
            found[name] = meant.pop()
    return found


@cache
def _months() -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for name, words in _names()["months"].items():
        found[name] = sorted({*words.items(), *_ALSO.get(name, {}).items()})
    return found


@cache
def _weekdays() -> frozenset[str]:
    return frozenset(_names()["weekdays"])


@cache
def _names() -> Document:
    """What `tools/date_names.py` took out of CLDR."""
    found: Document = json.loads(Path(__file__).with_name("date_names.json").read_bytes())
    return found


_KINDS = {
    "time": (
        "time date datetime timestamp ts ds dt when epoch unixtime unix datum zeit zeitpunkt zeitstempel zeitraum "
        "datumzeit fecha data dates dato horodate horodatage moment tijd tijdstip cas tid tidspunkt klokkeslett "
        "klockslag aika aikaleima paivamaara pvm tarih zaman ido idopont czas дата время момент ημερομηνια χρονοσ "
        "kuupaev datums dteday period periods periode periodo periodos okres obdobi obdobie jakso donem "
        "idoszak период mtu interval zeitintervall timeslot uhrzeit times timecode dattime yyyymmdd "
        "yyyymmddhh yyyymmddhhmm messdatum"
    ),
    "step": "t step steps timestep timesteps schritt pas paso",
    "day": "day days tag dia jour giorno dag dzien den paiva gun nap zi день ημερα jours tage dni",
    "week": (
        "week weeks wk woche kw kalenderwoche semana semaine settimana tydzien tyden vecka uge uke viikko hafta "
        "het saptamana неделя εβδομαδα isoweek yearweek"
    ),
    "month": (
        "month months monat mes mois mese maand miesiac mesic manad maned kuukausi ay honap luna месяц μηνασ "
        "yearmonth monate mm yyyymm"
    ),
    "quarter": (
        "quarter quarters qtr quartal trimestre trimester kwartal kwartaal kvartal kvartaali negyedev ceyrek "
        "ctvrtleti квартал τριμηνο yearquarter"
    ),
    "year": "year years yr jahr ano annee anno jaar rok ar vuosi yil ev an god год ετοσ ejercicio yyyy",
    "hour": (
        "hour hours hr hrs stunde stunden hora horas heure heures ora ore uur timme tunti hodina godzina godz "
        "saat час ωρα he hh hourending hourofday hod h"
    ),
    "minute": "minute minutes minuto minuten minuta minuut min",
    "period": (
        "sp settlementperiod tradingperiod halfhour hh30 pte qh viertelstunde quarterhour isp periodnumber "
        "position pos slot timeperiod"
    ),
}
_KIND_OF = {fold(word): kind for kind, words in _KINDS.items() for word in words.split()}
# Found beside a name of time, and no name of a quantity.
_WORDS_BESIDE = (
    "ab and begin beginning bis cest cet col column da de del delivery desde di du e end ending et from gmt "
    "hasta id in index iso local lokal lt mesz mez milliseconds ms no nr ns num number obs observation of ref "
    "reference s sec seconds settlement start starting the to trading und unix us utc von y"
)
_BESIDE = frozenset(_WORDS_BESIDE.split())
_ENGLISH_WORDS = (
    "time date dates datetime timestamp ts ds dt when epoch unixtime unix dteday period periods mtu interval timeslot "
    "times timecode t step steps timestep timesteps day days week weeks wk month months quarter quarters qtr year "
    "years yr hour hours hr hrs he hh minute minutes min moment yyyy mm yyyymm"
)
_ENGLISH_COLUMNS = frozenset(_ENGLISH_WORDS.split())
_ORDER = ("time", "period", "week", "quarter", "month", "hour", "minute", "day", "year", "step")
_VAGUE_WORDS = (
    "data dt min h he pos position slot ar an s interval moment ev god nap zi ay tid cas ido rok den dag tag mes gun "
    "hod isp sp pas paso mm pte qh times t ts ano luna het std ora ore dia periods timeslot"
)
_VAGUE = frozenset(_VAGUE_WORDS.split())


def kind_of_name(name: object) -> str | None:
    """What a column of this name holds: time, day, week, month, quarter, year, hour, minute, period or step; or None.

    All words of the name must be of time (`Date/Time (UTC)`, `hour_of_day`), so that `lead_time` is none.

    Example:
        >>> [kind_of_name(name) for name in ("Datum", "tradeDate", "HORA", "lead_time", "Date/Time (UTC)")]
        ['time', None, 'hour', None, 'time']
    """
    words = _words(name)
    joined = _KIND_OF.get("".join(words))
    if joined is not None:
        return joined
    kinds = {_KIND_OF[word] for word in words if word in _KIND_OF}
    if not kinds or not all(word in _KIND_OF or word in _BESIDE for word in words):
        return None
    if "hour" in kinds and kinds <= {"hour", "day", "time"} and ("day" in kinds or words[0] in ("hour", "he")):
        return "hour"
    return next(kind for kind in _ORDER if kind in kinds)


def is_vague(name: object) -> bool:
    """Whether a name of time is also the name of other things, so that its column may as well be one of numbers.

    Example:
        >>> is_vague("data"), is_vague("date")
        (True, False)
    """
    return all(word in _VAGUE or word in _BESIDE for word in _words(name))


def is_foreign(name: object) -> bool:
    """Whether a name of time is of another language than English, where days are written before months.

    Example:
        >>> is_foreign("fecha"), is_foreign("date"), is_foreign("y")
        (True, False, False)
    """
    return kind_of_name(name) is not None and not any(word in _ENGLISH_COLUMNS for word in _words(name))


def time_of_day(name: object) -> str | None:
    """Whether one of the words of a name is of hours or of periods, as beside a column of days; which of the two.

    Example:
        >>> time_of_day("OPR_HR"), time_of_day("sales")
        ('hour', None)
    """
    kinds = {_KIND_OF.get(word) for word in _words(name) if word not in _VAGUE}
    return next((kind for kind in ("hour", "period") if kind in kinds), None)


def _words(name: object) -> list[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name))
    return [word for word in re.split(r"[\W_\d]+", fold(spaced)) if word]
