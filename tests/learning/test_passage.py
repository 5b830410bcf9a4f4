"""Passages of few afferents: what is pruned, and that nothing else changes."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita import (
    AttentionUnit,
    AuritaError,
    EchoUnit,
    Learning,
    PhaseUnit,
    Population,
    Reservoir,
    learn,
    load,
    run,
    save,
)
from aurita.learning import EarlyStopping, Passages
from aurita.learning._learners import objectives_of
from aurita.learning._local_loss import local_loss
from aurita.learning._on_jax import OnJax
from aurita.learning._on_native import OnNative
from aurita.learning._recording import record_batch, with_sources
from aurita.learning._schedule import drawn, schedule
from aurita.learning.batches import as_data
from aurita.learning.passage import (
    afferents_left,
    compacted,
    importance,
    prunable,
    pruned,
    spaces,
    unused_inputs,
)
from aurita.native import kernels
from aurita.reservoir.wiring import check_wiring

SMALL = AttentionUnit(slots=2, memory=2, hidden=3)
NOISE = np.random.default_rng(0).normal(size=(3, 20, 5)) * [1, 1, 5, 1, 0.1]


@pytest.fixture(scope="module", autouse=True)
def _quick():
    """What compiles is small and runs a few steps: optimising it takes longer than running it."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def reservoir(afferents="all", *, receives="inputs", units=4, inputs=5, seed=1, **given):
    population = Population(unit=SMALL, units=units, passage="learned", afferents=afferents, receives=receives, **given)
    return Reservoir.build([population], inputs=inputs, seed=seed, targets=1)


def test_worth_is_the_loss_without_the_afferent():
    """Against a run in which what the afferent says is replaced by its mean."""
    given, plain, unit = reservoir(), Learning(), 1
    data = as_data(given, NOISE, None, None, None, needs_targets=False)
    key, weights = jax.random.key(0), jax.tree.map(lambda leaf: leaf[..., 1], given.weights[0])
    recording = record_batch(given, data, plain)
    found = importance(given, recording, plain, key)[0][:, unit]

    def loss(inputs):
        other = record_batch(given, as_data(given, inputs, None, None, None, needs_targets=False), plain)
        return float(local_loss(weights, given.populations[0], given.wiring[0][:, unit], other, plain, key))

    for k, source in enumerate(np.asarray(given.wiring[0])[:, unit]):
        flat = NOISE.copy()
        flat[..., source] = NOISE[..., source].mean()
        assert found[k] == pytest.approx(loss(flat) - loss(NOISE), abs=1e-4)


def test_the_cubic_of_zhu_and_gupta():
    assert [afferents_left(30, 6, part) for part in (0, 0.25, 0.5, 0.75, 1, 2)] == [30, 17, 9, 7, 6, 6]
    assert afferents_left(3, 6, 0.0) == 6, "who receives fewer may receive as many"


def test_compacted_receives_what_the_masks_leave():
    given, masks = reservoir(receives="all"), prunable(reservoir(receives="all"), 3)
    assert masks[0].shape == (5 + 8, 4)
    assert masks[0].all()
    masks[0][3:] = False
    matrix = given.weights[0].passage["matrix"].copy()
    matrix[:, 3:] = 0.0
    silent = replace(
        given, weights=(replace(given.weights[0], passage={**given.weights[0].passage, "matrix": matrix}),)
    )
    few = compacted(silent, masks)
    assert few.wiring[0].shape == (3, 4)
    assert few.populations[0].afferents == 3
    check_wiring(few.sources, tuple(np.asarray(w) for w in few.wiring), (3,))
    np.testing.assert_allclose(run(few, NOISE)[0], run(silent, NOISE)[0], atol=1e-6)
    np.testing.assert_array_equal(spaces(silent, masks), few.distances())


def test_pruned_keeps_what_each_unit_would_miss_most():
    given, importance = reservoir(units=8), np.random.default_rng(1).normal(size=(5, 8))
    best = [set(np.argsort(-importance[:, unit])[:3].tolist()) for unit in range(8)]
    assert set.union(*best) == set(range(5)), "this test wants a draw that leaves no input alone"
    left = pruned(given, prunable(given, 3), (importance,), 3, part=1.0)
    assert [set(np.flatnonzero(column)) for column in left[0].T] == best
    again = pruned(given, left, (-importance,), 3, part=1.0)
    np.testing.assert_array_equal(again[0], left[0], err_msg="what is gone does not come back")


@settings(deadline=None, max_examples=60)
@given(
    units=st.integers(1, 4), inputs=st.integers(2, 7), fan_in=st.integers(1, 4), seed=st.integers(0, 99),
    part=st.floats(0, 1),
)  # fmt: skip
def test_every_unit_keeps_as_many_and_every_input_is_received_where_it_can(units, inputs, fan_in, seed, part):
    if fan_in >= inputs:
        return
    given = _shape(units, inputs)
    importance = np.random.default_rng(seed).normal(size=(inputs, units))
    left = pruned(given, prunable(given, fan_in), (importance,), fan_in, part=part)
    count = afferents_left(inputs, fan_in, part)
    assert left[0].sum(0).tolist() == [count] * units
    unused = unused_inputs(compacted(given, left))
    assert len(unused) == max(0, inputs - count * units)


def _shape(units, inputs, made={}):  # noqa: B006
    if (units, inputs) not in made:
        made[units, inputs] = reservoir(units=units, inputs=inputs)
    return made[units, inputs]


def test_a_lost_input_goes_to_the_unit_that_it_matters_most_to_for_its_least():
    given = reservoir(units=2, inputs=4)
    importance = np.array([[9.0, 8.0], [8.0, 9.0], [7.0, 1.0], [0.1, 0.2]])
    found = pruned(given, prunable(given, 2), (importance,), 2, part=1.0)[0]
    # Input 3 matters most to unit 1, which gives up 0 for it; then input 2 to unit 0, which gives up 1.
    assert found.T.tolist() == [[True, False, True, False], [False, True, False, True]]


@pytest.mark.parametrize("afferents", ["all", 6])
def test_learning_ends_with_few_afferents_and_a_reservoir_like_any_other(afferents, tmp_path):
    given = reservoir(afferents, receives="all")
    how = Learning(steps=20, passages=Passages(fan_in=3, every=5))
    learnt, history = learn(given, NOISE, how, seed=3)
    assert history.losses.shape == (20, 4)
    assert np.isfinite(history.losses).all()
    assert learnt.wiring[0].shape == (3, 4)
    assert learnt.weights[0].passage["matrix"].shape == (2, 3, 4)
    assert unused_inputs(learnt) == []
    save(learnt, tmp_path / "few.aurita")
    np.testing.assert_array_equal(run(load(tmp_path / "few.aurita"), NOISE)[0], run(learnt, NOISE)[0])
    again, _ = learn(given, NOISE, how, seed=3)
    np.testing.assert_array_equal(again.wiring[0], learnt.wiring[0])


def test_what_is_pruned_stays_silent_while_others_learn():
    given, how = reservoir(), Learning(steps=8, weight_decay=0.1, passages=Passages(fan_in=2, every=3))
    data = with_sources(given, as_data(given, NOISE, None, None, None, needs_targets=False), how)
    batches, may, near = schedule(data, how, objectives_of(given, how), 0), np.ones(4, bool), np.zeros((0, 0), bool)
    drawn_matrix = np.asarray(given.weights[0].passage["matrix"])
    for engine in (OnJax, OnNative) if kernels() else (OnJax,):
        steps, masks = engine(given, data, None, how, batches, seed=0), prunable(given, 2)
        steps.run(range(3), may, near, masks)
        masks = pruned(given, masks, steps.importance(drawn(data, how, steps.keys[2]), masks), 2, part=1.0)
        steps.silence(masks)
        for first in (3, 6):
            steps.run(range(first, first + 2), may, near, masks)
        matrix, received = np.asarray(steps.reservoir.weights[0].passage["matrix"]), masks[0]
        assert received.sum(0).tolist() == [2] * 4
        assert (matrix[:, ~received] == 0).all()
        assert (matrix[:, received] != drawn_matrix[:, received]).all()


def test_units_find_the_inputs_that_the_target_is_made_of():
    """Six channels of noise, of which the target is the sum of two: three afferents suffice if they are these."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(20, 30, 6))
    y = x[..., 1:2] + x[..., 4:5]
    unit = AttentionUnit(slots=3, heads=0, memory=1, hidden=3)
    units = Population(unit=unit, units=4, passage="learned", afferents="all", receives="inputs")
    given = Reservoir.build([units], inputs=6, targets=1, seed=0)
    how = Learning(objective="target", steps=200, learning_rate=0.03, passages=Passages(fan_in=3, every=10))
    learnt, history = learn(given, x, how, targets=y)
    good = [{1, 4} <= set(column) for column in np.asarray(learnt.wiring[0]).T.tolist()]
    # Others must receive the inputs that nobody wants, as the library has it: every input is received.
    assert any(good)
    assert history.losses[-1].min() < 0.1 * y.var()
    assert unused_inputs(learnt) == []


def test_other_populations_keep_their_wiring():
    echo = Population(unit=EchoUnit(slots=5), units=1, passage="mixed", afferents="all", receives="inputs")
    learns = Population(unit=SMALL, units=3, passage="learned", afferents="all", receives="earlier")
    given = Reservoir.build([echo, learns], inputs=2)
    learnt, _ = learn(given, NOISE[..., :2], Learning(steps=4, passages=Passages(fan_in=4, every=2)))
    np.testing.assert_array_equal(learnt.wiring[0], given.wiring[0])
    assert learnt.wiring[1].shape == (4, 3)


def test_who_receives_a_partner_may_prune_that_too(tmp_path):
    """The target is the partner's output, or has nothing to do with it: so it is kept, or pruned."""
    counters = Population(unit=PhaseUnit(slots=2), units=3, passage="mixed", receives="each")
    unit = AttentionUnit(slots=3, heads=0, memory=1, hidden=3)
    receivers = Population(unit=unit, units=3, passage="learned", receives="partner")
    given = Reservoir.build([counters, receivers], inputs=3, targets=1, seed=0)
    x = np.random.default_rng(0).normal(size=(20, 15, 3))
    predicted, _ = run(given, x, features=("output",))
    how = Learning(objective="target", steps=100, learning_rate=0.03, passages=Passages(fan_in=2, every=10))
    own = {unit: {3 + unit, 6 + unit} for unit in range(3)}
    learnt, _ = learn(given, x, how, targets=predicted[..., :1])
    assert learnt.wiring[1].shape == (2, 3)
    assert 3 in np.asarray(learnt.wiring[1])[:, 0], "what the counter of the first unit says"
    assert all(set(np.asarray(learnt.wiring[1])[:, u].tolist()) <= {0, 1, 2} | own[u] for u in range(3))
    save(learnt, tmp_path / "few.aurita")
    np.testing.assert_array_equal(run(load(tmp_path / "few.aurita"), x)[0], run(learnt, x)[0])
    apart, _ = learn(given, x, how, targets=x[..., :1] + x[..., 1:2])
    assert (np.asarray(apart.wiring[1]) < 3).all()


def test_with_patience_only_what_is_pruned_counts():
    given = reservoir()
    learnt, history = learn(
        given,
        NOISE,
        Learning(steps=12, passages=Passages(fan_in=2, every=3), stopping=EarlyStopping(patience=3, held_out=0.3)),
    )
    assert len(history.held_out) == 2, "checks at 9 and 12, when the pruning is over"
    assert learnt.wiring[0].shape == (2, 4)


def test_spaced_units_are_spaced_in_what_is_left():
    given = Reservoir.build(
        [Population(unit=SMALL, units=6, passage="learned", afferents=4, input_fraction=0.8)], inputs=3, seed=2
    )
    learnt, history = learn(
        given, NOISE[..., :3], Learning(rule="spaced", steps=2, passages=Passages(fan_in=2, every=1))
    )

    def close(reservoir, taken):
        near = reservoir.distances()[np.ix_(taken, taken)] < 2
        return bool((near & ~np.eye(taken.sum(), dtype=bool)).any())

    first, second = history.selected
    assert min(first.sum(), second.sum()) > 1
    assert not close(given, first)
    assert not close(learnt, second)
    assert close(given, second), "before anything was pruned these received each other"


def test_refusals():
    with pytest.raises(AuritaError, match="fan_in is 5 and no population that learns receives more sources than that"):
        learn(reservoir(), NOISE, Learning(passages=Passages(fan_in=5)))
    with pytest.raises(AuritaError, match="fan_in is 0; expected at least 1"):
        prunable(reservoir(), 0)
    masks = prunable(reservoir(), 2)
    masks[0][0, 0] = False
    with pytest.raises(AuritaError, match="units of population 0 are left 4 to 5 afferents"):
        compacted(reservoir(), masks)
