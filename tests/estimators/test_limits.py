"""Limits of a forecaster: kept by means, intervals and what is fed back, and by the series that it is given."""

import numpy as np
import pandas as pd
import pytest

from aurita import AuritaError, EchoUnit, Online, Population, Reservoir, ReservoirForecaster, load, run
from aurita.engine.running import generate
from aurita.native.running import Bounds

WHEN = np.arange(90)
DEMAND = np.random.default_rng(0).poisson(4, 90) * (np.random.default_rng(1).random(90) < 0.3).astype(float)
FALLING = 60 - WHEN + 2 * np.sin(WHEN / 2)


def forecaster(**parts):
    return ReservoirForecaster(units=2, horizon=6, learning="frozen", alphas=[0.1], **parts)


@pytest.mark.parametrize("parts", [{"difference": 0}, {"difference": 1}, {"difference": 1, "season": 6}])
def test_a_loop_by_hand(parts):
    """The loop against one step at a time, each turned into a value, cut, and turned back in numpy."""
    group = Population(unit=EchoUnit(slots=5), units=1, passage="mixed", afferents="all", receives="inputs")
    reservoir = Reservoir.build([group], inputs=2, seed=3)
    rng = np.random.default_rng(0)
    _, state = run(reservoir, rng.normal(size=(3, 20, 2)))
    coefficients, intercept, first = rng.normal(size=(5, 1)), rng.normal(size=1), rng.normal(size=(3, 1))
    known = rng.normal(size=(3, 9, 1))
    weights, past = np.array([0.5, 0.25]), rng.normal(size=(3, 2, 1))
    mean, deviation = rng.normal(size=(3, 1)), 1 + rng.random((3, 1))
    bounds = Bounds(weights, past.transpose(1, 2, 0), mean.T, deviation.T, -0.5, 1.0)
    given = (reservoir, state, coefficients, intercept, first, 9)
    found = generate(*given, covariates=known, features=("output",), bounds=bounds)
    predicted, last = first, past
    for step in range(9):
        carried = np.einsum("k,bko->bo", weights, last)
        value = np.clip(predicted * deviation + mean + carried, -0.5, 1.0)
        predicted = (value - carried - mean) / deviation
        np.testing.assert_allclose(found[:, step], predicted, rtol=1e-4, atol=1e-5)
        last = np.concatenate([last[:, 1:], value[:, None]], axis=1)
        seen, state = run(reservoir, np.hstack([predicted, known[:, step]])[:, None], state=state, features=("output",))
        predicted = seen[:, 0] @ coefficients + intercept
    wide = bounds._replace(past=past.transpose(1, 2, 0), lower=-1e9, upper=np.inf)
    _, state = run(reservoir, np.random.default_rng(0).normal(size=(3, 20, 2)))
    given = (reservoir, state, coefficients, intercept, first, 9)
    free = generate(*given, covariates=known, features=("output",))
    np.testing.assert_array_equal(generate(*given, covariates=known, features=("output",), bounds=wide), free)


@pytest.mark.parametrize("parts", [{"difference": 0}, {"difference": 1}, {"season": 6}, {"strategy": "direct"}])
def test_forecasts_stay_within(parts):
    for series, limits in ((DEMAND, {"lower": 0}), (FALLING, {"lower": -31, "upper": 63})):
        model = forecaster(**{"difference": 0, **parts}, **limits).fit(series)
        forecast = model.predict(6)
        for part in (forecast.mean, forecast.lower, forecast.upper, model.predict_one_step(series[:5])):
            assert part.min() >= limits["lower"]
            assert part.max() <= limits.get("upper", np.inf)
        free = forecaster(**{"difference": 0, **parts}).fit(series).predict(6)
        assert (free.lower < limits["lower"]).any()
        assert ((forecast.lower <= forecast.mean) & (forecast.mean <= forecast.upper)).all()


def test_limits_that_are_never_met_change_nothing():
    wide, free = (forecaster(difference=1, **limits).fit(FALLING) for limits in ({"lower": -1e6, "upper": 1e6}, {}))
    assert wide.predict(6).mean.tobytes() == free.predict(6).mean.tobytes()
    np.testing.assert_array_equal(wide.residuals_, free.residuals_)


def test_limits_are_saved_and_hold_in_streams(tmp_path):
    model = forecaster(lower=0, difference=0).fit(DEMAND)
    model.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.predict(6).lower.tobytes() == model.predict(6).lower.tobytes()
    stream = forecaster(lower=0, online=Online(chunk=20)).partial_fit(DEMAND)
    assert stream.predict(6).lower.min() == 0
    for act in (stream.partial_fit, stream.update, stream.predict_one_step, again.update, again.restart):
        with pytest.raises(AuritaError, match=r"y is -1 at step 1 and lower=0; expected no value below"):
            act([3.0, -1.0, 2.0])


def test_limits_that_cannot_be():
    dated = pd.DataFrame({"a": DEMAND, "b": -DEMAND}, pd.date_range("2024", periods=90))
    first = str(dated.index[np.argmax(DEMAND > 0)].date())
    with pytest.raises(AuritaError, match=rf"at {first} \(b\) and lower=0"):
        forecaster(lower=0).fit(dated)
    with pytest.raises(AuritaError, match="upper=3; expected no value above"):
        forecaster(upper=3).fit(DEMAND)
    for wrong in ({"lower": 5, "upper": 5}, {"lower": "0"}, {"upper": float("nan")}, {"lower": True}):
        with pytest.raises(AuritaError, match=r"^(lower|upper) is"):
            forecaster(**wrong).fit(DEMAND)
