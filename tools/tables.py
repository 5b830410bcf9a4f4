"""Tables of the pages: each is written from a record of `docs/tables.json`, so that page and file cannot disagree.

A record has the `page`, the `command` that measures the table again, its `head` and its `rows`. On the page the line
`<!-- table NAME -->` stands before the table. A benchmark that can be read by a program prints, for a cell, a line

    figure {"row": "the first cells of a row, by | ", "column": "head of the column", "value": "as it is shown"}

(`benchmarks/printed.py` does), and `python tools/figures.py again NAME` runs the command and writes what it finds.
"""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RECORDS = ROOT / "docs" / "tables.json"
_MARK, _BODY = r"(?P<mark><!-- table (?P<name>[^>]+?) -->\n)?", r"(?P<table>^\|.*\n\|[-| :]+\|\n(?:\|.*(?:\n|\Z))+)"
_TABLE = re.compile(_MARK + _BODY, re.MULTILINE)
_RUN = r"(?:(?:python )?benchmarks/\w+\.py|aurita reproduce |make run)"
_MEASURED = re.compile(rf"`({_RUN}[^`]*)`|^    ({_RUN}.*?)(?: +#.*)?$", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def records() -> dict[str, dict[str, Any]]:
    """All tables by name."""
    return json.loads(RECORDS.read_text(encoding="utf-8")) if RECORDS.exists() else {}


def save(found: dict[str, dict[str, Any]]) -> None:
    """Write the records, a row a line."""
    text = json.dumps(found, indent=1, ensure_ascii=False)
    text = re.sub(r"\[\n\s+(\"[^\[\]]*?)\n\s+\]", lambda m: "[" + re.sub(r"\n\s+", " ", m[1]) + "]", text)
    RECORDS.write_text(text + "\n", encoding="utf-8")


def written(record: dict[str, Any]) -> str:
    """A record as a table of a page.

    Example:
        >>> print(written({"head": ["a", "b"], "rows": [["1", ""]]}), end="")
        | a | b |
        |---|---|
        | 1 | |
    """
    rows = [record["head"], *record["rows"]]
    lines = ["|" + "|".join(f" {cell} " if cell else " " for cell in row) + "|" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(record["head"]), *lines[1:]]) + "\n"


def disagreements(found: dict[str, dict[str, Any]]) -> list[str]:
    """Pages whose tables are not those of the file, one line each."""
    wrong, known = [], {name: record["page"] for name, record in found.items()}
    for page in sorted({*known.values()}):
        text = (ROOT / page).read_text(encoding="utf-8")
        marked = [(match["name"], match["table"]) for match in _TABLE.finditer(text) if match["name"]]
        there = dict(marked)
        twice = sorted({name for name, _ in marked if [other for other, _ in marked].count(name) > 1})
        wrong += [f"{page}: two tables are called {name!r}" for name in twice]
        for name, of in known.items():
            if of == page and there.get(name) != written(found[name]):
                wrong.append(f"{page}: the table {name!r} is not that of docs/tables.json")
        wrong += [f"{page}: the table {name!r} is not in docs/tables.json" for name in there if known.get(name) != page]
    return wrong


def write(found: dict[str, dict[str, Any]]) -> None:
    """Write all tables onto their pages."""
    for page in sorted({record["page"] for record in found.values()}):
        path = ROOT / page
        path.write_text(
            _TABLE.sub(
                lambda match: match["mark"] + written(found[match["name"]]) if match["name"] in found else match[0],
                path.read_text(encoding="utf-8"),
            ),
            encoding="utf-8",
        )


def adopt(page: str) -> list[str]:
    """Take the tables of a page into the file, as they stand there.

    Those with no number in them, those that no command of the page measures, and those below a line
    `<!-- no figures -->` are left alone.

    Returns:
        Their names. New ones are named by the page and the heading above them; their command is the next one that the
        section names, or the last one before, or the first of the page.
    """
    path, found, names = ROOT / page, records(), []
    text = path.read_text(encoding="utf-8")

    def taken(match: re.Match[str]) -> str:
        head, _, *rows = [_cells(line) for line in match["table"].splitlines()]
        if not any(re.search(r"\d", cell) for row in rows for cell in row[1:]):
            return match[0]
        name = match["name"] or _new_name(page, text[: match.start()], names)
        command = found.get(name, {}).get("command") or _command(text, match.start(), match.end())
        if not command or text[: match.start()].endswith("<!-- no figures -->\n"):
            return match["table"]
        names.append(name)
        cost = {"cpu": found[name]["cpu"]} if "cpu" in found.get(name, {}) else {}
        found[name] = {"page": page, "command": command, **cost, "head": head, "rows": rows}
        return f"<!-- table {name} -->\n{written(found[name])}"

    replaced = _TABLE.sub(taken, text)
    gone = [name for name, record in found.items() if record["page"] == page and name not in names]
    save({name: record for name, record in found.items() if name not in gone})
    path.write_text(replaced, encoding="utf-8")
    return names


def set_cell(name: str, row: str, column: str, value: str) -> None:
    """Set a cell, in the file and on the page.

    Args:
        name: of the table.
        row: first cells of its row, separated by ` | `, enough of them to tell it from others.
        column: head of the column.
        value: as it is shown; a cell that is bold, or has a remark behind a colon, stays so.
    """
    found = records()
    if name not in found:
        raise SystemExit(f"{name!r} is no table; expected one of {', '.join(found)}")
    record = found[name]
    if column not in record["head"]:
        raise SystemExit(f"{name} has no column {column!r}; expected one of {record['head']}")
    wanted = row.split(" | ")
    which = [one for one in record["rows"] if one[: len(wanted)] == wanted]
    if len(which) != 1:
        raise SystemExit(f"{name} has {len(which)} rows that begin with {row!r}; expected one of {record['rows']}")
    place = record["head"].index(column)
    # What is bold, or has a remark behind a colon, stays so.
    before = re.fullmatch(r"(\**)[^:*]*(:[^*]*)?(\**)", which[0][place])
    if before is not None and before[1] == before[3]:
        value = f"{before[1]}{value.strip('*')}{before[2] or ''}{before[3]}"
    if which[0][place] != value:
        print(f"{name}, {row}, {column}: {which[0][place]} is now {value}")
    which[0][place] = value
    save(found)
    write(found)


def take(name: str, printed: str) -> int:
    """Take the cells that a command has printed; how many there were."""
    cells = [json.loads(line.removeprefix("figure ")) for line in printed.splitlines() if line.startswith("figure {")]
    for cell in cells:
        set_cell(cell.get("table", name), cell["row"], cell["column"], cell["value"])
    return len(cells)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def _new_name(page: str, before: str, names: list[str]) -> str:
    headings = _HEADING.findall(re.sub(r"```.*?```", "", before, flags=re.DOTALL))
    base = f"{Path(page).stem.lower()}: {headings[-1].lower() if headings else 'first'}"
    base = re.sub(r"[`>\[\]]|\(.*?\)", "", base).strip()
    number, name = 1, base
    while name in names:
        number += 1
        name = f"{base} {number}"
    return name


def _command(text: str, start: int, end: int) -> str:
    found = [(match.start(), match[1] or match[2]) for match in _MEASURED.finditer(text)]
    section_end = _HEADING.search(text, end)
    later = [one for place, one in found if end <= place < (section_end.start() if section_end else len(text))]
    before = [one for place, one in found if place < start]
    nearest = " ".join([*later[:1], *before[-1:], *(one for _, one in found[:1]), ""][0].split())
    return f"python {nearest}" if nearest.startswith("benchmarks/") else nearest
