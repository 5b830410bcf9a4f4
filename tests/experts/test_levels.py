"""Levels: what was before a shift is brought to the level after it, and nothing else is."""

import numpy as np
import pytest

from aurita import ReservoirForecaster
from aurita.estimators import _fitting
from aurita.experts import find_seasons, levelled
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


@pytest.mark.parametrize("back", [1, 3, 5])
def test_what_changed_less_than_six_steps_ago_may_be_for_a_while(back):
    shifted = 60 + WAVE + 30 * (96 - back <= STEPS)
    assert np.array_equal(levelled([column(shifted)], (12,))[0][:, 0], shifted)


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
