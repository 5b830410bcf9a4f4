"""Scores of a forecaster, bounds on what is asked of it, and series of a panel that are too short."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score

from aurita import AuritaError, EchoUnit, Population, Reservoir, ReservoirForecaster, generate

RNG = np.random.default_rng(0)
SERIES = 10 + 3 * np.sin(2 * np.pi * np.arange(96) / 12) + 0.1 * RNG.standard_normal(96)


def forecaster(**parts):
    return ReservoirForecaster(
        units=2, **{"horizon": 3, "learning": "frozen", "difference": 0, "alphas": [0.1], **parts}
    )


@pytest.fixture(scope="module")
def fitted():
    return forecaster().fit(SERIES)


@pytest.mark.parametrize("season", [None, 12])
def test_the_score_by_hand(season):
    model = forecaster(season=season).fit(SERIES[:80])
    lag = season or 1
    naive = np.abs(SERIES[lag:80] - SERIES[: 80 - lag]).mean()
    expected = -np.abs(model.predict(16).mean - SERIES[80:]).mean() / naive
    assert model.score(SERIES[80:]) == pytest.approx(expected)
    both = forecaster(season=season).fit([SERIES[:80], 100 * SERIES[:80]])
    assert both.score([SERIES[80:], 100 * SERIES[80:]]) == pytest.approx(expected, rel=1e-4)
    # Scoring receives nothing.
    assert model.score(SERIES[80:]) == pytest.approx(expected)
    assert forecaster().fit(np.full(40, 3.0)).score([4.0, 4.0]) == pytest.approx(-1, abs=1e-6)


def test_scikit_learn_splits_and_searches():
    dated = pd.Series(SERIES, pd.date_range("2020", periods=96, freq="MS"))
    splits = TimeSeriesSplit(2, test_size=8)
    scores = cross_val_score(forecaster(), dated, cv=splits)
    by_hand = [forecaster().fit(dated[:stop]).score(dated[stop : stop + 8]) for stop in (80, 88)]
    np.testing.assert_allclose(scores, by_hand)
    known = np.cos(np.arange(96.0))[:, None]
    assert np.isfinite(cross_val_score(forecaster(), SERIES, known, cv=splits)).all()
    found = GridSearchCV(forecaster(), {"alphas": [[0.1], [1e6]]}, cv=splits).fit(SERIES)
    assert found.best_params_ == {"alphas": [0.1]}
    with pytest.raises(AuritaError, match="expects 2026-09-01"):
        forecaster().fit(dated[:80]).score(dated[81:])


@pytest.mark.parametrize("steps", [10**20, 10**9, 100_001, 0, -1, 2.5, True, "3", None])
def test_horizons_have_a_bound_that_names_itself(steps, fitted):
    if steps is not None:
        with pytest.raises(AuritaError, match="horizon is"):
            fitted.predict(steps)
    with pytest.raises(AuritaError, match="horizon is"):
        forecaster(horizon=steps).fit(SERIES)


def test_generated_steps_have_a_bound():
    group = Population(unit=EchoUnit(slots=5), units=1, passage="mixed", afferents="all", receives="inputs")
    reservoir = Reservoir.build([group], inputs=1)
    for steps in (10**20, 10**9, 0, 1.5, True):
        with pytest.raises(AuritaError, match="steps is"):
            generate(reservoir, reservoir.initial_state(1), np.zeros((5, 1)), np.zeros(1), np.zeros((1, 1)), steps,
                     features=("output",))  # fmt: skip


def test_series_that_are_too_short_are_left_out():
    given = [SERIES[:80], SERIES[:5], 2 * SERIES[:80], SERIES[:3]]
    with pytest.warns(UserWarning, match=r"2 of 4 series were too short and left out \(1, 3\)"):
        model = forecaster().fit(given)
    first, none, second, nothing = model.predict(3)
    assert none is None is nothing
    both = forecaster().fit([given[0], given[2]])
    for one, expected in zip((first, second), both.predict(3), strict=True):
        np.testing.assert_array_equal(one.mean, expected.mean)
    # Later calls may give all of the series, or those that stayed.
    expected = both.update([SERIES[80:82], 2 * SERIES[80:82]]).predict(1)[1].mean
    for more in ([SERIES[80:82], [1.0], 2 * SERIES[80:82], [1.0]], [SERIES[80:82], 2 * SERIES[80:82]]):
        with pytest.warns(UserWarning, match="left out"):
            again = forecaster().fit(given)
        np.testing.assert_array_equal(again.update(more).predict(1)[2].mean, expected)
    frame = pd.concat({name: pd.Series(one) for name, one in zip("abcd", given, strict=True)})
    with pytest.warns(UserWarning, match=r"\('b', 'd'\)"):
        model = forecaster().fit(frame)
    assert [None if one is None else one.name for one in model.predict(3)] == ["a", None, "c", None]
    with pytest.raises(AuritaError, match="give a longer series"):
        forecaster().fit([SERIES[:3], SERIES[:5]])
