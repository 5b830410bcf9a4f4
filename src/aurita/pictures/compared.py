"""Studies: which models differ, by how much, and how sure that is."""

from typing import TYPE_CHECKING

import numpy as np

from aurita.errors import AuritaError
from aurita.pictures._plotting import picture
from aurita.pictures.drawing import GREY, Axes, Drawing, Labels, Line, Links, Mark, Points

if TYPE_CHECKING:
    from aurita.studies.ranks import Ranks
    from aurita.studies.statistics import Comparison

_COLOURS = {"better": 2, "worse": 1, "inconclusive": GREY}


@picture
def critical_difference(comparison: "Comparison | Ranks") -> Drawing:
    """Mean ranks of models, with bars over those that do not differ (Demšar 2006, section 3.2).

    Args:
        comparison: a `Comparison` of `aurita.studies.statistics`, or its `ranks`.

    Raises:
        AuritaError: fewer than two models with ranks.
    """
    ranks = comparison.ranks if hasattr(comparison, "ranks") else comparison
    table = ranks.table.dropna()
    names, means = table["model"].tolist(), table["mean_rank"].to_numpy(float)
    if len(names) < 2:
        raise AuritaError(f"{len(names)} models have ranks; expected two or more to draw apart")
    rows = -np.arange(1.0, len(names) + 1)
    marks: list[Mark] = [
        Links(x0=means, y0=rows, x1=means, y1=np.zeros(len(means)), colour=GREY, width=0.7),
        Points(
            x=means, y=rows, colour=0, size=9, hover={"model": np.array(names, object), "mean rank": means.round(3)}
        ),
        Labels(
            x=means + 0.06, y=rows, texts=[f"{n} ({m:.2f})" for n, m in zip(names, means, strict=True)], align="left"
        ),
    ]
    for number, group in enumerate(ranks.groups):
        ends = [means[names.index(group[0])], means[names.index(group[-1])]]
        name = "inconclusive" if number == 0 else ""
        marks.append(Line(x=ends, y=[0.35 + 0.3 * number] * 2, colour=1, name=name, marked=True))
    critical = ranks.critical_difference
    caption = f"Mean ranks over {ranks.count} {ranks.blocks}s, best first: {', '.join(names)}. "
    caption += f"Ranks differ if they are more than {critical:.2f} apart."
    title = f"Mean ranks over {ranks.count} {ranks.blocks}s; critical difference {critical:.2f}"
    panel = Axes(marks=marks, x="mean rank (1 is best)", y_ticks=(np.zeros(0), []))
    return Drawing(title=title, caption=caption, panels=[panel])


@picture
def differences(comparison: "Comparison") -> Drawing:
    """Differences of scores between pairs of models, with their intervals, a panel a task.

    Args:
        comparison: a `Comparison` of `aurita.studies.statistics`.

    Raises:
        AuritaError: no pair to draw.
    """
    pairs = comparison.pairs
    if not len(pairs):
        raise AuritaError("the comparison holds no pair of models; compare two or more")
    panels, caption = [], []
    for task, part in pairs.groupby("task", sort=False):
        names = [f"{row.model} - {row.reference}" for row in part.itertuples()]
        places = -np.arange(len(part), dtype=float)
        values, low, high = (part[column].to_numpy(float) for column in ("difference", "low", "high"))
        marks: list[Mark] = [Line(x=[0, 0], y=[places[-1] - 0.5, 0.5], colour=GREY, dashed=True)]
        for verdict, colour in _COLOURS.items():
            rows = (part["verdict"] == verdict).to_numpy()
            if rows.any():
                marks.append(
                    Links(x0=low[rows], y0=places[rows], x1=high[rows], y1=places[rows], colour=colour, width=2.5)
                )
                marks.append(Points(x=values[rows], y=places[rows], colour=colour, size=8, name=verdict))
        caption += [
            f"{task}: {n} {v:.3g} ({verdict})" for n, v, verdict in zip(names, values, part["verdict"], strict=True)
        ]
        panels.append(Axes(marks=marks, title=str(task), x="difference of scores", y_ticks=(places, names)))
    return Drawing(title="Differences and their intervals", caption="; ".join(caption[:40]) + ".", panels=panels)


@picture
def scores(comparison: "Comparison") -> Drawing:
    """Mean scores of models with their intervals, a panel a task.

    Args:
        comparison: a `Comparison` of `aurita.studies.statistics`.
    """
    panels, caption = [], []
    for task, part in comparison.summary.groupby("task", sort=False):
        ordered = part.sort_values("mean")
        places = np.arange(len(ordered), dtype=float)
        means, low, high = (ordered[column].to_numpy(float) for column in ("mean", "low", "high"))
        names = ordered["model"].astype(str).tolist()
        marks: list[Mark] = [
            Links(x0=low, y0=places, x1=high, y1=places, colour=0, width=2.5),
            Points(
                x=means, y=places, colour=0, size=8, hover={"model": np.array(names, object), "mean": means.round(5)}
            ),
        ]
        caption.append(f"{task}: " + ", ".join(f"{n} {m:.3g}" for n, m in zip(names, means, strict=True)))
        panels.append(Axes(marks=marks, title=str(task), x="score", y_ticks=(places, names)))
    if not panels:
        raise AuritaError("the comparison holds no scores; run the study first")
    return Drawing(title="Scores and their intervals", caption="; ".join(caption) + ".", panels=panels)
