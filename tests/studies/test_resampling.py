"""Permutation tests and bootstrap intervals against enumeration, formulas and scipy."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from aurita.studies._resampling import mean_intervals, sign_change_p


def enumerated(sample):
    signs = np.array(list(product([1, -1], repeat=len(sample))))
    return float((np.abs(signs @ sample) >= abs(sample.sum()) * (1 - 1e-9)).mean())


@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_few_values_are_enumerated(count):
    sample = np.random.default_rng(count).normal(0.5, 1.0, count)
    assert sign_change_p([sample], draws=2**count, seed=0)[0] == enumerated(sample)
    assert sign_change_p([np.ones(count)], draws=10**6, seed=0)[0] == 2.0 / 2**count
    assert sign_change_p([-np.ones(count)], draws=10**6, seed=0)[0] == 2.0 / 2**count, "two-sided"


def test_drawn_changes_count_the_sample_itself():
    """(1 + those as extreme) / (1 + draws), Phipson and Smyth 2010: no p of zero, ever."""
    sample = np.ones(30)
    assert sign_change_p([sample], draws=99, seed=0)[0] == 1 / 100
    assert sign_change_p([np.zeros(30)], draws=99, seed=0)[0] == 1.0
    for seed in range(3):
        mixed = np.random.default_rng(seed).normal(0.2, 1.0, 30)
        signs = 1.0 - 2.0 * np.random.default_rng(seed).integers(0, 2, (199, 30))
        extreme = (np.abs(signs @ mixed) >= abs(mixed.sum()) * (1 - 1e-9)).sum()
        assert sign_change_p([mixed], draws=199, seed=seed)[0] == (extreme + 1) / 200


def test_where_all_changes_just_fit_they_are_made():
    sample = np.random.default_rng(1).normal(0.4, 1.0, 10)
    exact = enumerated(sample)
    assert sign_change_p([sample], draws=1024, seed=0)[0] == exact
    assert sign_change_p([sample], draws=1023, seed=0)[0] * 1024 == pytest.approx(round(exact * 1024), abs=80)
    assert sign_change_p([np.ones(10)], draws=1023, seed=5)[0] == pytest.approx(1 / 1024, abs=6 / 1024)


def test_ties_count_as_extreme_however_they_round():
    """Of 0.1, 0.2, 0.3 with signs six of eight means tie in size with another; sums round differently."""
    sample = np.array([0.1, 0.2, 0.3, -0.6])
    assert sign_change_p([sample], draws=100, seed=0)[0] == 1.0
    tied = np.array([0.1, 0.2, 0.3])
    for scale in (1e-14, 1.0, 1e14):
        assert sign_change_p([tied * scale], draws=100, seed=0)[0] == 0.25
    near = np.array([1.0, 1e-5])
    assert sign_change_p([near], draws=100, seed=0)[0] == 0.5, "a hundred-thousandth is no rounding"


def test_a_sample_of_fewer_than_two_or_not_finite_has_no_p_and_no_interval():
    samples = [np.array([1.0]), np.array([1.0, np.nan, 2.0]), np.array([]), np.array([1.0, 2.0])]
    p = sign_change_p(samples, draws=100, seed=0)
    assert np.isnan(p[:3]).all()
    assert p[3] == 0.5
    intervals = mean_intervals(samples, confidence=0.9, resamples=100, seed=0)
    assert np.isnan(intervals[:3]).all()
    assert np.isfinite(intervals[3]).all()


def test_samples_of_all_lengths_come_back_in_their_places():
    rng = np.random.default_rng(2)
    samples = [rng.normal(0.5, 1.0, count) for count in (5, 8, 5, 3, 8)]
    together = sign_change_p(samples, draws=10**4, seed=0)
    assert together.tolist() == [enumerated(sample) for sample in samples]
    one_by_one = [mean_intervals([s], confidence=0.8, resamples=500, seed=3)[0] for s in samples]
    np.testing.assert_array_equal(mean_intervals(samples, confidence=0.8, resamples=500, seed=3)[[3]], [one_by_one[3]])


def test_intervals_are_scipys():
    sample = np.random.default_rng(4).exponential(size=25)
    found = mean_intervals([sample], confidence=0.9, resamples=2000, seed=7)[0]
    expected = stats.bootstrap(
        (sample[None],), np.mean, axis=-1, confidence_level=0.9, n_resamples=2000, method="BCa", rng=7
    ).confidence_interval
    np.testing.assert_allclose(found, [expected.low[0], expected.high[0]], rtol=1e-12)
    assert found[0] < sample.mean() < found[1]


@pytest.mark.parametrize("scale", [1e-14, 1.0, 1e9])
def test_a_constant_sample_has_an_interval_without_width_and_any_other_has_width(scale):
    same = scale * np.full(6, 0.1)
    np.testing.assert_array_equal(mean_intervals([same], confidence=0.9, resamples=200, seed=0)[0], [same[0], same[0]])
    varied = scale * (1 + 1e-4 * np.arange(6))
    low, high = mean_intervals([varied], confidence=0.9, resamples=200, seed=0)[0]
    assert low < varied.mean() < high


def test_where_the_corrected_interval_is_none_the_percentiles_serve():
    """All but one value alike: the correction divides nothing by nothing."""
    sample = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    found = mean_intervals([sample, np.array([1.0, 2.0, 4.0])], confidence=0.9, resamples=300, seed=1)
    assert np.isfinite(found).all()
