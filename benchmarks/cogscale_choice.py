"""Choose the settings of `aurita reproduce cogscale`, on validation scores over data seeds that the table never uses.

    python benchmarks/cogscale_choice.py RESULTS.jsonl [ARM ...]     try candidates, one line each; goes on where it was
    python benchmarks/cogscale_choice.py RESULTS.jsonl --write       write the best of each arm and task
    python benchmarks/cogscale_choice.py RESULTS.jsonl --larger LARGER.jsonl            the same for 1,000 features:
    python benchmarks/cogscale_choice.py LARGER.jsonl --write --features 1000           the best, with more neurons

Arms: `trained` (units with the broadcast target, a few candidates written by hand), `frozen` (attention units, with
echo neurons beside them) and `esn` (100 echo neurons); the last two draw their candidates at random, as many each. The
model called aurita may be any candidate, the frozen one any that learns nothing, so both have had more candidates than
the echo state network alone. No candidate ever predicts a test split.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import aurita.studies
from aurita.studies.models.reservoirs import reservoir
from aurita.tasks import task_named
from aurita.tasks.cogscale import COGSCALE_TASKS

SEEDS = (1000, 1001, 1002)
DRAWS = 16
CLOCK = [2.0, 4.0, 8.0, 16.0, 32.0]
TARGET = {"objective": "target", "steps": 300}
NOISY = {**TARGET, "input_noise": 0.1, "weight_decay": 1e-4}
SHIFTED = {"shifted_keys": True}
TRAINED: dict[str, dict[str, Any]] = {
    "target": {"unit": SHIFTED, "learning": TARGET},
    "targetclock": {"unit": SHIFTED, "clock": CLOCK, "learning": TARGET},
    "targetclocknoise": {"unit": SHIFTED, "clock": CLOCK, "learning": NOISY},
    "echo40target7": {"units": 7, "echo": 40, "echo_unit": {"leak": [0.1, 1.0]}, "unit": SHIFTED, "learning": TARGET},
    "echo28earlier9": {
        "units": 9,
        "echo": 28,
        "receives": "earlier",
        "echo_unit": {"leak": [0.05, 1.0]},
        "unit": SHIFTED,
        "learning": TARGET,
    },
    "echo28earlier9clock": {
        "units": 9,
        "echo": 28,
        "receives": "earlier",
        "echo_unit": {"leak": [0.05, 1.0]},
        "unit": SHIFTED,
        "clock": CLOCK,
        "learning": NOISY,
    },
}
SLOW = {"leak": [0.02, 0.2], "spectral_radius": 0.1, "bias_scale": 1.0}
TRAINED |= {
    "slow40target7": {**TRAINED["echo40target7"], "echo_unit": SLOW, "echo_scale": 5.805},
    "slow28earlier9": {**TRAINED["echo28earlier9"], "echo_unit": SLOW, "echo_scale": 5.805},
    "slow28earlier9clock": {**TRAINED["echo28earlier9clock"], "echo_unit": SLOW, "echo_scale": 5.805},
}
LEAKS = [[1.0, 1.0], [0.5, 1.0], [0.2, 1.0], [0.05, 1.0], [0.02, 0.2], [0.3, 0.3], [0.7, 0.7]]
ARMS = ("trained", "frozen", "esn")


def candidate(arm: str, number: int, longest: int) -> dict[str, Any]:
    """Settings number so-and-so of an arm; the same for all tasks, but for memories longer than the sequences."""
    if arm == "trained":
        return list(TRAINED.values())[number]
    rng = np.random.default_rng([number, 7])
    leak = LEAKS[rng.integers(len(LEAKS))]
    echo_unit = {
        "leak": leak,
        "spectral_radius": float(rng.choice([0.1, 0.5, 0.8, 0.9, 0.95, 1.0, 1.1, 1.3])),
        "bias_scale": float(rng.choice([0, 0.2, 1.0])),
    }
    scale = float(np.round(10 ** rng.uniform(-1.5, 1), 3))
    clock = CLOCK if rng.random() < 0.35 else ([] if rng.random() < 0.7 else [16.0, 32.0, 64.0])
    if arm == "esn":
        return {"units": 0, "echo": 100, "echo_unit": echo_unit, "echo_scale": scale, "clock": clock}
    units = int(rng.choice([4, 8, 12]))
    memory = int(min(longest, rng.choice([4, 8, 12, 16, 24, 32, 64])))
    delay_lines = rng.integers(3) == 0
    unit: dict[str, Any] = {
        "memory": memory,
        "shifted_keys": bool(rng.random() < 0.5),
        "query_key_gain": float(rng.choice([0.0, 1.0, 2.0, 4.0])),
        "gain": float(rng.choice([0.3, 1.0, 2.0])),
        "bias_scale": float(rng.choice([1.0, 4.0, 10.0, 20.0])),
        "age_bias": str(rng.choice(["random", "flat", "recency", "mixed"])),
    }
    if delay_lines:
        unit |= {"slots": 8, "heads": 8, "head_dim": 1, "hidden": 0, "age_bias": "random"}
    return {
        "units": units,
        "unit": unit,
        "echo": 100 - 8 * units,
        "echo_unit": echo_unit,
        "echo_scale": scale,
        "clock": clock,
        "features": ["context" if delay_lines else "hidden"],
        "passage": "mixed",
    }


def try_all(place: Path, arms: list[str]) -> None:
    """Validation scores of what has none yet."""
    for name in COGSCALE_TASKS:
        longest = len(task_named(f"cogscale/{name}", seed=SEEDS[0]).train.inputs[0])
        for arm in arms:
            for number in range(len(TRAINED) if arm == "trained" else DRAWS):
                _try(place, arm, name, number, candidate(arm, number, longest))


def try_larger(place: Path, larger: Path) -> None:
    """The best of each arm and task at 100 features, filled up with echo neurons to 1,000.

    Units that receive the echo neurons keep theirs: they would receive a thousand sources.
    """
    results = _results(place)
    for name in COGSCALE_TASKS:
        for arm in ARMS:
            tried = [r for r in results if r["task"] == name and r["arm"] == arm]
            if not tried:
                continue
            best = min(tried, key=lambda r: np.mean(r["scores"]))
            settings = dict(best["settings"])
            if settings.get("receives") != "earlier":
                settings["echo"] = 1000 - 8 * settings.get("units", 12)
                settings.setdefault("echo_unit", SLOW)
            _try(larger, arm, name, best["number"], settings)


def _try(place: Path, arm: str, name: str, number: int, settings: dict[str, Any]) -> None:
    if any((r["arm"], r["task"], r["number"]) == (arm, name, number) for r in _results(place)):
        return
    start, scores = time.time(), []
    for seed in SEEDS:
        task = task_named(f"cogscale/{name}", seed=seed)
        fitted = reservoir(task, ["validation"], seed=seed, **settings)
        scores.append(task.score(fitted.predictions["validation"], "validation"))
    line = {"arm": arm, "task": name, "number": number, "scores": scores, "settings": settings}
    with place.open("a") as out:
        out.write(json.dumps({**line, "seconds": time.time() - start}) + "\n")
    print(f"{arm:<8} {name:<30} {number:>2} {np.mean(scores):.4f}", flush=True)


def write(place: Path, features: int) -> None:
    """The best of each arm and task, as the reproduction reads it."""
    results = _results(place)
    models: dict[str, Any] = {}
    for model, arms in {"aurita": ARMS, "aurita, frozen": ("frozen", "esn"), "ESN": ("esn",)}.items():
        per_task = {}
        for name in COGSCALE_TASKS:
            tried = [r for r in results if r["task"] == name and r["arm"] in arms]
            best = min(tried, key=lambda r: (np.mean(r["scores"]), ARMS.index(r["arm"])))
            per_task[f"cogscale/{name}"] = best["settings"]
            score = np.mean(best["scores"])
            print(f"{model:<15} {name:<30} {len(tried):>3} tried: {best['arm']:<8} {best['number']:>2} {score:.4f}")
        models[model] = {"kind": "reservoir", "per_task": per_task}
    chosen = {"chosen_on": "validation score, mean over data seeds", "seeds": SEEDS, "models": models}
    target = Path(aurita.studies.__file__).parent / "data" / f"cogscale_{features}.json"
    target.write_text(json.dumps(chosen, indent=1) + "\n")


def _results(place: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in place.read_text().splitlines()] if place.exists() else []


if __name__ == "__main__":
    given = sys.argv[1:]
    if "--write" in given:
        write(Path(given[0]), 1000 if "1000" in given else 100)
    elif "--larger" in given:
        try_larger(Path(given[0]), Path(given[2]))
    else:
        try_all(Path(given[0]), given[1:] or list(ARMS))
