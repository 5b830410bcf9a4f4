"""
Evolve a topology
=================

Two of four stimuli appear, each somewhere and at some time; where was the more valuable one? Fourteen neurons are
enough if their wiring is evolved. A few generations of ten neurons show how it goes; ``aurita evolve decision
--neurons 14 --generations 100`` goes the whole way.
"""

from aurita.evolution import Genome, evolve
from aurita.pictures import fitness, topology

found = evolve(
    "decision", Genome(neurons=10), search="topology", generations=25, population=40, trials=(150, 100), seed=0
)
print(f"on sequences that no generation saw: {found.test(sequences=1000):.3f}; chance: 0.25")

# %%
# The best and the mean of each generation. Fresh sequences are drawn every time, and the elite is scored again, so luck
# does not survive.

progress = fitness(found)

# %%
# The champion: inputs, neurons and the connections that matter.

graph = topology(found.champion)
