"""Fitted models as ONNX: over whole sequences, or one step at a time with the states going in and out.

| model | form | inputs | outputs |
|---|---|---|---|
| classifier | `fixed` | `X` `(B, T, E)` | `probabilities`, `label` (an index into the `classes` of the metadata) |
| regressor | `fixed` | `X` `(B, T, E)` | `prediction` |
| these, with labels or values of steps | `step` | `x` `(B, E)`, states | the same of a step, states after it |
| forecaster | `step` | `value` `(B, O)`, `covariates` `(B, C)`, states | `forecast` `(B, O)` of the next step, states |

Inputs are as the model was fitted on, float64, and are scaled within. States have defaults for one sequence: where it
begins, or, of a forecaster, where the series ended, its last value still to come.
"""

import json
from typing import Any

import numpy as np

from aurita.errors import AuritaError
from aurita.export.described import Described, described
from aurita.export.graph import OnnxGraph, checked, helper, numpy_helper, value_info
from aurita.export.steps import StateNames, add_step, states_of
from aurita.io.writing import StrPath, write_whole
from aurita.readout.summaries import AtTimes, Last, Mean, MeanDeviation

FORMS = ("auto", "fixed", "step")


def to_onnx(model: object, path: StrPath, *, form: str = "auto", series: int = 0) -> None:
    """Write a fitted model as ONNX.

    Args:
        model: a classifier, regressor or forecaster of built-in units, shape units aside.
        path: of the file.
        form: `fixed`, over whole sequences of one length; `step`; `auto`: `step` of forecasters, else `fixed`.
        series: which of the series of a forecaster.

    Raises:
        AuritaError: a model or a form that cannot be exported, or a path that cannot be written to.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import onnxruntime
        >>> from aurita import ReservoirRegressor
        >>> x = np.random.default_rng(0).uniform(size=(100, 1))
        >>> model = ReservoirRegressor(units=4).fit([x], [x**2])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     to_onnx(model, Path(folder, "model.onnx"))
        ...     session = onnxruntime.InferenceSession(Path(folder, "model.onnx"))
        >>> found = session.run(["prediction"], {"X": x[None]})[0]
        >>> bool(np.abs(found[0] - model.predict([x])[0]).max() < 1e-5)
        True
    """
    if form not in FORMS:
        raise AuritaError(f"form is {form!r}; expected one of {', '.join(FORMS)}")
    given = described(model, series)
    if form == "auto":
        form = "step" if given.task == "forecast" else "fixed"
    if given.task == "forecast" and form == "fixed":
        raise AuritaError("a forecaster goes on step by step; expected form='step'")
    if form == "step" and not given.per_step and not isinstance(given.summary, Last):
        raise AuritaError(
            "the model answers for whole sequences, whose pooled states a step does not know; expected form='fixed', "
            "or a model with summary='last'"
        )
    write_whole(path, _fixed(given) if form == "fixed" else _step(given))


def _fixed(given: Described) -> bytes:
    graph = OnnxGraph(given.real)
    scaled = _scaled(graph, given, "X")
    batch = graph.op("Slice", graph.op("Shape", "X"), graph.const([0]), graph.const([1]))
    start = {name: value for i, one in enumerate(given.members) for name, value in states_of(one, i).items()}
    shown = [scaled] * len(given.members)
    if start:
        shown = _scanned(graph, given, scaled, start, batch)
    answers = []
    for member, features in zip(given.members, shown, strict=True):
        exact = graph.cast(features, np.float64)
        row = exact if given.per_step else _pooled(graph, given, exact, member.features)
        answers.append(_read(graph, member, row))
    outputs = _answers(graph, given, answers, ["B", "T"] if given.per_step else ["B"])
    return checked(graph, [value_info("X", np.float64, ["B", "T", given.inputs])], outputs, _about(given))


def _scanned(graph: OnnxGraph, given: Described, scaled: str, start: dict[str, np.ndarray], batch: str) -> list[str]:
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
            [*begun, scaled],
            [*ends, *features],
            body=inner,
            num_scan_inputs=1,
            scan_input_axes=[1],
            scan_output_axes=[1] * len(features),
        )
    )
    return features


def _step(given: Described) -> bytes:
    graph = OnnxGraph(given.real)
    start = {name: value for i, one in enumerate(given.members) for name, value in states_of(one, i).items()}
    inputs, about = [], _about(given)
    if given.task == "forecast":
        scaled, tail, outer = _inputs(graph, given)
        inputs += outer
    else:
        scaled, tail = _scaled(graph, given, "x"), None
        inputs.append(value_info("x", np.float64, ["B", given.inputs]))
    states = StateNames(start, {name: name for name in start})
    answers = []
    for i, one in enumerate(given.members):
        features = add_step(graph, one, i, states, scaled, "lived")
        answers.append(_read(graph, one, graph.cast(features, np.float64)))
    if given.task == "forecast":
        outputs = _forecast(graph, given, answers, tail)
    else:
        outputs = _answers(graph, given, answers, ["B"])
    lived = graph.op("Add", "lived", graph.const([1]))
    graph.constants.append(numpy_helper.from_array(np.array([given.lived]), "lived"))
    inputs.append(value_info("lived", np.int64, [1]))
    outputs.append(_named(graph, lived, "lived_after", np.int64, [1]))
    for name, value in start.items():
        # A constant of the name of an input is its default.
        graph.constants.append(numpy_helper.from_array(value[None].astype(given.real), name))
        inputs.append(value_info(name, given.real, ["B", *value.shape]))
        outputs.append(_named(graph, states.after[name], f"{name}_after", given.real, ["B", *value.shape]))
    return checked(graph, inputs, outputs, about)


def _inputs(graph: OnnxGraph, given: Described) -> tuple[str, str | None, list[object]]:
    """What a forecaster receives of a value and covariates; the values that the next one is added to; the inputs."""
    assert given.taken is not None
    assert given.tail is not None
    outputs, lags = given.outputs, len(given.taken) - 1
    covariates = given.inputs - outputs
    infos = [value_info("value", np.float64, ["B", outputs])]
    difference, tail = "value", None
    if lags:
        graph.constants.append(numpy_helper.from_array(given.tail[None].astype(np.float64), "tail"))
        infos.append(value_info("tail", np.float64, ["B", lags, outputs]))
        now = graph.op("Unsqueeze", "value", graph.const([1]))
        # The oldest first in the tail, the newest first in the filter.
        difference = graph.op("Add", "value", _carried(graph, given, "tail"))
        tail = graph.joined([graph.cut("tail", 1, 1, lags), now], 1) if lags > 1 else now
    parts = [difference]
    if covariates:
        infos.append(value_info("covariates", np.float64, ["B", covariates]))
        parts.append("covariates")
    return _scaled(graph, given, graph.joined(parts, 1)), tail, infos


def _carried(graph: OnnxGraph, given: Described, tail: str) -> str:
    """The sum of the lagged values with their coefficients."""
    assert given.taken is not None
    return graph.einsum("k,bko->bo", graph.const(given.taken[:0:-1], np.float64), tail)


def _forecast(graph: OnnxGraph, given: Described, answers: list[str], tail: str | None) -> list[object]:
    outputs = given.outputs
    bound = np.array(given.bound, float)
    predicted = [graph.op("Clip", one, *(graph.const(edge, np.float64) for edge in (-bound, bound))) for one in answers]
    mean = _mean(graph, predicted)
    value = graph.op("Mul", mean, graph.const(given.deviation[:outputs], np.float64))
    value = graph.op("Add", value, graph.const(given.mean[:outputs], np.float64))
    found = []
    if tail is not None:
        value = graph.op("Sub", value, _carried(graph, given, tail))
        assert given.taken is not None
        found.append(_named(graph, tail, "tail_after", np.float64, ["B", len(given.taken) - 1, outputs]))
    lower, upper = given.lower, given.upper
    if lower is not None or upper is not None:
        edges = (-np.inf if lower is None else lower, np.inf if upper is None else upper)
        value = graph.op("Clip", value, *(graph.const(np.array(edge, float), np.float64) for edge in edges))
    return [_named(graph, value, "forecast", np.float64, ["B", outputs]), *found]


def _scaled(graph: OnnxGraph, given: Described, values: str) -> str:
    centred = graph.op("Sub", values, graph.const(given.mean, np.float64))
    return graph.cast(graph.op("Div", centred, graph.const(given.deviation, np.float64)), given.real)


def _pooled(graph: OnnxGraph, given: Described, features: str, width: int) -> str:
    """One row for each sequence of `(B, T, F)` features."""
    summary, washout = given.summary, given.washout
    steps = graph.op("Slice", graph.op("Shape", features), graph.const([1]), graph.const([2]))
    if isinstance(summary, Last | AtTimes):
        count = summary.k if isinstance(summary, AtTimes) else 1
        valid = graph.op("Sub", steps, graph.const([washout]))
        ends = graph.op("Mul", valid, graph.const(np.arange(1, count + 1)))
        ends = graph.op("Div", graph.op("Add", ends, graph.const([count - 1])), graph.const([count]))
        places = graph.op("Add", ends, graph.const([washout - 1]))
        return graph.reshape(graph.op("Gather", features, places, axis=1), 0, count * width)
    counted = graph.op("Slice", features, graph.const([washout]), steps, graph.const([1]))
    mean = graph.op("ReduceMean", counted, axes=[1], keepdims=1)
    flat = graph.reshape(mean, 0, width)
    if isinstance(summary, Mean):
        return flat
    if not isinstance(summary, MeanDeviation):
        raise AuritaError(f"the summary {summary} cannot be exported; expected last, mean, mean_deviation or times:K")
    apart = graph.op("Sub", counted, mean)
    spread = graph.op("Sqrt", graph.op("ReduceMean", graph.op("Mul", apart, apart), axes=[1], keepdims=0))
    return graph.op("Concat", flat, spread, axis=1)


def _read(graph: OnnxGraph, member: Any, rows: str) -> str:
    predicted = graph.op("MatMul", rows, graph.const(member.coef, np.float64))
    return graph.op("Add", predicted, graph.const(member.intercept, np.float64))


def _answers(graph: OnnxGraph, given: Described, answers: list[str], shape: list[object]) -> list[object]:
    """The outputs of a classifier or regressor."""
    if given.task == "regress":
        return [_named(graph, _mean(graph, answers), "prediction", np.float64, [*shape, given.outputs])]
    if given.logistic:
        answers = [graph.op("LogSoftmax", one, axis=-1) for one in answers]
    mean = _mean(graph, answers)
    label = graph.op("ArgMax", mean, axis=-1, keepdims=0)
    spread = graph.op("Div", mean, graph.const(np.array(given.spread), np.float64))
    probabilities = graph.op("Softmax", spread, axis=-1)
    return [
        _named(graph, probabilities, "probabilities", np.float64, [*shape, given.outputs]),
        _named(graph, label, "label", np.int64, shape),
    ]


def _mean(graph: OnnxGraph, values: list[str]) -> str:
    # onnxruntime has no Mean of float64.
    total = values[0]
    for one in values[1:]:
        total = graph.op("Add", total, one)
    return total if len(values) == 1 else graph.op("Div", total, graph.const(np.array(float(len(values))), np.float64))


def _named(graph: OnnxGraph, value: str, name: str, kind: type, shape: list[object]) -> Any:
    graph.nodes.append(helper.make_node("Identity", [value], [name]))
    return value_info(name, kind, shape)


def _about(given: Described) -> dict[str, str]:
    """Metadata: the task, labels of classes, the last value of a series."""
    from aurita import __version__

    about = {"task": given.task, "version": __version__}
    if given.classes is not None:
        about["classes"] = json.dumps(given.classes.tolist())
    if given.last is not None:
        about["last"] = json.dumps(given.last.tolist())
    return about
