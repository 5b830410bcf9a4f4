"""Global learning: its gradient by finite differences through the run, cut where it is cut, and what it reaches."""

from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aurita import AttentionUnit, AuritaError, EchoUnit, Learning, Population, Reservoir, learn_globally, run
from aurita.engine.scanning import compiled_scan
from aurita.learning.batches import as_data
from aurita.learning.whole import task_loss
from aurita.reservoir.features import feature_names

FEATURES = ("input", "output")
LENGTHS = np.array([12, 7])


@pytest.fixture(scope="module")
def chain():
    """Unit 0 receives the world, unit 1 receives unit 0 and itself, an echo unit receives unit 1 and the feedback."""
    unit = AttentionUnit(slots=2, memory=3, hidden=2)
    populations = [Population(unit=unit, units=2), Population(unit=EchoUnit(slots=2), units=1)]
    wiring = [np.array([[0, 2], [1, 3]]), np.array([[5], [8]])]
    reservoir = Reservoir.build(populations, inputs=2, feedback=1, wiring=wiring, seed=3)
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(2, 12, 2)), rng.normal(size=(2, 12, 1))
    scored = rng.random((2, 12)) < 0.7
    readout = {"w": rng.normal(size=(1, 8)), "b": rng.normal(size=(1, 1))}
    return SimpleNamespace(reservoir=reservoir, inputs=inputs, targets=targets, scored=scored, readout=readout)


def in_double(tree):
    return jax.tree.map(
        lambda leaf: jnp.asarray(leaf, float) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf, tree
    )


def with_weights(reservoir, weights):
    return eqx.tree_at(lambda r: r.weights, reservoir, weights)


def by_hand(chain, weights, reservoir, cut):
    """The task's loss, piece after piece, each from the state that the reservoir as it is has reached there."""
    state, losses = in_double(reservoir.initial_state(2)), []
    for start in range(0, 12, cut):
        x, back = (jnp.asarray(a[:, start : start + cut].transpose(1, 2, 0)) for a in (chain.inputs, chain.targets))
        seen = compiled_scan(with_weights(reservoir, weights), state, x, features=FEATURES, teacher=back).features
        state = compiled_scan(reservoir, state, x, features=FEATURES, teacher=back).state
        predicted = np.einsum("of,tfb->bto", chain.readout["w"], seen) + chain.readout["b"][0]
        losses.append((predicted - chain.targets[:, start : start + cut])[..., 0] ** 2)
    counted = chain.scored & (np.arange(12) < LENGTHS[:, None])
    return np.concatenate(losses, 1)[counted].mean()


@eqx.filter_jit
def value_and_gradient(reservoir, readout, data, cut):
    def loss(weights):
        return task_loss(with_weights(reservoir, weights), readout, data, Learning(), FEATURES, cut)

    return jax.value_and_grad(loss)(reservoir.weights)


def as_data_in_double(chain, reservoir):
    data = as_data(reservoir, chain.inputs, LENGTHS, chain.targets, chain.scored, needs_targets=False)
    return in_double(data).replace(inputs=jnp.asarray(chain.inputs), targets=jnp.asarray(chain.targets))


@pytest.mark.parametrize("cut", [12, 4])
def test_the_gradient_is_that_of_finite_differences_through_every_piece(chain, cut):
    with jax.enable_x64(True):
        reservoir = in_double(chain.reservoir)
        data = as_data_in_double(chain, reservoir)
        value, gradient = value_and_gradient(reservoir, in_double(chain.readout), data, cut)
        assert float(value) == pytest.approx(by_hand(chain, reservoir.weights, reservoir, cut), rel=1e-9)
        rng, slopes = np.random.default_rng(1), []
        for unit in (0, 1):
            moves = jax.tree.map(lambda leaf: np.zeros(leaf.shape), reservoir.weights)
            for move in jax.tree.leaves(moves[0]):
                move[..., unit] = rng.normal(size=move.shape[:-1])
            there, back = (
                jax.tree.map(lambda leaf, move, way=way: leaf + way * move, reservoir.weights, moves)
                for way in (1e-6, -1e-6)
            )
            difference = (by_hand(chain, there, reservoir, cut) - by_hand(chain, back, reservoir, cut)) / 2e-6
            along = sum(jax.tree.leaves(jax.tree.map(lambda g, move: float((g * move).sum()), gradient, moves)))
            assert along == pytest.approx(difference, abs=1e-7)
            slopes.append(along)
    assert min(np.abs(slopes)) > 1e-3


def test_gradients_cross_units_and_stop_at_cuts(chain):
    """The readout sees the second unit alone; what the first one says reaches it only through that unit."""
    readout = {"w": np.zeros((1, 8)), "b": np.zeros((1, 1))}
    for name in ("output 0 of unit 1", "output 1 of unit 1"):
        readout["w"][0, feature_names(chain.reservoir, FEATURES).index(name)] = 1.0
    with jax.enable_x64(True):
        reservoir = in_double(chain.reservoir)
        data = as_data_in_double(chain, reservoir).replace(scored=jnp.zeros((2, 12)).at[:, 4].set(1.0))
        whole, cut = (
            np.asarray(value_and_gradient(reservoir, in_double(readout), data, c)[1][0].unit["wo"]) for c in (12, 4)
        )
    assert np.abs(whole[..., 0]).max() > 1e-3
    # Step 4 is the first of its piece: the output of unit 0 before it belongs to another piece.
    np.testing.assert_array_equal(cut[..., 0], 0)
    assert np.abs(cut[..., 1]).max() > 1e-3


def test_losses_fall_and_only_what_may_learn_moves(chain):
    inputs = np.random.default_rng(5).normal(size=(6, 12, 2))
    targets = np.concatenate([np.zeros((6, 1, 1)), inputs[:, :-1, :1]], axis=1)
    settings = Learning(steps=80, learning_rate=0.03, batch=4)
    learnt, losses = learn_globally(chain.reservoir, inputs, targets, settings, truncation=6, features=FEATURES, seed=1)
    assert losses.shape == (80,)
    assert losses[-10:].mean() < 0.7 * losses[:10].mean()
    for name, before in chain.reservoir.weights[0].unit.items():
        assert not np.array_equal(before, learnt.weights[0].unit[name]), name
    for name, before in chain.reservoir.weights[1].unit.items():
        np.testing.assert_array_equal(before, learnt.weights[1].unit[name])
    again, _ = learn_globally(chain.reservoir, inputs, targets, settings, truncation=6, features=FEATURES, seed=1)
    for name, array in learnt.weights[0].unit.items():
        assert array.tobytes() == again.weights[0].unit[name].tobytes()
    seen, _ = run(learnt, inputs, features=FEATURES, teacher=targets)
    assert np.isfinite(seen).all()


def test_no_steps_change_nothing(chain):
    learnt, losses = learn_globally(chain.reservoir, chain.inputs, chain.targets, Learning(steps=0))
    assert losses.shape == (0,)
    for name, array in learnt.weights[0].unit.items():
        np.testing.assert_array_equal(array, chain.reservoir.weights[0].unit[name])


@pytest.mark.parametrize(
    ("targets", "truncation", "message"),
    [
        (None, 5, "truncation is 5; both need at least 1"),
        (np.zeros((2, 12, 1)), 0, "truncation is 0; both need at least 1"),
        (np.zeros((2, 11, 1)), 5, r"targets have shape \(2, 11, 1\); expected \(2, 12, 1\)"),
    ],
)
def test_what_does_not_fit_is_refused(chain, targets, truncation, message):
    with pytest.raises(AuritaError, match=message):
        learn_globally(chain.reservoir, chain.inputs, targets, truncation=truncation)
