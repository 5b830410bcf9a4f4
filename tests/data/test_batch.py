"""What is held out is other sequences, or later steps, and never meets what is learnt on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurita import AttentionUnit, AuritaError, Learning, Population, Reservoir, learn
from aurita.data.batch import Batch, by_length
from aurita.data.held_out import split


def batch_of(lengths, outputs=1, labels=None):
    longest, count = max(lengths), len(lengths)
    scored = np.arange(longest)[None] < np.array(lengths)[:, None]
    zeros = np.zeros((count, longest, outputs))
    return Batch.of(zeros, np.array(lengths), zeros, scored, labels)


@given(st.lists(st.integers(4, 30), min_size=1, max_size=25), st.sampled_from([0.1, 0.25, 0.5]), st.integers(0, 5))
def test_parts_do_not_meet(lengths, share, seed):
    given = batch_of(lengths)
    early, late = split(given, share, seed)
    if given.many:
        assert sorted([*early.rows, *late.rows]) == list(range(len(lengths)))
        assert len(late.rows) == max(1, round(share * len(lengths)))
    else:
        assert not (early.steps & late.steps).any()
        for row in range(len(lengths)):
            assert early.until[row] <= np.flatnonzero(late.steps[row]).min()
            assert np.flatnonzero(early.steps[row]).max() < early.until[row] if early.until[row] else True
        np.testing.assert_array_equal(late.until, lengths)
    for part in (early, late):
        assert not part.steps[np.arange(given.inputs.shape[1]) >= np.array(lengths)[:, None]].any()


def test_the_same_seed_holds_out_the_same():
    first, second, other = (split(batch_of([5] * 20), 0.25, seed)[1].rows.tolist() for seed in (1, 1, 2))
    assert first == second != other


def test_steps_that_are_judged_in_any_sequence():
    given = batch_of([3, 7])
    given.scored[:] = False
    given.scored[0, 2] = given.scored[1, [2, 6]] = True
    assert given.scored_steps == 2


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_a_share_that_is_none(share):
    with pytest.raises(AuritaError, match="held_out is"):
        split(batch_of([5]), share, 0)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30), st.integers(1, 8))
def test_batches_of_similar_lengths_hold_every_sequence_once(lengths, most):
    values = [np.full((length, 2), number + 1.0) for number, length in enumerate(lengths)]
    seen, longest = [], 0
    for which, batch in by_length(values, most):
        assert len(which) <= most
        assert batch.lengths[: len(which)].tolist() == [lengths[number] for number in which]
        assert longest <= batch.lengths[0]
        longest = batch.lengths[: len(which)].max()
        for row, number in zip(batch.inputs, which, strict=False):
            assert (row[: lengths[number]] == number + 1).all()
            assert not row[lengths[number] :].any()
        assert not batch.inputs[len(which) :].any()
        seen += which.tolist()
    assert sorted(seen) == list(range(len(lengths)))


def test_a_wider_batch_scores_no_more_steps():
    batch = Batch.padded([np.ones((9, 1)), np.ones((4, 1))], targets=np.ones((2, 9, 3)))
    wide = batch.widened()
    assert wide.inputs.shape == (2, 10, 1)
    assert wide.scored.sum() == batch.scored.sum()
    assert wide.targets.sum() == batch.targets.sum()
    assert wide.alive.sum() == batch.alive.sum()


def test_rows_are_those_of_every_array():
    batch = Batch.of(np.arange(6.0).reshape(3, 2, 1), labels=np.eye(3), washout=1)
    some = batch.rows(np.array([2, 0]))
    assert some.inputs[:, 0, 0].tolist() == [4.0, 0.0]
    assert some.labels.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert (some.washout, some.parts) == (1, None)


def test_learning_takes_a_batch_for_its_arrays():
    rng = np.random.default_rng(0)
    group = Population(unit=AttentionUnit(slots=2, memory=3, hidden=2), units=2)
    reservoir = Reservoir.build([group], inputs=1, targets=1)
    inputs, targets, lengths = rng.normal(size=(4, 8, 1)), rng.normal(size=(4, 8, 1)), np.array([8, 5, 8, 6])
    scored, how = rng.random((4, 8)) < 0.5, Learning(objective="target", loss="squares", steps=3)
    _, whole = learn(reservoir, Batch.of(inputs, lengths, targets, scored), how)
    _, apart = learn(reservoir, inputs, how, lengths=lengths, targets=targets, scored=scored)
    np.testing.assert_array_equal(whole.losses, apart.losses)
