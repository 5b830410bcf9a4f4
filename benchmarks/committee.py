"""One readout of everything, or a committee of one for each kind of unit: errors of the default classifier.

    python benchmarks/committee.py [--seeds 10] [--first 200] [--sets NAME ...] [--frozen]

Data sets that aeon ships, official splits; `as it comes` lets the held-out sequences decide between the two. Errors are
in per cent of the test sequences, lower is better; seeds are those of the model.
"""

import argparse

import numpy as np
import pandas as pd
from aeon.datasets import load_classification

from aurita import ReservoirClassifier
from aurita.studies.statistics import compare

SETS = ("JapaneseVowels", "GunPoint", "ItalyPowerDemand", "BasicMotions")
READOUTS = {"as it comes": None, "one readout": "ridge", "committee, equal weights": "committee"}


def main() -> None:
    """Print means and paired tests."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seeds", type=int, default=10)
    options.add_argument("--first", type=int, default=200)
    options.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    options.add_argument("--frozen", action="store_true", help="units stay as drawn")
    given = options.parse_args()
    rows = []
    for name in given.sets:
        X, y = load_classification(name, split="train")
        unseen, truth = load_classification(name, split="test")
        for seed in range(given.first, given.first + given.seeds):
            for label, readout in READOUTS.items():
                learning = "frozen" if given.frozen else None
                model = ReservoirClassifier(readout=readout, learning=learning, layout="channels_first")
                model.set_params(random_state=seed).fit(list(X), y)
                error = 100 * (1 - model.score(list(unseen), truth))
                rows.append({"task": name, "model": label, "seed": seed, "error": error})
            print(name, seed, *(round(row["error"], 2) for row in rows[-len(READOUTS) :]), flush=True)
    table = pd.DataFrame(rows)
    print(
        table.pivot_table(index="task", columns="model", values="error", aggfunc=["mean", "std"]).round(2).to_string()
    )
    print(f"mean of the sets: {np.round(table.groupby('model')['error'].mean(), 2).to_dict()}")
    print(compare(table, "error", higher_is_better=False, reference="one readout").render(table="pairs"))


if __name__ == "__main__":
    main()
