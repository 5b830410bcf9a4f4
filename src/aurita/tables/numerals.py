"""Numbers written as text: decimal commas, thousands separators, percent and currency signs, words for missing."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

MISSING_WORDS = frozenset(
    {"", "?", "-", "--", "–", "—", ".", "..", "...", "na", "n/a", "n.a.", "#n/a", "#na", "nan", "-nan", "nat", "<na>"}
    | {"null", "none", "nil", "missing"}
)
"""What stands for a missing number (in lower case)."""

_TRUTH_WORDS = frozenset({"true", "yes", "false", "no"})
_TRUTH = {"true": 1.0, "yes": 1.0, "1": 1.0, "false": 0.0, "no": 0.0, "0": 0.0}
_CURRENCY = r"[$€£¥₹₽₩₺₪฿]|EUR|USD|GBP|CHF|JPY|CNY|INR|CAD|AUD|SEK|NOK|DKK|PLN|CZK|BRL|kr|zł"
_TOKEN = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[+\-−])?\s*(?P<before>{_CURRENCY})?\s*(?P<inner>[+\-−])?"
    r"(?P<core>\d[\d.,'’ \u00a0\u202f]*|[.,]\d+)(?P<power>[eE][+-]?\d+)?"
    rf"\s*(?P<after>%|{_CURRENCY})?\s*(?P<close>\))?"
)
_INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
_SPACED = re.compile(r"\d{1,3}(?:[ '’\u00a0\u202f]\d{3})+(?:[.,]\d*)?")
_READINGS = {
    ".": (re.compile(r"\d+(?:\.\d*)?|\.\d+"), re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?")),
    ",": (re.compile(r"\d+(?:,\d*)?|,\d+"), re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?")),
}
_POINTED = ("$", "£", "¥", "₹")
_OTHER = {".": ",", ",": "."}


@dataclass(frozen=True, eq=False)
class Numbers:
    """What a column says when it is read as numbers.

    `floats` (T,) are float64 with NaN where a cell is missing. `fault` says why the column cannot be read (then the
    values mean nothing). `style` is the decimal sign if the column can only be read with that one. `decorated`: there
    were signs of percent or currency, or words for truth. `notes` are sentences on what was done.
    """

    floats: np.ndarray
    fault: str | None = None
    style: str | None = None
    decorated: bool = False
    notes: list[str] = field(default_factory=list)


def parse_numbers(column: pd.Series, *, decimal: str | None = None, tolerance: float = 0.0) -> Numbers:
    """Read a column as numbers, where that is unambiguous.

    The decimal sign is one with which every cell is a number: `1.234,5` has a decimal comma, `1,234.5` a decimal point,
    and one such cell settles the column. Where both signs serve and give different numbers (`1,234` and nothing else),
    `decimal` decides, or a sign $, £, ¥ or ₹, which goes with a decimal point; without them a point is a decimal point,
    and a comma is a fault. Percent and currency signs are dropped (`12%` reads 12), `(5)` reads -5, true/yes and
    false/no read 1 and 0.

    Args:
        column: (T,) numbers, truth values or text.
        decimal: "." or ",", the sign to take where both would do.
        tolerance: share of the cells that may be no numbers; they are read as missing, and noted.

    Returns:
        The values (T,) in float64, or the fault.

    Example:
        >>> import pandas as pd
        >>> parse_numbers(pd.Series(["1.234,5 €", "2,5 €"])).floats.tolist()
        [1234.5, 2.5]
        >>> parse_numbers(pd.Series(["1,234"])).fault
        "'1,234' may be 1234 or 1.234"
    """
    if pd.api.types.is_numeric_dtype(column.dtype):
        if pd.api.types.is_complex_dtype(column.dtype):
            return Numbers(np.full(len(column), np.nan), fault="the values are complex numbers")
        return Numbers(column.to_numpy(dtype=np.float64, na_value=np.nan))
    if not (is_text(column) or isinstance(column.dtype, pd.CategoricalDtype)):
        return Numbers(np.full(len(column), np.nan), fault=f"the values are of type {column.dtype}")
    codes, texts = pd.factorize(texts_of(column))
    counts = np.bincount(codes, minlength=len(texts))
    return _parse_texts([str(text) for text in texts], codes, counts, decimal, tolerance)


def is_text(column: pd.Series) -> bool:
    """Whether the column holds text (or objects, which are read by their text)."""
    return bool(pd.api.types.is_object_dtype(column.dtype) or pd.api.types.is_string_dtype(column.dtype))


def texts_of(column: pd.Series) -> np.ndarray:
    """The cells as stripped text, empty where missing; objects of shape (T,)."""
    missing = column.isna().to_numpy()
    cells = column.to_numpy(dtype=object)
    texts = ["" if gone else str(cell).strip() for cell, gone in zip(cells, missing, strict=True)]
    return np.array(texts, dtype=object)


def _parse_texts(
    texts: list[str], codes: np.ndarray, counts: np.ndarray, decimal: str | None, tolerance: float
) -> Numbers:
    """The distinct texts as numbers, spread over the rows by their codes."""
    missing = [text.lower() in MISSING_WORDS for text in texts]
    present = [i for i, gone in enumerate(missing) if not gone]
    total = int(counts[present].sum())
    words = {texts[i].lower() for i in present}
    if words & _TRUTH_WORDS and words <= set(_TRUTH):
        truth = np.array([_TRUTH.get(text.lower(), np.nan) for text in texts])
        return Numbers(truth[codes], decorated=True, notes=["words were read as 1 (true, yes) and 0 (false, no)"])

    tokens = {i: token for i in present if (token := _tokenise(texts[i])) is not None}
    readings = {sign: {i: v for i, token in tokens.items() if (v := token.value(sign)) is not None} for sign in ".,"}
    found = {sign: int(counts[list(reading)].sum()) for sign, reading in readings.items()}
    best = max(found.values())
    if best < (1 - tolerance) * total:
        sign = max(found, key=lambda s: found[s])
        odd = next(texts[i] for i in present if i not in readings[sign])
        return Numbers(np.full(len(codes), np.nan), fault=f"{odd!r} is not a number")

    signs = [sign for sign in ".," if found[sign] == best]
    style = signs[0] if len(signs) == 1 else None
    both = set(readings["."]) & set(readings[","])
    unlike = [i for i in sorted(both) if readings["."][i] != readings[","][i]] if style is None else []
    pointed = any(token.unit in _POINTED for token in tokens.values())
    decimal = decimal or ("." if pointed else None)
    sign = style or decimal or "."
    if unlike and decimal is None and any("," in texts[i] for i in unlike):
        text, point, comma = texts[unlike[0]], readings["."][unlike[0]], readings[","][unlike[0]]
        fault = f"{text!r} may be {max(point, comma):g} or {min(point, comma):g}"
        return Numbers(np.full(len(codes), np.nan), fault=fault)

    units = {token.unit for i, token in tokens.items() if i in readings[sign]}
    if (mixed := _mixed_units(units)) is not None:
        return Numbers(np.full(len(codes), np.nan), fault=mixed)
    values = np.array([readings[sign].get(i, math.nan) for i in range(len(texts))])
    notes = []
    if unit := "".join(units):
        notes.append(f"the sign {unit} was dropped, the numbers were left as they are")
    if best < total:
        odd = next(texts[i] for i in present if i not in readings[sign])
        notes.append(f"{total - best} of {total} cells are no numbers (such as {odd!r}) and were taken as missing")
    return Numbers(
        values[codes] if len(texts) else np.empty(0), style=style, decorated=bool("".join(units)), notes=notes
    )


@dataclass(frozen=True)
class _Token:
    """One number: its unit, and its value for either decimal sign."""

    unit: str
    value: Callable[[str], float | None]


def _tokenise(text: str) -> _Token | None:
    if _INFINITE.fullmatch(text):
        return _Token("", lambda sign: float(text))
    match = _TOKEN.fullmatch(text)
    if match is None or (match["open"] is None) != (match["close"] is None) or (match["sign"] and match["inner"]):
        return None
    if match["before"] and match["after"]:
        return None
    core = match["core"].strip()
    if re.search(r"[^\d.,]", core):
        if not _SPACED.fullmatch(core):
            return None
        core = re.sub(r"[^\d.,]", "", core)
    power = match["power"] or ""
    minus = (match["open"] is not None) != ((match["sign"] or match["inner"] or "+") in "-−")

    def value(sign: str) -> float | None:
        plain, grouped = _READINGS[sign]
        if not plain.fullmatch(core) and not grouped.fullmatch(core):
            return None
        size = float(core.replace(_OTHER[sign], "").replace(sign, ".") + power)
        return -size if minus else size

    return _Token(match["before"] or match["after"] or "", value)


def _mixed_units(units: set[str]) -> str | None:
    """Why these units cannot stand in one column; a bare number may stand among money, not among percents."""
    if "%" in units and len(units) > 1:
        return "some cells are percents and others are not"
    signs = sorted(units - {""})
    if len(signs) > 1:
        return f"the cells are in {' and '.join(signs)}"
    return None
