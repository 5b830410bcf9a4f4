"""The readout that models share, against ridge regression written out in numpy, and targets laid out by step."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita.errors import AuritaError
from aurita.readout import RidgeReadout, summary_named
from aurita.studies.models import classes, fitted
from aurita.studies.models.fitted import read_out, runs_freely, target_by_step
from aurita.tasks import Split, Task, forecasting_task, task_named


def task_of(category, metric, train, test, **fields):
    return Task("made", 0, train, test, test, category=category, metric=metric, chance=None, **fields)


def ridge_by_hand(x, y, penalty):
    """Standardised features, centred targets, normal equations; gives the function of new rows."""
    mean, deviation = x.mean(0), x.std(0)
    z = (x - mean) / deviation
    weights = np.linalg.solve(z.T @ z + penalty * np.eye(x.shape[1]), z.T @ (y - y.mean(0)))
    return lambda new: (new - mean) / deviation @ weights + y.mean(0)


def per_step(rng, lengths, channels=3, outputs=2):
    inputs = [rng.standard_normal((n, channels)) for n in lengths]
    mix = np.array([[1.0, 0.0], [0.5, -1.0], [0.0, 2.0]])[:channels, :outputs]
    targets = [x @ mix + 0.3 * rng.standard_normal((n, outputs)) for x, n in zip(inputs, lengths, strict=True)]
    return Split(inputs, targets, [rng.random(n) < 0.6 for n in lengths])


def test_steps_are_read_by_the_ridge_regression_of_scored_rows():
    rng = np.random.default_rng(0)
    train, test = per_step(rng, [30, 17, 22]), per_step(rng, [9, 12])
    found = read_out(task_of("regression", "mse", train, test), lambda split: split.inputs, ["train", "test"])
    x = np.concatenate([a[m] for a, m in zip(train.inputs, train.scored, strict=True)])
    y = np.concatenate([a[m] for a, m in zip(train.targets, train.scored, strict=True)])
    by_hand = ridge_by_hand(x, y, found.readout.penalty_)
    for name, split in (("train", train), ("test", test)):
        for predicted, inputs in zip(found.predictions[name], split.inputs, strict=True):
            np.testing.assert_allclose(predicted, by_hand(inputs), atol=1e-8)
    assert (found.numbers, found.features) == (8, 3)


def test_what_is_not_scored_is_never_read():
    rng = np.random.default_rng(1)
    train, test = per_step(rng, [30, 17]), per_step(rng, [9])
    spoilt = [np.where(m[:, None], y, 1e6) for y, m in zip(train.targets, train.scored, strict=True)]
    predicted = [
        read_out(task_of("regression", "mse", part, test), lambda split: split.inputs, ["test"]).predictions["test"][0]
        for part in (train, replace(train, targets=spoilt))
    ]
    np.testing.assert_array_equal(*predicted)


def test_answers_of_yes_and_no_are_yes_from_a_half_upwards():
    rng = np.random.default_rng(2)
    inputs = [rng.standard_normal((40, 2)) for _ in range(5)]
    targets = [(x > 0.3).astype(float) for x in inputs]
    split = Split(inputs, targets, [np.ones(40, dtype=bool)] * 5)
    task = task_of("multilabel", "multilabel error rate", split, split)
    found = read_out(task, lambda part: part.inputs, ["test"])
    by_hand = ridge_by_hand(np.concatenate(inputs), np.concatenate(targets), found.readout.penalty_)
    np.testing.assert_allclose(found.predictions["test"][0], by_hand(inputs[0]) - 0.5, atol=1e-8)
    assert task.score(found.predictions["test"]) < 0.2


@pytest.mark.parametrize("summary", ["last", "mean", "mean_deviation", "times:3"])
def test_a_label_is_the_largest_of_the_ridge_regressions_on_summaries(summary):
    rng = np.random.default_rng(3)
    inputs = [rng.standard_normal((rng.integers(4, 9), 2)) + shift for shift in np.repeat([-1, 0, 1], 12)]
    labels = np.repeat(["a", "b", "c"], 12)
    split = Split(inputs, labels)
    task = task_of("labels", "accuracy", split, split)
    found = read_out(task, lambda part: part.inputs, ["test"], summary=summary)
    x = np.concatenate([summary_named(summary).apply(row[None]) for row in inputs])
    by_hand = ridge_by_hand(x, (labels[:, None] == ["a", "b", "c"]).astype(float), found.readout.penalty_)
    np.testing.assert_array_equal(found.predictions["test"], np.array(["a", "b", "c"])[by_hand(x).argmax(1)])
    assert found.features == x.shape[1]
    assert found.numbers == (x.shape[1] + 1) * 3


def test_values_of_sequences_are_regressed():
    rng = np.random.default_rng(4)
    inputs = [rng.standard_normal((6, 2)) for _ in range(40)]
    split = Split(inputs, np.array([x.mean(0) @ [2.0, -1.0] + 5 for x in inputs]))
    found = read_out(task_of("values", "rmse", split, split), lambda part: part.inputs, ["test"], summary="mean")
    np.testing.assert_allclose(found.predictions["test"], split.targets, atol=1e-4)


def ordered(count, seed, known=4):
    """A number a step, and which of four stretches of it that is: ridge cannot tell the middle ones from the others."""
    rng = np.random.default_rng(seed)
    inputs = [rng.random((6, 1)) * known for _ in range(count)]
    return Split(inputs, [np.eye(4)[x[:, 0].astype(int)] for x in inputs], [np.arange(6) > 2] * count)


def wrong(task, readout):
    found = read_out(task, lambda part: part.inputs, ["test"], readout=readout)
    return task.score(found.predictions["test"]), found


def test_classes_in_order_need_a_logistic_readout():
    task = task_of("classification", "error rate", ordered(60, 0), ordered(40, 1))
    ridge, logistic, either = (wrong(task, name)[0] for name in ("ridge", "logistic", "either"))
    assert ridge > 0.3
    assert either == logistic < 0.1
    assert wrong(task, "either")[1].numbers == 2 * 4


def test_ridge_stays_where_it_errs_no_more():
    rng = np.random.default_rng(3)
    inputs = [np.eye(3)[rng.integers(0, 3, 5)] for _ in range(30)]
    part = Split(inputs, inputs, [np.ones(5, bool)] * 30)
    error, found = wrong(task_of("classification", "error rate", part, part), "either")
    assert error == 0
    assert isinstance(found.readout, RidgeReadout)


def test_classes_that_training_lacks_are_never_predicted():
    task = task_of("classification", "error rate", ordered(40, 0, known=3), ordered(40, 1))
    error, found = wrong(task, "logistic")
    assert found.predictions["test"][0].shape == (6, 4)
    assert {int(i) for x in found.predictions["test"] for i in x.argmax(1)} == {0, 1, 2}
    assert 0.15 < error < 0.4


def test_evenly_spaced_sequences_stand_for_all_classes(monkeypatch):
    monkeypatch.setattr(classes, "MOST_ROWS", 60)
    asked = []
    task = task_of("classification", "error rate", ordered(60, 0), ordered(40, 1))
    read_out(task, lambda part: asked.append(len(part)) or part.inputs, ["test"], readout="logistic")
    assert asked == [20, 40]


def test_logistic_serves_classes_only():
    task = task_named("decision", seed=0, trials=(60, 10, 10))
    predicted = read_out(task, lambda split: split.inputs, ["test"], readout="logistic").predictions["test"]
    assert set(predicted) <= set(task.classes)
    with pytest.raises(AuritaError, match="'logistic' does not serve a task of category 'forecast'"):
        read_out(task_named("sincosnoise"), lambda split: split.inputs, ["test"], readout="logistic")


def test_a_forecast_runs_freely_when_it_says_all_channels_in_order():
    series = np.random.default_rng(0).standard_normal((60, 2))

    def cut(**options):
        return forecasting_task("made", 0, series, steps=(30, 10, 10), washout=5, **{"horizon": 1, **options})

    assert runs_freely(cut())
    assert not runs_freely(cut(columns=[1, 0]))
    assert not runs_freely(cut(columns=[1]))
    assert not runs_freely(cut(horizon=2))
    assert not runs_freely(task_named("narma10", steps=(50, 50, 50)))


@settings(max_examples=30, deadline=None)
@given(lengths=st.lists(st.integers(1, 7), min_size=1, max_size=5), labels=st.booleans(), seed=st.integers(0, 99))
def test_targets_by_step_hold_what_counts_and_zeros(lengths, labels, seed):
    rng = np.random.default_rng(seed)
    split = per_step(rng, lengths)
    if labels:
        split = Split(split.inputs, rng.integers(0, 3, len(lengths)))
    task = task_of("labels" if labels else "regression", "accuracy" if labels else "mse", split, split)
    targets, scored = target_by_step(task, split)
    assert targets.shape == (len(lengths), max(lengths), task.outputs)
    for row, length in enumerate(lengths):
        for step in range(max(lengths)):
            if labels:
                counts = step == length - 1
                expected = [float(label == split.targets[row]) for label in np.unique(split.targets)]
            else:
                counts = step < length and split.scored[row][step]
                expected = split.targets[row][step] if counts else 0
            assert scored[row, step] == counts
            np.testing.assert_array_equal(targets[row, step], expected if counts else np.zeros(task.outputs))


@pytest.mark.parametrize(("category", "metric"), [("labels", "accuracy"), ("values", "mse")])
def test_folds_of_the_training_split_choose_the_summary(category, metric):
    """What tells is the deviation of a sequence, which of the summaries only one shows."""
    rng = np.random.default_rng(0)
    sizes = np.where(np.arange(60) % 2, 1.0, 2.0)
    inputs = [size * rng.standard_normal((15, 2)) for size in sizes]
    y = np.array(["small", "large"])[(sizes > 1).astype(int)] if category == "labels" else sizes
    train, test = Split(inputs[:40], y[:40]), Split(inputs[40:], y[40:])
    task = task_of(category, metric, train, test)
    found = read_out(task, lambda split: split.inputs, ["train", "test"], summary="folds")
    wanted = read_out(task, lambda split: split.inputs, ["train", "test"], summary="mean_deviation")
    for name in ("train", "test"):
        np.testing.assert_array_equal(found.predictions[name], wanted.predictions[name])
    assert found.features == 4


def test_long_splits_are_read_in_pieces(monkeypatch):
    rng = np.random.default_rng(1)
    train, test = per_step(rng, [30, 17, 22, 40, 25, 31]), per_step(rng, [9, 12, 8])
    task, asked = task_of("regression", "mse", train, test), []

    def features(part):
        asked.append(len(part))
        return part.inputs

    whole = read_out(task, features, ["train", "test"])
    assert asked == [6, 6, 3]
    monkeypatch.setattr(fitted, "_STEPS", 60)
    asked.clear()
    pieces = read_out(task, features, ["train", "test"])
    assert max(asked) <= 3
    assert len(asked) > 3
    for name in ("train", "test"):
        assert len(pieces.predictions[name]) == len(whole.predictions[name])
        for one, other in zip(pieces.predictions[name], whole.predictions[name], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-9)
