"""
4. The anarchists
=================

The oldest unit of the notebook knows no backpropagation. It has two matrices: one makes its state of its inputs, the
other guesses the next state from this one. Each is regressed on what the other says, both at once. *It does not
converge reliably, and when it does one dimension is right and the others are not.* That was an observation without
figures.
"""

import matplotlib.pyplot as plt
import numpy as np

from aurita.studies.models import model_named
from aurita.tasks import task_named

ROUNDS = (3, 10, 30, 100, 300)
task = task_named("anarchist/sine", seed=0)


def agreement(rounds, constraint="none"):
    return model_named("anarchist")(task, ["test"], seed=0, rounds=rounds, constraint=constraint)


runs = {("none", rounds): agreement(rounds) for rounds in ROUNDS}
for rounds in ROUNDS:
    details = runs["none", rounds].details
    print(f"{rounds:>3} rounds: {details['dims_right']} dimensions right, {details['dims_collapsed']} collapsed")

# %%
# So it is no convergence. Every dimension is on its way to zero, which both regressions can always agree on; whoever
# stops early finds some right and others gone. The data alone foretell how fast the state fades.

details = runs["none", 300].details
print(f"a round multiplies the state by {details['fade']:.3f}; from the data: at most {details['fade_bound']:.3f}")

# %%
# The cure is a state that may not collapse: of unit variance, or whitened.

figure, axes = plt.subplots(1, 2, figsize=(9, 3))
for constraint, label in (("none", "as invented"), ("unit_variance", "unit variance"), ("whitened", "whitened")):
    some = [runs.get((constraint, rounds)) or agreement(rounds, constraint) for rounds in ROUNDS]
    kept = [np.mean(one.details["kept"]) for one in some]
    axes[0].loglog(ROUNDS, kept, marker="o", label=label)
    axes[1].semilogx(ROUNDS, [task.score(one.predictions["test"]) for one in some], marker="o", label=label)
axes[0].set_ylabel("deviation of the state, of that as drawn")
axes[1].set_ylabel("error of a readout (NRMSE)")
for one in axes:
    one.set_xlabel("rounds")
axes[0].legend()
figure.tight_layout()
