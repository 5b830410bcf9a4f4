"""What is drawn while units learn on JAX does not hang on a setting of JAX."""

import os
import subprocess
import sys

CODE = """
import hashlib, numpy as np
from aurita import AttentionUnit, Learning, Population, Reservoir, learn
from aurita.native import set_engine
X = np.random.default_rng(0).normal(size=(6, 20, 2))
reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=3), units=2)], inputs=2)
with set_engine("jax"):
    learnt, history = learn(reservoir, X, Learning(steps=3, batch=3, input_noise=0.1))
print(hashlib.sha256(np.asarray(history.losses).tobytes()).hexdigest())
"""


def test_the_partition_of_threefry_changes_no_draw():
    printed = set()
    for setting in ("0", "1"):
        environment = {**os.environ, "JAX_THREEFRY_PARTITIONABLE": setting}
        done = subprocess.run(
            [sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        printed.add(done.stdout)
    assert len(printed) == 1
