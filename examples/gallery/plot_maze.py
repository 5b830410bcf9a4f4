"""
A creature of eight units learns a maze
=======================================

A sign at the start of a corridor says which way to turn at its end, and nothing on the way repeats it: the T-maze of
Bakker (2002). Eight units learn it from reward alone, in seconds. No unit is corrected by itself: each speaks for
actions, the sum of all acts, and all receive how well that went.
"""

import matplotlib.pyplot as plt
import numpy as np

from aurita import ReservoirAgent
from aurita.pictures import episodes_of, lesion_curves
from aurita.worlds import TMaze

maze = TMaze(corridor=10)
creature = ReservoirAgent(units=8, memory=20, entropy=0.05, steps=40_000, random_state=0)
creature.fit(maze.copies(16))
print(f"return {creature.score(maze.copies(50)):.2f}; the best possible is {maze.best_return:.0f}")

# %%
# What became of the episodes while it learnt, and what is left of the return when units are silenced, the least helpful
# first, or the most helpful first. Help is measured on the way, at no cost: how much of what was gained would have been
# less likely without the unit.

curves = lesion_curves(creature, maze.copies(20), episodes=40, random=3)
figure, axes = plt.subplots(1, 2, figsize=(9, 3))
axes[0].plot(creature.history_["step"], creature.history_["return"])
axes[0].set(xlabel="step", ylabel="mean return")
for name, rows in curves.items():
    axes[1].plot(rows.mean(0), marker="o", label=name)
axes[1].set(xlabel="units silenced", ylabel="return")
axes[1].legend(frameon=False)
figure.tight_layout()

# %%
# Who spoke for what, along two episodes: one colour a unit, above zero for the action that was taken. The last step is
# the turn; the units that speak up there remembered the sign.

shown = episodes_of(creature, maze, episodes=2, seed=3)
figure, axes = plt.subplots(2, sharex=True, figsize=(8, 4.5))
for axis, one in zip(axes, shown, strict=True):
    lean = one.voices - one.voices.mean(2, keepdims=True)
    taken = np.take_along_axis(lean, one.actions[:, None, None], axis=2)[..., 0]
    for unit, line in enumerate(taken.T):
        axis.plot(line, label=f"unit {unit}", linewidth=1.2)
    sign = "north" if one.observations[0, 0] == 0 else "south"
    axis.set_title(f"the sign says {sign}; the last action is {('east', 'north', 'west', 'south')[one.actions[-1]]}")
    axis.axhline(0, color="0.7", linewidth=0.8)
    axis.set_ylabel("logit")
axes[1].set_xlabel("step")
axes[1].legend(frameon=False, ncols=4, fontsize="small")
figure.tight_layout()
