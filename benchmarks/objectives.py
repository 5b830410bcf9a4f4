"""Objectives beside one another: frozen, self at one horizon and at four, target, mixed, mixed with adaptive weight.

    python benchmarks/objectives.py [--seeds 10] [--tasks NAME ...] [--models NAME ...] [--steps 120] [--test]

Scores are of a ridge readout on validation data (with `--test` on the test set), lower is better; of JapaneseVowels the
rate of errors in four folds of the 270 training sequences, so that its test set is not looked at before the end. Beside
the objectives what holds `target` back from overfitting: each unit on half of the sequences, early stopping by unit,
input noise, weight decay. On selective copy units receive a counter of one input each.
Seeds draw data and weights and are paired; every model is compared with `target` and, where it learns both, `self`.
"""

import argparse
import sys
import time

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from aurita import Learning, Population, Reservoir, ReservoirClassifier, learn, preset, run
from aurita.readout import RidgeReadout
from aurita.society import CLOCK, mixed_society
from aurita.studies.statistics import compare
from aurita.tasks import task_named
from splits import arrays

FAR = (1, 2, 4, 8)
MODELS: dict[str, dict] = {
    "frozen": {"objective": "frozen"},
    "self": {"objective": "self"},
    "self, horizons 1 2 4 8": {"objective": "self"},
    "target": {"objective": "target"},
    "target, early stopping": {"objective": "target", "stopping": {"patience": 50, "held_out": 0.2}},
    "target, input noise 0.1": {"objective": "target", "input_noise": 0.1},
    "target, weight decay 0.1": {"objective": "target", "weight_decay": 0.1},
    "mixed 0.3": {"objective": "mixed", "alpha": 0.3},
    "mixed 1": {"objective": "mixed", "alpha": 1.0},
    "mixed adaptive": {"objective": "mixed", "alpha": "adaptive"},
}
DENSE = {"passage": "learned", "afferents": "all", "receives": "inputs"}
VOWELS = "japanese_vowels"
TASKS: dict[str, tuple[str, dict]] = {
    VOWELS: (VOWELS, {}),
    "associative_recall": ("cogscale/associative_recall", {}),
    "bracket_matching": ("cogscale/bracket_matching", {}),
    "selective_copy": ("cogscale/selective_copy", {}),
    "lorenz 10": ("lorenz", {"horizon": 10}),
    "mackey_glass 84": ("mackey_glass", {"horizon": 84}),
}


def of_vowels(model: str, seed: int, steps: int, split: str) -> float:
    """Rate of errors, in folds of the training sequences or on the test set."""
    task = task_named(VOWELS)
    inputs, labels = task.development.inputs, np.asarray(task.development.targets)
    unit = preset("classify", horizons=FAR if "horizons" in model else (1,))
    learning = Learning(**MODELS[model], loss="cross_entropy", steps=steps)
    population = Population(unit=unit, units=12, **DENSE)
    made = ReservoirClassifier(
        population, features=("output", "hidden", "context"), summary="mean", learning=learning, random_state=seed
    )
    if split == "test":
        return 1 - float(made.fit(inputs, labels).score(task.test.inputs, task.test.targets))
    right = 0
    for fit, held in StratifiedKFold(4, shuffle=True, random_state=seed).split(inputs, labels):
        made.fit([inputs[i] for i in fit], labels[fit])
        right += int((made.predict([inputs[i] for i in held]) == labels[held]).sum())
    return 1 - right / len(labels)


def of_steps(name: str, model: str, seed: int, steps: int, split: str) -> float:
    """The task's score."""
    base, options = TASKS[name]
    task = task_named(base, seed=seed, **options)
    inputs, lengths, targets, scored = arrays(task, task.train)
    horizons = FAR if "horizons" in model else (1,)
    symbols = task.category != "forecast"
    if symbols:
        unit = preset("memory", memory=min(32, inputs.shape[1]), shifted_keys=True, horizons=horizons)
        populations, clock, features = [Population(unit=unit, units=8, **DENSE)], (), ("hidden",)
        if name == "selective_copy":
            # Without a counter of the marks nobody can do it, overfitting or not.
            populations, clock = mixed_society(longest=inputs.shape[1])[:2], CLOCK
    else:
        constant = 10.0 if base == "mackey_glass" else 1.0
        unit = preset("forecast", horizons=horizons)
        populations, clock = [Population(unit=unit, units=12, time_constant=constant)], ()
        features = ("input", "output", "hidden")
    channels = {"inputs": inputs.shape[2], "targets": targets.shape[2]}
    reservoir = Reservoir.build(populations, clock=clock, seed=seed, **channels)
    loss = "cross_entropy" if task.category == "classification" else "squares"
    how = Learning(**MODELS[model], loss=loss, steps=steps, batch=50 if symbols else 8)
    broadcast = {}
    if how.needs_targets:
        wanted = targets
        if loss == "squares":
            wanted = (targets - targets[scored].mean(0)) / (targets[scored].std(0) + 1e-9)
        broadcast = {"targets": wanted, "scored": scored}
    reservoir, _ = learn(reservoir, inputs, how, lengths=lengths, seed=seed, **broadcast)
    readout = RidgeReadout().fit(run(reservoir, inputs, features=features)[0][scored], targets[scored])
    unseen, unseen_lengths, _, _ = arrays(task, getattr(task, split))
    states = run(reservoir, unseen, features=features)[0]
    predicted = [readout.predict(row[:length]) for row, length in zip(states, unseen_lengths, strict=True)]
    return task.score(predicted, split)


def main() -> None:
    """Print scores, then paired tests."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--tasks", nargs="+", choices=tuple(TASKS), default=tuple(TASKS))
    parser.add_argument("--models", nargs="+", choices=tuple(MODELS), default=tuple(MODELS))
    parser.add_argument("--test", action="store_true")
    given = parser.parse_args()
    rows, split = [], "test" if given.test else "validation"
    for name in given.tasks:
        for model in given.models:
            began = time.perf_counter()
            for seed in range(given.seeds):
                scored = (model, seed, given.steps, split)
                error = of_vowels(*scored) if name == VOWELS else of_steps(name, *scored)
                rows.append({"task": name, "model": model, "seed": seed, "error": error})
            mean = np.mean([row["error"] for row in rows[-given.seeds :]])
            print(f"{name}, {model}: {mean:.4f} ({time.perf_counter() - began:.0f} s)", file=sys.stderr, flush=True)
    records = pd.DataFrame(rows)
    table = records.pivot_table(index="model", columns="task", values="error")
    print(f"mean over {given.seeds} seeds on {split} data\n")
    print(table.reindex(list(given.models))[list(given.tasks)].to_string(float_format="%.4f"))
    for reference in ("target", "self"):
        if reference in given.models and len(given.models) > 1:
            found = compare(records, "error", higher_is_better=False, reference=reference)
            kept = ["task", "model", "difference", "p_permutation", "p_corrected", "effect_dz", "verdict"]
            print(f"\nbeside `{reference}` (a negative difference is better)\n")
            print(found.pairs[kept].to_string(index=False, float_format="%.4f"))
            print(*found.notes, sep="\n")


if __name__ == "__main__":
    main()
