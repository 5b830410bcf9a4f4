"""
What a unit attends to
======================

An attention unit looks at the last inputs of its own. As drawn its attention is spread by chance; after it learnt to
predict its inputs, it rests on the ages that foretell them.
"""

import numpy as np

from aurita import AttentionUnit, Learning, Population, Reservoir, learn
from aurita.pictures import attention_map, attention_weights

rng = np.random.default_rng(0)
# Each value repeats the one of six steps before, more or less.
X = np.zeros((40, 90, 1))
X[:, :6] = rng.normal(size=(40, 6, 1))
for step in range(6, 90):
    X[:, step] = 0.95 * X[:, step - 6] + 0.3 * rng.normal(size=(40, 1))

unit = AttentionUnit(slots=3, memory=10, age_bias="flat")
population = Population(unit=unit, units=4, passage="learned", afferents="all", receives="inputs")
drawn = Reservoir.build([population], inputs=1, seed=0)
learnt, history = learn(drawn, X, Learning(objective="self", steps=300, learning_rate=0.02))
print(f"local loss: {history.losses[0].mean():.2f} before, {history.losses[-1].mean():.2f} after")

# %%
# As drawn.

before = attention_map(attention_weights(drawn, X[:1]))

# %%
# After learning. The next value will be near that of five steps before now.

after = attention_map(attention_weights(learnt, X[:1]))
