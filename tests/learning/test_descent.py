"""Steps of units against gradient descent and Adam written out in numpy."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from aurita import AttentionUnit, Learning, Population, Reservoir, learn
from aurita.learning import Optimiser
from aurita.learning._local_loss import local_loss
from aurita.learning._recording import record_batch
from aurita.learning.batches import as_data

recorded = eqx.filter_jit(record_batch)
FORWARD = AttentionUnit(slots=2, heads=0, memory=1, hidden=3)
RECURRENT = AttentionUnit(slots=2, memory=2, hidden=2, age_bias_rate=7.0)


def waves(count=4, steps=30, seed=0):
    """Noisy sines of two channels."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 6, (count, 1, 2))
    return np.sin(np.arange(steps)[None, :, None] * [0.4, 0.7] + phase) + 0.05 * rng.normal(size=(count, steps, 2))


def unit_leaves(tree, unit):
    return [np.asarray(leaf)[..., unit] for leaf in jax.tree.leaves(tree)]


class OneUnit:
    """Gradient descent of one unit of a reservoir without recurrence, the optimiser written out."""

    def __init__(self, reservoir, inputs, unit, settings):
        data = as_data(reservoir, inputs, None, None, None, needs_targets=False)
        recording, afferents = recorded(reservoir, data, settings), reservoir.wiring[0][:, unit]
        weights = jax.tree.map(lambda leaf: leaf[..., unit], reservoir.weights[0])
        self.w, self.shaped = (
            (np.asarray(leaf, float) for leaf in jax.tree.leaves(weights)),
            jax.tree.structure(weights),
        )
        self.w, self.settings = list(self.w), settings
        self.names = [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(weights)]
        self.given = (reservoir.populations[0], afferents, recording, settings)
        self.m, self.v, self.count = [0.0] * len(self.w), [0.0] * len(self.w), 0

    def gradient(self):
        """The gradient at the present weights, before any clipping."""
        weights = jax.tree.unflatten(self.shaped, [jnp.asarray(w, jnp.float32) for w in self.w])
        return [np.asarray(g, float) for g in jax.tree.leaves(gradient_of(weights, *self.given))]

    def adam(self, rate):
        gradient = clipped(self.gradient(), self.settings.optimises.clip)
        self.count += 1
        for i, g in enumerate(gradient):
            self.m[i] = 0.9 * self.m[i] + 0.1 * g
            self.v[i] = 0.999 * self.v[i] + 0.001 * g**2
            move = self.m[i] / (1 - 0.9**self.count) / (np.sqrt(self.v[i] / (1 - 0.999**self.count)) + 1e-8)
            self.w[i] = self.w[i] - rate * (move + self.settings.weight_decay * self.w[i])


def clipped(gradient, bound):
    norm = np.sqrt(sum((g**2).sum() for g in gradient))
    return [g * min(1.0, bound / norm) for g in gradient]


@eqx.filter_jit
def gradient_of(weights, *given):
    return jax.grad(lambda w: local_loss(w, *given, jax.random.key(0)))(weights)


def test_units_that_are_not_chosen_keep_weights_and_moments_and_step_count():
    """Round robin over three units: each must be where Adam leads it by its own two steps of six alone."""
    forward = Reservoir.build([Population(unit=FORWARD, units=3, receives="inputs")], inputs=2, seed=1)
    settings = Learning(
        rule="round_robin", steps=6, learning_rate=0.05, weight_decay=0.02, optimiser=Optimiser(clip=0.1)
    )
    learnt, history = learn(forward, waves(), settings)
    np.testing.assert_array_equal(history.selected, np.tile(np.eye(3, dtype=bool), (2, 1)))
    for unit in range(3):
        alone = OneUnit(forward, waves(), unit, settings)
        for step in (unit, unit + 3):
            alone.adam(0.05 * 0.5 * (1 + np.cos(np.pi * step / 6)))
        for found, expected in zip(unit_leaves(learnt.weights[0], unit), alone.w, strict=True):
            np.testing.assert_allclose(found, expected, atol=2e-6)


def test_all_units_step_with_their_own_gradient_clip_decay_and_penalty():
    """Plain gradient descent of a recurrent reservoir, one step: every term of it in numpy."""
    reservoir = Reservoir.build([Population(unit=RECURRENT, units=3, passage="mixed", afferents=4)], inputs=2, seed=2)
    inputs = waves()
    settings = Learning(
        optimiser=Optimiser(name="sgd", clip=0.2, decay=False), steps=1, learning_rate=0.1, l2=0.05, weight_decay=0.3
    )
    learnt, history = learn(reservoir, inputs, settings)
    assert history.selected.all()
    plain = Learning(optimiser="sgd")
    for unit in range(3):
        alone = OneUnit(reservoir, inputs, unit, plain)
        learns = [".unit" in name for name in alone.names]
        assert 0 < sum(learns) < len(learns)
        gradient = [(g + 2 * 0.05 * w) * on for g, w, on in zip(alone.gradient(), alone.w, learns, strict=True)]
        short = clipped(gradient, 0.2)
        assert not np.allclose(short[0], gradient[0]), "this test wants a gradient that is clipped"
        for found, w, g, name, on in zip(
            unit_leaves(learnt.weights[0], unit), alone.w, short, alone.names, learns, strict=True
        ):
            faster = 7.0 if "age_bias" in name else 1.0
            expected = w - 0.1 * (faster * g + 0.3 * w) * on
            np.testing.assert_allclose(found, expected, atol=1e-6, err_msg=name)
