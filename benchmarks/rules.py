"""Which selection rule for which objective, at equal numbers of gradient steps; measures of progress beside the loss.

    python benchmarks/rules.py [--seeds 10] [--steps 60] [--tasks NAME ...] [--objectives NAME ...] [--rules NAME ...]

A gradient step is one step of one unit. Every rule takes as many in total as `all` takes in `--steps` batches: one that
takes one unit a batch sees as many more batches; `spaced` takes as many as its wiring allows, and sees so many batches
that the number is the same on average over wirings. Each has its own cosine of the learning rate over its batches. The
local loss after learning is of all units on validation data; the score is that of a ridge readout on the test set, or
with `--validation` on the validation set. Seeds draw data and weights and are paired over the rules; every rule is
compared with `all`.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from aurita import AttentionUnit, Learning, Population, Reservoir, learn, run
from aurita.learning._on_jax import held_out_losses
from aurita.learning.batches import as_data
from aurita.readout import RidgeReadout
from aurita.studies.statistics import compare
from aurita.tasks import task_named
from splits import arrays

UNITS = 8
FEATURES = ("output", "hidden")
RULES = {
    "all": {"rule": "all"},
    "random": {"rule": "random"},
    "round robin": {"rule": "round_robin"},
    "largest": {"rule": "largest"},
    "largest progress": {"rule": {"type": "largest", "by": "progress"}},
    "largest reducible": {"rule": {"type": "largest", "by": "reducible"}},
    "proportional": {"rule": "proportional"},
    "proportional progress": {"rule": {"type": "proportional", "by": "progress"}},
    "spaced": {"rule": "spaced"},
    "spaced progress": {"rule": {"type": "spaced", "by": "progress"}},
    "spaced reducible": {"rule": {"type": "spaced", "by": "reducible"}},
}
OBJECTIVES = ("self", "target", "mixed")


@dataclass(frozen=True)
class Setting:
    """A task and what suits it: loss of the target, sequences or segments in a batch, steps of a segment, the unit."""

    name: str
    options: dict
    loss: str
    batch: int
    segment: int
    unit: AttentionUnit


TASKS = {
    "sincosnoise": Setting("sincosnoise", {}, "squares", 10, 50, AttentionUnit(slots=3, memory=4, hidden=4)),
    "lorenz": Setting(
        "lorenz", {"horizon": 10, "steps": (1000, 300, 600)}, "squares", 4, 60, AttentionUnit(slots=3, hidden=4)
    ),
    "associative_recall": Setting(
        "cogscale/associative_recall",
        {},
        "cross_entropy",
        20,
        200,
        AttentionUnit(slots=4, memory=16, hidden=6, gain=1.0, shifted_keys=True, age_bias="mixed"),
    ),
}


def drawn(task: str, inputs: int, outputs: int, seed: int) -> Reservoir:
    """The reservoir before it learns: each unit receives a few sources, so that some are far from one another."""
    setting = TASKS[task]
    passage = {"passage": "learned", "afferents": setting.unit.slots} if setting.loss == "cross_entropy" else {}
    population = Population(unit=setting.unit, units=UNITS, **passage)
    return Reservoir.build([population], inputs=inputs, targets=outputs, seed=seed)


@cache
def batches_for(rule: str, task: str, inputs: int, outputs: int, steps: int) -> int:
    """Batches in which a rule takes about as many gradient steps as `all` does in so many."""
    selects = Learning(**RULES[rule]).selects
    if selects.name == "all":
        return steps
    if selects.spacing == 0:
        return steps * UNITS
    # How many units are far enough apart depends on the wiring and on who comes first.
    rng, taken = np.random.default_rng(0), []
    for seed in range(10):
        near = drawn(task, inputs, outputs, seed).distances() < selects.spacing
        for _ in range(50):
            some: list[int] = []
            for unit in rng.permutation(UNITS):
                if not near[unit, some].any():
                    some.append(int(unit))
            taken.append(len(some))
    return max(1, round(steps * UNITS / np.mean(taken)))


def results(rule: str, objective: str, task: str, seed: int, steps: int, split: str) -> dict[str, float]:
    """Local loss, score and gradient steps of one reservoir."""
    setting = TASKS[task]
    made = task_named(setting.name, seed=seed, **setting.options)
    inputs, lengths, targets, scored = arrays(made, made.train)
    wanted, centre, spread = targets, 0.0, 1.0
    if setting.loss == "squares":
        centre, spread = targets[scored].mean(0), targets[scored].std(0) + 1e-9
        wanted = (targets - centre) / spread
    channels = (inputs.shape[2], targets.shape[2])
    reservoir = drawn(task, *channels, seed)
    how = Learning(
        objective=objective,
        loss=setting.loss,
        steps=batches_for(rule, task, *channels, steps),
        batch=setting.batch,
        segment=setting.segment,
        **RULES[rule],
    )
    broadcast = {"targets": wanted, "scored": scored} if how.needs_targets else {}
    reservoir, history = learn(reservoir, inputs, how, lengths=lengths, seed=seed, **broadcast)
    readout = RidgeReadout().fit(run(reservoir, inputs, features=FEATURES)[0][scored], targets[scored])
    held, held_lengths, held_targets, held_scored = arrays(made, made.validation)
    data = as_data(
        reservoir,
        held,
        held_lengths,
        (held_targets - centre) / spread if how.needs_targets else None,
        held_scored if how.needs_targets else None,
        needs_targets=how.needs_targets,
    )
    part = getattr(made, split)
    unseen, unseen_lengths, _, _ = arrays(made, part)
    states = run(reservoir, unseen, features=FEATURES)[0]
    predicted = readout.predict(states.reshape(-1, states.shape[2])).reshape(*states.shape[:2], -1)
    score = made.score([row[:length] for row, length in zip(predicted, unseen_lengths, strict=True)], split)
    return {
        "local loss": float(np.nanmean(held_out_losses(reservoir, data, how))),
        "score": score,
        "gradient steps": int(history.selected.sum()),
        "batches": len(history.losses),
        "units moved": float(history.selected.any(0).mean()),
    }


def main() -> None:
    """Print a table of means and one of paired tests for every task."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--tasks", nargs="+", choices=tuple(TASKS), default=tuple(TASKS))
    parser.add_argument("--rules", nargs="+", choices=tuple(RULES), default=tuple(RULES))
    parser.add_argument("--objectives", nargs="+", choices=OBJECTIVES, default=OBJECTIVES)
    parser.add_argument("--validation", action="store_true")
    given = parser.parse_args()
    split = "validation" if given.validation else "test"
    for task in given.tasks:
        began, rows = time.perf_counter(), []
        for objective in given.objectives:
            for rule in given.rules:
                for seed in range(given.seeds):
                    found = results(rule, objective, task, seed, given.steps, split)
                    rows.append({"task": f"{task}, {objective}", "model": rule, "seed": seed, **found})
                spent = time.perf_counter() - began
                print(f"{task}, {objective}, {rule}: {spent:.0f} s so far", file=sys.stderr, flush=True)
        records = pd.DataFrame(rows)
        means = records.groupby(["task", "model"], sort=False).mean(numeric_only=True).drop(columns="seed")
        print(f"\n{task}: means over {given.seeds} seeds, score on {split}, lower is better\n")
        print(means.to_string(float_format="%.4f"))
        for metric in ("local loss", "score"):
            found = compare(records, metric, higher_is_better=False, reference="all")
            kept = ["task", "model", "difference", "p_permutation", "p_corrected", "effect_dz", "verdict"]
            print(f"\n{metric} beside `all` (a negative difference is better)\n")
            print(found.pairs[kept].to_string(index=False, float_format="%.4f"))
            print(*found.notes, sep="\n")


if __name__ == "__main__":
    main()
