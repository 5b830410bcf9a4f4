"""What the tests of all unit types need: random weights, the cached step and the window form, in one layout."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest


@pytest.fixture(scope="session")
def units():
    """Functions that run units; everything is `(time, slot or feature, unit, batch)`."""
    return SimpleNamespace(drawn=drawn, noise=noise, cached=cached, windows=windows, cached_as_users=cached_as_users)


def drawn(unit, units, targets=0, seed=0, scale=0.6):
    """Weights of the shapes that the unit draws, all of them random: biases and heads that start at zero too."""
    rng = np.random.default_rng(seed)
    shapes = {name: value.shape for name, value in unit.init(jax.random.key(0), units, targets).items()}
    return {name: jnp.asarray(scale * rng.normal(size=shape), jnp.float32) for name, shape in sorted(shapes.items())}


def noise(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


# All tests compile with the least work; the many lanes are compiled as users have them.
AS_USERS = {
    "xla_backend_optimization_level": 3,
    "xla_llvm_disable_expensive_passes": False,
    "xla_cpu_use_fusion_emitters": True,
}


def _cached(unit, params, received):
    """Outputs, features and last state of a run step by step; predictions and guesses as a run offers them."""
    prepared = unit.prepare(params)
    lanes = {name: value[..., None] for name, value in params.items()}
    time, _, units, batch = received.shape

    def step(state, given):
        now, x = given
        state, response = unit.step(prepared, state, x, now, jnp.full(batch, now))
        predicted = {"output": response.output, **response.features}
        if "ahead_w" in params:
            predicted["ahead"] = unit.derived_features(0)["ahead"].of(lanes, response)
        if "target_w" in params:
            predicted["target"] = unit.target_features(lanes, response)
        return state, predicted

    state, predicted = jax.lax.scan(step, unit.initial_state(units, batch), (jnp.arange(time), received))
    return predicted, state


def _windows(unit, params, received):
    """The same from whole windows, unit after unit; `predictions` has the horizons after time."""
    time, slots, units, batch = received.shape

    def one(given):
        weights, x = given
        response, predictions, guesses = unit.respond(weights, x, batch, targets="target_w" in weights)
        predicted = {"output": response.output, **response.features, "predictions": predictions}
        return predicted if guesses is None else {**predicted, "target": guesses}

    by_unit = jnp.transpose(received, (2, 1, 0, 3)).reshape(units, slots, time * batch)
    predicted = jax.lax.map(one, ({name: jnp.moveaxis(value, -1, 0) for name, value in params.items()}, by_unit))

    def back(array):
        array = array.reshape(*array.shape[:-1], time, batch)
        return jnp.moveaxis(jnp.moveaxis(array, 0, -2), -3, 0)

    return {name: back(array) for name, array in predicted.items()}


cached, windows = (jax.jit(f, static_argnums=0) for f in (_cached, _windows))
cached_as_users = jax.jit(_cached, static_argnums=0, compiler_options=AS_USERS)
