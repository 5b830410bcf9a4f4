"""One step of a model as an ONNX graph: states go in and out, and with them what was seen of a sequence so far."""

from typing import Any

import numpy as np

from aurita.export._onnx_parts import (
    answers_of,
    centred,
    direct_forecast,
    direct_row,
    forecast_of,
    lags_of,
    named,
    read,
    received,
)
from aurita.export._sequence_graph import sequence_answers
from aurita.export._so_far_graph import add_so_far, so_far_states
from aurita.export._steps import StateNames, add_step, states_of
from aurita.export.described import Described, keeps_steps
from aurita.export.graph import OnnxGraph, numpy_helper, value_info


def step_graph(given: Described) -> tuple[OnnxGraph, list[Any], list[Any]]:
    """The graph, its inputs and its outputs."""
    if keeps_steps(given):
        return _kept_graph(given)
    graph = OnnxGraph(given.real)
    start: dict[str, np.ndarray] = {
        name: value.astype(given.real)
        for number, one in enumerate(given.members)
        for name, value in states_of(one, number).items()
    }
    own = [so_far_states(given, one, number) for number, one in enumerate(given.members)]
    states = StateNames(start, {name: name for name in start})
    run = _forecast if given.task == "forecast" else _answer
    inputs, outputs = run(graph, given, states, own)
    _carry(graph, inputs, outputs, "lived", np.array([given.lived]), [1], graph.op("Add", "lived", graph.const([1])))
    for name, value in {**start, **{name: value for part in own for name, value in part.items()}}.items():
        _carry(graph, inputs, outputs, name, value[None], ["B", *value.shape], states.after[name])
    return graph, inputs, outputs


def _carry(
    graph: OnnxGraph, inputs: list[Any], outputs: list[Any], name: str, start: np.ndarray, shape: list[Any], after: str
) -> None:
    """An input with a default, and what becomes of it; a constant of the name of an input is its default."""
    graph.constants.append(numpy_helper.from_array(start, name))
    inputs.append(value_info(name, start.dtype.type, shape))
    outputs.append(named(graph, after, f"{name}_after", start.dtype.type, shape))


def _answer(
    graph: OnnxGraph, given: Described, states: StateNames, own: list[dict[str, np.ndarray]]
) -> tuple[list[Any], list[Any]]:
    """What a classifier or regressor says of a step, or of the sequence so far."""
    exact = centred(graph, given, "x")
    external, answers = graph.cast(exact, given.real), []
    for number, (member, begun) in enumerate(zip(given.members, own, strict=True)):
        row = exact
        if member.shapes is None:
            row = graph.cast(add_step(graph, member, number, states, external, "lived"), np.float64)
        if begun:
            row, after = add_so_far(graph, given, member, row, {name: name for name in begun})
            states.after |= after
        answers.append(read(graph, member, row))
    return [value_info("x", np.float64, ["B", given.inputs])], answers_of(graph, given, answers, ["B"])


def _forecast(
    graph: OnnxGraph, given: Described, states: StateNames, own: list[dict[str, np.ndarray]]
) -> tuple[list[Any], list[Any]]:
    """The forecast of the next step, or of all steps that a direct forecaster knows."""
    del own
    lags, covariates, outputs = lags_of(given), given.inputs - given.outputs, given.outputs
    inputs = [value_info("value", np.float64, ["B", outputs])]
    ahead = "covariates" if covariates else None
    if covariates:
        steps = [given.horizon] if given.direct else []
        inputs.append(value_info("covariates", np.float64, ["B", *steps, covariates]))
    following = (
        graph.op("Squeeze", graph.cut("covariates", 1, 0, 1), graph.const([1])) if given.direct and ahead else ahead
    )
    external, tail = received(graph, given, "value", "tail" if lags else None, following)
    answers = []
    for number, member in enumerate(given.members):
        row = graph.cast(add_step(graph, member, number, states, external, "lived"), np.float64)
        answers.append(read(graph, member, direct_row(graph, given, row, ahead) if given.direct else row))
    if given.direct:
        found, shape = direct_forecast(graph, given, answers, tail), ["B", given.horizon, outputs]
    else:
        found, shape = forecast_of(graph, given, answers, tail), ["B", outputs]
    shown = [named(graph, found, "forecast", np.float64, shape)]
    if tail is not None:
        assert given.tail is not None
        _carry(graph, inputs, shown, "tail", given.tail[None].astype(np.float64), ["B", lags, outputs], tail)
    return inputs, shown


def _kept_graph(given: Described) -> tuple[OnnxGraph, list[Any], list[Any]]:
    """Of models that need all steps of a sequence so far: they go in and out."""
    graph = OnnxGraph(given.real)
    past = graph.op("Concat", "past", graph.op("Unsqueeze", "x", graph.const([1])), axis=1)
    inputs = [value_info("x", np.float64, ["B", given.inputs])]
    outputs = sequence_answers(graph, given, past, so_far=True)
    graph.constants.append(numpy_helper.from_array(np.zeros((1, 0, given.inputs)), "past"))
    inputs.append(value_info("past", np.float64, ["B", "P", given.inputs]))
    outputs.append(named(graph, past, "past_after", np.float64, ["B", "P_after", given.inputs]))
    return graph, inputs, outputs
