"""The forecaster with its experts: what it finds out on its own, and what it keeps when it is saved or goes on."""

import numpy as np
import pandas as pd
import pytest

from aurita import AuritaError, ReservoirForecaster, load
from aurita.data.series import as_series
from aurita.estimators import _fitting
from aurita.estimators.committees import has_years
from aurita.experts import find_seasons
from aurita.experts.known import YEARLY

RNG = np.random.default_rng(0)
MONTHS = 100 * np.exp(0.01 * np.arange(96)) * (1 + 0.3 * np.sin(np.arange(96) * np.pi / 6))
MONTHS = MONTHS * np.exp(0.02 * RNG.normal(size=96))


@pytest.fixture(autouse=True)
def _no_society(monkeypatch):
    """What learns is tested elsewhere."""
    monkeypatch.setattr(_fitting, "_society", lambda *given: None)


def fitted(values, **parts):
    return ReservoirForecaster(**{"horizon": 6, **parts}).fit(values)


def seasonal_error(known, truth, season):
    return np.abs(np.resize(known[-season:], len(truth)) - truth).mean()


def test_the_season_and_the_growth_are_found():
    model = fitted(MONTHS[:84], horizon=12)
    found = model.predict()
    assert model.seasons_ == (12,)
    error = np.abs(found.mean - MONTHS[84:]).mean()
    assert error < 0.5 * seasonal_error(MONTHS[:84], MONTHS[84:], 12)
    assert ((found.lower <= MONTHS[84:]) & (MONTHS[84:] <= found.upper)).mean() >= 0.75


def test_the_season_comes_of_dates_where_there_are_some():
    values = pd.Series(MONTHS, index=pd.date_range("2010", periods=96, freq="MS"))
    assert fitted(values).seasons_ == (12,)
    assert fitted(values.set_axis(pd.period_range("2010", periods=96, freq="M"))).seasons_ == (12,)
    assert fitted(values.set_axis(pd.date_range("1900", periods=96, freq="YS"))).seasons_ == ()


@pytest.mark.parametrize(("step", "steps"), [("MS", 10), ("MS", 20), ("h", 30), ("h", 200)])
def test_series_with_dates_may_be_shorter_than_the_seasons_that_these_suggest(step, steps):
    values = np.cumsum(np.random.default_rng(steps).normal(size=steps))
    found = fitted(pd.Series(values, index=pd.date_range("2010", periods=steps, freq=step)), horizon=3)
    assert np.isfinite(found.predict().mean).all()


def test_a_model_is_saved_and_goes_on(tmp_path):
    model = fitted(MONTHS[:84])
    model.save(tmp_path / "model.aurita")
    again = load(tmp_path / "model.aurita")
    np.testing.assert_array_equal(again.predict().mean, model.predict().mean)
    np.testing.assert_array_equal(again.predict().upper, model.predict().upper)
    steps = model.predict_one_step(MONTHS[84:])
    for step in range(3):
        np.testing.assert_allclose(again.predict(1).mean[0], steps[step], rtol=1e-4)
        again.update(MONTHS[84 + step : 85 + step])
    np.testing.assert_allclose(again.predict().mean, model.restart(MONTHS[:87]).predict().mean, rtol=1e-3)


def test_a_stream_teaches_no_experts():
    with pytest.raises(AuritaError, match="experts=False"):
        fitted(MONTHS).partial_fit(MONTHS[:3])
    assert ReservoirForecaster(experts=False).fit(MONTHS).partial_fit(MONTHS[:3]).committee_ is None


def test_named_units_forecast_alone_unless_experts_are_asked_for():
    assert fitted(MONTHS, units=4).committee_ is None
    assert fitted(MONTHS, units=4, experts=True).committee_ is not None


def test_several_series_of_any_length_and_size():
    series = [10.0**place * MONTHS[: 96 - 9 * place] for place in range(7)]
    model = fitted(series)
    assert len(model.predict()) == 7
    for place, found in enumerate(model.predict()):
        truth = 10.0**place * MONTHS[96 - 9 * place : 102 - 9 * place]
        assert np.abs(found.mean[: len(truth)] - truth).max(initial=0) < 0.25 * 10.0**place * MONTHS.max()


def test_channels_are_forecast_each_with_its_season():
    both = np.stack([MONTHS, -MONTHS[::-1]], axis=1)
    model = fitted(both[:84])
    assert model.predict().mean.shape == (6, 2)
    assert np.abs(model.predict().mean / both[84:90] - 1).max() < 0.3


def test_counts_are_not_forecast_below_zero_but_what_may_be_is():
    counts = RNG.poisson(np.linspace(6, 0.3, 80)).astype(float)
    found = fitted(counts, horizon=20).predict()
    assert found.mean.min() >= 0
    assert found.lower.min() >= 0
    lower = fitted(np.linspace(6, -1, 80) + 0.1 * RNG.normal(size=80), horizon=20).predict()
    assert lower.mean.min() < -1


def test_a_share_stays_between_none_and_all():
    share = 1 / (1 + np.exp(-np.linspace(-3, 3, 90) + 0.2 * RNG.normal(size=90)))
    found = fitted(share, horizon=30).predict()
    assert found.lower.min() >= 0
    assert found.upper.max() <= 1


def test_a_day_and_a_week_are_both_used():
    steps = np.arange(24 * 7 * 7)
    load_ = 40 + 10 * np.sin(steps * np.pi / 12) - 12 * (steps // 24 % 7 > 4) + RNG.normal(size=len(steps))
    known, truth = load_[: -24 * 7], load_[-24 * 7 :]
    index = pd.date_range("2024-01-01", periods=len(known), freq="h")
    model = fitted(pd.Series(known, index=index), horizon=24 * 7)
    assert model.seasons_ == (24, 168)
    error = np.abs(model.predict().mean - truth).mean()
    assert error < 1.1  # The noise alone makes 0.8; a day without its week, 5.
    assert error < seasonal_error(known, truth, 24)


def test_a_level_that_shifts_is_recovered_within_a_season():
    season = 5 * np.sin(np.arange(120) * np.pi / 6)
    shifted = 50 + season + 30 * (np.arange(120) >= 96) + RNG.normal(size=120)
    found = fitted(shifted[:108], horizon=12).predict()
    assert np.abs(found.mean - shifted[108:]).mean() < 6


def test_demand_that_is_often_zero_is_forecast_no_worse_than_by_the_naive():
    errors, naive = [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        demand = np.where(rng.uniform(size=112) < 0.25, rng.integers(1, 9, 112), 0).astype(float)
        found = fitted(demand[:100], horizon=12).predict().mean
        errors.append(np.sqrt(np.mean((found - demand[100:]) ** 2)))
        naive.append(np.sqrt(np.mean((demand[99] - demand[100:]) ** 2)))
    assert np.mean(errors) <= np.mean(naive)


@pytest.mark.parametrize("seed", range(4))
def test_a_large_demand_at_the_end_says_little_of_what_comes(seed, tmp_path):
    rng = np.random.default_rng(seed)
    demand = np.where(rng.uniform(size=100) < 0.25, rng.integers(1, 9, 100), 0).astype(float)
    demand[-1] = 8
    model = fitted(demand, horizon=12)
    assert model.committee_.demand.all()
    found = model.predict().mean
    assert np.abs(found - demand.mean()).max() < 1.3
    model.save(tmp_path / "model.aurita")
    again = load(tmp_path / "model.aurita")
    np.testing.assert_array_equal(again.predict().mean, found)
    assert np.abs(again.update(np.zeros(12)).predict().mean - demand.mean()).max() < 1.3


def test_demand_and_ordinary_series_have_weights_of_their_own():
    demand = np.where(RNG.uniform(size=96) < 0.25, 6.0, 0.0)
    both = fitted([MONTHS[:84], demand[:84]], season=12)
    assert both.committee_.demand.tolist() == [[False], [True]]
    months, spare = (one.mean for one in both.predict())
    assert np.abs(months / MONTHS[84:90] - 1).max() < 0.3
    assert np.abs(spare - demand[:84].mean()).max() < 1.3


def test_what_no_expert_knows_is_left_to_the_reservoir():
    values = [0.4]
    for _ in range(150):
        values.append(3.7 * values[-1] * (1 - values[-1]))
    model = ReservoirForecaster(horizon=3, difference=0).fit(values[:140])
    names = dict(zip(model.committee_.names, model.committee_.weights, strict=True))
    assert names["reservoir"] + names["windows of all series"] > 0.95


def test_seasons_that_are_no_numbers_are_refused():
    with pytest.raises(AuritaError, match=r"\(24, 168\)"):
        fitted(MONTHS, season=(1,))
    assert fitted(MONTHS, season=(12, 6)).seasons_ == (6, 12)


def days(count, seed=0):
    """Days with a week, a year of two harmonics, and noise; and the course without the noise."""
    when = np.arange(count)
    year = 15 * np.sin(2 * np.pi * (when + 40) / 365.25) + 4 * np.cos(4 * np.pi * when / 365.25)
    course = 60 + year + 5 * np.isin(when % 7, (5, 6))
    return course + 4 * np.random.default_rng(seed).normal(size=count), course


def test_days_of_years_have_a_year(tmp_path):
    values, course = days(1100)
    series = pd.Series(values, pd.date_range("2019-01-01", periods=1100))
    model = ReservoirForecaster(horizon=28, learning="frozen").fit(series[:1072])
    weights = dict(zip(model.committee_.names, model.committee_.weights, strict=True))
    assert sum(weights[name] for name in YEARLY) > 0.5
    forecast = model.predict()
    # Those of the week alone err by 6.
    assert np.abs(forecast.mean - course[1072:]).mean() < 2.5
    model.save(tmp_path / "days.aurita")
    again = load(tmp_path / "days.aurita").predict()
    np.testing.assert_array_equal(again.mean, forecast.mean)


def test_a_year_is_offered_to_days_that_have_two_and_a_half_alone():
    def offered(count, freq, **parts):
        series = pd.Series(days(count)[0], pd.date_range("2019-01-01", periods=count, freq=freq))
        return has_years(ReservoirForecaster(**parts), as_series(series, "y")[0])

    assert offered(1100, "D")
    assert not any((offered(900, "D"), offered(1100, "h"), offered(1100, "B"), offered(1100, "D", season=7)))


def test_a_season_that_held_out_steps_alone_show_is_not_used():
    noise = np.random.default_rng(3).normal(size=400)
    held = noise + 8 * np.sin(np.arange(400) * np.pi / 3) * (np.arange(400) >= 320)
    assert find_seasons([held])[0] == 6
    assert fitted(held, horizon=5, learning="frozen").seasons_ == ()
