"""The table of a study: never a mean alone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from aurita._typing import DocumentView
from aurita.errors import AuritaError
from aurita.studies.export import render
from aurita.studies.statistics import Comparison, compare

COSTS = ("seconds", "cpu_seconds", "wall_seconds", "memory_mb", "trained", "fixed", "loss_last")
LONGER = ("valid_prediction_time", "valid_prediction_steps")


@dataclass(frozen=True, eq=False)
class StudyTable:
    """What a study found.

    Attributes:
        table: one row a task and model, as declared: `metric` and which way it is better, `mean`, `deviation`, `low`
            and `high` of the bootstrap interval, `seeds`, `failed`, `verdict` against the reference, the corrected `p`,
            `further_seeds` that a difference would need, and how many numbers are `trained` and `fixed` (the most of
            any seed), `mean_rank` of the model.
        comparison: its statistics.
        reference: the model that verdicts are on.
        notes: what the reader has to know.
    """

    table: pd.DataFrame
    comparison: Comparison
    reference: str
    notes: list[str]

    def render(self, form: str = "markdown") -> str:
        """The table as text; with ranks and notes below it, except in CSV.

        Args:
            form: "markdown", "latex" or "csv".

        Raises:
            AuritaError: another form.
        """
        if form == "csv":
            return render(self.table, form)
        shown = self.table.drop(columns="mean_rank").rename(columns={"verdict": f"against {self.reference}"})
        parts = [render(shown, form), render(self.comparison.ranks.table, form)]
        notes = "".join(f"% {note}\n" if form == "latex" else f"- {note}\n" for note in self.notes)
        return "\n".join([*parts, notes] if notes else parts)


def study_table(
    records: pd.DataFrame,
    facts: Mapping[str, DocumentView],
    models: Sequence[str],
    *,
    reference: str | None = None,
    metric: str = "score",
    all_pairs: bool = False,
    **options: Any,
) -> StudyTable:
    """Compare the models of a study.

    Args:
        records: one row a run, as `Study.records` gives them.
        facts: of each task its "metric" and "direction".
        reference: the model that verdicts are on; the first one by default.
        metric: a column of the records; "score" is each task's own metric.
        all_pairs: compare every pair of models, not only those with the reference.
        options: of `aurita.studies.compare`.

    Raises:
        AuritaError: an unknown model or column, no run with that metric.
    """
    present = [model for model in models if model in set(records["model"])]
    reference = reference or present[0]
    if reference not in present:
        raise AuritaError(f"reference {reference!r} has no finished run; choose one of {', '.join(present)}")
    ways = {task: way == "higher" for task, way in _directions(records, facts, metric).items()}
    kept, notes = _with_metric(records, metric)
    found = compare(kept, metric, higher_is_better=ways, reference=None if all_pairs else reference, **options)
    ranks = found.ranks
    notes = [*found.notes, *notes, *_chosen(kept)]
    if len(ranks.table) > 1 and ranks.count:
        notes.append(
            f"mean ranks are over {ranks.count} {ranks.blocks}s; two that differ by less than "
            f"{ranks.critical_difference:.3g} do not differ significantly (Nemenyi)"
            + ("" if np.isnan(ranks.p_value) else f"; Friedman's p is {ranks.p_value:.2g}")
        )
    table = _table(found, kept, facts, ways, present, reference, metric)
    return StudyTable(table, found, reference, notes)


def _table(
    found: Comparison,
    records: pd.DataFrame,
    facts: Mapping[str, DocumentView],
    ways: Mapping[str, bool],
    models: list[str],
    reference: str,
    metric: str,
) -> pd.DataFrame:
    verdicts = {(row["task"], row["model"], row["reference"]): row for row in found.pairs.to_dict("records")}
    turned = {"better": "worse", "worse": "better"}
    sizes = records.groupby(["task", "model"])[["trained", "fixed"]].max()
    ranks = dict(zip(found.ranks.table["model"], found.ranks.table["mean_rank"], strict=True))
    rows = []
    for row in found.summary.to_dict("records"):
        task, model = row["task"], row["model"]
        pair = verdicts.get((task, model, reference), verdicts.get((task, reference, model), {}))
        verdict = pair.get("verdict", "reference" if model == reference else None)
        if pair and pair["reference"] == model:
            verdict = turned.get(str(verdict), verdict)
        name = facts[task]["metric"] if metric == "score" else metric
        if row["failed"] == row["seeds"]:
            # What counts in a failed run's place is the score of others.
            row |= dict.fromkeys(("mean", "deviation", "low", "high"), float("nan"))
            pair = {"p_corrected": pair.get("p_corrected")}
        rows.append(
            {
                "task": task,
                "model": model,
                "metric": f"{name} ({'higher' if ways[task] else 'lower'})",
                **{key: row[key] for key in ("mean", "deviation", "low", "high", "seeds", "failed")},
                "verdict": verdict,
                "p": pair.get("p_corrected"),
                "further_seeds": pair.get("further_seeds"),
                **sizes.loc[task, model],
                "mean_rank": ranks[model],
            }
        )
    table = pd.DataFrame(rows)
    counts = ["seeds", "failed", "further_seeds", "trained", "fixed"]
    table[counts] = table[counts].astype("Int64")
    table["p"] = table["p"].astype(np.float64)
    order = {name: place for place, name in enumerate([*facts, *models])}
    return table.sort_values(["task", "model"], key=lambda names: names.map(order), ignore_index=True)


def _directions(records: pd.DataFrame, facts: Mapping[str, DocumentView], metric: str) -> Mapping[str, str]:
    """Which way the metric is better, for each task."""
    if metric in ("score", "validation_score"):
        return {task: fact["direction"] for task, fact in facts.items()}
    from aurita.tasks.metrics import METRICS

    known: dict[str, str] = {name: one.direction for name, one in METRICS.items()}
    known |= dict.fromkeys(COSTS, "lower") | dict.fromkeys(LONGER, "higher")
    there = [name for name in known if name in records.columns]
    if metric not in there:
        raise AuritaError(
            f"metric {metric!r} is not in the records; choose score, validation_score, {', '.join(there)}"
        )
    return dict.fromkeys(facts, known[metric])


def _with_metric(records: pd.DataFrame, metric: str) -> tuple[pd.DataFrame, list[str]]:
    """Records without the runs that do not have the metric although they succeeded."""
    if metric == "score":
        return records, []
    lacks = records[metric].isna()
    kept = records[~(lacks & (records["state"] != "failed"))]
    measured = set(kept.loc[kept[metric].notna(), "task"])
    gone = [task for task in records["task"].unique() if task not in measured]
    kept = kept[kept["task"].isin(measured)]
    if kept.empty:
        raise AuritaError(f"no run has a value of {metric}; choose another metric")
    return kept, [f"{metric} is not measured on {', '.join(gone)}"] if gone else []


def _chosen(records: pd.DataFrame) -> list[str]:
    """On what the searched parameters of each model were chosen."""
    if "chosen_on" not in records:
        return []
    notes = []
    for model, part in records.dropna(subset="chosen_on").groupby("model", sort=False):
        chosen = json.loads(part["chosen_on"].iloc[0])
        notes.append(
            f"{model}: {', '.join(chosen['parameters'])} chosen for each task by the validation score on "
            f"seeds {', '.join(map(str, chosen['seeds']))}, in {chosen['trials']} trials ({chosen['sampler']})"
        )
    return notes
