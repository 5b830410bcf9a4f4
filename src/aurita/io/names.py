"""Names of months and weekdays in the languages of Europe (Unicode CLDR, through babel), in plain small letters."""

import unicodedata
from collections.abc import Mapping
from functools import cache

_ENGLISH = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_ENGLISH_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# In the order in which they are preferred where a word is the name of different months.
_LOCALES = (
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

    Args:
        words: how many cells have each word.

    Returns:
        The month, 1 to 12, of the words that are read, and a note where two languages read them all differently.

    Example:
        >>> choose_months({"lis": 3, "gru": 3, "lip": 3})[0] == {"lis": 11, "gru": 12, "lip": 7}
        True
    """
    if all(word in _english() for word in words):
        return {word: _english()[word] for word in words}, []
    readings = []
    for name in _LOCALES:
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
    from babel import Locale

    found: dict[str, list[tuple[str, int]]] = {}
    for name in _LOCALES:
        words = {(word, month) for word, month in _ALSO.get(name, {}).items()}
        for forms in Locale.parse(name).months.values():
            for width in ("wide", "abbreviated"):
                words |= {(fold(text).strip("."), month) for month, text in forms[width].items()}
        found[name] = sorted(pair for pair in words if pair[0].isalpha())
    return found


@cache
def _weekdays() -> frozenset[str]:
    from babel import Locale

    words = set()
    for name in _LOCALES:
        for forms in Locale.parse(name).days.values():
            for width in ("wide", "abbreviated", "short"):
                words |= {part for text in forms.get(width, {}).values() for part in [fold(text).strip(".")]}
    # Hyphens part words: the Portuguese "segunda-feira" is two of them.
    return frozenset(part for word in words for part in word.split("-") if part.isalpha() and len(part) > 1)
