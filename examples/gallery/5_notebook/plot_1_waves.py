"""
1. A sine, a cosine and noise
=============================

The notebook's first question was small. Three channels go by: a sine, a cosine, and white noise. A few decoder blocks
are wired at random; each learns, alone, to predict the three numbers that it will receive next. A linear readout of
their outputs predicts the next step of all three channels. How well can that go?

Before any block learns, it is worth asking what could be reached at all. Two steps of a sine fix the third one, so only
the noise and the first step cost anything: the floor can be computed.
"""

import matplotlib.pyplot as plt
import numpy as np

from aurita.studies.models import model_named
from aurita.tasks import task_named

task = task_named("sincosnoise", seed=0, sequences=(160, 20, 200))
print(f"floor, by theory: {task.floor:.4f}; predicting the mean: {task.chance:.2f}")

# %%
# The notebook left this question open: is the task hard? It is not. Ridge regression on the last three inputs comes
# close to the floor; the notebook's LSTM had 0.0092.


def error(name, **parameters):
    fitted = model_named(name)(task, ["test"], seed=0, **parameters)
    return task.score(fitted.predictions["test"]), fitted


found = {"autoregression of order 3": error("autoregression", memory=3)[0]}
settings = {"normalisation": "tanh", "steps": 150}
frozen, _ = error("aur", objective="frozen", **settings)
learnt, fitted = error("aur", rule="all", **settings)
found |= {"three blocks as drawn": frozen, "three blocks, learnt": learnt}
print({name: round(value, 4) for name, value in found.items()})

# %%
# So the blocks learn something real, but a linear model of three numbers beats them here. The task is a test bed for
# ideas about learning, not a reason to use a reservoir.

figure, axes = plt.subplots(1, 2, figsize=(10, 3))
x, predicted = task.test.inputs[0], fitted.predictions["test"][0]
for channel, name in enumerate(task.target_names):
    axes[0].plot(x[1:, channel] + 3 * channel, color="0.5", linewidth=0.8)
    axes[0].plot(np.arange(len(predicted) - 1), predicted[:-1, channel] + 3 * channel, color=f"C{channel}", label=name)
axes[0].legend(ncols=3, fontsize=7, loc="upper right")
axes[0].set_title("learnt blocks, one step ahead; grey: truth", fontsize=10)
axes[1].barh(list(found), list(found.values()))
axes[1].axvline(task.floor, color="tab:red", linewidth=0.8)
axes[1].set_xlabel("mean square error; red: floor")
figure.tight_layout()
