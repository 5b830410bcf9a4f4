"""CogScale small: recall, adding, sorting with the objective `target`, 12 units, at most 100 readout features.

    python benchmarks/cogscale_target.py [SEEDS]      (the extra `studies` brings cogscale)

Beside it the same reservoir with its units frozen, and, as proof that nothing leaks, trained on labels that were
shuffled between sequences: that must end at chance. Error rate on the test set; settings are those of design.md.
"""

import sys

import numpy as np

from aurita import Learning, Population, Reservoir, learn, preset, run
from aurita.readout import RidgeReadout
from aurita.tasks import task_named
from splits import arrays

TASKS = {"associative_recall": (), "adding_problem": (), "sorting_problem": (2.0, 4.0, 8.0, 16.0, 32.0)}
FEATURES = ("hidden",)


def error_rate(name: str, seed: int, learning: Learning, *, shuffled: bool = False) -> tuple[float, int, int]:
    """Error rate on the test set, readout features, numbers trained in units and passages."""
    task = task_named(f"cogscale/{name}", seed=seed)
    inputs, _, targets, scored = arrays(task, task.train)
    if shuffled:
        targets = targets[np.random.default_rng(seed).permutation(len(targets))]
    unit = preset("memory", memory=min(64, inputs.shape[1]), shifted_keys=True)
    population = Population(unit=unit, units=12, passage="learned", afferents="all", hears="inputs")
    outputs = targets.shape[2]
    reservoir = Reservoir.build([population], inputs=inputs.shape[2], clock=TASKS[name], targets=outputs, seed=seed)
    reservoir, _ = learn(reservoir, inputs, learning, targets=targets, scored=scored, seed=seed)
    states, _ = run(reservoir, inputs, features=FEATURES)
    readout = RidgeReadout().fit(states[scored], targets[scored])
    unseen, _, truth, asked = arrays(task, task.test)
    said = readout.predict(run(reservoir, unseen, features=FEATURES)[0][asked])
    trained = 0 if learning.objective == "frozen" else reservoir.parameter_counts()["trained"]
    return float((said.argmax(1) != truth[asked].argmax(1)).mean()), states.shape[2], trained


def main(seeds: int) -> None:
    """Print one line a task."""
    target = Learning(objective="target", loss="cross_entropy", steps=300)
    print("task, readout features, numbers trained: test error target / frozen / labels shuffled (chance)")
    for name in TASKS:
        learnt = [error_rate(name, seed, target) for seed in range(seeds)]
        frozen = [error_rate(name, seed, Learning(objective="frozen"))[0] for seed in range(seeds)]
        shuffled = [error_rate(name, seed, target, shuffled=True)[0] for seed in range(seeds)]
        chance = np.mean([task_named(f"cogscale/{name}", seed=seed).chance for seed in range(seeds)])
        errors = [error for error, _, _ in learnt]
        print(
            f"{name:<20} {learnt[0][1]:>3} {learnt[0][2]:>6}: {np.mean(errors):.3f} (worst {max(errors):.3f}) / "
            f"{np.mean(frozen):.3f} / {np.mean(shuffled):.3f} ({chance:.3f})",
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
