"""Selection rules against plain versions of them, one unit at a time."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita import AttentionUnit, AuritaError, Learning, Population, Reservoir, learn
from aurita.learning.rules import MEASURES, RULES, Course, Largest

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
    return {int(u) for u in np.flatnonzero(RULES[rule]()(*given))}


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


@pytest.mark.parametrize(("rule", "unit"), [("random", 1.0), ("proportional", 1.0), ("proportional", 1e-34)])
def test_drawn_units_come_as_often_as_they_should(rule, unit):
    losses = unit * np.array([1.0, 0.0, 3.0, 4.0, 2.0, 5.0])
    may = np.array([True, True, True, True, True, False])
    expected = np.where(may, losses if rule == "proportional" else 1.0, 0.0)
    draw = jax.jit(
        jax.vmap(lambda key: RULES[rule]()(jnp.asarray(losses), jnp.asarray(may), jnp.eye(UNITS, dtype=bool), key, 0))
    )
    masks = np.asarray(draw(jax.random.split(jax.random.key(0), 4000)))
    assert (masks.sum(1) == 1).all()
    np.testing.assert_allclose(masks.mean(0), expected / expected.sum(), atol=0.03)


@pytest.mark.parametrize("rule", RULES)
def test_where_nobody_may_learn_nobody_is_chosen(rule):
    assert chosen(rule, np.ones(UNITS), np.zeros(UNITS, bool), np.eye(UNITS, dtype=bool)) == set()


@pytest.mark.parametrize("rule", [name for name, rule in RULES.items() if not rule.ranks])
def test_blind_rules_do_not_look_at_losses(rule):
    near = np.eye(UNITS, dtype=bool)
    picks = [
        chosen(rule, losses, np.ones(UNITS, bool), near, key=3, step=2) for losses in (np.zeros(UNITS), range(UNITS))
    ]
    assert picks[0] == picks[1]


def measured(rows, chosen):
    """What units are ranked by after losses were seen, and some of the units took a step at each."""
    course = Course.unknown(len(rows[0]))
    ranks = []
    for losses, mask in zip(rows, chosen, strict=True):
        losses = jnp.asarray(losses, jnp.float32)
        ranks.append({name: np.asarray(measure(losses, course)) for name, measure in MEASURES.items()})
        course = course.after(losses, jnp.asarray(mask, bool))
    return ranks


def test_measures_are_their_running_means_by_hand():
    rows = [[4.0, 2.0], [3.0, 2.0], [1.0, 2.0], [2.0, 5.0]]
    chosen = [[1, 0], [1, 1], [1, 1], [0, 0]]
    fast, slow, lasting, expected = [None, None], [None, None], [0.0, 0.0], []
    for losses, mask in zip(rows, chosen, strict=True):
        for unit in range(2):
            if fast[unit] is None:
                fast[unit], slow[unit] = losses[unit], 2 * losses[unit]
        expected.append(([s - f for s, f in zip(slow, fast, strict=True)], np.subtract(losses, lasting).tolist()))
        for unit in np.flatnonzero(mask):
            now = losses[unit]
            if now >= fast[unit]:
                lasting[unit] += 0.1 * (now - lasting[unit])
            lasting[unit] = min(lasting[unit], now)
            fast[unit] += 0.3 * (now - fast[unit])
            slow[unit] += 0.1 * (now - slow[unit])
    for rank, (progress, reducible), losses in zip(measured(rows, chosen), expected, rows, strict=True):
        np.testing.assert_allclose(rank["loss"], losses)
        np.testing.assert_allclose(rank["progress"], progress, rtol=1e-5)
        np.testing.assert_allclose(rank["reducible"], reducible, rtol=1e-5)


def test_units_that_cannot_learn_are_left_alone_by_progress_and_reducible_loss_but_not_by_loss():
    """Unit 0 has the largest loss, which never falls; the loss of unit 1 falls by a twentieth with every step."""
    picks = {}
    for name, measure in MEASURES.items():
        losses, course, picks[name] = jnp.array([1.0, 0.9]), Course.unknown(2), []
        for _ in range(60):
            mask = RULES["largest"]()(
                measure(losses, course), jnp.ones(2, bool), jnp.eye(2, dtype=bool), jax.random.key(0), 0
            )
            course = course.after(losses, mask)
            losses = jnp.where(mask & jnp.array([False, True]), 0.95 * losses, losses)
            picks[name].append(int(mask.argmax()))
    assert picks["loss"] == [0] * 60
    assert picks["progress"].count(1) > 30
    assert picks["reducible"].count(1) > 30


@pytest.mark.parametrize("by", ["progress", "reducible"])
def test_learning_ranks_units_by_the_measure_of_the_rule(by):
    """The units taken are those that a plain replay of the recorded losses takes."""
    unit = AttentionUnit(slots=2, memory=2, hidden=2)
    reservoir = Reservoir.build([Population(unit=unit, units=4, receives="inputs")], inputs=2, seed=0)
    inputs = np.random.default_rng(0).normal(size=(4, 20, 2))
    _, history = learn(reservoir, inputs, Learning(rule=Largest(by=by), steps=20, learning_rate=0.03))
    ranks = measured(history.losses, history.selected)
    for rank, selected in zip(ranks, history.selected, strict=True):
        assert selected.sum() == 1
        assert rank[by][selected] >= rank[by].max() - 1e-6
    assert (history.selected.sum(0) > 0).sum() > 1


def test_rules_that_rank_nothing_take_no_measure():
    with pytest.raises(AuritaError, match=r"a rule 'all' does not take these parameters: .*by"):
        Learning(rule={"type": "all", "by": "progress"})
    with pytest.raises(AuritaError, match="by is 'surprise'"):
        Learning(rule={"type": "largest", "by": "surprise"})
