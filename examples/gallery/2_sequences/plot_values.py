"""
Predict a value of a sequence
=============================

A regressor gives every sequence a number, here the share of noise in it. With a target at every step it predicts
steps.
"""

import matplotlib.pyplot as plt
import numpy as np

from aurita import ReservoirRegressor

rng = np.random.default_rng(0)
share = rng.uniform(0, 1, 160)
X = []
for amount in share:
    t = np.arange(rng.integers(60, 120))
    wave = np.sin(t / rng.uniform(3, 6) + rng.uniform(0, 6))
    X.append(((1 - amount) * wave + amount * rng.normal(0, 0.7, len(t)))[:, None])

model = ReservoirRegressor(shapes="only").fit(X[:110], share[:110])
predicted = model.predict(X[110:])
print(f"R2 on 50 new sequences: {model.score(X[110:], share[110:]):.3f}")

figure, axes = plt.subplots(figsize=(4.2, 4))
axes.scatter(share[110:], predicted, s=18)
axes.plot([0, 1], [0, 1], color="0.5", linewidth=0.8)
axes.set_xlabel("share of noise")
axes.set_ylabel("predicted")
figure.tight_layout()
