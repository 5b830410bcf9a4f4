"""Numbers written as text: decimal commas, thousands separators, percent, units and multiples, words for missing."""

import math
import re
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from aurita._words import counted, were
from aurita.io._missing import MISSING_WORDS, Missing, as_missing
from aurita.io._tokens import Token, is_money, tokenise

__all__ = ["MISSING_WORDS", "NumberColumn", "is_text", "parse_numbers", "texts_of"]

_TRUTH_WORDS = frozenset({"true", "yes", "false", "no"})
_TRUTH = {"true": 1.0, "yes": 1.0, "1": 1.0, "false": 0.0, "no": 0.0, "0": 0.0}
_SIMPLE = re.compile(r"[+-]?(?:\d+(\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+\.\d*")
_SWAPPED = str.maketrans(",.", ".,")
_POINTED = ("$", "£", "¥", "₹")


@dataclass(frozen=True, eq=False)
class NumberColumn:
    """What a column says when it is read as numbers.

    `floats` (T,) are float64 with NaN where a cell is missing. `fault` says why the column cannot be read (then the
    values mean nothing). `style` is the decimal sign if the column can only be read with that one. `decorated`: there
    were units, multiples, marks or limits beside the digits, or words for truth. `notes` are sentences on what was
    done.
    """

    floats: np.ndarray
    fault: str | None = None
    style: str | None = None
    decorated: bool = False
    notes: list[str] = field(default_factory=list)


def parse_numbers(
    column: pd.Series, *, decimal: str | None = None, tolerance: float = 0.0, missing: object = None
) -> NumberColumn:
    """Read a column as numbers, where that is unambiguous.

    The decimal sign is one with which every cell is a number: `1.234,5` has a decimal comma, `1,234.5` a decimal point,
    and one such cell decides. Where both signs serve and give different numbers (`1,234` and nothing else),
    `decimal` decides, or a sign $, £, ¥ or ₹, which goes with a decimal point; without them a point is a decimal point,
    and a comma is a fault. Percent, currency and one and the same unit are dropped (`12%` reads 12, `3 kg` reads 3),
    and so are marks (`12*`, `12 (p)`); `12K` reads 12,000 and `<0.5` reads 0.5; all this is noted. `(5)` and `5-` read
    -5; true/yes and false/no read 1 and 0.

    Args:
        column: (T,) numbers, truth values or text.
        decimal: "." or ",", the sign to take where both would do.
        tolerance: share of the cells that may be no numbers; they are read as missing, and noted.
        missing: values or words that stand for a missing number, beside the usual words.

    Returns:
        The values (T,) in float64, or the fault.

    Example:
        >>> import pandas as pd
        >>> parse_numbers(pd.Series(["1.234,5 €", "2,5 €"])).floats.tolist()
        [1234.5, 2.5]
        >>> parse_numbers(pd.Series(["1,234"])).fault
        "'1,234' may be 1234 or 1.234"
    """
    named = as_missing(missing)
    if pd.api.types.is_numeric_dtype(column.dtype):
        if pd.api.types.is_complex_dtype(column.dtype):
            return NumberColumn(np.full(len(column), np.nan), fault="the values are complex numbers")
        values, notes = named.cleared(column.to_numpy(dtype=np.float64, na_value=np.nan))
        return NumberColumn(values, notes=notes)
    if not (is_text(column) or isinstance(column.dtype, pd.CategoricalDtype)):
        return NumberColumn(np.full(len(column), np.nan), fault=f"the values are of type {column.dtype}")
    codes, texts = pd.factorize(texts_of(column))
    counts = np.bincount(codes, minlength=len(texts))
    numbers = _parse_texts([str(text) for text in texts], codes, counts, decimal, tolerance, named)
    if numbers.fault is not None or not named.numbers:
        return numbers
    values, notes = named.cleared(numbers.floats)
    return replace(numbers, floats=values, notes=[*numbers.notes, *notes])


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
    texts: list[str],
    codes: np.ndarray,
    counts: np.ndarray,
    decimal: str | None,
    tolerance: float,
    named: Missing,
) -> NumberColumn:
    """The distinct texts as numbers, spread over the rows by their codes."""
    gone = MISSING_WORDS | named.words
    present = [i for i, text in enumerate(texts) if text.lower() not in gone]
    total = int(counts[present].sum())
    if (truth := _truth(texts, present)) is not None:
        return NumberColumn(truth[codes], decorated=True, notes=["words were read as 1 (true, yes) and 0 (false, no)"])

    read = _Read(texts, counts)
    read.read(present)
    if (mixed := read.settle_units(total, tolerance)) is not None:
        return NumberColumn(np.full(len(codes), np.nan), fault=mixed)
    found = {sign: int(counts[read.readable(sign)].sum()) for sign in ".,"}
    best = max(found.values())
    sign = max(found, key=lambda s: found[s])
    if best < (1 - tolerance) * total:
        odd = next(texts[i] for i in present if np.isnan(read.values[sign][i]))
        return NumberColumn(np.full(len(codes), np.nan), fault=f"{odd[:60]!r} is not a number")

    style = sign if found["."] != found[","] else None
    decimal = decimal or ("." if any(token.unit in _POINTED for token in read.tokens.values()) else None)
    if style is None:
        both = read.readable(".") & read.readable(",")
        unlike = np.flatnonzero(both & (read.values["."] != read.values[","]))
        if decimal is None and (first := next((i for i in unlike if "," in texts[i]), None)) is not None:
            point, comma = read.values["."][first], read.values[","][first]
            fault = f"{texts[first]!r} may be {max(point, comma):g} or {min(point, comma):g}"
            return NumberColumn(np.full(len(codes), np.nan), fault=fault)
    sign = style or decimal or "."
    values, decorated, notes = read.scaled(sign)
    if best < total:
        wrong = np.isin(codes, [i for i in present if np.isnan(read.values[sign][i])])
        first = int(wrong.argmax())
        one = total - best == 1
        where = f"{'' if one else 'such as '}{texts[codes[first]][:60]!r} in row {first + 1}"
        what = f"{total - best} of {total} cells {'is no number' if one else 'are no numbers'}"
        notes.append(f"{what} ({where}) and {were(total - best)} taken as missing")
    return NumberColumn(values[codes] if len(texts) else np.empty(0), style=style, decorated=decorated, notes=notes)


def _truth(texts: list[str], present: list[int]) -> np.ndarray | None:
    """The texts as 1 and 0, if they are words for truth."""
    if len(present) > len(_TRUTH) * 4:
        return None
    words = {texts[i].lower() for i in present}
    if words & _TRUTH_WORDS and words <= set(_TRUTH):
        return np.array([_TRUTH.get(text.lower(), np.nan) for text in texts])
    return None


class _Read:
    """Distinct texts as numbers.

    `values` hold the numbers by decimal sign, NaN where a text is none; `tokens` what is not digits and a point alone.
    """

    def __init__(self, texts: list[str], counts: np.ndarray) -> None:
        self.texts, self.counts = texts, counts
        self.values = {sign: np.full(len(texts), np.nan) for sign in ".,"}
        self.tokens: dict[int, Token] = {}

    def read(self, present: list[int]) -> None:
        """Read these texts."""
        points, commas = self.values["."], self.values[","]
        for i in present:
            text = self.texts[i]
            if _SIMPLE.fullmatch(text):
                points[i] = float(text)
                if "." not in text:
                    commas[i] = points[i]
                elif _GROUPED.fullmatch(text):
                    commas[i] = float(text.replace(".", ""))
                continue
            if "," in text:
                swapped = text.translate(_SWAPPED)
                if _SIMPLE.fullmatch(swapped):
                    commas[i] = float(swapped)
                    if _GROUPED.fullmatch(swapped):
                        points[i] = float(text.replace(",", ""))
                    continue
                if _THOUSANDS.fullmatch(text):
                    points[i] = float(text.replace(",", ""))
                    continue
                if _THOUSANDS.fullmatch(swapped):
                    commas[i] = float(swapped.replace(",", ""))
                    continue
            token = tokenise(text)
            if token is not None:
                self.tokens[i] = token
                for sign, values in self.values.items():
                    size = token.value(sign)
                    values[i] = math.nan if size is None else size

    def readable(self, sign: str) -> np.ndarray:
        """Which texts are numbers with this decimal sign."""
        return ~np.isnan(self.values[sign])

    def settle_units(self, total: int, tolerance: float) -> str | None:
        """Why the units cannot stand in one column; a few that do not fit are dropped within the tolerance."""
        numbers = self.readable(".") | self.readable(",")
        bare = int(self.counts[numbers].sum()) - sum(int(self.counts[i]) for i in self.tokens if numbers[i])
        groups: dict[str, list[int]] = {}
        lone = {token.unit for token in self.tokens.values()} | ({""} if bare else set())
        self.multiplied = any(token.sure for token in self.tokens.values()) or len(lone) > 1
        for i, token in self.tokens.items():
            if numbers[i]:
                groups.setdefault(self._unit(token), []).append(i)
        sizes = {unit: int(self.counts[of].sum()) for unit, of in groups.items()}
        sizes[""] = sizes.get("", 0) + bare
        main = max(sizes, key=lambda unit: sizes[unit])
        allowed = {main} | ({"", *filter(is_money, [main])} if is_money(main) else set())
        if main == "":
            money = [unit for unit in sizes if is_money(unit)]
            allowed |= {max(money, key=lambda unit: sizes[unit])} if money else set()
        strange = {unit: size for unit, size in sizes.items() if size and unit not in allowed}
        if sum(strange.values()) > tolerance * total:
            if "%" in (main, *strange) and {main, *strange} <= {"%", ""}:
                return "some cells are percents and others are not"
            other = next(iter(strange))
            if not main or not other:
                return f"some cells are in {main or other} and others have no unit"
            return f"the cells are in {' and '.join(sorted({main, other}))}"
        for unit in strange:
            for i in groups.get(unit, []) if unit else self._bare(numbers):
                self.values["."][i] = self.values[","][i] = math.nan
        return None

    def scaled(self, sign: str) -> tuple[np.ndarray, bool, list[str]]:
        """The numbers with this decimal sign, whether anything stood beside the digits, and notes on it."""
        values = self.values[sign].copy()
        seen: dict[str, list[int]] = {}
        unit = ""
        for i, token in self.tokens.items():
            if np.isnan(values[i]):
                continue
            if self.multiplied and token.times != 1:
                values[i] *= token.times
                seen.setdefault("times", []).append(i)
            unit = unit or self._unit(token)
            for kind in ("flag", "limit", "trailing"):
                if getattr(token, kind):
                    seen.setdefault(kind, []).append(i)
        notes = []
        if unit:
            what = "sign" if unit == "%" or is_money(unit) else "unit"
            notes.append(f"the {what} {unit} was dropped, the numbers were left as they are")
        for kind, of in seen.items():
            text, count = self.texts[of[0]], int(self.counts[of].sum())
            cells = counted(count, "cell")
            limit = f"cell ({text!r}) is a limit and was", f"cells such as {text!r} are limits and were"
            notes.append(
                {
                    "times": f"multiples in {cells} were read out: {text!r} as {values[of[0]]:.10g}",
                    "flag": f"marks beside the numbers of {cells}, as in {text!r}, were dropped",
                    "limit": f"{counted(count, *limit)} read as the limit itself",
                    "trailing": f"the minus after the number in {cells}, as in {text!r}, was read as its sign",
                }[kind]
            )
        return values, bool(notes), notes

    def _unit(self, token: Token) -> str:
        return "" if self.multiplied and token.times != 1 and not token.beside else token.unit

    def _bare(self, numbers: np.ndarray) -> list[int]:
        return [i for i in np.flatnonzero(numbers) if i not in self.tokens or not self._unit(self.tokens[i])]
