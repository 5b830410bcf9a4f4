"""CPU seconds, wall seconds and peak memory of default fits, each the first of a process.

    python benchmarks/default_fit.py                 # all, three processes each, medians
    python benchmarks/default_fit.py vowels --runs 5 --engine jax

The cache of compiled programs is a fresh folder for every process, so that nothing is found there.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np


def vowels():
    """JapaneseVowels, 270 short ragged sequences of 12 channels."""
    from aurita import ReservoirClassifier
    from aurita.tasks import task_named

    task = task_named("japanese_vowels")
    return ReservoirClassifier(random_state=0), task.development.inputs, np.asarray(task.development.targets)


def short():
    """20 sequences of 24 steps."""
    from aurita import ReservoirClassifier

    rng, y = np.random.default_rng(0), np.arange(20) % 2
    return (
        ReservoirClassifier(random_state=0),
        [np.sin(np.arange(24)[:, None] / (2 + k) + rng.uniform(0, 6)) for k in y],
        y,
    )


def osuleaf():
    """OSULeaf, 200 sequences of 427 steps."""
    from aeon.datasets import load_classification

    from aurita import ReservoirClassifier

    x, y = load_classification("OSULeaf", split="train")
    return ReservoirClassifier(random_state=0), [one.T for one in x], y


def months():
    """144 months with a trend and a season."""
    from aurita import ReservoirForecaster

    t = np.arange(144)
    y = 100 + 0.5 * t + 20 * np.sin(np.pi * t / 6) + np.random.default_rng(0).normal(size=144)
    return ReservoirForecaster(random_state=0), y


def lorenz():
    """The Lorenz series of `benchmarks/society.py`, 10 steps ahead, as a regression of every step."""
    from aurita import ReservoirRegressor
    from aurita.tasks import task_named

    part = task_named("lorenz", horizon=10).development
    return ReservoirRegressor(random_state=0), part.inputs, part.targets


CASES = {each.__name__: each for each in (vowels, short, osuleaf, months, lorenz)}


def measured(name: str) -> dict[str, float]:
    """One fit in this process."""
    import resource

    model, *given = CASES[name]()
    start, cpu = time.perf_counter(), time.process_time()
    model.fit(*given)
    seconds = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - start}
    return seconds | {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def main() -> None:
    """Print a row for each case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="case", help=", ".join(CASES))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measured(asked.cases[0])))
        return
    print(
        f"{'':10} {'CPU s':>8} {'wall s':>8} {'peak MB':>8}   medians of {asked.runs} first fits, engine {asked.engine}"
    )
    for name in asked.cases or CASES:
        runs = []
        for _ in range(asked.runs):
            with tempfile.TemporaryDirectory() as cache:
                environment = {**os.environ, "AURITA_ENGINE": asked.engine, "AURITA_CACHE": cache}
                environment["JAX_COMPILATION_CACHE_DIR"] = cache
                command = [sys.executable, __file__, name, "--one"]
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            runs.append(json.loads(done.stdout.splitlines()[-1]))
        row = [statistics.median(run[key] for run in runs) for key in ("cpu", "wall", "peak_mb")]
        print(f"{name:10} {row[0]:8.2f} {row[1]:8.2f} {row[2]:8.0f}", flush=True)


if __name__ == "__main__":
    main()
