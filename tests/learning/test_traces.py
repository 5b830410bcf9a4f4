"""Forward traces: a step on a chunk of a stream is that on one long batch in which only the chunk counts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aurita import AuritaError, Learning, Population, Reservoir
from aurita.learning import Optimiser
from aurita.learning._local_loss import local_loss
from aurita.learning._recording import record_batch
from aurita.learning.batches import as_data
from aurita.learning.online import begin, learn_chunk
from aurita.native import kernels, set_engine
from aurita.units import DiagonalMemoryUnit


def _reservoir(kind, **how):
    unit = DiagonalMemoryUnit(slots=2, kind=kind, states=3, hidden=3, longest=40, horizons=(1, 2))
    learners = Population(
        unit=unit, units=2, receives="inputs", passage="learned", afferents=3, passage_bias=0.5, **how
    )
    return Reservoir.build([learners], inputs=3, targets=1, seed=0)


@pytest.fixture
def engine(request):
    if request.param == "native" and kernels() is None:
        pytest.skip("the native library was not built")
    with set_engine(request.param):
        yield


@pytest.mark.parametrize("engine", ["jax", "native"], indirect=True)
@pytest.mark.parametrize(("kind", "objective"), [("gated", "mixed"), ("turned", "target")])
def test_a_step_on_a_chunk_has_the_gradient_of_all_that_came_before(kind, objective, engine):
    """Windows begin two horizons and a step before their chunk, the first of them before the stream."""
    settings = Learning(objective=objective, optimiser=Optimiser(name="sgd", clip=1e9))
    net = _reservoir(kind)
    inputs = np.random.default_rng(0).normal(size=(2, 50, 3)).astype(np.float32)
    targets = np.sin(inputs[..., :1])
    rng = np.random.default_rng(1)
    weights = jax.tree.map(lambda w: w + 0.2 * rng.normal(size=w.shape).astype(np.float32), net.weights)
    net = net.replace(weights=weights)
    learner = begin(net, settings, batch=2)
    for chunk in (slice(0, 10), slice(10, 20), slice(20, 30), slice(30, 40)):
        given = {"targets": targets[:, chunk], "rate": 0.0}
        _, learner, *_ = learn_chunk(net, learner, inputs[:, chunk], settings, **given)
    after, *_, losses = learn_chunk(net, learner, inputs[:, 40:], settings, targets=targets[:, 40:], rate=0.1)
    recording = record_batch(net, as_data(net, inputs, None, targets, None, needs_targets=True), settings)
    when = np.repeat(np.arange(50), 2)
    recording = recording._replace(
        counted=jnp.asarray((when >= 38).astype(np.float32)), scored=jnp.asarray((when >= 40).astype(np.float32))
    )
    population, wiring, weights = net.populations[0], net.wiring[0], net.weights[0]

    @jax.jit
    def loss_and_slope(own, afferents):
        return jax.value_and_grad(local_loss)(own, population, afferents, recording, settings, jax.random.key(0))

    for number in range(2):
        own = jax.tree.map(lambda leaf, n=number: leaf[..., n], weights)
        value, gradient = loss_and_slope(own, wiring[:, number])
        np.testing.assert_allclose(losses[0, number], value, rtol=1e-4)
        slopes = gradient.unit | gradient.passage
        found = after.weights[0].unit | after.weights[0].passage
        for name, slope in slopes.items():
            before = (own.unit | own.passage)[name]
            size = 0.1 * np.abs(slope).max()
            moved = np.asarray(before) - np.asarray(found[name][..., number])
            np.testing.assert_allclose(moved, 0.1 * np.asarray(slope), atol=1e-3 * size + 2e-6, err_msg=name)


def test_what_was_shown_before_a_chunk_is_learnt():
    """A sign every 40 steps is asked for 30 steps later; chunks have 20 steps, and no window reaches back to it."""
    rng = np.random.default_rng(0)
    batch, period, times = 32, 40, 150
    signs = rng.choice([-1.0, 1.0], (batch, times))
    inputs, targets = np.zeros((batch, period * times, 3), np.float32), np.zeros((batch, period * times, 1), np.float32)
    inputs[:, ::period, 0], inputs[:, 30::period, 1], inputs[..., 2] = signs, 1, rng.normal(size=inputs.shape[:2])
    targets[:, 30::period, 0] = signs
    scored = inputs[..., 1] > 0
    unit = DiagonalMemoryUnit(slots=3, kind="gated", longest=100)
    population = Population(unit=unit, units=1, passage="learned", afferents="all", receives="inputs")
    net = Reservoir.build([population], inputs=3, targets=1, seed=0)
    settings, losses = Learning(objective="target", learning_rate=0.01), []
    learner = begin(net, settings, batch=batch)
    for start in range(0, inputs.shape[1], 20):
        part = slice(start, start + 20)
        net, learner, _, lost = learn_chunk(
            net, learner, inputs[:, part], settings, targets=targets[:, part], scored=scored[:, part]
        )
        if scored[:, part].any():
            losses.append(float(lost[0, 0]))
    assert np.mean(losses[:5]) > 0.8
    assert np.mean(losses[-20:]) < 0.2


def test_leaky_slots_are_refused():
    with pytest.raises(AuritaError, match="use time_constant=1"):
        begin(_reservoir("gated", time_constant=5.0), Learning())
