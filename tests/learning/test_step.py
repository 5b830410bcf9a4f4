"""One local step against an optimiser by hand, on gradients of each unit's own loss."""

from dataclasses import replace
from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aurita import AnarchistUnit, AttentionUnit, EchoUnit, Learning, Population, Reservoir
from aurita.learning import EarlyStopping, Largest, Optimiser
from aurita.learning._local_loss import UnitLoss, evaluate, local_loss
from aurita.learning._recording import record_batch
from aurita.learning._step import Carried, cosine, local_step, losses_of, masked, units_first, what_learns
from aurita.learning._weighing import Weighing
from aurita.learning.batches import as_data
from aurita.learning.rules import Course

UNIT = AttentionUnit(slots=2, memory=2, hidden=2)
RATE, KEYS = 0.01, (jax.random.key(7), jax.random.key(8))
EVERYONE = jnp.ones(7, bool)
# Settings are compiled in, so that tests share them.
MIXED = Learning(objective="mixed", alpha=0.5, optimiser=Optimiser(clip=0.3), weight_decay=0.2)
ADAPTIVE = Learning(objective="mixed", alpha="adaptive")
SELF = Learning(objective="self")
LARGEST = replace(SELF, rule="largest")


@pytest.fixture(scope="module")
def world():
    """Two units with a learned passage, two with a drawn one that leaks, two anarchists, one group of echo neurons."""
    populations = [
        Population(unit=UNIT, units=2, passage="learned", afferents=3),
        Population(unit=UNIT, units=2, passage="mixed", afferents=3, time_constant=3.0),
        Population(unit=AnarchistUnit(slots=2), units=2),
        Population(unit=EchoUnit(slots=3), units=1),
    ]
    reservoir = Reservoir.build(populations, inputs=2, seed=0, targets=1)
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(6, 9, 2)), rng.normal(size=(6, 9, 1))
    data = as_data(reservoir, inputs, None, targets, None, needs_targets=True)
    return SimpleNamespace(
        reservoir=reservoir, data=data, recording=record_batch(reservoir, data, Learning(objective="mixed"))
    )


step, judged = eqx.filter_jit(local_step), eqx.filter_jit(losses_of)


def taken(world, settings, *, may=EVERYONE, carried=None, recording=None, masks=None, number=0, reservoir=None):
    reservoir, recording = reservoir or world.reservoir, recording or world.recording
    carried = carried or Carried.start(reservoir, settings)
    near = jnp.eye(7, dtype=bool)
    (weights, after), results = step(
        reservoir, carried, recording, settings, KEYS, jnp.asarray(number), RATE, may, near, masks
    )
    return SimpleNamespace(weights=weights, carried=after, losses=np.asarray(results[0]), chosen=np.asarray(results[1]))


def of_unit(tree, unit):
    return jax.tree.map(lambda leaf: leaf[..., unit], tree)


@eqx.filter_jit
def slope(weights, population, afferents, recording, settings, key, part, alpha):
    return jax.value_and_grad(local_loss)(weights, population, afferents, recording, settings, key, part, alpha)


evaluated = eqx.filter_jit(evaluate)


def gradient(world, settings, population, unit, *, part=None, alpha=None, recording=None):
    reservoir = world.reservoir
    given = of_unit(reservoir.weights[population], unit), reservoir.populations[population]
    afferents = reservoir.wiring[population][:, unit]
    return slope(*given, afferents, recording or world.recording, settings, KEYS[1], part, alpha)


def learning_leaves(tree, *, passage):
    """What a unit fits, by name."""
    found = {name: np.asarray(leaf, float) for name, leaf in tree.unit.items()}
    return found | ({f"passage {n}": np.asarray(leaf, float) for n, leaf in tree.passage.items()} if passage else {})


def adam(slopes, settings, states, weights, number):
    """New weights and moments: Kingma and Ba 2015, with the norm clipped, the age biases faster, decoupled decay."""
    norm = np.sqrt(sum((leaf**2).sum() for leaf in slopes.values()))
    scale = min(1.0, settings.optimises.clip / norm)
    new, moments = {}, {}
    for name, leaf in slopes.items():
        leaf = leaf * scale
        first, second = states.get(name, (0.0, 0.0))
        first, second = 0.9 * first + 0.1 * leaf, 0.999 * second + 0.001 * leaf**2
        update = (first / (1 - 0.9 ** (number + 1))) / (np.sqrt(second / (1 - 0.999 ** (number + 1))) + 1e-8)
        faster = 10.0 if "age_bias" in name else 1.0
        new[name] = weights[name] - RATE * (faster * update + settings.weight_decay * weights[name])
        moments[name] = (first, second)
    return new, moments


@pytest.mark.parametrize("passage", [True, False])
def test_two_steps_of_each_unit_are_adam_on_its_own_loss(world, passage):
    population = 0 if passage else 1
    first = taken(world, MIXED)
    now = eqx.tree_at(lambda r: r.weights, world.reservoir, first.weights)
    second = taken(world, MIXED, carried=first.carried, number=1, reservoir=now)
    for unit in (0, 1):
        value, slopes = gradient(world, MIXED, population, unit)
        np.testing.assert_allclose(first.losses[2 * population + unit], value, rtol=1e-5)
        states = {}
        for number, (before, after) in enumerate(((world.reservoir, first), (now, second))):
            at = SimpleNamespace(reservoir=before, recording=world.recording)
            _, slopes = gradient(at, MIXED, population, unit)
            slopes = learning_leaves(slopes, passage=passage)
            weights = learning_leaves(of_unit(before.weights[population], unit), passage=passage)
            expected, states = adam(slopes, MIXED, states, weights, number)
            found = learning_leaves(of_unit(after.weights[population], unit), passage=passage)
            for name, value in expected.items():
                np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=2e-5, err_msg=name)
    assert any("age_bias" in name for name in found)
    for name in () if passage else ("matrix", "bias"):
        np.testing.assert_array_equal(first.weights[1].passage[name], world.reservoir.weights[1].passage[name])
    np.testing.assert_array_equal(first.weights[1].rates, world.reservoir.weights[1].rates)


def test_units_that_may_not_stay_as_they_are(world):
    may = jnp.array([True, False, False, True, True, False, False])
    found = taken(world, MIXED, may=may)
    assert found.chosen.tolist() == may.tolist()
    moved = [units_that_moved(world, found, population) for population in range(4)]
    assert moved == [[True, False], [False, True], [True, False], [False]]
    moments = [[bool(np.abs(leaf[unit]).max() > 0) for unit in (0, 1)] for leaf in moments_of(found, 0)]
    assert all(row == [True, False] for row in moments)
    assert np.isfinite(found.losses[[0, 3, 4, 5]]).all()
    assert np.isnan(found.losses[[1, 2]]).all(), "nobody asks for the losses of those that do not learn"


def units_that_moved(world, found, population):
    old, new = (jax.tree.leaves(r[population]) for r in (world.reservoir.weights, found.weights))
    units = world.reservoir.populations[population].units
    return [any((a[..., u] != b[..., u]).any() for a, b in zip(old, new, strict=True)) for u in range(units)]


def moments_of(found, population):
    """First moments of the learned passages and of everything else."""
    leaves = [leaf for leaf in jax.tree.leaves(found.carried.optimiser[population]) if leaf.ndim > 1]
    assert leaves
    return [np.asarray(leaf) for leaf in leaves if np.abs(np.asarray(leaf)).max() > 0]


@pytest.mark.parametrize("rule", ["largest", "random", "round_robin"])
def test_losses_are_judged_of_everyone_where_a_rule_leaves_some_out(world, rule):
    found = taken(world, replace(SELF, rule=rule), number=3)
    assert found.chosen.sum() == 1
    expected = judged(world.reservoir, world.recording, SELF, KEYS[1])
    np.testing.assert_allclose(found.losses, expected, rtol=1e-5)
    moved = np.concatenate([units_that_moved(world, found, population) for population in range(4)])
    assert (moved <= found.chosen).all()
    if rule == "largest":
        assert found.chosen.argmax() == np.asarray(expected).argmax()
    if rule == "round_robin":
        assert found.chosen.argmax() == 3
    if found.chosen[:6].any():
        assert moved.sum() == 1


def test_early_stopping_wants_the_losses_of_those_that_stopped(world):
    may = jnp.array([True, False, True, True, True, True, True])
    found = taken(world, replace(SELF, stopping=EarlyStopping()), may=may)
    expected = judged(world.reservoir, world.recording, SELF, KEYS[1])
    np.testing.assert_allclose(found.losses, expected, rtol=1e-5)


def test_nothing_is_learnt_from_what_is_no_number(world):
    broken = world.recording._replace(target=world.recording.target.at[0, 0].set(jnp.nan))
    found = taken(world, MIXED, recording=broken)
    assert np.isnan(found.losses[:4]).all()
    for population in (0, 1):
        assert not any(units_that_moved(world, found, population))
    fresh = Carried.start(world.reservoir, MIXED)
    for old, new in zip(
        jax.tree.leaves(fresh.optimiser[:2]), jax.tree.leaves(found.carried.optimiser[:2]), strict=True
    ):
        np.testing.assert_array_equal(old, new)


def test_anarchists_are_refitted_where_they_are_chosen(world):
    found = taken(world, MIXED)
    unit, before, after = AnarchistUnit(slots=2), world.reservoir.weights[2], found.weights[2]
    for number in (0, 1):
        recording = world.recording.sources[world.reservoir.wiring[2][:, number]]
        own = of_unit(before.unit, number)
        expected = unit.refit(own, recording, world.recording.batch, world.recording.counted)
        for name, value in expected.items():
            np.testing.assert_allclose(after.unit[name][..., number], value, rtol=1e-3, atol=1e-5)
        loss = unit.disagreement(own, recording, world.recording.batch, world.recording.counted).mean()
        np.testing.assert_allclose(found.losses[4 + number], loss, rtol=1e-4)


def with_parts(world, rows):
    """What each unit learns from, sequence by sequence."""
    steps = world.data.inputs.shape[1]
    parts = jnp.asarray(np.broadcast_to(np.array(rows, bool)[:, None], (7, steps, 6)).reshape(7, -1))
    return world.recording._replace(parts=parts), parts


ROWS = [[1] * 3 + [0] * 3, [1] * 6, [0] * 6, [0] * 3 + [1] * 3, [1, 0] * 3, [0] * 6, [1] * 6]


def test_units_learn_from_their_part_and_rest_where_a_batch_holds_none_of_it(world):
    recording, parts = with_parts(world, ROWS)
    found = taken(world, MIXED, recording=recording)
    assert found.chosen.tolist() == [True, True, False, True, True, False, True]
    assert np.isnan(found.losses[[2, 5]]).all()
    for population, unit in ((0, 0), (0, 1), (1, 1)):
        number = 2 * population + unit
        value, _ = gradient(world, MIXED, population, unit, part=parts[number])
        np.testing.assert_allclose(found.losses[number], value, rtol=1e-5)
    assert not any(units_that_moved(world, found, 1)[:1])
    assert units_that_moved(world, found, 2) == [True, False]
    named = taken(world, replace(MIXED, rule="largest"), recording=recording)
    assert np.isnan(named.losses[[2, 5]]).all()
    within = np.where(np.isnan(named.losses), -np.inf, named.losses)
    assert named.chosen.argmax() == within.argmax()
    shared = unit_loss_of_anarchist(world, parts[4], 0)
    np.testing.assert_allclose(named.losses[4], shared, rtol=1e-4)


def unit_loss_of_anarchist(world, part, number):
    recording = world.recording.sources[world.reservoir.wiring[2][:, number]]
    own = of_unit(world.reservoir.weights[2].unit, number)
    return (
        AnarchistUnit(slots=2)
        .disagreement(own, recording, world.recording.batch, world.recording.counted * part)
        .mean()
    )


@pytest.mark.parametrize("rule", ["all", "largest"])
def test_adaptive_weights_are_used_and_go_on_where_both_parts_are_there(world, rule):
    settings = replace(ADAPTIVE, rule=rule)
    recording, parts = with_parts(world, ROWS)
    start = Carried.start(world.reservoir, settings)
    known = UnitLoss(own=jnp.full(7, 2.0), target=jnp.full(7, 1.0))
    start = start._replace(weighing=Weighing(inside=known, outside=known))
    found = taken(world, settings, recording=recording, carried=start)
    for population, unit in ((0, 0), (0, 1), (1, 1)):
        number = 2 * population + unit
        value, _ = gradient(world, ADAPTIVE, population, unit, part=parts[number], alpha=jnp.asarray(0.5))
        np.testing.assert_allclose(found.losses[number], value, rtol=1e-5)
    outside = np.asarray(found.carried.weighing.outside.target)
    assert outside[1] == 1.0, "all of the batch is its own"
    assert outside[2] == 1.0, "nothing of the batch is its own"
    for population, unit in ((0, 0), (1, 1)):
        number = 2 * population + unit
        weights = of_unit(world.reservoir.weights[population], unit)
        wiring = world.reservoir.wiring[population][:, unit]
        _, left = evaluated(
            weights, world.reservoir.populations[population], wiring, world.recording, ADAPTIVE, KEYS[1], parts[number]
        )
        np.testing.assert_allclose(outside[number], 1.0 + 0.1 * (float(left.target) - 1.0), rtol=1e-5)
    fixed = taken(world, MIXED, recording=recording)
    assert np.isnan(np.asarray(fixed.carried.weighing.outside.own)).all(), "weighed where it is asked for only"


@pytest.mark.parametrize("by", ["loss", "progress"])
def test_what_rules_rank_by_goes_on_after_the_steps_of_those_chosen(world, by):
    settings = LARGEST if by == "loss" else replace(SELF, rule=Largest(by=by))
    found = taken(world, settings)
    course = found.carried.course
    if by == "loss":
        assert np.isnan(np.asarray(course.fast)).all()
        return
    expected = Course.unknown(7).after(jnp.asarray(found.losses), jnp.asarray(found.chosen))
    np.testing.assert_allclose(course.fast, expected.fast, rtol=1e-5)
    np.testing.assert_allclose(course.lasting, expected.lasting, rtol=1e-5)
    later = Course(fast=jnp.arange(7.0) * 0, slow=jnp.asarray([0, 5.0, 1, 1, 1, 1, 1]), lasting=jnp.zeros(7))
    start = Carried.start(world.reservoir, settings)._replace(course=later)
    assert taken(world, settings, carried=start).chosen.argmax() == 1


def test_passages_learn_where_their_masks_are_true(world):
    mask = np.array([[True, False], [True, True], [False, True]])
    masks = (mask, None, None, None)
    clipped = Learning(objective="mixed", optimiser=Optimiser(name="sgd", clip=0.05))
    found, free = taken(world, clipped, masks=masks), taken(world, MIXED)
    old, new = world.reservoir.weights[0].passage["matrix"], found.weights[0].passage["matrix"]
    moved = np.asarray(old != new).any(axis=0)
    np.testing.assert_array_equal(moved, mask)
    assert (world.reservoir.weights[0].passage["bias"] != found.weights[0].passage["bias"]).all()
    assert np.asarray(old != free.weights[0].passage["matrix"]).all()
    # What is masked counts for nothing in the norm that is clipped either.
    old, new = world.reservoir.weights[0], found.weights[0]
    squares = 0.0
    for before, after in ((old.unit, new.unit), (old.passage, new.passage)):
        for name, value in before.items():
            faster = 10.0 if "age_bias" in name else 1.0
            went = (np.asarray(value, float) - np.asarray(after[name], float))[..., 0] / (RATE * faster)
            squares += (went**2).sum()
    assert np.sqrt(squares) == pytest.approx(0.05, rel=0.05)


def test_masks_silence_the_matrix_of_a_passage_and_nothing_else():
    weights = Reservoir.build([Population(unit=UNIT, units=2, passage="learned", afferents=3)], inputs=3).weights[0]
    first = units_first(weights)
    kept = jnp.array([[True, False, True], [False, True, True]])
    found = masked(first, kept)
    expected = np.where(np.asarray(kept)[:, None], np.asarray(first.passage["matrix"]), 0.0)
    np.testing.assert_array_equal(found.passage["matrix"], expected)
    np.testing.assert_array_equal(found.passage["bias"], first.passage["bias"])
    for name, value in first.unit.items():
        np.testing.assert_array_equal(found.unit[name], value)
    assert masked(first, None) is first


def test_what_learns(world):
    reservoir = world.reservoir
    for number, (unit, passage) in enumerate([(True, True), (True, False), (False, False), (False, False)]):
        found = what_learns(reservoir.weights[number], reservoir.populations[number])
        assert set(found.unit.values()) == {unit}
        assert set(found.passage.values()) <= {passage}
        assert found.rates is (False if number == 1 else None)


def test_places_of_units_and_the_cosine(world):
    assert world.reservoir.places == [slice(0, 2), slice(2, 4), slice(4, 6), slice(6, 7)]
    np.testing.assert_allclose(cosine(jnp.array([0.0, 1 / 3, 0.5, 1.0])), [1.0, 0.75, 0.5, 0.0], atol=1e-6)


def test_the_largest_loss_is_chosen_by_of_those_that_may(world):
    losses = np.asarray(judged(world.reservoir, world.recording, SELF, KEYS[1]))
    order = np.argsort(-losses)
    for first in range(3):
        may = jnp.ones(7, bool).at[order[:first]].set(False)
        assert np.flatnonzero(taken(world, LARGEST, may=may).chosen).tolist() == [order[first]]


def test_rules_rank_losses_by_the_weights_that_units_found(world):
    settings = replace(ADAPTIVE, rule="largest")
    plain = np.asarray(judged(world.reservoir, world.recording, settings, KEYS[1]))[:4]
    may = EVERYONE.at[4:].set(False)
    winner = int(plain.argmax())
    ratio = jnp.ones(7).at[winner].set(0.01)
    outside = UnitLoss(jnp.ones(7), ratio)
    carried = Carried.start(world.reservoir, settings)._replace(weighing=Weighing(outside, outside))
    alphas = carried.weighing.alpha()
    weighed = np.asarray(judged(world.reservoir, world.recording, settings, KEYS[1], alphas))[:4]
    assert weighed.argmax() != winner
    found = taken(world, settings, may=may, carried=carried)
    assert np.flatnonzero(found.chosen).tolist() == [int(weighed.argmax())]
