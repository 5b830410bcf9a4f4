"""Seasons: found in spite of what is no part of them."""

import numpy as np
import pytest

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
