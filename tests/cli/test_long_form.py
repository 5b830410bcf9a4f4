"""Tables of `unique_id`, `ds` and `y`: recognised, and written with the names of Nixtla's libraries."""

import numpy as np
import pandas as pd
from typer.testing import CliRunner, Result

from aurita.cli import app


def aurita(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_long_table_needs_no_names(tmp_path):
    days = pd.date_range("2024-01-01", periods=60)
    parts = [
        pd.DataFrame({"unique_id": name, "ds": days, "y": np.sin(np.arange(60) / n)})
        for n, name in ((3, "a"), (4, "b"))
    ]
    path, model, first, again = (tmp_path / name for name in ("long.csv", "model", "first.csv", "again.csv"))
    pd.concat(parts).to_csv(path, index=False)
    few = ["--horizon", "3", "--units", "2", "--no-check", "--interval", "0.8"]
    done = aurita("forecast", path, *few, "--output", first, "--save", model)
    assert done.exit_code == 0, done.output
    assert "the columns unique_id, ds and y were taken for series, time and target" in done.stderr
    table = pd.read_csv(first)
    assert table.columns.tolist() == ["unique_id", "ds", "aurita", "aurita-lo-80", "aurita-hi-80"]
    assert table["unique_id"].tolist() == ["a"] * 3 + ["b"] * 3
    assert (table["aurita-lo-80"] < table["aurita"]).all()
    assert aurita("predict", model, path, "--interval", "0.8", "--output", again).exit_code == 0
    pd.testing.assert_frame_equal(pd.read_csv(again), table, rtol=1e-4, atol=1e-5)


def test_what_is_named_is_taken_as_it_is_named(tmp_path):
    path, out = tmp_path / "long.csv", tmp_path / "out.csv"
    pd.DataFrame({"unique_id": 1.0, "ds": np.arange(60), "y": np.sin(np.arange(60) / 3)}).to_csv(path, index=False)
    done = aurita("forecast", path, "--time", "ds", "--target", "y", "--units", "2", "--no-check", "--output", out)
    assert done.exit_code == 0, done.output
    assert "y_lower" in pd.read_csv(out).columns
