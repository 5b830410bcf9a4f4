"""Diagonal memory units on the native engine against JAX: runs, and learning by whole runs of it."""

import jax
import numpy as np
import pytest

from aurita import Learning, Population, Reservoir, learn, run
from aurita.learning.online import begin, learn_chunk
from aurita.native import kernels, set_engine
from aurita.units import DiagonalMemoryUnit

pytestmark = pytest.mark.skipif(kernels() is None, reason="the native library was not built")

ALL = ("input", "output", "hidden", "context", "ahead", "target", "error")


@pytest.mark.parametrize("batch", [1, 3, 9, 17])
def test_runs_are_those_of_jax(batch):
    """All kinds, behind all passages, receiving each other; in one go and in two."""
    populations = [
        Population(unit=DiagonalMemoryUnit(slots=3, kind="ungated", longest=50), units=19),
        Population(unit=DiagonalMemoryUnit(slots=4, kind="gated", horizons=(1, 2)), units=3, passage="mixed"),
        Population(
            unit=DiagonalMemoryUnit(slots=5, kind="turned", states=5, hidden=0, clip=0.3),
            units=2,
            passage="learned",
            afferents="all",
            time_constant=4,
        ),
    ]
    reservoir = Reservoir.build(populations, inputs=2, targets=2, clock=(5.0,))
    rng = np.random.default_rng(batch)
    # Heads of zeros would say nothing.
    weights = jax.tree.map(lambda w: w + 0.1 * rng.normal(size=w.shape).astype(np.float32), reservoir.weights)
    reservoir = reservoir.replace(weights=weights)
    inputs, lengths = rng.normal(size=(batch, 30, 2)), rng.integers(20, 31, batch)
    found = {}
    for engine in ("jax", "native"):
        with set_engine(engine):
            seen, state = run(reservoir, inputs, lengths=lengths, features=ALL)
            pieces = [run(reservoir, inputs[:, :7], features=ALL)]
            pieces.append(run(reservoir, inputs[:, 7:], lengths=lengths - 7, state=pieces[0][1], features=ALL))
        found[engine] = seen, jax.tree.leaves(state)
        np.testing.assert_allclose(np.concatenate([one for one, _ in pieces], axis=1), seen, atol=1e-5)
    np.testing.assert_allclose(found["native"][0], found["jax"][0], atol=5e-5)
    for one, other in zip(found["native"][1], found["jax"][1], strict=True):
        np.testing.assert_allclose(one, other, atol=5e-5)


RUNS = {
    "a target everywhere": ({}, {}, {}, "all"),
    "labels at the ends of ragged sequences": ({}, {}, {"loss": "cross_entropy", "l2": 0.01}, "last"),
    "its own future, relative": ({"horizons": (1, 3)}, {}, {"objective": "self"}, "all"),
    "both, no hidden layer, washed out": ({"hidden": 0}, {}, {"objective": "mixed", "washout": 2}, "all"),
    "a passage that stays, leaky": ({}, {"passage": "mixed", "time_constant": 5}, {}, "last"),
    "segments": ({"real": 1.0}, {}, {"segment": 9}, "all"),
}


@pytest.mark.parametrize("batch", [5, 21])
@pytest.mark.parametrize("kind", ["ungated", "gated", "turned"])
@pytest.mark.parametrize("name", RUNS)
def test_learning_is_that_of_jax(name, kind, batch):
    own, wiring, settings, where = RUNS[name]
    if (batch == 5) != (kind == "gated" or name == "segments"):
        pytest.skip("one batch of each kind")
    unit = DiagonalMemoryUnit(slots=4, kind=kind, states=5, longest=30, **own)
    population = Population(
        unit=unit, units=2, receives="inputs", **{"passage": "learned", "afferents": "all"} | wiring
    )
    reservoir = Reservoir.build([population], inputs=3, targets=2)
    rng = np.random.default_rng(0)
    count, steps = 21, 20
    lengths = rng.integers(steps // 2, steps + 1, count)
    scored = np.ones((count, steps), bool)
    if where == "last":
        scored = np.arange(steps) == lengths[:, None] - 1
    inputs, targets = rng.normal(size=(count, steps, 3)), np.eye(2)[rng.integers(0, 2, (count, steps))]
    how = Learning(**{"objective": "target", "steps": 12, "batch": batch, "learning_rate": 0.02} | settings)
    found = {}
    for engine in ("jax", "native"):
        with set_engine(engine):
            found[engine] = learn(reservoir, inputs, how, lengths=lengths, targets=targets, scored=scored)
    (expected, before), (learnt, history) = found["jax"], found["native"]
    np.testing.assert_allclose(history.losses, before.losses, rtol=2e-4)
    for one, other in zip(jax.tree.leaves(learnt.weights), jax.tree.leaves(expected.weights), strict=True):
        np.testing.assert_allclose(one, other, atol=3e-4)


@pytest.mark.parametrize("steps", [7, 130, 1100])
@pytest.mark.parametrize("passage", ["wired", "learned"])
@pytest.mark.parametrize("kind", ["ungated", "gated", "turned"])
def test_a_sequence_alone_is_learnt_from_as_two_that_are_the_same(kind, passage, steps):
    """One sequence is scanned in strands, several lane by lane."""
    unit = DiagonalMemoryUnit(slots=3, kind=kind, states=6, hidden=2, longest=200)
    how = {"afferents": "all"} if passage == "learned" else {}
    population = Population(unit=unit, units=2, passage=passage, receives="inputs", **how)
    drawn = Reservoir.build([population], inputs=3, targets=1, seed=4)
    settings = Learning(objective="mixed", l2=1e-3)
    stream = np.random.default_rng(steps).normal(size=(1, 2 * steps, 3)).astype(np.float32)
    found = []
    for count in (1, 2):
        reservoir, learner, losses = drawn, begin(drawn, settings, batch=count), []
        for part in np.split(np.repeat(stream, count, axis=0), 2, axis=1):
            reservoir, learner, _, lost = learn_chunk(reservoir, learner, part, settings, targets=part[..., :1])
            losses.append(lost)
        found.append((reservoir.weights[0].unit, losses, learner.pasts))
    (alone, losses, pasts), (together, other_losses, other_pasts) = found
    np.testing.assert_allclose(losses, other_losses, rtol=1e-4)
    for name, weight in alone.items():
        np.testing.assert_allclose(weight, together[name], atol=2e-5, err_msg=name)
    for past, other in zip(pasts, other_pasts, strict=True):
        axis = _batch_axis(past, other)
        np.testing.assert_allclose(past, np.take(other, [0], axis), 1e-3, 1e-3 * np.abs(past).max())


def _batch_axis(past, other):
    """Where one has one sequence and the other two."""
    return next(i for i, (one, two) in enumerate(zip(past.shape, other.shape, strict=True)) if (one, two) == (1, 2))
