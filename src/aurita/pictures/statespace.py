"""The state space of a reservoir, trajectories through it, and what units do along a sequence."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from aurita._words import counted
from aurita.errors import AuritaError
from aurita.pictures._plotting import picture
from aurita.pictures.drawing import GREY, Axes, Bars, Drawing, Heat, Labels, Line, Points
from aurita.pictures.embedding import Embedding, fit_embedding
from aurita.pictures.measures import best_units, course, explained_by_units
from aurita.pictures.states import Column, States

_MARKS, _EXAMPLES = 6, 9


@picture
def state_space(
    states: States, colour: str | None = None, *, method: str = "pca", embedding: Embedding | None = None
) -> Drawing:
    """States in a plane, coloured by what is known of them.

    Args:
        states: from `states_of` or `states_from`.
        colour: name of a column: the target, the answer, the error, a step, an input, a unit's activity or loss; what
            is the target, or the prediction, or the step, by default.
        method: `pca`, `classes` or `umap`, where no embedding is given.
        embedding: one that was fitted before.

    Returns:
        A Plotly figure; pointing at a state tells its sequence, step, input, target and answer.

    Raises:
        AuritaError: no such column, or states that cannot be embedded.

    Source: RSSViz, Variengien and Hinaut 2020, "A journey in ESN and LSTM visualisations on a language task".

    Example:
        >>> from aurita.pictures import states_from
        >>> states = states_from(np.random.default_rng(0).normal(size=(40, 3)), labels=["a", "b"] * 20)
        >>> [trace.name for trace in state_space(states).data]
        ['a', 'b']
    """
    plane = embedding or embedded(states, method)
    places = plane.apply(states.values)
    column = colour_column(states, colour)
    points = _points(states, places, column)
    x, y = plane.axis_titles()
    sequences = counted(len(set(states.sequence.tolist())), "sequence")
    caption = f"{counted(len(states), 'state')} of {sequences} in a plane, coloured by {column.name}."
    title = f"State space of {states.title}, by {column.name}"
    return Drawing(
        title=title, caption=caption, panels=[Axes(marks=[points], x=x, y=y, equal=True)], notes=states.notes
    )


@picture
def trajectories(
    states: States,
    sequences: Sequence[int] | None = None,
    *,
    method: str = "pca",
    embedding: Embedding | None = None,
) -> Drawing:
    """Ways of some sequences through the state space, with marks of time, played forward.

    Args:
        states: from `states_of` or `states_from`.
        sequences: their numbers; by default one of each class, or the first three.
        method: `pca`, `classes` or `umap`, where no embedding is given.
        embedding: one that was fitted before.

    Raises:
        AuritaError: no such sequence, or states that cannot be embedded.

    Example:
        >>> from aurita.pictures import states_from
        >>> waves = [np.sin(np.arange(20.0)[:, None] / 3 + [0, 1, 2]) * k for k in (1, 2)]
        >>> len(trajectories(states_from(waves)).frames)
        20
    """
    plane = embedding or embedded(states, method)
    places = plane.apply(states.values)
    chosen = examples(states) if sequences is None else [int(number) for number in sequences]
    every = Points(x=places[:, 0], y=places[:, 1], colour=GREY, size=2, name="all states")
    lines, words = [], []
    for place, number in enumerate(chosen):
        rows = states.rows_of(number)
        if not len(rows):
            raise AuritaError(
                f"there is no sequence {number} among the states; there are {sorted(set(states.sequence))[:20]}"
            )
        target = states.target
        name = f"sequence {states.sequences[number]}"
        name += f" ({target.text(int(rows[-1]))})" if target is not None and target.categories is not None else ""
        lines.append(Line(x=places[rows, 0], y=places[rows, 1], name=name, colour=place, marked=True, played=True))
        marks = rows[np.unique(np.linspace(0, len(rows) - 1, _MARKS).round().astype(int))]
        words.append(
            Labels(x=places[marks, 0], y=places[marks, 1], texts=[str(s) for s in states.step[marks]], align="left")
        )
    x, y = plane.axis_titles()
    caption = f"The ways of {counted(len(chosen), 'sequence')} through the plane of states; numbers are steps."
    panel = Axes(marks=[every, *lines, *words], x=x, y=y, equal=True)
    return Drawing(title=f"Trajectories of {states.title}", caption=caption, panels=[panel], notes=states.notes)


@picture
def unit_activity(states: States, sequence: int = 0) -> Drawing:
    """Activity of every unit along a sequence: the root mean square of its outputs.

    Raises:
        AuritaError: no such sequence, or states without units.
    """
    rows, columns = states.rows_of(sequence), states.group("activity")
    if not columns or not len(rows):
        raise AuritaError(f"there is no activity of units to show in sequence {sequence}; use a model with a reservoir")
    values = np.stack([column.values[rows] for column in columns])
    names = [column.name.removeprefix("activity of ") for column in columns]
    heat = Heat(values=values, x=states.step[rows], y=np.arange(len(names)), scale="activity")
    panel = Axes(marks=[heat], x="step", y_ticks=(np.arange(len(names)), names))
    title = f"Activity of units in sequence {states.sequences[sequence]}"
    return Drawing(
        title=title, caption=f"{title}: {counted(len(names), 'unit')} by {counted(len(rows), 'step')}.", panels=[panel]
    )


@picture
def attention_map(weights: ArrayLike, *, sequence: int = 0, unit: int = 0, dilation: int = 1) -> Drawing:
    """What a unit attends to along a sequence: weights over the ages of its memory, a panel a head.

    Args:
        weights: `(B, T, U, H, M)` from `attention_weights`.
        sequence, unit: which.
        dilation: steps between the unit's ages.

    Raises:
        AuritaError: weights of another shape, or no such sequence or unit.
    """
    given = np.asarray(weights)
    if given.ndim != 5 or not (0 <= sequence < given.shape[0] and 0 <= unit < given.shape[2]):
        raise AuritaError(
            f"weights have shape {given.shape}, asked for are sequence {sequence} and unit {unit}; expected "
            "(sequences, steps, units, heads, ages) from attention_weights"
        )
    ages = np.arange(given.shape[4]) * dilation
    panels = [
        Axes(
            marks=[Heat(values=given[sequence, :, unit, head].T, x=np.arange(given.shape[1]), y=ages, scale="weight")],
            title=f"head {head}",
            x="step",
            y="steps ago",
        )
        for head in range(given.shape[3])
    ]
    title = f"Attention of unit {unit} in sequence {sequence}"
    return Drawing(title=title, caption=f"{title}, over {len(ages)} ages of its memory.", panels=panels)


@picture
def units_over_steps(states: States) -> Drawing:
    """Which units tell the target, and when; below, how right the model is at that step.

    Raises:
        AuritaError: states without targets or units.
    """
    explained, steps = explained_by_units(states)
    ranked = best_units(states)
    order = np.array([unit for unit, _ in ranked[::-1]])
    places, title = np.arange(len(order)), "what each unit tells of the target"
    if np.isfinite(explained).any():
        heat = Heat(values=explained[order], x=steps, y=places, scale="share explained")
        ticks = (places, [states.units[unit] for unit in order])
        panels = [Axes(marks=[heat], title=title, x="step", y_ticks=ticks, height=2)]
    else:
        # A step of one sequence alone has one target, of which nothing is explained.
        bars = Bars(x=places, heights=[value for _, value in ranked])
        ticks = (places, [states.units[unit] for unit, _ in ranked])
        panels = [Axes(marks=[bars], title=f"{title}, over all steps", y="share explained", x_ticks=ticks)]
    correctness = states.group("judgement") or states.group("error")
    if correctness:
        when, means, _ = course(states, correctness[0])
        name = "accuracy" if correctness[0].group == "judgement" else "error"
        panels.append(Axes(marks=[Line(x=when, y=means, name=name)], title=f"{name}, by step", x="step", y=name))
    best = ", ".join(f"{states.units[unit]} ({value:.0%})" for unit, value in ranked[:3])
    caption = f"Over all steps these explain most of the target: {best}. The best units are on top."
    return Drawing(title="What units explain of the target, and when", caption=caption, panels=panels)


def embedded(states: States, method: str) -> Embedding:
    """An embedding fitted to these states, which know their classes."""
    labels = None
    if method == "classes":
        column = next((one for one in (states.target, states.answer) if one is not None), None)
        if column is None or column.categories is None:
            raise AuritaError("method='classes' needs classes and these states have none; give labels, or use 'pca'")
        labels = column.values
    return fit_embedding(states.values, method, labels=labels)


def colour_column(states: States, name: str | None) -> Column:
    """The column to colour by: the one named, or the target, or the prediction, or the step."""
    if name is not None:
        return states.column(name)
    return states.target or states.answer or states.column("step")


def examples(states: States) -> list[int]:
    """One sequence of each class, or the first three."""
    present = np.unique(states.sequence)
    target = states.target
    if target is None or target.categories is None:
        return present[:3].tolist()
    first: dict[int, int] = {}
    for row in np.flatnonzero(np.append(True, states.sequence[1:] != states.sequence[:-1])):
        first.setdefault(int(target.values[row]), int(states.sequence[row]))
    return [first[code] for code in sorted(first) if code >= 0][:_EXAMPLES] or present[:3].tolist()


def _points(states: States, places: np.ndarray, column: Column) -> Points:
    hover: dict[str, np.ndarray | Sequence[str]] = {
        "sequence": np.array(states.sequences, dtype=object)[states.sequence],
        "step": states.step,
    }
    for one in [*states.group("target"), *states.group("answer"), *states.group("input")[:6]]:
        hover[one.name] = _words(one)
    if column.categories is None:
        hover[column.name] = _words(column)
    size = 6 if len(states) < 2_000 else 3
    if column.categories is not None:
        codes, names = column.values, column.categories
        return Points(x=places[:, 0], y=places[:, 1], codes=codes, categories=names, size=size, hover=hover)
    return Points(x=places[:, 0], y=places[:, 1], values=column.values, scale=column.name, size=size, hover=hover)


def _words(column: Column) -> np.ndarray:
    if column.categories is None:
        return np.round(np.asarray(column.values, np.float64), 4)
    return np.array([*column.categories, "not known"], dtype=object)[column.values]
