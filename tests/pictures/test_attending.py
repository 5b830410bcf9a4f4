"""Weights of attention against a softmax by hand, and against what units say their attention brought."""

import math

import numpy as np
import pytest

from aurita import AttentionUnit, AuritaError, BlockUnit, EchoUnit, Population, Reservoir, run
from aurita.pictures.attending import attention_weights

UNITS = [
    AttentionUnit(slots=3, memory=4, heads=2, gain=2.0),
    AttentionUnit(slots=3, memory=3, heads=1, shifted_keys=True, before_start="masked", dilation=2, gain=2.0),
    BlockUnit(slots=4, memory=3, heads=2, gain=2.0),
]


def built(unit, **options):
    return Reservoir.build([Population(unit=unit, units=3, receives="inputs", **options)], inputs=4, seed=1)


def test_one_window_by_hand():
    unit = AttentionUnit(slots=2, memory=3, heads=1, gain=1.5)
    reservoir = Reservoir.build([Population(unit=unit, units=2, receives="inputs")], inputs=2, seed=4)
    inputs = np.random.default_rng(0).normal(size=(1, 5, 2))
    found = attention_weights(reservoir, inputs)[0, 4, 1, 0]
    weights = {name: np.asarray(value)[..., 1] for name, value in reservoir.weights[0].unit.items()}
    slots = inputs[0][:, np.asarray(reservoir.wiring[0])[:, 1]]
    query = weights["wq"][0] @ slots[4] + weights["bq"][0]
    scores = [
        query @ (weights["wk"][0] @ slots[4 - age]) / math.sqrt(2) + weights["age_bias"][age, 0] for age in range(3)
    ]
    expected = np.exp(scores) / np.exp(scores).sum()
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("unit", UNITS, ids=["two heads", "shifted, masked, dilated", "block"])
@pytest.mark.parametrize("time_constant", [1.0, 5.0])
def test_values_weighed_by_it_are_what_the_units_attention_brought(unit, time_constant):
    reservoir = built(unit, time_constant=time_constant)
    inputs = np.random.default_rng(1).normal(size=(2, 9, 4))
    weights = attention_weights(reservoir, inputs)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)
    context, _ = run(reservoir, inputs, features=("context",))
    size = unit.feature_sizes()["context"]
    context = context.reshape(2, 9, size, 3)
    own = {name: np.asarray(value) for name, value in reservoir.weights[0].unit.items()}
    slots = inputs[:, :, np.asarray(reservoir.wiring[0])]
    if reservoir.weights[0].rates is not None:
        rates, low = np.asarray(reservoir.weights[0].rates), np.zeros(slots.shape[2:])
        for sequence in slots:
            low = np.zeros(slots.shape[2:])
            for step in sequence:
                low = (1 - rates) * low + rates * step
                step[:] = low
    for u in range(3):
        for t in (0, 3, 8):
            places = [t - age * unit.dilation for age in range(unit.memory)]
            memory = np.stack([slots[0, p, :, u] if p >= 0 else np.zeros(unit.slots) for p in places])
            if isinstance(unit, BlockUnit):
                memory = memory + own["embedding"][:, : unit.slots, u]
            heads = [own["wv"][h, :, :, u] @ (weights[0, t, u, h] @ memory) for h in range(unit.heads)]
            predicted = np.concatenate(heads)
            if isinstance(unit, BlockUnit):
                predicted = own["wo"][:, :, u] @ predicted
            np.testing.assert_allclose(context[0, t, :, u], predicted, atol=2e-5)


def test_ages_that_were_not_lived_have_no_weight():
    weights = attention_weights(built(UNITS[2]), np.ones((1, 4, 4)))
    assert (weights[0, 0, :, :, 1:] == 0).all()
    assert (weights[0, 3] > 0).all()


def test_the_first_population_that_attends_is_taken():
    echo = Population(unit=EchoUnit(slots=5), units=1, passage="mixed", afferents="all", receives="inputs")
    reservoir = Reservoir.build([echo, Population(unit=AttentionUnit(slots=3, memory=4), units=2)], inputs=2)
    assert attention_weights(reservoir, np.zeros((1, 3, 2))).shape == (1, 3, 2, 1, 4)
    with pytest.raises(AuritaError, match="without attention"):
        attention_weights(reservoir, np.zeros((1, 3, 2)), population=0)
    with pytest.raises(AuritaError, match="count from 0"):
        attention_weights(reservoir, np.zeros((1, 3, 2)), population=2)
    with pytest.raises(AuritaError, match="no unit"):
        attention_weights(Reservoir.build([echo], inputs=2), np.zeros((1, 3, 2)))
