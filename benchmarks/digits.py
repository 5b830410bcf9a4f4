"""Permuted sequential digits and mnist1d: memories that learn alone beside an LSTM trained end to end.

    python benchmarks/digits.py [--seeds 5] [--first 400] [--sets digits mnist1d] [--default]

Digits are scikit-learn's, 8 x 8 pixels in one random order, one a step, 1,200 to learn from, 200 to choose by, 397 of
test; mnist1d has 40 steps, 3,500, 500 and 1,000. Eight diagonal memory units learn from the broadcast label at the
last step, then a ridge readout is fitted on their last outputs and hidden values. The LSTM has one layer, as many
numbers as ours train in all, Adam, cosine decay, batches of 50 and as many steps; of two learning rates validation
chooses one. Accuracy on the test part. With `--default` the classifier as it comes, shape units and society, stands
beside both, fitted on the sequences that these learn from and choose by.
"""

import argparse
import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

from aurita import Learning, Population, Reservoir, ReservoirClassifier, learn, run
from aurita.readout import FLOOR, RidgeReadout
from aurita.society import numbers_trained
from aurita.units import DiagonalMemoryUnit

KINDS = {"ungated": 2, "gated": 4, "turned": 2}
STEPS, BATCH = 900, 50
FEATURES = ("output", "hidden", "context")
RATES = (3e-3, 1e-2)
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


def ours(data: Parts, seed: int) -> tuple[float, int]:
    """Accuracy, and numbers trained in all."""
    populations = [
        Population(
            unit=DiagonalMemoryUnit(slots=4, kind=kind, longest=100),
            units=units,
            passage="learned",
            hears="inputs",
            afferents="all",
        )
        for kind, units in KINDS.items()
    ]
    inputs, labels = data["train"]
    count, steps, channels = inputs.shape
    reservoir = Reservoir.build(populations, inputs=channels, targets=10, seed=seed)
    scored = np.broadcast_to(np.arange(steps) == steps - 1, (count, steps))
    settings = Learning(
        objective="target", loss="cross_entropy", steps=STEPS, batch=BATCH, learning_rate=0.01, weight_decay=0.01
    )
    targets = scored[..., None] * labels[:, None]
    reservoir, _ = learn(reservoir, inputs, settings, targets=targets, scored=scored, seed=seed)
    seen = {part: run(reservoir, given, features=FEATURES)[0][:, -1] for part, (given, _) in data.items()}
    readout = RidgeReadout(standardize=True, floor=FLOOR).fit(seen["train"], labels)
    predicted = readout.predict(seen["test"]).argmax(1)
    numbers = int(numbers_trained(reservoir, settings).sum()) + 10 * (seen["train"].shape[1] + 1)
    return float((predicted == data["test"][1].argmax(1)).mean()), numbers


def default(data: Parts, seed: int) -> float:
    """Accuracy of the classifier with no setting chosen."""
    inputs, labels = (np.concatenate([data[part][i] for part in ("train", "validate")]) for i in range(2))
    model = ReservoirClassifier(random_state=seed).fit(list(inputs), labels.argmax(1))
    return float(model.score(list(data["test"][0]), data["test"][1].argmax(1)))


def lstm(data: Parts, numbers: int, seed: int) -> float:
    """Accuracy of the LSTM of the learning rate that validation prefers."""
    channels = data["train"][0].shape[2]
    width = max(n for n in range(1, 200) if 4 * n * (n + channels + 1) + 10 * (n + 1) <= numbers)
    return max(_trained(data, width, rate, seed) for rate in RATES)[1]


def _trained(data: Parts, width: int, rate: float, seed: int) -> tuple[float, float]:
    inputs, labels = (jnp.asarray(part) for part in data["train"])
    keys = jax.random.split(jax.random.key(seed), 3)
    fan = width + inputs.shape[2] + 1
    bias = jnp.zeros((1, 4 * width)).at[:, width : 2 * width].set(1.0)
    weights = {
        "cell": jnp.concatenate([jax.random.normal(keys[0], (fan - 1, 4 * width)) / np.sqrt(fan), bias]),
        "head": jax.random.normal(keys[1], (width + 1, 10)) / np.sqrt(width),
    }
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(optax.cosine_decay_schedule(rate, STEPS)))

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(weights, state, rows):  # type: ignore[no-untyped-def]
        def loss(weights):  # type: ignore[no-untyped-def]
            return optax.softmax_cross_entropy(_predicted(weights, inputs[rows]), labels[rows]).mean()

        updates, state = optimiser.update(jax.grad(loss)(weights), state)
        return optax.apply_updates(weights, updates), state

    state, rng = optimiser.init(weights), np.random.default_rng(seed)
    for _ in range(STEPS):
        weights, state = step(weights, state, rng.choice(len(inputs), BATCH, replace=False))
    predicted = jax.jit(_predicted)
    scores = [
        float((np.asarray(predicted(weights, data[part][0])).argmax(1) == data[part][1].argmax(1)).mean())
        for part in ("validate", "test")
    ]
    return scores[0], scores[1]


def _predicted(weights: dict[str, jax.Array], inputs: jax.Array) -> jax.Array:
    ones = jnp.ones((len(inputs), 1))

    def cell(carry: tuple[jax.Array, jax.Array], now: jax.Array) -> tuple[tuple[jax.Array, jax.Array], None]:
        h, c = carry
        i, f, g, o = jnp.split(jnp.concatenate([h, now, ones], axis=1) @ weights["cell"], 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    start = jnp.zeros((len(inputs), weights["head"].shape[0] - 1))
    (h, _), _ = jax.lax.scan(cell, (start, start), jnp.swapaxes(inputs, 0, 1))
    return jnp.concatenate([h, ones], axis=1) @ weights["head"]


def main(seeds: range, sets: list[str], *, with_default: bool) -> None:
    """Print accuracies."""
    for name in sets:
        found: list[tuple[float, ...]] = []
        for seed in seeds:
            data = {"digits": digits, "mnist1d": mnist1d}[name](seed)
            start = time.process_time()
            accuracy, numbers = ours(data, seed)
            middle = time.process_time()
            other = lstm(data, numbers, seed)
            end = time.process_time()
            found.append((accuracy, other))
            took = f"{middle - start:.0f} and {end - middle:.0f} CPU seconds"
            print(f"{name} seed {seed}: ours {accuracy:.4f}, LSTM {other:.4f}, {numbers:,} numbers, {took}", flush=True)
            if with_default:
                found[-1] += (default(data, seed),)
                took = f"{time.process_time() - end:.0f} CPU seconds"
                print(f"{name} seed {seed}: the default classifier {found[-1][2]:.4f}, {took}", flush=True)
        table = np.array(found)
        print(f"{name}: means {table.mean(0).round(4).tolist()}, {len(seeds)} seeds", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=400)
    parser.add_argument("--sets", nargs="+", default=["digits", "mnist1d"], choices=["digits", "mnist1d"])
    parser.add_argument("--default", action="store_true", help="the classifier as it comes, too")
    given = parser.parse_args()
    main(range(given.first, given.first + given.seeds), given.sets, with_default=given.default)
