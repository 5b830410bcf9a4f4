"""Trace units in the mixed society: does it pay to have them, seen by the readout or received by attention units?

    python benchmarks/traces.py [--seeds 5] [--first 1100] [--tasks bracket_matching symbol100 ...]

Three arms, paired by seed: the society as it is; with a trace unit for each of the inputs, eight at most, that the
readout sees; and with eight more attention units beside eight of them, each of which receives the inputs and its
traces. CogScale small, the long memory of `benchmarks/long_memory.py` at 100 and 200 steps (300 sequences to fit, 300
to test), and a sign at the first of 200 steps in a channel of its own, beside two of noise. Prints the mean of each arm
and a paired permutation test against the first.
"""

import argparse
import time
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

import long_memory
from aurita.data.batch import Batch
from aurita.reservoir import Population
from aurita.society import members, mixed_society
from aurita.studies.models import society as model
from aurita.studies.statistics import compare
from aurita.tasks import Split, Task, task_named
from aurita.units import TraceUnit, preset

COGSCALE = ("bracket_matching", "selective_copy", "adding_problem", "cross_situation", "discrete_pattern_completion")
LONG = ("sign200", "symbol100", "adding100", "order2_200")
ARMS = ("as it is", "seen", "received")
_MOST = 8


def sign(count: int, steps: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Which sign one channel had at the first step; two more channels are noise."""
    inputs = np.concatenate([np.zeros((count, steps, 1)), rng.normal(size=(count, steps, 2))], axis=2)
    inputs[:, 0, 0] = rng.choice([-1.0, 1.0], count)
    return inputs, np.stack([inputs[:, 0, 0] < 0, inputs[:, 0, 0] > 0], axis=1).astype(float)


TASKS = {**long_memory.TASKS, "sign": long_memory.Task(sign, classes=True, lengths=(200,))}


def long_task(name: str, seed: int) -> Task:
    """A task of long memory whose last step counts."""
    kind, steps = name.rstrip("0123456789").rstrip("_"), int(name[-3:])
    drawn, rng = TASKS[kind], np.random.default_rng(seed)

    def split(count: int) -> Split:
        inputs, last = drawn.draw(count, steps, rng)
        targets, scored = np.zeros((*inputs.shape[:2], last.shape[1])), np.zeros(inputs.shape[:2], bool)
        targets[:, -1], scored[:, -1] = last, True
        return Split(list(inputs), list(targets), list(scored))

    train, test = split(300), split(300)
    category, metric = ("classification", "error rate") if drawn.classes else ("regression", "mse")
    return Task(name, seed, train, test, test, category=category, metric=metric, chance=None)


def populations(
    arm: str, channels: int, batch: Batch, segment: int, *, later: bool = False, **sizes: Any
) -> list[Population]:
    """The society of an arm."""
    longest = min(int(batch.lengths.max()), segment)
    found = mixed_society(longest=longest, traces=0 if arm == ARMS[0] else min(channels, _MOST), **sizes)
    if arm == "received":
        at = next(i for i, population in enumerate(found) if isinstance(population.unit, TraceUnit))
        receiver = preset("memory", memory=min(8, longest), hidden=8)
        found[at] = replace(found[at], units=_MOST)
        found.insert(at + 1, members._attention(receiver, _MOST, receives="partner", clock=True))
    return found


def run(name: str, seed: int) -> list[dict[str, Any]]:
    """Scores of all arms on one seed."""
    task = long_task(name, seed) if name in LONG else task_named(f"cogscale/{name}", seed=seed)
    rows = []
    for arm in ARMS:
        model.society_for = partial(populations, arm, task.channels)
        began = time.process_time()
        fitted = model.society(task, ["test"], seed=seed, most=100)
        kept = fitted.details["kinds"].get("TraceUnit", 0)
        score = task.score(fitted.predictions["test"])
        cpu = time.process_time() - began
        rows.append({"task": name, "model": arm, "seed": seed, "score": score, "traces": kept, "cpu": cpu})
    shown = {row["model"]: (round(row["score"], 4), row["traces"], round(row["cpu"], 1)) for row in rows}
    print(name, seed, shown, flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=1100)
    parser.add_argument("--tasks", nargs="+", default=[*COGSCALE, *LONG])
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.seeds)
    table = pd.DataFrame([row for name in given.tasks for seed in seeds for row in run(name, seed)])
    print(table.groupby(["task", "model"], sort=False)[["score", "traces", "cpu"]].mean().round(4).to_string())
    for arm in ARMS[1:]:
        pair = table[table["model"].isin((ARMS[0], arm))]
        print(compare(pair, "score", higher_is_better=False, reference=ARMS[0]).render(table="pairs"))


if __name__ == "__main__":
    main()
