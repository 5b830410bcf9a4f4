"""Pages and the table of figures agree; a figure that is set is set on every page."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
spec = importlib.util.spec_from_file_location("figures", ROOT / "tools" / "figures.py")
figures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(figures)


def test_tables_of_pages_are_those_of_the_file():
    wrong = figures.tables.disagreements(figures.tables.records())
    assert not wrong, "\n".join(
        [*wrong, "write the page's into the file: python tools/figures.py adopt PAGE; or the file's onto pages: write"]
    )


def test_every_table_has_a_command_that_is_there():
    for name, record in figures.tables.records().items():
        assert record["command"], f"{name} has no command that measures it; write one into docs/tables.json"
        for script in re.findall(r"python (\S+\.py)", record["command"]):
            assert (ROOT / script).exists(), f"{name}: there is no {script}"


def test_tables_are_adopted_set_and_measured(tmp_path, monkeypatch):
    tables = figures.tables
    page = "# Speed\n\n| what | CPU |\n|---|---:|\n| one | 1.0 s |\n| two | **2.0 s: slow** |\n"
    page += "\n    python benchmarks/x.py\n"
    (tmp_path / "page.md").write_text(page + "\n| words | alone |\n|---|---|\n| a | b |\n")
    monkeypatch.setattr(tables, "ROOT", tmp_path)
    monkeypatch.setattr(tables, "RECORDS", tmp_path / "tables.json")
    assert tables.adopt("page.md") == ["page: speed"]
    (record,) = tables.records().values()
    assert record["command"] == "python benchmarks/x.py"
    assert record["rows"] == [["one", "1.0 s"], ["two", "**2.0 s: slow**"]]
    assert tables.disagreements(tables.records()) == []
    tables.set_cell("page: speed", "one", "CPU", "0.5 s")
    assert "| one | 0.5 s |" in (tmp_path / "page.md").read_text()
    assert tables.take("page: speed", 'noise\nfigure {"row": "two", "column": "CPU", "value": "1.5 s"}\n') == 1
    assert "| two | **1.5 s: slow** |" in (tmp_path / "page.md").read_text()
    assert "| a | b |" in (tmp_path / "page.md").read_text()
    (tmp_path / "page.md").write_text((tmp_path / "page.md").read_text().replace("1.5", "1.4"))
    assert len(tables.disagreements(tables.records())) == 1
    (tmp_path / "page.md").write_text((tmp_path / "page.md").read_text().replace("1.4", "1.5"))
    (tmp_path / "page.md").write_text((tmp_path / "page.md").read_text() * 2)
    assert tables.disagreements(tables.records()) == ["page.md: two tables are called 'page: speed'"]
    for row, column, words in (("three", "CPU", "0 rows"), ("one", "wall", "no column")):
        with pytest.raises(SystemExit, match=words):
            tables.set_cell("page: speed", row, column, "1")


def test_every_page_says_what_the_table_says():
    wrong = figures.disagreements(figures.table())
    assert not wrong, "\n".join([*wrong, "write a new value with: python tools/figures.py set NAME VALUE"])


def test_a_value_is_written_everywhere(tmp_path, monkeypatch):
    entries = {
        "a": {"value": "1.0", "command": "", "pages": {"one.md": "error {} of it", "two.md": "| {} | {b} |"}},
        "b": {"value": "2.0", "command": "echo 'b is 3.5'", "found": "is (.*)", "pages": {"two.md": "| {a} | {} |"}},
    }
    (tmp_path / "one.md").write_text("an\nerror\n1.0 of it; 1.0 stays")
    (tmp_path / "two.md").write_text("| 1.0 | 2.0 |")
    (tmp_path / "figures.json").write_text(json.dumps(entries))
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    monkeypatch.setattr(figures, "TABLE", tmp_path / "figures.json")
    figures.set_value("a", "0.9")
    assert (tmp_path / "one.md").read_text() == "an\nerror\n0.9 of it; 1.0 stays"
    figures.again("b")
    assert (tmp_path / "two.md").read_text() == "| 0.9 | 3.5 |"
    assert figures.disagreements(figures.table()) == []
    (tmp_path / "two.md").write_text("| 0.8 | 3.5 |")
    assert len(figures.disagreements(figures.table())) == 2
    with pytest.raises(SystemExit, match="does not say"):
        figures.set_value("b", "4")
