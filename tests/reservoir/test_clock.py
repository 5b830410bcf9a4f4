"""The clock against exact fractions of a turn, however far out."""

import math
from fractions import Fraction

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from aurita import EchoUnit, Population, Reservoir, ReservoirForecaster, run
from aurita.engine.scanning import clock_inputs
from aurita.reservoir.clock import clock_at

PERIODS = (1.0, 1.1, 2.0, 2.5, 7.0, math.pi, 168.0, 365.25, 1e6 + 0.1, 3e9)
STEPS = [0, 1, 2, 65535, 65536, 10**6, 2**24 + 1, 2**30 - 1, 10**9, 10**9 + 1, 2**31 - 1]


def exact(periods, steps):
    """`(step, 2 period)`, by fractions of whole numbers."""
    turns = np.array([[float(Fraction(step) / Fraction(period) % 1) for period in periods] for step in steps])
    return np.concatenate([np.sin(2 * np.pi * turns), np.cos(2 * np.pi * turns)], axis=1)


def test_the_clock_is_exact_at_any_step():
    predicted = clock_at(PERIODS, jnp.asarray(STEPS, jnp.int32)[:, None])
    np.testing.assert_allclose(predicted[:, :, 0], exact(PERIODS, STEPS), atol=1e-6)
    assert clock_at((), jnp.zeros((3, 2), jnp.int32)).shape == (3, 0, 2)


def test_sequences_have_clocks_of_their_own():
    reservoir = Reservoir.build([Population(unit=EchoUnit(slots=2), units=3)], inputs=1, clock=(7, 365.25))
    lived = [0, 10**9, 123_456_789]
    predicted = clock_inputs(reservoir, jnp.asarray(lived, jnp.int32), 4)
    for sequence, first in enumerate(lived):
        np.testing.assert_allclose(predicted[:, :, sequence], exact((7.0, 365.25), range(first, first + 4)), atol=1e-6)


@pytest.mark.parametrize("lived", [3, 10**9])
def test_a_run_that_goes_on_after_a_billion_steps_receives_the_same_as_a_fresh_one(lived):
    """77 steps are whole turns of both periods."""
    echo = Population(unit=EchoUnit(slots=3), units=1, passage="mixed", afferents="all", receives="inputs")
    reservoir = Reservoir.build([echo], inputs=1, clock=(7, 11))
    near, far = lived % 77, lived
    inputs = np.random.default_rng(0).normal(size=(1, 6, 1))
    seen = []
    for steps in (near, far):
        state = reservoir.initial_state(1)
        state = eqx.tree_at(lambda s: s.steps, state, jnp.asarray([steps], jnp.int32))
        seen.append(run(reservoir, inputs, state=state, features=("output",))[0])
    np.testing.assert_allclose(seen[0], seen[1], atol=1e-6)


def test_streams_and_closed_loops_keep_the_clock():
    """A forecaster whose clock is moved a billion turns on forecasts and learns the same."""
    wave = np.sin(np.arange(240) * 2 * np.pi / 12)
    found = []
    for turns in (0, 10**7):
        model = ReservoirForecaster(units=6, horizon=12, clock=(12,)).fit(wave[:200])
        for number, state in enumerate(model.states_):
            later = state.steps + 12 * turns * 8
            model.states_[number] = eqx.tree_at(lambda s: s.steps, state, later)
        first = model.predict(12).mean
        model.partial_fit(wave[200:220])
        found.append(np.concatenate([np.ravel(first), np.ravel(model.predict(12).mean)]))
    np.testing.assert_allclose(found[0], found[1], atol=1e-4)
