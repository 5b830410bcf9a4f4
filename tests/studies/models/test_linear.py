"""Autoregression against least squares, seasonal forecasts and chance against their definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita.errors import AuritaError
from aurita.readout import summary_named
from aurita.studies.models.linear import autoregression, bare_inputs, constant, lagged, seasonal_naive
from aurita.tasks import Split, Task, forecasting_task, task_named


@settings(max_examples=40, deadline=None)
@given(steps=st.integers(1, 9), channels=st.integers(1, 3), memory=st.integers(1, 12))
def test_lagged_inputs_are_the_past_newest_first_and_zeros_before_it(steps, channels, memory):
    x = np.arange(1.0, steps * channels + 1).reshape(steps, channels)
    found = lagged(x, memory)
    for step in range(steps):
        expected = [x[step - age] if age <= step else np.zeros(channels) for age in range(memory)]
        np.testing.assert_array_equal(found[step], np.concatenate(expected))


def test_autoregression_is_least_squares_on_the_last_inputs():
    """Targets made of the last three inputs and a little noise, too little to call for a penalty that shows."""
    rng = np.random.default_rng(0)
    mix = rng.standard_normal((6, 2))

    def rows(x):
        padded = np.concatenate([np.zeros((2, 2)), x])
        return np.concatenate([padded[2:], padded[1:-1], padded[:-2]], axis=1)

    def draw(count):
        inputs = [rng.standard_normal((length, 2)) for length in rng.integers(2, 12, count)]
        targets = [rows(x) @ mix + 3 + 1e-6 * rng.standard_normal((len(x), 2)) for x in inputs]
        return Split(inputs, targets, [np.ones(len(x), dtype=bool) for x in inputs])

    train, test = draw(100), draw(10)
    task = Task("made", 0, train, test, test, category="regression", metric="mse", chance=None)
    x = np.concatenate([np.column_stack([rows(x), np.ones(len(x))]) for x in train.inputs])
    weights = np.linalg.lstsq(x, np.concatenate(train.targets), rcond=None)[0]
    predicted = autoregression(task, ["test"], memory=3).predictions["test"]
    for given_, found in zip(test.inputs, predicted, strict=True):
        np.testing.assert_allclose(found, rows(given_) @ weights[:-1] + weights[-1], atol=1e-7)
    assert task.score(autoregression(task, ["test"], memory=2).predictions["test"]) > 0.1


def test_autoregression_runs_freely_as_its_own_recurrence_says():
    """A wave of one frequency follows x(t+1) = 2 cos(w) x(t) - x(t-1) for ever."""
    wave = np.sin(0.3 * np.arange(400))[:, None]
    task = forecasting_task("wave", 0, wave, horizon=1, steps=(250, 70, 70), washout=5)
    fitted = autoregression(task, ["test"], memory=2)
    series = task.test.series[0]
    forecasts = fitted.continue_series([series[:10], series[5:30]], 40)
    np.testing.assert_allclose(forecasts[0], series[10:50], atol=1e-3)
    np.testing.assert_allclose(forecasts[1], series[30:70], atol=1e-3)


def test_a_free_run_starts_with_the_one_step_prediction_even_after_a_short_context():
    task = task_named("lorenz", seed=0, steps=(300, 100, 100))
    fitted = autoregression(task, ["test"], memory=6)
    x = task.test.inputs[0]
    short = fitted.continue_series([x[:3]], 1)[0][0]
    np.testing.assert_allclose(short, fitted.predictions["test"][0][2], atol=1e-10)


def test_a_free_run_that_explodes_is_answered_not_raised():
    rng = np.random.default_rng(0)
    growth = np.cumprod(np.full(40, 5.0))[:, None] * (1 + 1e-3 * rng.standard_normal((40, 1)))
    task = forecasting_task("growth", 0, growth, horizon=1, steps=(20, 10, 10), washout=0, standardise=False)
    assert not np.isfinite(autoregression(task, memory=1).continue_series([np.ones((1, 1))], 600)[0][-1, 0])


def test_a_summary_of_lagged_inputs_serves_labels():
    task = task_named("decision", seed=0, trials=(400, 10, 200))
    fitted = autoregression(task, ["test"], memory=4)
    assert fitted.trained == 4 * (4 * 8 * 4 + 1)
    assert task.score(fitted.predictions["test"]) > 0.4


def test_bare_inputs_do_not_care_for_units_of_measurement():
    task = task_named("japanese_vowels", seed=0)
    plain = bare_inputs(task, ["test"]).predictions["test"]
    factors = 10.0 ** np.arange(-6, 6)

    def scaled(split):
        return Split([x * factors + 3 * factors for x in split.inputs], split.targets)

    other = Task("scaled", 0, *map(scaled, (task.train, task.validation, task.test)), "labels", "accuracy", chance=None)
    assert np.mean(plain == bare_inputs(other, ["test"]).predictions["test"]) > 0.995


def test_bare_inputs_reach_the_known_figure_on_the_vowels():
    """99.46 % with four times and ridge on the whole training set; a fifth less to learn from costs a little."""
    task = task_named("japanese_vowels", seed=0)
    assert task.score(bare_inputs(task, ["test"]).predictions["test"]) > 0.98


def test_bare_inputs_see_one_step_of_a_series():
    task = task_named("lorenz", seed=0, steps=(300, 100, 100))
    fitted = bare_inputs(task, ["test"])
    assert (fitted.trained, fitted.details["readout_features"]) == (12, 3)
    np.testing.assert_allclose(
        fitted.predictions["test"][0], autoregression(task, ["test"], memory=1).predictions["test"][0], atol=1e-10
    )


@settings(max_examples=40, deadline=None)
@given(season=st.none() | st.integers(1, 7), horizon=st.integers(1, 9))
def test_seasonal_naive_says_the_last_known_value_of_the_same_season(season, horizon):
    """Time stamps as values show from which step each prediction is."""
    stamps = np.column_stack([np.arange(80.0), 1000 + np.arange(80.0)])
    task = forecasting_task(
        "stamps",
        0,
        stamps,
        horizon=horizon,
        steps=(40, 20, 20),
        washout=0,
        columns=[1],
        standardise=False,
        season=season,
    )
    predicted = seasonal_naive(task, ["test"]).predictions["test"][0][:, 0]
    x = task.test.inputs[0][:, 1]
    truth = task.test.targets[0][:, 0]
    for now, (present, found, wanted) in enumerate(zip(x, predicted, truth, strict=True)):
        past = [v for v in x[: now + 1] if season and (wanted - v) % season == 0]
        assert found == (max(past) if past else present)


def test_seasonal_naive_repeats_the_last_season():
    task = task_named("recorded/airline")
    series = task.test.series[0]
    forecasts = seasonal_naive(task).continue_series([series[:20], series[:5]], 30)
    np.testing.assert_array_equal(forecasts[0][:, 0], np.tile(series[8:20, 0], 3)[:30])
    np.testing.assert_array_equal(forecasts[1][:, 0], np.full(30, series[4, 0]))


def test_seasonal_naive_needs_a_forecast_of_a_channel():
    with pytest.raises(AuritaError, match="needs a forecast task"):
        seasonal_naive(task_named("narma10", steps=(50, 50, 50)))
    split = Split([np.arange(9.0)[:, None]], [np.arange(9.0)[::-1, None]], [np.ones(9, dtype=bool)])
    task = Task("made", 0, split, split, split, category="forecast", metric="mse", chance=None, horizon=1)
    with pytest.raises(AuritaError, match="target 0 of task made is no channel"):
        seasonal_naive(task)


@pytest.mark.parametrize("name", ["adding_problem", "selective_copy", "continuous_postcasting", "cross_situation"])
def test_a_constant_scores_the_chance_level_of_the_task(name):
    task = task_named(f"cogscale/{name}/small", seed=3)
    fitted = constant(task, ["test"])
    assert task.score(fitted.predictions["test"]) == pytest.approx(task.chance, rel=1e-12)
    assert fitted.trained == task.outputs


def test_a_constant_is_the_majority_class_or_the_mean():
    inputs = [np.zeros((2, 1))] * 5
    labels = Split(inputs, np.array(["b", "a", "b", "c", "b"]))
    task = Task("made", 0, labels, labels, labels, category="labels", metric="accuracy", chance=None)
    assert constant(task, ["test"]).predictions["test"].tolist() == ["b"] * 5
    values = Split(inputs, np.array([1.0, 2.0, 3.0, 4.0, 10.0]))
    task = Task("made", 0, values, values, values, category="values", metric="rmse", chance=None)
    assert constant(task, ["test"]).predictions["test"].tolist() == [4.0] * 5


def test_a_memory_of_nothing_is_refused():
    with pytest.raises(AuritaError, match="memory is 0"):
        autoregression(task_named("sincosnoise"), memory=0)


def test_the_summary_is_that_of_the_lagged_inputs():
    task = task_named("decision", seed=0, trials=(30, 10, 10))
    fitted = autoregression(task, memory=2, summary="mean")
    assert fitted.details["readout_features"] == summary_named("mean").width(16)
