"""The rows of a delimited text as columns, typed by pandas where a column is plainly of numbers, as text elsewhere."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from aurita.errors import AuritaError
from aurita.io.layout import BLANKS, Layout

CODE = r"[+-]?0\d\d+|0\d+\.\d+|[+-]?\d{19,}"
"""A code such as 007 or 01.2024, which is no quantity."""

_CHUNK = 1 << 16
_BLOCK = 1 << 22
_LARGEST_WHOLE = 1e18
_LARGE = 1 << 24
_CODES = re.compile(rf"(?m)^\s*(?:{CODE})\s*$")


def read_columns(layout: Layout, *, decimal: str = ".") -> list[np.ndarray]:
    """The cells of a table by column.

    Numbers are read to the last bit; of more than 16 MiB, whose reading would take twice as long, to within one unit in
    the last place of float64 (pandas' usual parser).

    Args:
        layout: the rows, and how cells are parted.
        decimal: the decimal sign of the columns that are plainly of numbers; others are text.

    Returns:
        Arrays (T,), of whole numbers, float64 or truth values where every cell is one as a computer writes it, and of
        text (missing cells NaN) elsewhere; codes such as 007 are text.

    Raises:
        AuritaError: lines of unequal length, or quotes that do not end.

    Example:
        >>> from aurita.io.layout import find_layout
        >>> [column.dtype.kind for column in read_columns(find_layout("a,b,c\\n1,x,007\\n2,y,012\\n"))]
        ['i', 'O', 'O']
    """
    suspects = _suspects(layout)
    precision = "round_trip" if len(layout.body) <= _LARGE else None
    width = len(layout.names)
    pieces: list[list[np.ndarray]] = [[] for _ in range(width)]
    for chunk in _chunks(layout, {"float_precision": precision, "decimal": decimal}):
        for place in range(width):
            pieces[place].append(chunk.iloc[:, place].to_numpy())
    again = [place for place in range(width) if _must_be_text(pieces[place], place in suspects)]
    texts = read_texts(layout, again)
    for place in again:
        numbers = all(piece.dtype.kind in "iuf" for piece in pieces[place])
        if not numbers or _CODES.search("\n".join(texts[place][~pd.isna(texts[place])])):
            pieces[place] = [texts[place]]
    return [_joined(pieces.pop(0)) for _ in range(width)]


def read_texts(layout: Layout, places: Sequence[int]) -> dict[int, np.ndarray]:
    """Some columns as text (T,), missing cells NaN."""
    if not places:
        return {}
    chunks = list(_chunks(layout, {"dtype": str, "usecols": list(places)}))
    return {
        place: np.concatenate([chunk[place].to_numpy(dtype=object) for chunk in chunks] or [np.empty(0, object)])
        for place in places
    }


def _must_be_text(pieces: list[np.ndarray], suspect: bool) -> bool:
    """Whether a column has to be read again as text: mixed, very large, or with what may be codes."""
    kinds = {piece.dtype.kind for piece in pieces}
    if kinds <= {"O"}:
        return False
    if kinds == {"b"}:
        return False
    if not kinds <= set("iuf"):
        return True
    return suspect or any(
        len(piece) and np.nanmax(np.abs(piece.astype(np.float64)), initial=0) >= _LARGEST_WHOLE for piece in pieces
    )


def _joined(pieces: list[np.ndarray]) -> np.ndarray:
    if not pieces:
        return np.empty(0, dtype=object)
    kinds = {piece.dtype.kind for piece in pieces}
    if kinds <= set("iuf"):
        kind = np.int64 if kinds == {"i"} else np.float64
        return np.concatenate(pieces).astype(kind, copy=False)
    return np.concatenate(pieces) if len(pieces) > 1 else pieces[0]


class _Body:
    """A text that pandas reads in parts, without a copy of the whole."""

    def __init__(self, text: str) -> None:
        self._text, self._place = text, 0

    def read(self, size: int = -1) -> bytes:
        end = len(self._text) if size < 0 else self._place + size
        part = self._text[self._place : end]
        self._place += len(part)
        return _bytes(part)

    def __iter__(self) -> Iterator[bytes]:
        raise NotImplementedError


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _chunks(layout: Layout, options: dict) -> Iterator[pd.DataFrame]:
    """Parts of the rows, read by pandas with these options."""
    width = len(layout.names)
    if not layout.body:
        return
    try:
        reader = pd.read_csv(
            _Body(layout.body),  # type: ignore[call-overload]
            sep=layout.separator,
            header=None,
            names=range(width),
            index_col=False,
            keep_default_na=False,
            na_values=[""],
            skipinitialspace=True,
            skip_blank_lines=width > 1,
            chunksize=_CHUNK,
            low_memory=False,
            engine="c",
            **options,
        )
        with reader:
            yield from reader
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        reason = _in_file(str(error).replace("Error tokenizing data. C error: ", "").strip(), layout)
        raise AuritaError(f"the lines do not all have {width} cells, as the header has: {reason}") from None


def _in_file(reason: str, layout: Layout) -> str:
    """A complaint of pandas with the number of the line in the file."""
    if layout.first_line is None:
        return reason.replace("in line", "in row").replace("at row", "at row")
    first = layout.first_line
    return re.sub(r"(?<=line )\d+", lambda number: str(int(number[0]) + first - 1), reason)


def _suspects(layout: Layout) -> set[int]:
    """Columns with cells that begin with a zero and a digit, as codes do."""
    suspects: set[int] = set()
    data = layout.body
    simple = len(layout.separator) == 1 and '"' not in data
    parts = np.zeros(256, dtype=bool)
    parts[[*b'\n\r"', *(b" \t" if layout.separator == BLANKS else layout.separator.encode()[:1])]] = True
    digits = np.zeros(256, dtype=bool)
    digits[[*b"0123456789"]] = True
    start = 0
    while start < len(data):
        end = len(data) if start + _BLOCK >= len(data) else data.rfind("\n", start, start + _BLOCK) + 1
        if end <= start:
            end = (data.find("\n", start) + 1) or len(data)
        block = np.frombuffer(b"\n" + _bytes(data[start:end]) + b"\n\n", dtype=np.uint8)
        start = end
        following = digits[block[1:]]
        zeros = np.flatnonzero((block[:-1] == ord("0")) & following)
        before = block[zeros - 1]
        signed = (before == ord("-")) | (before == ord("+")) | (before == ord(" "))
        first = parts[before] | (
            signed & (parts[block[np.maximum(zeros - 2, 0)]] | (block[np.maximum(zeros - 2, 0)] == ord(" ")))
        )
        zeros = zeros[first]
        if not len(zeros):
            continue
        if not simple:
            return set(range(len(layout.names)))
        cuts = np.flatnonzero(block == layout.separator.encode()[0])
        rows = np.flatnonzero(block == ord("\n"))
        begin = rows[np.searchsorted(rows, zeros) - 1]
        suspects |= set((np.searchsorted(cuts, zeros) - np.searchsorted(cuts, begin)).tolist())
    return suspects
