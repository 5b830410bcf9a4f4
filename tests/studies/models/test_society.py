"""The society of a study chooses on training data alone, and keeps what it promises."""

import numpy as np
import pytest

from aurita import AuritaError
from aurita.society import defaults, mixed_society, series_society
from aurita.studies.models.society import societies, society
from aurita.tasks import task_named

SMALL = {"units": 2, "neurons": 4, "most": 60, "learning": {"steps": 20}}


@pytest.fixture
def _few_kinds(monkeypatch):
    """Compiling all kinds takes longer than they run."""
    monkeypatch.setattr(defaults, "mixed_society", lambda **k: mixed_society(**k)[-4:])
    monkeypatch.setattr(defaults, "series_society", lambda **k: series_society(**k)[2:5])


@pytest.mark.usefixtures("_few_kinds")
@pytest.mark.parametrize("name", ["decision", "lorenz"])
def test_every_kind_of_task_is_fitted_within_its_features(name):
    task = task_named(name, seed=0)
    fitted = society(task, ["test"], **SMALL)
    assert np.isfinite(task.score(fitted.predictions["test"]))
    assert 0 < fitted.details["readout_features"] <= 60
    assert (np.diff(fitted.details["held_out_errors"]) < 0).all()


def test_a_share_that_is_none():
    with pytest.raises(AuritaError, match="held_out is 1"):
        society(task_named("decision", seed=0), held_out=1.0)


def test_inputs_are_left_out_that_would_take_half_of_a_budget(monkeypatch):
    pytest.importorskip("cogscale")
    monkeypatch.setattr(defaults, "mixed_society", lambda **k: mixed_society(**k)[-3:])
    task = task_named("cogscale/cross_situation", difficulty="small", seed=0)
    alone = task.outputs * (task.channels + 1)
    for budget, there in ((2 * alone - 1, False), (2 * alone, True)):
        fitted = society(task, ["test"], budget=budget, **{**SMALL, "learning": {"objective": "frozen"}})
        assert fitted.trained <= budget
        units = sum(fitted.details["kinds"].values())
        sees = fitted.details["readout_features"] - SMALL["neurons"] * units
        assert sees == (task.channels if there else 0)


def test_a_budget_of_few_units_shows_all_that_they_know_and_drops_their_heads(monkeypatch):
    pytest.importorskip("cogscale")
    monkeypatch.setattr(defaults, "mixed_society", lambda **k: mixed_society(**k)[5:6])
    task = task_named("cogscale/associative_recall", difficulty="small", seed=0)
    few, many = (society(task, ["test"], budget=budget, **SMALL) for budget in (900, 9000))
    assert few.trained <= 900
    attends, hides, inputs, units = 8, 8, task.channels, sum(few.details["kinds"].values())
    assert few.details["readout_features"] == inputs + (attends + hides) * units
    assert many.details["readout_features"] == inputs + hides * sum(many.details["kinds"].values())


def test_sizes_share_one_search_and_keep_their_budgets(monkeypatch):
    pytest.importorskip("cogscale")
    monkeypatch.setattr(defaults, "mixed_society", lambda **k: mixed_society(**k)[5:6])
    task = task_named("cogscale/associative_recall", difficulty="small", seed=0)
    budgets = (900, 9000)
    given = {key: value for key, value in SMALL.items() if key != "most"}
    found = societies(task, ["test"], sizes=[(60, budget) for budget in budgets], **given)
    assert all(one.trained <= budget for one, budget in zip(found, budgets, strict=True))
    searched = {one.details["trained_in_all"] - one.trained + one.details["trained_in_units"] for one in found}
    assert len(searched) == 1
    errors = [one.details["held_out_errors"][-1] for one in found]
    assert errors[1] <= errors[0]
