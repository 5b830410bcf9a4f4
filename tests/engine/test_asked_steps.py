"""Runs of which features are wanted at some steps only."""

import numpy as np
import pytest

from aurita import AttentionUnit, BlockUnit, EchoUnit, Population, Reservoir
from aurita.data.batch import Batch
from aurita.engine.running import states_of
from aurita.native import engine, kernels

_STEPS = 16


@pytest.mark.parametrize("sequences", [2, 40])
@pytest.mark.parametrize("unit", [AttentionUnit(slots=3, memory=5, shifted_keys=True), BlockUnit(slots=3, memory=5)])
def test_features_asked_at_some_steps_are_those_of_a_whole_run(unit, sequences):
    rng, echo = np.random.default_rng(0), Population(unit=EchoUnit(slots=4), units=2, receives="inputs")
    reservoir = Reservoir.build([echo, Population(unit=unit, units=3, receives="earlier")], inputs=2, clock=(7.0,))
    assert reservoir.connected == (True, False, False)
    inputs, lengths = rng.normal(size=(sequences, _STEPS, 2)), rng.integers(4, _STEPS + 1, sequences)
    asked = rng.random((sequences, _STEPS)) < 0.2
    asked[:, 3] = False
    batch, kinds = Batch.of(inputs, lengths), ("input", "hidden", "output")
    some, whole = states_of(reservoir, batch, kinds, asked), states_of(reservoir, batch, kinds)
    for own, full, mask in zip(some, whole, asked, strict=True):
        np.testing.assert_array_equal(own[mask[: len(own)]], full[mask[: len(full)]])
    if kernels() is not None and engine() != "jax":
        assert any((own[3] != full[3]).any() for own, full in zip(some, whole, strict=True))
