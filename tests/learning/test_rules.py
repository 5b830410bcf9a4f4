"""Selection rules against plain versions of them, one unit at a time."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita.learning.rules import BLIND, RULES

UNITS = 6


def plain(rule, losses, may, near, step):
    allowed = [u for u in range(UNITS) if may[u]]
    if rule == "all":
        return set(allowed)
    if not allowed:
        return set()
    if rule == "largest":
        return {max(allowed, key=lambda u: losses[u])}
    if rule == "round_robin":
        return {allowed[step % len(allowed)]}
    taken = set()
    for unit in sorted(allowed, key=lambda u: -losses[u]):
        if not any(near[unit][other] for other in taken):
            taken.add(unit)
    return taken


def chosen(rule, losses, may, near, key=0, step=0):
    given = (
        jnp.asarray(losses, jnp.float32),
        jnp.asarray(may),
        jnp.asarray(near),
        jax.random.key(key),
        jnp.asarray(step),
    )
    return {int(u) for u in np.flatnonzero(RULES[rule](*given))}


@pytest.mark.parametrize("rule", ["all", "largest", "spaced", "round_robin"])
@settings(deadline=None, max_examples=40)
@given(
    losses=st.permutations(range(UNITS)),
    may=st.lists(st.booleans(), min_size=UNITS, max_size=UNITS),
    edges=st.lists(st.tuples(st.integers(0, UNITS - 1), st.integers(0, UNITS - 1)), max_size=8),
    step=st.integers(0, 20),
)
def test_rules_are_their_plain_versions(rule, losses, may, edges, step):
    near = np.eye(UNITS, dtype=bool)
    for a, b in edges:
        near[a, b] = near[b, a] = True
    assert chosen(rule, losses, may, near, step=step) == plain(rule, losses, may, near, step)


@pytest.mark.parametrize("rule", ["random", "proportional"])
def test_drawn_units_come_as_often_as_they_should(rule):
    losses = np.array([1.0, 0.0, 3.0, 4.0, 2.0, 5.0])
    may = np.array([True, True, True, True, True, False])
    expected = np.where(may, losses if rule == "proportional" else 1.0, 0.0)
    draw = jax.jit(
        jax.vmap(lambda key: RULES[rule](jnp.asarray(losses), jnp.asarray(may), jnp.eye(UNITS, dtype=bool), key, 0))
    )
    masks = np.asarray(draw(jax.random.split(jax.random.key(0), 4000)))
    assert (masks.sum(1) == 1).all()
    np.testing.assert_allclose(masks.mean(0), expected / expected.sum(), atol=0.03)


@pytest.mark.parametrize("rule", RULES)
def test_where_nobody_may_learn_nobody_is_chosen(rule):
    assert chosen(rule, np.ones(UNITS), np.zeros(UNITS, bool), np.eye(UNITS, dtype=bool)) == set()


@pytest.mark.parametrize("rule", BLIND)
def test_blind_rules_do_not_look_at_losses(rule):
    near = np.eye(UNITS, dtype=bool)
    picks = [
        chosen(rule, losses, np.ones(UNITS, bool), near, key=3, step=2) for losses in (np.zeros(UNITS), range(UNITS))
    ]
    assert picks[0] == picks[1]
