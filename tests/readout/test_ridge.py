"""Ridge against scikit-learn, dense hat matrices and brute force: every row really left out."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from aurita.errors import AuritaError
from aurita.readout import Moments, RidgeReadout

GRID = np.logspace(-6, 2, 9)


def data(count, features, outputs=2, seed=0, noise=0.3):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, features)) @ rng.normal(size=(features, features)) * np.logspace(-1, 1, features) + 5.0
    y = x @ rng.normal(size=(features, outputs)) / np.sqrt(features) + noise * rng.normal(size=(count, outputs)) - 2.0
    return x, y, rng.uniform(0.2, 2.0, count)


def solve(x, y, penalty, weights):
    """Weighted ridge with a free intercept, by an augmented normal equation in raw coordinates."""
    a = np.hstack([np.ones((len(x), 1)), x])
    square = (a.T * weights) @ a + penalty * np.diag([0.0] + [1.0] * x.shape[1])
    return np.linalg.solve(square, (a.T * weights) @ y)


def scaled(x, weights, standardize):
    mean = np.average(x, axis=0, weights=weights)
    deviation = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=weights))
    return (x / deviation if standardize else x), (1.0 if standardize else np.mean(deviation**2))


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("shape", [(40, 6), (12, 11), (13, 12), (8, 20)])
def test_leave_one_out_equals_leaving_out_each_row(standardize, weighted, shape):
    x, y, w = data(*shape)
    w = w if weighted else np.ones(len(x))
    z, unit = scaled(x, w, standardize)
    expected = []
    for alpha in GRID:
        errors = []
        for i in range(len(x)):
            rest = np.arange(len(x)) != i
            b = solve(z[rest], y[rest], alpha * unit * w.sum(), w[rest])
            errors.append(y[i] - b[0] - z[i] @ b[1:])
        expected.append(np.average(np.square(errors), axis=0, weights=w))
    readout = RidgeReadout(GRID, standardize=standardize).fit(x, y, w if weighted else None)
    np.testing.assert_allclose(readout.scores_, expected, rtol=2e-4)
    best = int(np.argmin((np.array(expected) / np.var(y, axis=0)).sum(axis=1)))
    if not weighted:
        assert readout.alpha_ == pytest.approx(GRID[best])
        np.testing.assert_allclose(readout.error_, expected[best], rtol=2e-4)


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("shape", [(40, 6), (12, 11), (13, 12), (8, 20)])
def test_gcv_equals_the_dense_hat_matrix(standardize, shape):
    x, y, _ = data(*shape)
    n = len(x)
    z, unit = scaled(x, np.ones(n), standardize)
    a = np.hstack([np.ones((n, 1)), z])
    expected = []
    for alpha in GRID:
        hat = a @ np.linalg.solve(a.T @ a + alpha * unit * n * np.diag([0.0] + [1.0] * z.shape[1]), a.T)
        rest = y - hat @ y
        expected.append(np.mean(rest**2, axis=0) / (1 - np.trace(hat) / n) ** 2)
    rows = RidgeReadout(GRID, selection="gcv", standardize=standardize).fit(x, y)
    np.testing.assert_allclose(rows.scores_, expected, rtol=2e-4)
    sums = RidgeReadout(GRID, selection="gcv", standardize=standardize).fit_moments(Moments().add(x, y))
    np.testing.assert_allclose(sums.scores_, expected, rtol=2e-3)


@pytest.mark.parametrize("shape", [(60, 5), (10, 30)])
@pytest.mark.parametrize("alpha", [1e-6, 1e-2, 10.0])
def test_equals_scikit_learn(shape, alpha):
    x, y, w = data(*shape)
    readout = RidgeReadout([alpha], standardize=False).fit(x, y, w)
    peer = Ridge(alpha=readout.penalty_, solver="svd").fit(x, y, sample_weight=w)
    np.testing.assert_allclose(readout.coef_.T, peer.coef_, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(readout.intercept_, peer.intercept_, rtol=1e-6, atol=1e-8)
    mean = np.average(x, axis=0, weights=w)
    variance = np.average((x - mean) ** 2, axis=0, weights=w).mean()
    assert readout.penalty_ == pytest.approx(alpha * variance * w.sum())


@pytest.mark.parametrize("standardize", [True, False])
def test_alphas_are_free_of_scale(standardize):
    x, y, _ = data(80, 6)
    plain = RidgeReadout([1e-2], standardize=standardize).fit(x, y)
    other = RidgeReadout([1e-2], standardize=standardize).fit(np.tile(x, (3, 1)) * 1e4, np.tile(y, (3, 1)))
    np.testing.assert_allclose(plain.predict(x), other.predict(x * 1e4), rtol=1e-8)
    if standardize:
        units = np.logspace(-5, 5, 6)
        np.testing.assert_allclose(
            RidgeReadout([1e-2]).fit(x * units, y).predict(x * units), plain.predict(x), rtol=1e-8
        )


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=6), st.sampled_from(["loo", "gcv"]), st.booleans())
def test_streamed_equals_batch_for_any_chunking(sizes, selection, weighted):
    x, y, w = data(sum(sizes) + 10, 4, seed=len(sizes))
    edges = np.cumsum([0, 10, *sizes])
    chunks = [(x[a:b], y[a:b], w[a:b])[: 3 if weighted else 2] for a, b in pairwise(edges)]
    batch = RidgeReadout(GRID, selection=selection).fit(x, y, w if weighted else None)
    stream = RidgeReadout(GRID, selection=selection).fit_stream(lambda: iter(chunks))
    np.testing.assert_allclose(stream.scores_, batch.scores_, rtol=1e-7)
    np.testing.assert_allclose(stream.coef_, batch.coef_, rtol=1e-6, atol=1e-8)
    assert stream.alpha_ == batch.alpha_


def test_streamed_leave_one_out_with_fewer_rows_than_features():
    """The Gram matrix of 30 rows has rank 29 of 60; the sums score and fit as the rows do."""
    x, y, _ = data(30, 60)
    batch = RidgeReadout(GRID).fit(x, y)
    stream = RidgeReadout(GRID).fit_stream(lambda: [(x[:11], y[:11]), (x[11:], y[11:])])
    np.testing.assert_allclose(stream.scores_, batch.scores_, rtol=1e-4)
    np.testing.assert_allclose(stream.predict(x), batch.predict(x), rtol=1e-5, atol=1e-7)


def test_validation_by_rows_and_by_moments():
    x, y, w = data(90, 5)
    fitted, held, weights = slice(0, 60), slice(60, 90), w[60:]
    by_rows = RidgeReadout(GRID, selection="validation")
    by_rows.fit(x[fitted], y[fitted], validation=(x[held], y[held], weights))
    expected = [
        np.average(
            (RidgeReadout([a]).fit(x[fitted], y[fitted]).predict(x[held]) - y[held]) ** 2, axis=0, weights=weights
        )
        for a in GRID
    ]
    np.testing.assert_allclose(by_rows.scores_, expected, rtol=1e-9)
    by_sums = RidgeReadout(GRID, selection="validation")
    by_sums.fit_moments(Moments().add(x[fitted], y[fitted]), validation=Moments().add(x[held], y[held], weights))
    np.testing.assert_allclose(by_sums.scores_, expected, rtol=1e-7)
    assert by_sums.alpha_ == by_rows.alpha_


@pytest.mark.parametrize("count", [8, 20, 21])
def test_weak_penalties_are_scored_by_their_limit(count):
    """Through every row, residual and freedom both vanish; the dual of ridge, which has no such quotient, is exact.

    With M = [[K + p I, 1], [1, 0]] the error on row i when fitted without it is (M^-1 y)_i / (M^-1)_ii.
    """
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(count, 20)), rng.normal(size=count)
    tiny = np.logspace(-10, -6, 5)
    unit = np.mean(x.var(axis=0))
    expected = []
    for alpha in tiny:
        border = np.ones((count + 1, count + 1))
        border[:-1, :-1] = x @ x.T + alpha * unit * count * np.eye(count)
        border[-1, -1] = 0.0
        inverse = np.linalg.inv(border)[:-1, :-1]
        expected.append(np.mean((inverse @ y / np.diagonal(inverse)) ** 2))
    readout = RidgeReadout(tiny, standardize=False).fit(x, y)
    np.testing.assert_allclose(readout.scores_[:, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("penalty", [1e-10, 1e-4, 1.0])
def test_a_row_that_alone_carries_a_feature(penalty):
    """Least squares passes through that row; without it the feature is silent and its weight is zero."""
    x, y, _ = data(40, 3)
    x = np.column_stack([x, np.arange(40) == 7])
    unit = np.mean(x.var(axis=0))
    errors = []
    for i in range(40):
        rest = np.arange(40) != i
        used = x if i != 7 else x[:, :3]
        b = solve(used[rest], y[rest], penalty * unit * 40, np.ones(39))
        errors.append(y[i] - b[0] - used[i] @ b[1:])
    readout = RidgeReadout([penalty], standardize=False).fit(x, y)
    np.testing.assert_allclose(readout.error_, np.mean(np.square(errors), axis=0), rtol=1e-5)


def test_one_alpha_per_output():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 30))
    y = np.column_stack([x @ rng.normal(size=30), rng.normal(size=60)])
    both = RidgeReadout(per_output=True).fit(x, y)
    for o in range(2):
        alone = RidgeReadout().fit(x, y[:, o])
        assert both.alpha_[o] == alone.alpha_
        np.testing.assert_allclose(both.coef_[:, o], alone.coef_[:, 0], rtol=1e-8)
        assert both.error_[o] == pytest.approx(alone.error_[0])
    assert both.alpha_[0] < both.alpha_[1]


def test_shared_alpha_does_not_follow_the_largest_target():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 30))
    y = np.column_stack([x @ rng.normal(size=30), rng.normal(size=60)])
    assert RidgeReadout().fit(x, y).alpha_ == RidgeReadout().fit(x, y * [1.0, 1e6]).alpha_


@pytest.mark.parametrize("selection", ["loo", "gcv"])
@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("count", [6, 40])
def test_constant_and_collinear_features(selection, standardize, count):
    x, y, _ = data(count, 3)
    wide = np.column_stack(
        [x, np.full(count, 0.1), x[:, 0], np.zeros(count), x @ [1.0, 2.0, 3.0], np.full(count, -7e5)]
    )
    readout = RidgeReadout(selection=selection, standardize=standardize).fit(wide, y)
    assert np.all(readout.coef_[[3, 5, 7]] == 0)
    assert np.all(np.isfinite(readout.scores_))
    np.testing.assert_allclose(readout.coef_[0], readout.coef_[4], rtol=1e-3)
    unlike = wide.copy()
    unlike[:, [3, 5, 7]] += 1e6
    np.testing.assert_allclose(readout.predict(unlike), readout.predict(wide))


def test_features_that_hold_only_float32_rounding_get_no_weight():
    """A saturated unit flickers between two neighbouring float32 numbers; a quiet one a thousand steps wide counts."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 3)).astype(np.float32)
    x[:, 1] = np.where(rng.random(500) < 0.5, np.float32(0.99999994), np.float32(1.0))
    x[:, 2] = np.float32(0.9) + np.float32(1e-4) * x[:, 2]
    y = x[:, 0] + 1e4 * (x[:, 2].astype(float) - 0.9)
    for readout in (RidgeReadout().fit(x, y), RidgeReadout().fit(x[:3], y[:3])):
        assert readout.coef_[1, 0] == 0
    readout = RidgeReadout().fit(x, y)
    assert np.mean((readout.predict(x) - y) ** 2) < 1e-6 * np.var(y)
    assert RidgeReadout().fit(x.astype(np.float64), y).coef_[1, 0] != 0


def test_all_features_constant_predicts_the_mean():
    for selection in ("loo", "gcv"):
        readout = RidgeReadout(selection=selection).fit(np.ones((5, 3)), np.arange(5.0))
        np.testing.assert_allclose(readout.predict(np.zeros((2, 3))), [2.0, 2.0])
        # Each row against the mean of the other four: 5/4 of its deviation.
        assert readout.error_[0] == pytest.approx(2.0 * 25 / 16)


def test_exact_fit_keeps_scores_above_zero_and_recovers_the_weights():
    x, _, _ = data(300, 5)
    y = x @ [1.0, -2.0, 3.0, 0.0, 0.5] + 4.0
    for selection in ("loo", "gcv"):
        readout = RidgeReadout(selection=selection).fit(x, y)
        np.testing.assert_allclose(readout.coef_[:, 0], [1.0, -2.0, 3.0, 0.0, 0.5], atol=1e-6)
        # Rounding alone decides the sign of what is left over, so half of many targets would fall below zero.
        many = x @ np.random.default_rng(1).normal(size=(5, 40))
        scores = RidgeReadout(selection=selection).fit(x, many).scores_
        assert np.all(scores > 0)
        assert np.all(scores[0] < 1e-12 * many.var(axis=0))


@pytest.mark.parametrize("selection", ["loo", "gcv"])
def test_as_many_rows_as_features_does_not_claim_a_perfect_fit_of_noise(selection):
    """A fit through every row has no residual; its score is the limit of weak penalties, not zero."""
    rng = np.random.default_rng(4)
    for count in (29, 30, 31, 32):
        x, y = rng.normal(size=(count, 30)), rng.normal(size=count)
        readout = RidgeReadout(selection=selection).fit(x, y)
        assert readout.error_[0] > 0.3 * y.var()
        stream = RidgeReadout(selection=selection).fit_stream(lambda x=x, y=y: [(x, y)])
        np.testing.assert_allclose(stream.scores_, readout.scores_, rtol=1e-3)


def test_equal_scores_take_the_larger_alpha():
    assert RidgeReadout().fit(np.arange(6.0)[:, None], np.ones(6)).alpha_ == pytest.approx(1e4)


def test_one_dimensional_targets_come_back_one_dimensional():
    x, y, _ = data(30, 3)
    flat, column = RidgeReadout().fit(x, y[:, 0]), RidgeReadout().fit(x, y[:, :1])
    assert flat.coef_.shape == (3, 1)
    assert flat.intercept_.shape == (1,)
    assert flat.predict(x).shape == (30,)
    np.testing.assert_array_equal(flat.predict(x), column.predict(x)[:, 0])
    assert RidgeReadout().fit_stream(lambda: [(x, y[:, 0])]).predict(x).shape == (30,)


@pytest.mark.parametrize("per_output", [True, False])
def test_arrays_and_config_bring_back_the_same_bytes(per_output):
    x, y, _ = data(30, 3)
    for targets in (y, y[:, 0]):
        readout = RidgeReadout(GRID, selection="gcv", per_output=per_output).fit(x, targets)
        again = RidgeReadout.from_arrays(readout.to_arrays(), json.loads(json.dumps(readout.config())))
        assert again.predict(x).tobytes() == readout.predict(x).tobytes()
        np.testing.assert_array_equal(again.alpha_, readout.alpha_)
        np.testing.assert_array_equal(again.penalty_, readout.penalty_)
        assert again.config() == readout.config()
        arrays = readout.to_arrays()
        del arrays["coef"]
        with pytest.raises(AuritaError, match="no array 'coef'"):
            RidgeReadout.from_arrays(arrays, readout.config())
        with pytest.raises(AuritaError, match="no setting 'flat'"):
            RidgeReadout.from_arrays(readout.to_arrays(), {k: v for k, v in readout.config().items() if k != "flat"})
        with pytest.raises(AuritaError, match="damaged"):
            RidgeReadout.from_arrays(readout.to_arrays() | {"intercept": np.zeros(9)}, readout.config())


def test_complaints_name_what_is_wrong():
    x, y, _ = data(30, 3)
    with pytest.raises(AuritaError, match="not fitted"):
        RidgeReadout().predict(x)
    with pytest.raises(AuritaError, match="5 columns; expected 3"):
        RidgeReadout().fit(x, y).predict(np.ones((2, 5)))
    with pytest.raises(AuritaError, match="NaN"):
        RidgeReadout().fit(x, y).predict(np.full((2, 3), np.nan))
    with pytest.raises(AuritaError, match="1 row of weight above zero"):
        RidgeReadout().fit(x[:1], y[:1])
    with pytest.raises(AuritaError, match="0 rows"):
        RidgeReadout().fit_stream(lambda: [])
    with pytest.raises(AuritaError, match="alphas are"):
        RidgeReadout([0.0, 1.0]).fit(x, y)
    with pytest.raises(AuritaError, match="one of loo, gcv, validation"):
        RidgeReadout(selection="aic").fit(x, y)
    with pytest.raises(AuritaError, match="no validation rows were given"):
        RidgeReadout(selection="validation").fit(x, y)
    with pytest.raises(AuritaError, match="validation rows were given"):
        RidgeReadout().fit(x, y, validation=(x, y))
    with pytest.raises(AuritaError, match="2 features and 2 outputs, the fitted 3 and 2"):
        RidgeReadout(selection="validation").fit(x, y, validation=(x[:, :2], y))
    with pytest.raises(AuritaError, match="needs the rows"):
        RidgeReadout().fit_moments(Moments().add(x, y))
    used_up = iter([(x, y)])
    with pytest.raises(AuritaError, match="second pass over the chunks brought 0 rows, the first 30"):
        RidgeReadout().fit_stream(lambda: used_up)
    with pytest.raises(AuritaError, match="a function that returns a fresh iterator"):
        RidgeReadout().fit_stream([(x, y)])


def test_a_floor_bounds_what_a_feature_that_hardly_moved_can_do():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 3))
    x[:, 2] = 1 - 1e-6 * rng.uniform(size=50)
    y = x[:, :1] + 0.1 * rng.normal(size=(50, 1))
    new = np.array([[0.0, 0.0, -1.0]])
    alphas = [1e-2]
    assert abs(RidgeReadout(alphas).fit(x, y).predict(new)).max() > 1e3
    assert abs(RidgeReadout(alphas, floor=0.01).fit(x, y).predict(new)).max() < 1


def test_a_floor_changes_nothing_where_all_features_move_alike():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(40, 60)), rng.normal(size=(40, 2))
    np.testing.assert_array_equal(RidgeReadout(floor=0.01).fit(x, y).coef_, RidgeReadout().fit(x, y).coef_)
    wide = rng.normal(size=(90, 5))
    np.testing.assert_array_equal(
        RidgeReadout(floor=0.01).fit(wide, wide[:, :1]).coef_, RidgeReadout().fit(wide, wide[:, :1]).coef_
    )


def test_a_floor_below_zero():
    with pytest.raises(AuritaError, match="floor"):
        RidgeReadout(floor=-1.0).fit(np.eye(3), np.ones(3))
