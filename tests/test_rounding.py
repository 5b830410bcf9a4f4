"""What varies is told apart from rounding at any distance from zero and in any unit."""

import numpy as np
import pytest

from aurita.rounding import deviations


@pytest.mark.parametrize("unit", [1e-250, 1e-20, 1.0, 1e20, 1e250])
@pytest.mark.parametrize(("middle", "by"), [(1e9, 1e-4), (0.0, 1.0), (1.0, 1e-14), (-3e8, 1e-6)])
def test_what_varies_by_more_than_its_rounding_varies(unit, middle, by):
    values = (middle + by * np.array([[1.0], [-1.0], [1.0], [-1.0]])) * unit
    step = np.spacing(abs(middle)) * unit
    assert deviations(values)[0] == pytest.approx(by * unit, abs=2 * step)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9 + 0.1, 7e-200, -3e200])
def test_constants_do_not_vary(value):
    assert deviations(np.full((7, 2), value)).tolist() == [0.0, 0.0]


def test_rounding_is_that_of_the_number_format():
    sums = np.array([[0.1 + 0.2], [0.3]])
    assert deviations(sums).tolist() == [0.0]
    near = 1 + np.array([[0.0], [1e-6]])
    assert deviations(near)[0] == pytest.approx(5e-7)
    assert deviations((1 + np.array([[0.0], [2e-7]])).astype(np.float32)).tolist() == [0.0]
    assert deviations(np.arange(4)[:, None])[0] == pytest.approx(np.std(np.arange(4)))
