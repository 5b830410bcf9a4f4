"""Shape units as nodes of an ONNX graph: filters by convolution, pooled over whole sequences of one length."""

import numpy as np

from aurita.export.graph import OnnxGraph
from aurita.shapes import Shapes
from aurita.shapes.padding import LEAST_DEVIATION


def add_shapes(graph: OnnxGraph, shapes: Shapes, values: str) -> str:
    """Nodes of shape units.

    Args:
        graph: where they go.
        shapes: units.
        values: `(B, T, E)` float64, scaled, from the washout on.

    Returns:
        `(B, shapes.width)` float64, what the readout sees.
    """
    steps = graph.op("Slice", graph.op("Shape", values), graph.const([1]), graph.const([2]))
    given = graph.op("Transpose", stacked_views(graph, shapes, values), perm=[0, 2, 1])
    parts, order = [], []
    for dilation, whole, which in groups(shapes):
        reach = (shapes.unit.window - 1) * dilation
        hidden = filtered(graph, shapes, which, dilation, given, [reach, 0])
        if whole:
            hidden = _whole_windows(graph, hidden, reach, steps)
        parts.append(_pooled(graph, shapes, which, hidden))
        order.append(which)
    places = np.argsort(np.concatenate(order))
    columns = (places[:, None] * shapes.unit.pooled + np.arange(shapes.unit.pooled)).ravel()
    rows = graph.cast(graph.op("Gather", graph.joined(parts, 1), graph.const(columns), axis=1), np.float64)
    return within(graph, shapes, rows, steps)


def groups(shapes: Shapes) -> list[tuple[int, bool, np.ndarray]]:
    """Units of one dilation that count whole windows, or all: dilation, which of both, their numbers."""
    kinds = sorted({*zip(shapes.dilations.tolist(), shapes.whole.tolist(), strict=True)})
    return [(*kind, np.flatnonzero((shapes.dilations == kind[0]) & (shapes.whole == kind[1]))) for kind in kinds]


def within(graph: OnnxGraph, shapes: Shapes, rows: str, steps: str) -> str:
    """Pooled values, also as counts where sequences are ragged, within the range that they had in the fit."""
    if shapes.ragged:
        length = graph.cast(steps, np.float64)
        share = graph.op("Div", length, graph.const(np.array([float(shapes.longest)]), np.float64))
        ones = graph.op("Mul", graph.cut(rows, 1, 0, 1), graph.const(np.zeros(1), np.float64))
        logarithm = graph.op("Add", ones, graph.op("Log", length))
        rows = graph.op("Concat", rows, graph.op("Mul", rows, share), logarithm, axis=1)
    least, most = (graph.const(edge, np.float64) for edge in (shapes.low, shapes.high))
    return graph.op("Min", graph.op("Max", rows, least), most)


def stacked_views(graph: OnnxGraph, shapes: Shapes, values: str, before: str | None = None) -> str:
    """The channels of all views, standardised: `(B, T, C)` in single precision; `before` is the step before one."""
    columns = []
    for view in shapes.views:
        given = _by_itself(graph, values) if view.startswith("own") else values
        if view.endswith("differences"):
            earlier = before
            if earlier is None:
                earlier = graph.op("Concat", graph.cut(given, 1, 0, 1), graph.cut(given, 1, 0, -1), axis=1)
            given = graph.op("Sub", given, earlier)
        columns.append(given)
    centred = graph.op("Sub", graph.joined(columns, 2), graph.const(shapes.mean, np.float64))
    return graph.cast(graph.op("Div", centred, graph.const(shapes.deviation, np.float64)), np.float32)


def _by_itself(graph: OnnxGraph, values: str) -> str:
    """Sequences standardised, each by itself."""
    apart = graph.op("Sub", values, graph.op("ReduceMean", values, axes=[1], keepdims=1))
    square = graph.op("ReduceMean", graph.op("Mul", apart, apart), axes=[1], keepdims=1)
    deviation = graph.op("Sqrt", square)
    varies = graph.op("Greater", deviation, graph.const(np.array(LEAST_DEVIATION), np.float64))
    return graph.op("Div", apart, graph.op("Where", varies, deviation, graph.const(np.array(1.0), np.float64)))


def filtered(graph: OnnxGraph, shapes: Shapes, which: np.ndarray, dilation: int, given: str, pads: list[int]) -> str:
    """Values of the filters of some units at every step, `(B, units * filters, T)`, with `pads` zeros around them."""
    slots, window = shapes.unit.slots, shapes.unit.window
    channels = shapes.channels[which]
    received = graph.op("Gather", given, graph.const(np.maximum(channels, 0).ravel()), axis=1)
    weights = shapes.filters[which] * (channels >= 0)[:, None, :, None]
    # The latest step comes first in a filter, and last in a convolution.
    weights = weights[..., ::-1].reshape(-1, slots, window)
    return graph.op(
        "Conv",
        received,
        graph.const(weights, np.float32),
        dilations=[dilation],
        group=len(which),
        pads=pads,
    )


def _whole_windows(graph: OnnxGraph, hidden: str, field: int, steps: str) -> str:
    """From the first whole window on, where most of a sequence has one."""
    enough = graph.op("Greater", graph.op("Mul", steps, graph.const([2])), graph.const([3 * field]))
    start = graph.op("Where", enough, graph.const([field]), graph.const([0]))
    return graph.op("Slice", hidden, start, steps, graph.const([2]))


def _pooled(graph: OnnxGraph, shapes: Shapes, which: np.ndarray, hidden: str) -> str:
    """Shares of the steps above each level, and the maximum: `(B, units * pooled)`."""
    shares = graph.op("ReduceMean", above_levels(graph, shapes, which, hidden), axes=[3], keepdims=0)
    most = graph.op("ReduceMax", hidden, axes=[2], keepdims=1)
    return graph.reshape(graph.op("Concat", shares, most, axis=2), 0, len(which) * shapes.unit.pooled)


def above_levels(graph: OnnxGraph, shapes: Shapes, which: np.ndarray, hidden: str) -> str:
    """By how much of its width each step of a filter `(B, F, T)` is above each level, 0 to 1: `(B, F, levels, T)`."""
    filters = len(which) * shapes.unit.hidden
    levels = shapes.levels[which].reshape(filters, -1, 1)
    slopes = shapes.slopes[which].reshape(filters, -1, 1)
    each = graph.op("Unsqueeze", hidden, graph.const([2]))
    above = graph.op("Mul", graph.op("Sub", each, graph.const(levels, np.float32)), graph.const(slopes, np.float32))
    above = graph.op("Add", above, graph.const(np.array(0.5), np.float32))
    return graph.op("Clip", above, *(graph.const(np.array(edge), np.float32) for edge in (0.0, 1.0)))
