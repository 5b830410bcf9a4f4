"""One number as people write it: its sign, its value for either decimal sign, and what stands around it."""

import re
import unicodedata
from dataclasses import dataclass

CURRENCIES = (
    r"R\$|[A-Z]{1,2}\$|Rs\.?(?![a-z])|[$€£¥₹₽₩₺₪฿₫₴₦]|EUR|USD|GBP|CHF|JPY|CNY|RMB|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF"
    r"|RUB|TRY|ZAR|MXN|BRL|kr\.?|zł|Kč|Ft"
)
"""Signs of money, as a pattern."""

_UNIT = r"[%‰°µμΩ$€£¥₹]?[^\W\d_]*\.?[²³23]?(?:[/·*][^\W\d_]+[²³23]?)?"
_TOKEN = re.compile(
    rf"(?P<limit>[<>≤≥]=?\s*|&[lg]t;\s*)?(?P<open>\()?\s*(?P<sign>[+\-])?\s*(?P<before>{CURRENCIES})?\s*(?P<inner>[+\-])?"
    r"(?P<core>\d(?:[\d.,'’ ]*[\d.,])?|[.,]\d+)(?P<power>[eEdD][+-]?\d+)?"
    rf"(?P<gap>\s*)(?P<after>(?=[^\s\d/·*.-])(?:{_UNIT}|{CURRENCIES})(?: (?=[^\s\d/·*.-])(?:{_UNIT}|{CURRENCIES}))?)?"
    r"\s*(?P<trailing>-)?\s*(?P<mark>[*†‡§#^]+|[\[(][A-Za-z0-9*]{1,2}[\])]|(?<![^\W\d_])[a-z]\))?(?(open)\s*\))"
)
_MONEY = re.compile(CURRENCIES)
_WRAPPED = re.compile(
    r"""=\s*"(?P<quoted>[^"]*)"|=(?P<formula>[+\-\d.].*)|['’‘`](?P<text>[+\-(]?[\d.].*)|"(?P<cell>[^"]*)\""""
)
_INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
_SPACED = re.compile(r"\d{1,3}(?:[ '’]\d{3})+(?:[.,]\d*)?")
_RAISED = re.compile(r"(?<=[\d%])[¹²³⁴⁵⁶⁷⁸⁹⁰ᵃᵇᶜ]+$")
_READINGS = {
    ".": (
        re.compile(r"\d+(?:\.\d*)?|\.\d+"),
        re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?|[1-9]\d?(?:,\d{2})+,\d{3}(?:\.\d*)?"),
    ),
    ",": (re.compile(r"\d+(?:,\d*)?|,\d+"), re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?")),
}
_OTHER = {".": ",", ",": "."}
_SIGNS = str.maketrans(
    dict.fromkeys("−‐‑‒–—﹣－➖", "-")
    | dict.fromkeys("\xa0\u202f\u2009\u2007\u2002\u2003\u2005\u2006\u2008\u200a\u3000\t", " ")
    | dict.fromkeys("\u200b\u200e\u200f\u2060\ufeff", "")
    | {"＋": "+", "．": ".", "，": ",", "٫": ".", "٬": ",", "％": "%", "＄": "$", "ʼ": "'", "′": "'"}
)
# Letters after a number that multiply it, and those that statistical offices put there to qualify it.
_TIMES = {"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
_WORDS = {
    "thousand": 1e3, "thsd": 1e3, "tsd": 1e3, "tys": 1e3, "тыс": 1e3, "lakh": 1e5, "lakhs": 1e5, "mn": 1e6, "mio": 1e6,
    "mln": 1e6, "mill": 1e6, "million": 1e6, "millions": 1e6, "млн": 1e6, "crore": 1e7, "crores": 1e7, "bn": 1e9,
    "mrd": 1e9, "mld": 1e9, "md": 1e9, "billion": 1e9, "billions": 1e9, "млрд": 1e9, "tn": 1e12, "trillion": 1e12,
}  # fmt: skip
_FLAGS = frozenset("preubcfsdnzi")


_ACCOUNT = re.compile(r"(?P<before>[^\d().,]*)\((?P<amount>\s*\d[^()]*)\)(?P<after>[^\d().,]*)")


@dataclass(frozen=True)
class Token:
    """One number in text.

    Attributes:
        core: digits, points and commas.
        power: an exponent, such as "e-3".
        negative: whether a sign, a trailing minus or brackets say so.
        unit: of money, percent, or any other, as it stands; "" for none.
        times: the multiple that a letter or word may mean (`12K`, `3.4 Mio`); 1 for none.
        sure: whether the multiple can mean nothing else.
        beside: whether `unit` stands beside the multiple, and is not its letter.
        flag: a mark that qualifies the number (`*`, `(p)`, `r`); "" for none.
        limit: "<" or ">" where the number is a limit only; "" otherwise.
        trailing: whether the minus is after the number.
    """

    core: str
    power: str
    negative: bool
    unit: str = ""
    times: float = 1.0
    sure: bool = False
    beside: bool = False
    flag: str = ""
    limit: str = ""
    trailing: bool = False

    def value(self, sign: str) -> float | None:
        """The number if `sign` is the decimal sign; None if it cannot be.

        Example:
            >>> token = tokenise("1.234")
            >>> token.value("."), token.value(",")
            (1.234, 1234.0)
        """
        if self.core == "inf":
            return float("-inf") if self.negative else float("inf")
        plain, grouped = _READINGS[sign]
        if not plain.fullmatch(self.core) and not grouped.fullmatch(self.core):
            return None
        size = float(self.core.replace(_OTHER[sign], "").replace(sign, ".") + self.power)
        return -size if self.negative else size


def tokenise(text: str) -> Token | None:
    """Read a stripped text as a number; None if it is none.

    Example:
        >>> tokenise("(12,5 kg)").value(","), tokenise("12K").times, tokenise("<0.5").limit, tokenise("7 dwarves 3")
        (-12.5, 1000.0, '<', None)
    """
    text = _sign_within(unwrap(plain_signs(text)).strip())
    if _INFINITE.fullmatch(text):
        return Token("inf", "", text.startswith("-"))
    raised = _RAISED.search(text)
    flag = raised[0] if raised else ""
    match = _TOKEN.fullmatch(text[: raised.start()] if raised else text)
    if match is None or sum(bool(match[part]) for part in ("sign", "inner", "trailing", "open")) > 1:
        return None
    core = match["core"].strip()
    if re.search(r"[^\d.,]", core):
        if not _SPACED.fullmatch(core):
            return None
        core = re.sub(r"[^\d.,]", "", core)
    after = (match["after"] or "").strip()
    if match["before"] and after and _MONEY.fullmatch(after):
        return None
    negative = (match["open"] is not None) != ("-" in (match["sign"], match["inner"], match["trailing"]))
    unit, times, sure, letter = _what_follows(after, bool(match["gap"]))
    letters = unit in _TIMES
    return Token(
        core,
        (match["power"] or "").lower().replace("d", "e"),
        negative,
        match["before"] or unit,
        times,
        sure or bool(match["before"] and letters),
        bool(match["before"]) or not letters,
        flag or match["mark"] or letter,
        "" if not match["limit"] else "<" if match["limit"][0] in "<≤" or match["limit"].startswith("&l") else ">",
        match["trailing"] is not None,
    )


def _sign_within(text: str) -> str:
    """An amount in brackets with its sign of money before or after them, as accountants write it, with the sign inside.

    Example:
        >>> _sign_within("$(12.50)"), _sign_within("(12,50) €"), _sign_within("12 (p)")
        ('($12.50)', '(12,50€)', '12 (p)')
    """
    match = _ACCOUNT.fullmatch(text)
    if match is None or not is_money((match["before"] or match["after"]).strip()):
        return text
    return f"({match['before'].strip()}{match['amount']}{match['after'].strip()})"


def is_money(unit: str) -> bool:
    """Whether a unit is a sign of money."""
    return _MONEY.fullmatch(unit) is not None


def unwrap(text: str) -> str:
    """A cell without what a spreadsheet put around it to keep it as text: `="100"`, `=100`, `'100`.

    Example:
        >>> unwrap('="2024-01-31"'), unwrap("'-75"), unwrap("don't")
        ('2024-01-31', '-75', "don't")
    """
    match = _WRAPPED.fullmatch(text)
    return next((part for part in match.groups() if part is not None), text) if match else text


def plain_signs(text: str) -> str:
    """Signs and digits of other scripts and widths as those of ASCII.

    Example:
        >>> plain_signs("−１２")
        '-12'
    """
    if text.isascii():
        return text
    text = text.translate(_SIGNS)
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c)) if not c.isascii() and c.isdecimal() else c for c in text)


def _what_follows(after: str, gap: bool) -> tuple[str, float, bool, str]:
    """Unit, multiple, whether it is sure to be one, and flag of the text after a number."""
    if not after:
        return "", 1.0, False, ""
    word, _, rest = after.partition(" ")
    if (size := _WORDS.get(word.rstrip(".").lower())) is not None:
        return rest.strip(), size, True, ""
    if after in _FLAGS:
        return "", 1.0, False, after
    if after in _TIMES:
        return after, _TIMES[after], not gap, ""
    money = _MONEY.fullmatch(after[1:].strip()) if after[0] in _TIMES else None
    if money is not None:
        return after[1:].strip(), _TIMES[after[0]], True, ""
    return after, 1.0, False, ""
