"""The anarchist unit: its two regressions by normal equations, its collapse, and the two cures."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aurita import AnarchistUnit, AuritaError

BATCH, STEPS = 3, 60


def series(slots=3, steps=STEPS, batch=BATCH, seed=0):
    """Correlated noise, `(slot, time * batch)`, the batch running faster."""
    rng = np.random.default_rng(seed)
    x = np.zeros((steps, slots, batch))
    mix = rng.normal(size=(slots, slots))
    for t in range(1, steps):
        x[t] = 0.8 * x[t - 1] + mix @ rng.normal(size=(slots, batch))
    return np.transpose(x, (1, 0, 2)).reshape(slots, -1).astype(np.float32)


def drawn(unit, seed=0):
    return {name: value[..., 0] for name, value in unit.init(jax.random.key(seed), 1).items()}


def ridge(rows, wanted, weights, ridge):
    """Weighted ridge row by row; the penalty is relative to the mean square of what is regressed on."""
    gram = sum(w * np.outer(r, r) for r, w in zip(rows, weights, strict=True))
    cross = sum(w * np.outer(r, y) for r, y, w in zip(rows, wanted, weights, strict=True))
    penalty = ridge * np.trace(gram) / len(gram)
    return np.linalg.solve(gram + penalty * np.eye(len(gram)), cross)


def test_step_says_the_state_and_its_sum(units):
    unit = AnarchistUnit(slots=3)
    params = units.drawn(unit, 2)
    received = units.noise(5, 3, 2, 2)
    stepped, _ = units.cached(unit, params, received)
    for u in range(2):
        for b in range(2):
            states = np.asarray(received)[:, :, u, b] @ np.asarray(params["ws"])[:, :, u]
            np.testing.assert_allclose(stepped["output"][:, :, u, b], states, atol=1e-5)
            np.testing.assert_allclose(stepped["sum"][:, 0, u, b], states.sum(1), atol=1e-5)


def test_refit_is_two_ridge_regressions_made_at_once():
    unit, received = AnarchistUnit(slots=3, ridge=0.01), series()
    params = drawn(unit)
    lengths = np.array([STEPS, 40, 23])
    weights = (np.arange(STEPS)[:, None] < lengths).astype(np.float32).reshape(-1)
    ws, wphi = (np.asarray(params[name], float) for name in ("ws", "wphi"))
    rows_s, wanted_s, rows_phi, wanted_phi = [], [], [], []
    x = np.asarray(received, float).reshape(3, STEPS, BATCH)
    for b, length in enumerate(lengths):
        for t in range(1, length):
            state, before = x[:, t, b] @ ws, x[:, t - 1, b] @ ws
            guess = before @ wphi
            rows_s.append(x[:, t, b])
            wanted_s.append(guess)
            rows_phi.append(before)
            wanted_phi.append(state)
    ones = np.ones(len(rows_s))
    refitted = unit.refit(params, jnp.asarray(received), BATCH, jnp.asarray(weights))
    np.testing.assert_allclose(refitted["ws"], ridge(rows_s, wanted_s, ones, 0.01), atol=2e-4)
    np.testing.assert_allclose(refitted["wphi"], ridge(rows_phi, wanted_phi, ones, 0.01), atol=2e-4)
    disagreement = unit.disagreement(params, jnp.asarray(received), BATCH, jnp.asarray(weights))
    expected = np.mean((np.array(rows_phi) @ wphi - np.array(wanted_phi)) ** 2, axis=0)
    np.testing.assert_allclose(disagreement, expected, rtol=1e-4)


@pytest.mark.parametrize("constraint", ["none", "unit_variance", "whitened"])
def test_the_pair_agrees_on_zero_unless_it_may_not(constraint):
    unit, received = AnarchistUnit(slots=3, constraint=constraint), series(steps=200)
    params, weights = drawn(unit), jnp.ones(received.shape[1])
    refit = jax.jit(lambda p: unit.refit(p, jnp.asarray(received), BATCH, weights))
    start = float((np.asarray(params["ws"]).T @ received).std())
    for _ in range(300):
        params = refit(params)
    states = np.asarray(params["ws"]).T @ received
    if constraint == "none":
        assert states.std() < 1e-3 * start
        return
    covariance = np.cov(states, bias=True)
    np.testing.assert_allclose(np.diag(covariance), 1, atol=2e-3)
    if constraint == "whitened":
        np.testing.assert_allclose(covariance, np.eye(3), atol=2e-3)
    disagreement = np.asarray(unit.disagreement(params, jnp.asarray(received), BATCH, weights))
    assert (disagreement < 0.9).all()


@pytest.mark.parametrize("constraint", ["unit_variance", "whitened"])
def test_a_channel_that_never_changes_does_not_blow_up(constraint):
    unit, received = AnarchistUnit(slots=3, constraint=constraint), series()
    received[2] = 0.7
    received[1] = received[0]
    params, weights = drawn(unit), jnp.ones(received.shape[1])
    for _ in range(20):
        params = unit.refit(params, jnp.asarray(received), BATCH, weights)
    assert np.abs(np.asarray(params["ws"]).T @ received).max() < 100


def test_wrong_parameters():
    with pytest.raises(AuritaError, match="constraint is 'free'; expected one of 'none', 'unit_variance', 'whitened'"):
        AnarchistUnit(constraint="free")
    with pytest.raises(AuritaError, match="ridge is -1"):
        AnarchistUnit(ridge=-1)


@pytest.mark.parametrize("constraint", ["none", "unit_variance", "whitened"])
@pytest.mark.parametrize("value", [0.0, 0.3])
def test_a_unit_that_receives_only_constants_stays_finite(constraint, value):
    unit, received = AnarchistUnit(slots=3, constraint=constraint), jnp.full((3, 40), value)
    params = drawn(unit)
    for _ in range(5):
        params = unit.refit(params, received, 2, jnp.ones(40))
    assert all(np.abs(matrix).max() < 100 for matrix in params.values())


def test_units_without_a_solution_are_no_numbers_and_leave_the_others_as_they_are():
    """Without a ridge a unit that receives the same thrice has no one solution; numpy would stop there."""
    unit = AnarchistUnit(slots=3, ridge=0.0)
    whole = np.stack([series(), np.repeat(series()[:1], 3, axis=0), series(seed=1)])
    params = {name: np.stack([np.asarray(drawn(unit, seed)[name]) for seed in range(3)]) for name in ("ws", "wphi")}
    weights = np.ones(STEPS * BATCH, np.float32)
    found = unit.refit(params, whole, BATCH, weights)
    assert np.isnan(found["ws"][1]).any()
    for u in (0, 2):
        alone = unit.refit({name: value[u : u + 1] for name, value in params.items()}, whole[u : u + 1], BATCH, weights)
        for name, value in alone.items():
            np.testing.assert_array_equal(found[name][u], value[0])
            assert np.isfinite(value).all()


def test_whitening_goes_on_with_units_that_are_no_numbers():
    unit = AnarchistUnit(slots=3, constraint="whitened")
    params = {name: np.stack([np.asarray(drawn(unit, seed)[name]) for seed in range(2)]) for name in ("ws", "wphi")}
    received = np.stack([series(), np.full_like(series(), np.inf)])
    with np.errstate(invalid="ignore"):
        found = unit.refit(params, received, BATCH, np.ones(STEPS * BATCH, np.float32))
    assert np.isfinite(found["ws"][0]).all()
    assert np.isnan(found["ws"][1]).all()
