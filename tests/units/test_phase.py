"""Phase units against sums and sines by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aurita import AuritaError, PhaseUnit, Population, Reservoir, run


@pytest.mark.parametrize("leak", [0.0, 0.25])
def test_phases_are_the_sum_of_what_was_received(leak):
    unit = PhaseUnit(slots=6, frequency=(2.0, 0.5), leak=leak)
    population = Population(unit=unit, units=3, passage="mixed", receives="each")
    reservoir = Reservoir.build([population], inputs=2)
    inputs = np.random.default_rng(0).normal(size=(2, 9, 2))
    seen, _ = run(reservoir, inputs, features=("output",))
    for number, channel in enumerate((0, 1, 0)):
        for pair, frequency in enumerate((2.0, 1.0, 0.5)):
            phase = np.zeros(2)
            for t in range(9):
                phase = (1 - leak) * phase + frequency * inputs[:, t, channel]
                predicted = seen[:, t].reshape(2, 6, 3)[:, :, number]
                np.testing.assert_allclose(predicted[:, 2 * pair], np.sin(phase), atol=1e-5)
                np.testing.assert_allclose(predicted[:, 2 * pair + 1], np.cos(phase), atol=1e-5)


@pytest.mark.parametrize("frequency", [1.05, 0.15, 3.0])
def test_a_million_events_are_counted_without_drift(frequency):
    unit = PhaseUnit(slots=2, frequency=(frequency, frequency))
    weights = unit.prepare(unit.init(jax.random.key(0), units=1))
    count, received = 1_000_000, jnp.ones((2, 1, 1))

    def body(_, carry):
        return unit.step(weights, carry[0], received, jnp.array(0), jnp.zeros(1, int))[0], carry[0]

    state = unit.initial_state(1, 1)
    (state, before) = jax.jit(lambda: jax.lax.fori_loop(0, count, body, (state, state)))()
    expected = float(np.float32(frequency)) * np.array([count, count - 1])
    found = np.array([state, before], np.float64).sum(1)[:, 0, 0, 0]
    np.testing.assert_allclose(np.exp(1j * found), np.exp(1j * expected), atol=2e-9)
    assert (abs(found) <= np.pi + 1e-6).all(), "within a turn"


def test_what_rounding_loses_is_kept():
    """Against sums in twice the digits, of inputs of very different sizes; one receives nothing for a long time."""
    unit = PhaseUnit(slots=2, frequency=(0.7, 0.7))
    weights = unit.prepare(unit.init(jax.random.key(0), units=5))
    inputs = np.random.default_rng(0).normal(size=(20_000, 5)) * [1.0, 1e-5, 300.0, 0.1, 0.0]
    inputs = inputs.astype(np.float32)

    def body(state, received):
        state, predicted = unit.step(
            weights, state, jnp.broadcast_to(received, (2, 5))[..., None], 0, jnp.zeros(1, int)
        )
        return state, predicted.output[:, :, 0]

    _, predicted = jax.jit(lambda x: jax.lax.scan(body, unit.initial_state(5, 1), x))(jnp.asarray(inputs))
    phases = np.cumsum(inputs.astype(np.longdouble) * np.longdouble(np.float32(0.7)), axis=0)
    np.testing.assert_allclose(predicted[:, 0], np.sin(phases).astype(float), atol=5e-7)
    np.testing.assert_allclose(predicted[:, 1], np.cos(phases).astype(float), atol=5e-7)


def test_several_afferents_are_added_up():
    population = Population(unit=PhaseUnit(slots=2), units=1, passage="mixed", afferents="all", receives="inputs")
    reservoir = Reservoir.build([population], inputs=3)
    inputs = np.random.default_rng(1).normal(size=(1, 5, 3))
    seen, _ = run(reservoir, inputs, features=("output",))
    np.testing.assert_allclose(seen[0, :, 0], np.sin(1.05 * inputs[0].sum(1).cumsum()), atol=1e-5)


def test_it_draws_nothing_and_learns_nothing():
    first, second = (PhaseUnit().init(jax.random.key(seed), units=2) for seed in (0, 1))
    np.testing.assert_array_equal(first["frequency"], second["frequency"])
    population = Population(unit=PhaseUnit(), units=2, passage="mixed", receives="each")
    assert Reservoir.build([population], inputs=2).parameter_counts()["trained"] == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"slots": 3}, "expected an even number"),
        ({"frequency": (0.0, 1.0)}, "frequency is 0.0"),
        ({"leak": 1.5}, "leak is 1.5"),
    ],
)
def test_units_that_cannot_be(changes, message):
    with pytest.raises(AuritaError, match=message):
        PhaseUnit(**changes)
