"""A thousand diagonal states on one core: microseconds a step, run and learning on line; and long streams.

    python benchmarks/diagonal.py [speed] [stream --steps 1000000]

`speed`: 125 gated units of 8 states, or 63 ungated ones of 16, each receiving two inputs, with linear heads alone; CPU
time a step, median of runs. Learning on line takes one step of the optimiser a chunk, from exact forward traces, with a
broadcast target.

`stream`: eight units learn on line from a stream whose rule changes halfway: memory in use, and how many steps after
the change their loss is below twice what it was before.
"""

import argparse
import resource
import time

import numpy as np

from aurita import Learning, Population, Reservoir, run
from aurita.learning.online import begin, learn_chunk
from aurita.units import DiagonalMemoryUnit

SIZES = {"gated": 125, "ungated": 63}
CHUNKS = (50, 200, 1000)
RUNS = 5


def reservoir(kind: str, units: int, **how: str) -> Reservoir:
    """Units of two slots without hidden layers; passages that learn, or none."""
    unit = DiagonalMemoryUnit(slots=2, kind=kind, hidden=0)
    return Reservoir.build([Population(unit=unit, units=units, hears="inputs", **how)], inputs=2, targets=1)


def seconds(work: object) -> float:
    """CPU seconds, median of some runs after one that is not counted."""
    found = []
    for _ in range(RUNS + 1):
        start = time.process_time()
        work()  # type: ignore[operator]
        found.append(time.process_time() - start)
    return float(np.median(found[1:]))


def speed() -> None:
    """Microseconds a step."""
    rng = np.random.default_rng(0)
    settings = Learning(objective="target")
    for kind, units in SIZES.items():
        for passage in ("wired", "learned"):
            net = reservoir(kind, units, passage=passage)
            states = units * net.populations[0].unit.width
            inputs = rng.normal(size=(1, 20_000, 2)).astype(np.float32)
            took = seconds(lambda net=net, inputs=inputs: run(net, inputs, features=("input",)))
            print(f"{kind}, {states} states, passage {passage}: run {1e6 * took / 20_000:.2f} us a step", flush=True)
            for chunk in CHUNKS:
                some = inputs[:, :chunk]
                learner = begin(net, settings)

                def learns(net=net, learner=learner, some=some) -> None:
                    for _ in range(5):
                        learn_chunk(net, learner, some, settings, targets=some[..., :1], features=("input",))

                took = seconds(learns) / 5
                print(f"  learning on line, chunks of {chunk}: {1e6 * took / chunk:.2f} us a step", flush=True)


def stream(steps: int, chunk: int = 100, seed: int = 0) -> None:
    """Memory and the way into a new regime."""
    rng = np.random.default_rng(seed)
    unit = DiagonalMemoryUnit(slots=2, kind="gated", longest=100)
    population = Population(unit=unit, units=8, passage="learned", hears="inputs")
    net = Reservoir.build([population], inputs=2, targets=1, seed=seed)
    settings = Learning(objective="target", learning_rate=3e-3)
    learner, level, before, followed, losses = begin(net, settings), 0.0, 0.0, None, []
    start = time.process_time()
    for first in range(0, steps, chunk):
        inputs = rng.normal(size=(1, chunk, 2)).astype(np.float32)
        targets = np.zeros((1, chunk, 1), np.float32)
        for t in range(chunk):
            level = 0.9 * level + inputs[0, t, 0]
            targets[0, t] = level if first < steps // 2 else -level
        net, learner, _, lost = learn_chunk(net, learner, inputs, settings, targets=targets, features=("input",))
        losses.append(float(lost.mean()))
        if first + chunk == steps // 2:
            before = float(np.mean(losses[-100:]))
        if first >= steps // 2 and followed is None and losses[-1] < 2 * before:
            followed = first + chunk - steps // 2
        if (first + chunk) % (steps // 10) == 0:
            mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{first + chunk:>9,} steps: loss {np.mean(losses[-100:]):.4f}, most memory {mib:.0f} MiB", flush=True
            )
    took = time.process_time() - start
    print(f"new regime followed after {followed} steps; {1e6 * took / steps:.1f} CPU us a step, data included")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["speed", "stream"])
    parser.add_argument("--steps", type=int, default=1_000_000)
    given = parser.parse_args()
    speed() if given.what == "speed" else stream(given.steps)
