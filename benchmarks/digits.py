"""Permuted sequential digits and mnist1d: memories that learn alone beside an LSTM trained end to end.

    python benchmarks/digits.py [--seeds 10] [--first 400] [--sets digits mnist1d] [--arms memories LSTM default]
    python benchmarks/digits.py --choose --seeds 2 --first 300 [--arms LSTM]

Digits are scikit-learn's, 8 x 8 pixels in one random order, one a step, 1,200 to learn from, 200 to choose by, 397 of
test; mnist1d has 40 steps, 3,500, 500 and 1,000. Eight diagonal memory units receive the last sixteen values and learn
from the broadcast label at the last step, then a ridge readout is fitted on their last outputs, hidden values and
states. The LSTM has one layer, as many numbers as the memories and their readout, Adam, cosine decay, batches of 50,
and of all its weights, looked at every 100 batches, those that validation prefers. `default` is the classifier as it
comes, shape units and society, fitted on the sequences that these learn from and choose by. Accuracy on the test part;
with `--choose` on the validation part, for every setting that the constants were chosen of.
"""

import argparse
import itertools
import time
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd

from aurita import Learning, Population, Reservoir, ReservoirClassifier, learn, run
from aurita.readout import FLOOR, RidgeReadout
from aurita.society import numbers_trained
from aurita.studies.statistics import compare
from aurita.units import DiagonalMemoryUnit

KINDS = {"ungated": 2, "gated": 4, "turned": 2}
BATCH = 50
CHOICES = ((1, 4, 900), (1, 4, 3600), (4, 4, 900), (8, 6, 900), (8, 6, 2400), (16, 6, 2400))
MEMORIES = (16, 6, 2400)
"""Values at a time, slots and batches of the memories, the best of `--choose` on both sets."""
FEATURES = ("output", "hidden", "context")
LSTM_LOOKS = 100
LSTM = {"digits": (8, 1e-2, 1500), "mnist1d": (1, 1e-2, 2400)}
"""Values at a time, learning rate and batches of the LSTM, for each set the best of `--choose`."""
ARMS = ("memories", "LSTM", "default")
Parts = dict[str, tuple[np.ndarray, np.ndarray]]


def digits(seed: int) -> Parts:
    """Pixels in a random order."""
    from sklearn.datasets import load_digits

    rng = np.random.default_rng(seed)
    pixels, labels = load_digits(return_X_y=True)
    places, rows = rng.permutation(64), rng.permutation(len(labels))
    return _split(pixels[rows][:, places, None] / 8 - 1, labels[rows], 1200, 200)


def mnist1d(seed: int) -> Parts:
    """The published sequences."""
    from mnist1d.data import get_dataset_args, make_dataset

    made = make_dataset(get_dataset_args())
    rows = np.random.default_rng(seed).permutation(len(made["y"]))
    found = _split(made["x"][rows][..., None], made["y"][rows], 3500, 500)
    found["test"] = (made["x_test"][..., None], np.eye(10)[made["y_test"]])
    return found


def _split(inputs: np.ndarray, labels: np.ndarray, learn_from: int, choose_by: int) -> Parts:
    bounds = {"train": (0, learn_from), "validate": (learn_from, learn_from + choose_by)}
    bounds["test"] = (learn_from + choose_by, len(labels))
    return {part: (inputs[a:b].astype(np.float32), np.eye(10)[labels[a:b]]) for part, (a, b) in bounds.items()}


def lagged(data: Parts, lags: int) -> Parts:
    """Each step with the values of those before it, zeros before the first."""

    def together(values: np.ndarray) -> np.ndarray:
        padded = np.pad(values, ((0, 0), (lags - 1, 0), (0, 0)))
        return np.concatenate([padded[:, lag : lag + values.shape[1]] for lag in reversed(range(lags))], axis=2)

    return {part: (together(values), labels) for part, (values, labels) in data.items()}


def memories(data: Parts, seed: int, lags: int, slots: int, batches: int) -> tuple[dict[str, float], int]:
    """Accuracy by part, and numbers trained in all."""
    data = lagged(data, lags)
    populations = [
        Population(
            unit=DiagonalMemoryUnit(slots=slots, kind=kind, longest=100),
            units=units,
            passage="learned",
            receives="inputs",
            afferents="all",
        )
        for kind, units in KINDS.items()
    ]
    inputs, labels = data["train"]
    count, steps, channels = inputs.shape
    reservoir = Reservoir.build(populations, inputs=channels, targets=10, seed=seed)
    scored = np.broadcast_to(np.arange(steps) == steps - 1, (count, steps))
    settings = Learning(
        objective="target", loss="cross_entropy", steps=batches, batch=BATCH, learning_rate=0.01, weight_decay=0.01
    )
    targets = scored[..., None] * labels[:, None]
    reservoir, _ = learn(reservoir, inputs, settings, targets=targets, scored=scored, seed=seed)
    seen = {part: run(reservoir, given, features=FEATURES)[0][:, -1] for part, (given, _) in data.items()}
    readout = RidgeReadout(standardize=True, floor=FLOOR).fit(seen["train"], labels)
    found = {part: share_right(readout.predict(seen[part]), data[part][1]) for part in ("validate", "test")}
    return found, int(numbers_trained(reservoir, settings).sum()) + 10 * (seen["train"].shape[1] + 1)


def share_right(predicted: np.ndarray, labels: np.ndarray) -> float:
    """Accuracy of the class of the greatest value."""
    return float((predicted.argmax(1) == labels.argmax(1)).mean())


def default(data: Parts, seed: int) -> float:
    """Accuracy of the classifier with no setting chosen."""
    inputs, labels = (np.concatenate([data[part][i] for part in ("train", "validate")]) for i in range(2))
    model = ReservoirClassifier(random_state=seed).fit(list(inputs), labels.argmax(1))
    return float(model.score(list(data["test"][0]), data["test"][1].argmax(1)))


def lstm(data: Parts, numbers: int, seed: int, lags: int, rate: float, batches: int) -> tuple[dict[str, float], int]:
    """Accuracy by part where that of validation was best, and after how many batches."""
    data = lagged(data, lags)
    width = max(n for n in range(1, 200) if 4 * n * (n + lags + 1) + 10 * (n + 1) <= numbers)
    inputs, labels = data["train"]
    keys = jax.random.split(jax.random.key(seed), 3)
    fan = width + inputs.shape[2] + 1
    bias = jnp.repeat(jnp.array([0.0, 1.0, 0.0, 0.0]), width)[None]
    weights = {
        "cell": jnp.concatenate([jax.random.normal(keys[0], (fan - 1, 4 * width)) / np.sqrt(fan), bias]),
        "head": jax.random.normal(keys[1], (width + 1, 10)) / np.sqrt(width),
    }
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(optax.cosine_decay_schedule(rate, batches)))

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(weights, state, seen, wanted):
        def loss(weights):
            return optax.softmax_cross_entropy(_predicted(weights, seen), wanted).mean()

        updates, state = optimiser.update(jax.grad(loss)(weights), state)
        return optax.apply_updates(weights, updates), state

    state, rng = optimiser.init(weights), np.random.default_rng(seed)
    predicted, found = jax.jit(_predicted), []
    for number in range(1, batches + 1):
        some = rng.choice(len(inputs), BATCH, replace=False)
        weights, state = step(weights, state, inputs[some], labels[some])
        if number % LSTM_LOOKS == 0:
            looked = {
                part: share_right(np.asarray(predicted(weights, data[part][0])), data[part][1])
                for part in ("validate", "test")
            }
            found.append((looked, number))
    return max(found, key=lambda one: one[0]["validate"])


def _predicted(weights: dict[str, jax.Array], inputs: jax.Array) -> jax.Array:
    width = weights["head"].shape[0] - 1
    received = jnp.swapaxes(inputs, 0, 1) @ weights["cell"][width:-1] + weights["cell"][-1]

    def cell(carry: tuple[jax.Array, jax.Array], now: jax.Array) -> tuple[tuple[jax.Array, jax.Array], None]:
        h, c = carry
        i, f, g, o = jnp.split(h @ weights["cell"][:width] + now, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    start = jnp.zeros((len(inputs), width))
    (h, _), _ = jax.lax.scan(cell, (start, start), received)
    return h @ weights["head"][:-1] + weights["head"][-1]


def choose(seeds: range, name: str, arms: list[str]) -> None:
    """Print accuracies on the validation part."""
    for seed in seeds:
        data = DRAWS[name](seed)
        if "memories" in arms:
            for lags, slots, batches in CHOICES:
                found, _ = memories(data, seed, lags, slots, batches)
                shown = f"{lags} values, {slots} slots, {batches} batches: {found['validate']:.4f}"
                print(f"{name} seed {seed}: memories, {shown}", flush=True)
        if "LSTM" in arms:
            for lags, rate in itertools.product((1, 8), (3e-3, 1e-2)):
                found, batches = lstm(data, 9486, seed, lags, rate, 2400)
                shown = f"{lags} values, {rate}: {found['validate']:.4f} at {batches} batches"
                print(f"{name} seed {seed}: LSTM, {shown}", flush=True)


def main(seeds: range, name: str, arms: list[str]) -> None:
    """Print accuracies."""
    rows: list[dict[str, Any]] = []
    for seed in seeds:
        data = DRAWS[name](seed)
        numbers = 0
        for arm in arms:
            start, note = time.process_time(), ""
            if arm == "default":
                value = default(data, seed)
            elif arm == "LSTM":
                numbers = numbers or memories(data, seed, *MEMORIES[:2], 1)[1]
                found, batches = lstm(data, numbers, seed, *LSTM[name])
                value, note = found["test"], f", best at {batches} batches"
            else:
                found, numbers = memories(data, seed, *MEMORIES)
                value, note = found["test"], f", {numbers:,} numbers"
            cpu = time.process_time() - start
            rows.append({"task": name, "model": arm, "seed": seed, "value": value, "cpu": cpu})
            print(f"{name} seed {seed} {arm}: {value:.4f}{note}, {cpu:.1f} CPU seconds", flush=True)
    table = pd.DataFrame(rows)
    print(table.groupby("model", sort=False)[["value", "cpu"]].agg(["mean", "min", "max"]).round(4))
    if len(seeds) > 1 and len(arms) > 1:
        print(compare(table, higher_is_better=True, reference=arms[0]).render(table="pairs"), flush=True)


DRAWS = {"digits": digits, "mnist1d": mnist1d}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=400)
    parser.add_argument("--sets", nargs="+", default=list(DRAWS), choices=list(DRAWS))
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--choose", action="store_true", help="settings, on the validation part")
    given = parser.parse_args()
    for name in given.sets:
        (choose if given.choose else main)(range(given.first, given.first + given.seeds), name, given.arms)
