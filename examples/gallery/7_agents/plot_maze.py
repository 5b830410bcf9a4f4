"""
A creature of eight units learns a maze
=======================================

A sign at the start of a corridor says which way to turn at its end, and nothing on the way repeats it: the T-maze of
Bakker (2002). Eight units learn it from reward alone, in seconds. No unit is corrected by itself: each speaks for
actions, the sum of all acts, and all receive how well that went.
"""

from aurita import ReservoirAgent
from aurita.pictures import episodes_of, lesion_curves, lesions, mutualists, returns, unit_scores
from aurita.worlds import TMaze

maze = TMaze(corridor=10)
creature = ReservoirAgent(units=8, memory=20, entropy=0.05, steps=40_000, random_state=0)
creature.fit(maze.copies(16))
print(f"return {creature.score(maze.copies(50)):.2f}; the best possible is {maze.best_return:.0f}")
learning = returns(creature.history_)

# %%
# Who spoke for which action, along one episode. The last step is the turn: the units that speak up there remember the
# sign, which was seen eleven steps before. The others walk.

walk = episodes_of(creature, maze, episodes=1, seed=3)[0]
print("actions:", [("east", "north", "west", "south")[action] for action in walk.actions])
by_unit = unit_scores(walk)

# %%
# Help is measured while they learn, at no cost: how much less likely what was gained would have been without a unit.

helpers = mutualists(creature.symbiosis_)

# %%
# It says whom the creature can do without. The same episodes again, with units silenced one after the other:

curves = lesion_curves(creature, maze.copies(20), episodes=40, random=3)
left = lesions(curves)
