"""A thousand diagonal states on one core: microseconds a step, run and learning on line; and long streams.

    python benchmarks/diagonal.py speed
    python benchmarks/diagonal.py stream --steps 1000000 [--chunk 100]
    python benchmarks/diagonal.py drift [--seeds 10] [--first 0] [--steps 20000]

`speed`: 125 gated units of 8 states, or 63 ungated ones of 16, each receiving two inputs, with linear heads alone; CPU
time a step, median of runs. Learning on line takes one step of the optimiser a chunk, from exact forward traces, with a
broadcast target.

`stream`: eight units learn on line from a stream whose rule changes halfway: memory in use, and how many steps after
the change their loss is below twice what it was before.

`drift`: four gated and four ungated units, learning on line or as drawn, below the readout that forgets
(`partial_fit` of an estimator): how many steps after a change the root mean square error of the last 200, all of them
after it, is below 1.1 times what it is at the end of the new regime, or below twice that. A leaky sum of noise changes
its sign, or its time constant from 10 to 33, with and without noise of a tenth of its deviation. `stationary` is the
error over the last quarter of a regime.
"""

import argparse
import resource
import time

import numpy as np
from scipy.signal import lfilter

from aurita import Learning, Online, Population, Reservoir, ReservoirRegressor, run
from aurita.learning.online import begin, learn_chunk
from aurita.units import DiagonalMemoryUnit

SIZES = {"gated": 125, "ungated": 63}
CHUNKS = (50, 200, 1000)
RUNS = 5


def reservoir(kind: str, units: int, **how: str) -> Reservoir:
    """Units of two slots without hidden layers; passages that learn, or none."""
    unit = DiagonalMemoryUnit(slots=2, kind=kind, hidden=0)
    return Reservoir.build([Population(unit=unit, units=units, receives="inputs", **how)], inputs=2, targets=1)


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
    population = Population(unit=unit, units=8, passage="learned", receives="inputs")
    net = Reservoir.build([population], inputs=2, targets=1, seed=seed)
    settings = Learning(objective="target", learning_rate=3e-3)
    learner, level, before, followed, losses = begin(net, settings), 0.0, 0.0, None, []
    start = time.process_time()
    for first in range(0, steps, chunk):
        inputs = rng.normal(size=(1, chunk, 2)).astype(np.float32)
        levels, _ = lfilter([1.0], [1.0, -0.9], inputs[0, :, 0], zi=[0.9 * level])
        level = float(levels[-1])
        targets = (levels if first < steps // 2 else -levels).astype(np.float32)[None, :, None]
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


FEATURES = ("input", "output", "context")
CHANGES = {"sign": ((0.9, 1.0), (0.9, -1.0)), "time constant": ((0.9, 1.0), (0.97, 1.0))}
WAYS = {
    "learning, memories of the readout": ("target", Online()),
    "as drawn, memories of the readout": (None, Online()),
}


def drifting(change: str, noise: float, steps: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs of two channels, and the target: one regime for `steps`, then the other."""
    rng = np.random.default_rng([seed, 77])
    inputs, parts, level = rng.normal(size=(2 * steps, 2)), [], 0.0
    for half, (keep, sign) in enumerate(CHANGES[change]):
        levels, _ = lfilter([1.0], [1.0, -keep], inputs[half * steps : (half + 1) * steps, 0], zi=[keep * level])
        level = levels[-1]
        parts.append(sign * levels)
    targets = np.concatenate(parts)
    return inputs, (targets + noise * targets.std() * rng.normal(size=len(targets)))[:, None]


def drift(seeds: range, steps: int, chunk: int = 100, window: int = 200) -> None:
    """Steps until a change is followed."""
    print("| change | noise | way | before | stationary | within 1.1: median, most, by 2,000 | within 2 | CPU us |")
    for change in CHANGES:
        for noise in (0.0, 0.1):
            for way, (objective, online) in WAYS.items():
                rows, start = [], time.process_time()
                for seed in seeds:
                    inputs, targets = drifting(change, noise, steps, seed)
                    units = {kind: DiagonalMemoryUnit(slots=2, kind=kind, longest=100) for kind in ("ungated", "gated")}
                    society = [
                        Population(unit=unit, units=4, passage="learned", receives="inputs") for unit in units.values()
                    ]
                    model = ReservoirRegressor(
                        society, learning=objective, online=online, features=FEATURES, random_state=seed
                    )
                    errors = np.zeros(2 * steps)
                    for first in range(0, 2 * steps, chunk):
                        part = slice(first, first + chunk)
                        if first:
                            errors[part] = (model.predict_next([inputs[part]])[0].reshape(-1, 1) - targets[part])[:, 0]
                        model.partial_fit([inputs[part]], [targets[part]])
                    squares = errors**2
                    before, after = (np.sqrt(squares[end - steps // 4 : end].mean()) for end in (steps, 2 * steps))
                    running = np.sqrt(np.convolve(squares[steps:], np.full(window, 1 / window), "valid"))
                    rows.append((before, after, *(window + int(np.argmax(running <= f * after)) for f in (1.1, 2.0))))
                table, took = np.array(rows), (time.process_time() - start) / len(seeds) / 2 / steps
                cells = [
                    f"{np.median(taken):.0f}, {taken.max():.0f}, {(taken <= 2000).sum()} of {len(taken)}"
                    for taken in table[:, 2:].T
                ]
                levels = f"{table[:, 0].mean():.4f} | {table[:, 1].mean():.4f}"
                print(
                    f"| {change} | {noise} | {way} | {levels} | {cells[0]} | {cells[1]} | {1e6 * took:.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["speed", "stream", "drift"])
    parser.add_argument("--steps", type=int)
    parser.add_argument("--chunk", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    if given.what == "speed":
        speed()
    elif given.what == "stream":
        stream(given.steps or 1_000_000, given.chunk)
    else:
        drift(range(given.first, given.first + given.seeds), given.steps or 20_000)
