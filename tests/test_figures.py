"""Pages and the table of figures agree; a figure that is set is set on every page."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
spec = importlib.util.spec_from_file_location("figures", ROOT / "tools" / "figures.py")
figures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(figures)


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
