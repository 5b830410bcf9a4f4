"""Options of forecasts: limits, horizons that are too long, and series that are too short."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from aurita.cli import app
from aurita.cli._options import MOST_STEPS
from aurita.estimators import _fitting, planning

pytestmark = pytest.mark.usefixtures("own_cache")


def aurita(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def sales(tmp_path):
    """Intermittent demand of two shops, and one that has just opened."""
    rng = np.random.default_rng(0)
    parts = []
    for shop, steps in (("a", 60), ("new", 6), ("b", 60)):
        demand = rng.poisson(4, steps) * (rng.random(steps) < 0.4)
        parts.append(pd.DataFrame({"shop": shop, "date": pd.date_range("2024-01-01", periods=steps), "y": demand}))
    path = tmp_path / "sales.csv"
    pd.concat(parts).to_csv(path, index=False)
    return path


def test_several_intervals_and_the_name_of_the_times(sales, tmp_path):
    options = [sales, "--id", "shop", "--target", "y", "--horizon", "4", "--units", "2", "--no-check"]
    one, several, none = (tmp_path / f"{name}.csv" for name in ("one", "several", "none"))
    for output, levels in ((one, ["--interval", "0.8"]), (none, ["--interval", "0"])):
        assert aurita("forecast", *options, "--output", output, *levels).exit_code == 0
    done = aurita("forecast", *options, "--output", several, "--interval", "0.8", "--interval", "0.95")
    assert done.exit_code == 0, done.stderr
    found, narrow = pd.read_csv(several), pd.read_csv(one)
    bounds = ["y_lower_80", "y_upper_80", "y_lower_95", "y_upper_95"]
    assert found.columns.tolist() == ["shop", "date", "y", *bounds]
    assert pd.read_csv(none).columns.tolist() == ["shop", "date", "y"]
    np.testing.assert_array_equal(found[bounds[:2]].to_numpy(), narrow[["y_lower", "y_upper"]].to_numpy())
    assert (found["y_lower_95"] <= found["y_lower_80"]).all()
    assert (found["y_upper_95"] > found["y_upper_80"]).all()
    done = aurita("forecast", *options, "--interval", "0.8", "--interval", "0")
    assert done.exit_code == 2
    assert "--interval is 0; expected a share between 0 and 1 such as 0.9, or 0 alone for none" in " ".join(
        done.stderr.split()
    )


def test_intermittent_demand_is_named_with_the_weights_it_has(tmp_path, monkeypatch):
    from aurita.estimators import _fitting

    monkeypatch.setattr(_fitting, "_society", lambda *given: None)
    rng = np.random.default_rng(3)
    spare, busy = np.where(rng.random(80) < 0.25, rng.integers(1, 9, 80), 0), rng.poisson(50, 80)
    for name, columns in (("one.csv", {"spare": spare}), ("two.csv", {"spare": spare, "busy": busy})):
        pd.DataFrame({"date": pd.date_range("2024-01-01", periods=80), **columns}).to_csv(tmp_path / name, index=False)
    options = ["--time", "date", "--horizon", "4", "--no-check"]
    one = " ".join(aurita("forecast", tmp_path / "one.csv", "--target", "spare", *options).stderr.split())
    assert "and intermittent demand (often zero, by chance); the forecast weighs" in one
    assert "Croston" in one.split("weighs")[1]
    two = aurita("forecast", tmp_path / "two.csv", "--target", "spare", "--target", "busy", *options).stderr
    assert "intermittent demand in 1 of 2 series" in " ".join(two.split())


def test_forecasts_stay_above_the_lower_limit(sales, tmp_path):
    model, first, again, free = (tmp_path / name for name in ("model", "first.csv", "again.csv", "free.csv"))
    options = [sales, "--id", "shop", "--target", "y", "--horizon", "4", "--units", "2", "--no-check"]
    done = aurita("forecast", *options, "--lower", "0", "--output", first, "--save", model)
    assert done.exit_code == 0, done.output
    assert "1 of 3 series was too short and left out (new: 6 steps)" in done.stderr
    table = pd.read_csv(first)
    assert table["shop"].unique().tolist() == ["a", "b"]
    assert (table[["y", "y_lower", "y_upper"]] >= 0).to_numpy().all()
    done = aurita("predict", model, sales, "--output", again)
    assert done.exit_code == 0, done.output
    assert "left out here too: new" in done.stderr
    pd.testing.assert_frame_equal(pd.read_csv(again), table, rtol=1e-4, atol=1e-5)
    assert aurita("forecast", *options, "--output", free).exit_code == 0
    assert pd.read_csv(free)["y_lower"].min() < 0
    refused = aurita("forecast", *options, "--lower", "1")
    assert refused.exit_code == 2
    assert "lower=1; expected no value below it" in refused.stderr


def test_all_series_that_are_too_short_are_named_and_refused_if_asked(tmp_path):
    path, out = tmp_path / "panel.csv", tmp_path / "out.csv"
    steps = {"a": 60, "b": 60, "none": 0, "two": 2, "six": 6, "five": 5}
    rows = [
        (name, str(np.datetime64("2024-01-01") + day), 5 + day % 7) for name, n in steps.items() for day in range(n)
    ]
    pd.DataFrame([("none", "2024-01-01", None), *rows], columns=["id", "date", "y"]).to_csv(path, index=False)
    options = ["forecast", path, "--id", "id", "--target", "y", "--horizon", "4", "--units", "2", "--no-check"]
    done = aurita(*options, "--output", out)
    assert done.exit_code == 0, done.output
    assert pd.read_csv(out)["id"].unique().tolist() == ["a", "b"]
    assert "2 series were left out: 'none' (0 rows have a target, at least 4 are needed); 'two' (2 rows" in done.stderr
    assert "2 of 4 series were too short and left out (five: 5 steps, six: 6 steps)" in done.stderr
    strict = aurita(*options, "--strict")
    assert strict.exit_code == 2
    assert "2 of 6 series cannot be used, and --strict asks for all: 'none'" in strict.stderr
    whole = pd.read_csv(path)
    whole[~whole["id"].isin(["none", "two"])].to_csv(path, index=False)
    strict = aurita(*options, "--strict")
    assert strict.exit_code == 2
    assert "too short, and --strict asks for all (five: 5 steps, six: 6 steps)" in strict.stderr


def test_values_that_stand_for_missing_ones_are_warned_of_and_named(tmp_path):
    path, out, model = tmp_path / "codes.csv", tmp_path / "out.csv", tmp_path / "model"
    values = np.where(np.arange(60) % 17 == 3, -9999, 20 + np.sin(np.arange(60)))
    pd.DataFrame({"date": pd.date_range("2024-01-01", periods=60), "y": values}).to_csv(path, index=False)
    options = [path, "--target", "y", "--horizon", "3", "--units", "2"]
    done = aurita("forecast", *options, "--no-check")
    assert "note: column 'y': the value -9999 occurs 4 times, and nothing else is below 19" in done.stderr
    assert "give --missing -9999" in done.stderr
    done = aurita(
        "forecast", *options, "--no-check", "--missing", "-9999", "--missing", "off", "--output", out, "--save", model
    )
    assert done.exit_code == 0, done.output
    assert "column 'y': -9999 occurs 4 times and was taken as missing" in done.stderr
    assert pd.read_csv(out)["y"].between(18, 22).all()
    done = aurita("predict", model, path)
    assert "column 'y': -9999 occurs 4 times and was taken as missing" in done.stderr


def test_classes_too(tmp_path):
    path = tmp_path / "classes.csv"
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"who": np.repeat(np.arange(12), 8), "x": rng.normal(size=96), "kind": np.repeat(["a", "b"], 48)}
    )
    table.loc[::19, "x"] = -999
    table.to_csv(path, index=False)
    options = ["classify", path, "--label", "kind", "--id", "who", "--units", "2", "--folds", "2"]
    assert "the value -999 occurs 6 times" in aurita(*options).stderr
    done = aurita(*options, "--missing", "-999")
    assert done.exit_code == 0, done.output
    assert "-999 occurs 6 times and was taken as missing" in done.stderr
    assert "6 values were missing in" in done.stderr


@pytest.mark.parametrize("command", ["forecast", "fit", "predict"])
def test_a_horizon_beyond_all_bounds_names_the_bound(sales, tmp_path, command):
    rest = {"forecast": [], "fit": ["--task", "forecast", "--save", tmp_path / "model"], "predict": [sales]}[command]
    for steps in (1_000_000_000, 10**30):
        done = aurita(command, sales, *rest, "--horizon", steps)
        assert done.exit_code == 2
        assert "--horizon" in done.stderr
        assert "100000" in done.stderr or steps > 2**63
    assert not (tmp_path / "model").exists()
    assert MOST_STEPS == planning.MOST_STEPS


def test_few_origins_are_named_in_a_note(tmp_path):
    path = tmp_path / "short.csv"
    values = np.sin(np.arange(40) / 2)
    pd.DataFrame({"date": pd.date_range("2024-01-01", periods=40, freq="MS"), "y": values}).to_csv(path, index=False)
    done = aurita("forecast", path, "--target", "y", "--horizon", "18", "--units", "2", "--no-check")
    assert done.exit_code == 0, done.output
    assert "note: intervals of 90% need 9 held-out origins at each step" in done.stderr


@pytest.mark.parametrize(
    ("names", "targets", "levels", "twice"),
    [
        ({"date": "y_lower"}, ["y"], [], "y_lower"),
        ({"other": "y_upper_80"}, ["y", "y_upper_80"], [0.9, 0.8], "y_upper_80"),
        ({"date": "y_lower_80"}, ["y"], [0.8], None),
        ({"date": "y_lower"}, ["y"], [0], None),
    ],
)
def test_no_column_of_the_forecasts_hides_another(tmp_path, names, targets, levels, twice):
    days = pd.date_range("2024-01-01", periods=40)
    values = np.sin(np.arange(40) / 3) - 1
    path, output = tmp_path / "table.csv", tmp_path / "out.csv"
    pd.DataFrame({"date": days, "y": values, "other": 2 * values}).rename(columns=names).to_csv(path, index=False)
    given = [part for name in targets for part in ("--target", name)]
    given += [part for level in levels for part in ("--interval", level)]
    options = ("--time", names.get("date", "date"), "--units", "2", "--learning", "none", "--no-check")
    result = aurita("forecast", path, *given, *options, "--horizon", "3", "--output", output)
    if twice is None:
        assert result.exit_code == 0, result.output
        dates = pd.read_csv(output)[names["date"]]
        assert dates.tolist() == [f"2024-02-{day:02d}" for day in (10, 11, 12)]
    else:
        assert result.exit_code != 0
        assert f"two columns '{twice}'" in " ".join(result.output.split())
        assert not output.exists()


def test_shifts_and_last_records_in_doubt_are_named_with_their_dates(tmp_path, monkeypatch):
    monkeypatch.setattr(_fitting, "_society", lambda *given: None)
    steps = np.arange(110)
    usual = 60 + 3 * np.sin(steps * 2 * np.pi / 7) + np.random.default_rng(0).normal(size=110)
    dates = pd.date_range("2024-01-01", periods=110)
    ends = {"shifted": usual + 40 * (steps >= 90), "wrong": usual + 40 * (steps == 109), "usual": usual}
    path = tmp_path / "shops.csv"
    pd.concat(pd.DataFrame({"shop": name, "date": dates, "y": y}) for name, y in ends.items()).to_csv(path, index=False)
    done = aurita("forecast", path, "--id", "shop", "--target", "y", "--horizon", "7", "--no-check")
    assert done.exit_code == 0, done.stderr
    notes = " ".join(done.stderr.split())
    assert "the level shifted on 2024-03-31 in shifted; what comes before is brought to the last level note:" in notes
    assert (
        "the last record is far from all before, on 2024-04-19 in wrong: wrong, or the first at another level?" in notes
    )


def test_a_shift_names_its_columns_and_says_when_few_records_tell_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr(_fitting, "_society", lambda *given: None)
    steps = np.arange(110)
    usual = 60 + 3 * np.sin(steps * 2 * np.pi / 7) + np.random.default_rng(0).normal(size=110)
    path = tmp_path / "columns.csv"
    table = {"old": usual + 40 * (steps >= 90), "young": usual + 40 * (steps >= 106), "usual": usual}
    pd.DataFrame(table).to_csv(path, index=False)
    done = aurita("forecast", path, "--horizon", "7", "--no-check")
    assert done.exit_code == 0, done.stderr
    notes = " ".join(done.stderr.split())
    where = "the level shifted at step 90 in old, at step 106 in young; what comes before is brought to the last level"
    assert f"{where}. Fewer than six records are there: correct them if they are wrong note:" in notes
    assert notes.count("level shifted") == 1
