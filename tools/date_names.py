"""Names of months and weekdays out of Unicode CLDR, as babel has them, for `src/aurita/io/date_names.json`.

python tools/date_names.py      (writes the file; needs babel, which the site's builder brings)
"""

import json
from pathlib import Path
from typing import Any

from babel import Locale, __version__

from aurita.io._names import LOCALES, fold

_WIDTHS = ("wide", "abbreviated", "short")

FILE = Path(__file__).parents[1] / "src/aurita/io/date_names.json"
_NOTICE = "Unicode CLDR, copyright Unicode, Inc., under the Unicode License V3, https://www.unicode.org/license.txt"


def contents() -> dict[str, Any]:
    """Months of words by language, and the words of weekdays of all languages; words are folded."""
    months: dict[str, dict[str, int]] = {}
    days: set[str] = set()
    for name in LOCALES:
        locale = Locale.parse(name)
        named = [pair for forms in locale.months.values() for width in _WIDTHS[:2] for pair in forms[width].items()]
        found = {fold(text).strip("."): month for month, text in named}
        months[name] = {word: found[word] for word in sorted(found) if word.isalpha()}
        days |= {
            fold(text).strip(".")
            for forms in locale.days.values()
            for width in _WIDTHS
            for text in forms.get(width, {}).values()
        }
    # Hyphens part words: the Portuguese "segunda-feira" is two of them.
    parts = {part for word in days for part in word.split("-") if part.isalpha() and len(part) > 1}
    return {"source": f"{_NOTICE}; by babel {__version__}", "months": months, "weekdays": sorted(parts)}


def _written(names: dict[str, Any]) -> str:
    """JSON with a line for each language."""
    lines = [
        f"    {json.dumps(name)}: {json.dumps(words, ensure_ascii=False)}" for name, words in names["months"].items()
    ]
    return (
        f'{{\n  "source": {json.dumps(names["source"])},\n  "months": {{\n'
        + ",\n".join(lines)
        + f'\n  }},\n  "weekdays": {json.dumps(names["weekdays"], ensure_ascii=False)}\n}}\n'
    )


if __name__ == "__main__":
    FILE.write_text(_written(contents()), encoding="utf-8")
