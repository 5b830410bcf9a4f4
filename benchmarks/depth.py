"""Depth by local learning: two generations of units beside one of twice the width, and of twice the steps.

    python benchmarks/depth.py [--seeds 10] [--first 300] [--tasks adding recall brackets copy] [--recurrent]

The second generation receives the inputs and the outputs of the first, one step later; each is trained on the broadcast
target, the first on its own, then the second, with the first as it is. No gradient crosses units. A ridge readout sees
outputs and hidden values of all units at the steps that count; errors are those of unseen sequences. Prints one row a
seed, then means and paired permutation tests. With `--recurrent` sixteen units that receive from each other and learn
at the same time, all in every step or those far from each other, stand beside as many that receive inputs alone.

- adding: the sum of two marked of 100 numbers, each mark two steps before its number (mean square error).
- recall: six keys with values, which are keys themselves; what belongs to a key is asked, and a step later what
  belongs to that (error rate of the second answer, chance 0.833).
- brackets: of three kinds, up to ten deep, 300 steps: which is open after one was closed (error rate, chance 0.667).
- copy: CogScale's selective copy, medium: memory, attention, and either receiving the other (error rate, chance 0.876).
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from aurita import Learning, Population, Reservoir, learn, preset, run
from aurita.readout import FLOOR, RidgeReadout
from aurita.studies.statistics import compare
from aurita.tasks import task_named
from aurita.units import DiagonalMemoryUnit

FEATURES = ("input", "output", "hidden")
KINDS = {"ungated": 2, "gated": 4, "turned": 2}


class Data(NamedTuple):
    """Sequences, targets and the steps that are scored; `judged` of these count in the error."""

    inputs: np.ndarray
    targets: np.ndarray
    scored: np.ndarray
    judged: np.ndarray


def adding(count: int, steps: int, rng: np.random.Generator) -> Data:
    """The sum of two numbers; each is marked two steps before it comes."""
    inputs = np.stack([rng.random((count, steps)), np.zeros((count, steps))], axis=2)
    rows, half, total = np.arange(count), steps // 2, np.zeros(count)
    for place in (rng.integers(2, half, count), rng.integers(half, steps, count)):
        inputs[rows, place - 2, 1] = 1
        total += inputs[rows, place, 0]
    last = np.broadcast_to(np.arange(steps) == steps - 1, (count, steps))
    return Data(inputs, last[..., None] * total[:, None, None], last, last)


def recall(count: int, steps: int, rng: np.random.Generator) -> Data:
    """Keys with values, a key, an empty step; the value is due with the key, the value of the value a step later."""
    pairs = steps - 2
    keys = rng.permuted(np.tile(np.arange(pairs), (count, 1)), axis=1)
    value_of = rng.permuted(np.tile(np.arange(pairs), (count, 1)), axis=1)
    rows, asked = np.arange(count), rng.integers(0, pairs, count)
    inputs, targets = np.zeros((count, steps, 2 * pairs + 1)), np.zeros((count, steps, pairs))
    inputs[:, :pairs, :pairs] = np.eye(pairs)[keys]
    inputs[:, :pairs, pairs : 2 * pairs] = np.eye(pairs)[value_of[rows[:, None], keys]]
    inputs[rows, pairs, asked] = inputs[:, pairs, -1] = 1
    first = value_of[rows, asked]
    targets[rows, pairs, first] = targets[rows, pairs + 1, value_of[rows, first]] = 1
    scored, judged = (np.broadcast_to(np.arange(steps) >= since, (count, steps)) for since in (pairs, pairs + 1))
    return Data(inputs, targets, scored, judged)


def brackets(count: int, steps: int, rng: np.random.Generator, kinds: int = 3, deepest: int = 10) -> Data:
    """Brackets that open and close at random; after one has closed, the kind of the one that is open is due."""
    inputs, targets = np.zeros((count, steps, 2 * kinds)), np.zeros((count, steps, kinds))
    scored = np.zeros((count, steps), bool)
    for row in range(count):
        stack: list[int] = []
        for t in range(steps):
            if not stack or (len(stack) < deepest and rng.random() < 0.5):
                stack.append(int(rng.integers(kinds)))
                inputs[row, t, stack[-1]] = 1
            else:
                inputs[row, t, kinds + stack.pop()] = 1
                scored[row, t] = bool(stack)
            if stack:
                targets[row, t, stack[-1]] = 1
    return Data(inputs, targets, scored, scored)


def selective_copy(part: Any) -> Data:
    """A split of CogScale's task."""
    inputs, targets, scored = (np.stack(arrays) for arrays in (part.inputs, part.targets, part.scored))
    return Data(inputs, targets, scored, scored)


class Task(NamedTuple):
    """How data are drawn; lengths to learn from, the last of which is asked for; sequences of each; units; steps."""

    draw: Any
    lengths: tuple[int, ...]
    count: int
    classes: bool
    units: str
    steps: int


TASKS = {
    "adding": Task(adding, (25, 50, 100), 1000, False, "memory", 900),
    "recall": Task(recall, (8,), 3000, True, "attention", 2000),
    "brackets": Task(brackets, (50, 100, 300), 300, True, "memory", 300),
    "copy": Task(None, (101,), 1000, True, "", 600),
}

Generations = tuple[str, ...]
ARMS: dict[str, dict[str, tuple[Generations, int]]] = {
    "depth": {
        "one": (("",), 1),
        "two": (("", ""), 1),
        "twice the width": (("wide",), 1),
        "twice the steps": (("",), 2),
        "two, first frozen": (("frozen", ""), 1),
    },
    "recurrent": {
        "inputs": (("wide",), 1),
        "recurrent": (("wide recurrent",), 1),
        "recurrent, spaced": (("wide recurrent spaced",), 2),
    },
    "copy": {
        "memory": (("wide memory",), 1),
        "attention": (("wide attention",), 1),
        "attention over memory": (("memory", "attention"), 1),
        "memory of attention": (("attention", "memory"), 1),
        "memory of memory": (("memory", "memory"), 1),
        "attention over attention": (("attention", "attention"), 1),
    },
}
"""Generations, and how many times the steps each learns."""


def generation(kind: str, receives: str, steps: int) -> list[Population]:
    """Eight units, or sixteen that are wide."""
    receives = "all" if "recurrent" in kind else receives
    given: dict[str, Any] = {"passage": "learned", "afferents": "all", "receives": receives}
    if "frozen" in kind:
        given["objective"] = "frozen"
    times = 2 if "wide" in kind else 1
    if "attention" in kind:
        unit = preset("memory", slots=8, memory=min(64, steps), shifted_keys=steps > 8)
        return [Population(unit=unit, units=8 * times, **given)]
    return [
        Population(unit=DiagonalMemoryUnit(slots=6, kind=kind), units=times * units, **given)
        for kind, units in KINDS.items()
    ]


def drawn(task: Task, lengths: Sequence[int], count: int, rng: np.random.Generator) -> tuple[Data, np.ndarray]:
    """Sequences of several lengths, padded at their ends."""
    parts, longest = [task.draw(count, steps, rng) for steps in lengths], max(lengths)

    def padded(arrays: Sequence[np.ndarray]) -> np.ndarray:
        widths = [[(0, 0), (0, longest - a.shape[1]), *[(0, 0)] * (a.ndim - 2)] for a in arrays]
        return np.concatenate([np.pad(a, width) for a, width in zip(arrays, widths, strict=True)])

    return Data(*(padded(arrays) for arrays in zip(*parts, strict=True))), np.repeat(lengths, count)


def learnt(task: Task, data: Data, lengths: np.ndarray, kinds: Generations, times: int, seed: int) -> Reservoir:
    """Generations that learn one after the other, each from all that came before."""
    settings = Learning(
        objective="target",
        loss="cross_entropy" if task.classes else "squares",
        steps=times * task.steps,
        grow=task.lengths[:-1],
        segment=task.lengths[-1],
    )
    populations: list[Population] = []
    weights: tuple[Any, ...] = ()
    for number, kind in enumerate(kinds):
        rate = 0.01 if "attention" in kind else 0.03
        populations += generation(kind, "earlier" if number else "inputs", task.lengths[-1])
        built = Reservoir.build(populations, inputs=data.inputs.shape[2], targets=data.targets.shape[2], seed=seed)
        built = built.replace(weights=(*weights, *built.weights[len(weights) :]))
        if "frozen" not in kind:
            how = replace(settings, learning_rate=rate, rule="spaced" if "spaced" in kind else "all")
            given = {"lengths": lengths, "targets": data.targets, "scored": data.scored}
            built, _ = learn(built, data.inputs, how, seed=seed, **given)
        weights = built.weights
        populations = [replace(population, objective="frozen") for population in populations]
    return built


def seen(reservoir: Reservoir, data: Data) -> np.ndarray:
    """Features of the scored steps."""
    some = [slice(first, first + 100) for first in range(0, len(data.inputs), 100)]
    return np.concatenate([run(reservoir, data.inputs[rows], features=FEATURES)[0][data.scored[rows]] for rows in some])


def error(task: Task, reservoir: Reservoir, train: Data, test: Data) -> float:
    """Share of wrong classes, or mean square error, where it counts."""
    readout = RidgeReadout(standardize=True, floor=FLOOR).fit(seen(reservoir, train), train.targets[train.scored])
    counts = test.judged[test.scored]
    predicted, wanted = readout.predict(seen(reservoir, test))[counts], test.targets[test.scored][counts]
    if task.classes:
        return float((predicted.argmax(1) != wanted.argmax(1)).mean())
    return float(((predicted - wanted) ** 2).mean())


def measured(name: str, seed: int, arms: dict[str, tuple[Generations, int]]) -> list[dict[str, Any]]:
    """One row an arm."""
    task, rng = TASKS[name], np.random.default_rng([seed, 1])
    if name == "copy":
        given = task_named("cogscale/selective_copy", difficulty="medium", seed=seed)
        data, test = selective_copy(given.train), selective_copy(given.test)
        lengths, train = np.full(len(data.inputs), task.lengths[-1]), data
    else:
        data, lengths = drawn(task, task.lengths, task.count, rng)
        train, test = (task.draw(500 if task.lengths[-1] > 10 else 2000, task.lengths[-1], rng) for _ in range(2))
    rows = []
    for arm, (kinds, times) in arms.items():
        start = time.process_time()
        named = tuple(f"{kind} {task.units}" for kind in kinds)
        found = error(task, learnt(task, data, lengths, named, times, seed), train, test)
        cpu = time.process_time() - start
        rows.append({"task": name, "model": arm, "seed": seed, "value": found, "cpu": cpu})
        print(f"seed {seed} {name} {arm}: {found:.5f}, {cpu:.1f} CPU seconds", flush=True)
    return rows


def main(seeds: range, names: list[str], group: str, chosen: list[str] | None) -> None:
    """Print the tables."""
    for name in names:
        arms = ARMS["copy" if name == "copy" else group]
        arms = {arm: given for arm, given in arms.items() if chosen is None or arm in chosen}
        rows = pd.DataFrame([row for seed in seeds for row in measured(name, seed, arms)])
        print(rows.groupby("model", sort=False)[["value", "cpu"]].agg(["mean", "median", "min", "max"]).round(5))
        if len(seeds) > 1:
            reference = next(iter(arms)) if "two" not in arms else "two"
            print(compare(rows, higher_is_better=False, reference=reference).render(table="pairs"), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=300)
    parser.add_argument("--recurrent", action="store_true")
    parser.add_argument("--arms", nargs="+", help="all by default")
    parser.add_argument("--tasks", nargs="+", default=["adding", "recall", "brackets"], choices=list(TASKS))
    given = parser.parse_args()
    main(
        range(given.first, given.first + given.seeds),
        given.tasks,
        "recurrent" if given.recurrent else "depth",
        given.arms,
    )
