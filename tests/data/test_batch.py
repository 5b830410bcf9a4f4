"""What is held out is other sequences, or later steps, and never meets what is learnt on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurita import AuritaError
from aurita.data.batch import Batch
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
