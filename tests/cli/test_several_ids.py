"""Series that several columns tell apart, on the command line."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from aurita.cli import app

pytestmark = pytest.mark.usefixtures("own_cache")


def aurita(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def table(tmp_path):
    days = pd.date_range("2024-01-01", periods=40)
    parts = [
        pd.DataFrame(
            {"store": store, "product": product, "day": days, "sold": 50 * store + np.arange(40) % 7 + product}
        )
        for store in (1, 2)
        for product in (5, 6)
    ]
    pd.concat(parts).to_csv(tmp_path / "table.csv", index=False)
    return tmp_path / "table.csv"


def test_series_are_not_averaged_unasked(table):
    asked = aurita("forecast", table, "--id", "store", "--target", "sold")
    assert asked.exit_code == 2
    assert "give --id store --id product" in " ".join(asked.stderr.split())


def test_identifiers_keep_their_columns(tmp_path, table):
    both = ["--id", "store", "--id", "product"]
    options = ["--units", "4", "--horizon", "2", "--no-check"]
    asked = aurita("forecast", table, *both, *options, "--save", tmp_path / "m", "-o", tmp_path / "a.csv")
    assert asked.exit_code == 0, asked.output
    written = pd.read_csv(tmp_path / "a.csv")
    assert written.columns.tolist() == ["store", "product", "day", "sold", "sold_lower", "sold_upper"]
    assert written[["store", "product"]].drop_duplicates().to_numpy().tolist() == [[1, 5], [1, 6], [2, 5], [2, 6]]
    # Series of the levels of the stores.
    assert (written["sold"].to_numpy() // 50).tolist() == [1, 1, 1, 1, 2, 2, 2, 2]
    asked = aurita("predict", tmp_path / "m", table, "-o", tmp_path / "b.csv")
    assert asked.exit_code == 0, asked.output
    assert "not the series of the fit" not in asked.stderr
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "b.csv")[["store", "product", "sold"]], written[["store", "product", "sold"]]
    )
    renamed = pd.read_csv(table).rename(columns={"store": "shop"})
    renamed.to_csv(tmp_path / "renamed.csv", index=False)
    asked = aurita("predict", tmp_path / "m", tmp_path / "renamed.csv", "--id", "shop", "--id", "product")
    assert asked.exit_code == 0, asked.output
    assert "not the series of the fit" not in asked.stderr


def test_steps_are_not_taken_for_sequences(tmp_path):
    rows = pd.DataFrame({"who": np.repeat(list("abcdef"), 6), "t": np.tile(np.arange(6), 6), "x": np.arange(36.0)})
    rows.assign(kind=np.repeat(["u", "v"], 18)).to_csv(tmp_path / "steps.csv", index=False)
    asked = aurita("classify", tmp_path / "steps.csv", "--label", "kind")
    assert asked.exit_code == 2
    assert "'who' tells them apart, give it as --id" in " ".join(asked.stderr.split())


def test_files_in_pieces_have_one_column_of_identifiers(tmp_path):
    rows = pd.DataFrame({"a": [1, 1, 2, 2], "b": [1, 1, 1, 1], "x": [0.0, 1.0, 2.0, 3.0], "kind": ["u", "u", "v", "v"]})
    (tmp_path / "folder").mkdir()
    rows.to_parquet(tmp_path / "folder" / "0.parquet")
    given = ["--task", "classify", "--label", "kind", "--id", "a", "--id", "b", "--save", tmp_path / "m"]
    asked = aurita("fit", tmp_path / "folder", *given)
    assert asked.exit_code == 2
    assert "read in pieces, and the columns a, b were named as id; write one column" in " ".join(asked.stderr.split())
