"""Flow maps against scikit-learn, closed forms and an integrated system, and when they are taken."""

import dataclasses

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from sklearn.kernel_ridge import KernelRidge
from sklearn.preprocessing import PolynomialFeatures

from aurita import AuritaError, ReservoirForecaster, load
from aurita.closeness import valid_prediction_time
from aurita.experts import find_flow
from aurita.experts.checks import check_committee
from aurita.experts.finding_flow import THRESHOLDS, valid_steps
from aurita.experts.flow import MONOMIALS, Delays, Rows, fit_flow

LYAPUNOV, INTERVAL = 0.9056, 0.05


def lorenz(steps):
    def slope(_, p):
        return 10 * (p[1] - p[0]), p[0] * (28 - p[2]) - p[1], p[0] * p[1] - 8 / 3 * p[2]

    times = np.arange(steps + 200) * INTERVAL
    return solve_ivp(slope, (0, times[-1]), (1.0, 2.0, 20.0), "DOP853", t_eval=times, rtol=1e-10, atol=1e-10).y.T[200:]


@pytest.fixture(scope="module")
def series():
    return lorenz(1300)


@pytest.fixture(scope="module")
def model(series):
    return ReservoirForecaster(horizon=5).fit(series[:900])


def valid(forecast, truth):
    return valid_prediction_time(truth, forecast, dt=INTERVAL, lyapunov=LYAPUNOV)


def test_the_map_is_kernel_ridge_regression_of_changes(series):
    delays = Delays("gauss", 0.7, 2, 3)
    flow = fit_flow([series[:200]], delays, 1e-3)
    scaled = (series[:200] - series[:200].mean(axis=0)) / series[:200].std(axis=0)
    rows = np.hstack([scaled[3:-1], scaled[:-4]])
    ridge = KernelRidge(alpha=1e-3, kernel="rbf", gamma=1 / (2 * 0.7**2 * 6)).fit(rows, scaled[4:] - scaled[3:-1])
    wanted = scaled[-1] + ridge.predict(np.hstack([scaled[-1], scaled[-4]])[None])
    found = flow.forecasts([series[:200]], 1)[0]
    np.testing.assert_allclose(found, wanted * series[:200].std(axis=0) + series[:200].mean(axis=0), rtol=1e-8)


def test_monomials_find_the_equations_of_a_map():
    """The Henon map is of order two: its change is 1 - 1.4 x^2 + 0.3 y - x, and 0.3 x of the other is not needed."""
    values = [0.1, 0.2]
    for _ in range(300):
        values.append(1 - 1.4 * values[-1] ** 2 + 0.3 * values[-2])
    series = np.array(values)[:, None]
    flow = fit_flow([series[:200]], Delays(MONOMIALS, 2.0, 2, 1), 1e-14)
    np.testing.assert_allclose(flow.forecasts([series[:200]], 10)[0], series[200:210], atol=1e-6)
    rows = np.array([[2.0, 3.0]])
    wanted = np.sort(PolynomialFeatures(3).fit_transform(rows))
    np.testing.assert_allclose(np.sort(Delays(MONOMIALS, 3.0, 2, 1).alike(rows, rows)), wanted)


def test_many_steps_are_one_step_again_and_again(series):
    flow = fit_flow([series[:300]], Delays("matern", 2.0, 2, 2), 1e-7)
    known = series[:300]
    for _ in range(4):
        known = np.concatenate([known, flow.forecasts([known], 1)[0]])
    np.testing.assert_allclose(flow.forecasts([series[:300]], 4)[0], known[300:], rtol=1e-7)


def test_more_rows_than_anchors_are_thinned_evenly(series):
    rows = Rows.of([series], Delays("gauss", 1.0, 1, 1), 100)
    assert rows.anchors.shape == (100, 3)
    np.testing.assert_allclose(rows.anchors[[0, -1]], ((series - rows.mean) / rows.deviation)[[0, -2]])


def test_forecasts_that_run_away_are_held():
    line = np.arange(60.0)[:, None] ** 3
    found = fit_flow([line], Delays("gauss", 1.0, 3, 1), 1e-12).forecasts([line], 500)
    assert np.isfinite(found).all()
    assert found.max() <= 2 * line.max() + 1


def test_valid_steps_by_hand():
    truth, forecast = np.zeros((2, 5, 2)), np.zeros((2, 5, 2))
    forecast[0, 3:, 0] = 1.0
    truth[1, 2:] = np.nan
    found = valid_steps(forecast, truth, np.ones(2))
    np.testing.assert_array_equal(found, [[3.0] * len(THRESHOLDS), [5.0] * len(THRESHOLDS)])


@pytest.mark.parametrize("channels", [slice(None), slice(0, 1)])
def test_a_flow_is_found_seen_whole_or_through_one_channel(series, channels):
    given = series[:900, channels]
    found = find_flow([given], [630])
    forecast = found.whole.forecasts([given], 300)[0]
    assert valid(forecast, series[900:1200, channels]) > 4


def test_what_is_no_flow_is_not_found(series):
    rng = np.random.default_rng(0)
    noise, walk = rng.normal(size=(600, 2)), np.cumsum(rng.normal(size=(600, 1)), axis=0)
    months = np.sin(np.arange(600) * np.pi / 6)[:, None] + 0.3 * rng.normal(size=(600, 1))
    for given in (noise, walk, months, np.ones((600, 1)), series[:600] + 3 * rng.normal(size=(600, 3))):
        assert find_flow([given], [420]) is None
    assert find_flow([series[:150]], [105]) is None
    assert find_flow([series[:600]] * 30, [420] * 30) is None


def test_the_default_forecasts_a_flow_by_its_map(series, model, tmp_path):
    assert model.committee_.names == ("flow map", "reservoir")
    assert valid(model.predict(300).mean, series[900:1200]) > 4
    assert model.residuals_[:, 0].mean() < 0.01
    model.save(tmp_path / "lorenz.aurita")
    again = load(tmp_path / "lorenz.aurita").update(series[900:1000])
    assert valid(again.predict(300).mean, series[1000:]) > 4
    np.testing.assert_allclose(again.predict_one_step(series[1000:1003]), series[1000:1003], atol=0.02)


def test_another_size_of_the_same_system(series, model):
    moved = 5 + 0.1 * series[300:1000]
    rescaled = ReservoirForecaster(horizon=5)
    rescaled.__dict__.update(model.__dict__)
    rescaled.restart(moved, rescale=True)
    assert valid(rescaled.predict(40).mean, 5 + 0.1 * series[1000:1040]) > 0.5


def test_with_covariates_or_nothing_held_out_no_map_is_looked_for(series):
    small = {"horizon": 5, "experts": True, "units": 4, "selection": "gcv"}
    assert ReservoirForecaster(calibration=0, **small).fit(series[:300]).committee_.flow is None
    assert ReservoirForecaster(**small).fit(series[:300], np.arange(300)).committee_.flow is None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"delays": Delays("none", 1.0, 1, 1)}, "no map does"),
        ({"delays": Delays("gauss", 1.0, 2, 1)}, "anchors"),
        ({"delays": Delays("gauss", 1.0, 2, 900)}, "fewer"),
        ({"coefficients": np.zeros((3, 3))}, "coefficients"),
        ({"deviation": np.zeros(3)}, "no size"),
        ({"low": np.full(3, 1e9)}, "bounds"),
    ],
)
def test_damaged_maps_are_refused(model, change, complaint):
    damaged = dataclasses.replace(model.committee_, flow=dataclasses.replace(model.committee_.flow, **change))
    with pytest.raises(AuritaError, match=complaint):
        check_committee(damaged, 1, 3)
    with pytest.raises(AuritaError, match="not alone"):
        check_committee(dataclasses.replace(model.committee_, flow=None), 1, 3)


def test_as_many_coefficients_as_monomials(model):
    flow = model.committee_.flow
    delays = dataclasses.replace(flow.delays, kernel=MONOMIALS, scale=2.0)
    damaged = dataclasses.replace(model.committee_, flow=dataclasses.replace(flow, delays=delays))
    with pytest.raises(AuritaError, match="coefficients"):
        check_committee(damaged, 1, 3)
