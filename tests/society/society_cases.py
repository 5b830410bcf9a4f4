"""A task that tests of societies share: how many events there were; and populations that can tell."""

import numpy as np

from aurita import AttentionUnit, EchoUnit, Learning, PhaseUnit, Population, Reservoir
from aurita.data.batch import Batch

RECEIVER = AttentionUnit(slots=2, hidden=3, memory=4)
POPULATIONS = [
    Population(unit=PhaseUnit(slots=2), units=3, passage="mixed", receives="each", features=()),
    Population(unit=RECEIVER, units=3, passage="learned", receives="partner", features=("hidden",)),
    Population(
        unit=EchoUnit(slots=4), units=1, passage="mixed", afferents="all", receives="inputs", features=("output",)
    ),
]
SETTINGS = Learning(objective="target", steps=40, batch=20)
FEATURES = ("hidden", "output")


def batch_of(count=24, steps=9, seed=0, labels=False):
    """The number of events of the last channel, at the end."""
    rng = np.random.default_rng(seed)
    inputs = np.concatenate([rng.normal(size=(count, steps, 2)), rng.integers(0, 2, (count, steps, 1))], axis=2)
    wanted = np.sin(1.05 * inputs[:, :, 2:].cumsum(axis=1))
    scored = np.zeros((count, steps), bool)
    scored[:, -1] = True
    return Batch.of(inputs, np.full(count, steps), wanted, scored, wanted[:, -1] if labels else None)


def drawn(seed=0, targets=1):
    return Reservoir.build(POPULATIONS, inputs=3, targets=targets, seed=seed)
