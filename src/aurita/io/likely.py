"""What seems to say when a row happened, and could not be read: named, and refused."""

import re
from collections.abc import Sequence
from typing import NoReturn

import numpy as np
import pandas as pd

from aurita.errors import AuritaError
from aurita.io.dates import parse_dates
from aurita.io.names import fold, is_month
from aurita.io.numerals import MISSING_WORDS, is_text, parse_numbers, texts_of
from aurita.io.timenames import is_vague

_SAMPLE = 200
_MOSTLY = 0.5
_DATE_LIKE = re.compile(
    r".*\b(?:1[89]|2[01])\d\d\s?[-/.年: ]\s?[01]?\d\b.*|.*\b[0-3]?\d\s?[-/.: ]\s?(?:1[89]|2[01])\d\d\b.*"
    r"|[0-3]?\d\.?\s?[^\W\d_]+\.?\s?(?:1[89]|2[01])\d\d\b.*|[0-3]?\d[-/.][0-3]?\d[-/.]\d\d\b.*|\d{1,2}:\d\d\b.*",
    re.DOTALL,
)


def is_likely_date(column: pd.Series, kind: str | None) -> bool:
    """Whether a column that could not be read as times seems to be one: by its name, or by most of its cells.

    Args:
        column: (T,) cells.
        kind: what its name says it holds, as `kind_of_name`; None if it is no name of time.

    Example:
        >>> import pandas as pd
        >>> is_likely_date(pd.Series(["2024-13-01", "2024-13-02"]), None), is_likely_date(pd.Series(["a", "b"]), None)
        (True, False)
    """
    if pd.api.types.is_bool_dtype(column.dtype) or not column.notna().any():
        return False
    if pd.api.types.is_numeric_dtype(column.dtype):
        return kind is not None and not is_vague(column.name)
    if kind is not None and (not is_vague(column.name) or parse_numbers(column.head(_SAMPLE)).fault is not None):
        return True
    if not is_text(column) or parse_numbers(column.head(_SAMPLE), tolerance=0.05).fault is None:
        return False
    texts = [text for text in texts_of(column.dropna().head(_SAMPLE)) if text.lower() not in MISSING_WORDS]
    if not texts:
        return False
    like = sum(map(_seems_date, texts)) / len(texts)
    return like > _MOSTLY or parse_dates(column.head(_SAMPLE)).share > _MOSTLY


def refuse_unread(frame: pd.DataFrame, names: Sequence[str]) -> NoReturn:
    """Complain of columns that seem to say the time, with the first cell of each that cannot be read.

    Raises:
        AuritaError: always.
    """
    faults = []
    for name in names:
        dates = parse_dates(frame[name])
        unread = np.flatnonzero(dates.given & np.asarray(dates.stamps.isna()))
        row = int(unread[0]) if len(unread) else 0
        faults.append(f"{name!r} (row {row + 1}: {str(frame[name].iloc[row])!r})")
    column = "column" if len(names) == 1 else "columns"
    seem = "seems" if len(names) == 1 else "seem"
    raise AuritaError(
        f"the {column} {', '.join(faults)} {seem} to say when a row happened, and cannot be read as times; the "
        "rows may stand in another order than that of time: write dates as 2024-01-31 or 2024-01-31 14:00, name the "
        "time column, or take the rows in their order with time='none'"
    )


def _seems_date(text: str) -> bool:
    if _DATE_LIKE.fullmatch(text):
        return True
    words = re.findall(r"[^\W\d_]+", text)
    return bool(re.search(r"\d", text)) and len(words) < 4 and any(is_month(fold(word)) for word in words)
