"""Local learning beside backpropagation through everything, on the same reservoir: score, time and memory by length.

python benchmarks/global_backprop.py [--seeds 3] [--lengths 100 1000 10000] [--more 7]

Twelve attention units that receive each other learn to say Mackey-Glass 84 steps ahead, from segments of T steps:
locally, by the broadcast target, or end to end by backpropagation through all T steps. Both take as many optimiser
steps; both choose their learning rate of three on validation data. With `--more` local learning takes that many times
the steps. The readout is a ridge regression on the states in either case. Memory is what XLA reserves for one optimiser
step beside its arguments; time is the median of five.
"""

import argparse
import time
from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from aurita import Learning, Population, Reservoir, learn, learn_globally
from aurita.engine.running import run
from aurita.learning import local, whole
from aurita.learning._schedule import Schedule
from aurita.learning._step import Carried, what_learns
from aurita.learning.batches import as_data
from aurita.readout import RidgeReadout
from aurita.reservoir.features import feature_size
from aurita.studies.statistics import compare
from aurita.tasks import task_named
from aurita.units import preset

RATES = (1e-3, 3e-3, 1e-2)
FEATURES = ("input", "hidden")
STEPS = {100: 200, 1000: 200, 10_000: 40}
BATCH = {100: 10, 1000: 4, 10_000: 1}


def reservoir(seed: int) -> Reservoir:
    """Units that receive the input and each other through passages that learn."""
    unit = preset("forecast")
    population = Population(unit=unit, units=12, passage="learned", afferents=12, receives="all")
    return Reservoir.build([population], inputs=1, targets=1, seed=seed)


def settings(length: int, rate: float, more: int = 1) -> Learning:
    return Learning(
        objective="target", steps=more * STEPS[length], batch=BATCH[length], segment=length, learning_rate=rate
    )


def score(learnt: Reservoir, task) -> tuple[float, float]:
    """NRMSE on validation and on test data."""
    states = {split: run(learnt, getattr(task, split).inputs[0][None], features=FEATURES)[0][0] for split in SPLITS}
    train = task.train
    readout = RidgeReadout().fit(states["train"][train.scored[0]], train.targets[0][train.scored[0]])
    predicted = {split: [readout.predict(states[split])] for split in ("validation", "test")}
    return task.score(predicted["validation"], "validation"), task.score(predicted["test"])


SPLITS = ("train", "validation", "test")


def trained(task, length: int, seed: int, rate: float, how: str, more: int) -> Reservoir:
    train = task.train
    given = (train.inputs[0][None], train.targets[0][None], train.scored[0][None])
    if how == "local":
        how_to = settings(length, rate, more)
        return learn(reservoir(seed), given[0], how_to, targets=given[1], scored=given[2], seed=seed)[0]
    return learn_globally(
        reservoir(seed),
        given[0],
        given[1],
        settings(length, rate),
        scored=given[2],
        features=FEATURES,
        truncation=length,
        seed=seed,
    )[0]


def cost(task, length: int, how: str) -> tuple[float, float]:
    """Seconds and megabytes of one optimiser step."""
    drawn, how_to = reservoir(0), settings(length, 1e-2)
    train = task.train
    data = as_data(
        drawn, train.inputs[0][None], None, train.targets[0][None], train.scored[0][None], needs_targets=True
    )
    key = jax.random.split(jax.random.key(0), 1)
    if how == "local":
        carried = Carried.start(drawn, how_to)
        may, near = jnp.ones(drawn.units, bool), jnp.zeros((drawn.units, drawn.units), bool)
        batch = Schedule(*jnp.zeros((2, 1, how_to.batch), int))

        def step(weights, carried):
            now = eqx.tree_at(lambda r: r.weights, drawn, weights)
            after, carried, _ = local._steps(
                now, carried, data, batch, key, jnp.arange(1), jnp.asarray(1), may, near, replace(how_to, steps=1)
            )
            return after.weights, carried

        given = (drawn.weights, carried)
    else:
        masks = tuple(what_learns(w, p) for w, p in zip(drawn.weights, drawn.populations, strict=True))
        learns, stays = eqx.partition(drawn.weights, masks)
        width = feature_size(drawn, FEATURES)
        start = (learns, {"w": jnp.zeros((1, width)), "b": jnp.zeros((1, 1))})

        def step(start, state):
            return whole._fit(drawn, start, stays, state, data, key, how_to, FEATURES, length)

        given = (start, how_to.transformation().init(start))
    compiled = jax.jit(step).lower(*given).compile()
    jax.block_until_ready(compiled(*given))
    took = []
    for _ in range(5):
        begin = time.perf_counter()
        jax.block_until_ready(compiled(*given))
        took.append(time.perf_counter() - begin)
    return float(np.median(took)), compiled.memory_analysis().temp_size_in_bytes / 1e6


def main() -> None:
    """Print one row for each length and way."""
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", type=int, default=3, help="0 for time and memory alone")
    options.add_argument("--first", type=int, default=100)
    options.add_argument("--lengths", type=int, nargs="+", default=[100, 1000, 10_000])
    options.add_argument("--more", type=int, default=1, help="times as many steps for local learning")
    options.add_argument("--ways", nargs="+", default=WAYS, choices=WAYS)
    given = options.parse_args()
    for length in given.lengths:
        sizes = {"steps": (max(2000, length + 200), 500, 1500)}
        costs = {how: cost(task_named("mackey_glass", seed=0, horizon=84, **sizes), length, how) for how in WAYS}
        for how in WAYS:
            seconds, megabytes = costs[how]
            print(f"T={length:6d} {how:7s} {1e3 * seconds:9.1f} ms a step {megabytes:9.1f} MB", flush=True)
        ratios = [costs["global"][i] / costs["local"][i] for i in (0, 1)]
        print(f"T={length:6d} global / local: time {ratios[0]:.2f}, memory {ratios[1]:.1f}", flush=True)
        rows = []
        for how in given.ways if given.seeds else ():
            chosen = []
            for seed in range(given.first, given.first + given.seeds):
                task = task_named("mackey_glass", seed=seed, horizon=84, **sizes)
                tried = [(*score(trained(task, length, seed, rate, how, given.more), task), rate) for rate in RATES]
                chosen.append(min(tried))
                rows.append({"task": f"T={length}", "model": how, "seed": seed, "error": chosen[-1][1]})
            tests = np.array([test for _, test, _ in chosen])
            rates = [rate for _, _, rate in chosen]
            spread = tests.std(ddof=1) if len(tests) > 1 else float("nan")
            print(f"T={length:6d} {how:7s} test {tests.mean():.4f} ± {spread:.4f}, rates {rates}", flush=True)
            print(f"T={length:6d} {how:7s} by seed {tests.round(4).tolist()}", flush=True)
        if given.seeds > 1 and len(given.ways) > 1:
            print(compare(pd.DataFrame(rows), "error", higher_is_better=False, reference="global").render(), flush=True)


WAYS = ("local", "global")


if __name__ == "__main__":
    main()
