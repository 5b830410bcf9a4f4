"""Pieces of ONNX graphs that several exports share: scales, readouts, and the step of a forecaster."""

from typing import Any

import numpy as np

from aurita.data.differences import restored
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
    value = _unscaled(graph, given, answers, 1)
    if tail is not None:
        value = graph.op("Sub", value, carried(graph, given, tail))
    return limited(graph, given, value)


def _unscaled(graph: OnnxGraph, given: Described, answers: list[str], steps: int) -> str:
    """The mean of what readouts say of so many steps, within bounds, in the unit of the series as it is received."""
    edges = [graph.const(np.array(edge, float), np.float64) for edge in (-given.bound, given.bound)]
    mean = mean_of(graph, [graph.op("Clip", one, *edges) for one in answers])
    scale, shift = (np.tile(values[: given.outputs], steps) for values in (given.deviation, given.mean))
    return graph.op("Add", graph.op("Mul", mean, graph.const(scale, np.float64)), graph.const(shift, np.float64))


def limited(graph: OnnxGraph, given: Described, value: str) -> str:
    """A value within the limits of the series."""
    lower, upper = given.lower, given.upper
    if lower is None and upper is None:
        return value
    edges = (-np.inf if lower is None else lower, np.inf if upper is None else upper)
    return graph.op("Clip", value, *(graph.const(np.array(edge, float), np.float64) for edge in edges))


def direct_row(graph: OnnxGraph, given: Described, row: str, covariates: str | None) -> str:
    """What a direct readout sees: features of the step, then covariates `(B, H, C)` of the steps after the next one."""
    later = given.horizon - 1
    if covariates is None or not later:
        return row
    outputs = given.outputs
    apart = graph.op("Sub", covariates, graph.const(given.mean[outputs:], np.float64))
    known = graph.cut(graph.op("Div", apart, graph.const(given.deviation[outputs:], np.float64)), 1, 1, given.horizon)
    return graph.joined([row, graph.reshape(known, 0, later * (given.inputs - outputs))], 1)


def direct_forecast(graph: OnnxGraph, given: Described, answers: list[str], tail: str | None) -> str:
    """The next values `(B, H, O)`, of what direct readouts say."""
    return limited(graph, given, direct_values(graph, given, answers, tail))


def direct_values(graph: OnnxGraph, given: Described, answers: list[str], tail: str | None) -> str:
    """The same before limits of the series: sums of differences and of the values before, which are a linear map."""
    value = graph.reshape(_unscaled(graph, given, answers, given.horizon), 0, given.horizon, given.outputs)
    if tail is None:
        return value
    assert given.taken is not None
    lags = lags_of(given)
    impulses = restored(np.eye(given.horizon)[..., None], np.zeros((given.horizon, lags, 1)), given.taken)[..., 0]
    before = restored(np.zeros((lags, given.horizon, 1)), np.eye(lags)[..., None], given.taken)[..., 0]
    parts = (("kh,bko->bho", impulses, value), ("kh,bko->bho", before, tail))
    return graph.op("Add", *(graph.einsum(how, graph.const(by, np.float64), of) for how, by, of in parts))


def answers_of(graph: OnnxGraph, given: Described, answers: list[str], shape: list[object]) -> list[object]:
    """The outputs of a classifier or regressor."""
    if given.task == "regress":
        return [named(graph, mean_of(graph, answers), "prediction", np.float64, [*shape, given.outputs])]
    if given.logistic:
        answers = [graph.op("LogSoftmax", one, axis=-1) for one in answers]
    mean = mean_of(graph, answers)
    label = graph.op("ArgMax", mean, axis=-1, keepdims=0)
    spread = graph.op("Div", mean, graph.const(np.array(given.spread), np.float64))
    probabilities = graph.op("Softmax", spread, axis=-1)
    return [
        named(graph, probabilities, "probabilities", np.float64, [*shape, given.outputs]),
        named(graph, label, "label", np.int64, shape),
    ]
