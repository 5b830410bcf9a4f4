"""Shapes of weights as they are declared, against those that are drawn."""

import jax
import pytest

from aurita import AnarchistUnit, AttentionUnit, BlockUnit, EchoUnit
from aurita.units import DiagonalMemoryUnit, PhaseUnit, TraceUnit
from aurita.units.given_echo import GivenEchoUnit

UNITS = [
    AttentionUnit(),
    AttentionUnit(slots=3, memory=5, heads=2, head_dim=2, hidden=0, shifted_keys=True, horizons=(1, 2, 4)),
    AttentionUnit(heads=0, hidden=3, age_bias="mixed"),
    BlockUnit(),
    BlockUnit(slots=3, heads=0, normalisation="rms", horizons=(1, 3)),
    BlockUnit(slots=5, heads=2, hidden=0, normalisation="none", shifted_keys=True),
    BlockUnit(normalisation="tanh", memory=3, head_dim=7),
    EchoUnit(slots=9, connections=2),
    EchoUnit(slots=65, connections=3),
    EchoUnit(slots=65, connections=0),
    GivenEchoUnit(slots=2, inputs=((1,), (0,)), recurrent=((0, 0), (1, 0)), bias=(0, 0), leaks=(1, 0.5)),
    AnarchistUnit(slots=3),
    PhaseUnit(slots=4),
    TraceUnit(slots=4),
    DiagonalMemoryUnit(),
    DiagonalMemoryUnit(slots=3, kind="ungated", hidden=0, horizons=(1, 2)),
    DiagonalMemoryUnit(slots=2, kind="turned", states=5, real=0.5),
]


@pytest.mark.parametrize("unit", UNITS, ids=repr)
@pytest.mark.parametrize("targets", [0, 3])
def test_shapes_are_those_that_are_drawn(unit, targets):
    drawn = unit.init(jax.random.key(0), 2, targets)
    assert {name: (*shape, 2) for name, shape in unit.weight_shapes(targets).items()} == {
        name: array.shape for name, array in drawn.items()
    }
