"""Weights of experts, their windows, and what they find out about series."""

from dataclasses import replace

import numpy as np
import pytest

from aurita import AuritaError
from aurita.experts import ForecastTask, Panel, find_bounds, find_seasons, fit_committee, fit_windows, weigh
from aurita.experts._units import scales
from aurita.experts.checks import check_committee
from aurita.experts.seasons import adjusted

RNG = np.random.default_rng(0)


def test_weights_are_those_of_least_absolute_error():
    truth = RNG.normal(size=(60, 5))
    forecasts = np.stack([truth + RNG.normal(size=truth.shape), truth - 3, truth + 3], axis=-1)
    found = weigh(forecasts, truth, np.ones(3), 0.0)
    assert found.sum() == pytest.approx(1)
    grid = [(a, b, 1 - a - b) for a in np.linspace(0, 1, 41) for b in np.linspace(0, 1 - a, 41)]
    sizes = np.abs(forecasts - truth[..., None]).mean(axis=(1, 2))
    best = min(np.mean(np.abs(forecasts @ np.array(w) - truth) / sizes[:, None]) for w in grid)
    assert np.mean(np.abs(forecasts @ found - truth) / sizes[:, None]) <= best + 0.01


def test_a_strong_pull_keeps_the_prior():
    truth = RNG.normal(size=(20, 3))
    found = weigh(np.stack([truth, truth + 1], axis=-1), truth, np.array([0.3, 0.7]), 1e6)
    np.testing.assert_allclose(found, [0.3, 0.7], atol=0.02)


def test_weights_without_truth_are_the_prior():
    unknown = np.full((4, 2), np.nan)
    np.testing.assert_allclose(weigh(np.zeros((4, 2, 2)), unknown, np.array([1.0, 3.0]), 0.1), [0.25, 0.75])


def test_windows_forecast_series_that_they_were_not_fitted_on():
    """A logistic map, which no line forecasts, of any scale."""

    def series(length):
        found = [RNG.uniform(0.1, 0.9)]
        for _ in range(length - 1):
            found.append(3.8 * found[-1] * (1 - found[-1]))
        return np.array(found)

    sizes = 10.0 ** RNG.integers(-3, 4, 41)
    panel = [size * series(60) for size in sizes]
    windows = fit_windows(ForecastTask(Panel.of(panel[:-1]), (), 1), 3, 0)
    known, truth = panel[-1][:-1], panel[-1][-1]
    found = windows.forecasts(ForecastTask(Panel.of([known]), (), 1))[0, 0]
    assert abs(found - truth) < 0.1 * sizes[-1]


def test_too_short_series_have_no_windows():
    assert fit_windows(ForecastTask(Panel.of([np.arange(4.0)]), (), 1), 3, 0) is None


@pytest.mark.parametrize("season", [4, 7, 12, 24])
def test_a_season_is_found_without_dates(season):
    pattern = RNG.normal(size=season)
    values = np.tile(pattern, 10) + 0.3 * RNG.normal(size=10 * season) + 0.05 * np.arange(10 * season)
    assert find_seasons([values]) == (season,)


def test_no_season_is_found_in_a_walk():
    walks = np.cumsum(RNG.normal(size=(20, 150)), axis=1)
    assert sum(bool(find_seasons([walk])) for walk in walks) <= 4
    assert sum(bool(find_seasons([walk], [5])) for walk in walks) <= 4


def test_a_day_within_a_week_is_found_without_dates():
    steps = np.arange(24 * 7 * 8)
    load = 30 + 8 * np.sin(steps * 2 * np.pi / 24) - 6 * (steps // 24 % 7 > 4) + RNG.normal(size=len(steps))
    assert find_seasons([load], ()) in [(24, 168), (168,)]
    assert find_seasons([load], (24, 168)) == (24, 168)


@pytest.mark.parametrize("steps", [1, 6, 23, 24, 47, 48, 120])
def test_seasons_that_dates_suggest_are_not_looked_for_in_fewer_than_two_of_them(steps):
    """24 hours and a week, of which two seasons have to be there."""
    wave = np.sin(2 * np.pi * np.arange(steps) / 24)
    assert find_seasons([wave], [24, 168]) == ((24,) if steps >= 48 else ())


def test_wrong_records_do_not_hide_a_season():
    steps = np.arange(108)
    values = 50 + 0.3 * steps + 6 * np.sin(2 * np.pi * steps / 12) + 2 * np.random.default_rng(4).normal(size=108)
    values[[20, 47, 95]] += [80, -60, 120]
    assert find_seasons([values], [12]) == (12,)
    noise = 50 + np.random.default_rng(5).normal(size=108)
    noise[[20, 47, 95]] += 80
    assert find_seasons([noise], [12]) == ()


def test_a_peak_of_every_year_is_no_wrong_record():
    years = 10 + 40.0 * (np.arange(96) % 12 == 11) + np.random.default_rng(6).normal(size=96)
    found = adjusted(Panel.of([years]), (12,), 12)
    restored = found.restored(np.full((1, 12), 10.0))[0]
    assert restored[11] > 3 * restored[:11].max()


def test_bounds():
    assert find_bounds(np.r_[0, 3, 2, np.ones(20)]) == (0.0, np.inf)
    assert find_bounds(np.linspace(0, 1, 30)) == (0.0, 1.0)
    assert find_bounds(np.array([1.0, 2.0])) == (-np.inf, np.inf)


def committee(**parts):
    values = 5 + np.abs(np.cumsum(RNG.normal(size=(80, 1)), axis=0))
    origins = [(0, known) for known in range(50, 74)]
    given = {"seasons": (), "horizon": 6, "reservoir": np.full((24, 6, 1), 5.0), "late": np.arange(24) > 11, **parts}
    return fit_committee([values], origins=origins, **given)


def test_errors_come_of_weights_that_did_not_see_them():
    """A reservoir that is right in one part of the origins alone is not trusted there."""
    values = np.cumsum(RNG.normal(size=(80, 1)), axis=0)
    origins, late = [(0, known) for known in range(50, 74)], np.arange(24) > 11
    truth = np.stack([values[known : known + 6] for _, known in origins])
    cheat = np.where(late[:, None, None], truth, truth + 50)
    _, errors = fit_committee([values], seasons=(), horizon=6, origins=origins, reservoir=cheat, late=late)
    assert np.abs(errors[late]).mean() > 0.5
    assert np.abs(errors[~late]).mean() > 5


def test_what_comes_after_says_nothing_of_earlier_demand():
    """A series that becomes intermittent after all held-out steps errs there as one that does not."""
    rng = np.random.default_rng(1)
    values, rare = (np.where(rng.random((steps, 1)) < share, 0.0, 3.0) for steps, share in ((80, 0.15), (200, 0.4)))
    origins, late = [(0, known) for known in range(50, 74)], np.arange(24) > 11
    both = []
    for after in (np.concatenate([values, rare]), np.concatenate([values, np.full((200, 1), 2.0)])):
        given = {"seasons": (), "horizon": 6, "origins": origins, "reservoir": np.full((24, 6, 1), 2.0), "late": late}
        both.append(fit_committee([after], **given))
    (rare_found, rare_errors), (_, errors) = both
    assert rare_found.demand.all()
    np.testing.assert_allclose(rare_errors, errors, atol=1e-6)


def test_series_count_the_same_however_many_origins_they_have():
    walks = [np.cumsum(RNG.normal(size=(steps, 1)), axis=0) for steps in (60, 80)]
    origins = [(0, 50), (1, 50), (1, 56), (1, 62)]
    given = {"origins": origins, "reservoir": np.zeros((4, 6, 1)), "late": np.array([False, True, True, True])}
    found, errors = fit_committee(walks, seasons=(), horizon=6, **given)
    np.testing.assert_allclose(found.shares(len(errors)), [2, 2 / 3, 2 / 3, 2 / 3])
    many = replace(found, counts=np.resize([1, 3], 60))
    assert many.shares(120).tolist() == np.resize([1, 0, 0, 1], 120).tolist()


def test_forecasts_follow_what_comes_next():
    found, _ = committee()
    values = found.histories[0]
    again = found.followed([np.array([[7.0], [8.0]])])
    assert len(again.histories[0]) == 82
    steps = found.one_step(0, np.array([[7.0], [8.0]]), np.full((2, 1), 5.0))
    np.testing.assert_allclose(steps[0], found.forecasts(np.full((1, 1, 1), 5.0))[0, 0])
    np.testing.assert_allclose(
        found.restarted([values]).forecasts(np.full((1, 3, 1), 5.0)), found.forecasts(np.full((1, 3, 1), 5.0))
    )


def test_a_bound_that_is_crossed_is_none():
    found, _ = committee()
    assert found.lower[0, 0] == 0
    assert found.followed([np.array([[-1.0]])]).lower[0, 0] == -np.inf


@pytest.mark.parametrize(
    "change",
    [
        {"names": ("reservoir",)},
        {"weights": np.full(15, -1.0)},
        {"seasons": (1,)},
        {"scale": np.zeros((1, 1))},
        {"histories": []},
        {"windows": []},
        {"lower": np.full((1, 1), np.nan)},
        {"counts": np.zeros(1, int)},
        {"given": []},
        {"given": [np.zeros((3, 1))]},
    ],
)
def test_a_committee_that_does_not_fit_is_refused(change):
    found, _ = committee()
    check_committee(found, 1, 1)
    with pytest.raises(AuritaError):
        check_committee(replace(found, **change), 1, 1)


def test_units_of_many_series_are_of_their_last_changes_too():
    """Series that grew calm have narrower intervals than those that grew wild, of the same mean change."""
    rng = np.random.default_rng(0)
    size = np.where(np.arange(60) < 30, 4.0, 1.0)
    series = [50 + (rng.normal(size=60) * (size if row % 2 else size[::-1]))[:, None] for row in range(60)]
    origins = [(row, 54) for row in range(60)]
    given = {"seasons": (), "horizon": 6, "reservoir": np.full((60, 6, 1), 50.0), "late": np.arange(60) % 2 == 1}
    found, _ = fit_committee(series, origins=origins, **given)
    assert found.recent
    np.testing.assert_array_equal(found.scale, scales(series, (), recent=True))
    calm, wild = found.scale[1::2].mean(), found.scale[::2].mean()
    assert 0.3 < calm / wild < 0.6
    assert 0.9 < scales(series, ())[1::2].mean() / scales(series, ())[::2].mean() < 1.1
    few = fit_committee(
        series[:9], origins=origins[:9], **{**given, "reservoir": given["reservoir"][:9], "late": given["late"][:9]}
    )[0]
    np.testing.assert_array_equal(few.scale, scales(series[:9], ()))
    again = found.followed([np.full((2, 1), 50.0)] * 60)
    np.testing.assert_array_equal(again.scale, scales(again.histories, (), recent=True))
