"""What is drawn while units learn on JAX does not hang on a setting of JAX."""

import jax
import numpy as np

from aurita import AttentionUnit, Learning, Population, Reservoir, learn
from aurita.native import set_engine


def test_the_partition_of_threefry_changes_no_draw():
    X = np.random.default_rng(0).normal(size=(6, 20, 2))
    losses, drawn = [], []
    for partitioned in (False, True):
        with jax.threefry_partitionable(partitioned), set_engine("jax"):
            reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=3), units=2)], inputs=2)
            _, history = learn(reservoir, X, Learning(steps=3, batch=3, input_noise=0.1))
            drawn.append(np.asarray(jax.random.normal(jax.random.key(0), (5,))))
        losses.append(np.asarray(history.losses))
    np.testing.assert_array_equal(*losses)
    assert (drawn[0] != drawn[1]).any(), "the setting does change what JAX draws by itself"
