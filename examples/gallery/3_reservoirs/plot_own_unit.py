"""
Write a unit of your own
========================

A unit is a small class: its weights, its state, and one step. Written with JAX it learns by its local loss like any
other, and works in estimators, files, studies and pictures. This one keeps running means of several speeds.
"""

from dataclasses import dataclass

import jax
import matplotlib.pyplot as plt
import numpy as np

from aurita import Learning, Population, ReservoirClassifier
from aurita.units import Response, Unit
from aurita.units.unit import drawn, generator, zeros


@dataclass(frozen=True, kw_only=True)
class MeansUnit(Unit):
    """Leaky means of the slots, whose rates are learnt, and a linear map of them as output."""

    learns_by = "gradient"

    def init(self, key, units, targets=0):
        random = generator(key)
        rate = random.uniform(-3, 1, (self.slots, units))
        return drawn({"rate": rate, "out": random.normal(0, 0.5, (self.slots, self.slots, units))})

    def initial_state(self, units, batch):
        return {"mean": zeros(self.slots, units, batch)}

    def step(self, prepared, state, inputs, time, steps):
        rate = jax.nn.sigmoid(prepared["rate"])[..., None]
        mean = (1 - rate) * state["mean"] + rate * inputs
        return {"mean": mean}, Response((prepared["out"][..., None] * mean).sum(1), {"hidden": mean})

    def feature_sizes(self):
        return {"hidden": self.slots}


# %%
# Two classes of noise that differ in how slowly they wander. The unit goes where any unit goes.

rng = np.random.default_rng(0)
y = np.repeat(["slow", "fast"], 40)
X = []
for name in y:
    keep = 0.95 if name == "slow" else 0.6
    x = np.zeros(60)
    for step in range(1, 60):
        x[step] = keep * x[step - 1] + np.sqrt(1 - keep**2) * rng.normal()
    X.append(x[:, None])
half = np.arange(80) % 2 == 0
train = [x for x, one in zip(X, half, strict=True) if one]
test = [x for x, one in zip(X, half, strict=True) if not one]

units = Population(unit=MeansUnit(slots=3), units=8)
model = ReservoirClassifier(units, learning=Learning(objective="self", steps=50), summary="mean_deviation")
model.fit(train, y[half])
print(f"accuracy: {model.score(test, y[~half]):.2f}")

# %%
# Its local losses fall as those of built-in units do.

figure, axes = plt.subplots(figsize=(6, 2.8))
axes.plot(model.histories_[0].losses)
axes.set_xlabel("batch")
axes.set_ylabel("local loss of each unit")
figure.tight_layout()
