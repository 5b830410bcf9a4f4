"""Models saved from Python, and asked of tables on the command line: the predictions are those of Python."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from aurita import ReservoirClassifier, ReservoirForecaster, ReservoirRegressor, load
from aurita.cli import app

pytestmark = pytest.mark.usefixtures("own_cache")
WHO, STEPS = 12, 15


def aurita(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def moves():
    """Sequences of two channels, and a label and a value of each."""
    rng = np.random.default_rng(0)
    wave = [np.sin(np.arange(STEPS) / (1.5 + who % 2)) for who in range(WHO)]
    frames = [pd.DataFrame({"x": one, "y": one[::-1]}) + rng.normal(0, 0.05, (STEPS, 2)) for one in wave]
    return frames, np.array(["slow", "fast"])[np.arange(WHO) % 2], rng.normal(size=WHO)


@pytest.fixture
def table(tmp_path, moves):
    """A shuffled table of them, a row for every step, its columns in another order."""
    frames, labels, _ = moves
    parts = [
        one.assign(who=f"p{who:02}", t=range(STEPS), kind=labels[who])[["t", "y", "x", "who", "kind"]]
        for who, one in enumerate(frames)
    ]
    pd.concat(parts).sample(frac=1, random_state=0).to_csv(tmp_path / "table.csv", index=False)
    return tmp_path / "table.csv"


@pytest.fixture
def days(tmp_path):
    index = pd.date_range("2024-01-01", periods=70, name="day")
    frame = pd.DataFrame({"sold": 20 + 5 * np.sin(np.arange(70) * 2 * np.pi / 7), "heat": np.arange(70.0)}, index)
    frame.to_csv(tmp_path / "days.csv")
    return frame, tmp_path / "days.csv"


@pytest.mark.parametrize("named", [True, False])
def test_classes_of_sequences(tmp_path, moves, table, named):
    frames, labels, _ = moves
    given = frames if named else [one.to_numpy() for one in frames]
    model = ReservoirClassifier(units=6).fit(given, labels)
    model.save(tmp_path / "m")
    columns = [] if named else ["--column", "x", "--column", "y"]
    asked = aurita(
        "predict", tmp_path / "m", table, "--id", "who", "--label", "kind", *columns, "-o", tmp_path / "p.csv"
    )
    assert asked.exit_code == 0, asked.output
    written = pd.read_csv(tmp_path / "p.csv")
    assert written["predicted"].tolist() == model.predict(given).tolist()
    np.testing.assert_allclose(written["probability"], model.predict_proba(given).max(1), atol=1e-6)
    assert written["kind"].tolist() == labels.tolist()


def test_columns_of_other_names_stand_for_those_of_the_fit(tmp_path, moves, table):
    frames, labels, _ = moves
    model = ReservoirClassifier(units=6).fit([one.rename(columns={"x": "a", "y": "b"}) for one in frames], labels)
    model.save(tmp_path / "m")
    refused = aurita("predict", tmp_path / "m", table, "--id", "who")
    assert refused.exit_code == 2
    assert "lacks the columns a, b" in refused.stderr
    asked = aurita(
        "predict", tmp_path / "m", table, "--id", "who", "--column", "x", "--column", "y", "-o", tmp_path / "p.csv"
    )
    assert asked.exit_code == 0, asked.output
    swapped = [one.set_axis(["a", "b"], axis=1) for one in frames]
    assert pd.read_csv(tmp_path / "p.csv")["predicted"].tolist() == model.predict(swapped).tolist()


def test_values_of_sequences_and_of_rows_of_a_wide_table(tmp_path, moves, table):
    frames, labels, values = moves
    model = ReservoirRegressor(units=6).fit(frames, values)
    model.save(tmp_path / "m")
    asked = aurita("predict", tmp_path / "m", table, "--id", "who", "-o", tmp_path / "p.csv")
    assert asked.exit_code == 0, asked.output
    np.testing.assert_allclose(pd.read_csv(tmp_path / "p.csv")["predicted"], model.predict(frames), atol=1e-6)
    rows = np.stack([one["x"].to_numpy() for one in frames])
    wide = ReservoirClassifier(units=6).fit(list(rows[:, :, None]), labels)
    wide.save(tmp_path / "w")
    pd.DataFrame(rows).add_prefix("t").to_csv(tmp_path / "wide.csv", index=False)
    asked = aurita("predict", tmp_path / "w", tmp_path / "wide.csv", "-o", tmp_path / "q.csv")
    assert asked.exit_code == 0, asked.output
    assert pd.read_csv(tmp_path / "q.csv")["predicted"].tolist() == wide.predict(list(rows[:, :, None])).tolist()


def test_values_of_steps(tmp_path, days):
    frame, path = days
    model = ReservoirRegressor(units=6).fit([frame[["heat"]]], [frame["sold"].to_numpy()])
    model.save(tmp_path / "m")
    asked = aurita("predict", tmp_path / "m", path, "--target", "sold", "-o", tmp_path / "p.csv")
    assert asked.exit_code == 0, asked.output
    np.testing.assert_allclose(pd.read_csv(tmp_path / "p.csv")["sold"], model.predict([frame[["heat"]]])[0], atol=1e-6)


@pytest.mark.parametrize("kind", ["series", "frame", "array"])
def test_forecasts(tmp_path, days, kind):
    frame, path = days
    y = {"series": frame["sold"], "frame": frame[["sold"]], "array": frame["sold"].to_numpy()}[kind]
    ReservoirForecaster(units=5, horizon=4).fit(y).save(tmp_path / "m")
    named = ["--target", "sold"] if kind == "array" else []
    asked = aurita("predict", tmp_path / "m", path, *named, "-o", tmp_path / "p.csv")
    assert asked.exit_code == 0, asked.output
    written = pd.read_csv(tmp_path / "p.csv")
    assert written["day"].tolist() == ["2024-03-11", "2024-03-12", "2024-03-13", "2024-03-14"]
    expected = load(tmp_path / "m").predict(4)
    for name, part in (("sold", expected.mean), ("sold_lower", expected.lower), ("sold_upper", expected.upper)):
        np.testing.assert_allclose(written[name], np.ravel(part), atol=1e-5)


def test_forecasts_beside_covariates(tmp_path, days):
    frame, path = days
    model = ReservoirForecaster(units=5, horizon=4).fit(frame[["sold"]][:60], frame[["heat"]][:60])
    model.save(tmp_path / "m")
    frame.assign(sold=frame["sold"].where(np.arange(70) < 60)).to_csv(path)
    asked = aurita("predict", tmp_path / "m", path, "-o", tmp_path / "p.csv")
    assert asked.exit_code == 0, asked.output
    expected = model.predict(4, frame[["heat"]][60:64]).mean
    np.testing.assert_allclose(pd.read_csv(tmp_path / "p.csv")["sold"], expected[:, 0], atol=1e-5)


def test_what_is_refused(tmp_path, moves, table, days):
    frames, labels, values = moves
    ReservoirClassifier(units=6).fit([one.to_numpy() for one in frames], labels).save(tmp_path / "m")
    rows = np.random.default_rng(0).normal(size=(30, 4))
    ReservoirClassifier(units=6, per="sequence").fit(rows, np.arange(30) % 2).save(tmp_path / "rows")
    ReservoirRegressor(units=6).fit(frames, np.stack([values, values], 1)).save(tmp_path / "two")
    ReservoirForecaster(units=5, horizon=4).fit(days[0]["sold"].to_numpy()).save(tmp_path / "f")
    both = ["--column", "x", "--column", "y"]
    for model, options, printed in (
        ("m", ["--id", "who"], "2 channels without names; name the columns of the table that they are"),
        ("m", ["--id", "who", "--column", "x"], "--column names x; name the columns"),
        ("m", both, "name their column with --id"),
        ("m", [*both, "--id", "who", "--covariate", "t"], "--covariate names t, of which"),
        ("rows", [], "on a table of samples"),
        ("two", ["--id", "who"], "predicts 2 values of a sequence"),
        ("f", [], "1 series without names"),
        ("f", ["--target", "x", "--covariate", "t"], "--covariate names t: leave it out"),
    ):
        asked = aurita("predict", tmp_path / model, table, *options)
        assert asked.exit_code == 2, asked.output
        assert printed in " ".join(asked.stderr.split())
        assert "Traceback" not in asked.stderr


def test_columns_are_not_named_for_models_that_know_them(tmp_path, table):
    saved = ["--units", "5", "--save", tmp_path / "m"]
    assert aurita("fit", table, "--task", "classify", "--label", "kind", "--id", "who", *saved).exit_code == 0
    asked = aurita("predict", tmp_path / "m", table, "--column", "x")
    assert asked.exit_code == 2
    assert "knows the columns of its table" in asked.stderr


def test_pages(tmp_path, moves, table, days):
    frames, labels, _ = moves
    ReservoirClassifier(units=6).fit(frames, labels).save(tmp_path / "m")
    asked = aurita("view", tmp_path / "m", table, "--id", "who", "--label", "kind", "-o", tmp_path / "page.html")
    assert asked.exit_code == 0, asked.output
    assert "slow" in (tmp_path / "page.html").read_text()
    ReservoirForecaster(units=5, horizon=4).fit(days[0]["sold"]).save(tmp_path / "f")
    assert aurita("view", tmp_path / "f", days[1], "-o", tmp_path / "ahead.html").exit_code == 0
