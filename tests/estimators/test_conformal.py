"""Half widths of intervals against counts by hand."""

import numpy as np
import pytest

from aurita import AuritaError
from aurita.estimators._predicting import conformal_widths

pytestmark = pytest.mark.filterwarnings("ignore:intervals of")


def counted(values, level):
    """The smallest residual that is not below a share `level` of them and of one more, or the largest of all."""
    for value in sorted(values):
        if sum(v <= value for v in values) >= level * (len(values) + 1) - 1e-9:
            return value
    return max(values)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95, 0.999])
@pytest.mark.parametrize("count", [1, 2, 4, 9, 10, 19, 20, 40])
def test_the_rank_is_that_of_split_conformal_prediction(level, count):
    residuals = np.random.default_rng(count).random((count, 3, 2)) + 1.0
    found = conformal_widths(residuals, level, 3)
    expected = [[counted(residuals[:, step, channel], level) for channel in (0, 1)] for step in range(3)]
    np.testing.assert_array_equal(found, expected)


def test_intervals_of_one_more_value_cover_at_least_their_level():
    """Of `m + 1` values that are alike each is as likely to be the one left out: enumerated, not drawn."""
    values = np.arange(1.0, 21.0)
    for level in (0.5, 0.8, 0.9):
        inside = 0
        for left_out in range(20):
            others = np.delete(values, left_out)[:, None, None]
            inside += values[left_out] <= conformal_widths(others, level, 1).item()
        assert level <= inside / 20 < level + 0.05 + 1e-9


def test_origins_without_a_value_at_a_step_are_left_out_there():
    residuals = np.arange(1.0, 13.0).reshape(12, 1, 1) * np.ones((12, 3, 1))
    residuals[8:, 1] = np.nan
    residuals[2:, 2] = np.nan
    found = conformal_widths(residuals, 0.5, 3)[:, 0]
    np.testing.assert_array_equal(found, [7.0, 5.0, 2.0])


def test_further_steps_grow_with_the_square_root():
    residuals = np.full((5, 4, 2), [2.0, 3.0])
    residuals[:, 2:] = np.nan
    found = conformal_widths(residuals, 0.9, 8)
    np.testing.assert_allclose(found[:2], [[2.0, 3.0]] * 2)
    steps = np.arange(3, 9)[:, None]
    np.testing.assert_allclose(found[2:], np.sqrt(steps / 2) * [2.0, 3.0])
    np.testing.assert_allclose(conformal_widths(residuals, 0.9, 1), [[2.0, 3.0]])


def test_without_residuals_there_is_no_width():
    for residuals in (np.zeros((0, 3, 1)), np.full((4, 3, 1), np.nan), np.zeros((4, 0, 1))):
        with pytest.raises(AuritaError, match="held out"):
            conformal_widths(residuals, 0.9, 2)
