"""
Classify sequences of different lengths
=======================================

A list of arrays is enough: no padding, no resampling. `ReservoirFeatures` gives the same rows to any other estimator.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA

from aurita import ReservoirClassifier, ReservoirFeatures

rng = np.random.default_rng(0)
speeds = {"slow": 6.0, "middling": 4.0, "fast": 2.5}
y = rng.choice(list(speeds), size=90)
X = [np.sin(np.arange(rng.integers(25, 70))[:, None] / speeds[name] + rng.uniform(0, 6)) for name in y]
X = [x + 0.3 * rng.normal(size=x.shape) for x in X]

model = ReservoirClassifier(units=12, summary="mean_deviation").fit(X[:60], y[:60])
print(f"accuracy on 30 new sequences: {model.score(X[60:], y[60:]):.2f}")

# %%
# The pooled states of all sequences, in a plane.

rows = ReservoirFeatures(units=12, learning="self").fit_transform(X)
plane = PCA(2).fit_transform(rows / rows.std(axis=0).clip(1e-9))
figure, axes = plt.subplots(figsize=(5, 4))
for name in speeds:
    axes.scatter(*plane[y == name].T, s=15, label=name)
axes.legend()
figure.tight_layout()
