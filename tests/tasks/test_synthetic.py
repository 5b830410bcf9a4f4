"""Sine, cosine, noise, and the anarchist functions."""

import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.tasks import task_named
from aurita.tasks.synthetic import ANARCHIST_FUNCTIONS, anarchist, sincosnoise


def exact_predictions(task):
    """The best predictor: a second-order recurrence for the waves, 0 for the noise; at the first step the mean."""
    step = 100 / 49
    predictions = []
    for x in task.test.inputs:
        y = np.zeros_like(x)
        y[1:, :2] = 2 * np.cos(step) * x[1:, :2] - x[:-1, :2]
        y[0, :2] = np.cos(step) * x[0, :2]
        predictions.append(y)
    return predictions


@pytest.mark.parametrize(("score_from", "published"), [(0, 0.0087), (10, 0.0033)])
def test_the_floor_is_the_published_one_and_the_exact_predictor_reaches_it(score_from, published):
    task = sincosnoise(seed=3, score_from=score_from)
    assert task.floor == pytest.approx(published, abs=5e-5)
    assert task.score(exact_predictions(task)) == pytest.approx(task.floor, rel=0.05)


def test_channels_are_sine_cosine_and_noise_on_the_published_grid():
    task = sincosnoise(seed=0, sequences=(400, 1, 1))
    block, lengths = task.train.padded()
    assert block.shape == (400, 49, 3)
    assert set(lengths) == {49}
    wave = block[..., 0]
    residual = wave[:, 2:] - 2 * np.cos(100 / 49) * wave[:, 1:-1] + wave[:, :-2]
    assert np.abs(residual).max() < 1e-12
    # Independent phases: if both waves shared one, the squares of the channels would sum to 1.
    assert np.abs((block[..., 0] ** 2 + block[..., 1] ** 2) - 1).max() > 0.5
    assert block[..., 2].std() == pytest.approx(0.1, rel=0.02)
    lagged = np.corrcoef(block[:, 1:, 2].ravel(), block[:, :-1, 2].ravel())[0, 1]
    assert abs(lagged) < 0.03


def test_chance_is_what_predicting_the_mean_costs():
    task = sincosnoise(seed=1)
    assert task.score([np.zeros_like(y) for y in task.test.targets]) == pytest.approx(task.chance, rel=0.02)


@pytest.mark.parametrize("name", ["sincosnoise", *(f"anarchist/{f}" for f in ANARCHIST_FUNCTIONS)])
def test_target_is_the_next_input_and_never_the_present_one(name):
    task = task_named(name, seed=5)
    for part in (task.train, task.validation, task.test):
        for x, y, raw in zip(part.inputs, part.targets, part.series, strict=True):
            np.testing.assert_array_equal(x[1:], y[:-1])
            np.testing.assert_array_equal(raw, np.vstack([x[:1], y]))


@pytest.mark.parametrize("function", ANARCHIST_FUNCTIONS)
def test_anarchist_series_are_smooth_bounded_and_differ_between_dimensions(function):
    task = anarchist(function, seed=2, steps=400)
    block, _ = task.train.padded()
    assert np.abs(block).max() <= np.pi**4
    assert np.abs(np.diff(block, axis=1)).max() < 0.1 * np.ptp(block) + 0.2
    assert np.abs(block[..., 0] - block[..., 1]).max() > 0.1
    assert block.std(axis=1).min() > 1e-6


def test_quadratic_has_a_constant_second_difference():
    block, _ = anarchist("quadratic", seed=0).train.padded()
    second = np.diff(block, 2, axis=1)
    np.testing.assert_allclose(second, second.flat[0], rtol=1e-6)


@pytest.mark.parametrize(
    "options", [{"score_from": 49}, {"score_from": -1}, {"sequences": (0, 1, 1)}, {"steps": 1, "score_from": 0}]
)
def test_nothing_to_score_is_refused(options):
    with pytest.raises(AuritaError, match="score_from"):
        sincosnoise(**options)


def test_unknown_function_is_refused_with_the_known_ones():
    with pytest.raises(AuritaError, match="sine, cosine, quadratic, composition"):
        anarchist("cubic")
