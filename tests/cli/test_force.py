"""No command replaces a file that exists, unless it is asked to."""

import pytest
from typer.testing import CliRunner

from aurita.cli.app import app

WRITES = [
    ["forecast", "t.csv", "--output", "old.csv"],
    ["forecast", "t.csv", "--save", "old.csv"],
    ["classify", "t.csv", "--label", "y", "--output", "old.csv"],
    ["classify", "t.csv", "--label", "y", "--save", "old.csv"],
    ["fit", "t.csv", "--task", "forecast", "--save", "old.csv"],
    ["predict", "m.aurita", "t.csv", "--output", "old.csv"],
    ["export", "m.aurita", "-o", "old.c"],
    ["view", "m.aurita", "t.csv", "-o", "old.html"],
    ["demo", "-o", "old.html"],
    ["act", "memory_length/3", "--save", "old.aurita"],
    ["evolve", "decision", "--report", "old.html"],
    ["study", "table", "study.toml", "--ranks", "old.svg"],
    ["study", "export", "study.toml", "old.csv"],
]
STUDY = 'name = "two"\n[[task]]\nname = "sincosnoise"\n[[model]]\nname = "bare"\nkind = "bare_inputs"\n'


@pytest.mark.parametrize("command", WRITES, ids=lambda command: " ".join(command[:2]))
def test_a_file_that_exists_stays_as_it_is(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("y\n1\n2\n")
    (tmp_path / "m.aurita").write_text("")
    (tmp_path / "study.toml").write_text(STUDY)
    (old := tmp_path / command[-1]).write_text("mine")
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 2, done.output
    assert f"{command[-1]} exists already; give another name, or --force to replace it" in done.stderr
    assert old.read_text() == "mine"


def test_a_link_counts_as_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("y\n1\n2\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "nowhere.csv")
    assert "exists already" in CliRunner().invoke(app, ["forecast", "t.csv", "--output", "link.csv"]).stderr


def test_force_replaces(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("y\n" + "".join(f"{k % 7}\n" for k in range(60)))
    (old := tmp_path / "old.csv").write_text("mine")
    asked = ["forecast", "t.csv", "--output", "old.csv", "--units", "2", "--no-check", "--horizon", "3", "--force"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert len(old.read_text().splitlines()) == 4
