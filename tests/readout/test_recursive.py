"""Recursive least squares against ridge on the same rows, fading rows included."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from aurita.errors import AuritaError
from aurita.readout import RecursiveLeastSquares, RidgeReadout


def data(count, features=4, outputs=2, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, features)) @ rng.normal(size=(features, features)) + 3.0
    return x, x @ rng.normal(size=(features, outputs)) + rng.normal(size=(count, outputs)) + 10.0


def one_by_one(readout, x, y):
    for row, target in zip(x, y, strict=True):
        readout.learn_one(row, target)
    return readout


@pytest.mark.parametrize("penalty", [1e-8, 1e-2, 10.0])
@pytest.mark.parametrize("shape", [(1, 4), (3, 6), (50, 4), (300, 4), (200, 90)])
def test_equals_ridge_with_the_same_penalty(penalty, shape):
    x, y = data(*shape)
    peer = Ridge(alpha=penalty, solver="svd").fit(x, y)
    for readout in (
        one_by_one(RecursiveLeastSquares(penalty), x, y),
        RecursiveLeastSquares(penalty).learn_many(x, y),
    ):
        np.testing.assert_allclose(readout.predict(x), peer.predict(x), rtol=1e-6)
        if penalty > 1e-8 or shape[0] > shape[1]:
            np.testing.assert_allclose(readout.coef_.T, peer.coef_, rtol=1e-5, atol=1e-7)
            np.testing.assert_allclose(readout.intercept_, peer.intercept_, rtol=1e-5)


def test_equals_our_ridge_readout():
    x, y = data(80)
    ridge = RidgeReadout([1e-2], standardize=False).fit(x, y)
    online = one_by_one(RecursiveLeastSquares(ridge.penalty_), x, y)
    np.testing.assert_allclose(online.coef_, ridge.coef_, rtol=1e-9)
    np.testing.assert_allclose(online.intercept_, ridge.intercept_, rtol=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 90), min_size=1, max_size=6), st.sampled_from([1.0, 0.99, 0.9, 0.3]))
def test_blocks_equal_single_rows_however_cut(sizes, forgetting):
    x, y = data(sum(sizes))
    single = one_by_one(RecursiveLeastSquares(0.1, forgetting), x, y)
    blocks = RecursiveLeastSquares(0.1, forgetting)
    for start, size in zip(np.cumsum([0, *sizes[:-1]]), sizes, strict=True):
        blocks.learn_many(x[start : start + size], y[start : start + size])
    np.testing.assert_allclose(blocks.coef_, single.coef_, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(blocks.intercept_, single.intercept_, rtol=1e-7)
    assert blocks.count == single.count == len(x)


@pytest.mark.parametrize("forgetting", [0.999, 0.95, 0.4])
def test_forgetting_is_ridge_with_fading_weights(forgetting):
    """Between restorations the penalty is at most halved; at a restoration it is whole."""
    x, y = data(700)
    for penalty in (1e-6, 5.0):
        readout = RecursiveLeastSquares(penalty, forgetting)
        for count in (1, 3, 500, 509, 530, 700):
            readout.learn_many(x[readout.count : count], y[readout.count : count])
            left = penalty * forgetting ** readout.config()["stale"]
            assert penalty / 2 <= left <= penalty
            fading = forgetting ** np.arange(count - 1, -1, -1.0)
            peer = Ridge(alpha=left, solver="svd").fit(x[:count], y[:count], sample_weight=fading)
            np.testing.assert_allclose(readout.predict(x), peer.predict(x), rtol=1e-6)


def test_forgetting_follows_a_change_that_memory_averages():
    x, _ = data(2000, 3)
    y = np.where(np.arange(2000) < 1000, x @ [1.0, 2.0, 3.0], x @ [-3.0, 0.0, 1.0])
    new = RecursiveLeastSquares(1e-3, 0.98).learn_many(x, y)
    np.testing.assert_allclose(new.coef_[:, 0], [-3.0, 0.0, 1.0], atol=1e-3)
    old = RecursiveLeastSquares(1e-3).learn_many(x, y)
    assert np.abs(old.coef_[:, 0] - [-3.0, 0.0, 1.0]).max() > 1.0


def test_silence_does_not_wind_up():
    """20 memories of constant input, then the old signal: no burst, and the inverse keeps its bound."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3000, 3))
    x[:, 2] = 1.0
    x[500:2500] = x[499]
    y = x @ [1.0, -1.0, 0.0] + 0.01 * rng.normal(size=3000)
    readout = RecursiveLeastSquares(0.1, 0.99)
    worst = 0.0
    for t in range(3000):
        if t > 100:
            worst = max(worst, abs(readout.predict_one(x[t]) - y[t]))
        readout.learn_one(x[t], y[t])
        assert np.linalg.norm(readout._inverse, 2) <= 2 / 0.1 * (1 + 1e-9)
    assert worst < 3 * np.abs(y).max()
    np.testing.assert_allclose(readout.coef_[:, 0], [1.0, -1.0, 0.0], atol=0.01)


def test_a_hundred_thousand_steps_stay_exact_and_symmetric():
    """Nearly collinear features and a tiny penalty, the case in which plain recursions lose their digits."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100_000, 3)) + 50.0
    x[:, 2] = x[:, 0] + 1e-3 * x[:, 2]
    y = x @ [1.0, 2.0, -1.0] + 0.1 * rng.normal(size=100_000)
    readout = RecursiveLeastSquares(1e-6)
    for start in range(0, 90_000, 500):
        readout.learn_many(x[start : start + 500], y[start : start + 500])
    one_by_one(readout, x[90_000:], y[90_000:])
    np.testing.assert_array_equal(readout._inverse, readout._inverse.T)
    centred = x - x.mean(axis=0)
    expected = np.linalg.solve(centred.T @ centred + 1e-6 * np.eye(3), centred.T @ (y - y.mean()))
    np.testing.assert_allclose(readout.coef_[:, 0], expected, rtol=1e-6)


def test_ten_thousand_single_steps_with_forgetting_stay_symmetric_and_positive():
    x, y = data(10_000, 5)
    x[:, 4] = x[:, 3]
    readout = one_by_one(RecursiveLeastSquares(1e-9, 0.995), x, y)
    np.testing.assert_array_equal(readout._inverse, readout._inverse.T)
    assert np.linalg.eigvalsh(readout._inverse).min() > 0
    assert np.all(np.isfinite(readout.coef_))
    np.testing.assert_allclose(readout.coef_[3], readout.coef_[4], atol=1e-3)


def test_a_penalty_below_rounding_still_solves():
    """Six features of rank three, a million times a million of penalty: neither error nor enormous weights."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3)) * 1e4
    x = np.hstack([x, x @ rng.normal(size=(3, 3))])
    readout = RecursiveLeastSquares(1e-12).learn_many(x, x[:, 0])
    np.testing.assert_allclose(readout.predict(x), x[:, 0], atol=1e-5)
    assert np.abs(readout.coef_).max() < 10


def test_scalars_in_scalars_out():
    x, y = data(20)
    readout = RecursiveLeastSquares(0.1)
    for row, target in zip(x, y[:, 0], strict=True):
        assert readout.learn_one(row, float(target)) is readout
    assert isinstance(readout.predict_one(x[0]), float)
    assert readout.predict(x).shape == (20,)
    wide = RecursiveLeastSquares(0.1).learn_many(x, y)
    assert wide.predict_one(x[0]).shape == (2,)
    assert wide.predict(x).shape == (20, 2)
    assert wide.predict(x)[:, 0] == pytest.approx(readout.predict(x))


def test_goes_on_learning_after_being_stored():
    x, y = data(300)
    readout = RecursiveLeastSquares(0.1, 0.97).learn_many(x[:130], y[:130])
    config = json.loads(json.dumps(readout.config()))
    again = RecursiveLeastSquares.from_arrays(readout.to_arrays(), config)
    assert again.predict(x).tobytes() == readout.predict(x).tobytes()
    readout.learn_many(x[130:], y[130:])
    again.learn_many(x[130:], y[130:])
    assert again.predict(x).tobytes() == readout.predict(x).tobytes()
    with pytest.raises(AuritaError, match=r"'inverse' has shape \(2, 2\)"):
        RecursiveLeastSquares.from_arrays(readout.to_arrays() | {"inverse": np.eye(2)}, config)


def test_complaints_name_what_is_wrong():
    x, y = data(10)
    with pytest.raises(AuritaError, match="learned nothing yet"):
        RecursiveLeastSquares().predict(x)
    with pytest.raises(AuritaError, match="regularisation is 0"):
        RecursiveLeastSquares(0.0).learn_many(x, y)
    with pytest.raises(AuritaError, match=r"forgetting is 1\.5"):
        RecursiveLeastSquares(1.0, 1.5).learn_many(x, y)
    readout = RecursiveLeastSquares().learn_many(x, y)
    before = readout.coef_.copy()
    with pytest.raises(AuritaError, match="NaN"):
        readout.learn_one(x[0], [np.nan, 0.0])
    with pytest.raises(AuritaError, match="4 features and 1 outputs, those before had 4 and 2"):
        readout.learn_many(x, y[:, :1])
    with pytest.raises(AuritaError, match="3 columns; 4 are expected"):
        readout.predict_one(x[0, :3])
    np.testing.assert_array_equal(readout.coef_, before)
