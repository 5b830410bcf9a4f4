"""Units that weigh their two losses: the weights by hand, and what they see."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aurita import AttentionUnit, AuritaError, Learning, Population, Reservoir, learn
from aurita.learning import EarlyStopping, Optimiser
from aurita.learning._local_loss import UnitLoss, evaluate, local_loss
from aurita.learning._on_jax import _steps
from aurita.learning._parts import with_parts
from aurita.learning._recording import record_batch
from aurita.learning._schedule import Schedule
from aurita.learning._step import Carried
from aurita.learning._weighing import MOST_WHERE_WEIGHED, Weighing
from aurita.learning.batches import as_data

UNIT = AttentionUnit(slots=2, memory=3, hidden=2)


def unit_loss(target, own):
    return UnitLoss(own=jnp.asarray(own), target=jnp.asarray(target))


def test_the_weight_is_the_ratio_of_held_out_losses_up_to_one():
    start = Weighing.unknown(4)
    assert start.alpha().tolist() == [1.0] * 4
    everyone = jnp.ones(4, bool)
    outside = unit_loss([0.2, 3.0, 0.0, 0.1], [0.4, 0.1, 0.5, 0.2])
    once = start.after(unit_loss([9.0] * 4, [9.0] * 4), outside, everyone)
    np.testing.assert_allclose(once.alpha(), [0.5, 1.0, 0.01, 0.5], rtol=1e-6)
    later = unit_loss([0.1, 3.0, 0.0, np.nan], [0.4, 0.1, 0.5, 0.2])
    twice = once.after(unit_loss([1.0] * 4, [1.0] * 4), later, jnp.array([True, True, True, True]))
    np.testing.assert_allclose(twice.alpha(), [0.19 / 0.4, 1.0, 0.01, 0.5], rtol=1e-6)
    np.testing.assert_allclose(twice.inside.own, [8.2] * 4, rtol=1e-6)
    nothing = once.after(unit_loss([1.0] * 4, [1.0] * 4), later, jnp.zeros(4, bool))
    np.testing.assert_array_equal(nothing.alpha(), once.alpha())


@pytest.fixture(scope="module")
def forward():
    population = Population(unit=UNIT, units=3, passage="learned", afferents="all", receives="inputs")
    return Reservoir.build([population], inputs=2, targets=1, seed=1)


def test_units_weigh_by_sequences_that_they_do_not_learn_from(forward):
    """One step, and a second with the weights that the first one found, against losses of the parts by themselves."""
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(15, 9, 2)), 0.3 * rng.normal(size=(15, 9, 1))
    how = Learning(
        objective="mixed", alpha="adaptive", steps=2, optimiser=Optimiser(name="sgd", decay=False), learning_rate=0.05
    )
    data = with_parts(as_data(forward, inputs, None, targets, None, needs_targets=True), MOST_WHERE_WEIGHED, 3, 0)
    assert np.asarray(data.parts).sum((0, 1)).tolist() == [12] * 3
    keys = jax.random.split(jax.random.key(0), 1)
    given = (
        data,
        Schedule(*jnp.zeros((2, 1, 15), int)),
        keys,
        jnp.array([0]),
        jnp.array(2),
        jnp.ones(3, bool),
        jnp.eye(3, dtype=bool),
        how,
    )
    after, carried, (losses, _) = _steps(forward, Carried.start(forward, how), *given)
    alphas = []

    noise_key = jax.random.key(0)

    @eqx.filter_jit
    def gradient(weights, afferents, recording, alpha):
        return jax.grad(local_loss)(weights, forward.populations[0], afferents, recording, how, noise_key, None, alpha)

    @eqx.filter_jit
    def evaluated(weights, afferents, recording):
        return evaluate(weights, forward.populations[0], afferents, recording, how, noise_key)[0]

    final, _, (second, _) = _steps(after, carried, *given)
    for unit in range(3):
        rows = np.asarray(data.parts)[:, 0, unit]
        plain = data.replace(parts=None)
        mine, rest = (record_batch(forward, plain.rows(which), how) for which in (rows, ~rows))
        before, between = (jax.tree.map(lambda leaf, u=unit: leaf[..., u], r.weights[0]) for r in (forward, after))
        seen = [
            evaluated(w, forward.wiring[0][:, unit], h) for w, h in ((before, mine), (before, rest), (between, mine))
        ]
        np.testing.assert_allclose(losses[0, unit], seen[0].target + seen[0].own, rtol=1e-4)
        alpha = min(1.0, float(seen[1].target / seen[1].own))
        np.testing.assert_allclose(carried.weighing.alpha()[unit], alpha, rtol=1e-4)
        np.testing.assert_allclose(second[0, unit], seen[2].target + alpha * seen[2].own, rtol=1e-4)
        slope = gradient(between, forward.wiring[0][:, unit], mine, jnp.asarray(alpha))
        norm = np.sqrt(sum(float((g**2).sum()) for g in jax.tree.leaves(slope)))
        shrunk = 0.05 * min(1.0, how.optimises.clip / norm)
        for found, w, g, name in zip(
            jax.tree.leaves(final.weights[0]),
            jax.tree.leaves(between),
            jax.tree.leaves(slope),
            [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(between)],
            strict=True,
        ):
            rate = shrunk * (10.0 if "age_bias" in name else 1.0)
            np.testing.assert_allclose(found[..., unit], w - rate * g, atol=2e-6, err_msg=name)
        alphas.append(alpha)
    assert min(alphas) < 0.9, "this test wants units whose weight is not at its bound"


def test_an_adaptive_weight_learns_and_is_saved_as_its_name(forward):
    phase = np.random.default_rng(1).uniform(0, 6, (12, 1, 2))
    inputs = np.sin(np.arange(10)[None, :, None] * [0.4, 0.7] + phase)
    how = Learning(
        objective="mixed", alpha="adaptive", steps=50, stopping=EarlyStopping(patience=50), learning_rate=0.02
    )
    learnt, history = learn(forward, inputs, how, targets=inputs[..., :1])
    assert history.held_out_units.shape == (2, 3)
    assert (history.held_out_units[-1] < history.held_out_units[0]).all()
    assert how.config()["alpha"] == "adaptive"
    assert Learning(**how.config()) == how
    with pytest.raises(AuritaError, match="alpha is 'auto'"):
        Learning(alpha="auto")
    assert learnt.units == 3


def test_a_population_that_learns_both_weighs_beside_one_that_does_not(forward):
    """Only where some unit weighs its losses are sequences kept aside."""
    rng = np.random.default_rng(2)
    inputs, targets = rng.normal(size=(12, 6, 2)), rng.normal(size=(12, 6, 1))
    how = Learning(objective="target", alpha="adaptive", steps=1, optimiser="sgd")
    whole, _ = learn(forward, inputs, Learning(objective="target", steps=1, optimiser="sgd"), targets=targets)
    alike, _ = learn(forward, inputs, how, targets=targets)
    for a, b in zip(jax.tree.leaves(whole.weights), jax.tree.leaves(alike.weights), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    mixed = replace(forward, populations=tuple(replace(p, objective="mixed") for p in forward.populations))
    _, some = learn(mixed, inputs, how, targets=targets)
    _, every = learn(mixed, inputs, replace(how, alpha=1.0), targets=targets)
    assert (np.abs(some.losses - every.losses) > 1e-6).all()


@pytest.mark.parametrize("unit", [1e-14, 1e-30, 1e20])
def test_the_weight_is_a_ratio_however_small_the_losses(unit):
    outside = unit_loss([0.2 * unit, 3.0 * unit, 0.0, 0.1 * unit, 0.0], [0.4 * unit, 0.1 * unit, 0.5 * unit, 0.0, 0.0])
    once = Weighing.unknown(5).after(outside, outside, jnp.ones(5, bool))
    np.testing.assert_allclose(once.alpha(), [0.5, 1.0, 0.01, 1.0, 1.0], rtol=1e-6)
