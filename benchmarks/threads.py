"""Threads of the native engine: wall seconds of running and of learning with one thread over those with more.

    python benchmarks/threads.py --threads 1 2       # on cores that nobody else uses

Medians of repeats, all counts in turn in one run. Running: 100 attention units, 32 sequences of 100 steps. Learning: 25
steps of 32 units of the same on the same. The bytes are compared: they are the same for any number of threads.
"""

import argparse
import statistics
import time

import numpy as np

from aurita import AttentionUnit, Learning, Population, Reservoir, learn, run
from aurita.native.threads import set_threads


def cases():
    """What is timed, by name."""
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(32, 100, 4)), rng.normal(size=(32, 100, 2))
    unit = AttentionUnit(slots=4, memory=8, heads=2, hidden=16)
    wide = Reservoir.build([Population(unit=unit, units=100)], inputs=4, seed=0)
    learners = Reservoir.build([Population(unit=unit, units=32, hears="inputs")], inputs=4, targets=2, seed=0)
    settings = Learning(objective="target", steps=25)
    return {
        "running": lambda: run(wide, inputs, features=("output",))[0],
        "learning": lambda: learn(learners, inputs, settings, targets=targets)[0].weights[0].unit["wq"],
    }


def main() -> None:
    """Print a row for each case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--repeats", type=int, default=7)
    given = parser.parse_args()
    for name, call in cases().items():
        seconds: dict[int, list[float]] = {count: [] for count in given.threads}
        answers = []
        for _ in range(given.repeats + 1):
            for count in given.threads:
                with set_threads(count):
                    start = time.perf_counter()
                    answers.append(np.asarray(call()))
                    seconds[count].append(time.perf_counter() - start)
        same = all(np.array_equal(answers[0], answer) for answer in answers)
        medians = {count: statistics.median(each[1:]) for count, each in seconds.items()}
        first = medians[given.threads[0]]
        row = ", ".join(f"{count}: {one * 1e3:.0f} ms ({first / one:.2f} times)" for count, one in medians.items())
        print(f"{name}: {row}; {'the same bytes' if same else 'OTHER BYTES'}")


if __name__ == "__main__":
    main()
