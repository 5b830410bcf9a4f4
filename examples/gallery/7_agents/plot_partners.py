"""
Units that choose which sources to receive
==========================================

Twelve units, three afferents each, and a world that shows the suit of a card among sixty channels of noise: the action
has to name the suit of three cards ago. A unit that receives noise alone is of no use to the others. While they learn,
each gives up the afferent that it uses least, and opens the source whose gradient at this unit is the largest.
"""

import numpy as np

from aurita import ReservoirAgent
from aurita.learning.partners import Partners
from aurita.pictures import returns, rewirings
from aurita.worlds import RepeatPrevious, WithNoise

world = WithNoise(RepeatPrevious("easy"), 60)
agent = ReservoirAgent(
    units=12, memory=8, discount=0.5, trace=0.5, steps=60_000, partners=Partners(afferents=3), random_state=1
)
agent.fit(world.copies(16))
print(f"return {agent.score(world.copies(50)):.2f}; the best possible is 1, guessing has -0.5")
learning = returns(agent.history_)

# %%
# Sources 0 to 3 are the suits, 4 to 63 noise; those after them are the agent's own last action, its reward, and whether
# an episode begins. The picture has a line as long as some unit receives it.

wiring = rewirings(agent.partners_)

# %%
# In the beginning few afferents are on the suits, in the end many.

afferents = {}
for _, unit, dropped, opened in agent.partners_.tolist():
    afferents.setdefault(unit, set()).discard(dropped)
    afferents[unit].add(opened)
changes = agent.partners_
first = changes[changes[:, 2] < 0][:, 3]
last = np.array([source for own in afferents.values() for source in own])
for name, sources in (("at first", first), ("at last", last)):
    noise = (sources > 3) & (sources < 64)
    print(f"{name}: {(sources < 4).sum()} of {len(sources)} afferents are on suits, {noise.sum()} on noise")
