"""Threads of the native engine: wall seconds of running and of learning with one thread over those with more.

    python benchmarks/threads.py --threads 1 2       # on cores that nobody else uses

    python benchmarks/threads.py --pin               # where the system puts threads that work briefly on one core

    python benchmarks/threads.py --simulate 64       # by the measured time of every piece of work; one core will do

Medians of repeats, all counts in turn in one run. Running: 100 attention units, 32 sequences of 100 steps. Learning: 25
steps of 32 units of the same on the same. Simulated: 1,024 sequences, and 1,000 units. The bytes are compared: they are
the same for any number of threads.
"""

import argparse
import heapq
import itertools
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from aurita import AttentionUnit, Learning, Population, Reservoir, learn, run
from aurita.native.threads import set_threads


def cases(units: int = 32, sequences: int = 32):
    """What is timed, by name: a run of many sequences, and learning of many units from 32."""
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(32, 100, 4)), rng.normal(size=(32, 100, 2))
    many = np.tile(inputs, (sequences // 32, 1, 1))
    unit = AttentionUnit(slots=4, memory=8, heads=2, hidden=16)
    wide = Reservoir.build([Population(unit=unit, units=100)], inputs=4, seed=0)
    learners = Reservoir.build([Population(unit=unit, units=units, receives="inputs")], inputs=4, targets=2, seed=0)
    settings = Learning(objective="target", steps=25)
    return {
        "running": lambda: run(wide, many, features=("output",))[0],
        "learning": lambda: learn(learners, inputs, settings, targets=targets)[0].weights[0].unit["wq"],
    }


def pieces_of(call: Callable[[], object]) -> tuple[float, list[list[float]]]:
    """Wall seconds of a call on one thread, and those of the pieces that threads would share, by join.

    A learning step of many units is one task for each few units (`_in_threads`), a run one for each tile (`spread`).
    """
    from aurita.learning import _native_units
    from aurita.native import running

    found: list[list[float]] = []
    in_threads, spread = _native_units._in_threads, running.spread

    def timed(work: Callable[[], object]) -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    def tasks(given) -> None:
        found.append([timed(task) for task in given])

    def tiles(work, count: int) -> bool:
        found.append([timed(lambda i=i: work(i, i + 1)) for i in range(count)])
        return True

    _native_units._in_threads, running.spread = tasks, tiles
    try:
        start = time.perf_counter()
        with set_threads(1 << 16):
            call()
        return time.perf_counter() - start, found
    finally:
        _native_units._in_threads, running.spread = in_threads, spread


class Pinned(ThreadPoolExecutor):
    """Threads that stay on a core each."""

    def __init__(self, threads: int) -> None:
        cores = itertools.cycle(sorted(os.sched_getaffinity(0)))
        super().__init__(threads, initializer=lambda: os.sched_setaffinity(0, {next(cores)}))


def pin() -> None:
    """Let the engine's threads stay on a core each."""
    from aurita.learning import _native_units
    from aurita.native import threads

    _native_units.ThreadPoolExecutor = threads.ThreadPoolExecutor = Pinned


def scheduled(pieces: list[float], threads: int) -> float:
    """When the last piece is done, each taken by the thread that is free first."""
    free = [0.0] * threads
    for one in pieces:
        heapq.heapreplace(free, free[0] + one)
    return max(free)


def simulate(most: int) -> None:
    """Print how much faster work would be on more threads, with all that runs on one thread as it is."""
    for name, call in cases(units=1000, sequences=1024).items():
        call()
        runs = [pieces_of(call) for _ in range(3)]
        total, found = min(runs, key=lambda run: run[0])
        serial = total - sum(map(sum, found))
        counts = [2**power for power in range(most.bit_length()) if 2**power <= most]
        row = ", ".join(
            f"{count}: {total / (serial + sum(scheduled(each, count) for each in found)):.1f}" for count in counts
        )
        print(f"{name}, simulated: {row} times; {100 * serial / total:.1f} % on one thread, {len(found)} joins")


def main() -> None:
    """Print a row for each case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--pin", action="store_true", help="each thread on a core of its own")
    parser.add_argument("--simulate", type=int, metavar="THREADS")
    given = parser.parse_args()
    if given.simulate:
        simulate(given.simulate)
        return
    if given.pin:
        pin()
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
