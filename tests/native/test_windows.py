"""Runs over long memories, read no further back than something was written: those of JAX, whole or in pieces."""

import numpy as np
import pytest

from aurita import AttentionUnit, Population, Reservoir, run
from aurita.native import kernels, set_engine

pytestmark = pytest.mark.skipif(kernels() is None, reason="the native kernels were not built")
STEPS, BATCH = 70, 19
FORMS = [
    {"slots": 4, "heads": 1},
    {"slots": 4, "heads": 1, "shifted_keys": True},
    {"slots": 6, "heads": 2},
    {"slots": 6, "heads": 2, "shifted_keys": True},
    {"slots": 3, "heads": 3},
]


def _reservoir(form, memory, before_start, dilation=1):
    unit = AttentionUnit(
        **form, memory=memory, hidden=3, before_start=before_start, dilation=dilation, age_bias="mixed"
    )
    how = {"passage": "mixed", "afferents": "all", "receives": "inputs"}
    return Reservoir.build([Population(unit=unit, units=3, **how)], inputs=2, seed=3)


def _features(reservoir, inputs, state=None, **how):
    return run(reservoir, inputs, state=state, features=("context", "output"), **how)


@pytest.mark.parametrize("before_start", ["zeros", "masked"])
@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize(("memory", "dilation"), [(40, 1), (100, 1), (30, 3)])
def test_long_memories_are_those_of_jax(form, memory, dilation, before_start):
    reservoir = _reservoir(form, memory, before_start, dilation)
    rng = np.random.default_rng(0)
    inputs, lengths = rng.normal(size=(BATCH, STEPS, 2)), rng.integers(20, STEPS + 1, BATCH)
    with set_engine("jax"):
        wanted, _ = _features(reservoir, inputs, lengths=lengths)
    with set_engine("native"):
        found, _ = _features(reservoir, inputs, lengths=lengths)
    np.testing.assert_allclose(found, wanted, atol=2e-5)


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("form", FORMS[:4], ids=str)
def test_pieces_of_long_memories_are_the_whole(form, silent):
    reservoir = _reservoir(form, 60, "zeros")
    inputs = np.random.default_rng(1).normal(size=(BATCH, STEPS, 2))
    inputs[:, : 30 if silent else 0] = 0
    with set_engine("native"):
        whole, _ = _features(reservoir, inputs)
        found, state = [], None
        for first, last in ((0, 1), (1, 24), (24, 25), (25, 66), (66, STEPS)):
            part, state = _features(reservoir, inputs[:, first:last], state)
            found.append(part)
    np.testing.assert_array_equal(np.concatenate(found, axis=1), whole)


def test_what_a_state_holds_counts_whatever_it_has_lived():
    reservoir = _reservoir(FORMS[3], 60, "zeros")
    inputs = np.random.default_rng(2).normal(size=(BATCH, STEPS, 2))
    with set_engine("native"):
        _, state = _features(reservoir, inputs[:, :40])
        wanted, _ = _features(reservoir, inputs[:, 40:], state)
        young = type(state)(state.time, np.zeros_like(state.steps), *list(vars(state).values())[2:])
        found, _ = _features(reservoir, inputs[:, 40:], young)
    np.testing.assert_allclose(found, wanted, atol=2e-6)
