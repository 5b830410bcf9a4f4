"""Summaries against a plain loop over sequences, with ragged lengths and padding of NaN."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita.errors import AuritaError
from aurita.readout import SUMMARIES, AtTimes, Last, Mean, MeanDeviation, summary_named

ALL = [Last(), Mean(), MeanDeviation(), AtTimes(1), AtTimes(3), AtTimes(4)]


def loop(summary, sequence):
    """The summary of the valid steps of one sequence, as one would write it by hand."""
    n = len(sequence)
    if isinstance(summary, Last):
        return sequence[-1]
    if isinstance(summary, Mean):
        return sequence.mean(axis=0)
    if isinstance(summary, MeanDeviation):
        return np.concatenate([sequence.mean(axis=0), sequence.std(axis=0)])
    return np.concatenate([sequence[math.ceil(i * n / summary.k) - 1] for i in range(1, summary.k + 1)])


def padded(lengths, seed, features=3, extra=2, dtype=np.float64):
    rng = np.random.default_rng(seed)
    states = np.full((len(lengths), max(lengths) + extra, features), np.nan, dtype=dtype)
    for b, length in enumerate(lengths):
        states[b, :length] = rng.normal(size=(length, features)) + 5.0
    return states


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(ALL),
    st.integers(0, 3),
    st.lists(st.integers(4, 12), min_size=1, max_size=5),
    st.lists(st.integers(0, 6), max_size=8),
    st.integers(0, 100),
)
def test_equals_a_loop_for_any_lengths_and_chunking(summary, washout, lengths, sizes, seed):
    states = padded(lengths, seed)
    expected = [loop(summary, states[b, washout:length]) for b, length in enumerate(lengths)]
    edges = np.minimum(np.cumsum([0, *sizes, 99]), states.shape[1])
    accumulator = summary.start(np.array(lengths), 3, washout)
    for a, b in pairwise(edges):
        accumulator.add(states[:, a:b])
    np.testing.assert_allclose(accumulator.finish(), expected, rtol=1e-12, atol=1e-12)
    assert accumulator.finish().shape == (len(lengths), summary.width(3))
    np.testing.assert_allclose(summary.apply(states, lengths, washout), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("summary", ALL, ids=lambda s: s.name)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_chunks_of_one_size(summary, size):
    lengths = [9, 4, 7]
    states = padded(lengths, 1)
    accumulator = summary.start(lengths, 3, 2)
    for start in range(0, states.shape[1], size):
        accumulator.add(states[:, start : start + size])
    expected = [loop(summary, states[b, 2:length]) for b, length in enumerate(lengths)]
    np.testing.assert_allclose(accumulator.finish(), expected, rtol=1e-12)


@pytest.mark.parametrize("summary", ALL, ids=lambda s: s.name)
@pytest.mark.parametrize("padding", [np.nan, np.inf, -np.inf, 1e300, 0.0])
def test_padding_never_shows(summary, padding):
    lengths = [3, 7, 5]
    states = padded(lengths, 0)
    other = np.where(np.isnan(states), padding, states)
    np.testing.assert_array_equal(summary.apply(states, lengths), summary.apply(other, lengths))


@pytest.mark.parametrize("summary", ALL, ids=lambda s: s.name)
def test_washout_never_shows_and_all_steps_count_by_default(summary):
    states = padded([6, 6], 0, extra=0)
    expected = [loop(summary, sequence) for sequence in states]
    np.testing.assert_allclose(summary.apply(states), expected, rtol=1e-12)
    early = np.concatenate([np.full((2, 2, 3), np.nan), states], axis=1)
    np.testing.assert_array_equal(summary.apply(early, washout=2), summary.apply(states))


@pytest.mark.parametrize("summary", ALL, ids=lambda s: s.name)
def test_float32_is_summed_in_float64(summary):
    states = padded([400, 250], 0, dtype=np.float32) + np.float32(1000.0)
    wide = [loop(summary, states[b, :n].astype(np.float64)) for b, n in enumerate([400, 250])]
    found = summary.apply(states, [400, 250])
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, wide, rtol=1e-10)


def test_times_are_the_ends_of_equal_stretches():
    steps = np.arange(12.0)[None, :, None]
    assert AtTimes(4).apply(steps)[0].tolist() == [2, 5, 8, 11]
    assert AtTimes(4).apply(steps, [4])[0].tolist() == [0, 1, 2, 3]
    assert AtTimes(4).apply(steps, [2])[0].tolist() == [0, 0, 1, 1]
    assert AtTimes(4).apply(steps, [1])[0].tolist() == [0, 0, 0, 0]
    assert AtTimes(3).apply(steps, [11])[0].tolist() == [3, 7, 10]


def test_names_lead_to_summaries_and_back():
    for summary in ALL:
        assert summary_named(summary.name) == summary
        assert summary_named(summary) is summary
    assert summary_named("times") == AtTimes(4)
    assert set(SUMMARIES) == {"last", "mean", "mean_deviation", "times"}
    assert len({Mean(), Mean(), Last()}) == 2


@pytest.mark.parametrize("name", ["man", "times:", "times:x", "times:0", "times:-1", "last:2", ""])
def test_unknown_names_are_refused(name):
    with pytest.raises(AuritaError):
        summary_named(name)


def test_a_near_miss_is_suggested():
    with pytest.raises(AuritaError, match="did you mean 'mean_deviation'"):
        summary_named("mean_deviaton")


def test_complaints_name_what_is_wrong():
    states = np.zeros((2, 5, 3))
    with pytest.raises(AuritaError, match="sequence 1 has 2 steps and the washout is 2"):
        Mean().apply(states, [5, 2], washout=2)
    with pytest.raises(AuritaError, match="5 steps were added, the longest sequence has 6"):
        Last().apply(states, [5, 6])
    with pytest.raises(AuritaError, match=r"shape \(5, 3\)"):
        Last().apply(states[0])
    with pytest.raises(AuritaError, match=r"\(2, time, 3\) is expected"):
        Mean().start([5, 5], 3).add(np.zeros((2, 5, 4)))
    with pytest.raises(AuritaError, match="whole numbers"):
        Mean().start([5.0, 5.5], 3)
    with pytest.raises(AuritaError, match="washout is -1"):
        Mean().start([5, 5], 3, -1)
    with pytest.raises(AuritaError, match="k is 0"):
        AtTimes(0)
