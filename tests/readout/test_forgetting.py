"""The readout of several memories against weighted ridge by hand, over changes, long streams and silence."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita.errors import AuritaError
from aurita.readout import ForgettingReadout, RidgeReadout


def data(count, features=4, outputs=2, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, features)) @ rng.normal(size=(features, features)) + 3.0
    return x, x @ rng.normal(size=(features, outputs)) + rng.normal(size=(count, outputs)) + 10.0


def in_blocks(readout, x, y, sizes):
    for start, size in zip(np.cumsum([0, *sizes[:-1]]), sizes, strict=True):
        readout.learn_many(x[start : start + size], y[start : start + size])
    return readout


def by_hand(x, y, sizes, memory, alpha, prior=0.0):
    """Weighted ridge of scaled columns: a row weighs by the rows that came after its block."""
    ends, scale = np.cumsum(sizes), 0.0
    y = y - x @ (prior + np.zeros((x.shape[1], y.shape[1])))
    for count, end in enumerate(ends, 1):
        w = np.exp(-(end - np.repeat(ends[:count], sizes[:count])) / memory)
        w /= w.sum()
        x_mean = w @ x[:end]
        scale = np.maximum(scale, np.sqrt(w @ (x[:end] - x_mean) ** 2))
    y_mean = w @ y
    z = (x - x_mean) / scale
    b = np.linalg.solve(z.T @ (w[:, None] * z) + alpha * np.eye(x.shape[1]), z.T @ (w[:, None] * (y - y_mean)))
    b /= scale[:, None]
    return prior + b, y_mean - x_mean @ b


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(1, 40), min_size=3, max_size=8),
    st.sampled_from([5.0, 80.0, np.inf]),
    st.sampled_from([1e-6, 1e-1, 3.0]),
)
def test_equals_weighted_ridge_by_hand(sizes, memory, alpha):
    sizes = [10, *sizes]
    x, y = data(sum(sizes))
    readout = in_blocks(ForgettingReadout([memory], [alpha]), x, y, sizes)
    coef, intercept = by_hand(x, y, sizes, memory, alpha)
    np.testing.assert_allclose(readout.coef_, coef, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(readout.intercept_, intercept, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(readout.predict(x), x @ coef + intercept, rtol=1e-6)


def test_without_forgetting_it_is_the_ridge_readout():
    x, y = data(90)
    ridge = RidgeReadout([1e-2]).fit(x, y)
    readout = ForgettingReadout([np.inf], [1e-2]).learn_many(x, y)
    np.testing.assert_allclose(readout.coef_, ridge.coef_, rtol=1e-9)
    np.testing.assert_allclose(readout.intercept_, ridge.intercept_, rtol=1e-9)


def test_a_prior_speaks_first_and_is_what_the_weights_are_drawn_to():
    x, y = data(60)
    prior = np.full((4, 2), 0.5), np.array([1.0, 2.0]), np.array([3.0, 4.0])
    readout = ForgettingReadout([np.inf], [0.3], prior=prior)
    np.testing.assert_array_equal(readout.coef_, prior[0])
    np.testing.assert_array_equal(readout.error_, prior[2])
    readout.learn_many(x[:30], y[:30])
    np.testing.assert_array_equal(readout.coef_, prior[0])
    assert readout.memory_ is None
    readout.learn_many(x[30:], y[30:])
    coef, _ = by_hand(x, y, [30, 30], np.inf, 0.3, prior=0.5)
    np.testing.assert_allclose(readout.coef_, coef, rtol=1e-7)
    stubborn = in_blocks(ForgettingReadout([np.inf], [1e9], prior=prior), x, y, [30, 30])
    np.testing.assert_allclose(stubborn.coef_, prior[0], atol=1e-6)


def test_rounding_does_not_add_up_over_a_long_stream():
    rng = np.random.default_rng(0)
    readout, late = ForgettingReadout([200.0], [1e-12]), ForgettingReadout([200.0], [1e-12])
    for block in range(4000):
        x = rng.normal(size=(50, 5)) + 100.0
        y = x[:, :2] + rng.normal(size=(50, 2))
        readout.learn_many(x, y)
        if block >= 3800:
            late.learn_many(x, y)
    # What came before the last 10000 rows weighs exp(-50).
    np.testing.assert_allclose(readout.coef_, late.coef_, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(readout.intercept_, late.intercept_, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("memories", [[50.0], [50.0, 500.0]])
def test_a_feature_that_falls_silent_does_not_wind_up_its_weight(memories):
    x, y = data(20_000, features=6)
    largest = np.abs(ForgettingReadout([np.inf]).learn_many(x, y).coef_).max()
    x[2000:, 3:] = 7.0 + 1e-9 * np.random.default_rng(1).normal(size=(18_000, 3))
    readout = in_blocks(ForgettingReadout(memories), x, y, [100] * 200)
    assert np.abs(readout.coef_).max() < 10 * largest


def changing(seed, steps=6000, change=4000, features=30):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(steps, features))
    first, second = rng.normal(size=(2, features))
    return x, np.where(np.arange(steps) < change, x @ first, x @ second) + rng.normal(size=steps)


def errors_of(readout, x, y, block=50):
    found = np.zeros(len(y))
    for start in range(0, len(y), block):
        rows = slice(start, start + block)
        if start:
            found[rows] = readout.predict(x[rows]) - y[rows]
        readout.learn_many(x[rows], y[rows])
    return found


@pytest.mark.parametrize("seed", range(3))
def test_a_change_is_followed_and_costs_nothing_while_there_is_none(seed):
    x, y = changing(seed)
    bank = errors_of(ForgettingReadout(), x, y)
    short, never = errors_of(ForgettingReadout([300.0]), x, y), errors_of(ForgettingReadout([np.inf]), x, y)
    stationary, after = slice(2000, 4000), slice(5000, 6000)
    # The noise has a deviation of 1, the least error there can be.
    assert np.mean(bank[stationary] ** 2) < 1.01 * np.mean(never[stationary] ** 2) < np.mean(short[stationary] ** 2)
    assert np.mean(bank[after] ** 2) < 1.1
    assert np.mean(never[after] ** 2) > 2


def test_what_it_says_of_itself():
    x, y = changing(0, steps=4000, change=4000)
    readout = ForgettingReadout()
    errors = errors_of(readout, x, y)
    assert readout.memory_ in (3000.0, np.inf)
    assert readout.alpha_ in readout.alphas
    weights = np.exp(-np.arange(3999, -1, -1) / 200.0)
    weights[:50] = 0.0
    np.testing.assert_allclose(readout.error_, weights @ errors**2 / weights.sum(), rtol=1e-3)


def test_a_block_that_ran_wild_is_not_held_against_a_weak_penalty_for_long():
    rng = np.random.default_rng(0)
    wave = np.sin(np.arange(1600) / 5)
    wave[800:] = np.sin(np.arange(800) / 3)
    x = np.stack([np.roll(wave, lag) for lag in range(1, 5)], axis=1) @ rng.normal(size=(4, 20))
    errors = errors_of(ForgettingReadout(), x, wave)
    assert np.abs(errors[700:800]).max() < 5e-3
    assert np.abs(errors[1200:]).max() < 5e-3


def test_no_array_grows():
    x, y = changing(0)
    readout = ForgettingReadout()
    readout.learn_many(x[:50], y[:50])
    sizes = {name: array.shape for name, array in readout.to_arrays().items()}
    errors_of(readout, x, y)
    assert {name: array.shape for name, array in readout.to_arrays().items()} == sizes


@pytest.mark.parametrize("former", [False, True])
def test_saved_before_a_row_is_learned_it_begins_with_the_same_bytes(former):
    x, y = changing(1)
    readout = ForgettingReadout(prior=(np.ones((30, 1)), np.zeros(1), np.ones(1)))
    readout.predict(x)
    arrays = {name: array.copy() for name, array in readout.to_arrays().items()}
    if former:
        for name in [name for name in arrays if name.startswith(("gram", "cross", "feature_mean", "target"))]:
            arrays[name] = np.zeros((0,) * arrays[name].ndim)
    again = ForgettingReadout.from_arrays(arrays, json.loads(json.dumps(readout.config())))
    for one in (readout, again):
        in_blocks(one, x, y[:, None], [50] * 4)
    assert readout.predict(x).tobytes() == again.predict(x).tobytes()


@pytest.mark.parametrize("blocks", [1, 4, 83, 100])
@pytest.mark.parametrize("prior", [False, True])
def test_saved_it_goes_on_to_the_same_bytes(blocks, prior):
    x, y = changing(1)
    start = (np.ones((30, 1)), np.zeros(1), np.ones(1)) if prior else None
    readout = in_blocks(ForgettingReadout(prior=start), x, y[:, None], [50] * blocks)
    config = json.loads(json.dumps(readout.config(), allow_nan=False))
    again = ForgettingReadout.from_arrays({k: v.copy() for k, v in readout.to_arrays().items()}, config)
    for one in (readout, again):
        in_blocks(one, x[-300:], y[-300:, None], [50] * 6)
    assert readout.predict(x).tobytes() == again.predict(x).tobytes()
    assert readout.error_.tobytes() == again.error_.tobytes()


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"memories": []}, "ascending"),
        ({"memories": [300.0, 30.0]}, "ascending"),
        ({"memories": [0.5]}, "1 or more"),
        ({"alphas": [0.0]}, "positive"),
        ({"window": 0}, "window"),
        ({"margin": 1.0}, "margin"),
        ({"prior": (np.zeros((3, 1)), np.zeros(1), np.zeros(1))}, "prior"),
    ],
)
def test_settings_that_cannot_be(settings, complaint):
    with pytest.raises(AuritaError, match=complaint):
        ForgettingReadout(**settings).learn_many(np.ones((5, 2)), np.ones(5))


def test_rows_that_do_not_fit():
    readout = ForgettingReadout()
    with pytest.raises(AuritaError, match="learned nothing yet"):
        readout.predict([[1.0]])
    readout.learn_many(np.ones((5, 2)), np.ones(5))
    with pytest.raises(AuritaError, match="3 features"):
        readout.learn_many(np.ones((5, 3)), np.ones(5))
    with pytest.raises(AuritaError, match="NaN"):
        readout.learn_many(np.full((5, 2), np.nan), np.ones(5))
    arrays = readout.to_arrays()
    with pytest.raises(AuritaError, match="damaged"):
        ForgettingReadout.from_arrays({**arrays, "gram_0": np.zeros((3, 3))}, readout.config())


def test_zeros_are_no_candidate_among_classes():
    """Weights of a few rows of 40 features err more than zeros do."""
    rng = np.random.default_rng(0)
    found = {True: [], False: []}
    for idle in found:
        readout = ForgettingReadout(idle=idle)
        for _ in range(6):
            labels = rng.permutation(9)
            readout.learn_many(rng.normal(size=(9, 40)), np.eye(9)[labels])
            found[idle].append(readout.alpha_)
        kept = ForgettingReadout.from_arrays(readout.to_arrays(), readout.config())
        assert kept.idle is idle
    assert None in found[True][1:]
    assert None not in found[False]
