"""Anarchist units on the functions they were tried on: how often they converge, on what, and why not; and a cure.

Source: research notebook of the idea's author, 2024-04: the pair of regressions does not converge reliably, and when
it does one dimension is right and the others are not. It gives no figure, and no number of rounds.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from aurita.studies.plans import ModelPlan
from aurita.studies.reproduce.pairing import paired
from aurita.studies.study import Study
from aurita.tasks.synthetic import ANARCHIST_FUNCTIONS

ROUNDS = (10, 30, 100, 300)
CURED_ROUNDS = 100
INVENTED = f"as invented, {CURED_ROUNDS} rounds"
CURES = {"unit variance": "unit_variance", "whitened": "whitened"}


def study(*, seeds: int | Sequence[int] = 20, storage: str | Path = "aurita-notebook.sqlite") -> Study:
    """The study: one unit of three dimensions, as invented after some numbers of rounds, and cured.

    Example:
        >>> [model.name for model in study(seeds=2).models][-2:]
        ['unit variance, 100 rounds', 'whitened, 100 rounds']
    """
    models = [ModelPlan(f"as invented, {rounds} rounds", "anarchist", {"rounds": rounds}) for rounds in ROUNDS]
    models += [
        ModelPlan(f"{cure}, {CURED_ROUNDS} rounds", "anarchist", {"rounds": CURED_ROUNDS, "constraint": constraint})
        for cure, constraint in CURES.items()
    ]
    tasks = [f"anarchist/{function}" for function in ANARCHIST_FUNCTIONS]
    return Study("anarchists", tasks, models, seeds=seeds, storage=storage)


def report(done: Study) -> list[tuple[str, pd.DataFrame]]:
    """Tables of a study that has run.

    Returns:
        What units came to agree on; how fast their states fade, beside what the data alone foretell; cures beside the
        unit as invented.
    """
    records = with_details(done.records())
    return [
        ("What the pair of regressions agrees on: share of seeds, and dimensions of three", agreements(records)),
        ("Why: the state after a round over the state before it, measured and bound", fades(records)),
        ("The cures beside the unit as invented (other): dimensions right of three", _cures(records, "dims_right")),
        ("The cures beside the unit as invented (other): different directions of three", _cures(records, "directions")),
    ]


def seconds_expected(done: Study) -> float:
    """Seconds that a run takes from nothing on two cores."""
    return 30.0 + 3.0 * len(done.seeds)  # type: ignore[arg-type]


def with_details(records: pd.DataFrame) -> pd.DataFrame:
    """Records with a column for every detail that a model gave."""
    details = pd.DataFrame([json.loads(text) for text in records["details"]], index=records.index)
    return pd.concat([records.drop(columns="details"), details], axis=1)


def agreements(records: pd.DataFrame) -> pd.DataFrame:
    """For every task and model: seeds with all, and with at least one dimension right, and means over the seeds."""
    groups = records.groupby(["task", "model"], sort=False)
    return pd.DataFrame(
        {
            "seeds": groups.size(),
            "all right": groups["converged"].mean(),
            "one at least": groups["dims_right"].agg(lambda right: (right > 0).mean()),
            "all collapsed": groups["dims_collapsed"].agg(lambda gone: (gone == 3).mean()),
            "right": groups["dims_right"].mean(),
            "collapsed": groups["dims_collapsed"].mean(),
            "wrong": groups["dims_wrong"].mean(),
            "directions": groups["directions"].mean(),
            "slowest as drawn": groups["slowest_share_drawn"].mean(),
            "slowest": groups["slowest_share"].mean(),
            "nrmse": groups["score"].mean(),
        }
    ).reset_index()


def fades(records: pd.DataFrame) -> pd.DataFrame:
    """For every task, the unit as invented after each number of rounds: how its state fades.

    Returns:
        Means over the `seeds`: the factor by which a round multiplies the state as `measured` over the second half of
        the rounds; the `bound` that the data set in the long run, also `without ridge`; the greatest `excess` over it.
    """
    columns = ["fade", "fade_bound", "fade_without_ridge"]
    invented = records[records["fade"].notna()].astype(dict.fromkeys(columns, float))
    invented = invented.assign(excess=invented["fade"] - invented["fade_bound"])
    groups = invented.groupby(["task", "model"], sort=False)
    return pd.DataFrame(
        {
            "seeds": groups.size(),
            "measured": groups["fade"].mean(),
            "bound": groups["fade_bound"].mean(),
            "without ridge": groups["fade_without_ridge"].mean(),
            "excess": groups["excess"].max(),
        }
    ).reset_index()


def _cures(records: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Both cures on every task, tested together."""
    apart = records.assign(model=records["task"] + "/" + records["model"])
    pairs = [
        ((str(task), cure), f"{task}/{cure}, {CURED_ROUNDS} rounds", f"{task}/{INVENTED}")
        for task in records["task"].unique()
        for cure in CURES
    ]
    return paired(apart, pairs, ("task", "cure"), metric, higher_is_better=True)
