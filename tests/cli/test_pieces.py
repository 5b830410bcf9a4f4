"""Folders of series: read at once where they are small, and in pieces where they are not."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from aurita import ReservoirForecaster, load
from aurita.cli import app
from aurita.io import open_dataset

pytest.importorskip("pyarrow")

DAYS = 120
SMALL = ("--units", 4, "--learning", "none", "--horizon", 7)


@pytest.fixture
def shops(tmp_path):
    """Twelve shops of a weekly rhythm in three files."""
    rng = np.random.default_rng(0)
    parts = []
    for shop in range(12):
        steps = np.arange(DAYS)
        sold = (10 + shop) * (2 + np.sin(2 * np.pi * steps / 7 + shop)) + 0.1 * rng.normal(size=DAYS)
        parts.append(pd.DataFrame({"shop": shop, "day": pd.date_range("2024-01-01", periods=DAYS), "sold": sold}))
    frame = pd.concat(parts, ignore_index=True)
    (tmp_path / "shops").mkdir()
    for number, rows in enumerate(np.array_split(np.arange(len(frame)), 3)):
        frame.iloc[rows].to_parquet(tmp_path / "shops" / f"{number}.parquet", index=False)
    return tmp_path


@pytest.fixture
def many(monkeypatch):
    """All series of these tests are read in pieces."""
    monkeypatch.setattr("aurita.cli._pieces.MANY", 500)


def asked(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


def printed(result):
    return " ".join(result.output.split())


def expected_after(shop):
    return (10 + shop) * (2 + np.sin(2 * np.pi * np.arange(DAYS, DAYS + 7) / 7 + shop))


def check_forecasts(table):
    assert len(table) == 12 * 7
    for shop, rows in table.groupby("shop"):
        assert np.abs(rows["sold"].to_numpy() - expected_after(shop)).max() < 0.5
        assert (rows["sold_lower"] <= rows["sold"]).all()
        assert pd.to_datetime(rows["day"]).dt.strftime("%Y-%m-%d").tolist()[0] == "2024-04-30"


@pytest.mark.parametrize("pieces", [False, True])
def test_a_folder_is_forecast_whether_it_fits_into_memory_or_not(shops, monkeypatch, pieces):
    if pieces:
        monkeypatch.setattr("aurita.cli._pieces.MANY", 500)
    how = ("--id", "shop", "--output", shops / "out.csv", "--save", shops / "model")
    made = asked("forecast", shops / "shops", *how, *SMALL)
    assert made.exit_code == 0, made.output
    assert ("read in pieces" in printed(made)) == pieces
    assert "Held-out check" in made.output
    assert "Better than" in printed(made)
    assert "Forecast of shop 4" in made.output
    assert "Forecast of shop 5" not in made.output
    check_forecasts(pd.read_csv(shops / "out.csv"))


def test_forecasts_in_pieces_are_those_of_python(shops, many):
    how = ("--id", "shop", "--output", shops / "out.parquet", "--no-check", "--interval", 0.8, "--interval", 0.5)
    made = asked("forecast", shops / "shops", *how, *SMALL)
    assert made.exit_code == 0, made.output
    table = pd.read_parquet(shops / "out.parquet")
    assert table.columns.tolist()[3:] == ["sold_lower_80", "sold_upper_80", "sold_lower_50", "sold_upper_50"]
    data = open_dataset(shops / "shops", id="shop", time="day", target="sold", channels=())
    model = ReservoirForecaster(units=4, learning="frozen", horizon=7, random_state=0).fit(data)
    pairs = [pair for part in model.forecast_pieces(data, intervals=0.5) for pair in zip(*part, strict=True)]
    for shop, forecast in pairs:
        own = table[table["shop"] == shop]
        np.testing.assert_allclose(own["sold"], forecast.mean[:, 0])
        np.testing.assert_allclose(own["sold_upper_50"], forecast.upper[:, 0])


def test_a_model_of_a_folder_forecasts_folders_and_tables(shops, many):
    made = asked("fit", shops / "shops", "--task", "forecast", "--id", "shop", *SMALL, "--save", shops / "model")
    assert made.exit_code == 0, made.output
    assert load(shops / "model").table_["step"] == "D"
    one = pd.read_parquet(shops / "shops" / "0.parquet")
    one[one["shop"] == 2].to_csv(shops / "one.csv", index=False)
    for name, count in (("shops", 12), ("one.csv", 1)):
        found = asked("predict", shops / "model", shops / name, "--output", shops / "out.csv", "--force")
        assert found.exit_code == 0, found.output
        table = pd.read_csv(shops / "out.csv")
        assert len(table) == 7 * count
        assert "steps are" not in printed(found)
        own = table[table["shop"] == 2]["sold"].to_numpy()
        assert np.abs(own - expected_after(2)).max() < 0.5


def test_without_a_file_only_the_first_series_are_forecast(shops, many):
    made = asked("forecast", shops / "shops", "--id", "shop", "--target", "sold", "--no-check", *SMALL)
    assert made.exit_code == 0, made.output
    assert made.output.count("Forecast of shop") == 5
    assert "--output writes all of them" in made.output


def test_a_folder_of_one_series_needs_no_id(shops):
    one = pd.read_parquet(shops / "shops" / "0.parquet").query("shop == 0").drop(columns="shop")
    (shops / "one").mkdir()
    for number, part in enumerate((one[:70], one[70:])):
        part.to_feather(shops / "one" / f"{number}.feather")
    made = asked("forecast", shops / "one", *SMALL, "--no-check", "--output", shops / "out.csv")
    assert made.exit_code == 0, made.output
    assert np.abs(pd.read_csv(shops / "out.csv")["sold"] - expected_after(0)).max() < 0.5


def test_folders_may_name_their_series(shops, many):
    frame = pd.concat(pd.read_parquet(path) for path in (shops / "shops").iterdir())
    for shop, rows in frame.groupby("shop"):
        (shops / "parts" / f"shop={shop}").mkdir(parents=True)
        rows.drop(columns="shop").to_parquet(shops / "parts" / f"shop={shop}" / "rows.parquet", index=False)
    how = ("--id", "shop", "--output", shops / "out.csv", "--no-check")
    made = asked("forecast", shops / "parts", *how, *SMALL)
    assert made.exit_code == 0, made.output
    check_forecasts(pd.read_csv(shops / "out.csv"))


def test_nixtlas_names_are_known_in_folders(shops, many):
    for path in (shops / "shops").iterdir():
        names = {"shop": "unique_id", "day": "ds", "sold": "y"}
        pd.read_parquet(path).rename(columns=names).to_parquet(path, index=False)
    made = asked("forecast", shops / "shops", *SMALL, "--no-check", "--output", shops / "out.csv")
    assert made.exit_code == 0, made.output
    assert pd.read_csv(shops / "out.csv").columns.tolist() == [
        *("unique_id", "ds", "aurita", "aurita-lo-90", "aurita-hi-90"),
    ]


def test_series_too_short_have_no_forecast_and_are_named(shops, many):
    short = pd.DataFrame({"shop": 99, "day": pd.date_range("2024-01-01", periods=1), "sold": [1.0]})
    short.to_parquet(shops / "shops" / "9.parquet", index=False)
    how = ("--id", "shop", "--output", shops / "out.csv", "--no-check")
    made = asked("forecast", shops / "shops", *how, *SMALL)
    assert made.exit_code == 0, made.output
    assert "too short" in printed(made)
    check_forecasts(pd.read_csv(shops / "out.csv"))


def test_files_that_exist_stay(shops, many):
    (shops / "out.csv").write_text("mine")
    how = ("--id", "shop", "--output", shops / "out.csv", "--no-check", *SMALL)
    made = asked("forecast", shops / "shops", *how)
    assert (made.exit_code, (shops / "out.csv").read_text()) == (2, "mine")
    assert "--force" in made.output
    assert asked("forecast", shops / "shops", *how, "--force").exit_code == 0
    check_forecasts(pd.read_csv(shops / "out.csv"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--covariate", "day"), "--covariate would need all of it at once"),
        (("--missing", "-9999", "--strict"), "--missing, --strict would need all of it at once"),
        (("--target", "sole"), "'sole'"),
        (("--target", "day"), "the targets day are no numbers"),
    ],
)
def test_what_pieces_cannot_do_is_refused(shops, many, options, message):
    made = asked("forecast", shops / "shops", "--id", "shop", *options)
    assert made.exit_code == 2
    assert message in printed(made)


def test_rows_of_a_series_stand_together(shops, many):
    for path in (shops / "shops").iterdir():
        pd.read_parquet(path).sort_values("day").to_parquet(path, index=False)
    made = asked("forecast", shops / "shops", "--id", "shop", "--no-check", "--output", shops / "out.csv")
    assert made.exit_code == 2
    assert "not one after the other" in printed(made)
    assert not (shops / "out.csv").exists()


def test_a_folder_without_files_of_tables_is_refused(shops):
    (shops / "empty").mkdir()
    made = asked("forecast", shops / "empty")
    assert made.exit_code == 2
    assert "holds no files of a dataset" in printed(made)
