"""JapaneseVowels, official split: accuracy over ten seeds, everything chosen by cross-validation on the training set.

    python benchmarks/japanese_vowels.py [SEEDS]

For every seed each candidate is scored by five folds of the 270 training sequences; the best is fitted on all of them
and tested once on the 370 others. Beside it: the bare standardised inputs at four times, an echo state network, and the
chosen reservoir with its units frozen.
"""

import sys

import numpy as np
from sklearn.model_selection import StratifiedKFold, cross_val_score

from aurita import EchoUnit, Learning, Population, ReservoirClassifier, preset
from aurita.tasks import task_named

UNIT = preset("classify")
WIRED = Population(unit=UNIT, units=20, input_fraction=0.8)
LEARNED = Population(unit=UNIT, units=20, passage="learned", afferents="all", hears="inputs")


def echo(neurons: int) -> Population:
    """An echo state network that hears all channels."""
    unit = EchoUnit(slots=neurons, leak=(0.1, 1.0))
    return Population(unit=unit, units=1, passage="mixed", afferents="all", hears="inputs")


MEANS = {"populations": LEARNED, "features": ("output", "hidden", "context"), "summary": "mean"}
CANDIDATES: dict[str, dict] = {
    "wired, four times, 5 reservoirs": {"populations": WIRED, "features": ("input", "hidden"), "ensemble": 5},
    "learned passages, mean, 5 reservoirs": {**MEANS, "ensemble": 5},
    "learned passages, mean, 10 reservoirs": {**MEANS, "ensemble": 10},
}
LEARNING = Learning(objective="self", steps=100)


def main(seeds: int) -> None:
    """Print a line a seed, then the means."""
    task = task_named("japanese_vowels")
    train, labels = task.development.inputs, np.asarray(task.development.targets)
    test, truth = task.test.inputs, np.asarray(task.test.targets)

    def tested(seed: int, **parameters) -> float:
        return ReservoirClassifier(random_state=seed, **parameters).fit(train, labels).score(test, truth)

    scores: dict[str, list[float]] = {"chosen": [], "the same, frozen": [], "echo state network": []}
    for seed in range(seeds):
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        validation = {
            name: cross_val_score(
                ReservoirClassifier(random_state=seed, learning=LEARNING, **parameters), train, labels, cv=folds
            ).mean()
            for name, parameters in CANDIDATES.items()
        }
        best = max(validation, key=lambda name: validation[name])
        scores["chosen"].append(tested(seed, learning=LEARNING, **CANDIDATES[best]))
        scores["the same, frozen"].append(tested(seed, **CANDIDATES[best]))
        scores["echo state network"].append(
            tested(seed, populations=echo(240), features=("output",), summary="mean_deviation")
        )
        line = ", ".join(f"{name} {values[-1]:.4f}" for name, values in scores.items())
        print(f"seed {seed}: {best} (validation {validation[best]:.4f}): {line}", flush=True)
    print(f"bare standardised inputs at four times: {tested(0, populations=()):.4f}")
    for name, values in scores.items():
        print(f"{name:<20} {np.mean(values):.4f} +- {np.std(values, ddof=1):.4f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
