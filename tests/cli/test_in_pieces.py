"""Folders of files are fitted piece by piece; the model then predicts tables."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

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
