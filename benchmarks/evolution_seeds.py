"""One evolved genome of 14 neurons over 50 seeds of the decision task beside tuned random reservoirs, and what it is.

python benchmarks/evolution_seeds.py [--generations 100] [--seeds 50] [--pictures FOLDER]
"""

import argparse
from pathlib import Path

from aurita import pictures
from aurita.evolution import Genome, evolve, motifs, over_seeds, removed_one_by_one, tuned_random


def main() -> None:
    """Print the comparison, the motifs and the removals."""
    options = argparse.ArgumentParser()
    options.add_argument("--generations", type=int, default=100)
    options.add_argument("--seeds", type=int, default=50)
    options.add_argument("--pictures", type=Path)
    given = options.parse_args()
    found = evolve("decision", Genome(neurons=14), search="topology", generations=given.generations, seed=500)
    tuned = {
        f"random {n}": tuned_random("decision", Genome(neurons=n), evaluations=found.evaluations, seed=500)
        for n in (14, 50)
    }
    result = over_seeds(found, tuned, seeds=given.seeds, first=2_000_000)
    print(result.render(table="summary"))
    print(result.render(table="pairs"))
    made, removed = motifs(found.champion), removed_one_by_one(found.champion, *found.drawing.unseen(3_000_000))
    for drawing in (pictures.motif_counts.drawing(made), pictures.removals.drawing(removed)):
        print(drawing.caption)
    print("time constants:", made.time_constants.round(1).tolist())
    if given.pictures is not None:
        pictures.save_static(pictures.topology(found.champion), given.pictures / "evolved-topology.svg")
        pictures.save_static(pictures.removals(removed), given.pictures / "evolved-removals.svg")
        pictures.save_static(pictures.fitness(found), given.pictures / "evolved-fitness.svg")


if __name__ == "__main__":
    main()
