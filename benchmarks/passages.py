"""Passages: how few afferents suffice, when recurrence helps, and what alignment changes.

    python benchmarks/passages.py [afferents|recurrence] [SEEDS] [TASK ...]      (the extra `studies` brings cogscale)

`afferents`: CogScale small with the objective `target`, 12 units of 8 hidden features, or 24 of 4: every unit receives
everything, a few afferents drawn at random, a few that pruning left, or a few that each chooses while it learns
(`Partners`). Error rate on the test set.

`recurrence`: 8 units that receive inputs; two generations, the first frozen or learning; the same units wired
recurrently, learning all at once or spaced, with and without alignment. Test score of the readout (smaller is better),
differences from the units that receive inputs alone paired over seeds, and the drift of what units receive over all of
learning, and over 25 further steps at a tenth of the learning rate's start.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from aurita import Learning, Population, Reservoir, learn, preset, run
from aurita.learning import Optimiser, Passages
from aurita.learning.alignment import aligned, drift
from aurita.learning.passage import unused_inputs
from aurita.readout import RidgeReadout
from aurita.studies.models.fitted import target_by_step
from aurita.studies.models.reservoirs import answered
from aurita.studies.statistics import compare
from aurita.tasks import task_named
from splits import arrays

Row = tuple[float, ...]

TASKS = {
    "associative_recall": (),
    "adding_problem": (),
    "sorting_problem": (2.0, 4.0, 8.0, 16.0, 32.0),
    "selective_copy": (2.0, 4.0, 8.0, 16.0, 32.0, 64.0),
}
"""Each with the periods of the clock that its units receive."""
FEATURES = ("hidden",)

PRUNED: dict[str, Any] = {"fan_in": 6, "every": 20}
FAN_INS: dict[str, tuple[Any, dict[str, Any]]] = {
    "all": ("all", {}),
    "12 at random": (12, {}),
    "6 at random": (6, {}),
    "all to 12": ("all", {**PRUNED, "fan_in": 12}),
    "all to 6": ("all", PRUNED),
    "all to 4": ("all", {**PRUNED, "fan_in": 4}),
    "6 chosen by the probe": ("all", {"partners": {"afferents": 6}}),
    "24 units of 4 hidden: all": ("all", {"units": 24, "hidden": 4}),
    "24 units of 4 hidden: all to 6": ("all", {**PRUNED, "units": 24, "hidden": 4}),
}

RECURRENT: dict[str, tuple[str, dict[str, Any]]] = {
    "inputs": ("inputs", {}),
    "two generations, first frozen": ("frozen first", {}),
    "two generations, both learn": ("both", {}),
    "recurrent, all at once": ("all", {}),
    "recurrent, all at once, aligned": ("all", {"passages": {"aligned": True, "every": 10}}),
    "recurrent, spaced": ("all", {"rule": "spaced"}),
    "recurrent, spaced, aligned": ("all", {"rule": "spaced", "passages": {"aligned": True, "every": 10}}),
}

SERIES: dict[str, dict[str, Any]] = {"mackey_glass": {"horizon": 84}, "lorenz": {"horizon": 10}}


def few_afferents(name: str, seed: int, afferents: Any, settings: dict[str, Any], steps: int = 400) -> Row:
    """Error rate on the test set, afferents of a unit, numbers trained, inputs that nobody receives; or NaN.

    NaN where a task has fewer inputs than the units would receive.
    """
    task = task_named(f"cogscale/{name}", seed=seed)
    inputs, _, targets, scored = arrays(task, task.train)
    audible = inputs.shape[2] + 2 * len(TASKS[name])
    if max(afferents if isinstance(afferents, int) else 0, settings.get("fan_in", 0)) >= audible:
        return (float("nan"),) * 4
    settings = dict(settings)
    units, hidden = settings.pop("units", 12), settings.pop("hidden", 8)
    unit = preset("memory", memory=min(64, inputs.shape[1]), shifted_keys=True, hidden=hidden)
    population = Population(unit=unit, units=units, passage="learned", afferents=afferents, receives="inputs")
    given = Reservoir.build(
        [population], inputs=inputs.shape[2], clock=TASKS[name], targets=targets.shape[2], seed=seed
    )
    how = Learning(objective="target", loss="cross_entropy", steps=steps, passages=Passages(**settings))
    learnt, _ = learn(given, inputs, how, targets=targets, scored=scored, seed=seed)
    states, _ = run(learnt, inputs, features=FEATURES)
    readout = RidgeReadout().fit(states[scored], targets[scored])
    unseen, _, truth, asked = arrays(task, task.test)
    predicted = readout.predict(run(learnt, unseen, features=FEATURES)[0][asked])
    error = float((predicted.argmax(1) != truth[asked].argmax(1)).mean())
    return error, len(learnt.wiring[0]), learnt.parameter_counts()["trained"], len(unused_inputs(learnt))


def recurrence(name: str, seed: int, shape: str, settings: dict[str, Any], steps: int = 150, units: int = 8) -> Row:
    """Test score, drift of what units receive over all of learning, and over 25 steps more: plain and aligned."""
    symbols = name not in SERIES
    task = task_named(f"cogscale/{name}" if symbols and name != "decision" else name, seed=seed, **SERIES.get(name, {}))
    inputs, lengths = task.train.padded()
    targets, scored = target_by_step(task, task.train)
    if symbols:
        unit, features = preset("memory", memory=min(32, inputs.shape[1]), shifted_keys=True), FEATURES
    else:
        unit, features = preset("forecast"), ("input", "output", "hidden")
    given = Reservoir.build(
        populations(unit, units, shape),
        inputs=inputs.shape[2],
        clock=TASKS.get(name, ()),
        targets=targets.shape[2],
        seed=seed,
    )
    loss = "cross_entropy" if task.category in ("classification", "labels") else "squares"
    how = Learning(objective="target", loss=loss, steps=steps, batch=50 if symbols else 20, **settings)
    options = {"lengths": lengths, "targets": targets, "scored": scored, "seed": seed}
    learnt, _ = learn(given, inputs, how, **options)
    predicted = answered(task, learnt, features, ("test",), 0, None, "times:4", "ridge").predictions["test"]
    part, some = inputs[:20, :500], np.minimum(lengths[:20], 500)
    over_all = float(np.median(drift(given, learnt, part, lengths=some)))
    further = replace(how, steps=25, learning_rate=1e-3, passages=Passages(), optimiser=Optimiser(decay=False))
    later, _ = learn(learnt, inputs, further, **options)
    plain = float(np.median(drift(learnt, later, part, lengths=some)))
    followed = aligned(learnt, later, part, lengths=some)
    return float(task.score(predicted)), over_all, plain, float(np.median(drift(learnt, followed, part, lengths=some)))


def populations(unit: Any, units: int, shape: str) -> list[Population]:
    """As many units as there are, in one population or two."""
    passage: dict[str, Any] = {"unit": unit, "passage": "learned", "afferents": "all"}
    if shape in ("inputs", "all"):
        return [Population(units=units, receives=shape, **passage)]
    first = Population(
        units=units // 2, receives="inputs", objective="frozen" if shape == "frozen first" else None, **passage
    )
    return [first, Population(units=units // 2, receives="earlier", **passage)]


def table(
    rows: dict[str, tuple[Any, dict[str, Any]]],
    seeds: int,
    measure: Callable[..., Row],
    task: str,
    heads: Sequence[str],
    decimals: Sequence[int],
) -> None:
    """One line a variant: means over seeds, the first number beside the first variant's; then all pairs, tested."""
    print(f"\n{task}, {seeds} seeds: {', '.join(heads)}; difference (mean, standard error, seeds better)")
    first: np.ndarray | None = None
    records = []
    for label, (shape, settings) in rows.items():
        start = time.perf_counter()
        found = np.array([measure(task, seed, shape, settings) for seed in range(seeds)])
        first = found[:, 0] if first is None else first
        apart = found[:, 0] - first
        error = apart.std(ddof=1) / np.sqrt(seeds) if seeds > 1 else float("nan")
        numbers = " ".join(f"{value:>9.{places}f}" for value, places in zip(found.mean(0), decimals, strict=True))
        print(
            f"{label:<34} {numbers}   {apart.mean():+.4f} ({error:.4f}, {(apart < 0).sum()}) "
            f"{time.perf_counter() - start:.0f} s",
            flush=True,
        )
        records += [{"task": task, "model": label, "seed": seed, "error": row[0]} for seed, row in enumerate(found)]
    # A variant that a task has too few inputs for was not measured, which is no failure of it.
    records = [record for record in records if np.isfinite(record["error"])]
    pairs = compare(pd.DataFrame(records), "error", higher_is_better=False).pairs
    kept = ["model", "reference", "difference", "p_permutation", "p_corrected", "verdict"]
    print(pairs[kept].to_string(index=False, float_format="%.4f"), flush=True)


def main(what: str = "afferents", seeds: int = 5, *tasks: str) -> None:
    """Print one table a task."""
    if what == "afferents":
        heads = ("test error", "afferents", "numbers trained", "inputs unused")
        for task in tasks or tuple(TASKS):
            table(FAN_INS, seeds, few_afferents, task, heads, (4, 0, 0, 1))
        return
    heads = ("test score", "drift in all", "drift of 25 steps", "the same aligned")
    for task in tasks or (*SERIES, "sorting_problem", "bracket_matching"):
        table(RECURRENT, seeds, recurrence, task, heads, (4, 3, 4, 4))


if __name__ == "__main__":
    given = sys.argv[1:]
    main(*given[:1], *map(int, given[1:2]), *given[2:])
