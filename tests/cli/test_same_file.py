"""No command writes over what it reads, whatever the file is called, and no two outputs are one file."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from aurita import ReservoirClassifier, save
from aurita.cli import app
from aurita.cli._models import remember

DAYS = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=40), "y": np.sin(np.arange(40.0))})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A table, a second one, a model, and other names for all of them."""
    monkeypatch.chdir(tmp_path)
    DAYS.to_csv("table.csv", index=False)
    labelled = pd.DataFrame(np.random.default_rng(0).normal(size=(12, 5))).add_prefix("t")
    labelled["kind"] = ["a", "b"] * 6
    labelled.to_csv("labelled.csv", index=False)
    labelled.to_csv("test.csv", index=False)
    model = ReservoirClassifier(units=0).fit(np.zeros((4, 3, 1)) + np.arange(4)[:, None, None], [0, 1, 0, 1])
    remember(model, task="classify", per="sequence", label="kind", id=None, time=None, decimal=None, channels=["t0"])
    save(model, "model.csv")
    Path("study.csv").write_text(
        'name = "s"\nseeds = 2\n[[task]]\nname = "sincosnoise"\n[[model]]\nname = "bare_inputs"'
    )
    for name in ("table", "labelled", "test", "model", "study"):
        os.link(f"{name}.csv", f"hard-{name}.csv")
        os.symlink(f"{name}.csv", f"soft-{name}.csv")
    os.symlink(tmp_path, "here")
    return tmp_path


def aurita(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def contents(folder: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}


COMMANDS = [
    (["forecast", "table.csv", "--output", "NAME"], "table"),
    (["forecast", "table.csv", "--save", "NAME"], "table"),
    (["classify", "labelled.csv", "--label", "kind", "--output", "NAME"], "labelled"),
    (["classify", "labelled.csv", "--label", "kind", "--save", "NAME"], "labelled"),
    (["classify", "labelled.csv", "--label", "kind", "--test", "test.csv", "-o", "NAME"], "test"),
    (["classify", "labelled.csv", "--label", "kind", "--test", "test.csv", "--save", "NAME"], "test"),
    (["fit", "table.csv", "--task", "forecast", "--save", "NAME"], "table"),
    (["fit", "table.csv", "--task", "forecast", "--save", "m", "--log", "NAME"], "table"),
    (["predict", "model.csv", "test.csv", "--output", "NAME"], "model"),
    (["predict", "model.csv", "test.csv", "--output", "NAME"], "test"),
    (["view", "model.csv", "test.csv", "--output", "NAME"], "model"),
    (["view", "model.csv", "test.csv", "--output", "NAME"], "test"),
    (["view", "model.csv", "test.csv", "--beside", "table.csv", "--output", "NAME"], "table"),
    (["study", "run", "study.csv", "--log", "NAME"], "study"),
    (["study", "run", "study.csv", "--storage", "NAME"], "study"),
    (["study", "export", "study.csv", "NAME"], "study"),
    (["study", "table", "study.csv", "--ranks", "NAME"], "study"),
]


@pytest.mark.parametrize(("command", "name"), COMMANDS, ids=[" ".join(c) + f" {name}" for c, name in COMMANDS])
@pytest.mark.parametrize("spelling", ["{}.csv", "./{}.csv", "here/{}.csv", "hard-{}.csv", "soft-{}.csv"])
def test_what_is_read_is_never_written(folder, command, name, spelling):
    before = contents(folder)
    result = aurita(*(part.replace("NAME", spelling.format(name)) for part in command))
    assert result.exit_code == 2, result.output
    assert "itself, which would be overwritten; give another name" in result.stderr
    assert result.stderr.count("error: ") == 1
    assert contents(folder) == before


@pytest.mark.parametrize("second", ["new.csv", "./new.csv", "here/new.csv"])
@pytest.mark.parametrize(
    "command",
    [
        ["forecast", "table.csv", "--output", "new.csv", "--save", "SECOND"],
        ["classify", "labelled.csv", "--label", "kind", "--output", "new.csv", "--save", "SECOND"],
        ["fit", "table.csv", "--task", "forecast", "--save", "new.csv", "--log", "SECOND"],
        ["evolve", "decision", "--report", "new.csv", "--log", "SECOND"],
    ],
)
def test_two_outputs_are_two_files(folder, command, second):
    before = contents(folder)
    result = aurita(*(part.replace("SECOND", second) for part in command))
    assert result.exit_code == 2, result.output
    assert "give two names" in result.stderr
    assert contents(folder) == before


@pytest.mark.parametrize("option", ["--report", "--log"])
@pytest.mark.parametrize("name", ["seed-0.evolution", "best.evolved"])
def test_what_a_search_keeps_is_no_report(folder, option, name):
    (folder / "kept").mkdir()
    (folder / "kept" / "seed-0.evolution").write_text("kept")
    result = aurita("evolve", "decision", "--folder", "kept", "--resume", option, f"here/kept/{name}")
    assert result.exit_code == 2
    assert "itself, which would be overwritten" in result.stderr
    assert (folder / "kept" / "seed-0.evolution").read_text() == "kept"


def test_a_log_is_not_written_into_a_file_that_is_none(folder):
    before = contents(folder)
    result = aurita("fit", "table.csv", "--task", "forecast", "--save", "m", "--log", "labelled.csv")
    assert result.exit_code == 2
    assert "is no log" in result.stderr
    assert contents(folder) == before
