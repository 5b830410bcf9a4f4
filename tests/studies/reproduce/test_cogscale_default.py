"""CogScale by the default society: what is declared, and that the report stands on the records."""

import pandas as pd
import pytest

from aurita import AuritaError
from aurita.studies import reproduce
from aurita.studies.reproduce import cogscale_default


def test_all_tasks_of_a_difficulty_are_declared(tmp_path):
    (part,) = reproduce.parts("cogscale", difficulty="large", features=400, storage=tmp_path / "s.sqlite")
    assert part.study.name == "cogscale-large-400"
    assert [dict(task.options) for task in part.study.tasks] == [{"difficulty": "large"}] * 14
    assert part.seconds_left(2) > 3600


def test_a_budget_is_the_societys(tmp_path):
    given = {"difficulty": "medium", "storage": tmp_path / "s.sqlite"}
    (part,) = reproduce.parts("cogscale", budget=10_000, **given)
    (free,) = reproduce.parts("cogscale", **given)
    assert part.study.name == "cogscale-medium-100-budget-10000"
    assert dict(part.study.models[0].parameters) == {"most": 100, "budget": 10_000}
    assert dict(free.study.models[0].parameters) == {"most": 100}


def test_what_there_is_not_is_refused(tmp_path):
    with pytest.raises(AuritaError, match="budget = 10 goes with a difficulty"):
        reproduce.parts("cogscale", budget=10, storage=tmp_path / "s.sqlite")
    with pytest.raises(AuritaError, match="budget is 0"):
        cogscale_default.study(budget=0, storage=tmp_path / "s.sqlite")
    with pytest.raises(AuritaError, match="expected one of small, medium, large"):
        cogscale_default.study(difficulty="huge")
    with pytest.raises(AuritaError, match="one difficulty only"):
        reproduce.parts("notebook", difficulty="small", storage=tmp_path / "s.sqlite")


def test_the_report_averages_what_was_recorded(tmp_path, monkeypatch):
    monkeypatch.setattr(cogscale_default, "COGSCALE_TASKS", ("adding_problem", "cross_situation"))
    study = cogscale_default.study(20, difficulty="small", seeds=1, storage=tmp_path / "s.sqlite")
    rows = [
        {
            "task": f"cogscale/{task}",
            "model": model,
            "seed": seed,
            "score": score,
            "cpu_seconds": 2.0,
            "memory_mb": 100.0,
        }
        | {"trained": 10, "details": '{"trained_in_all": 50}'}
        for task, scores in {"adding_problem": (0.1, 0.3), "cross_situation": (0.0, 0.2)}.items()
        for seed, score in enumerate(scores)
        for model in ("society", "bare inputs")
    ]
    monkeypatch.setattr(type(study), "records", lambda self: pd.DataFrame(rows))
    ((_, table),) = cogscale_default.report(study)
    by_task = table.set_index("task")
    assert by_task.loc["adding_problem", "society"] == pytest.approx(0.2)
    assert by_task.loc["mean of the tasks", "society"] == pytest.approx(0.15)
    assert by_task.loc["adding_problem", ["seeds", "CPU s", "trained in all"]].tolist() == [2, 2, 50]
