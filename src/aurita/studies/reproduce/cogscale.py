"""The fourteen CogScale tasks (small) at 100 or 1,000 readout features, beside the published rows.

Settings are stored in `data/cogscale_<features>.json`: chosen per task on validation scores alone, over data seeds that
the table does not use (`benchmarks/cogscale_choice.py`), with as many candidates for the echo state network as for
frozen units.
"""

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import pandas as pd

from aurita._typing import Document
from aurita.errors import AuritaError
from aurita.studies._published import published_cogscale
from aurita.studies.plans import ModelPlan
from aurita.studies.study import Study
from aurita.tasks.cogscale import COGSCALE_TASKS

SIZES = (100, 1000)
REFERENCE = "ESN"
_SECONDS = {100: 720.0, 1000: 900.0}


def study(
    features: int = 100, *, seeds: int | Sequence[int] = 10, storage: str | Path = "aurita-cogscale.sqlite"
) -> Study:
    """The study: all tasks, ours as chosen, ours frozen, an echo state network, bare inputs and an autoregression.

    Args:
        features: readout features at most, 100 or 1,000.

    Raises:
        AuritaError: another size.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     len(study(100, seeds=2, storage=f"{folder}/s.sqlite").tasks)
        14
    """
    chosen = settings(features)
    models = [
        ModelPlan(name, entry["kind"], entry.get("parameters", {}), entry["per_task"])
        for name, entry in chosen["models"].items()
    ]
    models += [ModelPlan("bare inputs", "bare_inputs"), ModelPlan("autoregression", "autoregression", {"memory": 8})]
    tasks = [f"cogscale/{name}" for name in COGSCALE_TASKS]
    return Study(f"cogscale-{features}", tasks, models, seeds=seeds, storage=storage)


def settings(features: int) -> Document:
    """The stored settings: `models` by name, and how they were chosen.

    Raises:
        AuritaError: no settings for this size.
    """
    if features not in SIZES:
        raise AuritaError(f"there are no settings for {features} readout features; choose one of {SIZES}")
    place = files("aurita.studies") / "data" / f"cogscale_{features}.json"
    return json.loads(place.read_text(encoding="utf-8"))


def report(done: Study) -> list[tuple[str, pd.DataFrame]]:
    """Tables of a study that has run: scores by task, beside the published; verdicts; mean ranks.

    Returns:
        Titles and tables, in the order in which they are read.
    """
    records = done.records()
    ours = records.assign(task=records["task"].str.removeprefix("cogscale/"))
    published = published_cogscale()
    scores = pd.concat([_by_task(ours, "score"), _by_task(published, "value")], axis=1).reindex(list(COGSCALE_TASKS))
    ranks = scores.rank(axis=1).mean()
    means = scores.mean(skipna=False)
    own = ours.groupby("model")[["trained", "fixed"]].agg(["min", "max"]).astype(float)
    sizes = pd.concat([own, _sizes(published)])
    sizes.columns = ["trained, least", "trained, most", "fixed, least", "fixed, most"]
    models = sizes.assign(mean=means, **{"mean rank": ranks}).sort_values("mean")
    # The networks of the benchmark are many; ours is compared with its echo state networks and its best.
    theirs = means[published["model"].unique()]
    beside = [name for name in theirs.index if name.startswith("ESN") or name == theirs.idxmin()]
    shown = scores.loc[:, [*ours["model"].unique(), *beside]].copy()
    shown.loc["mean of the tasks"] = means
    compared = done.compare(reference=REFERENCE)
    columns = ["task", "model", "seeds", "difference", "low", "high", "p_corrected", "verdict"]
    return [
        ("Error rate or mse, lower is better; mean over seeds", shown.rename_axis("task").reset_index()),
        ("All models, with the numbers that they train and that are drawn", models.rename_axis("model").reset_index()),
        (f"Against {REFERENCE}, paired by seed", compared.pairs[columns]),
        ("Mean ranks", compared.ranks.table),
    ]


def seconds_expected(done: Study, *, features: int = 100) -> float:
    """Seconds that a run from nothing takes on two cores, for who has no faster or slower machine.

    Example:
        >>> seconds_expected(None, features=100) < 1200
        True
    """
    del done
    return _SECONDS[features]


def _by_task(records: pd.DataFrame, column: str) -> pd.DataFrame:
    return records.pivot_table(index="task", columns="model", values=column, aggfunc="mean")


def _sizes(published: pd.DataFrame) -> pd.DataFrame:
    """What the published networks trained; nothing is known of what they drew."""
    counts = published.groupby("model")["parameters"].agg(["min", "max"])
    return pd.DataFrame(
        {
            ("trained", "min"): counts["min"],
            ("trained", "max"): counts["max"],
            ("fixed", "min"): float("nan"),
            ("fixed", "max"): float("nan"),
        }
    )
