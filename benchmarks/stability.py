"""A hundred random wirings with feedback and self-loops: does every unit's loss fall, and does none diverge?

    python benchmarks/stability.py [SEEDS]

Each reservoir receives a noisy pair of sines with teacher forcing of the next value on its feedback channel, learns by
`self` with all units at once, and then runs 1000 further steps. What a unit receives changes while the others learn, so
its loss may rise though it learns; so each unit is also compared, on what it receives in the end, with itself as it was
drawn.
"""

import sys

import equinox as eqx
import jax
import numpy as np

from aurita import Learning, Population, Reservoir, learn, preset, run
from aurita.learning._recording import record_batch
from aurita.learning._step import losses_of
from aurita.learning.batches import as_data

SETTINGS = Learning(steps=200, batch=20)


def improvement(before: Reservoir, after: Reservoir, inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Loss of each unit on what it receives in the end, over the loss its first weights would have there."""
    data = as_data(after, inputs, None, targets, None, needs_targets=False)
    recording = record_batch(after, data, SETTINGS)
    as_it_was = eqx.tree_at(lambda r: r.weights, after, before.weights)
    key = jax.random.key(0)
    return np.asarray(losses_of(after, recording, SETTINGS, key) / losses_of(as_it_was, recording, SETTINGS, key))


def main(seeds: int) -> None:
    """Print what fell and what grew."""
    rose, diverged, ratios, better, largest = [], [], [], [], 0.0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        phase = rng.uniform(0, 6.28, (20, 1, 2))
        when = np.arange(151)[None, :, None]
        wave = np.sin(when / np.array([2.0, 5.0]) + phase) + 0.1 * rng.normal(size=(20, 151, 2))
        population = Population(unit=preset("forecast"), units=16, input_fraction=0.4)
        drawn = Reservoir.build([population], inputs=2, feedback=1, seed=seed)
        inputs, following = wave[:, :-1], wave[:, 1:, :1]
        reservoir, history = learn(drawn, inputs, SETTINGS, targets=following, seed=seed)
        better.append(improvement(drawn, reservoir, inputs, following))
        first, last = history.losses[:5].mean(0), history.losses[-5:].mean(0)
        ratios.append(last / first)
        rose += [(seed, int(unit)) for unit in np.flatnonzero(~(last < first))]
        states, _ = run(reservoir, rng.normal(size=(1, 1000, 2)), features=("output", "hidden"))
        if not (np.isfinite(states).all() and np.isfinite(history.losses).all()):
            diverged.append(seed)
        largest = max(largest, float(np.abs(states).max()))
    shares = np.concatenate(ratios)
    print(f"{seeds} reservoirs of 16 units: {len(diverged)} diverged {diverged}")
    print(f"units whose loss did not fall: {len(rose)} of {16 * seeds} {rose}")
    print(f"last loss over first: median {np.median(shares):.3f}, largest {shares.max():.3f}")
    own = np.concatenate(better)
    print(
        f"on what it receives in the end, over its first weights: median {np.median(own):.3f}, largest {own.max():.3f}"
    )
    print(f"largest state over 1000 further steps: {largest:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
