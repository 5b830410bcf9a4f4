"""
RSSViz: see the state space
===========================

Reservoir state space visualisation: all states of all sequences in one plane. Where classes lie apart a linear readout
has an easy task; the paths of single sequences show when they part.
"""

import numpy as np

from aurita import ReservoirClassifier
from aurita.pictures import rank_of_states, state_space, states_of, trajectories
from aurita.tasks import task_named

task = task_named("japanese_vowels")
X, y = task.train.inputs, task.train.targets
first = [place for place, label in enumerate(y) if label in set(np.unique(y)[:4])]
X, y = [X[place] for place in first], np.asarray(y)[first]

model = ReservoirClassifier(units=16, learning="self").fit(X, y)
states = states_of(model, X, y)

# %%
# Each point is the state at one step, coloured by the class of its sequence; the plane is that between the classes.

plane = state_space(states, method="classes")

# %%
# The paths of one sequence of each class, on principal components.

paths = trajectories(states)

# %%
# How many directions the states take, of as many as they have numbers.

rank = rank_of_states(states)
