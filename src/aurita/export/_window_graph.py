"""A forecaster with experts as an ONNX graph: a window of values goes in, forecasts of the next steps come out."""

from typing import Any

import numpy as np

from aurita.export import _experts
from aurita.export._onnx_parts import (
    direct_row,
    direct_values,
    forecast_of,
    lags_of,
    limited,
    named,
    read,
    received,
)
from aurita.export._ops_onnx import OnnxOps
from aurita.export._steps import StateNames, add_step, states_of
from aurita.export.described import Described, ExportedMember
from aurita.export.graph import OnnxGraph, helper, value_info


def window_graph(given: Described) -> tuple[OnnxGraph, list[Any], list[Any]]:
    """The graph, its inputs and its outputs."""
    committee, outputs = given.committee, given.outputs
    assert committee is not None
    graph, covariates = OnnxGraph(np.float64), given.inputs - outputs
    inputs = [value_info("window", np.float64, [given.window, outputs])]
    if covariates:
        inputs.append(value_info("covariates", np.float64, [given.window + given.horizon, covariates]))
    ops = OnnxOps(graph)
    values = ops.named("window", (given.window, outputs))
    found = _experts.forecast_of(ops, committee, values, given.horizon)
    for number, member in enumerate(given.members):
        ahead = ops.named(_reservoir(graph, given, member, number), (outputs, given.horizon))
        found = found + ahead * (float(committee.weights[-1]) / len(given.members))
    found = ops.rows_of(ops.clip(found, *_experts.bounds_of(ops, ops.rows_of(values))))
    last = limited(graph, given, found.name)
    return graph, inputs, [named(graph, last, "forecast", np.float64, [given.horizon, outputs])]


def _reservoir(graph: OnnxGraph, given: Described, member: ExportedMember, number: int) -> str:
    """What a reservoir forecasts, `(O, H)`, which takes the window and then its own forecasts."""
    outputs, lags, steps = given.outputs, lags_of(given), given.window
    covariates = given.inputs - outputs
    rows = steps - lags if given.direct else steps - 1 + given.horizon - lags
    start = states_of(member, number)
    body = OnnxGraph(given.real, f"{graph.name()}_")
    own = {name: f"{body.prefix}{name}" for name in start}
    lived, before, tail, value, known = (
        f"{body.prefix}{name}" for name in ("lived", "before", "tail", "value", "known")
    )
    driven = f"{body.prefix}covariates"
    # A value of the window, and then the forecast of the step before.
    now = body.op("Where", known, value, before)
    now = body.reshape(now, 1, outputs)
    external, after = received(
        body,
        given,
        now,
        tail if lags else None,
        body.reshape(driven, 1, covariates) if covariates else None,
    )
    states = StateNames(start, own)
    features = add_step(body, member, number, states, external, lived)
    features = body.cast(features, np.float64)
    following, shown, width = value, body.reshape(features, member.features), member.features
    if not given.direct:
        following = body.reshape(forecast_of(body, given, [read(body, member, features)], after), outputs)
        shown, width = body.op("Identity", following), outputs
    carried: list[tuple[str, Any, list[int], Any, str]]
    carried = [(lived, np.int64, [1], np.zeros(1, np.int64), body.op("Add", lived, body.const([1])))]
    carried.append((before, np.float64, [outputs], np.zeros(outputs), following))
    if lags:
        assert after is not None
        first = graph.op("Unsqueeze", graph.cut("window", 0, 0, lags), graph.const([0]))
        carried.append((tail, np.float64, [1, lags, outputs], first, after))
    for name, array in start.items():
        carried.append((own[name], given.real, [1, *array.shape], array[None], states.after[name]))
    begun = [one if isinstance(one, str) else graph.const(one, kind) for _, kind, _, one, _ in carried]
    ends = [body.op("Identity", one) for *_, one in carried]
    padding = graph.const(np.zeros((rows + lags - steps, outputs)), np.float64)
    every = graph.op("Concat", graph.cut("window", 0, lags, steps), padding, axis=0)
    flags = graph.cast(graph.const((np.arange(rows) < steps - lags)[:, None].astype(np.int64)), bool)
    received_rows = [(value, np.float64, [outputs], every), (known, bool, [1], flags)]
    if covariates:
        later = graph.cut("covariates", 0, lags + 1, lags + 1 + rows)
        received_rows.append((driven, np.float64, [covariates], later))
    made = helper.make_graph(
        body.nodes,
        "step",
        [
            *(value_info(name, kind, shape) for name, kind, shape, *_ in carried),
            *(value_info(name, kind, shape) for name, kind, shape, _ in received_rows),
        ],
        [
            *(value_info(end, kind, shape) for end, (_, kind, shape, *_) in zip(ends, carried, strict=True)),
            value_info(shown, np.float64, [width]),
        ],
        body.constants,
    )
    found, finished = graph.name(), [graph.name() for _ in ends]
    graph.nodes.append(
        helper.make_node(
            "Scan",
            [*begun, *(one[-1] for one in received_rows)],
            [*finished, found],
            body=made,
            num_scan_inputs=len(received_rows),
        )
    )
    if given.direct:
        return _at_once(graph, given, member, graph.cut(found, 0, rows - 1, rows))
    return graph.op("Transpose", graph.cut(found, 0, rows - given.horizon, rows), perm=[1, 0])


def _at_once(graph: OnnxGraph, given: Described, member: ExportedMember, features: str) -> str:
    """What a direct readout forecasts of the features of the window's last step."""
    steps, lags, ahead = given.window, lags_of(given), None
    if given.inputs > given.outputs:
        ahead = graph.op("Unsqueeze", graph.cut("covariates", 0, steps, steps + given.horizon), graph.const([0]))
    tail = graph.op("Unsqueeze", graph.cut("window", 0, steps - lags, steps), graph.const([0])) if lags else None
    answer = read(graph, member, direct_row(graph, given, features, ahead))
    found = graph.op("Squeeze", direct_values(graph, given, [answer], tail), graph.const([0]))
    return graph.op("Transpose", found, perm=[1, 0])
