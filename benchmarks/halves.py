"""The designs of `benchmarks/halves.toml`: whole units, their halves, mixtures of them and echo units.

    aurita study run benchmarks/halves.toml [--processes 4]
    aurita study table benchmarks/halves.toml --reference whole

Every reservoir shows the readout the same number of features, 96: outputs and inner features of its units. Units are
frozen, or learn by the target that is broadcast to them (echo units learn nothing). Test scores, lower is better but
for labels; seeds draw data and weights, paired over designs.
"""

from collections.abc import Sequence

import numpy as np

from aurita import AttentionUnit, BlockUnit, EchoUnit, Learning, Population, Reservoir, learn, run
from aurita.readout import RidgeReadout
from aurita.studies.models.fitted import Fitted
from aurita.tasks import Task
from aurita.units import Unit
from aurita.units.presets import attention_only_unit, feed_forward_unit
from splits import arrays

FEATURES = ("output", "context", "hidden")
UNITS, UNIT_WIDTH, SLOTS = 8, 12, 4
STEPS = 100
WHOLE, ATTENTION, FEED_FORWARD, ECHO = "whole", "attention", "feed-forward", "echo"


def unit_of(kind: str, memory: int, form: str) -> Unit:
    """A unit, or one half of it, with 12 features for the readout."""
    given = {"slots": SLOTS, "gain": 1.0 if memory > 8 else 0.5}
    remembers = {"memory": memory, "shifted_keys": memory > 8}
    if form == "block":
        # As published but for the norm: a layer norm over 4 slots maps many inputs to one value.
        given |= {"normalisation": "tanh"}
        # The context of a block has the width of its slots whatever its heads, so its attention half has more slots.
        wide = {**given, "slots": UNIT_WIDTH // 2}
        units = {
            WHOLE: lambda: BlockUnit(heads=2, hidden=4, **given, **remembers),
            ATTENTION: lambda: attention_only_unit("block", heads=2, **wide, **remembers),
            FEED_FORWARD: lambda: feed_forward_unit("block", hidden=8, **given),
        }
    else:
        units = {
            WHOLE: lambda: AttentionUnit(heads=1, hidden=4, **given, **remembers),
            ATTENTION: lambda: attention_only_unit(heads=2, **given, **remembers),
            FEED_FORWARD: lambda: feed_forward_unit(hidden=8, **given),
        }
    return units[kind]()


def echo(neurons: int) -> Population:
    """An echo state network in one unit, whose neurons alone receive each other: the spectral radius is its own."""
    unit = EchoUnit(slots=neurons, spectral_radius=0.9, leak=(0.1, 1.0))
    return Population(unit=unit, units=1, passage="mixed", afferents="all", receives="inputs")


def design(
    task: Task,
    splits: Sequence[str] = ("validation",),
    *,
    seed: int = 0,
    kinds: Sequence[str] = (WHOLE,),
    form: str = "linear_head",
    learns: bool = False,
) -> Fitted:
    """One reservoir, half of it of each kind of units where two are named, and a ridge readout of it.

    Args:
        task: what to fit.
        splits: what to predict.
        seed: of wiring, weights and batches.
        kinds: `whole`, `attention`, `feed-forward` or `echo`, one or two.
        form: of attention units, `linear_head` or `block`.
        learns: whether units learn the target; otherwise they stay as drawn.
    """
    inputs, lengths, targets, scored = arrays(task, task.train)
    series, units = task.category in ("forecast", "regression"), UNITS // len(kinds)
    how = {"units": units, "passage": "learned", "afferents": "all"}
    populations = [
        echo(units * UNIT_WIDTH) if kind == ECHO else Population(unit=unit_of(kind, 8 if series else 16, form), **how)
        for kind in kinds
    ]
    reservoir = drawn = Reservoir.build(populations, inputs=inputs.shape[2], targets=task.outputs, seed=seed)
    if learns:
        broadcast, loss = targets, "cross_entropy"
        if series:
            broadcast = (targets - targets[scored].mean(0)) / (targets[scored].std(0) + 1e-9)
            loss = "squares"
        batch = 50 if not series else 20 if len(inputs) > 1 else 8
        learning = Learning(objective="target", loss=loss, steps=STEPS, batch=batch, segment=100)
        given = {"lengths": lengths, "targets": broadcast, "scored": scored, "seed": seed}
        reservoir, _ = learn(drawn, inputs, learning, **given)
    seen = run(reservoir, inputs, lengths=lengths, features=FEATURES)[0]
    assert seen.shape[2] == UNITS * UNIT_WIDTH, seen.shape
    readout = RidgeReadout().fit(seen[scored], targets[scored])
    counts = reservoir.parameter_counts()
    trained = counts["trained"] if learns else 0
    return Fitted(
        {name: predicted(task, name, reservoir, readout) for name in splits},
        trained=trained + readout.coef_.size + readout.intercept_.size,
        fixed=sum(counts.values()) - trained,
    )


def predicted(task: Task, split: str, reservoir: Reservoir, readout: RidgeReadout) -> list[np.ndarray] | np.ndarray:
    """Of every step, or the label at the last one."""
    inputs, lengths, _, _ = arrays(task, getattr(task, split))
    states = run(reservoir, inputs, lengths=lengths, features=FEATURES)[0]
    rows = readout.predict(states.reshape(-1, states.shape[2])).reshape(*states.shape[:2], -1)
    if task.per_step:
        return [row[:length] for row, length in zip(rows, lengths, strict=True)]
    return task.classes[rows[np.arange(len(rows)), lengths - 1].argmax(1)]
