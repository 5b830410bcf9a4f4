"""What the attention units remember: how far back, from where, and through padding."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita import AttentionUnit, BlockUnit
from aurita.units.unit import alive_ages


@pytest.mark.parametrize(
    ("unit", "reach"),
    [
        (AttentionUnit(slots=2, memory=4), 3),
        (AttentionUnit(slots=2, memory=4, shifted_keys=True), 4),
        (AttentionUnit(slots=2, memory=3, dilation=3), 6),
        (BlockUnit(slots=2, memory=3, normalisation="tanh"), 2),
    ],
)
def test_a_unit_receives_its_memory_and_nothing_else(units, unit, reach):
    """Change one input: outputs may differ from then until it is forgotten, at the ages of the memory alone."""
    params, changed = units.drawn(unit, 1), 5
    received = units.noise(20, 2, 1, 1)
    other = received.copy()
    other[changed] += 1.0
    one, two = (np.asarray(units.windows(unit, params, x)["output"]) for x in (received, other))
    differs = (np.abs(one - two) > 1e-6).any(axis=(1, 2, 3))
    ages = {unit.dilation * j for j in range(unit.memory)}
    if unit.shifted_keys:
        ages |= {age + 1 for age in ages}
    assert max(ages) == reach
    assert set(np.flatnonzero(differs) - changed) == ages


align = partial(jax.jit, static_argnums=0)(lambda unit, state, late: unit.align(state, late))
RINGS = [AttentionUnit(slots=1, memory=m, dilation=d, shifted_keys=k) for m, d, k in [(4, 1, False), (3, 3, True)]]


@settings(max_examples=40, deadline=None)
@given(unit=st.sampled_from(RINGS), lengths=st.tuples(*[st.integers(1, 25)] * 3))
def test_aligned_rings_are_as_if_each_sequence_had_ended_with_the_longest(unit, lengths):
    size, dilation, shifted = unit.memory, unit.dilation, unit.shifted_keys
    total, batch = max(lengths), len(lengths)
    series = 1.0 + np.arange(total * batch, dtype=np.float32).reshape(-1, batch)

    def write(state, x, now):
        """The ring after one step, by the rule of its layout: place `t mod (M s)`, counted index first."""
        ring = state["ring"].copy()
        entry = [x, state["last"][0, 0]] if shifted else [x]
        ring[now % dilation, (now // dilation) % size] = np.stack(entry)[:, None]
        return {"ring": ring, "last": np.broadcast_to(x, (1, 1, batch)).copy()}

    def fresh():
        return {"ring": np.zeros((dilation, size, 1 + shifted, 1, batch)), "last": np.zeros((1, 1, batch))}

    together = fresh()
    for now in range(total):
        after = write(together, series[now], now)
        lives = now < np.asarray(lengths)
        together = {name: np.where(lives, after[name], together[name]) for name in together}
    given_state = {name: together[name] for name in (("ring", "last") if shifted else ("ring",))}
    aligned = align(unit, given_state, jnp.asarray(total - np.asarray(lengths)))
    for b, length in enumerate(lengths):
        alone = fresh()
        for now in range(length):
            alone = write(alone, series[now], now + total - length)
        np.testing.assert_array_equal(np.asarray(aligned["ring"])[..., b], alone["ring"][..., b])


def test_alive_ages():
    expected = [[True, True, True, True], [False, False, True, True], [False, False, False, False]]
    assert alive_ages(jnp.arange(3), jnp.array([0, 1, 2, 3]), 2).tolist() == expected
    assert alive_ages(jnp.arange(2), jnp.array([0, 1]), 1).tolist() == [[True, True], [False, True]]


def test_masked_and_zeros_differ_only_until_the_memory_is_full(units):
    forms = [AttentionUnit(slots=2, memory=5, before_start=kind) for kind in ("masked", "zeros")]
    params, received = units.drawn(forms[0], 1), units.noise(12, 2, 1, 1)
    masked, zeros = (np.asarray(units.windows(unit, params, received)["output"]) for unit in forms)
    apart = np.abs(masked - zeros).max(axis=(1, 2, 3))
    assert (apart[:4] > 1e-4).all()
    np.testing.assert_allclose(apart[4:], 0, atol=1e-6)


def test_a_gradient_through_masked_ages_is_finite(units):
    unit = AttentionUnit(slots=2, memory=5, before_start="masked")
    params = {name: value[..., 0] for name, value in units.drawn(unit, 1).items()}
    received = jnp.asarray(units.noise(2, 6))
    gradient = jax.jit(jax.grad(lambda p: (unit.respond(p, received, 1)[1] ** 2).sum()))(params)
    assert all(np.isfinite(value).all() for value in gradient.values())
    assert np.abs(gradient["wk"]).max() > 0


@pytest.mark.parametrize("unit", [*RINGS, AttentionUnit(slots=1, memory=20, shifted_keys=True)])
def test_some_steps_say_what_they_say_among_all(units, unit):
    params = {name: value[..., 0] for name, value in units.drawn(unit, 1).items()}
    received, batch, at = jnp.asarray(units.noise(1, 40 * 2)), 2, (0, 3, 17, 39)
    whole, some = (
        jax.jit(lambda given, at=at: unit.respond(given, received, batch, at=at)[0].output)(params) for at in (None, at)
    )
    expected = np.asarray(whole).reshape(1, 40, batch)[:, list(at)]
    np.testing.assert_allclose(np.asarray(some).reshape(1, -1, batch), expected, atol=1e-5)
