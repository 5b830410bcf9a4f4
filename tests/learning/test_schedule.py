"""Batches drawn on the host: what they hold, and segments as sequences of their own."""

import numpy as np
import pytest

from aurita import AttentionUnit, Learning, Population, Reservoir
from aurita.learning._schedule import in_pieces, schedule
from aurita.learning.batches import as_data, cut_out

RESERVOIR = Reservoir.build([Population(unit=AttentionUnit(slots=2), units=2)], inputs=1, targets=1)
LENGTHS = np.array([30, 25, 30, 8, 30, 30])


def data(scored=None):
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(2, 6, 30, 1))
    return as_data(RESERVOIR, inputs, LENGTHS, targets, scored, needs_targets=True)


def last():
    return np.arange(30) == LENGTHS[:, None] - 1


def test_whole_sequences_are_drawn_without_replacement_and_all_alike():
    drawn = schedule(data(), Learning(batch=4, steps=300), {"target"}, seed=0)
    assert drawn.rows.shape == (300, 4)
    assert (drawn.starts == 0).all()
    assert all(len(set(rows)) == 4 for rows in drawn.rows.tolist())
    counts = np.bincount(drawn.rows.ravel(), minlength=6)
    assert abs(counts - 200).max() < 60
    again = schedule(data(), Learning(batch=4, steps=300), {"target"}, seed=0)
    np.testing.assert_array_equal(drawn.rows, again.rows)


@pytest.mark.parametrize("scored", ["last", "some"])
def test_every_cut_holds_a_scored_step_where_only_a_target_is_judged(scored):
    mask = last() if scored == "last" else np.random.default_rng(1).random((6, 30)) < 0.05
    mask &= np.arange(30) < LENGTHS[:, None]
    drawn = schedule(data(mask), Learning(batch=5, steps=200, segment=10), {"target"}, seed=0)
    for row, start in zip(drawn.rows.ravel(), drawn.starts.ravel(), strict=True):
        assert 0 <= start <= max(LENGTHS[row] - 10, 0)
        assert mask[row, start : start + 10].any() or not mask[row].any()
    free = schedule(data(mask), Learning(batch=5, steps=200, segment=10), {"self"}, seed=0)
    assert not all(mask[r, s : s + 10].any() for r, s in zip(free.rows.ravel(), free.starts.ravel(), strict=True))


def test_segments_as_sequences_are_what_batches_would_cut():
    given, settings = data(last()), Learning(batch=5, steps=20, segment=10)
    drawn = schedule(given, settings, {"target"}, seed=3)
    pieces, batches = in_pieces(given, settings, drawn, most=10**6)
    assert len(pieces.inputs) <= 6, "a label at the end is in one segment of each sequence"
    for step in range(20):
        cut = cut_out(given, settings, drawn.rows[step], drawn.starts[step])
        mine = pieces.rows(batches.rows[step])
        for name in ("inputs", "lengths", "targets", "scored", "begins"):
            np.testing.assert_array_equal(getattr(mine, name), getattr(cut, name), err_msg=name)
    assert in_pieces(given, settings, drawn, most=10) == (given, drawn)


def test_cuts_are_anywhere_where_all_hold_scored_steps():
    drawn = schedule(data(np.ones((6, 30), bool)), Learning(batch=50, steps=100, segment=10), {"target"}, seed=0)
    starts = drawn.starts[drawn.rows == 0]
    counts = np.bincount(starts, minlength=21)
    assert len(counts) == 21
    assert counts.min() > 0.5 * counts.mean()
