"""Passages of few afferents: what is pruned, what is regrown, and that nothing else changes."""

from dataclasses import replace

import jax
import jax.numpy as jnp
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
from aurita.learning.alignment import drift
from aurita.learning.batches import as_data
from aurita.learning.listening import listen
from aurita.learning.local_loss import local_loss
from aurita.learning.passage import (
    afferents_left,
    compacted,
    evidence,
    importance,
    pruned,
    rewired,
    spaces,
    unheard_inputs,
    widened,
)
from aurita.wiring import check_wiring

SMALL = AttentionUnit(slots=2, memory=2, hidden=3)
NOISE = np.random.default_rng(0).normal(size=(3, 20, 5)) * [1, 1, 5, 1, 0.1]


@pytest.fixture(scope="module", autouse=True)
def _quick():
    """What compiles is small and runs a few steps: optimising it takes longer than running it."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def reservoir(afferents="all", *, hears="inputs", units=4, inputs=5, seed=1, **given):
    population = Population(unit=SMALL, units=units, passage="learned", afferents=afferents, hears=hears, **given)
    return Reservoir.build([population], inputs=inputs, seed=seed, targets=1)


def test_importance_is_the_norm_of_the_column_times_the_deviation_of_what_is_said():
    given = reservoir()
    found = importance(given, NOISE, lengths=np.array([20, 20, 12]))[0]
    lived = np.concatenate([NOISE[0], NOISE[1], NOISE[2, :12]])
    matrix = np.asarray(given.weights[0].passage["matrix"], float)
    np.testing.assert_allclose(found, np.linalg.norm(matrix, axis=0) * lived.std(0)[:, None], rtol=1e-4)


def test_importance_does_not_depend_on_the_scale_of_a_source():
    given = reservoir()
    scaled = given.weights[0].passage["matrix"].at[:, 2].divide(1000)
    other = replace(given, weights=(replace(given.weights[0], passage={**given.weights[0].passage, "matrix": scaled}),))
    np.testing.assert_allclose(importance(given, NOISE)[0], importance(other, NOISE * [1, 1, 1000, 1, 1])[0], rtol=1e-3)


def test_wired_units_have_no_passage_to_rank():
    wired = Reservoir.build([Population(unit=SMALL, units=4)], inputs=2)
    assert importance(wired, NOISE[..., :2]) == (None,)


def test_evidence_is_the_gradient_of_the_units_own_loss():
    """Against finite differences of the loss, column by column, in the unit of the source's deviation."""
    given, plain = reservoir(), Learning(prune_by="weight")
    data = as_data(given, NOISE, None, None, None, needs_targets=False)
    heard, key = listen(given, data, plain), jax.random.key(0)
    sizes, slopes = evidence(given, heard, plain, key)
    np.testing.assert_allclose(sizes[0], importance(given, NOISE)[0], rtol=1e-4)
    deviation, unit = NOISE.reshape(-1, 5).std(0), 2
    weights = jax.tree.map(lambda leaf: leaf[..., unit], given.weights[0])

    def loss(matrix):
        changed = replace(weights, passage={**weights.passage, "matrix": matrix})
        return local_loss(changed, given.populations[0], given.wiring[0][:, unit], heard, plain, key)

    judge, matrix, step = jax.jit(loss), weights.passage["matrix"], 1e-2
    for column in range(5):
        by_slot = [
            (judge(matrix.at[slot, column].add(step)) - judge(matrix.at[slot, column].add(-step))) / (2 * step)
            for slot in range(2)
        ]
        assert slopes[0][column, unit] == pytest.approx(np.linalg.norm(by_slot) / deviation[column], rel=0.05, abs=1e-3)


def test_evidence_for_keeping_is_the_loss_without_the_afferent():
    """Against a run in which what the afferent says is replaced by its mean."""
    given, plain, unit = reservoir(), Learning(), 1
    data = as_data(given, NOISE, None, None, None, needs_targets=False)
    key, weights = jax.random.key(0), jax.tree.map(lambda leaf: leaf[..., 1], given.weights[0])
    heard = listen(given, data, plain)
    found = evidence(given, heard, plain, key)[0][0][:, unit]

    def loss(inputs):
        other = listen(given, as_data(given, inputs, None, None, None, needs_targets=False), plain)
        return float(local_loss(weights, given.populations[0], given.wiring[0][:, unit], other, plain, key))

    for k, source in enumerate(np.asarray(given.wiring[0])[:, unit]):
        flat = NOISE.copy()
        flat[..., source] = NOISE[..., source].mean()
        assert found[k] == pytest.approx(loss(flat) - loss(NOISE), abs=1e-4)


def test_the_cubic_of_zhu_and_gupta():
    assert [afferents_left(30, 6, part) for part in (0, 0.25, 0.5, 0.75, 1, 2)] == [30, 17, 9, 7, 6, 6]
    assert afferents_left(3, 6, 0.0) == 6, "who hears fewer may hear as many"


def test_widened_and_compacted_are_the_same_reservoir():
    given = reservoir(3, hears="all")
    wide, masks = widened(given, 3)
    assert wide.wiring[0].shape == (5 + 8, 4)
    assert masks[0].sum(0).tolist() == [3, 3, 3, 3]
    back = compacted(wide, masks)
    for one in (wide, back):
        np.testing.assert_allclose(run(one, NOISE)[0], run(given, NOISE)[0], atol=1e-6)
        np.testing.assert_allclose(drift(given, one, NOISE), 0, atol=1e-9)
    assert [set(c) for c in np.asarray(back.wiring[0]).T] == [set(c) for c in np.asarray(given.wiring[0]).T]
    np.testing.assert_array_equal(spaces(wide, masks), given.distances())


def test_pruned_keeps_the_largest_of_each_unit():
    given = reservoir(units=8)
    even = NOISE / NOISE.reshape(-1, 5).std(0)
    left = pruned(given, 3, even)
    ranks = importance(given, even)[0]
    best = [set(np.argsort(-ranks[:, unit])[:3].tolist()) for unit in range(8)]
    assert set.union(*best) == set(range(5)), "this test wants a draw that leaves no input alone"
    assert [set(column) for column in np.asarray(left.wiring[0]).T.tolist()] == best
    assert left.populations[0].afferents == 3
    check_wiring(left.sources, tuple(np.asarray(w) for w in left.wiring), (3,))
    for unit in range(8):
        column = np.asarray(given.weights[0].passage["matrix"])[:, sorted(best[unit]), unit]
        np.testing.assert_array_equal(np.asarray(left.weights[0].passage["matrix"])[:, :, unit], column)


def test_regrown_afferents_are_those_of_the_largest_growth():
    wide, masks = widened(reservoir(3, units=3, inputs=8), 3)
    sizes, growth = np.zeros((8, 3)), np.random.default_rng(0).uniform(1, 2, (8, 3))
    heard = [np.flatnonzero(column) for column in masks[0].T]
    for unit in range(3):
        sizes[heard[unit], unit] = [3.0, 1.0, 2.0]
        growth[heard[unit], unit] = 0.0
    # Every input is heard by one more population, so that none has to be given back.
    many = replace(wide, populations=wide.populations * 2, wiring=wide.wiring * 2, weights=wide.weights * 2)
    masks, sizes, growth = (masks[0], None), (sizes, None), (growth, None)
    found = rewired(many, masks, sizes, growth, 3, part=0.0, regrow=1 / 3)[0]
    for unit in range(3):
        wanted = {heard[unit][0], heard[unit][2], np.argmax(growth[0][:, unit])}
        assert set(np.flatnonzero(found[:, unit])) == wanted
    settled = rewired(many, masks, sizes, growth, 3, part=1.0, regrow=1.0)[0]
    np.testing.assert_array_equal(settled, masks[0], err_msg="nothing is exchanged at the end")


@settings(deadline=None, max_examples=60)
@given(
    units=st.integers(1, 4), inputs=st.integers(2, 7), fan_in=st.integers(1, 4), seed=st.integers(0, 99),
    part=st.floats(0, 1), regrow=st.floats(0, 1),
)  # fmt: skip
def test_every_unit_keeps_as_many_and_every_input_is_heard_where_it_can(units, inputs, fan_in, seed, part, regrow):
    if fan_in >= inputs:
        return
    wide, masks = widened(_shape(units, inputs), fan_in)
    rng = np.random.default_rng(seed)
    sizes, growth = rng.normal(size=(2, inputs, units)) ** 2
    left = rewired(wide, masks, (sizes,), (growth,), fan_in, part=part, regrow=regrow)
    count = afferents_left(inputs, fan_in, part)
    assert left[0].sum(0).tolist() == [count] * units
    unheard = unheard_inputs(compacted(wide, left))
    assert len(unheard) == max(0, inputs - count * units)


def _shape(units, inputs, made={}):  # noqa: B006
    if (units, inputs) not in made:
        made[units, inputs] = reservoir(units=units, inputs=inputs)
    return made[units, inputs]


def test_a_lost_input_goes_to_the_unit_that_it_matters_most_to_for_its_least():
    wide, masks = widened(reservoir(units=2, inputs=4), 2)
    sizes = np.array([[9.0, 8.0], [8.0, 9.0], [7.0, 1.0], [0.1, 0.2]])
    found = rewired(wide, masks, (sizes,), (np.zeros((4, 2)),), 2, part=1.0, regrow=0.0)[0]
    # Input 3 matters most to unit 1, which gives up 0 for it; then input 2 to unit 0, which gives up 1.
    assert found.T.tolist() == [[True, False, True, False], [False, True, False, True]]


@pytest.mark.parametrize("afferents", ["all", 3])
@pytest.mark.parametrize(("prune_by", "regrow_by"), [("loss", "gradient"), ("weight", "random")])
def test_learning_ends_with_few_afferents_and_a_reservoir_like_any_other(afferents, prune_by, regrow_by, tmp_path):
    given = reservoir(afferents, hears="all")
    how = Learning(fan_in=3, steps=20, adjust_every=5, prune_by=prune_by, regrow_by=regrow_by)
    learnt, history = learn(given, NOISE, how, seed=3)
    assert history.losses.shape == (20, 4)
    assert np.isfinite(history.losses).all()
    assert learnt.wiring[0].shape == (3, 4)
    assert learnt.weights[0].passage["matrix"].shape == (2, 3, 4)
    assert unheard_inputs(learnt) == []
    save(learnt, tmp_path / "few.aurita")
    np.testing.assert_array_equal(run(load(tmp_path / "few.aurita"), NOISE)[0], run(learnt, NOISE)[0])
    again, _ = learn(given, NOISE, how, seed=3)
    np.testing.assert_array_equal(again.wiring[0], learnt.wiring[0])


def test_what_is_pruned_stays_silent_while_others_learn():
    """Fixed after one pruning: the rest must learn as a reservoir does that never had more afferents."""
    given = reservoir(3)
    plain, _ = learn(given, NOISE, Learning(steps=6))
    masked, _ = learn(given, NOISE, Learning(steps=6, fan_in=3, regrow=0.0, adjust_every=2))
    order = np.argsort(np.asarray(plain.wiring[0]), axis=0)
    np.testing.assert_array_equal(np.take_along_axis(np.asarray(plain.wiring[0]), order, axis=0), masked.wiring[0])
    matrix = np.take_along_axis(np.asarray(plain.weights[0].passage["matrix"]), order[None], axis=1)
    np.testing.assert_allclose(masked.weights[0].passage["matrix"], matrix, atol=1e-5)
    np.testing.assert_allclose(run(masked, NOISE)[0], run(plain, NOISE)[0], atol=1e-4)


def test_units_find_the_inputs_that_the_target_is_made_of():
    """Six channels of noise, of which the target is the sum of two: three afferents suffice if they are these."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(20, 30, 6))
    y = x[..., 1:2] + x[..., 4:5]
    unit = AttentionUnit(slots=3, heads=0, memory=1, hidden=3)
    units = Population(unit=unit, units=4, passage="learned", afferents=3, hears="inputs")
    given = Reservoir.build([units], inputs=6, targets=1, seed=0)
    assert not all({1, 4} <= set(column) for column in np.asarray(given.wiring[0]).T.tolist())
    how = Learning(objective="target", fan_in=3, steps=200, adjust_every=10, learning_rate=0.03)
    learnt, history = learn(given, x, how, targets=y)
    good = [{1, 4} <= set(column) for column in np.asarray(learnt.wiring[0]).T.tolist()]
    # Others must hear the inputs that nobody wants, as the library has it: every input is heard.
    assert any(good)
    assert history.losses[-1].min() < 0.1 * y.var()
    assert unheard_inputs(learnt) == []


def test_other_populations_keep_their_wiring():
    echo = Population(unit=EchoUnit(slots=5), units=1, passage="mixed", afferents="all", hears="inputs")
    learns = Population(unit=SMALL, units=3, passage="learned", afferents="all", hears="earlier")
    given = Reservoir.build([echo, learns], inputs=2)
    learnt, _ = learn(given, NOISE[..., :2], Learning(fan_in=4, steps=4, adjust_every=2))
    np.testing.assert_array_equal(learnt.wiring[0], given.wiring[0])
    assert learnt.wiring[1].shape == (4, 3)


def test_who_hears_a_partner_may_prune_that_too(tmp_path):
    """The target is the partner's output, or has nothing to do with it: so it is kept, or pruned."""
    counters = Population(unit=PhaseUnit(slots=2), units=3, passage="mixed", hears="each")
    unit = AttentionUnit(slots=3, heads=0, memory=1, hidden=3)
    hearers = Population(unit=unit, units=3, passage="learned", hears="partner")
    given = Reservoir.build([counters, hearers], inputs=3, targets=1, seed=0)
    x = np.random.default_rng(0).normal(size=(20, 15, 3))
    said, _ = run(given, x, features=("output",))
    how = Learning(objective="target", fan_in=2, steps=100, adjust_every=10, learning_rate=0.03, regrow=0.0)
    own = {unit: {3 + unit, 6 + unit} for unit in range(3)}
    learnt, _ = learn(given, x, how, targets=said[..., :1])
    assert learnt.wiring[1].shape == (2, 3)
    assert 3 in np.asarray(learnt.wiring[1])[:, 0], "what the counter of the first unit says"
    assert all(set(np.asarray(learnt.wiring[1])[:, u].tolist()) <= {0, 1, 2} | own[u] for u in range(3))
    save(learnt, tmp_path / "few.aurita")
    np.testing.assert_array_equal(run(load(tmp_path / "few.aurita"), x)[0], run(learnt, x)[0])
    apart, _ = learn(given, x, how, targets=x[..., :1] + x[..., 1:2])
    assert (np.asarray(apart.wiring[1]) < 3).all()


def test_with_patience_only_what_is_pruned_counts():
    given = reservoir()
    learnt, history = learn(given, NOISE, Learning(fan_in=2, steps=12, adjust_every=3, patience=3, held_out=0.3))
    assert len(history.held_out) == 2, "checks at 9 and 12, when the pruning is over"
    assert learnt.wiring[0].shape == (2, 4)


def test_spaced_units_are_spaced_in_what_is_left():
    given = Reservoir.build(
        [Population(unit=SMALL, units=6, passage="learned", afferents=2, input_fraction=0.8)], inputs=3, seed=2
    )
    near = given.distances() < 2
    _, history = learn(given, NOISE[..., :3], Learning(rule="spaced", fan_in=2, steps=2, regrow=0.0, adjust_every=1))
    assert history.selected[0].sum() > 1
    for taken in history.selected:
        assert not (near[np.ix_(taken, taken)] & ~np.eye(taken.sum(), dtype=bool)).any()


def test_refusals():
    with pytest.raises(AuritaError, match="fan_in is 5 and no population that learns hears more sources than that"):
        learn(reservoir(), NOISE, Learning(fan_in=5))
    with pytest.raises(AuritaError, match="fan_in is 0; expected at least 1"):
        widened(reservoir(), 0)
    odd = reservoir(3)
    strange = replace(odd, wiring=(jnp.asarray(odd.wiring[0]).at[0, 1].set(7),))
    with pytest.raises(AuritaError, match="unit 1 hears source 7, which units that hear 'inputs' may not"):
        learn(strange, NOISE, Learning(fan_in=2))
    wide, masks = widened(reservoir(), 2)
    masks[0][0, 0] = False
    with pytest.raises(AuritaError, match="units of population 0 are left 4 to 5 afferents"):
        compacted(wide, masks)
