"""
See who receives whom
=====================

A wiring is data: an array of source numbers. Distances in it serve the rule ``spaced``, which lets units learn at the
same time only if they are not neighbours.
"""

import numpy as np

from aurita import AttentionUnit, Population, Reservoir
from aurita.pictures import distance_matrix, spaced_set, wiring_graph

reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=3), units=14)], inputs=2, seed=1)
print("sources of the three slots of unit 0:", reservoir.wiring[0][:, 0])

# %%
# Inputs, units, and the connections between them.

graph = wiring_graph(reservoir)

# %%
# Shortest paths between units, connections taken in either direction.

distances = distance_matrix(reservoir)

# %%
# Whom the rule ``spaced`` would let learn, given the losses of all units.

chosen = spaced_set(reservoir, np.random.default_rng(0).uniform(size=14), spacing=2)
