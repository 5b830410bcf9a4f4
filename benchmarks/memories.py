"""Diagonal memory units in the mixed society: scores with and without them on CogScale, CPU time and memory.

    python benchmarks/memories.py [--difficulty small] [--seeds 5] [--first 1000] [--tasks bracket_matching ...]
        [--arms "as it is" memories]

`as it is` is the default; `memories` offers eight diagonal memory units of each kind to the choice as well, and
held-out data keep those that help. Seeds from 1000 on are validation data of the project.
"""

import argparse
import resource
import time
from functools import partial
from typing import Any

import pandas as pd

from aurita.data.batch import Batch
from aurita.reservoir import Population
from aurita.society import mixed_society, society_for
from aurita.studies.models import society as model
from aurita.studies.statistics import compare
from aurita.tasks import task_named
from aurita.tasks.cogscale import COGSCALE_TASKS

ARMS = ("as it is", "memories")


def populations(batch: Batch, segment: int, **sizes: Any) -> list[Population]:
    """The society with memories, where the default is the mixed one."""
    if not batch.many:
        return society_for(batch, segment, **sizes)
    return mixed_society(longest=min(int(batch.lengths.max()), segment), memories=8, **sizes)


def run(name: str, difficulty: str, seed: int, arms: list[str], most: int) -> list[dict[str, Any]]:
    """Scores of the arms on one seed."""
    task, rows = task_named(f"cogscale/{name}", seed=seed, difficulty=difficulty), []
    for arm in arms:
        model.society_for = partial(populations) if arm == "memories" else society_for
        began = time.process_time()
        fitted = model.society(task, ["test"], seed=seed, most=most)
        score, cpu = task.score(fitted.predictions["test"]), time.process_time() - began
        kept = {kind: count for kind, count in fitted.details["kinds"].items() if "Diagonal" in kind}
        mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        in_all = fitted.details["trained_in_all"]
        rows.append({"task": name, "model": arm, "seed": seed, "score": score, "cpu": cpu, "mib": mib})
        rows[-1] |= {"kept": sum(kept.values()), "trained": fitted.trained, "in all": in_all}
        print(
            f"{name} {difficulty} {seed} {arm}: {score:.4f}, {sum(kept.values())} memories stay, {cpu:.1f} CPU s, "
            f"{mib:.0f} MiB, {fitted.trained:,} numbers kept, {in_all:,} in all",
            flush=True,
        )
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--difficulty", default="small", choices=["small", "medium", "large"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--most", type=int, default=100, help="features that the readout may see")
    parser.add_argument("--tasks", nargs="+", default=list(COGSCALE_TASKS))
    parser.add_argument("--arms", nargs="+", default=list(ARMS))
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.seeds)
    rows = [
        row
        for name in given.tasks
        for seed in seeds
        for row in run(name, given.difficulty, seed, given.arms, given.most)
    ]
    table = pd.DataFrame(rows)
    print(table.groupby(["task", "model"], sort=False)[["score", "kept", "cpu"]].mean().round(4).to_string())
    print(table.groupby("model")[["score", "cpu"]].mean().round(4).to_string())
    if len(given.arms) > 1 and given.seeds > 1:
        print(compare(table, "score", higher_is_better=False, reference=ARMS[0]).render(table="pairs"))


if __name__ == "__main__":
    main()
