"""Streamed moments against numpy's own covariance of all rows at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita.errors import AuritaError
from aurita.readout import Moments
from aurita.readout import checks as checks_module


def rows_of(seed, count, features=4, outputs=2, *, weighted=False):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, features)) * 10.0 ** rng.integers(-3, 4, features) + rng.normal(size=features) * 100
    y = rng.normal(size=(count, outputs)) + 3.0
    return x, y, rng.integers(0, 4, count).astype(float) if weighted else None


def assert_moments(moments, x, y, weights):
    """Against numpy.cov of the rows, whole-number weights as repeats."""
    repeats = np.ones(len(x), int) if weights is None else weights.astype(int)
    together = np.repeat(np.hstack([x, y]), repeats, axis=0)
    square = np.atleast_2d(np.cov(together, rowvar=False, bias=True)) * len(together)
    f = x.shape[1]
    assert moments.count == np.count_nonzero(repeats)
    assert moments.weight == pytest.approx(len(together))
    np.testing.assert_allclose(moments.feature_mean, together.mean(axis=0)[:f], rtol=1e-10)
    np.testing.assert_allclose(moments.target_mean, together.mean(axis=0)[f:], rtol=1e-10)
    spread = np.sqrt(np.outer(np.diagonal(square), np.diagonal(square))) + 1e-300
    np.testing.assert_allclose(moments.gram / spread[:f, :f], square[:f, :f] / spread[:f, :f], atol=1e-9)
    np.testing.assert_allclose(moments.cross / spread[:f, f:], square[:f, f:] / spread[:f, f:], atol=1e-9)
    np.testing.assert_allclose(moments.target_square, np.diagonal(square)[f:], rtol=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(0, 9), min_size=1, max_size=8), st.booleans(), st.integers(0, 1000))
def test_any_chunking_and_order_gives_the_moments_of_all_rows(seed, sizes, weighted, shuffle):
    x, y, w = rows_of(seed, sum(sizes) + 3, weighted=weighted)
    if w is not None:
        w[:2] = 1
    moments = Moments()
    for part in np.random.default_rng(shuffle).permutation(len(sizes) + 1):
        edges = np.cumsum([0, *sizes, 3])
        cut = slice(edges[part], edges[part + 1])
        moments.add(x[cut], y[cut], None if w is None else w[cut])
    assert_moments(moments, x, y, w)


def test_merge_of_workers_leaves_the_other_alone():
    x, y, w = rows_of(1, 50, weighted=True)
    one, two = Moments().add(x[:20], y[:20], w[:20]), Moments().add(x[20:], y[20:], w[20:])
    before = two.gram.copy()
    both = Moments().merge(one).merge(two).merge(Moments())
    assert_moments(both, x, y, w)
    np.testing.assert_array_equal(two.gram, before)
    assert one.count < both.count


def test_large_mean_over_small_variance_does_not_cancel():
    """At a mean of 1e6 and a deviation of 1e-2, uncentred sums would keep no digit of the variance."""
    x = 1e6 + 1e-2 * np.random.default_rng(0).normal(size=(5000, 1))
    moments = Moments()
    for start in range(0, 5000, 7):
        moments.add(x[start : start + 7], x[start : start + 7])
    assert moments.gram[0, 0] == pytest.approx(np.sum((x - x.mean()) ** 2), rel=1e-7)
    assert moments.cross[0, 0] == pytest.approx(moments.target_square[0], rel=1e-12)


def test_long_input_is_worked_off_in_blocks(monkeypatch):
    x, y, w = rows_of(2, 101, weighted=True)
    monkeypatch.setattr(checks_module, "BLOCK", 40)
    assert_moments(Moments().add(x, y, w), x, y, w)


def test_float32_is_summed_in_float64():
    x = (1000 + np.random.default_rng(0).normal(size=(4000, 2))).astype(np.float32)
    moments = Moments().add(x, x[:, 0])
    assert_moments(moments, x.astype(np.float64), x[:, :1].astype(np.float64), None)
    assert moments.resolution == pytest.approx(2.0**-23)


def test_constant_columns_have_exactly_no_variance():
    x = np.full((1000, 1), 0.1)
    moments = Moments()
    for start in range(0, 1000, 30):
        moments.add(x[start : start + 30], np.arange(len(x[start : start + 30])))
    assert moments.gram[0, 0] == 0.0
    assert moments.feature_mean[0] == 0.1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e200])
@pytest.mark.parametrize("where", ["features", "targets", "weights"])
def test_values_that_cannot_be_summed_are_refused_and_nothing_is_kept(bad, where):
    x, y, _ = rows_of(3, 10)
    w = np.ones(10)
    moments = Moments().add(x, y, w)
    before = moments.gram.copy()
    {"features": x, "targets": y, "weights": w[:, None]}[where][7, 0] = bad
    with pytest.raises(AuritaError, match=f"{where} hold NaN, infinite"):
        moments.add(x, y, w)
    np.testing.assert_array_equal(moments.gram, before)


@pytest.mark.parametrize(
    ("features", "targets", "weights", "message"),
    [
        (np.ones((3, 2)), np.ones(4), None, "3 rows and targets 4"),
        (np.ones(3), np.ones(3), None, "shape"),
        (np.ones((3, 0)), np.ones(3), None, "at least one column"),
        (np.array([["a"], ["b"]]), np.ones(2), None, "numbers are expected"),
        (np.ones((3, 2)), np.ones(3), np.ones(2), "one weight a row"),
        (np.ones((3, 2)), np.ones(3), -np.ones(3), "down to -1"),
        (np.ones((3, 5)), np.ones(3), None, "5 features and 1 output, those before had 2 and 1"),
    ],
)
def test_shapes_that_do_not_fit_are_named(features, targets, weights, message):
    moments = Moments().add(np.ones((2, 2)), np.ones(2))
    with pytest.raises(AuritaError, match=message):
        moments.add(features, targets, weights)


def test_merge_of_other_columns_is_refused():
    with pytest.raises(AuritaError, match="3 features"):
        Moments().add(np.ones((2, 2)), np.ones(2)).merge(Moments().add(np.ones((2, 3)), np.ones(2)))
