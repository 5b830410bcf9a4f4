"""Channels are scaled by what they vary by, however large or small they are; what is rounding is left alone."""

import numpy as np
import pytest

from aurita import ReservoirForecaster, ReservoirRegressor
from aurita.data.differences import difference_filter
from aurita.data.scaling import Scaling
from aurita.data.series import as_series
from aurita.estimators.preprocessing import Frame


@pytest.mark.parametrize(("middle", "by"), [(1e9, 1e-4), (0.0, 1e-200), (5.0, 1e-14), (0.0, 1e200)])
def test_a_channel_that_varies_gets_deviation_one(middle, by):
    values = [np.array([[middle + by], [middle - by]]), np.array([[middle + by], [middle - by]])]
    scaled = np.concatenate([Scaling.of(values).apply(value) for value in values])
    np.testing.assert_allclose(scaled, [[1.0], [-1.0]] * 2, atol=0.2)
    assert scaled.std() == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("value", [0.1, 1e9 + 0.1, 1e-200])
def test_a_constant_channel_stays_zero(value):
    scaling = Scaling.of([np.full((7, 1), value), np.full((3, 1), value)])
    assert scaling.deviation.tolist() == [1.0]
    assert scaling.apply(np.full((2, 1), value)).tolist() == [[0.0], [0.0]]


def test_differences_of_a_ramp_are_a_constant_though_rounding_moves_them():
    ramp = 1e6 + 0.1 * np.arange(200)
    assert np.ptp(np.diff(ramp)) > 0
    for order in (1, 2):
        taken = difference_filter(order, None)
        frame = Frame.around(as_series(ramp, "y")[0], [np.zeros((200, 0))], [200 - order], taken, scale=True)
        assert frame.deviation.tolist() == [[1.0]], order


def test_models_receive_what_rides_on_a_large_level():
    rng = np.random.default_rng(0)
    small = rng.normal(size=300)
    x = 1e9 + 1e-4 * small
    recovered = (x - 1e9) / 1e-4
    assert abs(recovered - small).max() < 0.01
    X = [x[start : start + 10, None] for start in range(0, 300, 10)]
    y = [np.cumsum(row[:, 0] - 1e9) for row in X]
    wanted = np.concatenate(y)
    predicted = np.concatenate(ReservoirRegressor(units=20, per="step").fit(X, y).predict(X))
    assert np.corrcoef(predicted.ravel(), wanted)[0, 1] > 0.5
    wave = 1e9 + 1e-4 * np.sin(np.arange(200) / 3)
    forecast = ReservoirForecaster(units=10, horizon=5).fit(wave[:180]).predict(5).mean
    assert abs(np.ravel(forecast) - wave[180:185]).max() < 2e-5
