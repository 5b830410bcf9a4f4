"""The notebook's reservoirs on sine, cosine and noise: every selection rule and normalisation, at 3 and 6 units.

Source: research notebook of the idea's author, 2024-05-29 and (LSTM) 2024-06-12. It gives one test error a row and
neither seeds nor sizes. Here every row gets the same number of batches, and what the notebook leaves open is fixed in
advance: blocks of 3 slots, one head, 16 hidden, memory of 8; 300 batches of 32 with Adam at 1e-2; L2 of 1e-3; a ridge
readout of the outputs alone. Its rows follow one another, so those of 6 units are taken to be with tanh and L2.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from aurita.studies.plans import ModelPlan
from aurita.studies.reproduce.pairing import paired
from aurita.studies.study import Study
from aurita.tasks import task_named

UNITS = (3, 6)
NORMALISATIONS = ("layer", "rms", "tanh", "none")
RULES = ("largest", "spaced", "proportional", "random", "round_robin", "all")
ORDER = 3
AUTOREGRESSION = f"autoregression of order {ORDER}"
LSTM = "LSTM"
L2 = 1e-3


def named(units: int, normalisation: str, rule: str, *, l2: bool = False) -> str:
    """What a reservoir is called.

    Example:
        >>> named(3, "tanh", "largest", l2=True)
        '3 units, tanh + L2, largest'
    """
    return f"{units} units, {normalisation}{' + L2' * l2}, {rule}"


PUBLISHED = {
    named(3, "layer", "largest"): 0.246,
    named(3, "tanh", "largest"): 0.153,
    named(3, "tanh", "largest", l2=True): 0.139,
    named(6, "tanh", "largest", l2=True): 0.112,
    named(6, "tanh", "spaced", l2=True): 0.0977,
    named(6, "tanh", "all", l2=True): 0.029,
    LSTM: 0.00924,
}
"""Test mse over all predictions, as published."""

FINDINGS = {
    "tanh is better than layer norm": (named(3, "tanh", "largest"), named(3, "layer", "largest")),
    "L2 helps": (named(3, "tanh", "largest", l2=True), named(3, "tanh", "largest")),
    "6 units are better than 3": (named(6, "tanh", "largest", l2=True), named(3, "tanh", "largest", l2=True)),
    "spaced is better than largest": (named(6, "tanh", "spaced", l2=True), named(6, "tanh", "largest", l2=True)),
    "all at once is better than spaced": (named(6, "tanh", "all", l2=True), named(6, "tanh", "spaced", l2=True)),
    "an LSTM is better than all of them": (LSTM, named(6, "tanh", "all", l2=True)),
}
"""What the published order of the rows says: the first of each pair is the better."""


def study(*, seeds: int | Sequence[int] = 20, storage: str | Path = "aurita-notebook.sqlite") -> Study:
    """The study: every reservoir, the same blocks as drawn, an LSTM and an autoregression.

    Example:
        >>> len(study(seeds=2).models)
        38
    """
    models = [ModelPlan(AUTOREGRESSION, "autoregression", {"memory": ORDER}), ModelPlan(LSTM, "lstm")]
    for units in UNITS:
        models += [_frozen(units, normalisation) for normalisation in NORMALISATIONS]
        models += [_aur(units, normalisation, "largest") for normalisation in NORMALISATIONS]
        models += [_aur(units, normalisation, "all") for normalisation in NORMALISATIONS]
        models += [_aur(units, "tanh", rule) for rule in RULES if rule not in ("largest", "all")]
    models += [
        _aur(units, "tanh", rule, L2) for units, rule in ((3, "largest"), *((6, r) for r in RULES[:2]), (6, "all"))
    ]
    return Study("notebook", ["sincosnoise"], models, seeds=seeds, storage=storage)


def report(done: Study) -> list[tuple[str, pd.DataFrame]]:
    """Tables of a study that has run.

    Returns:
        Measured beside published, what learning adds to blocks as drawn, the notebook's findings tested, rules beside
        `largest`, normalisations beside `layer`.
    """
    records = done.records()
    learns = [
        ((name,), name, frozen)
        for name in _in_order(records)
        if (frozen := _as_drawn(name)) is not None and frozen != name
    ]
    rules = [
        ((f"{units} units, tanh", rule), named(units, "tanh", rule), named(units, "tanh", "largest"))
        for units in UNITS
        for rule in RULES[1:]
    ]
    normalisations = [
        ((f"{units} units, {rule}", kind), named(units, kind, rule), named(units, "layer", rule))
        for units in UNITS
        for rule in ("largest", "all", "frozen")
        for kind in NORMALISATIONS[1:]
    ]
    findings = [((finding,), *pair) for finding, pair in FINDINGS.items()]
    return [
        ("Test mse over all 49 predictions, lower is better", measured(records)),
        ("The notebook's findings, tested on the same seeds", paired(records, findings, ("finding",))),
        ("Each reservoir (mean) beside the same blocks as drawn (other)", paired(records, learns, ("model",))),
        ("Selection rules beside the largest loss (other)", paired(records, rules, ("reservoir", "rule"))),
        ("Normalisations beside layer norm (other)", paired(records, normalisations, ("reservoir", "normalisation"))),
    ]


def seconds_expected(done: Study) -> float:
    """Seconds that a run of 20 seeds takes from nothing on two cores: compiling, and then every seed."""
    return 150.0 + 15.0 * len(done.seeds)  # type: ignore[arg-type]


def measured(records: pd.DataFrame) -> pd.DataFrame:
    """Every model with its published figure and the verdict on that.

    A published figure is one draw, so it is held against the spread of single seeds, not against the interval of their
    mean: `p` is that of one further value of a normal sample, on logarithms.

    Returns:
        `model`, `published`, `mean`, `deviation`, `least`, `most` over the seeds, `mean / published`, `p` and
        `verdict`: as published, lower, or higher; last the floor by theory.

    Example:
        >>> frame = pd.DataFrame({"model": "LSTM", "seed": range(4), "score": [0.0090, 0.0092, 0.0095, 0.0093]})
        >>> measured(frame).loc[0, ["model", "verdict"]].tolist()
        ['LSTM', 'as published']
    """
    rows = []
    for name in _in_order(records):
        scores = records.loc[records["model"] == name, "score"].astype(float).dropna().to_numpy()
        row = {"model": name, "published": PUBLISHED.get(name, np.nan), "seeds": len(scores), "mean": scores.mean()}
        row |= {"deviation": scores.std(ddof=1), "least": scores.min(), "most": scores.max()}
        rows.append({**row, **_beside(row["published"], scores)})
    floor = task_named("sincosnoise", sequences=(1, 1, 1)).floor
    return pd.DataFrame([*rows, {"model": "floor by theory", "mean": floor}])


def _beside(published: float, scores: np.ndarray) -> dict[str, object]:
    if not np.isfinite(published):
        return {"mean / published": np.nan, "p": np.nan, "verdict": ""}
    logs = np.log(scores)
    distance = (np.log(published) - logs.mean()) / (logs.std(ddof=1) * np.sqrt(1 + 1 / len(logs)))
    p = float(2 * stats.t.sf(abs(distance), len(logs) - 1))
    verdict = "as published" if p > 0.05 else "lower" if distance > 0 else "higher"
    return {"mean / published": round(float(scores.mean() / published), 3), "p": p, "verdict": verdict}


def _aur(units: int, normalisation: str, rule: str, l2: float = 0.0) -> ModelPlan:
    parameters = {"units": units, "normalisation": normalisation, "rule": rule, "l2": l2}
    return ModelPlan(named(units, normalisation, rule, l2=l2 > 0), "aur", parameters)


def _frozen(units: int, normalisation: str) -> ModelPlan:
    parameters = {"units": units, "normalisation": normalisation, "objective": "frozen"}
    return ModelPlan(named(units, normalisation, "frozen"), "aur", parameters)


def _as_drawn(name: str) -> str | None:
    """The same blocks that learn nothing; None for what is no reservoir."""
    words = name.removesuffix(" + L2").split(", ")
    return f"{words[0]}, {words[1].removesuffix(' + L2')}, frozen" if len(words) == 3 else None


def _in_order(records: pd.DataFrame) -> list[str]:
    """Models: published ones first, then as they were declared."""
    ran = list(dict.fromkeys(records["model"]))
    return [name for name in PUBLISHED if name in ran] + [name for name in ran if name not in PUBLISHED]
