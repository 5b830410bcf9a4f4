"""Four evolved attention units on the decision task against four random ones tuned with as many evaluations, 20 seeds.

python benchmarks/evolution_attention.py [--seeds 20] [--first 100] [--generations 70] [--population 48]

Random ones in two ways: hyper-parameters tuned and units drawn anew; and the best single reservoir of all that were
drawn, hyper-parameters drawn with them.
"""

import argparse

import pandas as pd

from aurita.evolution import AttentionGenome, MutationSearch, RandomSearch, evolve, tuned_random
from aurita.studies.statistics import compare
from aurita.units import AttentionUnit
from evolution_decision import UNSEEN, show

UNIT = AttentionUnit(slots=4, memory=32)  # a memory that spans the thirty steps of a trial, in all arms


def main() -> None:
    """Print the scores, and what the studies' statistics say of them."""
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", type=int, default=20)
    options.add_argument("--first", type=int, default=100, help="first seed; those below were looked at in designing")
    options.add_argument("--generations", type=int, default=70)
    options.add_argument("--population", type=int, default=48)
    given = options.parse_args()
    genome, trials = AttentionGenome(units=4, unit=UNIT), {"trials": (500, 1000), "task_seeds": 1}
    rows = []
    scores: dict[str, list[float]] = {"evolved": [], "best of random": [], "random, tuned": []}
    for seed in range(given.first, given.first + given.seeds):
        common = {"generations": given.generations, "seed": seed, **trials}
        evolved = evolve("decision", genome, search=MutationSearch(population=given.population, scouting=20), **common)
        drawn = evolve("decision", genome, search=RandomSearch(population=given.population), **common)
        tuned = tuned_random("decision", genome, evaluations=evolved.evaluations, candidates=32, seed=seed, **trials)
        scores["evolved"].append(evolved.test(10_000 + seed, UNSEEN))
        scores["best of random"].append(drawn.test(10_000 + seed, UNSEEN))
        scores["random, tuned"].append(float(tuned.test(10_000 + seed, 1, UNSEEN)[0]))
        if seed == given.first:
            print(f"evaluations: {evolved.evaluations}, {drawn.evaluations}, {tuned.evaluations}", flush=True)
        print(f"  seed {seed}: " + ", ".join(f"{name} {values[-1]:.3f}" for name, values in scores.items()), flush=True)
    for name, values in scores.items():
        show(name, values)
        rows += [
            {"model": name, "task": "decision", "seed": seed, "accuracy": value} for seed, value in enumerate(values)
        ]
    result = compare(pd.DataFrame(rows), "accuracy", higher_is_better=True, reference="evolved")
    print(result.render(table="summary"))
    print(result.render(table="pairs"))


if __name__ == "__main__":
    main()
