"""Levels: what was before a shift is brought to the level after it, and nothing else is."""

import numpy as np
import pytest

from aurita import ReservoirForecaster
from aurita.estimators import _fitting
from aurita.estimators.levels import LevelInDoubt
from aurita.experts import find_seasons, levelled, tempered
from aurita.experts.levels import steadied
from aurita.experts.panel import Panel

STEPS = np.arange(96)
WAVE = 3 * np.sin(STEPS * np.pi / 6) + np.random.default_rng(0).normal(size=96)


def column(values):
    return values[:, None]


@pytest.mark.parametrize("back", [6, 12, 24, 60])
@pytest.mark.parametrize("shift", [-25, 25])
def test_what_was_before_a_shift_is_brought_to_the_level_after_it(back, shift):
    whole = 60 + WAVE + shift
    shifted = np.where(96 - back > STEPS, whole - shift, whole)
    found = levelled([column(shifted)], (12,))[0][:, 0]
    assert np.array_equal(found[-back:], whole[-back:])
    # The level after six steps is known as well as six values tell.
    assert np.abs((found - whole).mean()) < 2
    assert np.abs(found - whole - (found - whole).mean()).max() < 3


def test_a_shift_by_a_factor_is_taken_as_one():
    whole = 500 * np.exp(0.1 * WAVE)
    shifted = np.where(STEPS < 80, whole / 4, whole)
    found = levelled([column(shifted)], (12,))[0][:, 0]
    assert np.abs(found / whole - 1).max() < 0.15


@pytest.mark.parametrize(
    "kind", ["white", "walk", "line", "autoregressive", "intermittent", "steps", "constant", "spikes"]
)
def test_what_did_not_shift_stays_as_it_is(kind):
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(100, 96))
    if kind == "autoregressive":
        for step in range(1, 96):
            noise[:, step] += 0.9 * noise[:, step - 1]
    series = {
        "walk": noise.cumsum(axis=1),
        "line": noise + 0.5 * STEPS,
        "intermittent": np.where(rng.uniform(size=noise.shape) < 0.2, 5.0, 0.0),
        "steps": np.repeat(noise[:, :12], 8, axis=1),
        "constant": np.ones((3, 96)),
        "spikes": noise + 40 * (STEPS % 12 == 11),
    }.get(kind, noise)
    given = [column(one) for one in series]
    for seasons in ((), (12,)):
        assert all(one is other for one, other in zip(levelled(given, seasons), given, strict=True))


def test_a_wrong_record_is_no_shift_and_two_shifts_are_two():
    wrong = 60 + WAVE
    wrong[50] = 500
    assert np.array_equal(levelled([column(wrong)], (12,))[0][:, 0], wrong)
    for_a_while = 60 + WAVE + 40 * ((STEPS >= 40) & (STEPS < 70))
    found = levelled([column(for_a_while)], (12,))[0][:, 0]
    assert np.abs(found - 60 - WAVE).max() < 3


@pytest.mark.parametrize("back", [3, 5])
def test_three_last_records_that_agree_are_at_another_level(back):
    whole = 60 + WAVE + 30
    shifted = whole - 30 * (96 - back > STEPS)
    found = levelled([column(shifted)], (12,))[0][:, 0]
    assert np.abs((found - whole).mean()) < 3
    apart = shifted.copy()
    apart[-2] += 25
    assert np.array_equal(levelled([column(apart)], (12,))[0][:, 0], apart)
    twice = shifted + 30 * ((STEPS >= 40) & (40 + back > STEPS))
    assert np.array_equal(levelled([column(twice)], (12,))[0][:, 0], twice)


@pytest.mark.parametrize("back", [1, 2])
@pytest.mark.parametrize("size", [-30, 30, 3000])
def test_one_or_two_last_records_far_out_are_brought_nearer(back, size):
    last = 96 - back <= STEPS
    given = column(60 + WAVE + size * last)
    assert levelled([given], (12,))[0] is given
    found = tempered([given], (12,))[0][:, 0] - 60 - WAVE
    assert np.array_equal(found[:-back], given[:-back, 0] - 60 - WAVE[:-back])
    kept = found[-back:] / size
    assert (kept > 0).all()
    assert (kept < (0.5 if back == 1 else 0.8)).all()


def test_last_records_as_far_as_some_before_stay_as_they_are():
    again = column(60 + WAVE + 30 * np.isin(STEPS, (50, 95)))
    usual = column(60 + WAVE)
    growing = column(np.exp(0.08 * STEPS + 0.05 * WAVE))
    few = column((60 + WAVE + 30 * (STEPS == 95))[-40:])
    given = [again, usual, growing, few]
    assert all(one is other for one, other in zip(tempered(given, (12,)), given, strict=True))


def test_a_series_that_grows_by_shares_has_not_shifted():
    rng = np.random.default_rng(3)
    grown = [column(np.exp(0.05 * STEPS + rng.normal(size=96).cumsum() * 0.15)) for _ in range(100)]
    for seasons in ((), (12,)):
        assert all(one is other for one, other in zip(levelled(grown, seasons), grown, strict=True))


def test_a_fit_says_from_where_on_a_series_is_at_its_level_and_which_records_are_in_doubt(monkeypatch):
    monkeypatch.setattr(_fitting, "_society", lambda *given: None)
    known = {back: 60 + WAVE + 30 * (96 - back <= STEPS) for back in (1, 4, 20)}
    model = ReservoirForecaster(horizon=6, season=12, learning="frozen")
    with pytest.warns(
        LevelInDoubt,
        match=r"^In 1 of the series \(0\) the last record is .*\. In 1 of the series \(1\) the level shifted ",
    ):
        model.fit([known[1], known[4], known[20], 60 + WAVE])
    assert model.shifted_at_.tolist() == [[0], [92], [76], [0]]
    assert model.doubtful_.tolist() == [[1], [0], [0], [0]]
    wrong, young, old, usual = (one.mean.mean() - 60 for one in model.predict())
    assert wrong < 15
    assert min(young, old) > 25
    assert abs(usual) < 3
    assert model.restart([known[4]], rescale=True).shifted_at_.tolist() == [[92]]


def test_bounds_are_kept():
    counts = np.random.default_rng(2).poisson(np.where(STEPS < 60, 40, 4)).astype(float)
    assert levelled([column(counts)], ())[0].min() >= 0
    share = np.clip(np.where(STEPS < 60, 0.1, 0.8) + 0.01 * WAVE, 0, 1)
    found = levelled([column(share)], ())[0]
    assert 0 <= found.min() <= found.max() <= 1


def test_the_season_is_found_in_spite_of_a_shift_without_dates():
    for back in (6, 30, 48):
        shifted = 60 + WAVE + 40 * (96 - back <= STEPS)
        assert find_seasons([shifted]) == (12,)
    late = Panel.of([60 + WAVE, (60 + WAVE + 40 * (STEPS >= 60))[20:]])
    assert np.isnan(steadied(late).values[1, :20]).all()


def test_forecasts_and_intervals_after_a_shift_are_those_of_a_series_without_it(monkeypatch):
    monkeypatch.setattr(_fitting, "_society", lambda *given: None)
    whole = 60 + WAVE
    for back in (6, 20):
        shifted = whole[:84] - 30 * (STEPS[:84] < 84 - back)
        forecast = ReservoirForecaster(horizon=12).fit(shifted).predict()
        usual = ReservoirForecaster(horizon=12).fit(whole[:84]).predict()
        assert np.abs(forecast.mean - whole[84:]).mean() < 1.5
        assert np.mean(forecast.upper - forecast.lower) < 1.5 * np.mean(usual.upper - usual.lower)


def test_covariates_may_say_what_shifted():
    shifted = 60 + WAVE + 30 * (STEPS >= 84)
    model = ReservoirForecaster(horizon=6, learning="frozen").fit(shifted, X=column((STEPS >= 84).astype(float)))
    assert np.array_equal(model.committee_.histories[0][:, 0], shifted)


def test_a_model_that_starts_afresh_does_so_at_the_last_level(monkeypatch):
    monkeypatch.setattr(_fitting, "_society", lambda *given: None)
    shifted = 60 + WAVE + 30 * (STEPS >= 84)
    model = ReservoirForecaster(horizon=6).fit(60 + WAVE)
    assert np.abs(model.restart(shifted).predict().mean - 90).max() < 12
    np.testing.assert_allclose(model.committee_.histories[0], levelled([column(shifted)], (12,))[0])


def test_a_series_of_one_step_is_left_to_what_comes_after():
    assert levelled([column(np.ones(1))], ())[0].shape == (1, 1)
