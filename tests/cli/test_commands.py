"""Commands in this process: what they refuse and in which words, what they write, what they say of themselves."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from aurita.cli import app

SMALL = ["--units", "4"]


pytestmark = pytest.mark.usefixtures("own_cache")


def aurita(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refused(result: Result, *printed: str) -> None:
    assert result.exit_code == 2, result.output
    for words in printed:
        assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stderr.count("error: ") == 1
    assert result.stdout == ""


def table(folder: Path, steps: int = 60, **columns: object) -> Path:
    path = folder / "table.csv"
    frame = pd.DataFrame({"date": pd.date_range("2024-01-01", periods=steps, freq="D")})
    frame["y"] = 10 + np.sin(np.arange(steps) * 2 * np.pi / 7)
    for name, values in columns.items():
        frame[name] = values
    frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("options", "printed"),
    [
        (["--target", "yy"], ["'yy'", "did you mean 'y'?"]),
        (["--target", "word"], ["'word'", "not one of numbers"]),
        (["--target", "hole"], ["'hole'"]),
        (["--target", "endless"], ["infinite in row 4"]),
        (["--target", "y", "--time", "dat"], ["'dat'", "did you mean 'date'?"]),
        (["--target", "y", "--interval", "90"], ["--interval is 90", "0.9"]),
        (["--target", "y", "--covariate", "price"], ["price", "known for 0 steps", "24 are to be forecast"]),
        (["--target", "y", "--covariate", "y"], ["one role"]),
        (["--target", "y", "--frequency", "fortnightly"], ["fortnightly"]),
        (["--target", "y", "--decimal", ";"], ["';'"]),
        (["--target", "y", "--learning", "self", "--rule", "largest"], ["--rule is largest", "add --units or --unit"]),
        (["--target", "y", "--learning", "society", "--units", "9"], ["--units is 9", "leave one of the two out"]),
    ],
)
def test_what_a_forecast_refuses(tmp_path, options, printed):
    endless = np.arange(60.0)
    endless[3] = np.inf
    path = table(tmp_path, word="north", hole=np.nan, price=np.arange(60), endless=endless)
    output = tmp_path / "f.csv"
    refused(aurita("forecast", path, *options, "--output", output), *printed)
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_horizon_of_nothing_is_an_error_of_usage(tmp_path):
    result = aurita("forecast", table(tmp_path), "--horizon", 0)
    assert result.exit_code == 2
    assert "--horizon" in result.stderr


def test_a_series_too_short(tmp_path):
    refused(aurita("forecast", table(tmp_path, 3), "--target", "y", "--units", 2), "at least 4")
    refused(aurita("forecast", table(tmp_path, 5), "--target", "y", "--units", 2, "--horizon", 3), "longer series")


@pytest.mark.parametrize("command", ["forecast", "classify", "fit", "predict"])
def test_outputs_are_checked_before_any_work(tmp_path, command):
    nowhere = tmp_path / "no" / "f.csv"
    options = {
        "forecast": ["no.csv", "--output", nowhere],
        "classify": ["no.csv", "--label", "c", "--save", nowhere],
        "fit": ["no.csv", "--task", "forecast", "--save", nowhere],
        "predict": ["no.aurita", "no.csv", "--output", nowhere],
    }
    refused(aurita(command, *options[command]), f"there is no folder {nowhere.parent}")


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="needs a folder that nobody may write to")
def test_a_folder_that_may_not_be_written(tmp_path):
    refused(aurita("forecast", table(tmp_path), "--target", "y", "--save", "/proc/m.aurita"), "/proc/m.aurita")


def test_a_forecast_and_a_model_in_one_file(tmp_path):
    place = tmp_path / "f.csv"
    refused(aurita("forecast", table(tmp_path), "--output", place, "--save", place), "two names")


def test_what_holds_no_model(tmp_path):
    path = table(tmp_path)
    refused(aurita("predict", path, path), "no file of aurita's")
    refused(aurita("info", tmp_path), "is a folder")
    refused(aurita("info", tmp_path / "no.aurita"), "there is no file")


def test_damaged_models_are_refused_by_name(tmp_path):
    path, model = table(tmp_path), tmp_path / "m.aurita"
    assert aurita("fit", path, "--task", "forecast", "--target", "y", "--save", model, *SMALL).exit_code == 0
    content = model.read_bytes()
    for damaged, printed in (
        (content[:-9], "truncated"),
        (content[:-9] + bytes(9), "damaged"),
        (b"", "empty or truncated"),
    ):
        model.write_bytes(damaged)
        refused(aurita("predict", model, path), printed)
        refused(aurita("info", model), printed)


def test_models_from_elsewhere_know_no_columns(tmp_path):
    from aurita import ReservoirForecaster

    path, model = table(tmp_path), tmp_path / "m.aurita"
    fitted = ReservoirForecaster(units=4, horizon=3).fit(np.sin(np.arange(80)))
    fitted.save(model)
    refused(aurita("predict", model, path), "1 series without names", "--target NAME")
    assert "in Python, to no table" in aurita("info", model).stdout
    ReservoirForecaster().save(model)
    refused(aurita("predict", model, path), "not fitted")


def test_classes_that_cannot_be_learnt(tmp_path):
    path = tmp_path / "c.csv"
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 5)), columns=list("abcde"))
    frame.assign(kind="only").to_csv(path, index=False)
    refused(aurita("classify", path, "--label", "kind"), "one class only, only")
    frame.assign(kind=np.arange(30)).to_csv(path, index=False)
    refused(aurita("classify", path, "--label", "kind"), "30 classes in 30 sequences", "--task regress")
    frame.assign(kind=["a"] * 29 + ["b"]).to_csv(path, index=False)
    refused(aurita("classify", path, "--label", "kind"), "class b has one sequence only", "--test")


def test_regression_needs_a_target(tmp_path):
    path = table(tmp_path, word="north")
    save = tmp_path / "m.aurita"
    refused(aurita("fit", path, "--task", "regress", "--save", save), "--label", "--target")
    refused(aurita("fit", path, "--task", "classify", "--save", save), "--label")
    refused(aurita("fit", path, "--task", "regress", "--target", "z", "--save", save), "'z'")
    refused(aurita("fit", path, "--task", "regress", "--target", "y", "--save", save), "no inputs")
    assert not save.exists()


def test_an_unexpected_error_keeps_its_traceback(tmp_path, monkeypatch):
    from aurita.cli import _panel

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(_panel, "read_panel", fail)
    result = aurita("forecast", table(tmp_path))
    assert isinstance(result.exception, ZeroDivisionError)


def test_an_interruption_is_no_error_of_the_program(tmp_path, monkeypatch):
    from aurita.cli import _panel

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_panel, "read_panel", interrupt)
    assert aurita("forecast", table(tmp_path)).exit_code == 130


def test_covariates_are_followed_into_the_future(tmp_path):
    """The series is three times its covariate, which jumps in the future where it never moved so far before."""
    rng = np.random.default_rng(0)
    price = rng.integers(0, 10, 130).astype(float)
    path, output = table(tmp_path, 130, price=price), tmp_path / "f.csv"
    frame = pd.read_csv(path)
    frame["y"] = 3 * price
    frame.loc[120:, "y"] = np.nan
    frame.to_csv(path, index=False)
    result = aurita(
        *["forecast", path, "--target", "y", "--covariate", "price", "--horizon", 10, "--output", output, *SMALL]
    )
    assert result.exit_code == 0, result.stderr
    assert "they are the future" in result.stderr
    written = pd.read_csv(output)
    assert written["date"].tolist() == [str(day.date()) for day in pd.date_range("2024-04-30", periods=10)]
    np.testing.assert_allclose(written["y"], 3 * price[120:], atol=1.0)


def test_the_forecast_of_a_constant_is_the_constant(tmp_path):
    path, output = table(tmp_path, same=4.5), tmp_path / "f.csv"
    result = aurita("forecast", path, "--target", "same", "--horizon", 3, "--output", output, *SMALL)
    assert result.exit_code == 0, result.stderr
    assert "never change: same" in result.stderr
    np.testing.assert_allclose(pd.read_csv(output)["same"], 4.5, atol=1e-6)


def test_values_at_every_step(tmp_path):
    """The target is the input of two steps ago, and the table to predict on has no target."""
    path, model, output = tmp_path / "t.csv", tmp_path / "m.aurita", tmp_path / "o.csv"
    received = np.random.default_rng(0).normal(size=400)
    frame = pd.DataFrame({"u": received, "y": np.r_[0, 0, received[:-2]]})
    frame[:300].to_csv(path, index=False)
    fitted = aurita("fit", path, "--task", "regress", "--target", "y", "--save", model, "--units", 8)
    assert fitted.exit_code == 0, fitted.stderr
    assert "the inputs are u" in fitted.stderr
    frame[["u"]][300:].to_csv(path, index=False)
    assert aurita("predict", model, path, "--output", output).exit_code == 0
    predicted = pd.read_csv(output)["y"].to_numpy()
    assert np.corrcoef(predicted[5:], frame["y"][305:])[0, 1] > 0.95


def test_a_value_of_every_sequence(tmp_path):
    """How fast a wave is, from a table with a row a sequence; other waves are predicted by a model read anew."""
    rng = np.random.default_rng(0)
    speed = rng.uniform(0.2, 0.6, 80)
    waves = np.sin(np.arange(30) * speed[:, None] + rng.uniform(0, 6, 80)[:, None])
    frame = pd.DataFrame(waves, columns=[f"t{k}" for k in range(30)]).assign(speed=speed)
    path, model, output = tmp_path / "t.csv", tmp_path / "m.aurita", tmp_path / "o.csv"
    frame[:60].to_csv(path, index=False)
    fitted = aurita("fit", path, "--task", "regress", "--label", "speed", "--save", model, "--units", 8)
    assert fitted.exit_code == 0, fitted.stderr
    frame[60:].drop(columns="speed").to_csv(path, index=False)
    assert aurita("predict", model, path, "--output", output).exit_code == 0
    predicted = pd.read_csv(output)["predicted"]
    assert np.abs(predicted - speed[60:]).mean() < 0.5 * np.abs(speed[60:] - speed.mean()).mean()


def test_classes_by_cross_validation_and_of_a_test_table(tmp_path):
    """Slow and fast waves whose single values tell nothing apart."""
    rng = np.random.default_rng(0)
    kind = np.arange(40) % 2
    rows = [
        {"who": number, "step": k, "v": np.sin(k / (1 + 2 * slow) + phase), "kind": ["fast", "slow"][slow]}
        for number, (slow, phase) in enumerate(zip(kind, rng.uniform(0, 6, 40), strict=True))
        for k in range(20)
    ]
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    frame = pd.DataFrame(rows)
    frame[frame["who"] < 30].to_csv(train, index=False)
    frame[frame["who"] >= 30].to_csv(test, index=False)
    output, model = tmp_path / "o.csv", tmp_path / "m.aurita"
    common = ["classify", train, "--label", "kind", "--id", "who", "--time", "step", "--output", output, *SMALL]
    result = aurita(*common, "--folds", 3, "--save", model)
    assert result.exit_code == 0, result.stderr
    written = pd.read_csv(output)
    assert len(written) == 30
    right = (written["kind"] == written["predicted"]).mean()
    assert right > 0.9
    assert f"{right:.1%}" in result.stdout
    assert "by cross-validation in 3 parts" in result.stdout
    refused(aurita(*common, "--test", test), "o.csv", "--force")
    pd.testing.assert_frame_equal(pd.read_csv(output), written)
    assert aurita(*common, "--test", test, "--force").exit_code == 0
    tested = pd.read_csv(output)
    assert tested["who"].tolist() == list(range(30, 40))
    # The same model, saved and used on a table without labels, says the same.
    unlabelled = tmp_path / "unlabelled.csv"
    frame[frame["who"] >= 30].drop(columns="kind").rename(columns={"who": "name"}).to_csv(unlabelled, index=False)
    result = aurita("predict", model, unlabelled, "--id", "name", "--output", output, "--force")
    assert result.exit_code == 0, result.stderr
    assert "no labels" in result.stdout
    assert pd.read_csv(output)["predicted"].tolist() == tested["predicted"].tolist()


def test_sequences_of_other_channels_are_refused(tmp_path):
    path, model = tmp_path / "t.csv", tmp_path / "m.aurita"
    frame = pd.DataFrame({"who": np.repeat(np.arange(8), 10), "v": np.arange(80.0) % 7})
    frame["kind"] = np.where(frame["who"] % 2, "a", "b")
    frame.to_csv(path, index=False)
    options = ["--task", "classify", "--label", "kind", "--id", "who", "--save", model]
    assert aurita("fit", path, *options, *SMALL).exit_code == 0
    frame.rename(columns={"v": "w"}).to_csv(path, index=False)
    refused(aurita("predict", model, path), "lacks the columns v")
    # A further column of numbers is no channel of the model and does no harm.
    frame.assign(more=1.0).to_csv(path, index=False)
    assert aurita("predict", model, path).exit_code == 0


def test_a_model_describes_itself(tmp_path):
    path, model = table(tmp_path), tmp_path / "m.aurita"
    fitted = aurita("fit", path, "--task", "forecast", "--target", "y", "--horizon", 5, "--save", model, *SMALL)
    assert fitted.exit_code == 0, fitted.stderr
    shown = aurita("info", model).stdout
    for words in ("ReservoirForecaster", "AttentionUnit", "EchoUnit", "none: units as drawn", "5 steps, recursive"):
        assert words in shown
    from aurita import load

    loaded = load(model)
    trained = loaded.readouts_[0].coef_.size + loaded.readouts_[0].intercept_.size
    assert f"{trained} trained" in shown


def test_the_installation_describes_itself(tmp_path):
    import jax

    shown = aurita("info").stdout
    assert jax.__version__ in shown
    assert "cpu" in shown or "gpu" in shown


def test_the_engine_is_named(monkeypatch):
    from aurita.native import engine_used

    assert aurita("info", "--engine").stdout.startswith(engine_used())
    monkeypatch.setenv("AURITA_ENGINE", "jax")
    assert aurita("info", "--engine").stdout.startswith("jax")
    monkeypatch.setenv("AURITA_ENGINE", "gpu")
    refused(aurita("info", "--engine"), "expected one of auto, native, jax")
