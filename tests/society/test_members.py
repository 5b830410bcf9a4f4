"""Who is in a society: widths, memories and readout features are what was asked for, whatever the shape of the data."""

import numpy as np
import pytest

from aurita import AttentionUnit, Reservoir
from aurita.data.batch import Batch
from aurita.reservoir.features import feature_size
from aurita.society import CLOCK, mixed_society, series_society, society_for


def batch_of(count, steps):
    return Batch.of(
        np.zeros((count, steps, 2)),
        np.full(count, steps),
        np.zeros((count, steps, 1)),
        np.ones((count, steps), bool),
    )


def attention(populations):
    return [population.unit for population in populations if isinstance(population.unit, AttentionUnit)]


@pytest.mark.parametrize("society", [mixed_society, series_society])
@pytest.mark.parametrize("longest", [1, 5, 500])
def test_no_memory_reaches_back_beyond_the_longest_sequence(society, longest):
    for unit in attention(society(2, longest=longest, hidden=3, neurons=4)):
        assert unit.hidden == 3
        assert (unit.memory - 1) * unit.dilation < longest


def test_the_readout_sees_hidden_layers_and_echo_neurons_and_no_counters():
    populations = mixed_society(2, longest=10, hidden=3, neurons=5)
    reservoir = Reservoir.build(populations, inputs=2, clock=CLOCK)
    assert feature_size(reservoir, ("hidden", "output")) == 4 * 2 * 3 + 3 * 5


def test_the_shape_of_the_data_decides_and_a_width_that_is_named_stays():
    many, long = (society_for(batch_of(*shape), 200) for shape in ((20, 30), (1, 600)))
    assert {unit.hidden for unit in attention(many)} == {8}
    assert {unit.hidden for unit in attention(long)} == {600 // 30}
    for shape in ((20, 30), (1, 600)):
        assert {unit.hidden for unit in attention(society_for(batch_of(*shape), 200, hidden=5))} == {5}


@pytest.mark.parametrize(
    ("steps", "labels", "window"), [(101, False, 101), (128, False, 128), (129, False, 64), (101, True, 64)]
)
def test_sequences_asked_at_their_steps_are_seen_whole(steps, labels, window):
    given = batch_of(20, steps)
    given = given.replace(labels=given.targets[:, -1]) if labels else given
    units = attention(society_for(given, 200))
    assert {unit.memory for unit in units} == {window, 8}


def test_traces_are_an_option_that_the_readout_sees():
    populations = mixed_society(2, longest=10, neurons=5, traces=3)
    (traces,) = [population for population in populations if type(population.unit).__name__ == "TraceUnit"]
    assert (traces.units, traces.features, traces.receives) == (3, ("output",), "each")
    assert [p for p in populations if p is not traces] == mixed_society(2, longest=10, neurons=5)


def test_memories_come_last_and_leave_the_others_as_they_are():
    plain, more = (mixed_society(4, longest=50, memories=memories) for memories in (0, 2))
    assert more[: len(plain)] == plain
    units = [population.unit for population in more[len(plain) :]]
    assert [unit.kind for unit in units] == ["ungated", "gated", "turned"]
    drawn = [Reservoir.build(some, inputs=3, clock=CLOCK, targets=2, seed=0) for some in (plain, more)]
    for own, other in zip(drawn[0].weights, drawn[1].weights, strict=False):
        for name, value in own.unit.items():
            np.testing.assert_array_equal(value, other.unit[name])
