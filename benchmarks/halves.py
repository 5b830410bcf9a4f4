"""Is anything lost by splitting the block? Whole units, their halves, mixtures of them and echo units, on six tasks.

    python benchmarks/halves.py [--seeds 10] [--form linear_head|block] [--tasks NAME ...] [--frozen]

Every reservoir shows the readout the same number of features, 96: outputs and inner features of its units. Units are
frozen, or learn by the target that is broadcast to them (echo units learn nothing, so they are frozen in both). Test
scores, lower is better (error rate where the task asks for labels); seeds draw data and weights, paired over designs.
"""

import argparse
import sys
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd

from aurita import AttentionUnit, BlockUnit, EchoUnit, Learning, Population, Reservoir, learn, run
from aurita.readout import RidgeReadout
from aurita.studies.statistics import compare
from aurita.tasks import Task, task_named
from aurita.units import Unit
from aurita.units.presets import attention_only_unit, feed_forward_unit
from splits import arrays

FEATURES = ("output", "context", "hidden")
UNITS, UNIT_WIDTH, SLOTS = 8, 12, 4
STEPS = 100
WHOLE, ATTENTION, FEED_FORWARD, ECHO = "whole", "attention", "feed-forward", "echo"
DESIGNS = {
    "whole": (WHOLE,),
    "attention only": (ATTENTION,),
    "feed-forward only": (FEED_FORWARD,),
    "half attention, half feed-forward": (ATTENTION, FEED_FORWARD),
    "echo": (ECHO,),
    "half whole, half echo": (WHOLE, ECHO),
}


@dataclass(frozen=True)
class Setting:
    """What a task asks of every design alike.

    Attributes:
        task: name and options.
        memory: ages that a unit attends to.
        gain: of the weights.
        loss: of the target.
        batch: sequences or segments in a batch.
    """

    task: tuple[str, dict]
    memory: int
    gain: float
    loss: str
    batch: int


SETTINGS = {
    "sincosnoise": Setting(("sincosnoise", {}), 8, 0.5, "squares", 20),
    "mackey_glass 84": Setting(("mackey_glass", {"horizon": 84, "steps": (1200, 300, 800)}), 8, 0.5, "squares", 8),
    "lorenz 10": Setting(("lorenz", {"horizon": 10, "steps": (1200, 300, 800)}), 8, 0.5, "squares", 8),
    "associative_recall": Setting(("cogscale/associative_recall", {}), 16, 1.0, "cross_entropy", 50),
    "discrete_pattern": Setting(("cogscale/discrete_pattern_completion", {}), 16, 1.0, "cross_entropy", 50),
    "decision": Setting(("decision", {"trials": (200, 50, 300)}), 16, 1.0, "cross_entropy", 50),
}


def unit_of(kind: str, setting: Setting, form: str) -> Unit:
    """A unit, or one half of it, with 12 features for the readout."""
    given = {"slots": SLOTS, "gain": setting.gain}
    remembers = {"memory": setting.memory, "shifted_keys": setting.memory > 8}
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
    """An echo state network in one unit, of which alone its neurons hear each other: the spectral radius is its own."""
    unit = EchoUnit(slots=neurons, spectral_radius=0.9, leak=(0.1, 1.0))
    return Population(unit=unit, units=1, passage="mixed", afferents="all", hears="inputs")


def score(task: Task, predicted: np.ndarray, lengths: np.ndarray) -> float:
    """On the test set; of labels the rate of errors."""
    if task.per_step:
        return task.score([row[:length] for row, length in zip(predicted, lengths, strict=True)])
    last = predicted[np.arange(len(predicted)), lengths - 1]
    return 1 - task.score(task.classes[last.argmax(1)])


def result(design: str, setting: Setting, form: str, learnt: bool, seed: int) -> float:
    """Test score of one reservoir."""
    name, options = setting.task
    task = task_named(name, seed=seed, **options)
    inputs, lengths, targets, scored = arrays(task, task.train)
    units = UNITS // len(DESIGNS[design])
    how = {"units": units, "passage": "learned", "afferents": "all"}
    populations = [
        echo(units * UNIT_WIDTH) if kind == ECHO else Population(unit=unit_of(kind, setting, form), **how)
        for kind in DESIGNS[design]
    ]
    reservoir = Reservoir.build(populations, inputs=inputs.shape[2], targets=task.outputs, seed=seed)
    if learnt:
        told = targets
        if setting.loss == "squares":
            told = (targets - targets[scored].mean(0)) / (targets[scored].std(0) + 1e-9)
        learning = Learning(objective="target", loss=setting.loss, steps=STEPS, batch=setting.batch, segment=100)
        given = {"lengths": lengths, "targets": told, "scored": scored, "seed": seed}
        reservoir, _ = learn(reservoir, inputs, learning, **given)
    seen = run(reservoir, inputs, lengths=lengths, features=FEATURES)[0]
    assert seen.shape[2] == UNITS * UNIT_WIDTH, seen.shape
    readout = RidgeReadout().fit(seen[scored], targets[scored])
    unseen, lengths, _, _ = arrays(task, task.test)
    states = run(reservoir, unseen, lengths=lengths, features=FEATURES)[0]
    predicted = readout.predict(states.reshape(-1, states.shape[2])).reshape(*states.shape[:2], -1)
    return score(task, predicted, lengths)


def main() -> None:
    """Print mean scores, then what the tests say of every design beside whole units."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--form", choices=("linear_head", "block"), default="linear_head")
    parser.add_argument("--tasks", nargs="+", choices=tuple(SETTINGS), default=tuple(SETTINGS))
    parser.add_argument("--frozen", action="store_true", help="units as drawn alone")
    given = parser.parse_args()
    rows = []
    for name in given.tasks:
        for learnt in (False,) if given.frozen else (False, True):
            began = time.perf_counter()
            for design, kinds in DESIGNS.items():
                if learnt and set(kinds) == {ECHO}:
                    continue
                for seed in range(given.seeds):
                    found = result(design, SETTINGS[name], given.form, learnt, seed)
                    rows.append({"task": name, "model": design, "learnt": learnt, "seed": seed, "error": found})
            spent = time.perf_counter() - began
            print(f"{name}, {'learnt' if learnt else 'frozen'}: {spent:.0f} s", file=sys.stderr, flush=True)
    records = pd.DataFrame(rows)
    for learnt, some in records.groupby("learnt"):
        table = some.pivot_table(index="model", columns="task", values="error")
        print(f"\n{'Learnt by the target' if learnt else 'Frozen'}: mean test error over {given.seeds} seeds\n")
        print(table.reindex([d for d in DESIGNS if d in table.index])[list(given.tasks)].to_string(float_format="%.4f"))
        found = compare(some, "error", higher_is_better=False, reference="whole")
        kept = ["task", "model", "difference", "p_permutation", "p_corrected", "effect_dz", "verdict"]
        print("\nbeside whole units (a negative difference is a smaller error)\n")
        print(found.pairs[kept].to_string(index=False))
        print(*found.notes, sep="\n")
    gain = records[records["model"] != "echo"].pivot_table(
        index="model", columns="learnt", values="error", aggfunc="mean"
    )
    print(f"\nmean over the tasks, frozen and learnt\n\n{gain.to_string(float_format='%.4f')}")


if __name__ == "__main__":
    main()
