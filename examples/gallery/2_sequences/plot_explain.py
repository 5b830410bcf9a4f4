"""
Explain an answer by units
==========================

Every unit's outputs go to a linear readout, so it is plain how much each unit contributes, and when it begins to tell
the classes apart.
"""

import numpy as np

from aurita import ReservoirClassifier
from aurita.pictures import kept_together, readout_weights, states_of, units_over_steps

rng = np.random.default_rng(0)
y = np.repeat(["rises", "falls", "stays"], 30)
slopes = {"rises": 1.0, "falls": -1.0, "stays": 0.0}
t = np.arange(40)
X = [(slopes[name] * np.clip(t - 15, 0, 10) / 10 + 0.25 * rng.normal(size=40))[:, None] for name in y]

model = ReservoirClassifier(units=12, summary="mean").fit(X, y)
states = states_of(model, X, y)

# %%
# Which classes do the states keep apart? Of a state's nearest neighbours, the share that is of its class:

for name, share in kept_together(states).items():
    print(f"{name}: {share:.0%}")

# %%
# Which units separate the classes, and from which step on? Nothing can be known before step 15.

telling = units_over_steps(states)

# %%
# How much the readout weighs each unit.

weights = readout_weights(model)
