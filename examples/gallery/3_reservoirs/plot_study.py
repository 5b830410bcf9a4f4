"""
Run a study of your own
=======================

Models on tasks over many seeds: every run is recorded, a killed study goes on where it was, and the table says which
differences are more than luck. A TOML file declares it, and a model of your own is a function beside that file. In a
shell: ``aurita study run first.toml`` and ``aurita study table first.toml --reference autoregression``.
"""

import sys
import tempfile
from pathlib import Path

from aurita.pictures import scores
from aurita.studies import Study

folder = Path(tempfile.mkdtemp())
(folder / "first.toml").write_text("""
name = "first"
seeds = 6

[[task]]
name = "mackey_glass"
options = { horizon = 6, steps = [800, 300, 500] }

[[model]]
name = "attention units"
kind = "reservoir"
parameters = { units = 12 }

[[model]]
name = "echo neurons"
kind = "esn"
parameters = { units = 100 }

[[model]]
name = "autoregression"
parameters = { memory = 20 }

[[model]]
name = "squares"
kind = "my_models:squares"
parameters = { memory = 12 }
""")
(folder / "my_models.py").write_text('''
import numpy as np
from aurita.studies.models import Fitted, read_out

def squares(task, splits=("validation",), *, seed=0, memory=8):
    """Ridge on the last values and on all their products of two."""
    def features(split):
        rows = []
        for x in split.inputs:
            past = np.stack([np.concatenate([np.zeros(k), x[: len(x) - k, 0]]) for k in range(memory)], axis=1)
            a, b = np.triu_indices(memory)
            rows.append(np.hstack([past, past[:, a] * past[:, b]]))
        return rows
    found = read_out(task, features, splits)
    return Fitted(found.predictions, trained=found.numbers)
''')

sys.path.insert(0, str(folder))
study = Study.from_toml(folder / "first.toml")
study.run()

# %%
# Means with intervals, and a verdict for each model beside the reference: a paired permutation test over seeds,
# corrected for the number of comparisons.

print(study.table(reference="autoregression").render())

# %%
# Every run is a row of a table, with all that is needed to make it again.

records = study.records()
print(records[["model", "seed", "score", "cpu_seconds"]].head(4).to_string())
print(len(records), "runs;", len(records.columns), "columns")

# %%
# The means with their intervals.

picture = scores(study.compare(reference="autoregression"))
