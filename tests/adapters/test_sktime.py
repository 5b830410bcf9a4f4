"""sktime's own checks of its estimators, none skipped, and the same numbers as aurita's estimators."""

import numpy as np
import pandas as pd
import pytest

from aurita import AuritaError, Learning, ReservoirClassifier, ReservoirForecaster, ReservoirRegressor

pytest.importorskip("sktime")
from aurita.adapters.sktime import AuritaClassifier, AuritaForecaster, AuritaRegressor

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("kind", [AuritaForecaster, AuritaClassifier, AuritaRegressor])
def test_checks_of_sktime(kind):
    # Here, as it loads all of sktime: a process that runs other tests need not.
    from sktime.utils.estimator_checks import check_estimator

    results = check_estimator(kind, verbose=False, raise_exceptions=True)
    assert len(results) > 100
    assert set(results.values()) == {"PASSED"}


def _series(steps=160):
    rng = np.random.default_rng(0)
    known = rng.normal(size=(steps, 2))
    y = np.sin(np.arange(steps) / 4) + 0.3 * known[:, 0]
    index = pd.period_range("2010-01", periods=steps, freq="M")
    return pd.Series(y, index=index), pd.DataFrame(known, index=index, columns=["a", "b"])


def test_forecasts_and_intervals_are_those_of_the_forecaster():
    y, X = _series()
    model = AuritaForecaster(units=6, ensemble=2).fit(y[:140], X[:140], fh=[1, 3, 5])
    own = ReservoirForecaster(units=6, horizon=5, ensemble=2).fit(y[:140].to_numpy(), X[:140].to_numpy())
    expected = own.predict(5, X[140:145].to_numpy(), intervals=0.8)
    np.testing.assert_allclose(model.predict(X=X[140:145]), expected.mean[[0, 2, 4]])
    assert model.predict(X=X[140:145]).index.tolist() == y.index[[140, 142, 144]].tolist()
    bounds = model.predict_interval(X=X[140:145], coverage=0.8)
    np.testing.assert_allclose(bounds.to_numpy(), np.stack([expected.lower, expected.upper], axis=1)[[0, 2, 4]])
    quantiles = model.predict_quantiles(X=X[140:145], alpha=[0.1, 0.5])
    np.testing.assert_allclose(quantiles.to_numpy(), np.stack([expected.lower, expected.mean], axis=1)[[0, 2, 4]])
    model.update(y[140:150], X[140:150])
    own.update(y[140:150].to_numpy(), X[140:150].to_numpy())
    np.testing.assert_allclose(
        model.predict(X=X[150:155]), own.predict(5, X[150:155].to_numpy()).mean[[0, 2, 4]], rtol=1e-5
    )


def test_in_sample_predictions_are_made_one_step_before():
    y, X = _series()
    model = AuritaForecaster(units=6, difference=0).fit(y, X)
    fitted = model.predict(fh=-np.arange(150), X=X).sort_index()
    assert np.abs(fitted[50:] - y[-100:]).mean() < 0.1
    with pytest.raises(AuritaError, match="steps back"):
        model.predict(fh=[-200])


def test_panels_are_forecast_series_by_series():
    y, _ = _series()
    panel = pd.concat({"a": y.to_frame("y"), "b": (2 * y).to_frame("y")})
    found = AuritaForecaster(units=6).fit(panel, fh=[1, 2]).predict()
    alone = AuritaForecaster(units=6).fit(y, fh=[1, 2]).predict()
    np.testing.assert_allclose(found.loc["a", "y"], alone)
    np.testing.assert_allclose(found.loc["b", "y"], 2 * alone, rtol=1e-4)


def test_series_of_unequal_length_are_classified_and_valued():
    rng = np.random.default_rng(0)
    X = [pd.DataFrame(np.sin(np.arange(20 + n) / (2 + n % 2) + rng.uniform(0, 6, size=1))) for n in range(30)]
    y = np.array([n % 2 for n in range(30)])
    values = [one.to_numpy() for one in X]
    model = AuritaClassifier(units=4, summary="mean_deviation").fit(X[:20], y[:20])
    own = ReservoirClassifier(units=4, summary="mean_deviation").fit(values[:20], y[:20])
    np.testing.assert_allclose(model.predict_proba(X[20:]), own.predict_proba(values[20:]))
    assert model.score(X[20:], y[20:]) == 1.0
    wanted = AuritaRegressor(units=4).fit(X[:20], y[:20].astype(float)).predict(X[20:])
    alone = ReservoirRegressor(units=4).fit(values[:20], y[:20].astype(float)).predict(values[20:])
    np.testing.assert_allclose(wanted, alone)


def test_progress_is_followed():
    found = []
    y = pd.Series(np.sin(np.arange(60) / 3))
    AuritaForecaster(units=2, learning=Learning(steps=5), verbose=found.append).fit(y, fh=[1])
    assert "units learn" in {one.stage for one in found}
