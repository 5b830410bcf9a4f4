"""Memory: a readout fitted on a million steps holds no million states.

    python benchmarks/memory.py [STEPS]

Peak memory of a process that runs 100 attention units over one long sequence and fits ridge on 401 features by streamed
moments, beside what the states alone would take.
"""

import resource
import sys
import time

import numpy as np

from aurita import Population, Reservoir, preset, stream
from aurita.readout import Moments, RidgeReadout


def main(steps: int) -> None:
    """Print the peak."""
    series = np.sin(np.arange(steps + 1) / 7) + 0.1 * np.random.default_rng(0).normal(size=steps + 1)
    inputs, targets = series[:-1].reshape(1, -1, 1), series[1:]
    reservoir = Reservoir.build([Population(unit=preset("forecast"), units=100)], inputs=1, seed=0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    moments = Moments()
    for chunk in stream(reservoir, inputs, features=("input", "output")):
        rows = chunk.features[0]
        moments.add(rows, targets[chunk.start : chunk.start + len(rows)])
    readout = RidgeReadout(selection="gcv").fit_moments(moments)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    states = steps * readout.coef_.shape[0] * 4 / 2**20
    print(f"{steps} steps, {readout.coef_.shape[0]} features: states would take {states:.0f} MB in float32")
    print(
        f"peak grew from {before:.0f} to {peak:.0f} MB; {seconds:.0f} s; error {float(np.ravel(readout.error_)[0]):.5f}"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
