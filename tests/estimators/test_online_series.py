"""A forecaster that learns from a stream: any cuts, the same bytes; the state goes on; changes are followed."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita import AuritaError, EchoUnit, Online, Population, ReservoirForecaster, load, preset
from aurita.readout import ForgettingReadout

SERIES = np.sin(np.arange(420) / 4) + 0.1 * np.random.default_rng(0).normal(size=420)
LEARN = {"learning": "mixed", "ensemble": 2, "predicts": "increments", "difference": 1}


def model(**parts):
    populations = [
        Population(unit=preset("forecast", memory=4, hidden=3), units=3),
        Population(unit=EchoUnit(slots=6), units=1, passage="mixed", afferents="all", receives="inputs"),
    ]
    return ReservoirForecaster(populations, **{"online": Online(chunk=30), **parts})


def in_cuts(forecaster, series, cuts):
    edges = sorted({0, *cuts, len(series)})
    for start, stop in pairwise(edges):
        forecaster.partial_fit(series[start:stop])
    return forecaster


def predicted(forecaster):
    forecast = forecaster.predict(5)
    return b"".join(part.tobytes() for part in (forecast.mean, forecast.lower, forecast.upper))


WHOLE = {}


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.lists(st.integers(1, 219), max_size=6), st.sampled_from(["frozen", "learning"]))
def test_however_cut_the_bytes_are_the_same(cuts, kind):
    parts = LEARN if kind == "learning" else {}
    if kind not in WHOLE:
        WHOLE[kind] = predicted(model(**parts).partial_fit(SERIES[:220]))
    assert predicted(in_cuts(model(**parts), SERIES[:220], cuts)) == WHOLE[kind]


def test_one_step_predictions_are_of_the_weights_before_and_steps_are_learnt_by_the_chunk():
    forecaster = model().partial_fit(SERIES[:100])
    before = forecaster.readouts_[0].coef_.copy()
    ahead = forecaster.predict_one_step(SERIES[100:140])
    forecaster.partial_fit(SERIES[100:120])
    np.testing.assert_array_equal(forecaster.readouts_[0].coef_, before)
    np.testing.assert_allclose(forecaster.predict_one_step(SERIES[120:140]), ahead[20:], rtol=1e-5)
    # 100 values are 99 pairs of a step and the next: 21 more are the fourth chunk of 30.
    forecaster.partial_fit(SERIES[120:121])
    assert (forecaster.readouts_[0].coef_ != before).any()
    np.testing.assert_allclose(forecaster.predict(1).mean, forecaster.predict_one_step(SERIES[121:122]), rtol=1e-4)


def test_the_state_is_that_of_a_run_over_everything():
    streamed = in_cuts(model(), SERIES, [70, 200, 201])
    fitted = model(calibration=0, selection="gcv", difference=0).fit(SERIES)
    received = np.concatenate([np.ravel(state.outputs[1]) for state in streamed.states_])
    # Scales differ, of the first chunk here and of everything there, so the states are near and not equal.
    np.testing.assert_allclose(received, np.ravel(fitted.states_[0].outputs[1]), atol=0.2)
    assert int(streamed.states_[0].steps[0]) == int(fitted.states_[0].steps[0]) == len(SERIES) - 1


@pytest.mark.parametrize("parts", [{}, LEARN])
def test_saved_it_goes_on_to_the_same_bytes(tmp_path, parts):
    forecaster = model(**parts).partial_fit(SERIES[:150])
    forecaster.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert predicted(again) == predicted(forecaster)
    for one in (forecaster, again):
        one.partial_fit(SERIES[150:300]).partial_fit(SERIES[300:])
    assert predicted(again) == predicted(forecaster)
    opening = model(**parts).partial_fit(SERIES[:20])
    opening.save(tmp_path / "opening")
    assert predicted(load(tmp_path / "opening").partial_fit(SERIES[20:150])) == predicted(load(tmp_path / "model"))


def test_no_array_grows():
    forecaster = model(learning="self").partial_fit(SERIES[:211])

    def shapes():
        stood, readout = forecaster.online_, forecaster.readouts_[0]
        kept = [stood.rows, stood.targets, stood.scale, stood.learners[0].sources, *stood.learners[0].optimiser]
        return [np.shape(array) for array in [*kept, *readout.to_arrays().values()]]

    before = shapes()
    for _ in range(6):
        forecaster.partial_fit(SERIES[:210])
    assert shapes() == before
    assert len(forecaster.residuals_) <= 500


def test_a_change_of_regime_is_followed():
    when = np.arange(2400)
    wave = np.where(when < 1200, np.sin(when / 5), np.sin(when / 3)) + 0.02 * np.random.default_rng(1).normal(size=2400)
    forecaster, errors = model(learning="self"), []
    for start in range(0, 2400, 60):
        part = wave[start : start + 60]
        if start:
            errors.append(np.sqrt(np.mean((forecaster.predict_one_step(part) - part) ** 2)))
        forecaster.partial_fit(part)
    before, change, after = np.mean(errors[10:18]), max(errors[19:21]), np.mean(errors[-8:])
    assert change > 3 * before
    assert after < 1.5 * before


def test_a_fitted_forecaster_goes_on():
    forecaster = model().fit(SERIES[:200])
    scale, expected = forecaster.frame_.mean.copy(), forecaster.predict(5).mean
    forecaster.partial_fit(SERIES[200:205])
    np.testing.assert_array_equal(forecaster.frame_.mean, scale)
    assert isinstance(forecaster.readouts_[0], ForgettingReadout)
    again = model().fit(SERIES[:200])
    np.testing.assert_allclose(again.predict(5).mean, expected)
    again.update(SERIES[200:205])
    np.testing.assert_allclose(forecaster.predict(5).mean, again.predict(5).mean, rtol=1e-5)
    forecaster.partial_fit(SERIES[205:])
    assert forecaster.readouts_[0].count == 210
    assert np.abs(forecaster.predict_one_step(SERIES[:3]) - SERIES[:3]).max() < 3


@pytest.mark.parametrize("moved", ["update", "restart"])
def test_a_forecaster_that_was_moved_goes_on_from_there(moved):
    forecaster = model(learning="self").partial_fit(SERIES[:105])
    getattr(forecaster, moved)(SERIES[105:160])
    steps = int(forecaster.states_[0].steps[0])
    forecaster.partial_fit(SERIES[160:200])
    assert int(forecaster.states_[0].steps[0]) == steps + 40
    assert len(forecaster.online_.rows) == 10
    assert forecaster.readouts_[0].count == 90 + 30 - forecaster.plan_.washout


def test_calendars_and_covariates_go_on():
    days = pd.date_range("2024-01-01", periods=420, freq="D")
    table = pd.Series(SERIES, index=days, name="sold")
    weekday = np.asarray(days.day_of_week, float)[:, None]
    forecaster = model().partial_fit(table[:100], weekday[:100])
    forecaster.partial_fit(table[100:111], weekday[100:111])
    assert forecaster.predict(2, weekday[111:113]).index[0] == days[111]
    with pytest.raises(AuritaError, match="expects 2024-04-21"):
        forecaster.partial_fit(table[112:120], weekday[112:120])
    with pytest.raises(AuritaError, match="X is None"):
        forecaster.partial_fit(table[111:120])


@pytest.mark.parametrize(
    ("parts", "given", "complaint"),
    [
        ({"strategy": "direct"}, SERIES, "strategy is 'direct'"),
        ({"noise": 0.1}, SERIES, "noise is 0.1"),
        ({"online": "fast"}, SERIES, "online is a str"),
        ({}, [SERIES, SERIES], "one stream"),
        ({}, [np.nan, 1.0], "NaN"),
        ({"populations": []}, SERIES, "needs a reservoir"),
    ],
)
def test_what_a_stream_does_not_have(parts, given, complaint):
    with pytest.raises(AuritaError, match=complaint):
        model().set_params(**parts).partial_fit(given)


def test_what_does_not_fit_what_came_before():
    forecaster = model().partial_fit(SERIES[:20])
    with pytest.raises(AuritaError, match="2 channels"):
        forecaster.partial_fit(np.ones((5, 2)))
    panel = model().fit([SERIES[:100], SERIES[100:200]])
    with pytest.raises(AuritaError, match="fitted on 2 series"):
        panel.partial_fit(SERIES[200:210])


@pytest.mark.parametrize(
    "parts", [{"chunk": 2}, {"chunk": 10.5}, {"steps": -1}, {"rate": -1}, {"memories": [5, 5]}, {"margin": 0}]
)
def test_settings_that_cannot_be(parts):
    with pytest.raises(AuritaError, match=next(iter(parts))):
        Online(**parts)


def test_saved_after_a_fit_and_less_than_a_chunk_it_goes_on_to_the_same_bytes(tmp_path):
    forecaster = ReservoirForecaster(units=2, learning=None).fit(SERIES[:200]).partial_fit(SERIES[200:230])
    forecaster.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert predicted(again) == predicted(forecaster)
    assert predicted(again.partial_fit(SERIES[230:])) == predicted(forecaster.partial_fit(SERIES[230:]))


def test_series_with_truth_values_for_names_are_saved(tmp_path):
    series = pd.concat({name: pd.Series(SERIES[:100]) for name in (True, False)}, names=["open", "step"])
    forecaster = ReservoirForecaster(units=2, learning=None).fit(series)
    forecaster.save(tmp_path / "model")
    assert [one.name for one in load(tmp_path / "model").predict(2)] == [True, False]
