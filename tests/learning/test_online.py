"""On line learning: the stream is one run, chunks learn what `learn` would, and what is kept does not grow."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aurita import AnarchistUnit, AttentionUnit, AuritaError, EchoUnit, Learning, Population, Reservoir, run
from aurita.learning import Optimiser
from aurita.learning._local_loss import local_loss
from aurita.learning._recording import record_batch
from aurita.learning.batches import as_data
from aurita.learning.online import begin, context_steps, learn_chunk, learn_sequences


def reservoir(**parts):
    parts = {"objective": None, "time_constant": 1.0, "horizons": (1,), "targets": 1, **parts}
    unit = AttentionUnit(slots=2, memory=3, hidden=3, horizons=parts["horizons"])
    populations = [
        Population(unit=unit, units=3, objective=parts["objective"], time_constant=parts["time_constant"]),
        Population(unit=EchoUnit(slots=5), units=1, passage="mixed", afferents="all", receives="inputs"),
    ]
    return Reservoir.build(populations, inputs=2, targets=parts["targets"], seed=0, clock=(7.0,))


def stream(steps=120, batch=1, seed=0):
    return np.random.default_rng(seed).normal(size=(batch, steps, 2)).astype(np.float32)


def chunks(net, settings, inputs, size, **given):
    learner, features, losses = begin(net, settings, batch=len(inputs)), [], []
    for start in range(0, inputs.shape[1], size):
        net, learner, seen, lost = learn_chunk(net, learner, inputs[:, start : start + size], settings, **given)
        features.append(seen)
        losses.append(lost)
    return net, learner, np.concatenate(features, axis=1), np.concatenate(losses)


def test_units_that_stay_receive_the_stream_as_one_run():
    net, inputs = reservoir(), stream(batch=2)
    after, learner, features, losses = chunks(net, None, inputs, 30)
    expected, state = run(net, inputs)
    np.testing.assert_allclose(features, expected, rtol=1e-6, atol=1e-6)
    assert losses.shape == (0, 4)
    for found, wanted in zip(jax.tree.leaves(learner.state), jax.tree.leaves(state), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)
    assert all((a == b).all() for a, b in zip(jax.tree.leaves(after), jax.tree.leaves(net), strict=True))


@pytest.mark.parametrize("objective", ["self", "target", "mixed"])
def test_a_step_is_the_gradient_of_the_loss_over_the_chunk_with_its_past(objective):
    """The losses of a second chunk are those of one long batch in which only the chunk counts."""
    settings = Learning(objective=objective, optimiser=Optimiser(name="sgd", clip=1e9))
    net, inputs = reservoir(), stream(60)
    targets = np.sin(inputs[..., :1])
    learner = begin(net, settings)
    _, learner, *_ = learn_chunk(net, learner, inputs[:, :40], settings, targets=targets[:, :40], rate=0.0)
    after, learner, _, losses = learn_chunk(net, learner, inputs[:, 40:], settings, targets=targets[:, 40:], rate=0.1)
    recording = record_batch(net, as_data(net, inputs, None, targets, None, needs_targets=True), settings)
    when = np.arange(60)
    recording = recording._replace(
        counted=jnp.asarray((when >= 39).astype(np.float32)), scored=jnp.asarray((when >= 40).astype(np.float32))
    )
    population, wiring, weights = net.populations[0], net.wiring[0], net.weights[0]

    @jax.jit
    def loss_and_slope(own, afferents):
        return jax.value_and_grad(local_loss)(own, population, afferents, recording, settings, jax.random.key(0))

    for number in range(3):
        own = jax.tree.map(lambda leaf, n=number: leaf[..., n], weights)
        value, gradient = loss_and_slope(own, wiring[:, number])
        np.testing.assert_allclose(losses[0, number], value, rtol=1e-4)
        for name, slope in gradient.unit.items():
            rate = 0.1 * (10.0 if name == "age_bias" else 1.0)
            expected = np.asarray(own.unit[name] - rate * slope)
            np.testing.assert_allclose(after.weights[0].unit[name][..., number], expected, rtol=1e-3, atol=1e-5)
    assert np.isnan(losses[0, 3])


def test_optimisers_go_on_from_chunk_to_chunk():
    """Two chunks are two steps of one Adam, not two first steps."""
    settings = Learning(objective="target")
    net, inputs = reservoir(), np.tile(stream(20), (1, 2, 1))
    targets = np.ones((1, 40, 1), np.float32)
    learner, options = begin(net, settings), {"targets": targets[:, :20], "rate": 1e-2}
    for start in (0, 20):
        net, learner, *_ = learn_chunk(net, learner, inputs[:, start : start + 20], settings, **options)
    counts = [leaf for leaf in learner.optimiser if jnp.issubdtype(leaf.dtype, jnp.integer)]
    assert [np.unique(count).tolist() for count in counts] == [[2]]
    assert int(learner.steps) == 2


@pytest.mark.parametrize("objective", ["self", "target", "mixed"])
def test_losses_fall_and_a_new_regime_is_learnt(objective):
    settings = Learning(objective=objective)
    net = reservoir(horizons=(1, 2), time_constant=3.0)
    when = np.arange(4000)
    wave = np.where(when < 2000, np.sin(when / 7), np.sin(when / 3))
    inputs = np.stack([wave, np.roll(wave, 3)], axis=1)[None].astype(np.float32)
    targets = np.roll(wave, -2)[None, :, None]
    learner, losses = begin(net, settings), []
    for start in range(0, 4000, 50):
        part = slice(start, start + 50)
        net, learner, _, lost = learn_chunk(
            net, learner, inputs[:, part], settings, targets=targets[:, part], rate=1e-2
        )
        losses.append(np.nanmean(lost))
    assert np.mean(losses[35:40]) < 0.8 * losses[0]
    assert np.mean(losses[75:80]) < 0.9 * np.mean(losses[41:44])


@pytest.mark.parametrize("rule", ["all", "largest", "spaced"])
def test_rules_name_who_learns(rule):
    settings = Learning(objective="self", rule=rule)
    net = reservoir()
    after, *_ = chunks(net, settings, stream(40), 40)
    moved = [bool((after.weights[0].unit["wo"] != net.weights[0].unit["wo"])[..., n].any()) for n in range(3)]
    if rule in ("all", "spaced"):
        assert sum(moved) >= 1 + 2 * (rule == "all")
    else:
        assert sum(moved) == 1


def test_populations_that_are_frozen_stay():
    after, *_ = chunks(reservoir(objective="frozen"), Learning(objective="self"), stream(40), 20)
    net = reservoir(objective="frozen")
    assert all((a == b).all() for a, b in zip(jax.tree.leaves(after), jax.tree.leaves(net), strict=True))


def test_what_is_kept_does_not_grow():
    settings, net = Learning(objective="self"), reservoir(horizons=(1, 4), time_constant=2.0)
    # Three ages, four steps ahead, eight of leak.
    assert context_steps(net) == 3 + 4 + 8
    begun = [np.shape(leaf) for leaf in jax.tree.leaves(begin(net, settings))]
    _, learner, *_ = chunks(net, settings, stream(300), 10)
    assert [np.shape(leaf) for leaf in jax.tree.leaves(learner)] == begun


def test_whole_sequences_lower_their_loss_and_padding_does_not_count():
    settings, net = Learning(objective="mixed"), reservoir()
    inputs = stream(20, batch=6)
    targets = np.repeat(inputs.mean((1, 2))[:, None, None], 20, axis=1)
    lengths = np.array([20, 20, 12, 20, 9, 20])
    learner, losses, noisy = begin(net, settings), [], inputs.copy()
    noisy[2, 12:], noisy[4, 9:] = 50.0, -50.0
    given = {"lengths": lengths, "targets": targets, "rate": 1e-2}
    one = learn_sequences(net, learner, inputs, settings, **given)
    other = learn_sequences(net, learner, noisy, settings, **given)
    np.testing.assert_allclose(one[2][:, :3], other[2][:, :3], rtol=1e-5)
    for _ in range(40):
        net, learner, lost = learn_sequences(net, learner, inputs, settings, **given)
        losses.append(np.nanmean(lost))
    assert losses[-1] < 0.8 * losses[0]
    assert int(learner.steps) == 40


def test_units_that_learn_by_regression_do_so_chunk_by_chunk():
    net = Reservoir.build([Population(unit=AnarchistUnit(slots=2), units=2)], inputs=2)
    after, _, features, losses = chunks(net, Learning(), stream(60), 20)
    assert np.isfinite(features).all()
    assert losses.shape == (3, 2)
    assert any((a != b).any() for a, b in zip(jax.tree.leaves(after), jax.tree.leaves(net), strict=True))


def test_what_does_not_fit():
    settings, net = Learning(objective="target"), reservoir()
    learner = begin(net, settings)
    with pytest.raises(AuritaError, match="no targets were given"):
        learn_chunk(net, learner, stream(10), settings)
    with pytest.raises(AuritaError, match="NaN"):
        learn_chunk(net, learner, np.full((1, 10, 2), np.nan), settings)
    with pytest.raises(AuritaError, match="sequence and 2 were given"):
        learn_chunk(net, learner, stream(10, batch=2), None)
    with pytest.raises(AuritaError, match="steps is -1"):
        learn_chunk(net, learner, stream(10), None, steps=-1)
    options = reservoir(objective="target")
    with pytest.raises(AuritaError, match="broadcasts no target"):
        learn_chunk(options, begin(options, Learning()), stream(10), Learning())
