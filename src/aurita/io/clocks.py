"""Clock times as people write them: 24 hours or am and pm in many languages, zones by name or by their offset."""

import re

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
