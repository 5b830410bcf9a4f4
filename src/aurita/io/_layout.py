"""Where a table lies in a text: its separator, its line of names, what stands above and below, and its rows."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from aurita.errors import AuritaError
from aurita.io._header import Data, data_columns, names_of

BLANKS = r"\s+"
"""The separator of a table whose cells stand apart by blanks."""

_BLANK = ' \t\r\n;,"|'
_SEPARATORS = "\t;,|"
_SAMPLE = 400
_SAMPLE_SIZE = 1 << 18
_LEAST_LINES = 20
_CONSISTENT = 0.9
_COMMENT = re.compile(
    r"^[ \t]*#(?!(?:N/?A|NV|DIV/0!|VALUE!|REF!|NAME\?|NUM!|NULL!|N/D)(?![A-Za-z]))[^\r\n]*(?:\r\n|\n|\r|\Z)",
    re.MULTILINE,
)
_RULER = re.compile(r"[\s|+:=-]*(?:-{3,}|={3,})[\s|+:=-]*")
_TAIL = 4096
_MOST_FOOTER = 10


@dataclass(frozen=True)
class Layout:
    """How a text is a table.

    `names` of the columns, empty where a column has none; `body` the rows under them, the first of which is line
    `first_line` of the file (None where comments stood between); `sample` the first rows; `notes` sentences on what was
    left out.
    """

    separator: str
    names: list[str]
    body: str
    first_line: int | None
    sample: list[list[str]]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Record:
    """Cells of one record, where in the text it starts and ends, and the number of its first line."""

    cells: list[str]
    start: int
    end: int
    line: int


@dataclass(frozen=True)
class _Split:
    """A text split by a separator: its first records, and what its rows look like."""

    separator: str
    text: str
    records: list[_Record]
    data: Data

    @cached_property
    def header(self) -> list[int]:
        """The records that hold the names: those right above the first that looks like data."""
        first = next((i for i, record in enumerate(self.records) if self.data.is_data(record.cells)), None)
        if not first:
            return [0]
        above = first
        while above > 0 and len(self.records[above - 1].cells) == self.data.width:
            above -= 1
        if above < first:
            return list(range(above, first))
        wide = len(self.records[first - 1].cells)
        one_more = wide == self.data.width - 1 and (wide > 1 or self._surplus(first))
        if one_more or (first == 1 and wide > 1):
            return [first - 1]
        return [first] if self.data.width > 1 else [0]

    def _surplus(self, first: int) -> bool:
        """Whether the rows have a cell more than matters: an empty last one, or the number of the row."""
        rows = [record.cells for record in self.records[first:]]
        return all(not row[-1] for row in rows) or [row[0] for row in rows] == [str(i + 1) for i in range(len(rows))]

    @property
    def named(self) -> bool:
        """Whether a record of several cells may hold the names."""
        return self.width > 1 and (self.header[0] == 0 or not self.data.is_data(self.records[self.header[0]].cells))

    @property
    def lone(self) -> bool:
        """Whether this is one column of numbers with decimal commas, which part no cells."""
        rows = [record.cells for record in self.records[1:]]
        name, *more = self.records[0].cells
        commas = [row for row in rows if len(row) == 2 and all(re.fullmatch(r"[+-]?\d+", cell) for cell in row)]
        return self.separator == "," and bool(name) and not more and len(commas) >= len(rows) / 2

    @property
    def width(self) -> int:
        """How many names there are."""
        return len(self.records[self.header[-1]].cells)

    @cached_property
    def even(self) -> float:
        """Share of the rows that are as wide as the names, or by one cell wider."""
        under = self.records[self.header[-1] + 1 :]
        return sum(len(record.cells) in (self.width, self.width + 1) for record in under) / len(under) if under else 1.0

    def lines(self, start: int, end: int) -> list[str]:
        """The records from `start` to `end` as they stand in the text."""
        return [self.text[record.start : record.end].strip() for record in self.records[start:end]]


def find_layout(text: str) -> Layout:
    """Find the table in a text.

    Raises:
        AuritaError: no rows, no names, or lines that do not have as many cells as there are names.

    Example:
        >>> layout = find_layout("Station 7\\n\\n# hourly\\ntime|y\\n2024-01-01|1\\n2024-01-02|2\\n")
        >>> layout.separator, layout.names, layout.body
        ('|', ['time', 'y'], '2024-01-01|1\\n2024-01-02|2')
    """
    named = re.match(r"\s*sep=(.)\r?\n", text, re.IGNORECASE)
    start = named.end() if named else 0
    if blank := re.compile(r"[\s;,]*\n").match(text, start):
        start = blank.end()
    lines_above = text.count("\n", 0, start)
    body, comments = _without_comments(text[start:].rstrip("\r\n"))
    if not body.strip(_BLANK):
        raise AuritaError("the file is empty; give a header and rows")
    split = _split(body, named[1]) if named else _best(body)
    if comments and split.data.is_data(split.records[0].cells):
        # A header may be a comment too, as numpy.savetxt writes it.
        inner = _split(comments[-1].lstrip("# \t") + "\n" + body, split.separator)
        if len(inner.records[0].cells) == split.data.width and not inner.data.is_data(inner.records[0].cells):
            split, comments = inner, comments[:-1]
    header = split.header
    rows = [record.cells for record in split.records[header[-1] + 1 :]]
    names, notes, skipped = names_of(
        [split.records[i].cells for i in header],
        rows,
        split.data,
        split.separator,
        lines_above + split.records[header[0]].line,
    )
    above = split.lines(0, header[0] + len(skipped))
    end = split.records[header[-1]].end
    if len(names) > 1 and rows:
        end = split.records[header[-1] + 1].start
    rest, footer = _without_footer(split.text[end:], split.separator, len(names), split.data)
    for lines, what in (
        (comments, "comment lines were left out"),
        (above, "lines above the names of the columns were left out"),
        (footer, "lines under the table were left out"),
    ):
        if lines:
            notes.append(f"{what} ({len(lines)}): {', '.join(repr(line[:40]) for line in lines[:3])}")
    first_line = None if comments else lines_above + split.text.count("\n", 0, end) + 1
    return Layout(split.separator, names, rest, first_line, rows, notes)


def _without_comments(body: str) -> tuple[str, list[str]]:
    """The text without lines that begin with #, unless most do, and these lines."""
    if "#" not in body:
        return body, []
    found, quotes, seen = [], 0, 0
    for match in _COMMENT.finditer(body):
        quotes += body.count('"', seen, match.start())
        seen = match.start() if quotes % 2 else match.end()
        if quotes % 2 == 0:
            found.append(match)
    if not found or 2 * len(found) > body.count("\n") + 1:
        return body, []
    kept, last = [], 0
    for match in found:
        kept.append(body[last : match.start()])
        last = match.end()
    kept.append(body[last:])
    return "".join(kept).strip("\r\n"), [match[0].strip() for match in found]


def _without_footer(rows: str, separator: str, width: int, data: Data) -> tuple[str, list[str]]:
    """The rows without lines under them that are no rows, such as a source."""
    footer: list[str] = []
    while width > 1 and len(footer) < _MOST_FOOTER and data.columns:
        start = max(rows.rfind("\n", max(0, len(rows) - _TAIL)), rows.rfind("\r", max(0, len(rows) - _TAIL))) + 1
        line = rows[start:].strip()
        if not start or '"' in line:
            break
        cells = line.split(None if separator == BLANKS else separator)
        lone = sum(bool(cell.strip()) for cell in cells) == 1 and (
            not data.is_data(cells + [""] * (width - len(cells))) or re.fullmatch(r"\(\d+ rows?\)", line)
        )
        if line and not (lone and cells[0]) and not _RULER.fullmatch(line):
            break
        if line:
            footer.append(line)
        elif not rows.strip():
            break
        rows = rows[:start].rstrip("\r\n")
    return rows, footer[::-1]


def _best(body: str) -> _Split:
    """The first separator that gives the sampled lines as many cells as there are names; blanks if none does."""
    splits = [split for split in (_split(body, separator) for separator in _SEPARATORS) if split.data.width > 1]
    named = [split for split in splits if split.named]
    for split in named:
        if split.even >= _CONSISTENT:
            return split
    if named:
        return max(named, key=lambda split: split.even)
    for separator, text in _by_blanks(body):
        split = _split(text, separator)
        if split.width > 1 and split.width == split.data.width and split.even >= _CONSISTENT and split.data.columns:
            return split
    rows = [split for split in splits if split.data.columns and split.even >= _CONSISTENT and not split.lone]
    return rows[0] if rows else _split(body, ";")


def _split(text: str, separator: str) -> _Split:
    records = _records(text, separator)
    return _Split(separator, text, records, data_columns([record.cells for record in records]))


def _by_blanks(body: str) -> Iterator[tuple[str, str]]:
    """The text as one whose cells stand apart by blanks, by two at least, or in columns of fixed width."""
    yield BLANKS, body
    lines = body.splitlines()
    if any(re.search(r"\S {2,}\S", line) for line in lines[:_SAMPLE]):
        yield "\t", "\n".join("\t".join(re.split(r" {2,}|\t", line.strip())) for line in lines)
    head = [line for line in lines[:_SAMPLE] if line.strip()]
    for rows in (head, head[len(head) // 2 :]):
        width = max(map(len, rows), default=0)
        filled = [any(i < len(line) and line[i] != " " for line in rows) for i in range(width)]
        starts = [i for i in range(width) if filled[i] and (i == 0 or not filled[i - 1])]
        if len(starts) > 1:
            cuts = list(zip(starts, [*starts[1:], None], strict=True))
            yield "\t", "\n".join("\t".join(line[a:b].strip() for a, b in cuts) for line in lines)


def _records(text: str, separator: str) -> list[_Record]:
    """The first records that are neither blank nor ruled lines."""
    position = [0]
    size = _sample_size(text)

    def lines() -> Iterator[str]:
        for line in io.StringIO(text[:size], newline=""):
            position.append(position[-1] + len(line))
            yield line.replace("\t", " ").strip() + "\n" if separator == BLANKS else line

    reader = csv.reader(lines(), delimiter=" " if separator == BLANKS else separator, skipinitialspace=True)
    found: list[_Record] = []
    before = 0
    try:
        for cells in reader:
            start, end = position[before], position[reader.line_num]
            if any(cell.strip() for cell in cells) and not _RULER.fullmatch(text[start:end]):
                found.append(_Record([cell.strip() for cell in cells], start, end, before + 1))
            before = reader.line_num
            if len(found) > _SAMPLE:
                break
    except csv.Error as error:
        raise AuritaError(f"line {reader.line_num} cannot be read: {error}; give a CSV file") from None
    if not found:
        raise AuritaError("the file is empty; give a header and rows")
    # The last record of a part of a text may be a part itself.
    return found[:-1] if len(found) > 1 and (size < len(text) or len(found) > _SAMPLE) else found


def _sample_size(text: str) -> int:
    """Characters of the lines that are looked at."""
    end = 0
    for _ in range(_LEAST_LINES):
        end = text.find("\n", end) + 1
        if not end:
            return len(text)
    if len(text) <= _SAMPLE_SIZE:
        return len(text)
    return max(end, text.rfind("\n", 0, _SAMPLE_SIZE) + 1)
