"""The stored settings keep what the table promises, and the report stands on the records."""

import pandas as pd
import pytest

from aurita import AuritaError
from aurita.studies.reproduce import cogscale
from aurita.tasks.cogscale import COGSCALE_TASKS


@pytest.mark.parametrize("features", cogscale.SIZES)
def test_settings_name_every_task_and_stay_below_the_features(features):
    stored = cogscale.settings(features)
    assert min(stored["seeds"]) >= 1000
    for name, model in stored["models"].items():
        assert set(model["per_task"]) == {f"cogscale/{task}" for task in COGSCALE_TASKS}, name
        for parameters in model["per_task"].values():
            seen = 8 * parameters.get("units", 12) + parameters.get("echo", 0)
            assert seen <= features, (name, parameters)


def test_the_frozen_model_learns_nothing():
    stored = cogscale.settings(100)
    for name in ("aurita, frozen", "ESN"):
        assert all("learning" not in parameters for parameters in stored["models"][name]["per_task"].values())


def test_another_size_is_refused():
    with pytest.raises(AuritaError, match="50 readout features"):
        cogscale.study(50)


def test_the_report_averages_what_was_recorded(tmp_path, monkeypatch):
    monkeypatch.setattr(cogscale, "COGSCALE_TASKS", ("sinus_forecasting", "adding_problem"))
    small = {"units": 1, "unit": {"memory": 4}}
    per_task = {f"cogscale/{task}": small for task in cogscale.COGSCALE_TASKS}
    entry = {"kind": "reservoir", "per_task": per_task}
    stored = {"models": {"aurita": entry, "ESN": {**entry, "kind": "esn", "per_task": {}, "parameters": {"units": 5}}}}
    monkeypatch.setattr(cogscale, "settings", lambda features: stored)
    study = cogscale.study(100, seeds=2, storage=tmp_path / "s.sqlite")
    study.run(progress=False)
    scores, models, pairs, ranks = (table for _, table in cogscale.report(study))
    records = study.records()
    row = records[(records["model"] == "ESN") & (records["task"] == "cogscale/adding_problem")]
    shown = scores.set_index("task").loc["adding_problem", "ESN"]
    assert shown == pytest.approx(row["score"].mean())
    assert scores["task"].iloc[-1] == "mean of the tasks"
    assert any("published" in str(name) for name in scores.columns)
    esn = models.set_index("model").loc["ESN"]
    assert esn["mean"] == pytest.approx(scores.set_index("task").loc[list(cogscale.COGSCALE_TASKS), "ESN"].mean())
    assert esn["trained, most"] == 5 * 5 + 5
    assert set(pairs["verdict"]) <= {"better", "worse", "inconclusive"}
    assert isinstance(ranks, pd.DataFrame)
