"""What many seeds show: better, worse, or inconclusive.

Models are compared on the same task and the same seeds, so that what a seed makes easy is easy for both: paired tests,
corrected for their number (Holm 1979), with effect sizes and the number of seeds that a difference would still need;
over tasks, mean ranks with Friedman's test and Nemenyi's critical difference (Demšar 2006, "Statistical comparisons of
classifiers over multiple data sets").

A run whose score is not finite has failed. It counts as the worst finite score that any model has on its task, so it
never wins a pair, and it is counted and reported.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import ceil, log2
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from aurita._typing import Document
from aurita._words import counted
from aurita.errors import AuritaError, require
from aurita.studies._resampling import mean_intervals, sign_change_p
from aurita.studies.export import render, write
from aurita.studies.ranks import Ranks, mean_ranks

Verdict = Literal["better", "worse", "inconclusive"]
KEYS = ["model", "task", "seed"]
MOST_SEEDS = 1_000_000


@dataclass(frozen=True, eq=False)
class Comparison:
    """Everything that `compare` found.

    Attributes:
        summary: one row a task and model: `seeds`, `failed`, `mean`, `deviation` (n - 1), and `low`, `high`, the
            bootstrap confidence interval of the mean.
        pairs: one row a task and pair: `seeds` they share, `difference` (mean of model - reference) with its interval
            `low`, `high`, `p_wilcoxon`, `p_permutation`, `p_corrected` (Holm over all rows, of the deciding test),
            `effect_dz` (Cohen's d of the paired differences), `rank_biserial` (matched pairs), both positive where the
            model is better than the reference, `verdict` on the model, and `further_seeds` where inconclusive.
        ranks: mean ranks over tasks, or over seeds where there is one task.
        notes: what the reader has to know: seeds dropped, runs failed, tests that cannot reach significance.
    """

    summary: pd.DataFrame
    pairs: pd.DataFrame
    ranks: Ranks
    notes: list[str]

    def render(self, form: str = "markdown", table: str = "pairs") -> str:
        """One of the tables as text, see `aurita.studies.export.render`.

        Args:
            form: "markdown", "latex" or "csv".
            table: "summary", "pairs" or "ranks".

        Raises:
            AuritaError: another form or table.

        Example:
            >>> frame = pd.DataFrame({"model": list("aabb"), "task": "t", "seed": [0, 1, 0, 1], "mse": [1.0, 2, 1, 2]})
            >>> print(compare(frame, "mse", higher_is_better=False).render(table="ranks"), end="")
            | model | mean_rank |
            |---|---|
            | a | 1.5 |
            | b | 1.5 |
        """
        return render(self._frame(table), form)

    def export(self, path: str | Path, table: str = "pairs") -> None:
        """Write one of the tables, see `aurita.studies.export.write`.

        Args:
            path: the file, ending in .csv, .parquet, .tex or .md.
            table: "summary", "pairs" or "ranks".

        Raises:
            AuritaError: another suffix or table, a path that cannot be written, no library for Parquet.
        """
        write(self._frame(table), path)

    def _frame(self, table: str) -> pd.DataFrame:
        tables = {"summary": self.summary, "pairs": self.pairs, "ranks": self.ranks.table}
        if table not in tables:
            raise AuritaError(f"table {table!r} is unknown; choose one of {', '.join(tables)}")
        return tables[table]


def compare(
    frame: pd.DataFrame,
    metric: str = "value",
    *,
    higher_is_better: bool | Mapping[str, bool],
    reference: str | None = None,
    test: Literal["permutation", "wilcoxon"] = "permutation",
    alpha: float = 0.05,
    power: float = 0.8,
    confidence: float = 0.95,
    resamples: int = 9999,
    seed: int = 0,
) -> Comparison:
    """Compare models on tidy records, one row a run.

    Args:
        frame: columns `model`, `task`, `seed` and the metric, each (model, task, seed) at most once. Seeds may be
            missing: a pair is compared on the seeds that both have.
        metric: the column of scores.
        higher_is_better: which way the score is better, for all tasks or for each.
        reference: compare every model with this one; every pair of models by default.
        test: which one decides, after Holm's correction over all rows: the paired permutation test on the mean
            difference, exact where 2^seeds sign changes can be enumerated, or Wilcoxon's signed-rank test. Both are
            reported.
        alpha: chance of any wrong "better" or "worse" in the whole table.
        power: chance to find a difference of the size seen, for the number of further seeds; that number is of a paired
            t test at alpha over the number of rows, so it is on the safe side.
        confidence: level of the intervals.
        resamples: of the bootstrap, and least number of the permutation test.
        seed: of both.

    Returns:
        Summary, pairs, ranks and notes.

    Raises:
        AuritaError: missing columns, scores that are no numbers, a run recorded twice, an unknown reference, no rows,
            a task without a direction, levels outside 0 to 1.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> frame = pd.DataFrame({"model": ["ours"] * 10 + ["esn"] * 10, "task": "sorting", "seed": [*range(10)] * 2})
        >>> frame["error"] = np.r_[0.1 + 0.02 * rng.random(10), 0.3 + 0.02 * rng.random(10)]
        >>> result = compare(frame, "error", higher_is_better=False, reference="esn")
        >>> result.pairs.loc[0, ["model", "reference", "verdict"]].tolist()
        ['ours', 'esn', 'better']
    """
    if test not in ("permutation", "wilcoxon"):
        raise AuritaError(f"test {test!r} is unknown; choose permutation or wilcoxon")
    if not all(0 < level < 1 for level in (alpha, power, confidence)) or resamples < 100:
        raise AuritaError(
            f"alpha {alpha}, power {power}, confidence {confidence}, {resamples} resamples; "
            "take levels between 0 and 1 and at least 100 resamples"
        )
    records = _records(frame, metric)
    ways = _ways(records, higher_is_better)
    notes = _count_failures(records, ways)
    models = sorted(records["model"].unique())
    if reference is not None and reference not in models:
        raise AuritaError(f"reference {reference!r} has no record; choose one of {', '.join(models)}")

    signs = {task: 1.0 if higher else -1.0 for task, higher in ways.items()}
    tables = {
        str(task): part.pivot_table(index="seed", columns="model", values="score", dropna=False)
        for task, part in records.groupby("task")
    }
    rows: list[Document] = []
    differences = []
    for task, table in tables.items():
        columns = {str(name): table[name].to_numpy() for name in table.columns}
        for a, b in _duels([m for m in models if m in columns], reference):
            there = np.stack([~np.isnan(columns[a]), ~np.isnan(columns[b])])
            both = there.all(axis=0)
            dropped = int(there.any(axis=0).sum() - both.sum())
            if dropped:
                notes.append(
                    f"{task}: {a} and {b} share {counted(both.sum(), 'seed')}; {dropped} that only one has are left out"
                )
            rows.append({"task": task, "model": a, "reference": b})
            differences.append(_difference(columns[a][both], columns[b][both]))
    # The smallest p that random sign changes can give is about 1 over their number; it has to survive the correction.
    draws = max(resamples, min(ceil(10 * len(rows) / alpha), 100_000))
    p_values = sign_change_p(differences, draws=draws, seed=seed)
    intervals = mean_intervals(differences, confidence=confidence, resamples=resamples, seed=seed)
    rows = [
        row | _paired(difference, signs[row["task"]]) | {"low": low, "high": high, "p_permutation": p}
        for row, difference, (low, high), p in zip(rows, differences, intervals, p_values, strict=True)
    ]
    pairs = _with_verdicts(pd.DataFrame(rows, columns=_PAIR_COLUMNS), signs, test, alpha, power)
    fewest = ceil(1 + log2(len(rows) / alpha)) if rows else 0
    if rows and (pairs["seeds"] < fewest).any():
        notes.append(
            f"with {counted(len(rows), 'comparison')} a pair can pass the strictest correction from "
            f"{counted(fewest, 'seed')} on"
        )
    ranked = records.assign(score=records["score"] * records["task"].map(signs))
    ranks = mean_ranks(ranked, higher_is_better=True, alpha=alpha)
    if ranks.left_out:
        notes.append(f"mean ranks leave out {ranks.left_out} {ranks.blocks}s on which a model has no score")
    return Comparison(_summary(records, confidence, resamples, seed), pairs, ranks, notes)


_PAIR_COLUMNS = [
    *("task", "model", "reference", "seeds", "difference", "low", "high", "p_wilcoxon", "p_permutation"),
    *("p_corrected", "effect_dz", "rank_biserial", "verdict", "further_seeds"),
]


def _records(frame: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Columns model, task, seed, score (NaN where it is not finite) and failed."""
    missing = [column for column in [*KEYS, metric] if column not in frame.columns]
    if missing:
        raise AuritaError(
            f"the records have no column {', '.join(missing)}, they have {', '.join(map(str, frame.columns))}; "
            "name columns model, task, seed and the metric"
        )
    if frame.empty:
        raise AuritaError("there are no records to compare; run the study first")
    if frame[KEYS].isna().to_numpy().any():
        raise AuritaError("a record lacks its model, task or seed; complete it or leave it out")
    records = frame[KEYS].copy()
    records[["model", "task"]] = records[["model", "task"]].astype(str)
    try:
        records["score"] = frame[metric].astype(np.float64)
    except (TypeError, ValueError) as error:
        raise AuritaError(f"column {metric} holds what is no number ({error}); give one score a row") from error
    twice = records[records.duplicated(KEYS)]
    if len(twice):
        model, task, number = twice.iloc[0][KEYS]
        raise AuritaError(f"{model} on {task} with seed {number} is recorded twice; keep one record a run")
    records["failed"] = ~np.isfinite(records["score"])
    records.loc[records["failed"], "score"] = np.nan
    return records


def _ways(records: pd.DataFrame, higher_is_better: bool | Mapping[str, bool]) -> dict[str, bool]:
    """Whether higher is better, for each task."""
    tasks = [str(task) for task in records["task"].unique()]
    if not isinstance(higher_is_better, Mapping):
        return dict.fromkeys(tasks, bool(higher_is_better))
    lacking = [task for task in tasks if task not in higher_is_better]
    if lacking:
        raise AuritaError(f"which way is better is unknown for {', '.join(lacking)}; give True or False for every task")
    return {task: bool(higher_is_better[task]) for task in tasks}


def _count_failures(records: pd.DataFrame, ways: Mapping[str, bool]) -> list[str]:
    """Fill failed runs with the worst finite score of their task; notes on them."""
    worst = records.groupby("task")["score"].agg(["min", "max"])
    filled = records["task"].map({task: worst.loc[task, "min" if higher else "max"] for task, higher in ways.items()})
    records["score"] = records["score"].fillna(filled)
    failures = records[records["failed"]].groupby(["task", "model"], as_index=False).size()
    return [
        f"{task}: {model} failed on {counted(count, 'seed')}; a failed run counts as the worst finite score of the task"
        for task, model, count in failures.itertuples(index=False)
    ]


def _duels(models: list[str], reference: str | None) -> Iterator[tuple[str, str]]:
    if reference is None:
        yield from combinations(models, 2)
    elif reference in models:
        yield from ((model, reference) for model in models if model != reference)


def _difference(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Paired differences, exactly 0 where they are rounding."""
    difference = first - second
    scale = np.maximum(np.abs(first), np.abs(second))
    return np.where(np.abs(difference) <= 1e-12 * scale, 0.0, difference)


def _paired(difference: np.ndarray, sign: float) -> dict[str, float]:
    """Wilcoxon's test and effect sizes of one pair."""
    count = len(difference)
    row = {
        "seeds": count,
        "difference": float(difference.mean()) if count else float("nan"),
        "p_wilcoxon": float("nan"),
        "effect_dz": float("nan"),
        "rank_biserial": float("nan"),
    }
    if count < 2 or not np.all(np.isfinite(difference)):
        return row
    if not difference.any():
        return row | {"p_wilcoxon": 1.0, "effect_dz": 0.0, "rank_biserial": 0.0}
    moved = difference[difference != 0]
    ranks = stats.rankdata(np.abs(moved))
    deviation = difference.std(ddof=1)
    steady = deviation <= 1e-12 * np.abs(difference).max()
    return row | {
        "p_wilcoxon": float(stats.wilcoxon(moved).pvalue),
        "effect_dz": sign * (np.copysign(np.inf, difference.mean()) if steady else difference.mean() / deviation),
        "rank_biserial": float(sign * np.sum(ranks * np.sign(moved)) / ranks.sum()),
    }


def _with_verdicts(
    pairs: pd.DataFrame, signs: Mapping[str, float], test: str, alpha: float, power: float
) -> pd.DataFrame:
    """The same rows with Holm's correction, the verdict and the number of further seeds."""
    if not len(pairs):
        return pairs
    p = pairs[f"p_{test}"].astype(np.float64).fillna(1.0)
    steps = p.sort_values() * np.arange(len(p), 0, -1)
    pairs["p_corrected"] = corrected = steps.cummax().clip(upper=1.0).reindex(p.index)
    way = np.sign(pairs["rank_biserial"] if test == "wilcoxon" else pairs["task"].map(signs) * pairs["difference"])
    significant = corrected <= alpha
    verdicts: list[Verdict] = [
        "inconclusive" if not sure or not w else "better" if w > 0 else "worse"
        for sure, w in zip(significant, way.fillna(0.0), strict=True)
    ]
    pairs["verdict"] = verdicts
    further = [
        None if verdict != "inconclusive" else _further_seeds(effect, seeds, alpha / len(pairs), power)
        for verdict, effect, seeds in zip(verdicts, pairs["effect_dz"], pairs["seeds"], strict=True)
    ]
    pairs["further_seeds"] = pd.Series(further, dtype="Int64", index=pairs.index)
    return pairs


def _further_seeds(effect: float, seeds: int, alpha: float, power: float) -> int | None:
    """Seeds beyond those at hand until a paired t test at `alpha` finds the effect; None where no number would do."""
    if not abs(effect) > 0:
        return None
    solver = require("statsmodels.stats.power", "studies", "the number of further seeds").TTestPower()
    size = min(abs(effect), 5.0)

    def finds(count: int) -> bool:
        # scipy's noncentral t is NaN at places in its far tails: the wrong tail of a two-sided test, which adds
        # nothing, and noncentralities above 36, at which every test finds.
        one_sided = solver.power(size, count, alpha / 2, alternative="larger")
        return bool(size * count**0.5 > 30 or one_sided >= power)

    # Sign changes of n differences give no p below 2^(1 - n), whatever the effect.
    low, high = 1, max(seeds, ceil(1 - log2(alpha)), 2)
    if not finds(high):
        while high < MOST_SEEDS and not finds(high):
            low, high = high, 2 * high
        if not finds(high):
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if finds(middle) else (middle, high)
    return max(high - seeds, 1)


def _summary(records: pd.DataFrame, confidence: float, resamples: int, seed: int) -> pd.DataFrame:
    groups = [(task, model, part) for (task, model), part in records.groupby(["task", "model"])]
    scores = [part["score"].to_numpy() for _, _, part in groups]
    intervals = mean_intervals(scores, confidence=confidence, resamples=resamples, seed=seed)
    rows = [
        {
            "task": task,
            "model": model,
            "seeds": len(values),
            "failed": int(part["failed"].sum()),
            "mean": float(values.mean()),
            "deviation": float(values.std(ddof=1)) if len(values) > 1 else float("nan"),
            "low": low,
            "high": high,
        }
        for (task, model, part), values, (low, high) in zip(groups, scores, intervals, strict=True)
    ]
    return pd.DataFrame(rows)
