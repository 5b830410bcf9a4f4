"""The decision task: what is shown, and what the right answer is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita.errors import AuritaError
from aurita.tasks.decision import VALUES, decision


def read_trial(x):
    """Onset, stimulus, position and length of the two, paired by when they are shown."""
    found = []
    for stimulus in np.flatnonzero(x[:, :4].any(axis=0)):
        course = x[:, stimulus]
        matches = [p for p in range(4) if np.array_equal(x[:, 4 + p], course)]
        assert len(matches) == 1
        found.append((int(np.argmax(course)), int(stimulus), matches[0], int(course.sum())))
    return sorted(found)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_two_stimuli_are_shown_for_five_steps_and_the_label_is_the_better_ones_position(seed):
    task = decision(seed=seed, trials=(20, 1, 1))
    for x, label in zip(task.train.inputs, task.train.targets, strict=True):
        first, second = read_trial(x)
        assert first[0] < second[0]
        assert first[1] != second[1]
        assert first[2] != second[2]
        assert first[3] == second[3] == 5
        best = max(first, second, key=lambda shown: VALUES[shown[1]])
        assert label == best[2]


def test_onsets_use_the_whole_trial_and_may_overlap():
    task = decision(seed=0, trials=(3000, 1, 1))
    onsets = np.array([[shown[0] for shown in read_trial(x)] for x in task.train.inputs])
    assert onsets.min() == 0
    assert onsets.max() == 25
    assert (np.diff(onsets, axis=1) < 5).any()


def test_answers_are_at_chance_level_for_whoever_guesses():
    positions = decision(seed=1, trials=(1, 1, 6000)).test.targets
    np.testing.assert_allclose(np.bincount(positions) / 6000, 0.25, atol=0.02)
    task = decision(seed=1, trials=(1, 1, 6000), answer="stimulus")
    assert np.mean(task.test.targets == 0) == pytest.approx(task.chance, abs=0.02)
    np.testing.assert_allclose(np.bincount(task.test.targets)[1:] / 6000, [1 / 3, 1 / 6], atol=0.02)


def test_sixteen_channels_show_the_same_trials_bound():
    plain, bound = decision(seed=4, trials=(50, 1, 1)), decision(seed=4, trials=(50, 1, 1), channels=16)
    np.testing.assert_array_equal(plain.train.targets, bound.train.targets)
    for a, b in zip(plain.train.inputs, bound.train.inputs, strict=True):
        grid = b.reshape(30, 4, 4)
        np.testing.assert_array_equal(np.hstack([grid.sum(axis=2), grid.sum(axis=1)]), a)


def test_durations_vary_within_their_range_and_noise_is_added_everywhere():
    task = decision(seed=5, trials=(300, 1, 1), duration=(3, 8))
    lengths = {shown[3] for x in task.train.inputs for shown in read_trial(x)}
    assert lengths == set(range(3, 9))
    noisy = decision(seed=5, trials=(300, 1, 1), noise=0.2)
    values = np.array(noisy.train.inputs)
    assert (values - np.round(values.clip(0, 1))).std() == pytest.approx(0.2, rel=0.1)
    assert noisy.floor is None


@pytest.mark.parametrize(
    "options",
    [
        {"duration": 30},
        {"duration": 0},
        {"duration": (6, 5)},
        {"channels": 9},
        {"answer": "value"},
        {"trials": (1, 0, 1)},
        {"noise": -0.1},
        {"noise": float("nan")},
    ],
)
def test_variants_that_do_not_exist_are_refused(options):
    with pytest.raises(AuritaError):
        decision(**options)
