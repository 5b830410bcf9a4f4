"""JapaneseVowels, official split: accuracy over ten seeds, everything chosen by cross-validation on the training set.

    python benchmarks/japanese_vowels.py [SEEDS]

For every seed each candidate is scored by five folds of the 270 training sequences, with every summary of its states;
the best is fitted on all of them and tested once on the 370 others. Beside it, each with the summary that these folds
choose for it: the bare standardised inputs, an echo state network, and the chosen reservoir with its units frozen.
"""

import sys

import numpy as np

from aurita import EchoUnit, Learning, Population, ReservoirClassifier, preset
from aurita.estimators.folds import summary_by_folds
from aurita.tasks import task_named

UNIT = preset("classify")
WIRED = Population(unit=UNIT, units=20, input_fraction=0.8)
LEARNED = Population(unit=UNIT, units=20, passage="learned", afferents="all", receives="inputs")


def echo(neurons: int) -> Population:
    """An echo state network that receives all channels."""
    unit = EchoUnit(slots=neurons, leak=(0.1, 1.0))
    return Population(unit=unit, units=1, passage="mixed", afferents="all", receives="inputs")


DENSE = {"populations": LEARNED, "features": ("output", "hidden", "context")}
CANDIDATES: dict[str, dict] = {
    "wired, 5 reservoirs": {"populations": WIRED, "features": ("input", "hidden"), "ensemble": 5},
    "learned passages, 5 reservoirs": {**DENSE, "ensemble": 5},
    "learned passages, 10 reservoirs": {**DENSE, "ensemble": 10},
}
LEARNING = Learning(objective="self", steps=100)


def main(seeds: int) -> None:
    """Print a line a seed, then the means."""
    task = task_named("japanese_vowels")
    train, labels = task.development.inputs, np.asarray(task.development.targets)
    test, truth = task.test.inputs, np.asarray(task.test.targets)

    def chosen(seed: int, **parameters) -> tuple[str, float]:
        """Summary, and its accuracy in the folds."""
        model = ReservoirClassifier(random_state=seed, **parameters)
        summary, scores = summary_by_folds(model, train, labels, seed=seed)
        return summary, scores[summary]

    def tested(seed: int, summary: str, **parameters) -> float:
        model = ReservoirClassifier(random_state=seed, summary=summary, **parameters)
        return model.fit(train, labels).score(test, truth)

    scores: dict[str, list[float]] = {"chosen": [], "the same, frozen": [], "echo state network": []}
    for seed in range(seeds):
        validation = {name: chosen(seed, learning=LEARNING, **how) for name, how in CANDIDATES.items()}
        best = max(validation, key=lambda name: validation[name][1])
        arms = {
            "chosen": {"learning": LEARNING, **CANDIDATES[best]},
            "the same, frozen": CANDIDATES[best],
            "echo state network": {"populations": echo(240), "features": ("output",)},
        }
        summaries = {name: validation[best][0] if name == "chosen" else chosen(seed, **arms[name])[0] for name in arms}
        for name, parameters in arms.items():
            scores[name].append(tested(seed, summaries[name], **parameters))
        line = ", ".join(f"{name} {values[-1]:.4f} ({summaries[name]})" for name, values in scores.items())
        print(f"seed {seed}: {best} (validation {validation[best][1]:.4f}): {line}", flush=True)
    bare = chosen(0, populations=())[0]
    print(f"bare standardised inputs, {bare}: {tested(0, bare, populations=()):.4f}")
    for name, values in scores.items():
        print(f"{name:<20} {np.mean(values):.4f} +- {np.std(values, ddof=1):.4f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
