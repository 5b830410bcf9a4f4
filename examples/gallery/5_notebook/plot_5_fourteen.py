"""
5. Fourteen neurons
===================

The last notebook evolved small networks. Fourteen neurons with an evolved wiring did a decision task better than
fifty random ones. Was that more than luck, and more than overfitting to the trials of the search? The whole answer
took twenty searches (:doc:`the page about evolution </evolution>`); this is one small search, judged on sequences
that it cannot have seen.
"""

import matplotlib.pyplot as plt
import numpy as np

from aurita.evolution import Genome, evolve
from aurita.studies.models import model_named
from aurita.tasks import task_named

found = evolve(
    "decision", Genome(neurons=14), search="weights", generations=60, population=48, trials=(200, 150), seed=0
)
evolved = found.test(sequences=2000)

# %%
# Beside it: random echo networks of 14, 50 and 200 neurons, four of each, none of them tuned.

random = {}
for neurons in (14, 50, 200):
    random[neurons] = []
    for seed in range(4):
        task = task_named("decision", seed=seed)
        fitted = model_named("esn")(task, ["test"], seed=seed, units=neurons, summary="last")
        random[neurons].append(task.score(fitted.predictions["test"]))
print(f"14 evolved: {evolved:.3f};", {neurons: round(float(np.mean(one)), 3) for neurons, one in random.items()})

# %%
# The search's own score and the unseen one differ little, because every generation is judged on fresh trials.

figure, axes = plt.subplots(figsize=(7, 3))
axes.plot(found.history["best"], color="0.7", label="best of each generation")
axes.axhline(evolved, color="tab:blue", label="champion, unseen sequences")
for neurons, colour in zip(random, ("tab:red", "tab:orange", "tab:green"), strict=True):
    axes.axhline(np.mean(random[neurons]), color=colour, linestyle="--", label=f"{neurons} random")
axes.set_xlabel("generation")
axes.set_ylabel("accuracy")
axes.legend(fontsize=7, ncols=2)
figure.tight_layout()
