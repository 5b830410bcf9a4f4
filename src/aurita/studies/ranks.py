"""Mean ranks of models over tasks, Friedman's test and Nemenyi's critical difference.

Demšar 2006, "Statistical comparisons of classifiers over multiple data sets", section 3.2.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Ranks:
    """Mean ranks over blocks, 1 the best, ties shared.

    Attributes:
        table: `model`, `mean_rank`, best first.
        blocks: "task" (the mean scores of each task are ranked) or "seed" (where there is one task only).
        count: number of blocks with a score of every model.
        left_out: number of blocks without.
        friedman: Friedman's chi-square statistic, corrected for ties; NaN below three models or two blocks.
        p_value: of Friedman's test; NaN where there is none.
        critical_difference: two mean ranks further apart than this differ (Nemenyi's test); NaN below two models.
        groups: models whose mean ranks do not differ, each group as large as it can be, best first: the bars of a
            critical-difference diagram.
    """

    table: pd.DataFrame
    blocks: Literal["task", "seed"]
    count: int
    left_out: int
    friedman: float
    p_value: float
    critical_difference: float
    groups: list[list[str]]


def mean_ranks(records: pd.DataFrame, *, higher_is_better: bool, alpha: float = 0.05) -> Ranks:
    """Rank the models within each task, or within each seed where there is one task.

    Args:
        records: columns `model`, `task`, `seed` and `score`, one row a run. Blocks in which a model has no score are
            left out.
        higher_is_better: which way the score is better.
        alpha: level of the critical difference.

    Returns:
        The ranks and the tests on them.

    Example:
        >>> runs = pd.DataFrame({"model": list("abab"), "task": list("xxyy"), "seed": 0, "score": [1.0, 2.0, 3.0, 5.0]})
        >>> mean_ranks(runs, higher_is_better=True).table["model"].tolist()
        ['b', 'a']
    """
    blocks: Literal["task", "seed"] = "task" if len(records["task"].unique()) > 1 else "seed"
    scores = records.pivot_table(index=blocks, columns="model", values="score", aggfunc="mean", dropna=False)
    complete = scores.dropna()
    models, count = list(complete.columns), len(complete)
    values = complete.to_numpy()
    sizes = records.assign(score=records["score"].abs()).pivot_table(
        index=blocks, columns="model", values="score", aggfunc="mean", dropna=False
    )
    values = _without_rounding(-values if higher_is_better else values, sizes.loc[complete.index])
    ranks = stats.rankdata(values, axis=1)
    means = ranks.mean(axis=0) if count else np.full(len(models), np.nan)
    order = np.argsort(means, kind="stable")
    table = pd.DataFrame({"model": np.array(models)[order], "mean_rank": means[order]})
    statistic, p_value = _friedman(ranks)
    critical = critical_difference(len(models), count, alpha)
    return Ranks(table, blocks, count, len(scores) - count, statistic, p_value, critical, _groups(table, critical))


def critical_difference(models: int, blocks: int, alpha: float = 0.05) -> float:
    """Nemenyi's critical difference of mean ranks, `q sqrt(k (k + 1) / 6 N)`, `q` the studentised range over root 2.

    Args:
        models: k.
        blocks: N.
        alpha: level.

    Returns:
        In ranks; NaN below two models or without a block.

    Example:
        >>> round(critical_difference(4, 14), 2)
        1.25
    """
    if models < 2 or blocks < 1:
        return float("nan")
    quantile = stats.studentized_range.ppf(1 - alpha, models, np.inf) / np.sqrt(2)
    return float(quantile * np.sqrt(models * (models + 1) / (6 * blocks)))


def _without_rounding(values: np.ndarray, sizes: pd.DataFrame) -> np.ndarray:
    """Numbers in the order of each row's values, equal where these differ by the rounding of a mean and nothing more.

    Args:
        sizes: means of the scores' magnitudes: what the means may be wrong by is a share of these.
    """
    order = np.argsort(values, axis=1, kind="stable")
    rising = np.take_along_axis(values, order, axis=1)
    size = np.take_along_axis(sizes.to_numpy(), order, axis=1)
    apart = np.diff(rising, axis=1) > _ROUNDING * np.maximum(size[:, 1:], size[:, :-1])
    places = np.concatenate([np.zeros((len(values), 1)), np.cumsum(apart, axis=1)], axis=1)
    placed = np.empty_like(values)
    np.put_along_axis(placed, order, places, axis=1)
    return placed


def _friedman(ranks: np.ndarray) -> tuple[float, float]:
    """Statistic and p; ranks that are all tied differ in nothing."""
    blocks, models = ranks.shape
    if models < 3 or blocks < 2:
        return float("nan"), float("nan")
    if not np.ptp(ranks, axis=1).any():
        return 0.0, 1.0
    found = stats.friedmanchisquare(*ranks.T)
    return float(found.statistic), float(found.pvalue)


def _groups(ordered: pd.DataFrame, critical: float) -> list[list[str]]:
    """Longest runs of at least two models whose ends are no further apart than the critical difference."""
    names, means = ordered["model"].tolist(), ordered["mean_rank"].to_numpy()
    groups: list[list[str]] = []
    reached = 0
    for start in range(len(names)):
        end = 1 + int(np.flatnonzero(means - means[start] <= critical).max(initial=start))
        if end > max(reached, start + 1):
            groups.append(names[start:end])
            reached = end
    return groups
