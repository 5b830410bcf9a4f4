"""Metrics against formulas by hand and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from aurita.tasks import metrics


def pair(seed, shape=(200, 4)):
    rng = np.random.default_rng(seed)
    truth = rng.standard_normal(shape) * [1, 2, 3, 0.5]
    return truth, truth + 0.3 * rng.standard_normal(shape)


def test_errors_agree_with_scikit_learn():
    truth, predicted = pair(0)
    assert metrics.mse(truth, predicted) == pytest.approx(reference.mean_squared_error(truth, predicted))
    assert metrics.rmse(truth, predicted) == pytest.approx(reference.mean_squared_error(truth, predicted) ** 0.5)
    unexplained = 1 - reference.r2_score(truth, predicted, multioutput="raw_values")
    assert metrics.nrmse(truth, predicted) == pytest.approx(np.sqrt(unexplained.mean()))
    classes = np.eye(4)[np.random.default_rng(1).integers(0, 4, 200)]
    right = reference.accuracy_score(classes.argmax(1), predicted.argmax(1))
    assert metrics.error_rate(classes, predicted) == pytest.approx(1 - right)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.01, 100), st.floats(-50, 50))
def test_nrmse_does_not_depend_on_the_unit_of_measurement(scale, shift):
    truth, predicted = pair(2)
    assert metrics.nrmse(truth * scale + shift, predicted * scale + shift) == pytest.approx(
        metrics.nrmse(truth, predicted), rel=1e-6
    )


@pytest.mark.parametrize("unit", [1e-180, 1e180])
def test_scores_relative_to_the_truth_have_no_smallest_unit(unit):
    truth, predicted = pair(3)
    assert metrics.nrmse(truth * unit, predicted * unit) == pytest.approx(metrics.nrmse(truth, predicted))
    assert metrics.memory_capacity(truth * unit, predicted * unit) == pytest.approx(
        metrics.memory_capacity(truth, predicted)
    )


@pytest.mark.parametrize("value", [1.0, 0.1, 1e9 + 0.1])
def test_nrmse_of_a_constant_channel_is_finite(value):
    assert metrics.nrmse(np.full((10, 1), value), np.full((10, 1), value + 2)) == pytest.approx(2.0)


@pytest.mark.parametrize("value", [1.0, 0.1, 1e9 + 0.1])
def test_a_constant_carries_no_memory(value):
    truth, _ = pair(4)
    assert metrics.memory_capacity(truth, np.full(truth.shape, value)) == 0.0
    assert metrics.memory_capacity(np.full(truth.shape, value), truth) == 0.0


def test_memory_capacity_is_the_sum_of_squared_correlations():
    truth, predicted = pair(3)
    expected = sum(np.corrcoef(truth[:, k], predicted[:, k])[0, 1] ** 2 for k in range(4))
    assert metrics.memory_capacity(truth, predicted) == pytest.approx(expected)
    predicted[:, 0] = 7.0
    expected -= np.corrcoef(truth[:, 0], pair(3)[1][:, 0])[0, 1] ** 2
    assert metrics.memory_capacity(truth, predicted) == pytest.approx(expected)


def test_capacities_of_useless_predictions_are_cut_off():
    rng = np.random.default_rng(4)
    truth = rng.standard_normal((2000, 300))
    noise = 0.02 * rng.standard_normal((2000, 300))
    assert np.count_nonzero(metrics.capacities(truth, noise)) <= 1
    half = truth / 2
    np.testing.assert_allclose(metrics.capacities(truth, half), 0.75)


@pytest.mark.parametrize("name", [n for n in metrics.METRICS if n != "accuracy"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_scores_nan(name, bad):
    truth, predicted = pair(5)
    predicted[3, 1] = bad
    assert np.isnan(metrics.METRICS[name].function(truth, predicted))


@pytest.mark.parametrize("name", metrics.METRICS)
def test_direction_is_that_of_a_perfect_prediction(name):
    metric = metrics.METRICS[name]
    if name == "accuracy":
        truth, other = np.array([0, 1, 2]), np.array([0, 2, 1])
        perfect = truth
    elif "error rate" in name:
        truth = np.eye(3)
        perfect, other = 2 * truth - 1, np.roll(2 * truth - 1, 1, axis=1)
    else:
        truth, other = pair(6)
        perfect = truth
    sign = 1 if metric.direction == "higher" else -1
    assert sign * metric.function(truth, perfect) > sign * metric.function(truth, other)
