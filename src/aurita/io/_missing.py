"""What stands for a missing number: words and signs that always do, and values that a table may use for it."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from aurita.errors import AuritaError

_ERRORS = {"#n/a", "#na", "#nv", "#div/0!", "#value!", "#wert!", "#valeur!", "#ref!", "#bezug!", "#name?", "#num!"}
_ERRORS |= {"#zahl!", "#nombre!", "#null!", "#spill!", "#calc!", "#error!", "#n/d", "#nd", "#err", "-1.#ind", "1.#ind"}
_ERRORS |= {"1.#qnan", "-1.#qnan", "nan(ind)", "-nan(ind)", "1.#inf", "#missing"}
_SIGNS = {
    "",
    "?",
    "??",
    "???",
    "-",
    "--",
    "---",
    "----",
    "–",
    "—",
    "−",
    ".",
    "..",
    "...",
    "…",
    ":",
    "::",
    "*",
    "**",
    "***",
}
_SIGNS |= {"****", "•", "·", "/", "//", "--.-", "-.-", "--.--", "-.--", "\\n", "_"}
_WORDS = {
    "na",
    "n/a",
    "n.a.",
    "n.a",
    "n. a.",
    "(na)",
    "(n/a)",
    "<na>",
    "nan",
    "-nan",
    "nat",
    "null",
    "(null)",
    "<null>",
}
_WORDS |= {"none", "nil", "missing", "(missing)", "blank", "(blank)", "undefined", "nodata", "no data", "not available"}
_WORDS |= {"n/d", "n.d.", "n.d", "nd", "s/d", "s.d.", "k.a.", "k. a.", "k.a", "k.w.", "n.v.", "n. v.", "n.v.t.", "n.b."}
_WORDS |= {"fehlt", "keine angabe", "keine daten", "manquant", "sin dato", "sin datos", "b.d.", "brak", "brak danych"}

MISSING_WORDS = frozenset(_ERRORS | _SIGNS | _WORDS)
"""What stands for a missing number (in lower case)."""

_CODES = sorted(
    {sign * float("9" * digits) for sign in (-1, 1) for digits in range(3, 8)}
    | {-9.0, -99.0, -99.9, -99.99, -999.9, -999.99, -9999.9, -9999.99, 999.9, 999.99, 9999.9, 9999.99, 99999.9}
    | {sign * size for sign in (-1, 1) for size in (8888.0, 7777.0, 32767.0, 32768.0, 2147483647.0, 2147483648.0)}
    | {sign * size for sign in (-1, 1) for size in (1e15, 1e20, 9.999e20, 1e30, 1e34, 1e35, 1e36, 1e38, 3.4028235e38)}
    | {-6999.0, -9998.0, -8999.0, 9.96921e36, -3.4e38, 1.70141e38, 1.7e38, 9.99e33, -9.99e33}
)
_CLOSE = 1e-6
_LEAST_OTHERS = 3
_LEAST_DISTINCT = 5
_FAR = 5.0


@dataclass(frozen=True)
class Missing:
    """Values that a user names as missing: `words` in lower case, and `numbers`."""

    words: frozenset[str] = frozenset()
    numbers: tuple[float, ...] = ()

    def cleared(self, values: np.ndarray) -> tuple[np.ndarray, list[str]]:
        """Values (T,) with NaN for those named, and notes on how many they were.

        Example:
            >>> import numpy as np
            >>> as_missing([-9999]).cleared(np.array([1.0, -9999.0]))
            (array([ 1., nan]), ['-9999 occurs once and was taken as missing'])
        """
        notes = []
        for number in self.numbers:
            hit = values == number if np.isinf(number) else np.isclose(values, number, rtol=_CLOSE, atol=0)
            if hit.any():
                values = np.where(hit, np.nan, values)
                notes.append(f"{number:.10g} occurs {times(int(hit.sum()))} and was taken as missing")
        return values, notes


def as_missing(given: object) -> Missing:
    """What a user names as missing: one value or several, numbers or text.

    Raises:
        AuritaError: something that is neither number nor text.

    Example:
        >>> as_missing(["-9999", "off"])
        Missing(words=frozenset({'off'}), numbers=(-9999.0,))
    """
    if isinstance(given, Missing):
        return given
    if given is None:
        return Missing()
    items = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    words, numbers = [], []
    for item in items:
        if isinstance(item, bool) or not isinstance(item, str | int | float | np.integer | np.floating):
            raise AuritaError(f"missing holds {item!r}; expected numbers such as -9999, or text such as 'off'")
        text = str(item).strip()
        try:
            numbers.append(float(text))
        except ValueError:
            words.append(text.lower())
    return Missing(frozenset(words), tuple(number for number in numbers if not np.isnan(number)))


def find_sentinels(values: np.ndarray) -> list[tuple[float, int, float]]:
    """Values that look as if they stood for a missing one.

    Such a value lies beyond all others. Either it is one that programs use for it (-999, 9999, 1e20, and the like) and
    as far from them as they are from one another, or below zero where nothing else is; or it occurs there several
    times, five times as far.

    Args:
        values: (T,), NaN where missing.

    Returns:
        Of each such value: the value, how often it occurs, and the nearest other one.

    Example:
        >>> import numpy as np
        >>> find_sentinels(np.array([20.0, 22.5, -9999.0, 21.0, -9999.0, 15.0]))
        [(-9999.0, 2, 15.0)]
    """
    known = values[np.isfinite(values)]
    if len(known) <= _LEAST_OTHERS:
        return []
    ends = _ends(known)
    suspects = [end for end in ends if any(np.isclose(end, code, rtol=_CLOSE, atol=0) for code in _CODES)]
    rest = known[~np.isin(known, suspects)]
    if len(rest) < _LEAST_OTHERS:
        return []
    found = []
    low, high = float(rest.min()), float(rest.max())
    for value in suspects:
        near = low if value < low else high
        if low <= value <= high or not (abs(value - near) >= high - low or (value <= -99 and low >= 0)):
            continue
        found.append((value, int((known == value).sum()), near))
    for value in (low, high):
        others = rest[rest != value]
        count = len(rest) - len(others)
        if count < 2 or len(others) <= count:
            continue
        near = float(others.min() if value == low else others.max())
        spread = float(others.max() - others.min())
        if abs(value - near) > _FAR * spread and len(np.unique(others[:1000])) >= _LEAST_DISTINCT:
            found.append((value, count, near))
    return found


def sentinel_notes(values: np.ndarray) -> list[str]:
    """Warnings on values (T,) that look as if they stood for a missing one.

    Example:
        >>> import numpy as np
        >>> sentinel_notes(np.array([20.0, 22.5, -9999.0, 21.0, -9999.0, 15.0]))[0][:54]
        'the value -9999 occurs twice, and nothing else is belo'
    """
    return [
        f"the value {value:.10g} occurs {times(count)}, and nothing else is {'below' if value < near else 'above'} "
        f"{near:.6g}; it was taken as measured: if it stands for a missing value, give missing={value:.10g}"
        for value, count, near in find_sentinels(values)
    ]


def times(count: int) -> str:
    """How often, in words."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _ends(known: np.ndarray) -> list[float]:
    """The three lowest and the three highest distinct values."""
    few = min(len(known), 3)
    low: list[float] = []
    high: list[float] = []
    rest = known
    for _ in range(few):
        if not len(rest):
            break
        low.append(float(rest.min()))
        high.append(float(rest.max()))
        rest = rest[(rest > low[-1]) & (rest < high[-1])]
    return sorted({*low, *high})
