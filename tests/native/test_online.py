"""On line learning by the native engine against JAX: chunks of a stream, then whole sequences, from one standing."""

import jax
import numpy as np
import pytest

from aurita import AttentionUnit, EchoUnit, Learning, Population, Reservoir
from aurita.learning.online import begin, learn_chunk, learn_sequences
from aurita.native import kernels, set_engine
from aurita.native.threads import set_threads

pytestmark = pytest.mark.skipif(kernels() is None, reason="the native library was not built")

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(2, 90, 2)).astype(np.float32)
TARGETS = np.sin(INPUTS[..., :1])

RUNS = {
    "own future": ({"objective": "self"}, {}, 1),
    "two horizons, leaky slots, lion": (
        {"objective": "mixed", "optimiser": "lion"},
        {"horizons": (1, 3), "time_constant": 4.0},
        2,
    ),
    "the largest loss, rmsprop": ({"objective": "target", "optimiser": "rmsprop", "rule": "largest"}, {}, 2),
    "drawn by what can fall, segments": (
        {"objective": "mixed", "rule": {"type": "proportional", "by": "reducible"}, "segment": 20},
        {},
        3,
    ),
    "mixed passages, sgd": ({"objective": "self", "optimiser": "sgd"}, {"passage": "mixed"}, 1),
    "each weighs its losses": ({"objective": "mixed", "alpha": "adaptive"}, {}, 2),
}


@pytest.mark.parametrize("name", RUNS)
def test_streams_are_those_of_jax(name):
    settings, how, steps = RUNS[name]
    settings = Learning(**settings)
    jaxs, native = (_run(engine, settings, how, steps) for engine in ("jax", "native"))
    assert jax.tree.structure(jaxs[1]) == jax.tree.structure(native[1])
    for one, other in zip(jax.tree.leaves(native), jax.tree.leaves(jaxs), strict=True):
        one, other = np.asarray(one), np.asarray(other)
        assert (one.dtype.kind, one.shape) == (other.dtype.kind, other.shape)
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_one_engine_goes_on_where_the_other_stopped():
    settings = Learning(objective="mixed")
    reservoir = _reservoir()
    found = {}
    for engine, then in (("jax", "native"), ("native", "jax"), ("native", "native")):
        with set_engine(engine):
            learner = begin(reservoir, settings, batch=2)
            after, learner, *_ = learn_chunk(reservoir, learner, INPUTS[:, :30], settings, targets=TARGETS[:, :30])
        with set_engine(then):
            found[engine, then], *_ = learn_chunk(after, learner, INPUTS[:, 30:60], settings, targets=TARGETS[:, 30:60])
    for others in zip(*(jax.tree.leaves(one.weights) for one in found.values()), strict=True):
        for other in others[:2]:
            np.testing.assert_allclose(other, others[2], rtol=1e-4, atol=1e-5)


def test_threads_change_no_byte():
    results = []
    for threads in (1, 2, 3, 4):
        with set_threads(threads):
            results.append([np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(_run("native", Learning(), {}, 2))])
    assert results[0] == results[1] == results[2] == results[3]


def _reservoir(horizons=(1,), time_constant=1.0, passage="learned"):
    unit = AttentionUnit(slots=3, memory=4, hidden=3, horizons=horizons)
    populations = [
        Population(unit=unit, units=3, time_constant=time_constant, passage=passage, afferents="all"),
        Population(unit=EchoUnit(slots=5), units=1, passage="mixed", afferents="all", receives="inputs"),
    ]
    return Reservoir.build(populations, inputs=2, targets=1, seed=0, clock=(7.0,))


def _run(engine, settings, how, steps):
    """Three chunks, then twice two sequences: weights, standing, features and losses."""
    reservoir, found = _reservoir(**how), []
    with set_engine(engine):
        learner = begin(reservoir, settings, batch=2)
        for start in range(0, 90, 30):
            part = slice(start, start + 30)
            reservoir, learner, features, losses = learn_chunk(
                reservoir, learner, INPUTS[:, part], settings, targets=TARGETS[:, part], rate=1e-2, steps=steps
            )
            found += [features, losses]
        for _ in range(2):
            reservoir, learner, losses = learn_sequences(
                reservoir, learner, INPUTS, settings, targets=TARGETS, steps=steps, lengths=np.array([90, 70])
            )
            found.append(losses)
    return reservoir.weights, learner, found
