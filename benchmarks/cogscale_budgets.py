"""CogScale by the default society at several budgets of trained numbers, all out of one search a task and seed.

python benchmarks/cogscale_budgets.py run [--seeds 5] [--first 13] [--difficulty medium] [--processes 1]
python benchmarks/cogscale_budgets.py table [--seeds 5] [--first 13]
python benchmarks/cogscale_budgets.py decoder [--seeds 1] [--first 30] [--difficulty large] [--steps 600]

`decoder` trains a transformer decoder of 10,000 numbers end to end beside it: two layers, two heads, Adam, batches of
32 whole sequences, or of 200 steps of a series. Of its weights, looked at fifty times, those stay that err least on 200
validation sequences.

A line a task, seed and budget is added to the records as soon as it is there; seeds are finished one by one, and what
is in the records is not run again. CPU seconds are those of the search with all budgets, memory is the most that its
process had.
"""

import argparse
import json
import multiprocessing
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from aurita.studies.models.society import societies
from aurita.tasks import Split, task_named
from aurita.tasks.cogscale import COGSCALE_TASKS
from printed import figure

SIZES = {1_000: 100, 10_000: 100, 100_000: 400}
"""Readout features at most, by budget."""

LOOKED_AT = 200
"""Validation sequences that a decoder's weights are chosen by."""


def measured(name: str, difficulty: str, seed: int, budgets: Sequence[int]) -> list[dict[str, object]]:
    """Test scores of one task at some budgets."""
    task = task_named(f"cogscale/{name}", difficulty=difficulty, seed=seed)
    start = time.process_time()
    found = societies(task, ["test"], seed=seed, sizes=[(SIZES[budget], budget) for budget in budgets])
    shared = {
        "cpu_seconds": round(time.process_time() - start, 1),
        "memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    return [
        {
            "task": name,
            "difficulty": difficulty,
            "seed": seed,
            "budget": budget,
            "score": task.score(fitted.predictions["test"]),
            "chance": task.chance,
            "trained": fitted.trained,
            "trained_in_all": fitted.details["trained_in_all"],
            "readout_features": fitted.details["readout_features"],
            "held_out_error": fitted.details["held_out_errors"][-1],
            "generation": fitted.details["generation"],
            **shared,
        }
        for budget, fitted in zip(budgets, found, strict=True)
    ]


def decoded(name: str, difficulty: str, seed: int, steps: int) -> list[dict[str, object]]:
    """The test score of a decoder of as many numbers as the middle budget."""
    from aurita.studies.models.networks import transformer

    task = task_named(f"cogscale/{name}", difficulty=difficulty, seed=seed)
    held = task.validation
    few = Split(held.inputs[:LOOKED_AT], held.targets[:LOOKED_AT], held.scored and held.scored[:LOOKED_AT], held.series)
    start = time.process_time()
    segment = 200 if len(task.train) == 1 else int(task.train.lengths.max())
    found = transformer(replace(task, validation=few), ["test"], seed=seed, budget=10_000, steps=steps, segment=segment)
    return [
        {
            "task": name,
            "difficulty": difficulty,
            "seed": seed,
            "budget": 10_000,
            "score": task.score(found.predictions["test"]),
            "chance": task.chance,
            "trained": found.trained,
            "steps": steps,
            "stopped_at": found.details["stopped_at"],
            "cpu_seconds": round(time.process_time() - start, 1),
            "memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
    ]


def run(given: argparse.Namespace) -> None:
    """Every task of every seed, each in a process of its own."""
    measure = partial(decoded, steps=given.steps)
    if given.what == "run":
        measure = partial(measured, budgets=given.budgets)
    done = {(row.task, row.seed) for row in records(given).itertuples()}
    jobs = [
        (task, given.difficulty, seed)
        for seed in range(given.first, given.first + given.seeds)
        for task in given.tasks
        if (task, seed) not in done
    ]
    with ProcessPoolExecutor(given.processes, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        waiting = [pool.submit(measure, *job) for job in jobs]
        for one in as_completed(waiting):
            rows = one.result()
            with given.records.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(row) + "\n" for row in rows)
            scores = ", ".join(f"{row['score']:.4f}" for row in rows)
            print(rows[0]["task"], rows[0]["seed"], scores, f"{rows[0]['cpu_seconds']} s", flush=True)


def records(given: argparse.Namespace) -> pd.DataFrame:
    """What is there of a difficulty; empty where nothing is."""
    if not given.records.exists():
        return pd.DataFrame({"task": [], "seed": []})
    found = pd.read_json(given.records, lines=True)
    return found[found["difficulty"] == given.difficulty]


def table(given: argparse.Namespace) -> None:
    """Means over the seeds of which every task is there."""
    found = records(given)
    found = found[(found["seed"] >= given.first) & (found["seed"] < given.first + given.seeds)]
    whole = [seed for seed, own in found.groupby("seed") if own["task"].nunique() == len(COGSCALE_TASKS)]
    found = found[found["seed"].isin(whole)]
    print(f"whole seeds: {whole}")
    scores = found.pivot_table(index="task", columns="budget", values="score").reindex(COGSCALE_TASKS)
    deviations = found.pivot_table(index="task", columns="budget", values="score", aggfunc="std").reindex(scores.index)
    kept = found.pivot_table(index="task", columns="budget", values="trained")
    sizes = found.groupby("task")[["trained_in_all", "cpu_seconds", "memory_mib"]].mean()
    for task in COGSCALE_TASKS:
        row = task.replace("_", " ")
        for budget in given.budgets:
            figure(row, f"{budget:,}", f"{scores.loc[task, budget]:.4f} ± {deviations.loc[task, budget]:.4f}")
        figure(row, "numbers kept", " / ".join(f"{kept.loc[task, budget]:,.0f}" for budget in given.budgets))
        figure(row, "trained in all", f"{sizes.loc[task, 'trained_in_all']:,.0f}")
        figure(row, "CPU", f"{sizes.loc[task, 'cpu_seconds']:.0f} s")
        figure(row, "memory", f"{sizes.loc[task, 'memory_mib']:,.0f} MiB")
    by_seed = found.pivot_table(index="seed", columns="budget", values="score")
    for budget in given.budgets:
        own = by_seed[budget]
        figure("**mean of the fourteen**", f"{budget:,}", f"**{own.mean():.4f}** ± {np.std(own, ddof=1):.4f}")
    seconds = found.drop_duplicates(["task", "seed"])["cpu_seconds"].sum() / max(len(whole), 1)
    figure("**mean of the fourteen**", "CPU", f"{seconds / 14:.0f} s")
    print(f"CPU minutes a seed: {seconds / 60:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("what", choices=["run", "table", "decoder"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=13)
    parser.add_argument("--difficulty", default="medium", choices=["small", "medium", "large"])
    parser.add_argument("--tasks", nargs="+", default=list(COGSCALE_TASKS), choices=COGSCALE_TASKS)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--budgets", nargs="+", type=int, default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--steps", type=int, default=600, help="batches of the decoder")
    parser.add_argument("--records", type=Path)
    given = parser.parse_args()
    if given.records is None:
        given.records = Path("cogscale-decoder.jsonl" if given.what == "decoder" else "cogscale-budgets.jsonl")
    {"run": run, "table": table, "decoder": run}[given.what](given)


if __name__ == "__main__":
    main()
