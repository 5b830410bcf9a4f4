"""Long memory: what diagonal memory units keep that learn alone, beside the same units frozen and echo state networks.

    python benchmarks/long_memory.py [--seeds 10] [--tasks symbol adding order2 order3] [--first 100] [--arms learnt]

Units learn from sequences of 50, then 200, then 400 steps, all with one setting, which was found on adding with seeds 0
to 2. Every readout is fitted on the last states of sequences of the length asked for, and of those that units learn
from: what happens once in a thousand steps, such as a mark at the last one, is in few long sequences and in more short
ones. The other arms have six settings each, time constants from steps to a million, of which a validation set of that
length chooses one for each seed; echo state networks have as many neurons as units have outputs and hidden values.
Prints a row for each task, length and arm, and last the median over seeds.

- symbol: one of eight, marked, at the first step, is asked after distractors of the same kind (chance 0.875).
- adding: the sum of the two marked of T numbers (variance 0.167). Source: Hochreiter and Schmidhuber 1997.
- order2, order3: two or three symbols in their order among distractors, T = 200 (chance 0.75, 0.875). Source: the same.
"""

import argparse
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from aurita import EchoUnit, Learning, Population, Reservoir, learn, run
from aurita.readout import FLOOR, RidgeReadout
from aurita.units import DiagonalMemoryUnit

COUNT = {"learn": 300, "train": 500, "validate": 200, "test": 500}
KINDS = {"ungated": 2, "gated": 4, "turned": 2}
ARMS = ("learnt", "frozen", "echo")
FEATURES = ("input", "output", "hidden")
GROW = (50, 200, 400)
LONGEST = (30, 100, 1000, 10_000, 100_000, 1_000_000)
LEAKS = ((1.0, 1.0), (0.1, 1.0), (0.01, 1.0), (1e-3, 0.1), (1e-4, 0.01), (1e-5, 1e-3))


class Task(NamedTuple):
    """How sequences are drawn: `(count, steps, rng) -> inputs, targets at the last step`; and lengths to ask for."""

    draw: Callable[[int, int, np.random.Generator], tuple[np.ndarray, np.ndarray]]
    classes: bool
    lengths: tuple[int, ...]


def symbol(count: int, steps: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A marked symbol, distractors, and a question: `steps` distractors, two steps more."""
    inputs, symbols = np.zeros((count, steps + 2, 10)), rng.integers(0, 8, (count, steps + 1))
    np.put_along_axis(inputs[:, :-1], symbols[..., None], 1, axis=2)
    inputs[:, 0, 8] = inputs[:, -1, 9] = 1
    return inputs, np.eye(8)[symbols[:, 0]]


def adding(count: int, steps: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two of the numbers are marked, one in each half; the sum is asked for at the end."""
    inputs = np.stack([rng.random((count, steps)), np.zeros((count, steps))], axis=2)
    rows, half = np.arange(count), steps // 2
    for marked in (rng.integers(0, half, count), rng.integers(half, steps, count)):
        inputs[rows, marked, 1] = 1
    return inputs, (inputs[..., 0] * inputs[..., 1]).sum(1, keepdims=True)


def order(symbols: int) -> Callable[[int, int, np.random.Generator], tuple[np.ndarray, np.ndarray]]:
    """Which of two symbols came at each of some times, among four distractors, between a start and an end sign."""

    def draw(count: int, steps: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        shown = rng.integers(0, 4, (count, steps))
        which = rng.integers(0, 2, (count, symbols))
        for place, share in enumerate((0.1, 0.5) if symbols == 2 else (0.1, 0.3, 0.6)):
            at = rng.integers(int(share * steps), int((share + 0.1) * steps), count)
            shown[np.arange(count), at] = 4 + which[:, place]
        shown[:, 0], shown[:, -1] = 6, 7
        return np.eye(8)[shown], np.eye(2**symbols)[which @ 2 ** np.arange(symbols)]

    return draw


TASKS = {
    "symbol": Task(symbol, classes=True, lengths=(100, 400, 1000)),
    "adding": Task(adding, classes=False, lengths=(100, 400, 1000)),
    "order2": Task(order(2), classes=True, lengths=(200,)),
    "order3": Task(order(3), classes=True, lengths=(200,)),
}


def memories(inputs: int, targets: int, longest: float, seed: int) -> Reservoir:
    """Units of all kinds, none of which receives another."""
    populations = [
        Population(
            unit=DiagonalMemoryUnit(slots=6, kind=kind, longest=longest),
            units=units,
            passage="learned",
            afferents="all",
            receives="inputs",
        )
        for kind, units in KINDS.items()
    ]
    return Reservoir.build(populations, inputs=inputs, targets=targets, seed=seed)


def echoes(inputs: int, leak: tuple[float, float], seed: int) -> Reservoir:
    """Neurons of one echo state network, as many as units have outputs and hidden values."""
    unit = EchoUnit(slots=14 * sum(KINDS.values()), spectral_radius=0.99, leak=leak)
    population = Population(unit=unit, units=1, passage="mixed", afferents="all", receives="inputs")
    return Reservoir.build([population], inputs=inputs, seed=seed)


def examples(task: Task, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Sequences that units learn from, by length."""
    rng = np.random.default_rng([seed, 0])
    return [task.draw(COUNT["learn"], steps, rng) for steps in GROW]


def learnt(task: Task, seed: int) -> Reservoir:
    """Memories that have learnt, from short sequences first."""
    parts = examples(task, seed)
    sizes, total = [given.shape[1] for given, _ in parts], max(given.shape[1] for given, _ in parts)
    lengths, scored = (
        np.repeat(sizes, COUNT["learn"]),
        np.arange(total) == np.repeat(sizes, COUNT["learn"])[:, None] - 1,
    )
    inputs = np.concatenate([np.pad(given, ((0, 0), (0, total - given.shape[1]), (0, 0))) for given, _ in parts])
    targets = scored[..., None] * np.concatenate([wanted for _, wanted in parts])[:, None]
    settings = Learning(
        objective="target",
        loss="cross_entropy" if task.classes else "squares",
        steps=900,
        learning_rate=0.03,
        grow=tuple(sizes[:-1]),
        segment=sizes[-1],
    )
    reservoir = memories(inputs.shape[2], targets.shape[2], 1000, seed)
    return learn(reservoir, inputs, settings, lengths=lengths, targets=targets, scored=scored, seed=seed)[0]


def last_states(reservoir: Reservoir, inputs: np.ndarray) -> np.ndarray:
    """Features at the last step."""
    found = []
    for first in range(0, len(inputs), 100):
        rows = slice(first, first + 100)
        _, state = run(reservoir, inputs[rows, :-1], features=("input",))
        found.append(run(reservoir, inputs[rows, -1:], state=state, features=FEATURES)[0][:, 0])
    return np.concatenate(found)


def error(task: Task, predicted: np.ndarray, wanted: np.ndarray) -> float:
    """Share of wrong classes, or mean square error."""
    if task.classes:
        return float((predicted.argmax(1) != wanted.argmax(1)).mean())
    return float(((predicted - wanted) ** 2).mean())


def scores(
    task: Task,
    reservoir: Reservoir,
    data: dict[str, tuple[np.ndarray, np.ndarray]],
    shorter: list[tuple[np.ndarray, np.ndarray]],
) -> tuple[float, float]:
    """Errors on validation and test sequences of a readout of the last state, fitted on shorter sequences too."""
    states = {name: last_states(reservoir, inputs) for name, (inputs, _) in data.items()}
    rows = [(states["train"], data["train"][1]), *((last_states(reservoir, x), y) for x, y in shorter)]
    fitted, wanted = (np.concatenate(part) for part in zip(*rows, strict=True))
    readout = RidgeReadout(standardize=True, floor=FLOOR).fit(fitted, wanted)
    return tuple(error(task, readout.predict(states[name]), data[name][1]) for name in ("validate", "test"))


def main(seeds: range, names: list[str], wanted: list[str]) -> None:
    """Print the table."""
    found: dict[tuple[str, int, str], list[float]] = {}
    for seed in seeds:
        for name in names:
            task, start = TASKS[name], time.process_time()
            channels, outputs = (part.shape[-1] for part in task.draw(1, 100, np.random.default_rng(0)))
            made = {
                "learnt": lambda task=task, seed=seed: [learnt(task, seed)],
                "frozen": lambda seed=seed, c=channels, o=outputs: [
                    memories(c, o, longest, seed) for longest in LONGEST
                ],
                "echo": lambda seed=seed, c=channels: [echoes(c, leak, seed) for leak in LEAKS],
            }
            arms, shorter = {arm: made[arm]() for arm in wanted}, examples(task, seed)
            print(f"seed {seed} {name}: learnt in {time.process_time() - start:.0f} CPU seconds", flush=True)
            for steps in task.lengths:
                rng = np.random.default_rng([seed, steps])
                data = {part: task.draw(COUNT[part], steps, rng) for part in ("train", "validate", "test")}
                for arm, candidates in arms.items():
                    best = min((scores(task, one, data, shorter) for one in candidates), key=lambda pair: pair[0])[1]
                    found.setdefault((name, steps, arm), []).append(best)
                    print(f"seed {seed} {name} {steps} {arm}: {best:.5f}", flush=True)
            print(f"seed {seed} {name}: {time.process_time() - start:.0f} CPU seconds in all", flush=True)
    print(f"\n{'task':8s} {'steps':>5s} {'arm':8s} {'median':>8s} {'least':>8s} {'most':>8s}  seeds")
    for (name, steps, arm), values in found.items():
        row = f"{np.median(values):8.5f} {min(values):8.5f} {max(values):8.5f}  {len(values)}"
        print(f"{name:8s} {steps:5d} {arm:8s} {row}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=100)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    given = parser.parse_args()
    main(range(given.first, given.first + given.seeds), given.tasks, given.arms)
