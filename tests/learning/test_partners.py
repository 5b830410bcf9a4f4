"""Partners: what the probe opens, what is never dropped, and what the log tells."""

import numpy as np
import pytest

from aurita import AuritaError
from aurita.learning.partners import Ears, Partners, first_ears

UNITS, SLOTS = 4, 2


def _run(by: str, ears: int = 3, sources: int = 20, steps: int = 40, wanted: int = 7):
    """Only one source has a gradient that does not average out."""
    rng = np.random.default_rng(0)
    found = Ears(Partners(ears=ears, every=4, by=by), UNITS, sources, rng)
    matrix = found.mask(rng.normal(size=(UNITS, SLOTS, sources)))
    for step in range(steps):
        gradient = 0.1 * rng.normal(size=matrix.shape)
        gradient[:, :, wanted] += 1.0
        matrix -= 0.5 * gradient * found.open[:, None]
        before = found.open.copy()
        for unit, dropped, opened in found.step(matrix, gradient, np.ones(sources), step):
            assert before[unit, dropped]
            assert not before[unit, opened]
            assert not matrix[unit, :, dropped].any()
            if opened == wanted:
                assert (matrix[unit, :, opened] @ gradient[unit, :, opened]) < 0
        np.testing.assert_array_equal((matrix != 0).any(1) & ~found.open, False)
    return found


def test_the_probe_opens_what_would_help_all():
    found = _run("probe")
    assert found.open[:, 7].all()
    assert (found.open.sum(1) == 3).all()


@pytest.mark.parametrize("by", ["probe", "popularity", "random"])
def test_no_source_loses_its_last_listener(by):
    found = _run(by, sources=10)
    assert (found.open.sum(0) > 0).all()
    assert (found.open.sum(1) == 3).all()


def test_the_log_gives_the_wiring_again():
    found = _run("random")
    wiring = np.zeros_like(found.open)
    for _, unit, dropped, opened in found.log:
        if dropped >= 0:
            assert wiring[unit, dropped]
            wiring[unit, dropped] = False
        wiring[unit, opened] = True
    np.testing.assert_array_equal(wiring, found.open)
    assert len(found.log) > UNITS * 3


def test_first_ears_cover_all_sources_where_they_can():
    for seed in range(5):
        found = first_ears(6, 11, 2, np.random.default_rng(seed))
        assert (found.sum(1) == 2).all()
        assert (found.sum(0) > 0).all()


def test_settings_are_checked():
    with pytest.raises(AuritaError, match="ears is 0"):
        Partners(ears=0)
    with pytest.raises(AuritaError, match="'probe'"):
        Partners(by="rumour")
