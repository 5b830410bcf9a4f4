"""CogScale tasks against the benchmark's own data and scores."""

import os
import subprocess
import sys

import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.tasks import task_named
from aurita.tasks.cogscale import COGSCALE_TASKS, MASKED, cogscale, cogscale_score, padded_targets

benchmark = pytest.importorskip("cogscale")


def test_the_list_is_the_benchmarks():
    assert list(COGSCALE_TASKS) == benchmark.tasks


@pytest.mark.parametrize("name", [n for n in COGSCALE_TASKS if n != "cross_situation"])
def test_data_are_the_benchmarks(name):
    task, data = cogscale(name, seed=3), benchmark.build_task(name, "small", seed=3)
    for part, suffix in ((task.train, "train"), (task.validation, "valid"), (task.test, "test")):
        np.testing.assert_array_equal(part.inputs, data[f"X_{suffix}"])
        np.testing.assert_array_equal(part.targets, data[f"Y_{suffix}"])
        for mask, steps in zip(part.scored, data[f"T_{suffix}"], strict=True):
            np.testing.assert_array_equal(np.flatnonzero(mask), np.sort(steps))


def test_cross_situation_is_the_benchmarks_up_to_the_order_of_words():
    task, data = cogscale("cross_situation", seed=2), benchmark.build_task("cross_situation", "small", seed=2)
    csl = pytest.importorskip("cogscale.libs.CSL")
    words = csl.TwoSituationCSLDataset(["glass", "orange"], ["blue", "orange"], ["left", "right"]).input_encoder.words
    order = np.argsort(words)
    np.testing.assert_array_equal(task.train.inputs, data["X_train"][..., order])
    np.testing.assert_array_equal(task.test.inputs, data["X_test"][..., order])
    np.testing.assert_array_equal(task.train.targets, data["Y_train"])
    np.testing.assert_array_equal(task.validation.targets, data["Y_valid"])
    assert all(list(np.flatnonzero(mask)) == [16] for mask in task.test.scored)


def test_cross_situation_does_not_depend_on_the_string_hash():
    code = (
        "import hashlib, numpy as np; from aurita.tasks.cogscale import cogscale;"
        "print(hashlib.sha256(np.array(cogscale('cross_situation', seed=0).train.inputs).tobytes()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2", "3")
    }
    assert len(digests) == 1


@pytest.mark.parametrize("name", COGSCALE_TASKS)
def test_scores_are_the_benchmarks(name):
    task = cogscale(name, seed=1)
    category = {"classification": "classification", "multilabel": "multi_classification", "regression": "regression"}
    rng = np.random.default_rng(0)
    predictions = [y - 0.5 + 0.6 * rng.standard_normal(y.shape) for y in task.test.targets]
    steps = [np.flatnonzero(mask) for mask in task.test.scored]
    expected = benchmark.compute_score(
        np.array(task.test.targets), np.array(predictions), steps, category[task.category]
    )
    assert task.score(predictions) == pytest.approx(float(expected), abs=1e-12)
    assert task.score(predictions) > 0


def test_the_truth_scores_zero_and_chance_is_beaten():
    for name in COGSCALE_TASKS:
        task = cogscale(name, seed=0)
        truth = [2 * y - 1 for y in task.test.targets] if task.category == "multilabel" else task.test.targets
        assert task.score(truth) == 0.0 < task.chance


@pytest.mark.parametrize("name", ["discrete_pattern_completion", "continuous_pattern_completion"])
def test_the_floor_of_the_pattern_tasks_is_what_a_perfect_memory_reaches(name):
    """Remember every place of the pattern once it was shown; guess the mean until then."""
    task = cogscale(name, seed=0)
    discrete = task.category == "classification"
    predictions = []
    for x, y in zip(task.test.inputs, task.test.targets, strict=True):
        known = {}
        out = np.full_like(y, 1.0 if discrete else 0.5)
        for t in range(len(x)):
            if not (x[t, -1] == 1 if discrete else x[t, 0] == -1):
                known[t % 4] = y[t]
            out[t] = known.get(t % 4, out[t])
        predictions.append(out)
    assert 0 < task.floor < 0.07
    assert task.score(predictions) == pytest.approx(task.floor, rel=0.35)


def test_the_benchmarks_tables_are_left_as_they_were():
    evals = pytest.importorskip("cogscale.evals")
    before = {name: dict(entry["params"]) for name, entry in evals.cogscale_medium.items()}
    task_named("cogscale/adding_problem/medium", seed=11)
    assert before == {name: entry["params"] for name, entry in evals.cogscale_medium.items()}


def test_larger_cross_situations_fit_into_memory():
    task = task_named("cogscale/cross_situation/medium", seed=0)
    assert len(task.train) == 1000
    assert task.channels == 19  # eighteen words of one situation, and "and"


@pytest.mark.parametrize("arguments", [("adding",), ("adding_problem", "huge")])
def test_unknown_names_are_refused(arguments):
    with pytest.raises(AuritaError, match="choose"):
        cogscale(*arguments)


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("bracket_matching", "classification"),
        ("cross_situation", "multi_classification"),
        ("continuous_postcasting", "regression"),
    ],
)
def test_scores_by_both_versions_are_the_benchmarks(name, category):
    test = cogscale(name, seed=1).test
    targets = np.array(test.targets)
    predicted = np.random.default_rng(0).normal(size=targets.shape)
    steps = np.array([np.flatnonzero(mask) for mask in test.scored])
    wanted = benchmark.compute_score(targets, predicted, steps, category)
    np.testing.assert_allclose(cogscale_score(targets, predicted, category, steps=steps), wanted, rtol=1e-12)
    np.testing.assert_allclose(cogscale_score(padded_targets(test), predicted, category), wanted, rtol=1e-12)


def test_a_score_has_a_threshold_and_leaves_out_what_is_masked():
    targets = np.array([[[1.0, 0.0], [MASKED, MASKED], [0.0, 1.0]]])
    predicted = np.array([[[0.5, -3.0], [9.0, 9.0], [-1.0, 2.0]]])
    assert cogscale_score(targets, predicted, "multi_classification") == 0
    assert cogscale_score(targets, predicted, "multi_classification", threshold=0.7) == 0.25
    assert cogscale_score(targets, predicted, "multi_classification", steps=np.array([[0]])) == 0


def test_what_cannot_be_scored_is_refused():
    targets = np.zeros((1, 2, 1))
    with pytest.raises(AuritaError, match="category is 'guess'"):
        cogscale_score(targets, targets, "guess")
    with pytest.raises(AuritaError, match=r"shape \(1, 2, 1\), predictions \(1, 3, 1\)"):
        cogscale_score(targets, np.zeros((1, 3, 1)), "regression")
    with pytest.raises(AuritaError, match="no step is scored"):
        cogscale_score(targets + MASKED, targets, "regression")
