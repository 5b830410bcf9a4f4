"""
Watch units learn, each alone
=============================

Every unit descends a loss of its own. The target is broadcast to all units, but no gradient crosses from one to another
and none runs back in time beyond a unit's memory. A linear readout then puts together what they found.

Units receive the inputs alone here, so that none of them disturbs what another one learns.

The task is the product of the inputs of three and of five steps ago, which no linear readout of the inputs can have.
"""

import matplotlib.pyplot as plt
import numpy as np

from aurita import AttentionUnit, Learning, Population, Reservoir, learn, run
from aurita.pictures import local_losses, loss_map
from aurita.readout import RidgeReadout

rng = np.random.default_rng(0)
X = rng.uniform(-1, 1, size=(120, 60, 1))
y = np.roll(X, 3, axis=1) * np.roll(X, 5, axis=1)
scored = np.broadcast_to(np.arange(60) >= 8, (120, 60))

units = Population(unit=AttentionUnit(slots=4, memory=8), units=10, passage="mixed", afferents="all", receives="inputs")
drawn = Reservoir.build([units], inputs=1, targets=1, seed=0)
given = {"targets": y[:100], "scored": scored[:100]}
one, history_one = learn(drawn, X[:100], Learning(objective="target", rule="largest", steps=300), **given)
every, history_all = learn(drawn, X[:100], Learning(objective="target", rule="all", steps=300), **given)

# %%
# The losses when one unit a batch takes a step, the one with the largest loss ...

one_by_one = loss_map(history_one)

# %%
# ... and when all take one at once.

all_at_once = local_losses(history_all)

# %%
# What a linear readout makes of the states, on sequences that no unit saw. Chance is the deviation of the target.

errors = {"chance": float(y[100:, 8:].std())}
for name, reservoir in {"as drawn": drawn, "largest": one, "all": every}.items():
    states = run(reservoir, X, features=("output", "hidden"))[0][:, 8:]
    flat = states.reshape(-1, states.shape[-1])
    readout = RidgeReadout().fit(flat[: 100 * 52], y[:100, 8:].reshape(-1, 1))
    errors[name] = float(np.sqrt(((readout.predict(flat[100 * 52 :]) - y[100:, 8:].reshape(-1, 1)) ** 2).mean()))
print({name: round(error, 3) for name, error in errors.items()})

figure, axes = plt.subplots(figsize=(5, 2.2))
axes.barh(list(errors), list(errors.values()))
axes.set_xlabel("root mean square error")
figure.tight_layout()
