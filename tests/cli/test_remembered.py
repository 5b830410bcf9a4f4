"""What a saved model says of its table does not fit the model: one message, whatever it says."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from aurita import ReservoirClassifier, ReservoirRegressor
from aurita.cli import app
from aurita.cli._models import remember

X = [np.arange(4.0)[:, None] + shift for shift in range(4)]
CLASSES = {"task": "classify", "per": "sequence", "label": "kind", "id": None, "time": None, "decimal": None}
STEPS = {"task": "regress", "per": "step", "targets": ["y"], "inputs": ["x"], "id": None, "time": None}
STEPS |= {"frequency": None, "decimal": None}


@pytest.fixture
def asked(tmp_path):
    """Asks a model that remembers something for predictions of a table."""
    wide = pd.DataFrame(np.arange(8.0).reshape(2, 4)).add_prefix("t")
    wide.to_csv(tmp_path / "wide.csv", index=False)
    pd.DataFrame({"x": np.arange(5.0)}).to_csv(tmp_path / "steps.csv", index=False)

    def ask(model, table, known):
        remember(model, **known)
        model.save(tmp_path / "model")
        return CliRunner().invoke(app, ["predict", str(tmp_path / "model"), str(tmp_path / table)])

    return ask


def test_what_fits_predicts(asked):
    model = ReservoirClassifier(units=0).fit(X, [0, 1, 0, 1])
    assert asked(model, "wide.csv", {**CLASSES, "channels": None}).exit_code == 0
    steps = ReservoirRegressor(units=0).fit(X, [x**2 for x in X])
    assert asked(steps, "steps.csv", STEPS).exit_code == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"task": "forecast"},
        {"task": None},
        {"task": ["classify"]},
        {"task": "regress"},
        {"per": "step"},
        {"label": None},
        {"label": 3},
        {"channels": ["a", "b"]},
        {"channels": [1]},
        {"channels": "x"},
        {"id": 3},
        {"decimal": 0.5},
        {"missing": "x"},
    ],
)
def test_what_does_not_is_refused(asked, changes):
    model = ReservoirClassifier(units=0).fit(X, [0, 1, 0, 1])
    result = asked(model, "wide.csv", {**CLASSES, "channels": None, **changes})
    assert result.exit_code == 2, result.output
    assert result.stderr.count("error: ") == 1
    assert "the model names " in result.stderr or "the model is a " in result.stderr


def test_values_of_one_channel_in_the_wrong_form(asked):
    flat = ReservoirRegressor(units=0).fit(X, [x[:, 0] for x in X])
    for known in (STEPS, {**STEPS, "targets": ["y", "z"]}, {**STEPS, "inputs": []}):
        result = asked(flat, "steps.csv", known)
        assert result.exit_code == 2
        assert "other columns than it has" in result.stderr
