"""Time and memory of one optimiser step of all units, beside PyTorch autograd doing the same step.

    python benchmarks/learning_step.py      (needs torch, which aurita does not)

Both predict the next input of every unit (U=100, B=32, T=100, M=8, D=4, H=2, 16 hidden) from recorded inputs, with
Adam. PyTorch's form is the fastest of those tried: keys and values projected once a sequence, one shifted product an
age, all units in one batched matrix product.
"""

import timing  # isort: skip
from functools import partial

import jax
import torch

from aurita import AttentionUnit, Learning, Population, Reservoir
from aurita.learning._local_loss import RecordedBatch
from aurita.learning._step import optimiser_states, units_first, updater

UNITS, BATCH, STEPS, MEMORY, SLOTS, HEADS, HIDDEN = 100, 32, 100, 8, 4, 2, 16
UNIT = AttentionUnit(slots=SLOTS, memory=MEMORY, heads=HEADS, hidden=HIDDEN)


def ours(units: int):
    """A compiled step over all units, and its temporaries in megabytes."""
    population = Population(unit=UNIT, units=units)
    reservoir = Reservoir.build([population], inputs=3, seed=0)
    settings = Learning()
    sources = jax.random.normal(jax.random.key(0), (reservoir.sources.total, STEPS * BATCH))
    counted = jax.numpy.ones(STEPS * BATCH)

    def step(weights, states, afferents, sources):
        recording = RecordedBatch(sources, counted, jax.numpy.zeros((0, STEPS * BATCH)), counted, BATCH)
        update = updater(population, recording, settings, jax.random.key(1), settings.learning_rate)
        return jax.lax.map(update, (weights, states, afferents, jax.numpy.ones(units, bool), None, None, None))

    weights = units_first(reservoir.weights[0])
    states = optimiser_states(reservoir, settings)[0]
    given = (weights, states, reservoir.wiring[0].T, sources)
    compiled = jax.jit(step).lower(*given).compile()
    return partial(_ready, compiled, given), compiled.memory_analysis().temp_size_in_bytes / 1e6


def _ready(compiled, given):
    return jax.block_until_ready(compiled(*given))


def torch_step():
    """The same step in PyTorch."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    width = HEADS * SLOTS

    def draw(*shape):
        return (0.5 * torch.randn(UNITS, *shape) / shape[-1] ** 0.5).requires_grad_()

    weights = {
        "q": draw(width, SLOTS), "qb": draw(width, 1), "k": draw(width, SLOTS), "v": draw(width, SLOTS),
        "age": draw(HEADS, MEMORY), "w1": draw(HIDDEN, SLOTS + width), "b1": draw(HIDDEN, 1),
        "wo": draw(SLOTS, SLOTS + width + HIDDEN), "bo": draw(SLOTS, 1),
    }  # fmt: skip
    optimiser = torch.optim.Adam(weights.values(), 1e-2, foreach=True)
    padded = torch.randn(UNITS, SLOTS, MEMORY - 1 + STEPS, BATCH)
    flat = padded.reshape(UNITS, SLOTS, -1)
    now = padded[:, :, MEMORY - 1 : -1].reshape(UNITS, SLOTS, -1)
    target = padded[:, :, MEMORY:].reshape(UNITS, SLOTS, -1)

    def at_age(x, age):
        return x[:, :, :, MEMORY - 1 - age : MEMORY - 1 - age + STEPS - 1]

    def step():
        w = weights
        keys = torch.bmm(w["k"], flat).reshape(UNITS, HEADS, SLOTS, -1, BATCH)
        values = torch.bmm(w["v"], flat).reshape(UNITS, HEADS, SLOTS, -1, BATCH)
        query = torch.baddbmm(w["qb"], w["q"], now).reshape(UNITS, HEADS, SLOTS, -1, BATCH)
        scores = torch.stack([(query * at_age(keys, j)).sum(2) for j in range(MEMORY)], 2) / SLOTS**0.5
        shares = torch.softmax(scores + w["age"][:, :, :, None, None], 2)
        context = sum(shares[:, :, j, None] * at_age(values, j) for j in range(MEMORY)).reshape(UNITS, width, -1)
        seen = torch.cat([now, context], 1)
        hidden = torch.tanh(torch.baddbmm(w["b1"], w["w1"], seen))
        predicted = torch.baddbmm(w["bo"], w["wo"], torch.cat([seen, hidden], 1))
        loss = ((predicted - target) ** 2).mean((1, 2)).sum()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
        optimiser.step()

    return step


def main() -> None:
    """Print the ratio and the temporaries."""
    step, _ = ours(UNITS)
    mine, theirs = timing.in_turn(step, torch_step())
    print(f"one optimiser step of all {UNITS} units, B={BATCH}, T={STEPS}: ours over PyTorch's {mine / theirs:.2f}")
    for units in (25, 100, 400):
        print(f"temporaries of a step at U={units:<4} {ours(units)[1]:6.2f} MB")


if __name__ == "__main__":
    main()
