"""The forecaster: how far it sees, that it does not peep, and how honest its intervals are."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from aurita import AttentionUnit, AuritaError, EchoUnit, Learning, Population
from aurita.estimators import ReservoirForecaster, valid_prediction_time
from aurita.tasks.chaos import lorenz_series

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
    model = ReservoirForecaster(units=8, horizon=30, strategy=strategy, predicts=predicts).fit(WAVE[:400])
    forecast = model.predict(steps)
    assert np.abs(forecast.mean - WAVE[400 : 400 + steps]).max() < 0.1


def test_chaos_for_some_lyapunov_times():
    series = lorenz_series(1700)
    model = ReservoirForecaster(units=40, horizon=100, washout=100).fit(series[:1500])
    forecast = model.predict(200)
    # 0.906 is the exponent of the Lorenz system per unit of time (Sprott 2003, "Chaos and Time-Series Analysis").
    time = valid_prediction_time(series[1500:], forecast.mean, dt=0.02, lyapunov=0.906)
    assert time > 1.8
    persistence = np.repeat(series[1499:1500], 200, axis=0)
    assert time > 5 * valid_prediction_time(series[1500:], persistence, dt=0.02, lyapunov=0.906)


def test_one_step_predictions_follow_what_is_received():
    series = autoregression(700, 0)
    model = ReservoirForecaster(units=4).fit(series[:500])
    predicted = model.predict_one_step(series[500:])
    assert predicted.shape == (200,)
    best = 0.8 * series[499:-1]
    assert np.mean((predicted - series[500:]) ** 2) < 1.15 * np.mean((best - series[500:]) ** 2)
    # The first prediction is that of a free run; receiving on gives those after it.
    np.testing.assert_allclose(model.predict(1).mean, predicted[:1], rtol=1e-5)
    model.update(series[500:550])
    np.testing.assert_allclose(model.predict(1).mean, predicted[50:51], rtol=1e-4)
    np.testing.assert_allclose(model.predict_one_step(series[550:]), predicted[50:], rtol=1e-3, atol=1e-5)


def test_restart_is_where_receiving_it_all_leads():
    series = autoregression(300, 1)
    model = ReservoirForecaster(units=3, difference=1).fit(series[:200])
    expected = clone(model).fit(series[:200]).update(series[200:]).predict(5).mean
    np.testing.assert_allclose(model.restart(series).predict(5).mean, expected, rtol=1e-4, atol=1e-5)
    assert isinstance(model.restart([series, -series]).predict(5), list)


@pytest.mark.parametrize("parameters", [{}, {"strategy": "direct"}, {"difference": 1, "season": 7}, {"noise": 0.1}])
def test_a_prediction_does_not_see_what_comes_after_it(parameters):
    rng = np.random.default_rng(0)
    series, known = rng.standard_normal((150, 2)), rng.standard_normal((150, 1))
    model = ReservoirForecaster(units=3, horizon=4, **parameters).fit(series[:100], known[:100])
    predicted = model.predict_one_step(series[100:], known[100:])
    later, later_known = series[100:].copy(), known[100:].copy()
    later[20:] += 7
    later_known[21:] -= 7
    changed = model.predict_one_step(later, later_known)
    # The prediction of step 20 sees y up to 19 and covariates up to 20.
    np.testing.assert_array_equal(changed[:21], predicted[:21])
    assert np.abs(changed[21] - predicted[21]).max() > 1e-3


def test_what_is_held_out_is_not_fitted_on():
    """Errors at the first origin come from a model that has seen nothing after it."""
    series = autoregression(200, 2)
    altered = series.copy()
    altered[150:] = 50 + 9 * series[150:][::-1]
    parameters = {"units": 3, "horizon": 5, "selection": "gcv", "difference": 0}
    learning = Learning(steps=3, batch=4)
    errors = [
        ReservoirForecaster(**parameters, learning=learning).fit(values).residuals_ for values in (series, altered)
    ]
    # Origins begin with the last step of the head, 139; the first ones are scored before step 150.
    np.testing.assert_allclose(errors[0][:5], errors[1][:5], rtol=1e-5)
    assert errors[1][-1, 0, 0] > 10


@pytest.mark.parametrize("strategy", ["recursive", "direct"])
def test_intervals_cover_what_they_say(strategy):
    """Of autoregressive noise, over many starts after the training data and at every step of the horizon."""
    covered, widths = [], []
    for seed in (3, 4, 5):
        series = autoregression(2200, seed)
        model = ReservoirForecaster(units=2, horizon=8, strategy=strategy, calibration=0.5, difference=0)
        model.fit(series[:1000])
        for start in range(1000, 2180, 30):
            forecast = model.predict(8, intervals=0.8)
            truth = series[start : start + 8]
            covered.append((forecast.lower <= truth) & (truth <= forecast.upper))
            widths.append(forecast.upper - forecast.lower)
            model.update(series[start : start + 30])
    assert np.abs(np.mean(covered) - 0.8) < 0.05
    # Standard deviations of errors of the process, which intervals of normal noise are 2.56 times as wide as.
    deviation = np.sqrt(np.cumsum(0.8 ** (2 * np.arange(8))))
    np.testing.assert_allclose(np.mean(widths, axis=0), 2.563 * deviation, rtol=0.15)


def test_wider_levels_are_wider_and_go_on_after_the_calibrated_horizon():
    series = autoregression(300, 4)
    model = ReservoirForecaster(units=2, horizon=5).fit(series)
    narrow, wide = model.predict(20, intervals=0.5), model.predict(20, intervals=0.95)
    assert (wide.upper - wide.lower > narrow.upper - narrow.lower).all()
    width = narrow.upper - narrow.lower
    np.testing.assert_allclose(width[19] / width[4], 2.0)
    np.testing.assert_array_equal(narrow.mean, wide.mean)
    assert model.predict(5, intervals=None).lower is None


def test_covariates_known_in_advance_are_used():
    rng = np.random.default_rng(5)
    known = rng.standard_normal((400, 2))
    series = 2 * known[:, 0] - np.r_[0, known[:-1, 1]] + 0.1 * rng.standard_normal(400)
    for strategy in ("recursive", "direct"):
        model = ReservoirForecaster(units=12, horizon=12, strategy=strategy).fit(series[:380], known[:380])
        error = model.predict(12, known[380:392]).mean - series[380:392]
        assert np.sqrt(np.mean(error**2)) < 0.5, strategy


@pytest.mark.parametrize("parameters", [{"difference": 1}, {"season": 12}, {"difference": 1, "season": 12}])
def test_differences_are_undone(parameters):
    """A line and a season: exact for their differences, whatever the model makes of the rest."""
    time = np.arange(120.0)
    series = 3 * time + 5 * np.tile(np.random.default_rng(0).standard_normal(12), 10)
    model = ReservoirForecaster(units=2, horizon=6, **parameters).fit(series[:100])
    expected = series[100:112]
    tolerance = 15 if parameters == {"difference": 1} else 0.05
    np.testing.assert_allclose(model.predict(12).mean, expected, atol=tolerance)
    model.update(series[100:105])
    np.testing.assert_allclose(model.predict(7).mean, expected[5:], atol=tolerance)
    if "season" in parameters:
        np.testing.assert_allclose(model.predict_one_step(series[105:]), series[105:], atol=0.05)


def test_several_series_of_their_own_scale():
    series = [WAVE[:200], 100 * WAVE[30:280] + 1000, np.full(150, 7.0)]
    model = ReservoirForecaster(units=6, horizon=10).fit(series)
    first, second, third = model.predict(10)
    np.testing.assert_allclose(first.mean, WAVE[200:210], atol=0.1)
    np.testing.assert_allclose(second.mean, 100 * WAVE[280:290] + 1000, atol=10)
    np.testing.assert_allclose(third.mean, 7, atol=0.5)
    np.testing.assert_allclose((second.upper - second.lower) / (first.upper - first.lower), 100, rtol=0.1)
    model.update([WAVE[200:203], 100 * WAVE[280:290] + 1000, np.full(1, 7.0)])
    np.testing.assert_allclose(model.predict(5)[1].mean, 100 * WAVE[290:295] + 1000, atol=10)
    with pytest.raises(AuritaError, match="rescale=True"):
        model.restart([WAVE, WAVE])
    again = model.restart([3 * WAVE[:300], WAVE[:90]], rescale=True).predict(5)
    np.testing.assert_allclose(again[0].mean, 3 * WAVE[300:305], atol=0.3)


@pytest.mark.parametrize("kind", ["values", "increments"])
def test_a_closed_loop_stays_finite(kind):
    """An exploding series, seen for a while: no forecast of it is NaN, however long."""
    series = np.exp(np.arange(120) / 10) * (1 + 0.1 * np.random.default_rng(0).standard_normal(120))
    for alphas in (None, [1e-12]):
        model = ReservoirForecaster(units=3, predicts=kind, alphas=alphas).fit(series)
        forecast = model.predict(2000)
        assert np.isfinite([forecast.mean, forecast.lower, forecast.upper]).all()


def test_names_and_dates_come_back():
    index = pd.date_range("2024-01-01", periods=80, freq="D")
    frame = pd.DataFrame({"a": WAVE[:80], "b": WAVE[10:90]}, index=index)
    model = ReservoirForecaster(units=3, horizon=4).fit(frame)
    table = model.predict(4).to_frame()
    assert table.index.tolist() == pd.date_range("2024-03-21", periods=4).tolist()
    assert table.columns.tolist() == [(name, kind) for name in "ab" for kind in ("mean", "lower", "upper")]
    more = pd.DataFrame({"a": [0.0], "b": [0.0]}, index=pd.to_datetime(["2024-03-25"]))
    with pytest.raises(AuritaError, match=r"starts at 2024-03-25.*expects 2024-03-21"):
        model.update(more.asfreq("D"))
    with pytest.raises(AuritaError, match=r"columns b, a.*fitted on others"):
        model.update(frame[["b", "a"]])


def test_an_ensemble_is_the_mean_of_its_members():
    series = autoregression(120, 6)
    both = ReservoirForecaster(units=2, ensemble=2, alphas=[0.1], difference=0).fit(series)
    means = [
        ReservoirForecaster(units=2, alphas=[0.1], difference=0, random_state=s).fit(series).predict(3).mean
        for s in (0, 1000003)
    ]
    np.testing.assert_allclose(both.predict(3).mean, np.mean(means, axis=0), rtol=1e-5)


def test_a_seed_fixes_every_byte():
    series = autoregression(120, 7)
    first, second = (ReservoirForecaster(units=2, noise=0.1).fit(series) for _ in range(2))
    assert first.predict(5).mean.tobytes() == second.predict(5).mean.tobytes()
    assert clone(first).get_params() == first.get_params()


@pytest.mark.parametrize("objective", ["self", "mixed"])
def test_units_that_learn(objective):
    model = ReservoirForecaster(units=4, learning=Learning(objective=objective, steps=20, batch=8, segment=50))
    model.fit(WAVE[:300])
    losses = model.histories_[0].losses[:, :2]
    assert losses[-1].mean() < losses[0].mean()
    np.testing.assert_allclose(model.predict(20).mean, WAVE[300:320], atol=0.1)


def test_valid_prediction_time_by_hand():
    truth = np.stack([np.array([0.0, 2.0, 0.0, 2.0])] * 2, axis=1)
    forecast = truth + np.array([[0.1], [0.3], [0.5], [0.1]])
    # The deviation of the truth is 1, so 0.5 is the first error above 0.4: at the third step.
    assert valid_prediction_time(truth, forecast, dt=0.5) == 1.0
    assert valid_prediction_time(truth, forecast, dt=0.5, lyapunov=0.9) == 0.9
    assert valid_prediction_time(truth, forecast, threshold=0.6) == 4
    assert valid_prediction_time(truth, np.full((4, 2), np.nan)) == 0
    for wrong in ({"dt": 0}, {"lyapunov": -1}):
        with pytest.raises(AuritaError, match="above zero"):
            valid_prediction_time(truth, forecast, **wrong)
    with pytest.raises(AuritaError, match="one row a step"):
        valid_prediction_time(truth, forecast[:3])


LONG = np.arange(50.0)
BAD = {
    "empty": (np.zeros(0), {}, "shape"),
    "short": (np.arange(6.0), {}, "6 steps.*give a longer series"),
    "NaN": (np.r_[LONG, np.nan], {}, "y holds NaN at step 50"),
    "text": (pd.DataFrame({"n": LONG, "city": "Kiel"}), {}, "hold no numbers: city"),
    "long memory": (
        LONG,
        {"populations": Population(unit=AttentionUnit(memory=64), units=3)},
        "remember the last 64 steps",
    ),
    "many slots": (LONG, {"populations": Population(unit=EchoUnit(slots=9), units=1, receives="inputs")}, "9 slots"),
    "season": (LONG, {"season": 60}, "give a longer series"),
    "a season of one": (LONG, {"season": 1}, "season is 1"),
    "difference": (LONG, {"difference": 3}, "difference is 3"),
    "washout": (LONG, {"washout": 40}, "shorter washout"),
    "horizon": (LONG, {"horizon": 0}, "horizon is 0"),
    "a horizon beyond the series": (LONG, {"horizon": 45, "strategy": "direct"}, "shorter washout, horizon"),
    "strategy": (LONG, {"strategy": "magic"}, "strategy is 'magic'"),
    "increments without inputs": (LONG, {"predicts": "increments", "features": ["output"]}, "expected 'input'"),
    "calibration": (LONG, {"calibration": 1.0}, "calibration is 1.0"),
    "nothing held out": (LONG, {"calibration": 0}, "selection='gcv'"),
    "no units": (LONG, {"units": 0}, "needs a reservoir"),
    "alphas": (LONG, {"alphas": []}, "alphas are"),
    "features": (LONG, {"features": ["mood"]}, "mood"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named(name):
    y, parameters, message = BAD[name]
    with pytest.raises(AuritaError, match=message):
        ReservoirForecaster(**{"units": 2, **parameters}).fit(y)


def test_questions_that_do_not_fit():
    known = np.ones((60, 1)) * np.arange(60)[:, None]
    model = ReservoirForecaster(units=2, horizon=3).fit(WAVE[:60], known)
    for question, message in (
        ({"horizon": 3}, "fitted with 1 covariates and X is None"),
        ({"horizon": 3, "X": np.ones((3, 2))}, "X has 2 covariates, the model was fitted on 1"),
        ({"horizon": 3, "X": np.ones((2, 1))}, "X has 2 steps; expected 3"),
        ({"horizon": 3, "X": np.ones((3, 1)), "intervals": 90}, "intervals is 90"),
        ({"horizon": -1}, "horizon is -1"),
    ):
        with pytest.raises(AuritaError, match=message):
            model.predict(**question)
    with pytest.raises(AuritaError, match="y has 2 channels, the model was fitted on 1"):
        model.update(np.ones((4, 2)), np.ones((4, 1)))
    with pytest.raises(AuritaError, match="2 series, the model has 1"):
        model.update([WAVE[:5], WAVE[:5]], [known[:5], known[:5]])
    direct = ReservoirForecaster(units=2, horizon=3, strategy="direct").fit(WAVE[:60])
    with pytest.raises(AuritaError, match="fitted for 3"):
        direct.predict(4)
    bare = ReservoirForecaster(units=2, calibration=0, selection="gcv").fit(WAVE[:60])
    assert bare.predict(3, intervals=None).mean.shape == (3,)
    with pytest.raises(AuritaError, match="no step was held out"):
        bare.predict(3)


def odd_series(length):
    noise = np.random.default_rng(length).standard_normal(length)
    return noise, np.full(length, 3.0), 1e12 * (1 + noise)


@pytest.mark.filterwarnings("ignore:intervals of 90%")
@pytest.mark.parametrize("length", [9, 12, 30])
def test_constant_huge_and_barely_long_enough(length):
    for series in odd_series(length):
        forecast = ReservoirForecaster(units=1).fit(series).predict()
        assert np.isfinite([forecast.mean, forecast.lower, forecast.upper]).all()


def test_a_step_too_short():
    for series in odd_series(8):
        with pytest.raises(AuritaError, match=r"8 steps, 4 of them held out.*give a longer series"):
            ReservoirForecaster(units=1).fit(series)


def test_more_channels_than_units_could_receive_one_by_one():
    series = np.random.default_rng(0).standard_normal((60, 50))
    assert ReservoirForecaster(units=1, difference=0).fit(series).predict(3).mean.shape == (3, 50)
