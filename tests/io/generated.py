"""Files of all makes, drawn by a seed: well formed and ugly, in any dialect and encoding, cut off, mixed, binary."""

import datetime

import numpy as np

_ENCODINGS = ["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "cp1250", "cp1251", "cp932"]
_SEPARATORS = [",", ",", ";", "\t", "|", " ", "  "]
_DATES = ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%Y-%m-%dT%H:%M:%S", "%Y%m%d", "%b %Y", "%d %B %Y", "%H:%M", "%Y"]
_NAMES = [
    "date",
    "y",
    "Größe",
    "値",
    "Дата",
    "",
    "y",
    "a b",
    'quo"te',
    "x,y",
    "1",
    "2024",
    "#id",
    "time",
    "value [kg]",
    "=A1",
]
_ODD = ["", "NA", "-", "-9999", "#N/A", "1e400", "inf", "nan", "12K", "<0.5", "75-", "(5)", "1,234", "1.234,5", "12 kg"]
_ODD += [
    "true",
    "x" * 300,
    "5 %",
    "'-75",
    '="100"',
    "−3",
    "１２",
    "9" * 30,
    "007",
    "0x10",
    "1_000",
    "\\N",
    "..",
    "1:30",
    "☃",
]
_LINES = [
    "",
    "# comment",
    "Station report",
    "Unit;mm",
    "a,b",
    "sep=;",
    "-----",
    "2024",
    ";;;",
    '"',
    "Total,5",
    "\x0c",
    "''",
]


def random_file(seed: int) -> bytes:
    """The bytes of one file; most are nearly tables, some are none."""
    random = np.random.default_rng(seed)

    def pick(choices: list) -> object:
        return choices[int(random.integers(len(choices)))]

    if random.random() < 0.05:
        return _no_table(random)
    columns, rows = int(random.integers(1, 6)), int(pick([0, 1, 2, 3, 5, 20, 60, 300]))
    separator, ugly = str(pick(_SEPARATORS)), float(pick([0, 0, 0.01, 0.1, 0.5]))
    form, comma = str(pick(_DATES)), random.random() < 0.3
    start = datetime.datetime(int(random.integers(1950, 2030)), 1, 1)
    step = datetime.timedelta(hours=int(pick([1, 24, 24 * 31])))
    kinds = [
        str(pick(["date", "number", "number", "whole", "code", "word", "constant", "id", "any"]))
        for _ in range(columns)
    ]

    def cell(kind: str, row: int) -> str:
        if random.random() < ugly:
            return str(pick(_ODD))
        if kind == "date":
            return (start + row * step).strftime(form)
        if kind == "number":
            text = f"{np.sin(row / 3) * 10 ** int(pick([0, 1, 5])):.3f}"
            return text.replace(".", ",") if comma else text
        return {
            "whole": str(row * 7 % 31),
            "code": f"{row:05d}",
            "word": str(pick(["a", "b c", "ä", "Дата", "値"])),
            "constant": "5",
            "id": str(row % 3),
            "any": str(pick(_ODD)),
        }[kind]

    def line(cells: list[str]) -> str:
        return separator.join(f'"{text}"' if separator in text or random.random() < 0.02 else text for text in cells)

    lines = [str(pick(_LINES)) for _ in range(int(pick([0, 0, 0, 1, 3])))]
    if random.random() < 0.9:
        plain = [kind if kind in ("date", "id") else f"{kind}{i}" for i, kind in enumerate(kinds)]
        lines.append(line([str(pick(_NAMES)) if random.random() < max(ugly, 0.05) else name for name in plain]))
    for row in range(rows):
        cells = [cell(kind, row) for kind in kinds]
        if random.random() < ugly / 5:
            cells = cells[:-1] if random.random() < 0.5 else [*cells, "surplus"]
        lines.append(line(cells))
        if random.random() < ugly / 10:
            lines.append(str(pick(_LINES)))
    lines += [str(pick(_LINES)) for _ in range(int(pick([0, 0, 0, 1])))]
    if random.random() < 0.1:
        random.shuffle(lines)
    data = str(pick(["\n", "\n", "\r\n", "\r"])).join(lines).encode(str(pick(_ENCODINGS)), errors="replace")
    return _damaged(data, random) if random.random() < 0.15 else data


def _damaged(data: bytes, random: np.random.Generator) -> bytes:
    place = int(random.integers(len(data) + 1))
    way = int(random.integers(4))
    if way == 0:
        return data[:place]
    if way == 1:
        return data[:place] + b"\x00" * int(random.integers(1, 50)) + data[place:]
    if way == 2:
        return data[:place] + random.bytes(int(random.integers(1, 9))) + data[place:]
    return data + data[:place]


def _no_table(random: np.random.Generator) -> bytes:
    size = int(random.integers(0, 2000))
    return [
        random.bytes(size),
        b"",
        b"\n" * size,
        b"\x00" * size,
        b'"' * size,
        b"," * size,
        b"PAR1" + random.bytes(size),
        b"\x1f\x8b" + random.bytes(size),
        b"a,b\n" + b"1" * 200_000 + b",2\n",
        b"{" + b'"a": [1, 2, 3],' * size + b"}",
        b"<html><body>" + b"<p>not found</p>\n" * size,
    ][int(random.integers(11))]
