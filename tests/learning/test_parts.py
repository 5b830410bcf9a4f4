"""Units that learn from parts of the data, against learning from those parts alone."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita import AttentionUnit, AuritaError, Learning, Population, Reservoir, learn
from aurita.learning._learners import objectives_of
from aurita.learning._local_loss import local_loss
from aurita.learning._on_jax import OnJax
from aurita.learning._parts import drawn_parts, with_parts
from aurita.learning._recording import record_batch, with_sources
from aurita.learning._schedule import schedule
from aurita.learning.batches import as_data, draw
from aurita.learning.local import History

UNIT = AttentionUnit(slots=2, memory=3, hidden=2)
PASSAGE = {"passage": "learned", "afferents": "all", "receives": "inputs"}


def sequences(count=12, steps=9, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, steps, 2)), rng.normal(size=(count, steps, 1))


@pytest.fixture(scope="module")
def forward():
    return Reservoir.build([Population(unit=UNIT, units=3, **PASSAGE)], inputs=2, targets=1, seed=1)


def learn_from(reservoir, data, how, seed):
    data = with_sources(reservoir, data, how)
    batches = schedule(data, how, objectives_of(reservoir, how), seed)
    steps, everyone = OnJax(reservoir, data, None, how, batches, seed), np.ones(reservoir.units, bool)
    found = []
    for first in range(0, how.steps, steps.size):
        some = range(first, min(first + steps.size, how.steps))
        found.append(steps.run(some, everyone, np.zeros((0, 0), bool), None))
    return steps.reservoir, History(*(np.concatenate(part) for part in zip(*found, strict=True)), np.zeros(0))


@settings(deadline=None, max_examples=50)
@given(pieces=st.integers(2, 30), share=st.floats(0.01, 0.99), units=st.integers(1, 5), seed=st.integers(0, 9))
def test_parts_are_of_one_size_and_leave_something_in_and_out(pieces, share, units, seed):
    parts = drawn_parts(pieces, share, units, seed)
    assert parts.shape == (pieces, units)
    sizes = parts.sum(0)
    assert (sizes == sizes[0]).all()
    assert 1 <= sizes[0] <= pieces - 1
    assert abs(sizes[0] - share * pieces) <= 1
    np.testing.assert_array_equal(parts, drawn_parts(pieces, share, units, seed))


def test_units_have_parts_of_their_own():
    parts = drawn_parts(200, 0.5, 4, seed=0)
    same = np.array([[(parts[:, a] == parts[:, b]).mean() for b in range(4)] for a in range(4)])
    assert (same[~np.eye(4, dtype=bool)] < 0.7).all()


@pytest.mark.parametrize("objective", ["self", "mixed"])
def test_the_gradient_of_a_part_is_that_of_its_sequences_alone(forward, objective):
    inputs, targets = sequences()
    lengths = np.array([9, 4, 9, 7, 9, 9, 5, 9, 9, 8, 9, 9])
    how = Learning(objective=objective)
    data = with_parts(as_data(forward, inputs, lengths, targets, None, needs_targets=True), 0.4, 3, 7)
    rows = np.asarray(data.parts)[:, 0]
    assert rows.sum(0).tolist() == [5, 5, 5]
    population, wiring = forward.populations[0], forward.wiring[0]

    @eqx.filter_jit
    def gradient(weights, afferents, recording, part):
        return jax.grad(local_loss)(weights, population, afferents, recording, how, jax.random.key(0), part)

    every = eqx.filter_jit(record_batch)(forward, data, how)
    for unit in range(2):
        weights = jax.tree.map(lambda leaf, unit=unit: leaf[..., unit], forward.weights[0])
        some = record_batch(forward, data.rows(rows[:, unit]).replace(parts=None), how)
        found = gradient(weights, wiring[:, unit], every, every.parts[unit])
        expected = gradient(weights, wiring[:, unit], some, None)
        for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_each_unit_learns_as_if_there_were_nothing_but_its_part(forward):
    inputs, targets = sequences()
    how = {"objective": "target", "steps": 3, "learning_rate": 0.1}
    data = with_parts(as_data(forward, inputs, None, targets, None, needs_targets=True), 0.5, 3, 5)
    learnt, history = learn_from(forward, data, Learning(**how), seed=5)
    rows = np.asarray(data.parts)[:, 0]
    assert history.selected.all()
    for unit in range(3):
        mine = rows[:, unit]
        alone, its = learn(forward, inputs[mine], Learning(**how), targets=targets[mine], seed=5)
        np.testing.assert_allclose(history.losses[:, unit], its.losses[:, unit], rtol=1e-4)
        for a, b in zip(jax.tree.leaves(learnt.weights), jax.tree.leaves(alone.weights), strict=True):
            np.testing.assert_allclose(a[..., unit], b[..., unit], atol=2e-5)


@pytest.mark.parametrize("rule", ["all", "largest"])
def test_a_batch_without_anything_of_a_unit_leaves_it_alone(forward, rule):
    inputs, _ = sequences()
    how = Learning(steps=1, batch=1, rule=rule, weight_decay=0.1, l2=0.1)
    data = as_data(forward, inputs, None, None, None, needs_targets=False)
    kept = 0
    for seed in range(4):
        learnt, history = learn_from(forward, with_parts(data, 0.3, 3, seed), how, seed=seed)
        assert not (history.selected & np.isnan(history.losses)).any()
        if rule == "all":
            np.testing.assert_array_equal(history.selected, ~np.isnan(history.losses))
        for unit in range(3):
            pairs = zip(jax.tree.leaves(forward.weights), jax.tree.leaves(learnt.weights), strict=True)
            same = all((np.asarray(a)[..., unit] == np.asarray(b)[..., unit]).all() for a, b in pairs)
            assert same == (not history.selected[0, unit])
            kept += same
    assert 0 < kept < 12


def test_few_long_sequences_are_shared_by_time(forward):
    steps = 400
    inputs = np.repeat(np.arange(steps)[None, :, None] * 1.0, 2, axis=2)
    data = with_parts(as_data(forward, inputs, None, None, None, needs_targets=False), 0.5, 3, 0)
    parts = np.asarray(data.parts)
    assert parts.shape == (1, steps, 3)
    np.testing.assert_allclose(parts.mean((0, 1)), 0.5)
    changes = (parts[:, 1:] != parts[:, :-1]).sum((0, 1))
    assert (changes < 20).all(), "a part is made of blocks"
    how = Learning(segment=50, batch=4)
    batch = draw(data, how, jax.random.key(3))
    when = np.asarray(batch.inputs)[..., 0].astype(int)
    np.testing.assert_array_equal(np.asarray(batch.parts), parts[0][when])
    recording = record_batch(forward, batch, how)
    np.testing.assert_array_equal(np.asarray(recording.parts).reshape(3, 50, 4), parts[0][when].transpose(2, 1, 0))


def test_of_one_step_nothing_can_be_held_back(forward):
    data = as_data(forward, np.zeros((1, 1, 2)), None, None, None, needs_targets=False)
    with pytest.raises(AuritaError, match="cannot hold back a part"):
        with_parts(data, 0.5, 3, 0)
    assert with_parts(data, 1.0, 3, 0) is data
    assert jnp.asarray(drawn_parts(2, 0.99, 1, 0)).sum() == 1
