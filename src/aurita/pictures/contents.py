"""What a page says of a model: its states as arrays, what is known of them, and what there is to read from them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from aurita._typing import Document
from aurita.errors import AuritaError
from aurita.estimators import ReservoirForecaster
from aurita.estimators.base import SequenceEstimator
from aurita.pictures._blobs import Blob
from aurita.pictures._shaped import shape_drawings
from aurita.pictures.ahead import expert_weights, forecast_ahead
from aurita.pictures.attending import attending, attention_weights, first_attending
from aurita.pictures.drawing import Axes, Bars, Drawing
from aurita.pictures.embedding import Embedding, fit_embedding
from aurita.pictures.learnt import local_losses, loss_map, rank_of_states, readout_weights
from aurita.pictures.measures import best_units, confusions, course, kept_together, rank_of
from aurita.pictures.states import Column, States
from aurita.pictures.statespace import embedded, examples, units_over_steps
from aurita.pictures.visiting import Model, inputs_by, states_of
from aurita.pictures.wired import graph_of
from aurita.reservoir import Reservoir

BUDGET = 9_500_000
_MOST_ATTENTION = 2_000_000
_CHANCES = 40


@dataclass(frozen=True, eq=False)
class ModelView:
    """A model and its states, to be put on a page.

    Attributes:
        states: what it visits.
        title: what it is called.
        embeddings: planes by name; the variance, and where there are classes what is between them, by default.
        reservoir: for the wiring.
        charts: pictures besides.
        attention: `(rows, U, H, M)` of some rows, and their numbers; None where there is none.
    """

    states: States
    title: str
    embeddings: dict[str, Embedding] = field(default_factory=dict)
    reservoir: Reservoir | None = None
    charts: list[Drawing] = field(default_factory=list)
    attention: tuple[np.ndarray, np.ndarray] | None = None


def model_view(
    model: Model | States,
    X: object = None,
    y: object = None,
    *,
    title: str | None = None,
    methods: tuple[str, ...] = (),
    covariates: object = None,
    names: Sequence[str] | np.ndarray | None = None,
    most: int = 100_000,
) -> ModelView:
    """A model run over data, ready for a page; or `States` of any origin.

    Args:
        model: a fitted estimator, a `Reservoir`, or `States`.
        X, y, covariates, names, most: as of `states_of`.
        title: what to call it.
        methods: planes to offer, of `aurita.pictures.embedding.METHODS`; `classes` (where there are some) and `pca` by
            default.

    Raises:
        AuritaError: as `states_of` and `fit_embedding`.
    """
    if isinstance(model, States):
        found = ModelView(model, title or model.title, _planes(model, methods))
        return ModelView(found.states, found.title, found.embeddings, charts=_charts(None, model))
    states = states_of(model, X, y, covariates=covariates, names=names, most=most)
    reservoir = model if isinstance(model, Reservoir) else model.reservoirs_[0]
    attention = None
    if reservoir is not None and first_attending(reservoir) is not None:
        inputs = [np.asarray(value) for value in inputs_by(model, X, covariates)]
        attention = _attention(reservoir, states, inputs)
    charts = [*_of_forecaster(model), *_of_shapes(model, X, states), *_charts(model, states)]
    return ModelView(states, title or type(model).__name__, _planes(states, methods), reservoir, charts, attention)


def packed(one: ModelView, first: Blob, rest: Blob, budget: int = BUDGET) -> dict[str, object]:
    """What is known of one model as JSON, its arrays in blobs: what the first picture needs in the first one."""
    states, notes = one.states, list(one.states.notes)
    n = len(states)
    planes = []
    for name, embedding in one.embeddings.items():
        places = embedding.apply(states.values)
        x, y = embedding.axis_titles()
        at = [first.numbers(places[:, axis]) for axis in range(2)]
        planes.append({"name": name, "titles": [x, y], "x": at[0], "y": at[1]})
    columns: list[Document] = []
    left: list[str] = []
    order = {"target": 0, "answer": 1, "judgement": 2, "error": 3, "time": 4, "mean loss": 5, "chance": 6, "input": 7}
    explained = dict(best_units(states)) if states.target is not None and states.units else {}
    for column in sorted(
        states.columns, key=lambda c: (order.get(c.group, 8), -_rank_of_unit(states, c.name, explained))
    ):
        early = column is states.target or column is states.answer
        blob = first if early else rest
        wide = 1 if column.group in ("activity", "loss", "chance") else 2
        if first.size + rest.size + wide * n > budget or (column.group == "chance" and len(columns) > _CHANCES):
            left.append(column.name)
            continue
        if column.categories is not None:
            place = blob.categories(column.values)
        else:
            place = blob.numbers(column.values, np.uint8 if wide == 1 else np.uint16)
        described = {"name": column.name, "group": column.group, "data": place}
        columns.append(described | ({"categories": list(column.categories)} if column.categories is not None else {}))
    if left:
        notes.append(
            f"to keep the page small, it leaves out: {', '.join(left[:6])}{' and more' if len(left) > 6 else ''}"
        )
    starts = np.flatnonzero(np.append(True, states.sequence[1:] != states.sequence[:-1]))
    present = states.sequence[starts]
    page: Document = {
        "title": one.title,
        "n": n,
        "planes": planes,
        "columns": columns,
        "starts": rest.array(np.append(starts, n).astype(np.int32)),
        "steps": rest.array(states.step.astype(np.int32)),
        "sequences": [states.sequences[i] for i in present],
        "examples": [int(np.flatnonzero(present == i)[0]) for i in examples(states) if i in present],
        "units": states.units,
        "explained": [explained.get(unit, None) for unit in range(len(states.units))],
        "story": story(states),
        "confusions": _confusion_table(states),
        "charts": [drawing.plain() for drawing in one.charts],
        "notes": notes,
        "summary": f"{n:,} states of {len(present):,} sequences, {states.values.shape[1]} features",
    }
    if one.reservoir is not None:
        page["wiring"] = _wiring(one.reservoir, rest)
    if one.attention is not None:
        rows, weights = one.attention
        if first.size + rest.size + weights.size <= budget:
            page["attention"] = {
                "rows": rest.array(rows.astype(np.int32)),
                "shape": list(weights.shape[1:]),
                "data": rest.array(np.round(weights * 255).astype(np.uint8)),
                **_attending(one.reservoir),
            }
    return page


def story(states: States) -> list[dict[str, str]]:
    """Which classes the states tell apart, when the model knows, and which units tell: in words."""
    target = states.target
    found: list[dict[str, str]] = []
    if target is not None and target.categories is not None and len(np.unique(states.sequence)) > 1:
        together = sorted(kept_together(states).items(), key=lambda pair: -pair[1])
        if together:
            best, worst = together[:3], together[::-1][:2]
            text = "Classes whose states keep together best: " + ", ".join(f"{n} ({v:.0%})" for n, v in best) + "."
            if len(together) > 4:
                text += " Least: " + ", ".join(f"{n} ({v:.0%})" for n, v in worst) + "."
            chance = 1 / len(together)
            text += f" (Neighbours of a state, in other sequences, that are of its class; by chance {chance:.0%}.)"
            found.append({"question": "Which?", "answer": text})
    correctness = next(iter(states.group("judgement")), None)
    if correctness is not None:
        found.append({"question": "When?", "answer": _when(states, correctness)})
    elif states.group("error"):
        error = states.group("error")[0]
        if np.isfinite(error.values).any():
            text = f"The error is {np.nanmean(error.values):.3g} on average; half of the steps lie below "
            found.append({"question": "How well?", "answer": text + f"{np.nanmedian(error.values):.3g}."})
    if target is not None and len(states.units) > 1:
        best_of = [(states.units[unit], value) for unit, value in best_units(states)[:3]]
        text = "Units that tell most of the target at a single step: "
        text += ", ".join(f"{name} ({value:.0%} of it)" for name, value in best_of) + "."
        found.append({"question": "Who?", "answer": text})
    ranked = rank_of(states.values)
    text = f"The states take {ranked.participation:.1f} directions of {states.values.shape[1]} (participation ratio)"
    found.append({"question": "How wide?", "answer": f"{text}; rank {ranked.rank}."})
    return found


def _when(states: States, correctness: Column) -> str:
    steps, right, counts = course(states, correctness)
    many = counts >= max(1, 0.5 * counts.max())
    steps, right = steps[many], right[many]
    best = float(np.nanmax(right))
    known = np.flatnonzero(right >= 0.9 * best)
    last = np.append(states.sequence[1:] != states.sequence[:-1], True)
    ends = correctness.values[last]
    text = f"At step {int(steps[0])} {right[0]:.0%} of the answers are right"
    text += f", from step {int(steps[known[0]])} on about {right[known[0]]:.0%}" if len(known) else ""
    return text + f"; at the ends of the sequences {float(np.mean(ends[ends >= 0])):.1%}."


def _planes(states: States, methods: tuple[str, ...]) -> dict[str, Embedding]:
    names = {"classes": "between classes", "pca": "most variance", "umap": "neighbours (UMAP)"}
    column = next((one for one in (states.target, states.answer) if one is not None), None)
    has_classes = column is not None and column.categories is not None and len(np.unique(column.values)) > 1
    wanted = methods or (("classes", "pca") if has_classes else ("pca",))
    if states.values.shape[1] > 3_000:
        wanted = tuple(method for method in wanted if method != "classes") or ("pca",)
    if "classes" not in wanted:
        return {names[method]: fit_embedding(states.values, method) for method in wanted}
    return {names[method]: embedded(states, method) for method in wanted}


def _charts(model: Model | None, states: States) -> list[Drawing]:
    """Pictures of a model that do not change with the step."""
    found: list[Drawing] = []
    if states.target is not None:
        if len(states.units) > 1:
            found.append(units_over_steps.drawing(states))
        if states.target.categories is not None and len(np.unique(states.sequence)) > 1:
            found.append(_together(states))
    if len(states) > 1:
        found.append(rank_of_states.drawing(states))
    if model is None or isinstance(model, Reservoir):
        return found
    history = model.histories_[0]
    makes = (
        lambda: readout_weights.drawing(model),
        lambda: local_losses.drawing(history),
        lambda: loss_map.drawing(history),
    )
    for make in makes:
        try:
            found.append(make())
        except AuritaError:
            continue
    return found


def _of_forecaster(model: Model) -> list[Drawing]:
    """What a forecaster says of the steps ahead, and who says it; nothing that its file does not hold."""
    found: list[Drawing] = []
    if not isinstance(model, ReservoirForecaster):
        return found
    for make in (forecast_ahead.drawing, expert_weights.drawing):
        try:
            found.append(make(model))
        except AuritaError:
            continue
    return found


def _of_shapes(model: Model, X: object, states: States) -> list[Drawing]:
    if not isinstance(model, SequenceEstimator) or model.reservoirs_[0] is not None:
        return []
    return shape_drawings(model, states, inputs_by(model, X))


def _together(states: States) -> Drawing:
    shares = kept_together(states)
    places = np.arange(len(shares))
    bars = Bars(x=places, heights=list(shares.values()))
    panel = Axes(marks=[bars], y="neighbours of the same class", x="class", x_ticks=(places, list(shares)))
    caption = "Part of a state's ten nearest neighbours, in other sequences, that are of its own class."
    return Drawing(title="Classes that the states keep together", caption=caption, panels=[panel])


def _confusion_table(states: States) -> Document | None:
    found = confusions(states)
    if found is None or len(found[1]) > 60:
        return None
    assert states.answer is not None
    return {"counts": found[0].tolist(), "truth": found[1], "predicted": list(states.answer.categories or ())}


def _rank_of_unit(states: States, name: str, explained: dict[int, float]) -> float:
    for prefix, bonus in (("activity of ", 10.0), ("local loss of ", 0.0)):
        if name.startswith(prefix):
            return bonus + explained.get(states.units.index(name.removeprefix(prefix)), 0.0)
    return 0.0


def _wiring(reservoir: Reservoir, blob: Blob) -> dict[str, object]:
    graph = graph_of(reservoir)
    return {
        "names": graph.names,
        "kinds": graph.kinds,
        "places": np.round(graph.places, 4).tolist(),
        "sender": blob.array(graph.sender.astype(np.int32)),
        "receiver": blob.array(graph.receiver.astype(np.int32)),
        "slots": blob.array(graph.slots.astype(np.int32)),
    }


def _attention(reservoir: Reservoir, states: States, inputs: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray] | None:
    """Attention at the steps of as many sequences as a page has room for, examples of the classes first."""
    width, number = 1, first_attending(reservoir)
    if number is not None and attending(unit := reservoir.populations[number].unit):
        width = reservoir.populations[number].units * unit.heads * unit.memory
    present = np.unique(states.sequence).tolist()
    wanted = list(dict.fromkeys([*examples(states), *present]))
    rows, weights, room = [], [], _MOST_ATTENTION // width
    for start in range(0, len(wanted), 64):
        some = [i for i in wanted[start : start + 64] if len(inputs[i]) <= room]
        if not some:
            break
        # One shape for all batches, so that one run is compiled.
        longest = max(len(value) for value in inputs if len(value) <= room or len(value) <= len(inputs[some[0]]))
        padded = np.zeros((min(64, len(wanted)), longest, inputs[0].shape[1]))
        for row, i in zip(padded, some, strict=False):
            row[: len(inputs[i])] = inputs[i]
        found = attention_weights(reservoir, padded)
        for number, i in enumerate(some):
            own = states.rows_of(i)
            if len(own) > room:
                continue
            rows.append(own)
            weights.append(found[number, states.step[own]])
            room -= len(own)
    if not rows:
        return None
    order = np.argsort(np.concatenate(rows), kind="stable")
    return np.concatenate(rows)[order], np.concatenate(weights)[order]


def _attending(reservoir: Reservoir | None) -> Document:
    """Dilation of the units whose attention is kept, and their numbers: the first, and the last plus one."""
    number = first_attending(reservoir)
    if reservoir is None or number is None or not attending(unit := reservoir.populations[number].unit):
        return {}
    own = reservoir.places[number]
    return {"dilation": unit.dilation, "units": [own.start, own.stop]}
