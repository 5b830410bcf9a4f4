"""Pairs of models that an experiment sets against each other, tested together on the same seeds."""

from collections.abc import Hashable, Sequence

import pandas as pd

from aurita.studies.statistics import compare

Pair = tuple[tuple[str, ...], str, str]

COLUMNS = ["seeds", "difference", "low", "high", "p_corrected", "verdict"]


def paired(
    records: pd.DataFrame,
    pairs: Sequence[Pair],
    labels: tuple[str, ...],
    metric: str = "score",
    *,
    higher_is_better: bool = False,
) -> pd.DataFrame:
    """Test pairs of models on one task, Holm's correction over all of them.

    Args:
        records: of the study, one task only.
        pairs: what each row is called, the model, and the one that it is compared with.
        labels: names of the columns that the rows' names go to.
        metric: a column of the records.

    Returns:
        One row a pair, in order: its labels, both means, and of `compare` the columns `COLUMNS`; `difference` is first
        minus second, `verdict` is on the first.

    Example:
        >>> table = pd.DataFrame({"model": list("aabb"), "seed": [0, 1, 0, 1], "score": [1.0, 2.0, 3.0, 5.0]})
        >>> found = paired(table, [(("a before b",), "a", "b")], ("claim",))
        >>> found[["claim", "mean", "other", "difference"]].iloc[0].to_dict()
        {'claim': 'a before b', 'mean': 1.5, 'other': 4.0, 'difference': -2.5}
    """
    sides = [
        records.loc[records["model"] == name, ["seed", metric]].assign(model=side, task=str(number))
        for number, (_, model, other) in enumerate(pairs)
        for side, name in (("this", model), ("other", other))
    ]
    found = compare(pd.concat(sides), metric, higher_is_better=higher_is_better, reference="other")
    means = found.summary.pivot_table(index="task", columns="model", values="mean").to_dict("index")
    tests = found.pairs.set_index("task")[COLUMNS].to_dict("index")
    rows: list[dict[Hashable, object]] = []
    for number, (names, _, _) in enumerate(pairs):
        mean = means[str(number)]
        row: dict[Hashable, object] = dict(zip(labels, names, strict=True))
        rows.append({**row, "mean": mean["this"], "other": mean["other"], **tests[str(number)]})
    return pd.DataFrame(rows)
