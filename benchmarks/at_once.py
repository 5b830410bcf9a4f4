"""Units that receive learning units, beside the same units that do not; all learn at once, echo neurons are there.

    python benchmarks/at_once.py [--seeds 10] [--first 500] [--tasks adding symbol recall maximum] [--arms ...]

Sixteen units learn at the same time from the broadcast target. In `two ranks` eight receive the inputs, and eight the
inputs and the outputs of the first eight, while these learn. In `inputs` all sixteen receive the inputs alone, and in
`more` as many as train the numbers of `two ranks` or more. In `all to all` each receives all others. A ridge readout
sees outputs and hidden values of all, 60 echo neurons of slow and fast leaks among them. No gradient crosses units.
Prints one row a seed, then means and paired permutation tests, corrected by Holm.

- adding: the sum of two marked of 24 numbers, each mark two steps before its number (mean square error).
- symbol: one of six symbols among others for 24 steps, its mark two steps before it (error rate, chance 0.833).
- recall: what belongs to what belongs to a key, of six (error rate, chance 0.833).
- maximum: the greatest value so far of the sum of what is marked of 24 numbers between -1 and 1 (mean square error over
  the variance of what is asked).
"""

import argparse
import time
from typing import Any

import numpy as np
import pandas as pd

from aurita import EchoUnit, Learning, Population, Reservoir, learn, preset
from aurita.readout import FLOOR, RidgeReadout
from aurita.society import numbers_trained
from aurita.studies.statistics import compare
from aurita.units import DiagonalMemoryUnit
from depth import Data, Task, adding, recall, seen

KINDS = {"ungated": 2, "gated": 4, "turned": 2}


def symbol(count: int, steps: int, rng: np.random.Generator) -> Data:
    """A symbol among distractors, its mark two steps before it; asked at the last step."""
    shown, rows = rng.integers(0, 6, (count, steps)), np.arange(count)
    place = rng.integers(2, steps - 2, count)
    inputs = np.concatenate([np.eye(6)[shown], np.zeros((count, steps, 1))], axis=2)
    inputs[rows, place - 2, 6] = 1
    last = np.broadcast_to(np.arange(steps) == steps - 1, (count, steps))
    return Data(inputs, last[..., None] * np.eye(6)[shown[rows, place]][:, None], last, last)


def maximum(count: int, steps: int, rng: np.random.Generator) -> Data:
    """The greatest value so far of the sum of what is marked, at every step."""
    numbers, marks = rng.uniform(-1, 1, (count, steps)), rng.random((count, steps)) < 0.3
    wanted = np.maximum.accumulate(np.cumsum(numbers * marks, axis=1), axis=1)[..., None]
    every = np.ones((count, steps), bool)
    return Data(np.stack([numbers, marks], axis=2), wanted / wanted.std(), every, every)


TASKS = {
    "adding": Task(adding, (24,), 800, False, "memory", 600),
    "symbol": Task(symbol, (24,), 800, True, "memory", 600),
    "recall": Task(recall, (8,), 2000, True, "attention", 1000),
    "maximum": Task(maximum, (24,), 500, False, "memory", 400),
}
ARMS = ("two ranks", "inputs", "more", "all to all")


def rank(task: Task, receives: str, eights: int) -> list[Population]:
    """Eight units, or some times as many."""
    given: dict[str, Any] = {"passage": "learned", "afferents": "all", "receives": receives}
    if task.units == "attention":
        unit = preset("memory", slots=8, memory=task.lengths[-1], shifted_keys=False)
        return [Population(unit=unit, units=8 * eights, **given)]
    return [
        Population(unit=DiagonalMemoryUnit(slots=6, kind=kind), units=eights * units, **given)
        for kind, units in KINDS.items()
    ]


def built(task: Task, arm: str, data: Data, settings: Learning, seed: int) -> Reservoir:
    """The society of an arm."""

    def made(*ranks: tuple[str, int]) -> Reservoir:
        learning = [each for receives, eights in ranks for each in rank(task, receives, eights)]
        echo = EchoUnit(slots=30, spectral_radius=0.95, leak=(0.01, 1.0))
        echoes = Population(unit=echo, units=2, passage="mixed", afferents="all", receives="inputs")
        sizes = {"inputs": data.inputs.shape[2], "targets": data.targets.shape[2], "seed": seed}
        return Reservoir.build([*learning, echoes], **sizes)

    if arm == "two ranks":
        return made(("inputs", 1), ("earlier", 1))
    if arm == "more":
        wanted, eights = numbers_trained(built(task, "two ranks", data, settings, seed), settings).sum(), 2
        while numbers_trained(made(("inputs", eights)), settings).sum() < wanted:
            eights += 1
        return made(("inputs", eights))
    return made(("all" if arm == "all to all" else "inputs", 2))


def measured(name: str, seed: int, arms: list[str]) -> list[dict[str, Any]]:
    """One row an arm."""
    task, rng = TASKS[name], np.random.default_rng([seed, 2])
    data, train, test = (task.draw(count, task.lengths[0], rng) for count in (task.count, 1000, 1000))
    settings = Learning(
        objective="target",
        loss="cross_entropy" if task.classes else "squares",
        steps=task.steps,
        learning_rate=0.01 if task.units == "attention" else 0.03,
    )
    rows = []
    for arm in arms:
        start, reservoir = time.process_time(), built(task, arm, data, settings, seed)
        numbers = int(numbers_trained(reservoir, settings).sum())
        reservoir, _ = learn(reservoir, data.inputs, settings, targets=data.targets, scored=data.scored, seed=seed)
        readout = RidgeReadout(standardize=True, floor=FLOOR).fit(seen(reservoir, train), train.targets[train.scored])
        counts = test.judged[test.scored]
        predicted, wanted = readout.predict(seen(reservoir, test))[counts], test.targets[test.scored][counts]
        if task.classes:
            found = float((predicted.argmax(1) != wanted.argmax(1)).mean())
        else:
            found = float(((predicted - wanted) ** 2).mean())
        cpu = time.process_time() - start
        rows.append({"task": name, "model": arm, "seed": seed, "value": found, "numbers": numbers, "cpu": cpu})
        print(f"seed {seed} {name} {arm}: {found:.5f}, {numbers:,} numbers, {cpu:.1f} CPU seconds", flush=True)
    return rows


def main(seeds: range, names: list[str], arms: list[str]) -> None:
    """Print the tables."""
    for name in names:
        rows = pd.DataFrame([row for seed in seeds for row in measured(name, seed, arms)])
        print(rows.groupby("model", sort=False)[["value", "numbers", "cpu"]].agg(["mean", "min", "max"]).round(5))
        if len(seeds) > 1 and len(arms) > 1:
            print(compare(rows, higher_is_better=False, reference=arms[0]).render(table="pairs"), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=500)
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS))
    given = parser.parse_args()
    main(range(given.first, given.first + given.seeds), given.tasks, given.arms)
