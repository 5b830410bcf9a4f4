"""Experts beside plain loops over one series, and beside published behaviour."""

import numpy as np
import pytest

from aurita.experts import EXPERTS, ForecastTask, Panel
from aurita.experts.intermittent import intermittent
from aurita.experts.seasons import adjusted
from aurita.experts.smoothing import LEVELS, smoothed, trended
from aurita.experts.theta import theta

RNG = np.random.default_rng(0)
SERIES = [np.cumsum(RNG.normal(size=length)) + 50 for length in (30, 41, 17)]


def test_a_panel_is_aligned_at_its_end():
    panel = Panel.of(SERIES)
    assert panel.values.shape == (3, 41)
    assert panel.lengths.tolist() == [30, 41, 17]
    for row, one in zip(panel.values, SERIES, strict=True):
        np.testing.assert_array_equal(row[-len(one) :], one)


def test_smoothing_is_that_of_one_series_after_another():
    level, weight, error = smoothed(Panel.of(SERIES))
    for row, one in enumerate(SERIES):
        found = []
        for alpha in LEVELS:
            last, squares = one[0], 0.0
            for value in one[1:]:
                squares += (value - last) ** 2
                last += alpha * (value - last)
            found.append((squares / (len(one) - 1), alpha, last))
        best = min(found)
        np.testing.assert_allclose([error[row], weight[row], level[row]], best)


def test_a_damped_trend_of_a_line_is_the_line_where_nothing_is_damped():
    line = 3 + 2 * np.arange(25.0)
    np.testing.assert_allclose(trended(Panel.of([line]), (1.0,), 4)[0][0], 3 + 2 * np.arange(25, 29))


def test_theta_adds_half_the_slope():
    one = SERIES[1]
    level, weight, _ = smoothed(Panel.of([one]))
    slope = np.polyfit(np.arange(len(one)), one, 1)[0]
    ahead = np.arange(5) + 1 / weight[0] - (1 - weight[0]) ** len(one) / weight[0]
    np.testing.assert_allclose(theta(Panel.of([one]), 5)[0], level[0] + slope / 2 * ahead)


@pytest.mark.parametrize("additive", [True, False])
def test_a_season_is_taken_out_and_put_back(additive):
    season = np.array([1.0, 2.0, 0.5, 0.5])
    places = np.arange(40) % 4
    one = np.where(additive, 10 * season[places] - 12, (20 + np.arange(40)) * season[places])
    found = adjusted(Panel.of([one]), (4,), 4)
    assert found.seasonal[0]
    rest = found.panel.values[0]
    assert np.abs(np.diff(rest)).max() < 0.1 * np.abs(np.diff(one)).max()
    again = rest * np.tile(found.scale[0], 10) + np.tile(found.shift[0], 10)
    np.testing.assert_allclose(again, one)


def test_no_season_is_taken_out_of_noise_or_of_a_line():
    noise = RNG.normal(size=(50, 60))
    assert adjusted(Panel(noise), (12,), 1).seasonal.mean() <= 0.2
    assert not adjusted(Panel(np.arange(60.0)[None]), (12,), 1).seasonal[0]


@pytest.mark.parametrize("name", EXPERTS)
def test_an_expert_forecasts_many_series_as_it_does_each(name):
    seasons = (4,)
    together = EXPERTS[name].forecasts(ForecastTask(Panel.of(SERIES), seasons, 6))
    assert together.shape == (3, 6)
    orders = name == "autoregression"  # Of the shortest of the series.
    for row, one in enumerate(SERIES):
        alone = EXPERTS[name].forecasts(ForecastTask(Panel.of([one]), seasons, 6))[0]
        np.testing.assert_allclose(together[row], alone, rtol=0.2 if orders else 1e-9)


@pytest.mark.parametrize("name", EXPERTS)
@pytest.mark.parametrize(
    "values",
    [np.zeros(20), np.full(20, 7.0), np.arange(3.0), np.r_[np.zeros(15), 1.0, np.zeros(4)], -np.geomspace(1, 1e9, 30)],
)
def test_an_expert_is_finite_on_odd_series(name, values):
    found = EXPERTS[name].forecasts(ForecastTask(Panel.of([values]), (4,), 50))
    assert np.isfinite(found).all()


def test_logarithms_do_not_run_away():
    steep = np.exp(np.linspace(0, 20, 30))
    for name in EXPERTS:
        found = EXPERTS[name].forecasts(ForecastTask(Panel.of([steep]), (), 500))
        assert found.max() <= steep.max() * np.exp(3.01) or "logarithms" not in name


def test_demand_is_that_of_plain_loops():
    demand = np.where(RNG.random(80) < 0.3, RNG.integers(1, 9, 80), 0).astype(float)
    chance, size = (demand > 0).mean(), demand[demand > 0].mean()
    for value in demand:
        chance += 0.1 * ((value > 0) - chance)
        size += 0.1 * (value - size) * (value > 0)
    found = EXPERTS["chance of demand"].forecasts(ForecastTask(Panel.of([demand, SERIES[0]]), (), 3))
    np.testing.assert_allclose(found[0], chance * size)
    assert abs(found[1, 0] - SERIES[0].mean()) < 3


def test_what_is_zero_by_chance_alone_is_intermittent():
    steps = np.arange(240)
    chance = np.where(RNG.random(240) < 0.3, 4.0, 0.0)
    closed = np.where(steps % 7 < 4, 3 + RNG.random(240), 0.0)
    begun = np.where(steps > 100, 5.0, 0.0)
    panel = Panel.of([chance, closed, begun, chance - 1, chance + 1, np.where(steps == 7, 3.0, 0.0)])
    assert intermittent(panel, (7,)).tolist() == [True, False, False, False, False, False]


@pytest.mark.parametrize("seasons", [(), (30,), (7,), (7, 365)])
def test_zeros_in_a_rhythm_are_no_chance_whatever_season_was_named(seasons):
    rng, steps = np.random.default_rng(5), np.arange(420)
    open_days, fortnight = steps % 7 < 5, steps % 14 == 3
    rhythms = [np.where(open_days, rng.poisson(20, 420), 0.0), np.where(fortnight, 20 + rng.normal(size=420), 0.0)]
    rhythms.append(np.where(steps % 3 == 0, 5.0, 0.0))
    chance = [np.where(rng.random(420) < share, 5.0, 0.0) for share in (0.1, 0.3, 0.6)]
    assert intermittent(Panel.of([*rhythms, *chance]), seasons).tolist() == [False] * 3 + [True] * 3


def test_small_counts_of_a_clear_season_are_no_intermittent_demand_and_short_series_are_judged_mildly():
    rng, steps = np.random.default_rng(6), np.arange(420)
    seasonal = rng.poisson(1.2 + 1.1 * np.sin(steps * 2 * np.pi / 7), (40, 420)).astype(float)
    weak = rng.poisson(0.6 + 0.2 * np.sin(steps * 2 * np.pi / 7), (40, 420)).astype(float)
    short = np.where(rng.random((1000, 24)) < 0.3, 3.0, 0.0)
    assert intermittent(Panel.of(list(seasonal)), (7,)).mean() < 0.2
    assert intermittent(Panel.of(list(weak)), (7,)).all()
    assert intermittent(Panel.of(list(short)), (12,)).mean() > 0.9
