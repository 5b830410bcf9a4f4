"""Figures that several pages state: one table, `docs/figures.json`, from which the pages are written.

    python tools/figures.py                      # does every page say what the files say?
    python tools/figures.py set NAME VALUE       # a new value, in the file and on every page
    python tools/figures.py set TABLE ROW COLUMN VALUE
    python tools/figures.py costs                # what measuring each figure and table takes, the least first
    python tools/figures.py again NAME           # run the command of a figure or table, and write what it prints
    python tools/figures.py adopt PAGE           # take the tables of a page, as they stand there, into the file
    python tools/figures.py write                # write all tables onto their pages

Whole tables are in `docs/tables.json`; see `tools/tables.py`. Single figures that several pages state are here: an
entry has a `value`, the `command` that measures it, `found`, a pattern of what that prints (its group is the value),
and `pages`: for each page the text that states it, with `{}` for the value and `{NAME}` for that of another entry.

`again` says what its command took the last time before it runs it, and keeps what it takes now, `cpu` seconds.
"""

import json
import re
import resource
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import tables

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "figures.json"
_BLANK = re.compile(r"\{([^{}]*)\}")


def table() -> dict[str, dict]:
    """The entries by name."""
    return json.loads(TABLE.read_text(encoding="utf-8"))


def disagreements(entries: dict[str, dict]) -> list[str]:
    """What pages do not say, one line each.

    Example:
        >>> disagreements({"a": {"value": "1.0", "command": "", "pages": {"README.md": "no page says {} of this"}}})
        ["README.md does not say 'no page says 1.0 of this' (a)"]
    """
    found = []
    for name, entry in entries.items():
        for page, text in entry["pages"].items():
            stated = _BLANK.sub(lambda blank, own=name: entries[blank[1] or own]["value"], text)
            if _spaced(stated) not in _spaced((ROOT / page).read_text(encoding="utf-8")):
                found.append(f"{page} does not say {stated!r} ({name})")
    return found


def set_value(name: str, value: str) -> None:
    """Write a value into the table and onto its pages, which have to state the old one."""
    entries = table()
    if name not in entries:
        raise SystemExit(f"{name!r} is no figure; expected one of {', '.join(entries)}")
    wrong = [one for one in disagreements(entries) if one.endswith(f"({name})")]
    if wrong:
        raise SystemExit("\n".join([*wrong, "state the old value there first, or change the text in the table"]))
    old = entries[name]["value"]
    for page, text in entries[name]["pages"].items():
        path = ROOT / page
        # Lines may be broken anywhere within the text.
        text = _BLANK.sub(lambda blank: entries[blank[1]]["value"] if blank[1] else "{}", text)
        before, after = (r"\s+".join(map(re.escape, part.split(" "))) for part in text.split("{}"))
        pattern = f"({before}){re.escape(old)}({after})"
        path.write_text(re.sub(pattern, rf"\g<1>{value}\g<2>", path.read_text(encoding="utf-8")), encoding="utf-8")
    entries[name]["value"] = value
    _save(entries)
    print(f"{name}: {old} is now {value}")


def again(name: str) -> None:
    """Measure a figure by its command, and write it."""
    whole = tables.records()
    entry = table().get(name) or whole.get(name)
    if entry is None:
        raise SystemExit(f"{name!r} is neither a figure nor a table; expected one of {', '.join([*table(), *whole])}")
    command = entry["command"]
    print(f"{name}: {command}, {cost_of(entry)}", flush=True)
    begun = _children()
    printed = subprocess.run(command, shell=True, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    taken = round(_children() - begun, 1)
    print(f"{taken} CPU s now")
    if name in whole:
        if not tables.take(name, printed):
            raise SystemExit(f"{command} printed no line that begins with 'figure'; use set:\n{printed}")
        tables.save({one: {**of, "cpu": taken} if one == name else of for one, of in tables.records().items()})
        return
    if "found" not in entry:
        raise SystemExit(f"it prints no pattern that is known; use set:\n{printed}")
    match = re.search(entry["found"], printed)
    if match is None:
        raise SystemExit(f"{entry['found']!r} is not in what {command!r} printed:\n{printed}")
    set_value(name, match[1])
    _save({one: {**of, "cpu": taken} if one == name else of for one, of in table().items()})


def cost_of(entry: dict) -> str:
    """What measuring took the last time.

    Example:
        >>> cost_of({"cpu": 48.0}), cost_of({})
        ('48 CPU s the last time', 'of unknown cost')
    """
    return f"{entry['cpu']:.0f} CPU s the last time" if "cpu" in entry else "of unknown cost"


def costs() -> list[str]:
    """A line for each figure and table, those that take least first; all of one command are measured at once."""
    entries = sorted({**table(), **tables.records()}.items(), key=lambda one: one[1].get("cpu", float("inf")))
    return [f"{cost_of(entry):24} {name}: {entry['command']}" for name, entry in entries]


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _save(entries: dict[str, dict]) -> None:
    TABLE.write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _spaced(text: str) -> str:
    return " ".join(text.split())


def main() -> None:
    match sys.argv[1:]:
        case []:
            wrong = [*disagreements(table()), *tables.disagreements(tables.records())]
            print("\n".join(wrong) or f"{len(table())} figures, {len(tables.records())} tables: all pages agree")
            sys.exit(bool(wrong))
        case ["set", name, value]:
            set_value(name, value)
        case ["set", name, row, column, value]:
            tables.set_cell(name, row, column, value)
        case ["adopt", page]:
            print("\n".join(tables.adopt(page)))
        case ["write"]:
            tables.write(tables.records())
        case ["costs"]:
            print("\n".join(costs()))
        case ["again", name]:
            again(name)
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
