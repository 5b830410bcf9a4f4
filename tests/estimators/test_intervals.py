"""Intervals: ranks by hand, levels that cannot be, warnings, and errors that judge no choice of their own."""

import numpy as np
import pytest

from aurita import AuritaError, ReservoirForecaster
from aurita.estimators._intervals import checked_level, conformal_widths, student_widths


def series_of(seed, steps=120):
    rng = np.random.default_rng(seed)
    values = np.zeros(steps)
    for step in range(1, steps):
        values[step] = 0.7 * values[step - 1] + rng.standard_normal()
    return values


@pytest.mark.parametrize(("count", "level", "rank"), [(19, 0.9, 18), (9, 0.9, 9), (99, 0.8, 80), (20, 0.5, 11)])
def test_the_rank_is_that_of_split_conformal_prediction(count, level, rank):
    """Of m errors the one of rank ceil((m + 1) level): a further error is below it with at least that probability."""
    errors = np.random.default_rng(0).permutation(np.arange(1.0, count + 1))
    assert conformal_widths(errors[:, None, None], level, 1).item() == rank


def test_too_few_errors_for_a_level_are_named():
    errors = np.full((12, 3, 1), np.nan)
    errors[:, 0], errors[:9, 1], errors[:8, 2] = 1.0, 2.0, 3.0
    np.testing.assert_array_equal(conformal_widths(errors[:, :2], 0.9, 2)[:, 0], [1, 2])
    with pytest.warns(UserWarning, match="90% need 9 held-out origins at each step, and step 3 ahead has 8"):
        conformal_widths(errors, 0.9, 3)
    np.testing.assert_array_equal(conformal_widths(errors, 0.5, 3)[:, 0], [1, 2, 3])


@pytest.mark.parametrize("level", [0, 1, 90, -0.5, True, "90%", [0.5, 0.9], float("nan"), {}, object()])
def test_levels_that_cannot_be(level):
    with pytest.raises(AuritaError, match="intervals is"):
        checked_level(level)


def test_errors_count_by_their_shares():
    """As if each were there so many times; with equal shares, as without."""
    errors = (
        np.abs(np.random.default_rng(1).normal(size=(300, 2, 1))) * np.repeat([1.0, 4.0], [200, 100])[:, None, None]
    )
    errors[-40:, 1] = np.nan
    times = np.repeat([1, 3], [200, 100])
    many = np.full(2, 1e9)
    for level in (0.2, 0.5, 0.9):
        found = student_widths(errors, level, 2, many, times / times.mean())
        np.testing.assert_allclose(found, student_widths(np.repeat(errors, times, axis=0), level, 2, many), rtol=0.05)
        alike = student_widths(errors, level, 2, many)
        np.testing.assert_array_equal(student_widths(errors, level, 2, many, np.full(300, 2.0)), alike)
        assert (found > 1.1 * alike).all()


def test_no_origin_judges_its_own_choice():
    """Errors in the second block are those of the penalty that the first one wants, and the other way round."""
    differs = 0
    for seed in range(4):
        parts = {"units": 2, "horizon": 3, "learning": "frozen", "difference": 0}
        weak, strong = (ReservoirForecaster(**parts, alphas=[a]).fit(series_of(seed)) for a in (1e-9, 1e3))
        both = ReservoirForecaster(**parts, alphas=[1e-9, 1e3]).fit(series_of(seed))
        held, count = both.residuals_, len(both.residuals_)
        half = (count + 1) // 2
        # Of the first block only steps before the second one count.
        within = np.arange(half)[:, None] + np.arange(3) < half
        scores = [np.mean(one.residuals_[:half, :, 0][within] ** 2) for one in (weak, strong)]
        first_wants = (weak, strong)[int(np.argmin(scores))]
        np.testing.assert_array_equal(held[half:], first_wants.residuals_[half:])
        second_wants = [np.array_equal(held[:half], one.residuals_[:half]) for one in (weak, strong)]
        assert any(second_wants)
        differs += not np.array_equal(held[:half], first_wants.residuals_[:half])
    assert differs > 0


def test_the_second_block_is_forecast_by_all_before_it():
    """A change of level in the first block is known in the second, and was not in the first."""
    series = series_of(0, 200) * 0.1
    series[145:] += 5
    model = ReservoirForecaster(units=2, horizon=1, learning="frozen", difference=0, alphas=[0.1]).fit(series)
    errors = model.residuals_[:, 0, 0]
    assert len(errors) == 60
    assert np.median(errors[10:30]) > 2 * np.median(errors[30:])
