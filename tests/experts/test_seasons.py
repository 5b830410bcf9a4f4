"""Seasons: found in spite of what is no part of them."""

import numpy as np
import pytest

from aurita.experts import find_seasons
from aurita.experts.panel import Panel
from aurita.experts.seasons import has_season, without_accidents


@pytest.mark.parametrize("place", [2, 57, 118])
def test_a_record_a_thousand_times_too_large_hides_no_season(place):
    steps = np.arange(120)
    wave = 100 + 10 * np.sin(steps * np.pi / 6) + np.random.default_rng(0).normal(size=120)
    wrong = wave.copy()
    wrong[place] *= 1000
    assert has_season(Panel.of([wrong]), 12).all()
    found = without_accidents(Panel.of([wrong, wave]), 12).values
    assert abs(found[0] - wave).max() < 15
    assert np.array_equal(found[1], wave)


def drawn(season, steps, strength, noise, count=200):
    """Panels of a season of a strength, and noise: white, autoregressive, or a random walk."""
    rng = np.random.default_rng([season, steps])
    values = rng.normal(size=(count, steps))
    if noise == "walk":
        values = np.cumsum(values, axis=1) / 2
    elif noise == "autoregressive":
        for step in range(1, steps):
            values[:, step] += 0.8 * values[:, step - 1]
    shapes = rng.normal(size=(count, season))
    return Panel(100 + values + strength * shapes[:, np.arange(steps) % season])


@pytest.mark.parametrize(
    ("season", "steps"), [(12, 24), (12, 30), (12, 36), (12, 60), (7, 21), (7, 35), (4, 12), (4, 20)]
)
@pytest.mark.parametrize("noise", ["white", "autoregressive", "walk"])
def test_noise_has_no_season(season, steps, noise):
    assert has_season(drawn(season, steps, 0, noise), season).mean() < 0.06


@pytest.mark.parametrize(("season", "steps", "noise"), [(12, 24, "walk"), (12, 60, "autoregressive"), (7, 21, "walk")])
def test_a_season_is_seen_under_noise_that_is_alike_from_step_to_step(season, steps, noise):
    assert has_season(drawn(season, steps, 2, noise), season).mean() > 0.9


def test_series_that_begin_late_have_the_season_that_they_have_alone():
    panel = drawn(12, 60, 1.5, "white", 8)
    short = [row[place:] for place, row in zip(range(0, 40, 5), panel.values, strict=True)]
    assert has_season(Panel.of(short), 12).tolist() == [bool(has_season(Panel.of([one]), 12)[0]) for one in short]


def cycling(steps, period, damping, rng):
    """Noise with a cycle of its own, whose beat is lost after a while."""
    values, first, second = np.zeros(steps + 100), 2 * damping * np.cos(2 * np.pi / period), -(damping**2)
    for step in range(2, len(values)):
        values[step] = first * values[step - 1] + second * values[step - 2] + rng.normal()
    return values[100:]


@pytest.mark.parametrize("steps", [96, 180])
def test_a_cycle_that_dates_do_not_suggest_is_found_where_it_keeps_its_beat(steps):
    wave = 60 + 3 * np.sin(np.arange(steps) * np.pi / 6)
    found = [find_seasons([wave + np.random.default_rng(seed).normal(size=steps)], [7]) for seed in range(20)]
    assert found == [(12,)] * 20
    lost = [find_seasons([cycling(steps, 12, 0.95, np.random.default_rng(seed))], [7]) for seed in range(50)]
    assert sum(bool(one) for one in lost) <= 10


@pytest.mark.parametrize(("season", "steps"), [(7, 60), (7, 180), (12, 96), (4, 48)])
@pytest.mark.parametrize("noise", ["white", "autoregressive", "walk"])
def test_noise_has_none_but_that_which_dates_suggest(season, steps, noise):
    panel = drawn(season, steps, 0, noise, count=100).values
    found = [find_seasons([one], [season]) for one in panel]
    assert sum(one not in ((), (season,)) for one in found) <= 1
