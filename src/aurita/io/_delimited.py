"""Text with separators as a table: its layout, the decimal sign, and which columns are numbers."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from aurita.errors import AuritaError
from aurita.io._layout import BLANKS, Layout, find_layout
from aurita.io._missing import MISSING_WORDS, Missing, as_missing
from aurita.io._tokens import unwrap
from aurita.io.numerals import parse_numbers

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
        >>> from aurita.io._layout import find_layout
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


_SAMPLE = 200
# Who writes decimal commas does not part cells with commas.
_WITH_SEPARATOR = {",": "."}
_CODE = re.compile(CODE)
_POINT = re.compile(r"\.(?!\d{3}$)|^[+-]?0*\.|\d{4,}\.")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_ENOUGH_POINTED = 3
_TRUTH = {"true": True, "false": False}
_WRAPPED = ("=", "'", "’", "‘", "`", '"')


def parse_delimited(text: str, *, decimal: str | None = None, missing: object = None) -> tuple[pd.DataFrame, list[str]]:
    """Read a table from text with a header; as `read_table`, which see.

    Returns:
        The table, and notes on what was left out of it.

    Raises:
        AuritaError: no rows, no header, a name used twice, or lines of unequal length.

    Example:
        >>> parse_delimited("a\\tb\\n1\\tx\\n")[0].dtypes["a"].kind
        'i'
    """
    layout = find_layout(text)
    del text
    if not len(layout.body):
        raise _no_rows(layout)
    comma = decimal != "." and layout.separator != "," and _commas_are_decimal(layout)
    columns = _without_empty_end(read_columns(layout, decimal="," if comma else "."))
    columns = _numbers([_tidied(column) for column in columns], layout, "," if comma else decimal, as_missing(missing))
    frame = pd.DataFrame(dict(enumerate(columns)), copy=False)
    frame.columns = pd.Index(layout.names, dtype=object)
    frame = _without_unnamed(frame)
    if not len(frame) or not len(frame.columns):
        raise _no_rows(layout)
    open_still = [] if comma or decimal is not None else _open_points(layout)
    return frame, [*layout.notes, *open_still]


def _open_points(layout: Layout) -> list[str]:
    """A note on numbers such as 3.325 in a file separated by semicolons, where nothing says what the point is."""
    if layout.separator != ";":
        return []
    found, example = [], ""
    for place, name in enumerate(layout.names):
        cells = [row[place].strip() for row in layout.sample[:_SAMPLE] if place < len(row)]
        pointed = [cell for cell in cells if "." in cell]
        if any(_POINT.search(cell) and _is_float(cell) for cell in pointed):
            return []
        if len(set(pointed)) >= _ENOUGH_POINTED and all(_GROUPED.fullmatch(cell) for cell in pointed):
            found.append(name)
            example = example or pointed[0]
    if not found:
        return []
    return [
        f"numbers such as {example} of {', '.join(found)} were read with a decimal point; if it groups thousands, use "
        "read_table(path, decimal=',')"
    ]


def _no_rows(layout: Layout) -> AuritaError:
    return AuritaError(f"there is a header ({', '.join(layout.names[:20])}) and no row under it; give rows")


def _without_empty_end(columns: list[np.ndarray]) -> list[np.ndarray]:
    """Spreadsheets leave rows of separators at the end."""
    if len(columns) < 2:
        return columns
    end = len(columns[0])
    while end and all(pd.isna(column[end - 1]) for column in columns):
        end -= 1
    return columns if end == len(columns[0]) else [column[:end] for column in columns]


def _without_unnamed(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns without a name are dropped if they are empty or count the rows, and named otherwise."""
    if all(frame.columns):
        return frame
    keep, names = [], []
    for place, name in enumerate(frame.columns):
        column = frame.iloc[:, place]
        if not name and (column.isna().all() or _counts_rows(column)):
            continue
        given = name or f"column {place + 1}"
        while not name and given in frame.columns:
            given += "_"
        keep.append(place)
        names.append(given)
    return frame.iloc[:, keep].set_axis(pd.Index(names, dtype=object), axis=1)


def _counts_rows(column: pd.Series) -> bool:
    if not pd.api.types.is_integer_dtype(column.dtype):
        return False
    return bool((np.diff(column) == 1).all()) and column.iloc[0] in (0, 1)


def _tidied(column: np.ndarray) -> np.ndarray:
    """Text without blanks around it, nor what a spreadsheet put there to keep it as it is."""
    if column.dtype.kind != "O" or not any(cell[:1] in _WRAPPED or cell[-1:].isspace() for cell in _sample(column)):
        return column
    return np.array([unwrap(cell.strip()) if isinstance(cell, str) else cell for cell in column], dtype=object)


def _numbers(columns: list[np.ndarray], layout: Layout, decimal: str | None, missing: Missing) -> list[np.ndarray]:
    """Columns of numbers as numbers; a column that leaves its decimal sign open follows the others of the file."""
    texts = [i for i, column in enumerate(columns) if column.dtype.kind == "O"]
    native = [i for i, column in enumerate(columns) if column.dtype.kind == "f"]
    result = [missing.cleared(column)[0] if column.dtype.kind in "if" else column for column in columns]
    rest = {}
    for i in texts:
        if (values := _plain(columns[i], missing)) is not None:
            result[i] = values
            native += [i] * (values.dtype.kind == "f")
        elif _maybe_numbers(columns[i], missing):
            rest[i] = parse_numbers(pd.Series(columns[i]), missing=missing)
    if decimal is None and rest:
        styles = {numbers.style for numbers in rest.values() if numbers.style is not None}
        if any(_POINT.search(cells[i]) for i in native for cells in layout.sample[:_SAMPLE] if i < len(cells)):
            styles.add(".")
        decimal = styles.pop() if len(styles) == 1 else None if styles else _WITH_SEPARATOR.get(layout.separator)
    for i, numbers in rest.items():
        if numbers.fault is not None and decimal:
            chosen = parse_numbers(pd.Series(columns[i]), decimal=decimal, missing=missing)
        else:
            chosen = numbers
        if chosen.fault is None and (numbers.fault is not None or not numbers.decorated):
            result[i] = chosen.floats
    # Of plain numbers with a point, such as 1.234, the others of the file say whether it is decimal.
    native = [i for i in native if any("." in cells[i] for cells in layout.sample[:_SAMPLE] if i < len(cells))]
    if decimal == ",":
        written = read_texts(layout, native)
        for i in native:
            grouped = parse_numbers(pd.Series(written[i][: len(result[i])]), decimal=",", missing=missing)
            if grouped.fault is None and grouped.style != ".":
                result[i] = grouped.floats
    return result


def _commas_are_decimal(layout: Layout) -> bool:
    """Whether some columns of the sample can only be read with a decimal comma, and none only with a point."""
    styles = set()
    for place in range(len(layout.names)):
        cells = [row[place] for row in layout.sample[:_SAMPLE] if place < len(row)]
        if any("," in cell for cell in cells):
            styles.add(parse_numbers(pd.Series(cells, dtype=object)).style)
        elif any(_POINT.search(cell) and _is_float(cell) for cell in cells):
            styles.add(".")
    return "," in styles and "." not in styles


def _maybe_numbers(column: np.ndarray, missing: Missing) -> bool:
    """Whether a sample of a column of text, without codes, is mostly numbers."""
    sample = _sample(column)
    read = parse_numbers(pd.Series(sample, dtype=object), tolerance=0.5, decimal=".", missing=missing)
    return read.fault is None and not _coded(column)


def _plain(column: np.ndarray, missing: Missing) -> np.ndarray | None:
    """The values of a column of text that a computer wrote, words for missing among them; None for others."""
    gone = MISSING_WORDS | missing.words
    sample = [cell.strip().lower() for cell in _sample(column)]
    if any(cell not in gone and cell not in _TRUTH and not _is_float(cell) for cell in sample):
        return None
    codes, found = pd.factorize(column)
    words = [str(word).strip().lower() for word in found]
    if words and (codes >= 0).all() and all(word in _TRUTH for word in words):
        return np.array([_TRUTH[word] for word in words])[codes]
    absent = np.array([word in gone for word in words], dtype=bool)
    if absent.all():
        return None
    if any(_CODE.fullmatch(word) or "_" in word for word in words):
        return None
    try:
        values = np.array([np.nan if lost else float(word) for word, lost in zip(words, absent, strict=True)])
    except ValueError:
        return None
    whole = all(re.fullmatch(r"[+-]?\d+", word) for word in words) and (codes >= 0).all()
    spread = np.append(values, np.nan)[codes]
    return spread.astype(np.int64) if whole and not missing.numbers else missing.cleared(spread)[0]


def _is_float(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _coded(column: np.ndarray) -> bool:
    """Whether some cells are codes such as 007 or 01.2024, which are no quantities."""
    return any(isinstance(cell, str) and _CODE.fullmatch(cell.strip()) for cell in column)


def _sample(column: np.ndarray) -> list[str]:
    """Some of the cells that are not missing, from all over the column."""
    given = column[:: max(1, len(column) // (4 * _SAMPLE))]
    given = np.concatenate([column[:_SAMPLE], given]) if len(given) < len(column) else given
    return [cell for cell in given if isinstance(cell, str)][: 4 * _SAMPLE]
