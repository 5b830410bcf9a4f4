"""
Your first classifier
=====================

A sequence is an array of shape ``(steps, channels)``. A list of them, of any lengths, and one label each are all that a
classifier needs.

Here two machines hum; one of them has a worn bearing that knocks now and then.
"""

import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(3)


def hum(worn):
    t = np.arange(rng.integers(80, 140))
    sound = np.sin(t / 2.7 + rng.uniform(0, 6)) + 0.3 * rng.normal(size=len(t))
    for start in rng.integers(0, len(t) - 6, 3 if worn else 0):
        sound[start : start + 6] += np.array([2, -2, 1.5, -1.5, 1, -1])
    return sound[:, None]


y = np.where(np.arange(120) % 2, "worn", "sound")
X = [hum(label == "worn") for label in y]

# %%
# Eighty recordings to learn from, forty to judge by.

from aurita import ReservoirClassifier

model = ReservoirClassifier().fit(X[:80], y[:80])
print(f"accuracy on forty new recordings: {model.score(X[80:], y[80:]):.2f}")

# %%
# How sure is it? Probabilities come in the order of ``classes_``.

print(model.classes_, model.predict_proba(X[80:82]).round(2).tolist())

# %%
# Is a reservoir needed at all? ``units=0`` is the same readout on the bare inputs: the baseline that every result
# should be shown beside.

bare = ReservoirClassifier(units=0).fit(X[:80], y[:80])
print(f"bare inputs: {bare.score(X[80:], y[80:]):.2f}")

figure, axes = plt.subplots(2, figsize=(8, 3.2), sharex=True)
for axis, place in zip(axes, (80, 81), strict=True):
    axis.plot(X[place], linewidth=0.9)
    axis.set_title(f"{y[place]}, taken for {model.predict([X[place]])[0]}", fontsize=9)
figure.tight_layout()

# %%
# From here: :doc:`what estimators take </data>`, :doc:`which unit to choose </which-unit-which-rule>`, or any page of
# the gallery.
