"""Partners: what the probe opens, what is never dropped, and what the log tells."""

import numpy as np
import pytest

from aurita import AttentionUnit, AuritaError, Learning, Population, Reservoir, learn
from aurita.learning import Passages
from aurita.learning.partners import OpenSources, Partners, first_partners
from aurita.native import kernels, set_engine

UNITS, SLOTS = 4, 2


def _run(by: str, afferents: int = 3, sources: int = 20, steps: int = 40, wanted: int = 7):
    """Only one source has a gradient that does not average out."""
    rng = np.random.default_rng(0)
    found = OpenSources(Partners(afferents=afferents, every=4, by=by), UNITS, sources, rng)
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
        found = first_partners(6, 11, 2, np.random.default_rng(seed))
        assert (found.sum(1) == 2).all()
        assert (found.sum(0) > 0).all()


def test_settings_are_checked():
    with pytest.raises(AuritaError, match="afferents is 0"):
        Partners(afferents=0)
    with pytest.raises(AuritaError, match="'probe'"):
        Partners(by="rumour")


@pytest.mark.skipif(kernels() is None, reason="the native library was not built")
@pytest.mark.parametrize(("objective", "rule"), [("target", "all"), ("mixed", "largest")])
def test_units_that_learn_a_target_choose_partners_too(objective, rule):
    """Among twenty channels two have something to do with the target, and each unit has two chosen."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(40, 12, 20)).astype(np.float32)
    targets = inputs[:, :, 3:4] - inputs[:, :, 11:12]
    unit = AttentionUnit(slots=3, memory=2)
    population = Population(unit=unit, units=4, passage="learned", afferents="all", receives="inputs")
    reservoir = Reservoir.build([population], inputs=20, targets=1)
    settings = Learning(
        objective=objective, rule=rule, steps=200, passages=Passages(partners=Partners(afferents=2, every=5)), alpha=0.1
    )
    learnt, history = learn(reservoir, inputs, settings, targets=targets)
    passages = np.asarray(learnt.weights[0].passage["matrix"])
    open_now = (passages != 0).any(0).T
    assert (open_now.sum(1) == 2).all()
    wiring = np.zeros((4, 20), bool)
    for _, who, dropped, opened in history.partners:
        wiring[who, dropped] &= dropped < 0
        wiring[who, opened] = True
    np.testing.assert_array_equal(wiring, open_now)
    if rule == "all":
        assert open_now[:, [3, 11]].sum() >= 7
    assert Learning(**settings.config()) == settings


def test_partners_need_the_native_engine():
    unit = AttentionUnit(slots=3, memory=2)
    population = Population(unit=unit, units=4, passage="learned", afferents="all", receives="inputs")
    reservoir = Reservoir.build([population], inputs=3)
    settings = Learning(steps=2, passages=Passages(partners=Partners(afferents=2)))
    with set_engine("jax"), pytest.raises(AuritaError, match="native engine only"):
        learn(reservoir, np.zeros((2, 5, 3)), settings)


def test_a_partner_that_has_nothing_to_say_does_not_cost_the_others():
    """The weights of a source that is always zero stay zero, so that it looks like one that is closed."""
    rng, how = np.random.default_rng(0), Partners(afferents=3, every=1, by="random")
    afferents = np.tile(np.arange(7), (UNITS, 1))
    chosen, matrix = OpenSources.of(how, "learned", afferents, rng.normal(size=(UNITS, 2, 7)), rng)
    slopes = rng.normal(size=matrix.shape)
    slopes[:, :, 5:] = 0
    for number in range(20):
        chosen.step(matrix, slopes, np.ones(7), number)
    used = (matrix != 0).any(1)
    assert 0 < used.sum() < how.afferents * UNITS
    again, same = OpenSources.of(how, "learned", afferents, matrix.copy(), np.random.default_rng(1))
    np.testing.assert_array_equal(same, matrix)
    assert again.open[used].all()
    assert (again.open.sum(1) == how.afferents).all()
