"""A member's prediction for a sequence so far, as nodes of an ONNX graph: pooled values that go on step by step."""

import numpy as np

from aurita.export._shape_graph import above_levels, filtered, groups, stacked_views, within
from aurita.export.described import Described, ExportedMember
from aurita.export.graph import Names, OnnxGraph
from aurita.readout.summaries import Mean, MeanDeviation
from aurita.shapes import Shapes


def so_far_states(given: Described, member: ExportedMember, number: int) -> dict[str, np.ndarray]:
    """States, without the batch, of pooled values: none where the last step is all that is read out."""
    own = f"m{number}_so_far_"
    if member.shapes is not None:
        return {f"{own}{name}": value for name, value in _of_shapes(member.shapes, given.inputs).items()}
    if not isinstance(member.summary, Mean | MeanDeviation):
        return {}
    names = ("mean", "squares") if isinstance(member.summary, MeanDeviation) else ("mean",)
    return {f"{own}{name}": np.zeros(member.features) for name in names}


def _of_shapes(shapes: Shapes, inputs: int) -> dict[str, np.ndarray]:
    unit, filters = shapes.unit, shapes.units * shapes.unit.hidden
    span = (unit.window - 1) * int(shapes.dilations.max()) + 1
    return {
        "window": np.zeros((len(shapes.mean), span), np.float32),
        "before": np.zeros((1, inputs)),
        # Before the first whole window, and from it on.
        "sums": np.zeros((2, filters, unit.levels)),
        "most": np.full((2, filters), -np.inf, np.float32),
    }


def add_so_far(graph: OnnxGraph, given: Described, member: ExportedMember, row: str, now: Names) -> tuple[str, Names]:
    """Nodes that pool one more step.

    Args:
        graph: where they go.
        given: the model.
        member: its reservoir or shape units.
        row: `(B, F)` float64, features of the step; scaled inputs of shape units.
        now: names of the states of `so_far_states`.

    Returns:
        What the readout sees, and the states after the step.
    """
    names = {name.rsplit("_", 1)[1]: name for name in now}
    place = graph.op("Sub", "lived", graph.const([given.washout]))
    counted = graph.op("GreaterOrEqual", place, graph.const([0]))
    count = graph.op("Max", graph.op("Add", place, graph.const([1])), graph.const([1]))
    pooled = _shapes if member.shapes is not None else _moments
    found, after = pooled(graph, member, row, {part: now[name] for part, name in names.items()}, place, count)
    return found, {names[part]: graph.op("Where", counted, value, now[names[part]]) for part, value in after.items()}


def _moments(
    graph: OnnxGraph, member: ExportedMember, row: str, now: Names, place: str, count: str
) -> tuple[str, Names]:
    """Mean, and mean and deviation, by Welford's update."""
    del place
    steps = graph.cast(count, np.float64)
    apart = graph.op("Sub", row, now["mean"])
    mean = graph.op("Add", now["mean"], graph.op("Div", apart, steps))
    if isinstance(member.summary, Mean):
        return mean, {"mean": mean}
    squares = graph.op("Add", now["squares"], graph.op("Mul", apart, graph.op("Sub", row, mean)))
    deviation = graph.op("Sqrt", graph.op("Div", squares, steps))
    return graph.op("Concat", mean, deviation, axis=1), {"mean": mean, "squares": squares}


def _shapes(
    graph: OnnxGraph, member: ExportedMember, row: str, now: Names, place: str, count: str
) -> tuple[str, Names]:
    """Shares of steps above levels, and maxima."""
    shapes = member.shapes
    assert shapes is not None
    unit, span = shapes.unit, (shapes.unit.window - 1) * int(shapes.dilations.max()) + 1
    value = graph.op("Unsqueeze", row, graph.const([1]))
    before = graph.op("Where", graph.op("Equal", place, graph.const([0])), value, now["before"])
    newest = graph.op("Transpose", stacked_views(graph, shapes, value, before), perm=[0, 2, 1])
    window = newest if span == 1 else graph.op("Concat", graph.cut(now["window"], 2, 1, span), newest, axis=2)
    parts, order, fields = [], [], np.zeros(shapes.units, np.int64)
    for dilation, whole, which in groups(shapes):
        reach = (unit.window - 1) * dilation
        fields[which] = reach if whole else 0
        parts.append(filtered(graph, shapes, which, dilation, graph.cut(window, 2, span - reach - 1, span), [0, 0]))
        order.append(which)
    places = np.argsort(np.concatenate(order))[:, None] * unit.hidden + np.arange(unit.hidden)
    hidden = graph.op("Gather", graph.joined(parts, 1), graph.const(places.ravel()), axis=1)
    above = graph.op("Squeeze", above_levels(graph, shapes, np.arange(shapes.units), hidden), graph.const([3]))
    # Filters side by side, `(F,)`; units that count whole windows alone begin at their field.
    begins = graph.const(np.repeat(fields, unit.hidden))
    early = graph.op("Less", place, begins)
    halves = [early, graph.op("Not", early)]
    weights = [graph.op("Unsqueeze", graph.cast(half, np.float64), graph.const([0, 2])) for half in halves]
    exact = graph.cast(above, np.float64)
    terms = [graph.op("Unsqueeze", graph.op("Mul", exact, weight), graph.const([1])) for weight in weights]
    sums = graph.op("Add", now["sums"], graph.op("Concat", *terms, axis=1))
    least = graph.const(np.array(-np.inf), np.float32)
    newest = graph.op("Squeeze", hidden, graph.const([2]))
    tops = [graph.op("Unsqueeze", graph.op("Where", half, newest, least), graph.const([1])) for half in halves]
    most = graph.op("Max", now["most"], graph.op("Concat", *tops, axis=1))
    after = {"window": window, "before": value, "sums": sums, "most": most}
    # Most of a sequence has a whole window: what came before the first one does not count.
    enough = graph.op("Greater", graph.op("Mul", count, graph.const([2])), graph.op("Mul", begins, graph.const([3])))
    none = graph.const(np.array(0), np.int64)
    steps = graph.cast(graph.op("Sub", count, graph.op("Where", enough, begins, none)), np.float64)
    first, rest = (graph.op("Squeeze", graph.cut(sums, 1, i, i + 1), graph.const([1])) for i in (0, 1))
    dropped = graph.op("Unsqueeze", graph.cast(graph.op("Not", enough), np.float64), graph.const([0, 2]))
    total = graph.op("Add", rest, graph.op("Mul", first, dropped))
    shares = graph.op("Div", total, graph.op("Unsqueeze", steps, graph.const([0, 2])))
    first, rest = (graph.op("Squeeze", graph.cut(most, 1, i, i + 1), graph.const([1])) for i in (0, 1))
    top = graph.op("Max", rest, graph.op("Where", enough, least, first))
    columns = graph.op("Concat", shares, graph.op("Unsqueeze", graph.cast(top, np.float64), graph.const([2])), axis=2)
    return within(graph, shapes, graph.reshape(columns, 0, shapes.units * unit.pooled), count), after
