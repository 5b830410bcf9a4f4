"""
2. Who may learn?
=================

After every batch a rule names the blocks that take a step. The notebook's rule was the largest loss: whoever predicts
worst learns. Its idea was that a block should not learn while those that it receives change. It left open whether the
rule matters, and whether learning helps at all.
"""

import matplotlib.pyplot as plt
import numpy as np

from aurita.studies.models import model_named
from aurita.tasks import task_named

RULES = ("frozen", "random", "largest", "spaced", "all")
errors = {rule: [] for rule in RULES}
taken = {}
for seed in range(3):
    task = task_named("sincosnoise", seed=seed, sequences=(160, 20, 200))
    for rule in RULES:
        how = {"objective": "frozen"} if rule == "frozen" else {"rule": rule}
        fitted = model_named("aur")(task, ["test"], seed=seed, units=6, normalisation="tanh", steps=150, **how)
        errors[rule].append(task.score(fitted.predictions["test"]))
        taken[rule] = fitted.details["steps_taken"]

for rule, one in errors.items():
    print(f"{rule:>8}: {np.mean(one):.3f}, steps of each block: {taken[rule] or '-'}")

# %%
# Every rule has the same number of batches, so a rule that takes one block gives each block few steps. Among such rules
# the largest loss is no worse than the others; but letting all blocks learn at once is better than any of them, and six
# blocks that take turns do not end below the same blocks as drawn. With twenty seeds the answer is the same, and has a
# test: see :doc:`the page about the notebook </notebook>`.

figure, axes = plt.subplots(figsize=(7, 3))
for place, rule in enumerate(RULES):
    axes.scatter(np.full(3, place), errors[rule], color="tab:blue", s=16)
    axes.hlines(np.mean(errors[rule]), place - 0.2, place + 0.2, color="0.3")
axes.set_xticks(range(len(RULES)), RULES)
axes.set_ylabel("mean square error")
figure.tight_layout()
