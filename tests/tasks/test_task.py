"""Splits, tasks and the registry."""

import inspect
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita.errors import AuritaError
from aurita.tasks import METRICS, TASKS, Split, Task, joined, task_named, task_names


def per_step(lengths, channels=2, outputs=3):
    return Split(
        [np.full((n, channels), float(n)) for n in lengths],
        [np.arange(n * outputs, dtype=float).reshape(n, outputs) for n in lengths],
        [np.arange(n) % 2 == 0 for n in lengths],
    )


def task_of(split, category="regression", metric="mse"):
    return Task("made", 0, split, split, split, category=category, metric=metric, chance=None)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_padding_keeps_every_value_and_adds_only_zeros(lengths):
    split = per_step(lengths)
    block, measured = split.padded()
    assert block.shape == (len(lengths), max(lengths), 2)
    assert measured.tolist() == lengths
    for row, x in zip(block, split.inputs, strict=True):
        np.testing.assert_array_equal(row[: len(x)], x)
        assert not row[len(x) :].any()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_steps_that_are_not_scored_cannot_change_the_score(lengths):
    task = task_of(per_step(lengths))
    wrong = [
        np.where(mask[:, None], y + 2, np.nan) for y, mask in zip(task.test.targets, task.test.scored, strict=True)
    ]
    assert task.score(wrong) == pytest.approx(4.0)


def test_every_scored_step_weighs_the_same_whatever_its_sequence():
    split = Split(
        [np.zeros((1, 1)), np.zeros((3, 1))],
        [np.zeros((1, 1)), np.zeros((3, 1))],
        [np.ones(1, bool)] * 1 + [np.ones(3, bool)],
    )
    assert task_of(split).score([np.full((1, 1), 2.0), np.zeros((3, 1))]) == pytest.approx(1.0)


def test_predictions_that_are_not_finite_score_nan():
    task = task_of(per_step([4]))
    assert np.isnan(task.score([np.full((4, 3), np.inf)]))


def test_labels_compare_as_labels():
    split = Split([np.zeros((2, 1))] * 4, np.array(["a", "b", "b", "c"]))
    task = task_of(split, "labels", "accuracy")
    assert task.score(np.array(["a", "b", "c", "c"])) == 0.75
    assert task.outputs == 3
    assert task.direction == "higher"


def test_joined_keeps_order_and_kind():
    a, b = per_step([2, 3]), per_step([4])
    both = joined(a, b)
    assert both.lengths.tolist() == [2, 3, 4]
    np.testing.assert_array_equal(both.at_scored(both.targets)[-2:], b.at_scored(b.targets))
    with pytest.raises(AuritaError, match="one kind"):
        joined(a, Split([np.zeros((2, 1))], np.array([1])))


@pytest.mark.parametrize(
    "arguments",
    [
        ([], []),
        ([np.zeros((3, 1))], []),
        ([np.zeros((3, 1))], np.zeros((1, 3, 1))),
        ([np.zeros((3, 1))], [np.zeros((3, 1))]),
        ([np.zeros((3, 1))], [np.zeros((2, 1))], [np.ones(3, bool)]),
        ([np.zeros((3, 1))], [np.zeros((3, 1))], [np.ones(2, bool)]),
    ],
)
def test_splits_that_do_not_fit_together_are_refused(arguments):
    with pytest.raises(AuritaError):
        Split(*arguments)


@pytest.mark.parametrize(
    ("predictions", "says"),
    [([np.zeros((4, 3))] * 2, "2 sequences"), ([np.zeros((3, 3))], "4 steps"), ([np.zeros((4, 2))], "shape")],
)
def test_predictions_of_another_shape_are_refused(predictions, says):
    with pytest.raises(AuritaError, match=says):
        task_of(per_step([4])).score(predictions)


def test_tasks_that_contradict_themselves_are_refused():
    split = per_step([4])
    for options in ({"category": "labels"}, {"category": "guess"}, {"metric": "beauty"}):
        with pytest.raises(AuritaError):
            task_of(split, **options)
    with pytest.raises(AuritaError, match="train, validation, test"):
        task_of(split).score(split.targets, "dev")


@pytest.mark.parametrize("name", sorted(set(TASKS) - {"csv"}))
def test_every_family_makes_a_task_with_what_a_study_needs(name):
    task = task_named(name, seed=2)
    again = task_named(name, seed=2)
    assert task.name.split("/")[0] == name or name == "japanese_vowels"
    assert task.seed == 2
    assert task.source
    assert task.metric in METRICS
    assert task.chance is not None
    for part, other in zip(
        (task.train, task.validation, task.test), (again.train, again.validation, again.test), strict=True
    ):
        assert all(
            a.dtype == np.float64 and a.tobytes() == b.tobytes() for a, b in zip(part.inputs, other.inputs, strict=True)
        )
        assert all(np.array_equal(a, b) for a, b in zip(part.targets, other.targets, strict=True))
        assert all(np.isfinite(x).all() for x in part.inputs)
    assert "Example:" in inspect.getdoc(TASKS[name])


def test_unknown_names_list_the_nearest():
    with pytest.raises(AuritaError, match="nearest: mackey_glass"):
        task_named("mackey_glas")
    with pytest.raises(AuritaError, match="cogscale/sorting_problem"):
        task_named("sorting_problem")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("lorenz", {"dt": 1}),
        ("lorenz/fast", {}),
        ("cogscale/adding_problem/small/more", {}),
        ("cogscale/adding_problem", {"name": "x"}),
        ("lorenz", {"seed": -1}),
        ("lorenz", {"seed": 1.5}),
    ],
)
def test_options_that_do_not_exist_are_refused(name, options):
    with pytest.raises(AuritaError):
        task_named(name, **options)


def test_names_can_all_be_made_into_families():
    assert {name.split("/")[0] for name in task_names()} == set(TASKS)


def test_importing_tasks_loads_no_data_set_library_and_no_jax():
    code = (
        "import sys, aurita.tasks;"
        "names = 'aeon dysts cogscale statsmodels pandas jax matplotlib'.split();"
        "print([name for name in names if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"
