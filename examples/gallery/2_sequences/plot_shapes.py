"""
A shape that may be anywhere
============================

The class depends on a short shape whose place varies. The last state of a reservoir has forgotten it, and states at
four times miss it. What is pooled over the whole sequence has it: shape units do that, and are part of the default;
the mean and deviation of a reservoir's states do it too, where the shape is not small beside the rest.
"""

import matplotlib.pyplot as plt
import numpy as np

from aurita import ReservoirClassifier

rng = np.random.default_rng(0)
shapes = {"peak": 1.6 * np.exp(-(((np.arange(15) - 7) / 3) ** 2)), "step": np.where(np.arange(15) < 7, 0.8, -0.8)}
y = rng.choice(list(shapes), size=120)
X = 0.25 * rng.normal(size=(120, 150, 1))
for x, name in zip(X, y, strict=True):
    start = rng.integers(0, 135)
    x[start : start + 15, 0] += shapes[name]

models = {
    "shape units": ReservoirClassifier(shapes="only"),
    "states at four times": ReservoirClassifier(units=24),
    "mean and deviation of states": ReservoirClassifier(units=24, summary="mean_deviation"),
}
scores = {name: model.fit(X[:80], y[:80]).score(X[80:], y[80:]) for name, model in models.items()}
print(scores)

# %%

figure, axes = plt.subplots(1, 2, figsize=(9, 3))
for place, name in enumerate(shapes):
    axes[0].plot(X[np.flatnonzero(y == name)[0], :, 0] - 3 * place, label=name, linewidth=0.9)
axes[0].legend(loc="upper right")
axes[0].set_yticks([])
axes[1].barh(list(scores), list(scores.values()))
axes[1].axvline(0.5, color="0.3", linestyle="--", linewidth=0.8)
axes[1].set_xlabel("accuracy on 40 new sequences; dashed: chance")
figure.tight_layout()
