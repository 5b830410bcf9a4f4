"""The society of a study chooses on training data alone, and keeps what it promises."""

import sys

import numpy as np
import pytest

from aurita import AuritaError
from aurita.society import mixed_society
from aurita.studies.models.society import _parts, society
from aurita.tasks import task_named

SMALL = {"units": 2, "neurons": 4, "most": 24, "learning": {"steps": 20}}


@pytest.fixture
def _few_kinds(monkeypatch):
    """Compiling all kinds takes longer than they run."""
    monkeypatch.setattr(sys.modules[society.__module__], "mixed_society", lambda *a, **k: mixed_society(*a, **k)[-4:])


@pytest.mark.usefixtures("_few_kinds")
@pytest.mark.parametrize("name", ["decision", "lorenz"])
def test_every_kind_of_task_is_fitted_within_its_features(name):
    task = task_named(name, seed=0)
    fitted = society(task, ["test"], **SMALL)
    assert np.isfinite(task.score(fitted.predictions["test"]))
    assert 0 < fitted.details["readout_features"] <= 24
    assert (np.diff(fitted.details["held_out_errors"]) < 0).all()


def test_parts_of_sequences_and_of_time_do_not_meet():
    many = task_named("cogscale/adding_problem", seed=0)
    early, late = _parts(many, 0.25, seed=0)
    assert len(late.rows) == 25
    assert not set(early.rows) & set(late.rows)
    one = task_named("lorenz", seed=0)
    early, late = _parts(one, 0.25, seed=0)
    assert not (early.steps & late.steps).any()
    for row in early.rows:
        assert np.flatnonzero(early.steps[row]).max() < early.until[row] <= np.flatnonzero(late.steps[row]).min()


@pytest.mark.usefixtures("_few_kinds")
def test_what_is_held_out_does_not_reach_what_is_judged_on_it(monkeypatch):
    learnt = []

    def judge(drawn, now, *rest, **options):
        learnt.append(now)
        raise AuritaError("enough")

    monkeypatch.setattr(sys.modules[society.__module__], "choose", judge)
    task = task_named("cogscale/adding_problem", seed=0)
    for _ in range(2):
        with pytest.raises(AuritaError, match="enough"):
            society(task, ["test"], seed=3, **SMALL)
        for row in _parts(task, 0.25, seed=3)[1].rows:
            task.train.targets[row][:] = np.roll(task.train.targets[row], 1, axis=-1)
            task.train.inputs[row][:] += 1.0
    for a, b in zip(learnt[0].weights, learnt[1].weights, strict=True):
        for name, value in a.unit.items():
            np.testing.assert_array_equal(value, b.unit[name])


def test_a_share_that_is_none():
    with pytest.raises(AuritaError, match="held_out is 1"):
        society(task_named("decision", seed=0), held_out=1.0)
