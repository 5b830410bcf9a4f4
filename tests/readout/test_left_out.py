"""Errors on rows left out, against fitting again without each row."""

import numpy as np
import pytest

from aurita.readout import RidgeReadout, left_out_errors

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("features", [4, 60])
def test_they_are_the_criterion_row_by_row(features):
    x = RNG.normal(size=(40, features)) * np.r_[np.ones(features - 1), 1e-3]
    y = x[:, :2] @ [[1.0, 0.0], [2.0, -1.0]] + 0.5 * RNG.normal(size=(40, 2))
    found = left_out_errors(x, y, floor=0.1)
    readout = RidgeReadout(floor=0.1).fit(x, y)
    np.testing.assert_allclose((found**2).mean(axis=0), readout.error_, rtol=1e-8)


def test_a_row_that_is_left_out_is_predicted_by_the_others():
    x = np.hstack([np.eye(12), np.arange(12.0)[:, None]])
    y = 3 * np.arange(12.0)[:, None] + 1
    far = left_out_errors(RNG.normal(size=(12, 3)), y)
    near = left_out_errors(x[:, -1:], y)
    assert np.abs(near).max() < 1e-4
    assert np.abs(far).max() > 1
