"""Folders of files are fitted piece by piece; the model then predicts tables."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from aurita import load
from aurita.cli import app

pytest.importorskip("pyarrow")


@pytest.fixture
def folder(tmp_path):
    """60 waves of two frequencies in two files, and the same without labels."""
    rng = np.random.default_rng(0)
    t = np.arange(20)
    frame = pd.concat(
        pd.DataFrame({"who": i, "t": t, "x": np.sin(t / (2 + i % 2) + rng.uniform(0, 6)), "size": i % 2 + 0.5})
        for i in range(60)
    ).assign(kind=lambda frame: np.where(frame.who % 2, "slow", "quick"))
    (tmp_path / "data").mkdir()
    frame[:700].to_parquet(tmp_path / "data" / "a.parquet", index=False)
    frame[700:].to_parquet(tmp_path / "data" / "b.parquet", index=False)
    frame.drop(columns=["kind", "size"]).to_parquet(tmp_path / "new.parquet", index=False)
    return tmp_path


def asked(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.mark.parametrize(("task", "label", "other"), [("classify", "kind", "size"), ("regress", "size", "kind")])
def test_a_folder_is_fitted_and_a_table_predicted(folder, task, label, other):
    for path in (folder / "data").iterdir():
        pd.read_parquet(path).drop(columns=other).to_parquet(path, index=False)
    how = ("--label", label, "--id", "who", "--time", "t", "--units", 4, "--learning", "none")
    made = asked("fit", folder / "data", "--task", task, *how, "--save", folder / "model")
    assert made.exit_code == 0, made.output
    found = asked("predict", folder / "model", folder / "new.parquet", "--output", folder / "out.csv")
    assert found.exit_code == 0, found.output
    table = pd.read_csv(folder / "out.csv")
    truth = np.where(table["who"] % 2, "slow", "quick") if task == "classify" else table["who"] % 2 + 0.5
    if task == "classify":
        assert (table["predicted"] == truth).mean() > 0.95
    else:
        assert np.corrcoef(table["predicted"], truth)[0, 1] > 0.95


def test_the_column_of_the_sequences_has_to_be_named(folder):
    made = asked("fit", folder / "data", "--task", "classify", "--label", "kind", "--save", folder / "model")
    assert made.exit_code != 0
    assert "name the column of the sequences with --id" in made.output


@pytest.mark.parametrize("time", [None, "none"])
def test_a_column_of_times_is_found_and_is_no_channel(folder, time):
    for path in (folder / "data").iterdir():
        pd.read_parquet(path).drop(columns="size").to_parquet(path, index=False)
    how = ["--label", "kind", "--id", "who", "--units", 4, "--learning", "none", *(["--time", time] if time else [])]
    made = asked("fit", folder / "data", "--task", "classify", *how, "--save", folder / "model")
    assert made.exit_code == 0, made.output
    assert ("the time column is 't'" in made.output) == (time is None)
    assert load(folder / "model").n_features_in_ == (1 if time is None else 2)
    found = asked("predict", folder / "model", folder / "new.parquet", "--output", folder / "out.csv")
    assert found.exit_code == 0, found.output
    table = pd.read_csv(folder / "out.csv")
    assert (table["predicted"] == np.where(table["who"] % 2, "slow", "quick")).mean() > 0.95


def test_words_for_missing_numbers_are_refused_where_numbers_are_read_as_they_are(folder):
    how = ("--label", "kind", "--id", "who", "--save", folder / "model")
    made = asked("fit", folder / "data", "--task", "classify", *how, "--missing", "-9999")
    assert made.exit_code != 0
    assert "leave --missing and --decimal out" in " ".join(made.output.split())


def test_a_large_table_of_a_row_for_each_sequence_needs_no_id(folder, monkeypatch):
    monkeypatch.setattr("aurita.cli._sequences._LARGE", 0)
    rng = np.random.default_rng(1)
    values = rng.normal(size=(40, 12)) + np.outer(np.arange(40) % 2, np.linspace(0, 4, 12))
    table = pd.DataFrame(values, columns=[f"v{i}" for i in range(12)]).assign(kind=np.arange(40) % 2)
    table.to_parquet(folder / "wide.parquet", index=False)
    how = ("--label", "kind", "--units", 4, "--learning", "none", "--save", folder / "model")
    made = asked("fit", folder / "wide.parquet", "--task", "classify", *how)
    assert made.exit_code == 0, made.output
