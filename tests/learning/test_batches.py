"""Batches: segments are pieces of their sequences, with the clock of where they were cut; what is held out is apart."""

import jax
import numpy as np
import pytest

from aurita import AttentionUnit, AuritaError, Learning, Population, Reservoir
from aurita.learning.batches import as_data, draw, fed_back, hold_out

UNIT = AttentionUnit(slots=2, heads=0, memory=1, hidden=2)


def reservoir(**arguments):
    return Reservoir.build([Population(unit=UNIT, units=3)], inputs=1, **arguments)


def numbered(count, steps, lengths=None):
    """Sequence and step can be read from every input; targets say the same, negative."""
    inputs = 100.0 * np.arange(count)[:, None, None] + np.arange(steps)[None, :, None]
    return as_data(reservoir(), inputs, lengths, -inputs, inputs[..., 0] % 2, needs_targets=False)


def test_a_batch_that_holds_everything_is_everything():
    data = numbered(3, 10)
    assert draw(data, Learning(batch=3, segment=10), jax.random.key(0)) is data


def test_sequences_are_drawn_without_repeating_any():
    data = numbered(6, 10, np.array([10, 9, 8, 7, 6, 5]))
    seen = set()
    for seed in range(20):
        batch = draw(data, Learning(batch=4), jax.random.key(seed))
        which = (np.asarray(batch.inputs)[:, 0, 0] // 100).astype(int)
        assert len(set(which)) == 4
        assert (batch.lengths == 10 - which).all()
        assert (np.asarray(batch.begins) == 0).all()
        seen |= set(which)
    assert seen == set(range(6))


def test_segments_are_cut_within_their_sequences():
    lengths = np.array([40, 12, 5])
    data = numbered(3, 40, lengths)
    starts = {0: set(), 1: set(), 2: set()}
    for seed in range(30):
        batch = draw(data, Learning(batch=8, segment=10), jax.random.key(seed))
        inputs = np.asarray(batch.inputs)[..., 0]
        assert inputs.shape == (8, 10)
        np.testing.assert_array_equal(np.diff(inputs, axis=1), 1)
        np.testing.assert_array_equal(batch.targets[..., 0], -inputs)
        np.testing.assert_array_equal(batch.scored, inputs % 2)
        which, begins = (inputs[:, 0] // 100).astype(int), inputs[:, 0] % 100
        np.testing.assert_array_equal(batch.begins, begins)
        np.testing.assert_array_equal(batch.lengths, np.minimum(lengths[which] - begins, 10))
        assert (np.asarray(batch.lengths) == np.minimum(lengths[which], 10)).all()
        for sequence, begin in zip(which, begins, strict=True):
            starts[sequence].add(int(begin))
    assert min(starts[0]) == 0
    assert max(starts[0]) == 30
    assert starts[1] == {0, 1, 2}
    assert starts[2] == {0}


def test_segments_of_segments_keep_their_place():
    late = hold_out(numbered(2, 40), 0.5)[1]
    batch = draw(late, Learning(batch=5, segment=4), jax.random.key(1))
    np.testing.assert_array_equal(batch.begins, np.asarray(batch.inputs)[:, 0, 0] % 100)


def test_many_sequences_are_held_out_whole():
    found = set()
    for seed in range(20):
        early, late = hold_out(numbered(20, 5), 0.1, seed)
        kept, held = (np.asarray(part.inputs)[:, 0, 0] // 100 for part in (early, late))
        assert sorted([*kept, *held]) == list(range(20)), "each sequence once"
        assert len(held) == 2
        np.testing.assert_array_equal(hold_out(numbered(20, 5), 0.1, seed)[1].inputs, late.inputs)
        found |= set(held)
    assert len(found) > 15, "any may be held out, not the last ones"


def test_few_sequences_are_held_out_by_their_last_part():
    early, late = hold_out(numbered(3, 20, np.array([20, 16, 10])), 0.25)
    assert np.asarray(early.inputs)[0, :, 0].tolist() == list(range(15))
    assert np.asarray(late.inputs)[0, :, 0].tolist() == list(range(15, 20))
    assert early.lengths.tolist() == [15, 15, 10]
    assert late.lengths.tolist() == [5, 1, 0]
    assert late.begins.tolist() == [15, 15, 15]
    with pytest.raises(AuritaError, match="2 sequences of 3 steps: too few to hold out 10%; use stopping=None"):
        hold_out(numbered(2, 3), 0.1)


def test_targets_are_fed_back_where_the_channels_agree():
    inputs = np.zeros((2, 4, 1))
    targets = np.arange(16.0).reshape(2, 4, 2)
    for channels, expected in ((0, False), (1, False), (2, True)):
        built = reservoir(feedback=channels)
        given = fed_back(built, as_data(built, inputs, None, targets, None, needs_targets=False))
        assert (given is not None) == expected
    np.testing.assert_array_equal(given, np.transpose(targets, (1, 2, 0)))


INPUTS = np.zeros((2, 4, 1))


@pytest.mark.parametrize(
    ("targets", "scored", "message"),
    [
        (None, None, "the objective needs the broadcast target and no targets were given"),
        (np.zeros((2, 4, 3)), None, r"targets have shape \(2, 4, 3\); expected \(2, 4, 2\)"),
        (np.zeros((2, 4)), None, r"targets have shape \(2, 4\); expected \(2, 4, 2\)"),
        (np.full((2, 4, 2), "a"), None, "targets are no regular array of numbers"),
        (np.full((2, 4, 2), np.nan), None, "targets hold NaN or infinite values at scored steps"),
        (np.zeros((2, 4, 2)), np.ones((2, 3)), r"scored has shape \(2, 3\); expected \(2, 4\)"),
        (np.zeros((2, 4, 2)), np.full((2, 4), np.nan), "scored holds negative, NaN or infinite values"),
        (np.zeros((2, 4, 2)), -np.ones((2, 4)), "scored holds negative, NaN or infinite values"),
    ],
)
def test_wrong_targets(targets, scored, message):
    with pytest.raises(AuritaError, match=message):
        as_data(reservoir(targets=2), INPUTS, None, targets, scored, needs_targets=True)


def test_units_without_heads_for_a_target():
    with pytest.raises(AuritaError, match="no heads for a target; build the reservoir with targets=3"):
        as_data(reservoir(), INPUTS, None, np.zeros((2, 4, 3)), None, needs_targets=True)


def test_targets_may_be_missing_where_they_are_not_scored():
    targets = np.zeros((2, 4, 2))
    targets[:, 1] = [np.nan, np.inf]
    data = as_data(reservoir(targets=2), INPUTS, None, targets, np.arange(4) != np.ones((2, 1)), needs_targets=True)
    assert np.isfinite(data.targets).all()
