"""Pieces of ONNX graphs that several exports share: scales, readouts, and the step of a forecaster."""

from typing import Any

import numpy as np

from aurita.export.described import Described
from aurita.export.graph import OnnxGraph, helper, value_info


def scaled(graph: OnnxGraph, given: Described, values: str) -> str:
    return graph.cast(centred(graph, given, values), given.real)


def centred(graph: OnnxGraph, given: Described, values: str) -> str:
    centred = graph.op("Sub", values, graph.const(given.mean, np.float64))
    return graph.op("Div", centred, graph.const(given.deviation, np.float64))


def read(graph: OnnxGraph, member: Any, rows: str) -> str:
    predicted = graph.op("MatMul", rows, graph.const(member.coef, np.float64))
    return graph.op("Add", predicted, graph.const(member.intercept, np.float64))


def mean_of(graph: OnnxGraph, values: list[str]) -> str:
    # onnxruntime has no Mean of float64.
    total = values[0]
    for one in values[1:]:
        total = graph.op("Add", total, one)
    return total if len(values) == 1 else graph.op("Div", total, graph.const(np.array(float(len(values))), np.float64))


def named(graph: OnnxGraph, value: str, name: str, kind: type, shape: list[object]) -> Any:
    graph.nodes.append(helper.make_node("Identity", [value], [name]))
    return value_info(name, kind, shape)


def received(
    graph: OnnxGraph, given: Described, value: str, tail: str | None, covariates: str | None
) -> tuple[str, str | None]:
    """What a reservoir receives of a value `(B, O)` and covariates, and the values that the next one is added to."""
    after = None
    if tail is not None:
        lags = lags_of(given)
        now = graph.op("Unsqueeze", value, graph.const([1]))
        # The oldest first in the tail, the newest first in the filter.
        value = graph.op("Add", value, carried(graph, given, tail))
        after = graph.joined([graph.cut(tail, 1, 1, lags), now], 1) if lags > 1 else now
    parts = [value] if covariates is None else [value, covariates]
    return scaled(graph, given, graph.joined(parts, 1)), after


def lags_of(given: Described) -> int:
    """Steps that differences reach back."""
    assert given.taken is not None
    return len(given.taken) - 1


def carried(graph: OnnxGraph, given: Described, tail: str) -> str:
    """The sum of the lagged values with their coefficients."""
    assert given.taken is not None
    return graph.einsum("k,bko->bo", graph.const(given.taken[:0:-1], np.float64), tail)


def forecast_of(graph: OnnxGraph, given: Described, answers: list[str], tail: str | None) -> str:
    """The next value, from what readouts say."""
    outputs, bound = given.outputs, np.array(given.bound, float)
    predicted = [graph.op("Clip", one, *(graph.const(edge, np.float64) for edge in (-bound, bound))) for one in answers]
    value = graph.op("Mul", mean_of(graph, predicted), graph.const(given.deviation[:outputs], np.float64))
    value = graph.op("Add", value, graph.const(given.mean[:outputs], np.float64))
    if tail is not None:
        value = graph.op("Sub", value, carried(graph, given, tail))
    return limited(graph, given, value)


def limited(graph: OnnxGraph, given: Described, value: str) -> str:
    """A value within the limits of the series."""
    lower, upper = given.lower, given.upper
    if lower is None and upper is None:
        return value
    edges = (-np.inf if lower is None else lower, np.inf if upper is None else upper)
    return graph.op("Clip", value, *(graph.const(np.array(edge, float), np.float64) for edge in edges))
