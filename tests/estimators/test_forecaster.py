"""The forecaster: how far it sees, that it does not peep, and how honest its intervals are."""

import numpy as np
import pytest

from aurita.estimators import ReservoirForecaster

WAVE = np.sin(np.arange(700) / 5)


def autoregression(steps, seed, coefficient=0.8):
    rng = np.random.default_rng(seed)
    series = np.zeros(steps)
    for t in range(1, steps):
        series[t] = coefficient * series[t - 1] + rng.standard_normal()
    return series


@pytest.mark.parametrize("strategy", ["recursive", "direct"])
@pytest.mark.parametrize("predicts", ["values", "increments"])
def test_a_sine_goes_on(strategy, predicts):
    steps = 200 if strategy == "recursive" else 30
    model = ReservoirForecaster(units=8, horizon=min(steps, 30), strategy=strategy, predicts=predicts).fit(WAVE[:400])
    forecast = model.predict(steps)
    assert np.abs(forecast.mean - WAVE[400 : 400 + steps]).max() < 0.1


def test_one_step_predictions_follow_what_is_heard():
    series = autoregression(700, 0)
    model = ReservoirForecaster(units=4).fit(series[:500])
    said = model.predict_one_step(series[500:])
    assert said.shape == (200,)
    best = 0.8 * series[499:-1]
    assert np.mean((said - series[500:]) ** 2) < 1.15 * np.mean((best - series[500:]) ** 2)
    # The first prediction is that of a free run; hearing on gives those behind.
    np.testing.assert_allclose(model.predict(1).mean, said[:1], rtol=1e-5)
    model.update(series[500:550])
    np.testing.assert_allclose(model.predict(1).mean, said[50:51], rtol=1e-4)
    np.testing.assert_allclose(model.predict_one_step(series[550:]), said[50:], rtol=1e-3, atol=1e-5)
