"""
Label every step of a sequence
==============================

Given an array of labels for each sequence, the classifier labels steps: here which of three machines a current belongs
to, at every moment, from the past alone.
"""

import matplotlib.pyplot as plt
import numpy as np

from aurita import ReservoirClassifier

rng = np.random.default_rng(0)
names = np.array(["idle", "drill", "saw"])


def recording():
    which = np.repeat(rng.integers(0, 3, 8), rng.integers(15, 40, 8))
    t = np.arange(len(which))
    current = np.choose(which, [0.1 * np.ones(len(t)), np.sin(t / 1.6), np.sign(np.sin(t / 2.4))])
    return (current + 0.3 * rng.normal(size=len(t)))[:, None], names[which]


X, y = zip(*(recording() for _ in range(30)), strict=True)
model = ReservoirClassifier(units=20).fit(list(X[:24]), list(y[:24]))
predicted = model.predict(list(X[24:]))
right = np.concatenate([a == b for a, b in zip(predicted, y[24:], strict=True)])
print(f"{right.mean():.0%} of the steps of six new recordings are labelled right")

# %%
# Errors gather after a change: it takes some steps until the units have received enough of what is new.

figure, axes = plt.subplots(2, figsize=(8, 3.5), sharex=True, height_ratios=[2, 1])
axes[0].plot(X[24], color="0.3", linewidth=0.8)
for row, labels in enumerate((y[24], predicted[0])):
    codes = [list(names).index(label) for label in labels]
    axes[1].scatter(np.arange(len(codes)), np.full(len(codes), -row), c=codes, marker="|", s=120, cmap="viridis")
axes[1].set_yticks([0, -1], ["truth", "predicted"])
axes[1].set_ylim(-1.6, 0.6)
axes[1].set_xlabel("step")
figure.tight_layout()
