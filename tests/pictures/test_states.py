"""States of models and of anything else: what is kept of every step, against the estimators' own answers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita import (
    AttentionUnit,
    AuritaError,
    Population,
    Reservoir,
    ReservoirClassifier,
    ReservoirForecaster,
    ReservoirRegressor,
    run,
)
from aurita.pictures.states import sampled, states_from
from aurita.pictures.visiting import states_of
from aurita.readout import summary_named


def waves(count=12, seed=0):
    rng = np.random.default_rng(seed)
    X = [np.sin(np.arange(10 + k % 5)[:, None] * [0.4, 0.9] * (1 + k % 2) + rng.uniform(0, 6)) for k in range(count)]
    return X, np.array(["slow", "fast"] * (count // 2))


@pytest.mark.parametrize("name", ["last", "mean", "mean_deviation", "times:3"])
@pytest.mark.parametrize("washout", [0, 2])
def test_a_summary_so_far_is_the_summary_of_the_sequence_cut_there(name, washout):
    seen = np.random.default_rng(0).normal(size=(9, 4)) + 5
    steps = np.arange(washout, 9)
    found = summary_named(name).so_far(seen, washout, steps)
    expected = [summary_named(name).apply(seen[None, : t + 1], washout=washout)[0] for t in steps]
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("readout", ["ridge", "logistic"])
@pytest.mark.parametrize("summary", ["times:4", "mean"])
def test_the_last_answer_of_a_sequence_is_the_classifiers_own(summary, readout):
    X, y = waves()
    model = ReservoirClassifier(units=4, summary=summary, readout=readout).fit(X, y)
    states = states_of(model, X, y)
    chances = np.stack([one.values for one in states.group("chance")], axis=1)
    last = [states.rows_of(k)[-1] for k in range(len(X))]
    np.testing.assert_allclose(chances[last], model.predict_proba(X), atol=1e-4)
    assert states.answer.categories == ("fast", "slow")
    assert [states.target.text(row) for row in last] == y.tolist()
    error = states.column("error").values[last]
    np.testing.assert_allclose(
        error, 1 - model.predict_proba(X)[np.arange(len(X)), (y == "slow").astype(int)], atol=1e-4
    )
    # An answer in the middle is the model's answer to the sequence cut there.
    cut = [x[: len(x) // 2] for x in X]
    half = [states.rows_of(k)[len(x) // 2 - 1] for k, x in enumerate(X)]
    np.testing.assert_allclose(chances[half], model.predict_proba(cut), atol=1e-4)


def test_answers_per_step_are_the_regressors_own():
    noise = np.random.default_rng(1).uniform(-1, 1, size=(80, 1))
    target = np.vstack([np.zeros((1, 1)), noise[:-1]])
    model = ReservoirRegressor(units=4).fit([noise], [target])
    states = states_of(model, [noise], [target])
    np.testing.assert_allclose(states.answer.values, model.predict([noise])[0][:, 0], atol=1e-4)
    np.testing.assert_allclose(states.column("error").values, np.abs(states.answer.values - target[:, 0]), atol=1e-5)


@pytest.mark.parametrize("difference", [0, 1])
def test_a_forecasters_answers_are_its_one_step_predictions(difference):
    t = np.arange(160.0)
    y = 10 + np.sin(t / 4) + 0.02 * t
    model = ReservoirForecaster(units=4, horizon=3, difference=difference).fit(y)
    model.restart(y[:5])
    expected = model.predict_one_step(y[5:])
    states = states_of(model, y)
    rows = np.flatnonzero(states.step + difference + 1 >= 5)
    np.testing.assert_allclose(states.answer.values[rows], expected, atol=5e-3)
    np.testing.assert_allclose(states.target.values[rows], y[5:], rtol=1e-6)
    np.testing.assert_allclose(states.column("series channel 0").values[rows], y[4:-1], rtol=1e-6)


def test_activity_and_loss_of_units_are_those_of_a_run():
    reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=3), units=4)], inputs=2, seed=3)
    X = np.random.default_rng(0).normal(size=(2, 7, 2))
    states = states_of(reservoir, X)
    outputs, _ = run(reservoir, X, features=("output",))
    errors, _ = run(reservoir, X, features=("error",))
    slots = outputs.reshape(14, 3, 4)
    for unit in range(4):
        activity = states.column(f"activity of unit {unit}").values
        np.testing.assert_allclose(activity, np.sqrt((slots[:, :, unit] ** 2).mean(1)), rtol=1e-5)
        loss = states.column(f"local loss of unit {unit}").values
        np.testing.assert_allclose(loss, (errors.reshape(14, 3, 4)[:, :, unit] ** 2).mean(1), rtol=1e-5)
    np.testing.assert_allclose(states.values[:, : 3 * 4], outputs.reshape(14, 12), rtol=1e-6)
    assert states.owners[:5].tolist() == [0, 1, 2, 3, 0]
    assert states.target is None
    assert states.answer is None


def test_a_classifier_of_bare_inputs_has_states_too():
    X, y = waves()
    states = states_of(ReservoirClassifier(units=0).fit(X, y), X, y)
    assert states.values.shape[1] == 2
    assert states.units == []


def test_a_label_that_the_model_was_never_shown_is_an_error_of_one():
    X, y = waves()
    states = states_of(ReservoirClassifier(units=4).fit(X, y), X, ["never", *y[1:].tolist()])
    rows = states.rows_of(0)
    assert states.target.text(int(rows[0])) == "never"
    assert (states.column("error").values[rows] == 1).all()


def test_names_of_channels_are_kept():
    X, y = waves()
    frames = [pd.DataFrame(x, columns=["left", "right"]) for x in X]
    states = states_of(ReservoirClassifier(units=4).fit(frames, y), frames)
    assert [one.name for one in states.group("input")] == ["left", "right"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=30), st.integers(1, 500))
def test_a_sample_keeps_no_more_than_asked_for_and_says_so(lengths, most):
    keep, notes = sampled(lengths, most)
    kept = sum(int(k.sum()) for k in keep)
    assert [len(k) for k in keep] == lengths
    assert 1 <= kept <= max(most, 1)
    assert bool(notes) == (kept < sum(lengths))
    if sum(lengths) <= most:
        assert kept == sum(lengths)


def test_ten_million_states_are_sampled_with_a_note():
    given_states = np.broadcast_to(np.arange(10_000_000, dtype=np.float32)[:, None], (10_000_000, 3))
    states = states_from(given_states, most=50_000)
    assert 40_000 <= len(states) <= 50_000
    assert "of 10,000,000 steps" in states.notes[0]
    np.testing.assert_array_equal(states.values[:, 0], states.step.astype(np.float32))
    assert states.step[-1] == 9_999_999


def test_a_long_sequence_of_a_model_is_sampled_in_stretches():
    reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=3), units=2)], inputs=1)
    X = np.random.default_rng(0).normal(size=(1, 3000, 1))
    states = states_of(reservoir, X, most=1000)
    whole, _ = run(reservoir, X, features=("output",))
    assert len(states) <= 1000
    np.testing.assert_allclose(states.values[:, :6], whole[0][states.step], rtol=1e-5)


def test_steps_that_are_no_numbers_are_left_out_with_a_note():
    values = np.ones((10, 2))
    values[3] = np.nan
    states = states_from(values, labels=list("aaaaabbbbb"))
    assert len(states) == 9
    assert 3 not in states.step
    assert "1 of 10 steps" in states.notes[0]
    assert len(states.target.values) == 9


@pytest.mark.parametrize("dtype", [float, int, object])
def test_labels_are_classes_and_fractions_are_numbers(dtype):
    values = np.ones((4, 2))
    assert states_from(values, labels=np.array([1, 2, 2, 1], dtype)).target.categories == ("1", "2")
    assert states_from(values, labels=[0.5, 1.5, 2.5, 0.1]).target.categories is None
    column = states_from(values, labels=np.array(["a", None, "b", "a"], object)).target
    assert column.values.tolist() == [0, -1, 1, 0]
    assert column.text(1) == "not known"


@pytest.mark.parametrize(
    ("given_states", "options", "predicted"),
    [
        (np.zeros((0, 3)), {}, "no states"),
        (np.full((5, 3), np.nan), {}, "all 5 states"),
        ([np.zeros((3, 2)), np.zeros((3, 4))], {}, "same features"),
        (np.zeros((5, 3)), {"labels": ["a", "b"]}, "2 labels"),
        (np.zeros((5, 3)), {"names": ["a"]}, "1 name was given"),
        (np.zeros((5, 3)), {"inputs": np.zeros((4, 1))}, "inputs have"),
        (np.array([["a", "b"]]), {}, "expected numbers"),
        ("states", {}, "shape"),
    ],
)
def test_what_is_no_states_is_refused(given_states, options, predicted):
    with pytest.raises(AuritaError, match=predicted):
        states_from(given_states, **options)


def test_a_model_that_is_not_fitted_is_refused():
    with pytest.raises(AuritaError, match="not fitted"):
        states_of(ReservoirClassifier(), np.zeros((2, 5, 1)))
    reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=3), units=2)], inputs=1)
    with pytest.raises(AuritaError, match="1"):
        states_of(reservoir, np.zeros((2, 5, 3)))


def test_shape_units_answer_with_what_they_have_seen():
    rng = np.random.default_rng(0)
    X = [np.sin(np.arange(150)[:, None] / (2 + k % 2)) + 0.3 * rng.normal(size=(150, 1)) for k in range(40)]
    y = ["fast", "slow"] * 20
    model = ReservoirClassifier(shapes="only").fit(X, y)
    states = states_of(model, X[:3], y[:3])
    chances = np.stack([column.values for column in states.group("chance")], axis=1)
    last = np.arange(149, 450, 150)
    np.testing.assert_allclose(chances[last], model.predict_proba(X[:3]), atol=1e-5)
    assert states.answer is not None
    np.testing.assert_array_equal(np.isfinite(chances).all(axis=1)[2:150], True)
