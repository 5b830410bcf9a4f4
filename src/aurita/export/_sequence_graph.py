"""A classifier or regressor as an ONNX graph over whole sequences of one length."""

from typing import Any

import numpy as np

from aurita.errors import AuritaError
from aurita.export._onnx_parts import answers_of, centred, read
from aurita.export._shape_graph import add_shapes
from aurita.export._steps import StateNames, add_step, states_of
from aurita.export.described import Described, ExportedMember
from aurita.export.graph import OnnxGraph, helper, value_info
from aurita.readout.summaries import AtTimes, Last, Mean, MeanDeviation


def sequence_graph(given: Described) -> tuple[OnnxGraph, list[Any], list[Any]]:
    """The graph, its inputs and its outputs."""
    graph = OnnxGraph(given.real)
    return graph, [value_info("X", np.float64, ["B", "T", given.inputs])], sequence_answers(graph, given, "X")


def sequence_answers(graph: OnnxGraph, given: Described, X: str, *, so_far: bool = False) -> list[Any]:
    """Predictions for sequences `X`, `(B, T, E)`, or of their steps; `so_far` they may not be past the washout."""
    exact = centred(graph, given, X)
    external = graph.cast(exact, given.real)
    batch = graph.op("Slice", graph.op("Shape", X), graph.const([0]), graph.const([1]))
    start = {name: value for i, one in enumerate(given.members) for name, value in states_of(one, i).items()}
    steps = graph.op("Slice", graph.op("Shape", X), graph.const([1]), graph.const([2]))
    counts = graph.const([given.washout])
    if so_far:
        counts = graph.op("Min", counts, graph.op("Sub", steps, graph.const([1])))
    shown = [external] * len(given.members)
    if start:
        shown = _scanned(graph, given, external, start, batch)
    answers = []
    for member, features in zip(given.members, shown, strict=True):
        if member.shapes is not None:
            row = add_shapes(graph, member.shapes, _counted(graph, given, exact, counts))
        else:
            row = graph.cast(features, np.float64)
            row = row if given.per_step else _pooled(graph, given, member, row, counts)
        answers.append(read(graph, member, row))
    return answers_of(graph, given, answers, ["B", "T"] if given.per_step else ["B"])


def _scanned(graph: OnnxGraph, given: Described, external: str, start: dict[str, np.ndarray], batch: str) -> list[str]:
    """Features `(B, T, F)` of each member, by one scan over time."""
    body = OnnxGraph(given.real, "s")
    states = StateNames(start, {name: f"in_{name}" for name in start})
    shown = [add_step(body, one, i, states, "x", "in_lived") for i, one in enumerate(given.members)]
    # Outputs of a graph need names of their own, and some states are one value.
    after = {name: body.op("Identity", states.after[name]) for name in start}
    lived = body.op("Add", "in_lived", body.const([1]))
    inner_in = [value_info("in_lived", np.int64, [1])]
    inner_in += [value_info(f"in_{name}", given.real, ["B", *value.shape]) for name, value in start.items()]
    inner_out = [value_info(lived, np.int64, [1])]
    inner_out += [value_info(after[name], given.real, ["B", *value.shape]) for name, value in start.items()]
    inner_out += [
        value_info(name, given.real, ["B", one.features]) for name, one in zip(shown, given.members, strict=True)
    ]
    inner_in.append(value_info("x", given.real, ["B", given.inputs]))
    inner = helper.make_graph(body.nodes, "step", inner_in, inner_out, body.constants)
    begun = [graph.const([0])]
    for value in start.values():
        shape = graph.op("Concat", batch, graph.const(list(value.shape)), axis=0)
        begun.append(graph.op("Expand", graph.const(value[None]), shape))
    ends = [graph.name() for _ in begun]
    features = [graph.name() for _ in given.members]
    graph.nodes.append(
        helper.make_node(
            "Scan",
            [*begun, external],
            [*ends, *features],
            body=inner,
            num_scan_inputs=1,
            scan_input_axes=[1],
            scan_output_axes=[1] * len(features),
        )
    )
    return features


def _counted(graph: OnnxGraph, given: Described, values: str, first: str) -> str:
    """The steps from the first one on that counts."""
    ends = (graph.const([np.iinfo(np.int64).max]), graph.const([1]))
    return graph.op("Slice", values, first, *ends) if given.washout else values


def _pooled(graph: OnnxGraph, given: Described, member: ExportedMember, features: str, first: str) -> str:
    """One row for each sequence of `(B, T, F)` features."""
    summary, width = member.summary, member.features
    steps = graph.op("Slice", graph.op("Shape", features), graph.const([1]), graph.const([2]))
    if isinstance(summary, Last | AtTimes):
        count = summary.k if isinstance(summary, AtTimes) else 1
        valid = graph.op("Sub", steps, first)
        ends = graph.op("Mul", valid, graph.const(np.arange(1, count + 1)))
        ends = graph.op("Div", graph.op("Add", ends, graph.const([count - 1])), graph.const([count]))
        places = graph.op("Add", ends, graph.op("Sub", first, graph.const([1])))
        return graph.reshape(graph.op("Gather", features, places, axis=1), 0, count * width)
    counted = _counted(graph, given, features, first)
    mean = graph.op("ReduceMean", counted, axes=[1], keepdims=1)
    flat = graph.reshape(mean, 0, width)
    if isinstance(summary, Mean):
        return flat
    if not isinstance(summary, MeanDeviation):
        raise AuritaError(f"the summary {summary} cannot be exported; expected last, mean, mean_deviation or times:K")
    apart = graph.op("Sub", counted, mean)
    spread = graph.op("Sqrt", graph.op("ReduceMean", graph.op("Mul", apart, apart), axes=[1], keepdims=0))
    return graph.op("Concat", flat, spread, axis=1)
