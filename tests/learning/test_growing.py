"""Growing lengths: which sequences each run of learning has, and that it is one run after the other."""

import jax
import numpy as np
import pytest

from aurita import AuritaError, Learning, Population, Reservoir, learn
from aurita.data.batch import Batch
from aurita.learning._growing import stages
from aurita.units import DiagonalMemoryUnit


def _given():
    rng = np.random.default_rng(0)
    lengths = np.array([8, 20, 8, 15, 20, 8])
    scored = np.arange(20) == lengths[:, None] - 1
    return {
        "inputs": rng.normal(size=(6, 20, 2)),
        "lengths": lengths,
        "targets": rng.normal(size=(6, 20, 1)),
        "scored": scored,
    }


def _reservoir():
    population = Population(unit=DiagonalMemoryUnit(slots=2), units=2, passage="learned", receives="inputs")
    return Reservoir.build([population], inputs=2, targets=1)


def test_short_sequences_come_first_and_are_whole():
    given = _given()
    found = list(stages(Batch.of(**given), Learning(steps=10, grow=(8, 16), segment=20)))
    assert [now.steps for now, _ in found] == [3, 3, 4]
    for (_, some), rows, longest in zip(found, ([0, 2, 5], [0, 2, 3, 5], range(6)), (8, 15, 20), strict=True):
        for name, array in given.items():
            expected = array[list(rows)] if name == "lengths" else array[list(rows), :longest]
            np.testing.assert_array_equal(getattr(some, name), expected)


def test_where_none_is_short_enough_all_are_cut():
    given = _given() | {"lengths": None}
    found = [(now.segment, some.inputs.shape) for now, some in stages(Batch.of(**given), Learning(grow=(5,)))]
    assert found == [(5, (6, 20, 2)), (200, (6, 20, 2))]


def test_growing_is_one_run_after_the_other():
    given, settings = _given(), Learning(objective="target", steps=6, grow=(8,), segment=20)
    steps = []
    grown, history = learn(_reservoir(), settings=settings, progress=lambda *s: steps.append(s), **given)
    by_hand, losses = _reservoir(), []
    for stage, (now, some) in enumerate(stages(Batch.of(**given), settings)):
        by_hand, one = learn(by_hand, some, now, seed=stage)
        losses.append(one.losses)
    np.testing.assert_array_equal(history.losses, np.concatenate(losses))
    assert history.losses.shape == history.selected.shape == (6, 2)
    assert steps == [(3, 6), (6, 6)]
    for one, other in zip(jax.tree.leaves(grown.weights), jax.tree.leaves(by_hand.weights), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_batch_grows_as_its_arrays_do():
    given, settings = _given(), Learning(objective="target", steps=6, grow=(8,), segment=20)
    _, of_arrays = learn(_reservoir(), settings=settings, **given)
    _, of_batch = learn(_reservoir(), Batch.of(**given), settings)
    np.testing.assert_array_equal(of_batch.losses, of_arrays.losses)


@pytest.mark.parametrize("grow", [(50, 20), (1, 20), (20, 20), (200,), (20, 300)])
def test_lengths_that_do_not_grow(grow):
    with pytest.raises(AuritaError, match="expected ascending steps from 2 on, all below segment"):
        Learning(grow=grow)
