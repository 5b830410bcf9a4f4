"""
3. What layer norm does to three numbers
========================================

The notebook's blocks came from *Attention Is All You Need*, layer norm included, and got better when ``tanh`` took its
place. Why? With three numbers, layer norm takes away the mean and divides by the deviation: two of the three degrees of
freedom. What is left is one angle.
"""

import matplotlib.pyplot as plt
import numpy as np

from aurita.studies.models import model_named
from aurita.tasks import task_named

rng = np.random.default_rng(0)
points = rng.normal(size=(1500, 3))
normed = (points - points.mean(1, keepdims=True)) / points.std(1, keepdims=True)
plane = normed @ np.array([[1, -1, 0], [1, 1, -2]]).T / np.sqrt([2, 6])

# %%
# A cloud that fills space becomes a circle. After ``tanh`` it fills a cube.

figure = plt.figure(figsize=(9, 3.2))
axes = figure.add_subplot(1, 3, 1, projection="3d")
axes.scatter(*points.T, s=2)
axes.set_title("inputs", fontsize=10)
axes = figure.add_subplot(1, 3, 2)
axes.scatter(*plane.T, s=2)
axes.set_aspect("equal")
axes.set_title("after layer norm, in its plane", fontsize=10)
axes = figure.add_subplot(1, 3, 3, projection="3d")
axes.scatter(*np.tanh(points).T, s=2)
axes.set_title("after tanh", fontsize=10)
figure.tight_layout()

# %%
# It costs what one would expect, before and after learning.

names = ("layer", "rms", "tanh", "none")
found = np.zeros((2, 4))
for seed in range(2):
    task = task_named("sincosnoise", seed=seed, sequences=(160, 20, 200))
    for place, name in enumerate(names):
        for row, how in enumerate(({"objective": "frozen"}, {"rule": "all"})):
            fitted = model_named("aur")(task, ["test"], seed=seed, normalisation=name, steps=150, **how)
            found[row, place] += task.score(fitted.predictions["test"]) / 2
print("as drawn:", dict(zip(names, found[0].round(3).tolist(), strict=True)))
print("learnt:  ", dict(zip(names, found[1].round(3).tolist(), strict=True)))

figure, axes = plt.subplots(figsize=(6, 2.8))
for row, label in enumerate(("as drawn", "learnt")):
    axes.bar(np.arange(4) + 0.36 * (row - 0.5), found[row], 0.33, label=label)
axes.set_xticks(range(4), names)
axes.set_ylabel("mean square error")
axes.legend()
figure.tight_layout()
