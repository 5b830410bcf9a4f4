"""Traces on the native engine: a step on a chunk is that on one whole sequence, and JAX goes on where it stopped."""

import jax
import numpy as np
import pytest

from aurita import AttentionUnit, Learning, Population, Reservoir, learn
from aurita.learning import Optimiser
from aurita.learning.online import begin, learn_chunk
from aurita.native import kernels, set_engine
from aurita.units import DiagonalMemoryUnit

pytestmark = pytest.mark.skipif(kernels() is None, reason="the native library was not built")

INPUTS = np.random.default_rng(0).normal(size=(2, 330, 3)).astype(np.float32)
TARGETS = np.sin(INPUTS[..., :1])
CHUNKS = (slice(0, 1), slice(1, 9), slice(9, 30), slice(30, 300))
"""Of one step, and of more than the kernels work on at once."""


def _reservoir():
    """All kinds, passages that learn and that do not, beside units whose memory is a window."""
    kinds = ({"kind": "turned", "states": 9}, {"kind": "gated"}, {"kind": "ungated", "states": 5, "real": 0.0})
    how = ({"passage": "learned", "afferents": 4, "receives": "all"}, {}, {"passage": "learned", "passage_bias": 0.5})
    populations = [
        Population(**{"unit": DiagonalMemoryUnit(slots=2, longest=40, hidden=3, **kind), "units": 5} | wiring)
        for kind, wiring in zip(kinds, how, strict=True)
    ]
    populations.append(Population(unit=AttentionUnit(slots=3, memory=4), units=2, receives="inputs"))
    return Reservoir.build(populations, inputs=3, targets=1, seed=0)


@pytest.mark.parametrize("batch", [1, 2])
def test_a_step_on_a_chunk_is_one_on_all_that_came_before(batch):
    """Whole sequences have their gradient from a scan over all of their steps."""
    settings = Learning(
        objective="target", optimiser=Optimiser(name="sgd", clip=1e9, decay=False), steps=1, segment=330
    )
    reservoir = _reservoir()
    inputs, targets = INPUTS[:batch], TARGETS[:batch]
    scored = np.broadcast_to(np.arange(330) >= 300, (batch, 330))
    standing = begin(reservoir, settings, batch=batch)
    for chunk in CHUNKS:
        given = {"targets": targets[:, chunk], "rate": 0.0}
        _, standing, *_ = learn_chunk(reservoir, standing, inputs[:, chunk], settings, **given)
    found, *_, losses = learn_chunk(reservoir, standing, inputs[:, 300:], settings, targets=targets[:, 300:], rate=0.1)
    whole = {"targets": targets, "scored": scored}
    expected, history = learn(reservoir, inputs, Learning(**{**vars(settings), "learning_rate": 0.1}), **whole)
    np.testing.assert_allclose(losses, history.losses, rtol=1e-4)
    for before, one, other in zip(reservoir.weights, found.weights, expected.weights, strict=True):
        for part in ("unit", "passage"):
            for name, start in getattr(before, part).items():
                moved, wanted = (np.asarray(getattr(after, part)[name]) - start for after in (one, other))
                np.testing.assert_allclose(moved, wanted, atol=2e-3 * np.abs(wanted).max() + 1e-6, err_msg=name)


def test_one_engine_goes_on_where_the_other_stopped():
    unit = DiagonalMemoryUnit(slots=2, states=3, hidden=0)
    population = Population(unit=unit, units=2, receives="inputs", passage="learned", afferents="all")
    settings, found = Learning(objective="target"), []
    for engine in ("jax", "native"):
        reservoir = Reservoir.build([population], inputs=3, targets=1)
        standing = begin(reservoir, settings, batch=2)
        for number, now in enumerate((engine, "native")):
            chunk = slice(20 * number, 20 * number + 20)
            with set_engine(now):
                given = {"targets": TARGETS[:, chunk], "rate": 0.02}
                reservoir, standing, *_ = learn_chunk(reservoir, standing, INPUTS[:, chunk], settings, **given)
        found.append((reservoir.weights, standing))
    assert jax.tree.structure(found[0]) == jax.tree.structure(found[1])
    for one, wanted in zip(*map(jax.tree.leaves, found), strict=True):
        one, wanted = np.asarray(one), np.asarray(wanted)
        assert (one.dtype.kind, one.shape) == (wanted.dtype.kind, wanted.shape)
        np.testing.assert_allclose(one, wanted, atol=1e-3 * np.abs(wanted).max(initial=1.0))
