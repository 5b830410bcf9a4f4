"""Options of forecasts: limits, horizons that are too long, and series that are too short."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from aurita.cli import app
from aurita.cli.app import MOST_STEPS
from aurita.estimators import planning


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("AURITA_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "")
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")


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


def test_forecasts_stay_above_the_lower_limit(sales, tmp_path):
    model, first, again, free = (tmp_path / name for name in ("model", "first.csv", "again.csv", "free.csv"))
    options = [sales, "--id", "shop", "--target", "y", "--horizon", "4", "--units", "2", "--no-check"]
    done = aurita("forecast", *options, "--lower", "0", "--output", first, "--save", model)
    assert done.exit_code == 0, done.output
    assert "1 of 3 series are too short and were left out (new)" in done.stderr
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


def test_few_origins_are_said_in_a_note(tmp_path):
    path = tmp_path / "short.csv"
    values = np.sin(np.arange(40) / 2)
    pd.DataFrame({"date": pd.date_range("2024-01-01", periods=40, freq="MS"), "y": values}).to_csv(path, index=False)
    done = aurita("forecast", path, "--target", "y", "--horizon", "18", "--units", "2", "--no-check")
    assert done.exit_code == 0, done.output
    assert "note: intervals of 90% need 9 held-out origins at each step" in done.stderr
