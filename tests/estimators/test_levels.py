"""Levels that nobody knows yet: what intervals hold then, and what the next records tell."""

import warnings
from copy import deepcopy

import numpy as np
import pytest
from scipy.special import ndtri

from aurita import ReservoirForecaster, load
from aurita.estimators import _fitting
from aurita.estimators._intervals import mixed_bounds
from aurita.estimators.levels import LevelInDoubt

STEPS = np.arange(110)
WAVE = 60 + 3 * np.sin(STEPS * np.pi / 6) + np.random.default_rng(0).normal(size=110)


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    monkeypatch.setattr(_fitting, "_society", lambda *given: None)


def fitted(values, **given):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LevelInDoubt)
        return ReservoirForecaster(horizon=6, season=12, learning="frozen", **given).fit(values)


def after(back, size=30.0, steps=96):
    """A series whose last records are at another level."""
    return (WAVE + size * (steps - back <= STEPS))[:steps]


@pytest.mark.parametrize("share", [0.02, 0.21, 0.5, 0.9])
@pytest.mark.parametrize("apart", [0.0, 0.5, 3.0, -40.0])
@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_bounds_are_the_quantiles_of_a_mixture(share, apart, level):
    rng = np.random.default_rng(0)
    second = rng.uniform(size=400_000) < share
    drawn = rng.normal(size=400_000) * np.where(second, 2.0, 1.0) + apart * second

    def widths(covered):
        return [np.full((1, 1, 1), ndtri((1 + covered) / 2) * size) for size in (1.0, 2.0)]

    centre = np.zeros((1, 1, 1))
    low, high = (one.item() for one in mixed_bounds([centre, centre + apart], np.array([[share]]), widths, level))
    # A quantile may lie anywhere in a gap, so shares are compared.
    assert abs((drawn < low).mean() - (1 - level) / 2) < 0.004
    assert abs((drawn > high).mean() - (1 - level) / 2) < 0.004


@pytest.mark.parametrize("back", [1, 2])
@pytest.mark.parametrize("size", [-30.0, 30.0])
def test_intervals_after_a_record_in_doubt_hold_both_levels(back, size):
    model = fitted([after(back, size), WAVE[:96]])
    assert model.doubtful_.tolist() == [[back], [0]]
    doubtful, usual = model.predict()
    plainly = fitted([after(back, size), WAVE[:96]])
    plainly.doubtful_ = np.zeros((2, 1), int)
    same, other = plainly.predict()
    assert np.array_equal(doubtful.mean, same.mean)
    assert all(np.array_equal(getattr(usual, name), getattr(other, name)) for name in ("mean", "lower", "upper"))
    truth = WAVE[96:102]
    for level in (truth, truth + size):
        inside = (doubtful.lower < level) & (level < doubtful.upper)
        assert inside.mean() > 0.6
        assert ((same.lower < level) & (level < same.upper)).mean() < 0.9 or level is truth
    # One that stays in one case of five is not in the middle half.
    half, _ = model.predict(intervals=0.5)
    assert (((half.lower < truth + size) & (truth + size < half.upper)).mean() > 0.5) == (back == 2)
    assert (half.lower >= doubtful.lower).all()
    assert (half.upper <= doubtful.upper).all()


def test_a_young_level_may_go_back():
    young, old = fitted(after(4)).predict(), fitted(after(20)).predict()
    truth = WAVE[96:102]
    assert (young.lower < truth + 2).all()
    assert (truth + 30 < young.upper).mean() > 0.6
    assert (old.lower > truth).all()
    assert np.mean(old.upper - old.lower) < 10


def test_next_records_tell_as_a_fresh_start_does():
    """A wrong record; one that is followed by others at its level; one that others go back from."""
    back_again = np.where((STEPS >= 96) & (STEPS < 100), WAVE + 30, WAVE)
    first = fitted(WAVE[:95])
    for truth in (after(14, steps=110), np.where(STEPS == 96, 120.0, WAVE), back_again, WAVE):
        model, seen = deepcopy(first), []
        for step in range(95, 110):
            model.update(truth[step : step + 1])
            started = deepcopy(first).restart(truth[: step + 1])
            assert model.steps_.tolist() == [step + 1]
            for name in ("shifted_at_", "doubtful_"):
                assert getattr(model, name).tolist() == getattr(started, name).tolist()
            seen.append((model.doubtful_.item(), model.shifted_at_.item()))
            # A level of twelve records is not judged anew; a fresh start judges it by all of them.
            close = 1e-6 if step < 108 else 1e-3
            if step % 4 == 0 or model.doubtful_.any():
                np.testing.assert_allclose(model.committee_.histories[0], started.committee_.histories[0], rtol=close)
                own, other = model.predict(), started.predict()
                for part in ("mean", "lower", "upper"):
                    np.testing.assert_allclose(getattr(own, part), getattr(other, part), rtol=close)
        if truth is WAVE:
            assert seen == [(0, 0)] * 15
        elif truth[98] < 70:
            assert seen[1] == (1, 0)
            assert seen[-1] == (0, 0)
        else:
            assert [seen[1], seen[2], seen[3]] == [(1, 0), (2, 0), (0, 96)]


def test_a_long_series_keeps_what_was_certain():
    """Of more steps than experts look at the first are forgotten; the step of a shift counts from the very first."""
    steps = np.arange(900)
    values = 60 + np.random.default_rng(3).normal(size=900) + 30.0 * (steps >= 700)
    model = fitted(values[:820])
    assert model.shifted_at_.tolist() == [[700]]
    model.update(values[820:])
    assert model.shifted_at_.tolist() == [[700]]
    assert model.steps_.tolist() == [900]
    more = 60 + np.random.default_rng(4).normal(size=40)
    model.update(more)
    assert model.shifted_at_.tolist() == [[900]]


def test_what_is_in_doubt_is_saved(tmp_path):
    model = fitted([after(1), after(4), WAVE[:96]])
    model.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    for one, other in zip(model.predict(), loaded.predict(), strict=True):
        assert np.array_equal(one.upper, other.upper)
    for each in (model, loaded):
        each.update([WAVE[96:97]] * 3)
    assert loaded.doubtful_.tolist() == model.doubtful_.tolist()
    assert np.array_equal(loaded.predict()[0].mean, model.predict()[0].mean)
