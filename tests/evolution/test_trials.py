"""Trials: newly drawn, the same for the same seed, refused where a task has none."""

from zlib import crc32

import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.evolution import TrialSource
from aurita.tasks import task_named
from aurita.tasks.decision import decision


def test_generations_see_other_trials_and_seeds_repeat():
    drawing = TrialSource("decision", fitted=30, scored=10)
    first, again, other = drawing.draw([1, 2]), drawing.draw([1, 2]), drawing.draw([1, 3])
    np.testing.assert_array_equal(first.inputs, again.inputs)
    assert (first.inputs != other.inputs).any()
    assert (first.inputs[0] != first.inputs[1]).any()


def test_trials_are_those_of_the_task():
    trials = TrialSource(decision, fitted=30, scored=10, seeds=1).draw([5])
    seed = int(np.random.default_rng([0x7472, 5]).integers(0, 2**31 - 1, 1)[0])
    task = decision(seed=seed, trials=(200, 1, 1)).train
    theirs = {x.tobytes(): label for x, label in zip(task.inputs, task.targets, strict=True)}
    for number in range(40):
        x = np.ascontiguousarray(trials.inputs[0, :, :, number].astype(float))
        assert theirs[x.tobytes()] == trials.targets[0, :, number].argmax()


def test_what_is_held_out_is_never_drawn_and_about_its_share_of_all():
    drawing = TrialSource("decision", fitted=3000, scored=1000, seeds=1, held_out=0.3)
    x = drawing.draw([0]).inputs[0]
    seen = {np.ascontiguousarray(x[:, :, i]).tobytes() for i in range(x.shape[2])}
    fitted, unseen = drawing.unseen(0, 1500)
    assert len(fitted) == 3000
    assert len(unseen) == 1500
    assert not seen & {v.astype(np.float32).tobytes() for v in unseen.inputs}
    assert not {v.tobytes() for v in fitted.inputs} & {v.tobytes() for v in unseen.inputs}
    everything = decision(seed=8, trials=(2000, 1, 1)).train.inputs
    held = sum(crc32(np.ascontiguousarray(v)) < 0.3 * 2**32 for v in everything)
    assert 0.25 < held / 2000 < 0.35
    assert np.mean(unseen.targets == 0) == pytest.approx(0.25, abs=0.05)


def test_a_task_with_its_own_sequences_is_dealt_out_anew():
    task = decision(seed=0, trials=(40, 20, 1))
    drawing = TrialSource(task, fitted=30, scored=10, seeds=1)
    first, other = drawing.draw([0]), drawing.draw([1])
    assert (first.targets != other.targets).any()
    with pytest.raises(AuritaError, match="60 sequences"):
        TrialSource(task, fitted=50, scored=11).draw([0])
    assert drawing.unseen(0)[1] is task.test


def test_tasks_that_ask_at_every_step_are_refused():
    with pytest.raises(AuritaError, match="every step"):
        TrialSource(task_named("sincosnoise"), fitted=5, scored=5).draw([0])
    with pytest.raises(AuritaError):
        TrialSource("decision", fitted=1)
    with pytest.raises(AuritaError, match="nearest"):
        TrialSource("decisoin").draw([0])
