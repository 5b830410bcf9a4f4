"""Trials: newly drawn, the same for the same seed, refused where a task has none."""

import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.evolution import Drawing
from aurita.tasks import task_named
from aurita.tasks.decision import decision


def test_generations_see_other_trials_and_seeds_repeat():
    drawing = Drawing("decision", fitted=30, scored=10)
    first, again, other = drawing.draw([1, 2]), drawing.draw([1, 2]), drawing.draw([1, 3])
    np.testing.assert_array_equal(first.inputs, again.inputs)
    assert (first.inputs != other.inputs).any()
    assert (first.inputs[0] != first.inputs[1]).any()


def test_trials_are_those_of_the_task():
    trials = Drawing(decision, fitted=30, scored=10, seeds=1).draw([5])
    seed = int(np.random.default_rng([0x7472, 5]).integers(0, 2**31 - 1, 1)[0])
    task = decision(seed=seed, trials=(30, 10, 1))
    np.testing.assert_array_equal(trials.inputs[0, :, :, 3], task.train.inputs[3])
    np.testing.assert_array_equal(trials.targets[0].argmax(axis=0)[30:], task.validation.targets)


def test_a_task_with_its_own_sequences_is_dealt_out_anew():
    task = decision(seed=0, trials=(40, 20, 1))
    drawing = Drawing(task, fitted=30, scored=10, seeds=1)
    first, other = drawing.draw([0]), drawing.draw([1])
    assert (first.targets != other.targets).any()
    with pytest.raises(AuritaError, match="60 sequences"):
        Drawing(task, fitted=50, scored=11).draw([0])


def test_tasks_that_ask_at_every_step_are_refused():
    with pytest.raises(AuritaError, match="every step"):
        Drawing(task_named("sincosnoise"), fitted=5, scored=5).draw([0])
    with pytest.raises(AuritaError):
        Drawing("decision", fitted=1)
    with pytest.raises(AuritaError, match="nearest"):
        Drawing("decisoin").draw([0])
