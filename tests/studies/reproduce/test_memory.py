"""Frozen attention units hold the past: one seed of the reproduction reaches what ten are asked for."""

import pytest

from aurita.studies.models import model_named
from aurita.studies.reproduce import memory
from aurita.tasks import task_named


@pytest.mark.parametrize(("number", "low", "high"), [(0, 48, 60), (2, 10, 35)])
def test_capacity_over_sixty_delays(tmp_path, number, low, high):
    plan = memory.study(storage=tmp_path / "s.sqlite").models[number]
    task = task_named("memory_capacity", seed=3, steps=(3000, 100, 2000))
    fitted = model_named(plan.kind)(task, ["test"], seed=3, **plan.parameters)
    assert low <= task.score(fitted.predictions["test"]) <= high
    assert fitted.details["readout_features"] == (128 if number == 0 else 96)
