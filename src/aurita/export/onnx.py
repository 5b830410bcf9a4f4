"""Fitted models as ONNX: over whole sequences, or one step at a time with the states going in and out.

| model | form | inputs | outputs |
|---|---|---|---|
| classifier | `fixed` | `X` `(B, T, E)` | `probabilities`, `label` (an index into the `classes` of the metadata) |
| regressor | `fixed` | `X` `(B, T, E)` | `prediction` |
| these, with labels or values of steps | `step` | `x` `(B, E)`, states | the same of a step, states after it |
| forecaster | `step` | `value` `(B, O)`, `covariates` `(B, C)`, states | `forecast` `(B, O)` of the next step, states |
| one with experts | `fixed` | `window` `(T, O)`, `covariates` `(T + H, C)` | `forecast` `(H, O)` of the next steps |

Inputs are as the model was fitted on, float64, and are scaled within. States have defaults for one sequence: where it
begins, or, of a forecaster, where the series ended, its last value still to come. Experts look at a window of values
each time anew: the graph forecasts what `restart(window)` and `predict` do.
"""

import json

import numpy as np

from aurita.errors import AuritaError
from aurita.export.described import Described, ExportedMember, described
from aurita.export.graph import OnnxGraph, checked, helper, numpy_helper, value_info
from aurita.export.onnx_parts import centred, forecast_of, lags_of, mean_of, named, read, received, scaled
from aurita.export.shape_graph import add_shapes
from aurita.export.steps import StateNames, add_step, states_of
from aurita.export.window_graph import window_graph
from aurita.io.writing import StrPath, write_whole
from aurita.readout.summaries import AtTimes, Last, Mean, MeanDeviation

FORMS = ("auto", "fixed", "step")


def to_onnx(model: object, path: StrPath, *, form: str = "auto", series: int = 0, window: int | None = None) -> None:
    """Write a fitted model as ONNX.

    Args:
        model: a classifier, regressor or forecaster of built-in units.
        path: of the file.
        form: `fixed`, over whole sequences of one length, or over the window of a forecaster with experts; `step`;
            `auto`: `step` of forecasters of reservoirs alone, else `fixed`.
        series: which of the series of a forecaster.
        window: steps that a forecaster with experts receives; None: as many as it keeps of the series.

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
    given = described(model, series, window)
    forecasts, expert = given.task == "forecast", given.committee is not None
    if form == "auto":
        form = "step" if forecasts and not expert else "fixed"
    if forecasts and not expert and form == "fixed":
        raise AuritaError("a forecaster without experts goes on step by step; expected form='step'")
    if expert and form == "step":
        raise AuritaError(
            "the experts of the model forecast a whole window anew, and no step; expected form='fixed', or a model "
            "with experts=False"
        )
    if form == "step" and not all(_knows_steps(one) for one in given.members):
        raise AuritaError(
            "the model answers for whole sequences, whose pooled values a step does not know; expected form='fixed', "
            "or a model with summary='last'"
        )
    if form == "step":
        content = _step(given)
    else:
        content = checked(*window_graph(given), _about(given)) if expert else _fixed(given)
    write_whole(path, content)


def _knows_steps(member: ExportedMember) -> bool:
    """Whether the last step is all that a member answers by."""
    return member.shapes is None and (member.summary is None or isinstance(member.summary, Last))


def _fixed(given: Described) -> bytes:
    graph = OnnxGraph(given.real)
    exact = centred(graph, given, "X")
    external = graph.cast(exact, given.real)
    batch = graph.op("Slice", graph.op("Shape", "X"), graph.const([0]), graph.const([1]))
    start = {name: value for i, one in enumerate(given.members) for name, value in states_of(one, i).items()}
    shown = [external] * len(given.members)
    if start:
        shown = _scanned(graph, given, external, start, batch)
    answers = []
    for member, features in zip(given.members, shown, strict=True):
        if member.shapes is not None:
            row = add_shapes(graph, member.shapes, _counted(graph, given, exact))
        else:
            row = graph.cast(features, np.float64)
            row = row if given.per_step else _pooled(graph, given, member, row)
        answers.append(read(graph, member, row))
    outputs = _answers(graph, given, answers, ["B", "T"] if given.per_step else ["B"])
    return checked(graph, [value_info("X", np.float64, ["B", "T", given.inputs])], outputs, _about(given))


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


def _step(given: Described) -> bytes:
    graph = OnnxGraph(given.real)
    start = {name: value for i, one in enumerate(given.members) for name, value in states_of(one, i).items()}
    inputs, about = [], _about(given)
    tail, lags = None, lags_of(given) if given.task == "forecast" else 0
    if given.task == "forecast":
        if lags:
            assert given.tail is not None
            graph.constants.append(numpy_helper.from_array(given.tail[None].astype(np.float64), "tail"))
        covariates = given.inputs - given.outputs
        inputs.append(value_info("value", np.float64, ["B", given.outputs]))
        inputs += [value_info("tail", np.float64, ["B", lags, given.outputs])] if lags else []
        inputs += [value_info("covariates", np.float64, ["B", covariates])] if covariates else []
        names = "tail" if lags else None, "covariates" if covariates else None
        external, tail = received(graph, given, "value", *names)
    else:
        external = scaled(graph, given, "x")
        inputs.append(value_info("x", np.float64, ["B", given.inputs]))
    states = StateNames(start, {name: name for name in start})
    answers = []
    for i, one in enumerate(given.members):
        features = add_step(graph, one, i, states, external, "lived")
        answers.append(read(graph, one, graph.cast(features, np.float64)))
    if given.task == "forecast":
        found = forecast_of(graph, given, answers, tail)
        outputs = [named(graph, found, "forecast", np.float64, ["B", given.outputs])]
        if tail is not None:
            outputs.append(named(graph, tail, "tail_after", np.float64, ["B", lags, given.outputs]))
    else:
        outputs = _answers(graph, given, answers, ["B"])
    lived = graph.op("Add", "lived", graph.const([1]))
    graph.constants.append(numpy_helper.from_array(np.array([given.lived]), "lived"))
    inputs.append(value_info("lived", np.int64, [1]))
    outputs.append(named(graph, lived, "lived_after", np.int64, [1]))
    for name, value in start.items():
        # A constant of the name of an input is its default.
        graph.constants.append(numpy_helper.from_array(value[None].astype(given.real), name))
        inputs.append(value_info(name, given.real, ["B", *value.shape]))
        outputs.append(named(graph, states.after[name], f"{name}_after", given.real, ["B", *value.shape]))
    return checked(graph, inputs, outputs, about)


def _counted(graph: OnnxGraph, given: Described, values: str) -> str:
    """The steps from the washout on."""
    return graph.cut(values, 1, given.washout, np.iinfo(np.int64).max) if given.washout else values


def _pooled(graph: OnnxGraph, given: Described, member: ExportedMember, features: str) -> str:
    """One row for each sequence of `(B, T, F)` features."""
    summary, washout, width = member.summary, given.washout, member.features
    steps = graph.op("Slice", graph.op("Shape", features), graph.const([1]), graph.const([2]))
    if isinstance(summary, Last | AtTimes):
        count = summary.k if isinstance(summary, AtTimes) else 1
        valid = graph.op("Sub", steps, graph.const([washout]))
        ends = graph.op("Mul", valid, graph.const(np.arange(1, count + 1)))
        ends = graph.op("Div", graph.op("Add", ends, graph.const([count - 1])), graph.const([count]))
        places = graph.op("Add", ends, graph.const([washout - 1]))
        return graph.reshape(graph.op("Gather", features, places, axis=1), 0, count * width)
    counted = _counted(graph, given, features)
    mean = graph.op("ReduceMean", counted, axes=[1], keepdims=1)
    flat = graph.reshape(mean, 0, width)
    if isinstance(summary, Mean):
        return flat
    if not isinstance(summary, MeanDeviation):
        raise AuritaError(f"the summary {summary} cannot be exported; expected last, mean, mean_deviation or times:K")
    apart = graph.op("Sub", counted, mean)
    spread = graph.op("Sqrt", graph.op("ReduceMean", graph.op("Mul", apart, apart), axes=[1], keepdims=0))
    return graph.op("Concat", flat, spread, axis=1)


def _answers(graph: OnnxGraph, given: Described, answers: list[str], shape: list[object]) -> list[object]:
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


def _about(given: Described) -> dict[str, str]:
    """Metadata: the task, labels of classes, the last value of a series."""
    from aurita import __version__

    about = {"task": given.task, "version": __version__}
    if given.classes is not None:
        about["classes"] = json.dumps(given.classes.tolist())
    if given.last is not None:
        about["last"] = json.dumps(given.last.tolist())
    return about
