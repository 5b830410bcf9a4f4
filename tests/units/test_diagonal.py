"""Diagonal memory units against complex numbers by hand, and their gradient against differences and plain autodiff."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aurita import AuritaError, Learning, Population, Reservoir, learn, run
from aurita.units import DiagonalMemoryUnit
from aurita.units._recurrence import recurrence

KINDS = ("ungated", "gated", "turned")


def by_hand(unit, weights, inputs):
    """States and hidden values of one unit, one step after the other, in double precision; `inputs` (time, slot)."""
    w = {name: np.asarray(value, np.float64) for name, value in weights.items()}
    state, predicted = np.zeros(unit.width, complex), []
    for x in inputs:
        rate, angle, opened = w["rate"].copy(), w["angle"].copy(), np.ones(unit.width)
        if unit.kind != "ungated":
            rate += w["rate_w"] @ x
            opened = 2 / (1 + np.exp(-(w["open_w"] @ x + w["open_b"])))
        if unit.kind == "turned":
            angle += w["angle_w"] @ x
        rho = np.exp(-np.exp(np.clip(rate, -16, 3)))
        turn = np.concatenate([angle, np.zeros(unit.width - len(angle))])
        state = rho * np.exp(1j * turn) * state
        state += np.sqrt(-np.expm1(2 * np.log(rho))) * opened * ((w["in_re"] + 1j * w["in_im"]) @ x)
        phi = np.concatenate([x, state.real, state.imag])
        phi = np.concatenate([phi, np.tanh(w["w1"] @ phi + w["b1"])])
        predicted.append((phi, np.clip(w["wo"] @ phi + w["bo"], -unit.clip, unit.clip)))
    return [np.array(part) for part in zip(*predicted, strict=True)]


@pytest.mark.parametrize("kind", KINDS)
def test_steps_and_whole_sequences_are_those_of_complex_numbers(units, kind):
    unit = DiagonalMemoryUnit(slots=3, kind=kind, states=5, hidden=4, horizons=(1, 3), longest=30)
    params, received = units.drawn(unit, 2, targets=2), units.noise(12, 3, 2, 3)
    (stepped, _), whole = units.cached(unit, params, received), units.windows(unit, params, received)
    for i in range(2):
        for b in range(3):
            own = {name: value[..., i] for name, value in params.items()}
            phi, output = by_hand(unit, own, received[:, :, i, b])
            for predicted in (stepped, whole):
                np.testing.assert_allclose(predicted["context"][:, :, i, b], phi[:, 3:13], atol=2e-5)
                np.testing.assert_allclose(predicted["hidden"][:, :, i, b], phi[:, 13:], atol=2e-5)
                np.testing.assert_allclose(predicted["output"][:, :, i, b], output, atol=3e-5)
                target = phi @ np.asarray(own["target_w"], float).T + np.asarray(own["target_b"])
                np.testing.assert_allclose(predicted["target"][:, :, i, b], target, atol=5e-5)
    np.testing.assert_allclose(stepped["ahead"], whole["predictions"][:, 1], atol=5e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_at_a_few_steps_is_that_of_all(units, kind):
    unit = DiagonalMemoryUnit(slots=2, kind=kind)
    params = {name: value[..., 0] for name, value in units.drawn(unit, 1, targets=1).items()}
    received = units.noise(2, 9 * 4)
    everywhere = unit.respond(params, received, 4, targets=True)
    few = unit.respond(params, received, 4, targets=True, at=(2, 8))
    lanes = np.r_[8:12, 32:36]
    np.testing.assert_allclose(few[2], everywhere[2][:, lanes], atol=1e-5)
    np.testing.assert_allclose(few[1], everywhere[1][..., lanes], atol=1e-5)


def test_the_gradient_of_a_recurrence_is_that_of_its_steps():
    rng = np.random.default_rng(0)
    decay, drive, weight = (rng.normal(size=(7, 3, 2)) + 1j * rng.normal(size=(7, 3, 2)) for _ in range(3))

    def plain(decay, drive):
        state, predicted = jnp.zeros_like(drive[0]), []
        for a, u in zip(decay, drive, strict=True):
            state = a * state + u
            predicted.append(state)
        return jnp.stack(predicted)

    def loss(states):
        return (jnp.abs(states - weight) ** 2).sum()

    given = tuple(jnp.asarray(part, jnp.complex64) for part in (decay / 2, drive))
    found = jax.grad(lambda *g: loss(recurrence(*g)), argnums=(0, 1))(*given)
    expected = jax.grad(lambda *g: loss(plain(*g)), argnums=(0, 1))(*given)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_is_that_of_finite_differences(units, kind):
    """Through all of time: the loss asks at the last of forty steps for what was received at the first."""
    unit = DiagonalMemoryUnit(slots=2, kind=kind, states=3, hidden=2, longest=50)
    params = {name: np.asarray(v[..., 0], np.float64) for name, v in units.drawn(unit, 1, 1, scale=0.4).items()}
    params["rate"] = np.array([-4.0, -3.0, -2.0])
    received = np.asarray(units.noise(2, 40 * 3), np.float64)
    received[:, 3:-3] *= 0.1

    def loss(params):
        phi = [by_hand(unit, params, received[:, b::3].T)[0][-1] for b in range(3)]
        predicted = np.array(phi) @ params["target_w"].T + params["target_b"]
        return ((predicted - received[:1, :3].T) ** 2).mean()

    def traced(params):
        predicted = unit.respond(params, jnp.asarray(received, jnp.float32), 3, targets=True, at=(39,))[2]
        return ((predicted - received[:1, :3]) ** 2).mean()

    found = jax.jit(jax.grad(traced))({name: jnp.asarray(value, jnp.float32) for name, value in params.items()})
    for name, value in params.items():
        for place in np.ndindex(value.shape):
            if name in ("wo", "bo"):
                continue
            both = []
            for change in (1e-5, -1e-5):
                moved = {**params, name: value.copy()}
                moved[name][place] += change
                both.append(loss(moved))
            expected = (both[0] - both[1]) / 2e-5
            np.testing.assert_allclose(found[name][place], expected, rtol=3e-3, atol=2e-5, err_msg=f"{name} {place}")


def test_a_decay_that_is_too_slow_for_single_precision_has_a_gradient():
    unit = DiagonalMemoryUnit(slots=1, kind="ungated", states=2, real=1.0)
    params = {name: value[..., 0] for name, value in unit.init(jax.random.key(0), 1).items()}
    params = {**params, "rate": jnp.array([-30.0, -15.0])}

    def loss(params):
        return (unit.states_of(params, jnp.ones((1, 100)), 1) ** 2).sum()

    value, gradient = jax.value_and_grad(loss)(params)
    assert np.isfinite(value)
    assert all(np.isfinite(part).all() for part in gradient.values())
    assert gradient["rate"][1] > 0, "a faster decay lets more in"


def test_states_go_on_from_where_a_run_ended():
    unit = DiagonalMemoryUnit(slots=2, kind="turned")
    reservoir = Reservoir.build([Population(unit=unit, units=3, receives="inputs")], inputs=2)
    inputs = np.random.default_rng(0).normal(size=(2, 20, 2))
    whole, _ = run(reservoir, inputs)
    first, state = run(reservoir, inputs[:, :11])
    second, _ = run(reservoir, inputs[:, 11:], state=state)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, atol=1e-5)


def test_a_symbol_is_learnt_over_many_steps():
    """One unit, the symbol shown first and asked after 60 distractors: frozen states do not hold it, learnt ones do."""
    rng = np.random.default_rng(0)
    symbols = rng.integers(0, 2, 200)
    inputs = np.zeros((200, 61, 4))
    inputs[np.arange(200), 0, symbols] = 1
    inputs[:, 1:, 2] = rng.normal(size=(200, 60))
    inputs[:, -1, 3] = 1
    targets = np.zeros((200, 61, 2))
    targets[np.arange(200), -1, symbols] = 1
    scored = np.zeros((200, 61), bool)
    scored[:, -1] = True
    population = Population(
        unit=DiagonalMemoryUnit(slots=4, longest=100), units=1, passage="learned", receives="inputs"
    )
    reservoir = Reservoir.build([population], inputs=4, targets=2)
    settings = Learning(objective="target", loss="cross_entropy", steps=150, learning_rate=0.03)
    _, history = learn(reservoir, inputs, settings, targets=targets, scored=scored)
    assert history.losses[0, 0] > 0.6
    assert history.losses[-1, 0] < 0.05


@pytest.mark.parametrize(
    ("parameters", "predicted"),
    [
        ({"kind": "gate"}, "kind is 'gate'; expected one of"),
        ({"states": 0}, "states is 0; expected at least 1"),
        ({"longest": 0.5}, "longest is 0.5; expected at least 1"),
        ({"real": 2.0}, "real is 2.0; expected a share between 0 and 1"),
    ],
)
def test_parameters_that_cannot_be(parameters, predicted):
    with pytest.raises(AuritaError, match=predicted):
        DiagonalMemoryUnit(**parameters)
