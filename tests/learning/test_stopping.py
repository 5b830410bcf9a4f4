"""Early stopping: whose weights are kept from which step."""

import equinox as eqx
import jax
import numpy as np
import pytest

from aurita import AttentionUnit, Learning, Population, Reservoir, learn
from aurita.learning import EarlyStopping, Optimiser
from aurita.learning._on_jax import held_out_losses
from aurita.learning.batches import as_data, hold_out
from aurita.learning.stopping import Stopping

UNIT = AttentionUnit(slots=2, heads=0, memory=1, hidden=3)


@pytest.fixture(scope="module")
def forward():
    populations = [Population(unit=UNIT, units=2, receives="inputs"), Population(unit=UNIT, units=1, receives="inputs")]
    return Reservoir.build(populations, inputs=2, seed=1)


def stage(reservoir, number):
    """The reservoir with all its weights set to one number."""
    return eqx.tree_at(lambda r: r.weights, reservoir, jax.tree.map(lambda w: w * 0 + number, reservoir.weights))


def kept(reservoir):
    """That number, of each unit."""
    return [float(w.unit["wo"][0, 0, u]) for w in reservoir.weights for u in range(w.unit["wo"].shape[-1])]


@pytest.mark.parametrize(
    ("alone", "expected", "who"),
    [
        (True, [[1, 1, 1], [2, 1, 2], [2, 1, 3], [2, 4, 3]], [[1, 1, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]]),
        (False, [[1, 1, 1], [2, 2, 2], [3, 3, 3], [4, 4, 4]], [[1, 1, 1]] * 4),
    ],
)
def test_best_weights_by_hand(forward, alone, expected, who):
    losses = np.array([[3.0, 2.0, 5.0], [1.0, 2.5, 4.0], [2.0, 2.0, 3.0], [1.5, 1.0, 3.0]])
    stopping = Stopping(forward, np.ones(3, bool), 20, alone=alone)
    for number, (row, weights, going) in enumerate(zip(losses, expected, who, strict=True), start=1):
        may = stopping.check(stage(forward, number), row, 10 * number)
        assert kept(stopping.best) == weights
        assert may.tolist() == [bool(g) for g in going]


def test_units_that_have_no_loss_follow_the_mean(forward):
    stopping = Stopping(forward, np.array([True, True, False]), 10, alone=True)
    stopping.check(stage(forward, 1), np.array([1.0, 2.0, np.nan]), 10)
    may = stopping.check(stage(forward, 2), np.array([0.9, 2.2, np.nan]), 20)
    assert kept(stopping.best) == [2, 1, 1]
    assert may.tolist() == [True, False, False]


SETTINGS = Learning(
    steps=600, learning_rate=0.003, optimiser=Optimiser(decay=False), stopping=EarlyStopping(patience=50, held_out=0.5)
)


def noise():
    return np.random.default_rng(0).normal(size=(12, 8, 2))


def test_units_that_nobody_receives_stop_at_their_own_best(forward):
    learnt, history = learn(forward, noise(), SETTINGS)
    _, late = hold_out(as_data(forward, noise(), None, None, None, needs_targets=False), 0.5)
    best = history.held_out_units.argmin(0)
    assert len(set(best.tolist())) > 1, "this test wants units that are best at different steps"
    found = np.asarray(held_out_losses(learnt, late, SETTINGS))
    np.testing.assert_allclose(found, history.held_out_units.min(0), rtol=1e-5)
    np.testing.assert_allclose(history.held_out, history.held_out_units.mean(1), rtol=1e-6)
    for unit, check in enumerate(best):
        # A best of check number c, from 0, is of step 25 (c + 1); two checks without a better one end it.
        last = history.selected[:, unit].nonzero()[0].max() + 1
        stops = 25 * (check + 1) + 50
        assert last == min(stops, len(history.losses)), unit


def test_units_that_receive_one_another_stop_together():
    reservoir = Reservoir.build([Population(unit=UNIT, units=3, input_fraction=0.3)], inputs=2, seed=1)
    assert any(reservoir.connected)
    learnt, history = learn(reservoir, noise(), SETTINGS)
    assert history.selected.all()
    assert len(history.losses) == 25 * (history.held_out.argmin() + 3) < 600
    _, late = hold_out(as_data(reservoir, noise(), None, None, None, needs_targets=False), 0.5)
    found = np.asarray(held_out_losses(learnt, late, SETTINGS))
    np.testing.assert_allclose(found, history.held_out_units[history.held_out.argmin()], rtol=1e-5)
