"""The decision task with 14 evolved neurons, 20 seeds of the whole search, beside random reservoirs tuned on as much.

python benchmarks/evolution_decision.py [--seeds 20] [--generations 200]

Tested on sequences that no generation can have drawn: the task is divided by a checksum of its sequences.
"""

import argparse

import numpy as np
import pandas as pd

from aurita.evolution import Genome, TopologySearch, WeightSearch, Workers, evolve, tuned_random
from aurita.studies.statistics import compare

UNSEEN = 4000
SEARCHES = {
    "evolved 14, weights (CR-FM-NES)": (WeightSearch(population=64), Genome(neurons=14)),
    "evolved 14, topology (NEAT)": (TopologySearch(population=64), Genome(neurons=14)),
    "grown from 1 to at most 14": (TopologySearch(population=64), Genome(neurons=1, most=14, density=0.5)),
}


def main() -> None:
    """Print the scores, and what the studies' statistics say of them."""
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", type=int, default=20)
    options.add_argument("--generations", type=int, default=200)
    given = options.parse_args()
    seeds = range(given.seeds)
    scores: dict[str, list[float]] = {}
    for name, (search, genome) in SEARCHES.items():
        found = [evolve("decision", genome, search=search, generations=given.generations, seed=seed) for seed in seeds]
        scores[name] = [one.test(10_000 + seed, UNSEEN) for seed, one in zip(seeds, found, strict=True)]
        overfit = np.mean([one.score for one in found]) - np.mean(scores[name])
        print(f"{name}: {found[0].evaluations} evaluations a seed; own score less unseen {overfit:+.4f}", flush=True)
        show(name, scores[name])
    for neurons, budget, candidates in ((14, found[0].evaluations, 64), (50, found[0].evaluations, 64), (500, 128, 16)):
        name = f"tuned random {neurons}"
        tuned = tuned_random(
            "decision",
            Genome(neurons=neurons),
            evaluations=budget,
            candidates=candidates,
            workers=Workers(chunk=2 if neurons > 100 else 16),
        )
        scores[name] = [float(tuned.test(10_000 + seed, 1, UNSEEN)[0]) for seed in seeds]
        print(f"{name}: {tuned.evaluations} evaluations", flush=True)
        show(name, scores[name])
    rows = [
        {"model": name, "task": "decision", "seed": seed, "accuracy": value}
        for name, values in scores.items()
        for seed, value in zip(seeds, values, strict=True)
    ]
    result = compare(pd.DataFrame(rows), "accuracy", higher_is_better=True, reference="tuned random 50")
    print(result.render(table="summary"))
    print(result.render(table="pairs"))


def show(name: str, values: list[float]) -> None:
    """One line of a table."""
    low, middle, high = np.min(values), np.median(values), np.max(values)
    print(f"  {name}: median {middle:.4f}, worst {low:.4f}, best {high:.4f}", flush=True)


if __name__ == "__main__":
    main()
