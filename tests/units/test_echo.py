"""Echo units against the recurrence of an echo state network in numpy."""

import jax
import numpy as np
import pytest

from aurita import AuritaError, EchoUnit

FORMS = {
    "small groups": (EchoUnit(slots=4, connections=3, leak=(0.1, 1.0), input_scale=0.7), 5),
    "one dense network": (EchoUnit(slots=30, connections=10, spectral_radius=1.2), 1),
    "sparse networks": (EchoUnit(slots=90, connections=7, spectral_radius=0.5, bias_scale=0.0), 2),
    "one large network": (EchoUnit(slots=300, connections=10, spectral_radius=0.95), 1),
}


def matrices(unit, params):
    """The recurrent weights of every unit as plain matrices, to from."""
    weights = np.asarray(params["weights"], float)
    if "sources" not in params:
        return [weights[..., u] for u in range(weights.shape[2])]
    dense = np.zeros((weights.shape[2], unit.slots, unit.slots))
    for (k, n, u), source in np.ndenumerate(np.asarray(params["sources"])):
        dense[u, n, source] += weights[k, n, u]
    return list(dense)


@pytest.mark.parametrize("form", FORMS)
def test_radius_connections_and_recurrence(units, form):
    unit, count = FORMS[form]
    params = unit.init(jax.random.key(3), count)
    received = units.noise(8, unit.slots, count, 2)
    stepped, _ = units.cached(unit, params, received)
    for u, matrix in enumerate(matrices(unit, params)):
        assert (np.count_nonzero(matrix, axis=1) == unit.connections).all()
        assert abs(np.linalg.eigvals(matrix)).max() == pytest.approx(unit.spectral_radius, rel=1e-4)
        state = np.zeros((unit.slots, 2))
        leak, bias = (np.asarray(params[name], float)[:, u, None] for name in ("leak", "bias"))
        for t in range(8):
            new = np.tanh(unit.input_scale * np.asarray(received[t, :, u], float) + matrix @ state + bias)
            state = (1 - leak) * state + leak * new
            np.testing.assert_allclose(stepped["output"][t, :, u], state, atol=1e-5)


def test_leaks_are_one_rate_or_log_uniform_between_two():
    one = np.asarray(EchoUnit(slots=5, leak=0.3).init(jax.random.key(0), 4)["leak"])
    np.testing.assert_allclose(one, 0.3, rtol=1e-6)
    spread = np.asarray(EchoUnit(slots=4, leak=(0.01, 1.0)).init(jax.random.key(0), 1000)["leak"])
    assert spread.min() >= 0.01
    assert spread.max() <= 1
    assert np.mean(spread < 0.1) == pytest.approx(0.5, abs=0.04)


def test_biases_are_uniform():
    bias = np.asarray(EchoUnit(slots=4, bias_scale=0.2).init(jax.random.key(0), 2000)["bias"])
    assert np.abs(bias).max() <= 0.2
    assert bias.std() == pytest.approx(0.2 / np.sqrt(3), rel=0.03)


def test_without_connections_or_radius_a_group_is_leaky_neurons_alone(units):
    for unit in (EchoUnit(slots=3, connections=0), EchoUnit(slots=3, spectral_radius=0.0)):
        params = unit.init(jax.random.key(0), 2)
        assert all(not matrix.any() for matrix in matrices(unit, params))


def test_a_group_smaller_than_its_connections_is_dense():
    matrix = matrices(EchoUnit(slots=3), EchoUnit(slots=3).init(jax.random.key(0), 1))[0]
    assert np.count_nonzero(matrix) == 9


@pytest.mark.parametrize("leak", [0, 1.5, (0.5, 0.2), (0.0, 1.0)])
def test_wrong_leak(leak):
    with pytest.raises(AuritaError, match="expected a rate in"):
        EchoUnit(leak=leak)


def test_wrong_parameters():
    with pytest.raises(AuritaError, match="spectral_radius is -1; expected at least 0"):
        EchoUnit(spectral_radius=-1)
    with pytest.raises(AuritaError, match="connections is -2"):
        EchoUnit(connections=-2)
