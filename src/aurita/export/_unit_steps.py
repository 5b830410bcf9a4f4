"""One step of each type of unit as nodes of an ONNX graph; the batch comes first, units last."""

from typing import Any

import numpy as np

from aurita.export.described import Layer
from aurita.export.graph import Names, OnnxGraph, StepNames
from aurita.units import AnarchistUnit, AttentionUnit, BlockUnit, DiagonalMemoryUnit, EchoUnit, PhaseUnit, TraceUnit
from aurita.units.block import EPSILON
from aurita.units.diagonal import FASTEST, SLOWEST
from aurita.units.given_echo import GivenEchoUnit


def echo(graph: OnnxGraph, layer: Layer, slots: str, now: Names, lived: str) -> StepNames:
    del lived
    weights = layer.weights
    driven = graph.op("Mul", graph.const(np.array(layer.unit.input_scale, float)), slots)
    recurrent = graph.einsum("nmu,bmu->bnu", graph.const(weights["weights"]), now["memory"])
    inner = graph.op("Add", graph.op("Add", driven, recurrent), graph.const(weights["bias"]))
    kept = graph.op("Mul", graph.const(1 - weights["leak"]), now["memory"])
    state = graph.op("Add", kept, graph.op("Mul", graph.const(weights["leak"]), graph.op("Tanh", inner)))
    output = graph.op("Mul", state, graph.const(weights["output_mask"])) if "output_mask" in weights else state
    return {"output": output}, {"memory": state}


def attention(graph: OnnxGraph, layer: Layer, slots: str, now: Names, lived: str) -> StepNames:
    unit, weights = layer.unit, layer.weights
    kinds: Names = {}
    after: Names = {}
    shown = slots
    if unit.heads:
        ages, after = _remembered(graph, layer, slots, now)
        query = graph.einsum("qdu,bdu->bqu", graph.const(weights["query_w"]), slots)
        query = graph.reshape(query, 0, unit.heads, layer.memory.shape[1], layer.units)
        query = graph.op("Add", query, graph.const(weights["query_b"]))
        context = _attended(graph, layer, query, ages, np.moveaxis(weights["age_bias"], 0, 1), lived)
        kinds["context"] = context
        shown = graph.joined([slots, context], 1)
    phi = [shown]
    if unit.hidden:
        inner = graph.einsum("fsu,bsu->bfu", graph.const(weights["w1"]), shown)
        kinds["hidden"] = graph.op("Tanh", graph.op("Add", inner, graph.const(weights["b1"])))
        phi.append(kinds["hidden"])
    every = graph.joined(phi, 1)
    output = _linear(graph, weights["wo"], weights["bo"], every)
    kinds |= {"output": _clipped(graph, unit, output), **_heads(graph, weights, every)}
    return kinds, after


def block(graph: OnnxGraph, layer: Layer, slots: str, now: Names, lived: str) -> StepNames:
    unit, weights = layer.unit, layer.weights
    kinds: Names = {}
    after: Names = {}
    result, phi = slots, [slots]
    if unit.heads:
        ages, after = _remembered(graph, layer, slots, now)
        placed = graph.op("Add", ages, graph.const(weights["embedding"]))
        newest = graph.op("Add", slots, graph.const(weights["newest"]))
        query = graph.einsum("qdu,bdu->bqu", graph.const(weights["query_w"]), newest)
        query = graph.reshape(query, 0, unit.heads, layer.memory.shape[1], layer.units)
        brought = _attended(graph, layer, query, placed, None, lived)
        kinds["context"] = _linear(graph, weights["wo"], None, brought)
        phi.append(kinds["context"])
        result = _normalised(graph, layer, "attention", graph.op("Add", newest, kinds["context"]))
    if unit.hidden:
        inner = _linear(graph, weights["w1"], weights["b1"], result)
        kinds["hidden"] = _activated(graph, unit.activation, inner)
        phi.append(kinds["hidden"])
        outer = _linear(graph, weights["w2"], weights["b2"], kinds["hidden"])
        result = _normalised(graph, layer, "hidden", graph.op("Add", result, outer))
    kinds |= {"output": _clipped(graph, unit, result), **_heads(graph, weights, graph.joined(phi, 1))}
    return kinds, after


def diagonal(graph: OnnxGraph, layer: Layer, slots: str, now: Names, lived: str) -> StepNames:
    del lived
    unit, weights = layer.unit, layer.weights
    rate, angle = graph.const(weights["rate"]), graph.const(weights["angle"])
    if unit.kind != "ungated":
        rate = graph.op("Add", rate, _linear(graph, weights["rate_w"], None, slots))
    if unit.kind == "turned":
        angle = graph.op("Add", angle, _linear(graph, weights["angle_w"], None, slots))
    edges = (graph.const(np.array(edge), np.float64) for edge in (SLOWEST, FASTEST))
    # In float64, as 1 - exp(-2 rate) loses digits where a state is slow.
    exact = graph.op("Exp", graph.op("Clip", graph.cast(rate, np.float64), *edges))
    kept = graph.op("Exp", graph.op("Neg", exact))
    rest = graph.op("Sub", graph.const(np.array(1.0), np.float64), graph.op("Mul", kept, kept))
    kept, scale = graph.cast(kept, graph.real), graph.cast(graph.op("Sqrt", rest), graph.real)
    if unit.kind != "ungated":
        gate = graph.op("Sigmoid", _linear(graph, weights["open_w"], weights["open_b"], slots))
        scale = graph.op("Mul", graph.op("Mul", scale, gate), graph.const(np.array(2.0)))
    decay_re, decay_im = kept, graph.op("Mul", kept, graph.const(np.array(0.0)))
    if unit.turning:
        turn = 1 if unit.kind == "turned" else 0
        still = np.zeros((unit.width - unit.turning, layer.units))
        cosine, sine = graph.op("Cos", angle), graph.op("Sin", angle)
        if len(still):
            cosine = _padded(graph, cosine, still + 1, turn, slots)
            sine = _padded(graph, sine, still, turn, slots)
        decay_re, decay_im = graph.op("Mul", kept, cosine), graph.op("Mul", kept, sine)
    re = graph.op("Squeeze", graph.cut(now["memory"], 1, 0, 1), graph.const([1]))
    im = graph.op("Squeeze", graph.cut(now["memory"], 1, 1, 2), graph.const([1]))
    parts = []
    for own, other, sign, drive in ((re, im, "Sub", "in_re"), (im, re, "Add", "in_im")):
        turned = graph.op(sign, graph.op("Mul", decay_re, own), graph.op("Mul", decay_im, other))
        parts.append(graph.op("Add", turned, graph.op("Mul", scale, _linear(graph, weights[drive], None, slots))))
    context = graph.joined(parts, 1)
    memory = graph.reshape(context, 0, 2, unit.width, layer.units)
    kinds, phi = {"context": context}, [slots, context]
    if unit.hidden:
        seen = graph.joined(phi, 1)
        kinds["hidden"] = graph.op("Tanh", _linear(graph, weights["w1"], weights["b1"], seen))
        phi.append(kinds["hidden"])
    every = graph.joined(phi, 1)
    output = _linear(graph, weights["wo"], weights["bo"], every)
    kinds |= {"output": _clipped(graph, unit, output), **_heads(graph, weights, every)}
    return kinds, {"memory": memory}


def trace(graph: OnnxGraph, layer: Layer, slots: str, now: Names, lived: str) -> StepNames:
    del lived
    kept = graph.op("Mul", graph.const(layer.weights["kept"]), now["memory"])
    state = graph.fused(graph.const(layer.weights["taken"]), slots, kept)
    return {"output": state}, {"memory": state}


def phase(graph: OnnxGraph, layer: Layer, slots: str, now: Names, lived: str) -> StepNames:
    del lived
    unit = layer.unit
    both = graph.cast(now["memory"], np.float64)
    angle = graph.op("ReduceSum", both, graph.const([1]), keepdims=0)
    added = graph.op("Mul", graph.const(layer.weights["frequency"], np.float64), graph.cast(slots, np.float64))
    if unit.leak:
        angle = graph.op("Mul", angle, graph.const(np.array(1 - unit.leak), np.float64))
    angle = graph.op("Add", angle, added)
    if not unit.leak:
        turn = graph.const(np.array(2 * np.pi), np.float64)
        half = graph.op("Add", graph.op("Div", angle, turn), graph.const(np.array(0.5), np.float64))
        angle = graph.op("Sub", angle, graph.op("Mul", turn, graph.op("Floor", half)))
    single = graph.cast(angle, graph.real)
    rest = graph.cast(graph.op("Sub", angle, graph.cast(single, np.float64)), graph.real)
    memory = graph.op("Concat", *(graph.op("Unsqueeze", one, graph.const([1])) for one in (single, rest)), axis=1)
    sine = graph.const((np.arange(unit.slots) % 2 == 0)[:, None] * np.ones(layer.units))
    sines = graph.op("Mul", graph.op("Sin", single), sine)
    cosines = graph.op("Mul", graph.op("Cos", single), graph.op("Sub", graph.const(np.array(1.0)), sine))
    return {"output": graph.op("Add", sines, cosines)}, {"memory": memory}


def anarchist(graph: OnnxGraph, layer: Layer, slots: str, now: Names, lived: str) -> StepNames:
    del now, lived
    state = graph.einsum("sdu,bsu->bdu", graph.const(layer.weights["ws"]), slots)
    return {"output": state, "sum": graph.op("ReduceSum", state, graph.const([1]), keepdims=1)}, {}


STEPS = {
    AttentionUnit: attention,
    BlockUnit: block,
    EchoUnit: echo,
    GivenEchoUnit: echo,
    DiagonalMemoryUnit: diagonal,
    TraceUnit: trace,
    PhaseUnit: phase,
    AnarchistUnit: anarchist,
}
"""For each type of unit what a layer shows of a step, by kind, and its memory after it."""


def _remembered(graph: OnnxGraph, layer: Layer, slots: str, now: Names) -> tuple[str, Names]:
    """The ages `(B, M, S, U)` that units attend to, this step the first, and the states after it."""
    unit, span, after = layer.unit, len(layer.memory), {}
    entry = slots
    if unit.shifted_keys:
        entry = graph.joined([slots, now["before"]], 1)
        after["before"] = slots
    memory = graph.op("Unsqueeze", entry, graph.const([1]))
    if span > 1:
        memory = graph.op("Concat", memory, graph.cut(now["memory"], 1, 0, span - 1), axis=1)
    return graph.cut(memory, 1, 0, span, unit.dilation), {**after, "memory": memory}


def _attended(graph: OnnxGraph, layer: Layer, query: str, ages: str, bias: np.ndarray | None, lived: str) -> str:
    """What heads bring from `(B, M, S, U)` memories, by queries `(B, H, S, U)`: `(B, H * width, U)`."""
    unit = layer.unit
    scores = graph.einsum("bhsu,bmsu->bhmu", query, ages)
    if bias is not None:
        scores = graph.op("Add", scores, graph.const(bias))
    if unit.before_start == "masked":
        old = graph.const(np.arange(unit.memory) * unit.dilation)
        alive = graph.reshape(graph.op("LessOrEqual", old, lived), 1, 1, unit.memory, 1)
        scores = graph.op("Where", alive, scores, graph.const(np.array(-1e30)))
    shares = graph.op("Softmax", scores, axis=2)
    values = graph.cut(ages, 2, 0, unit.slots)
    mixed = graph.einsum("bhmu,bmdu->bhdu", shares, values)
    brought = graph.einsum("hwdu,bhdu->bhwu", graph.const(layer.weights["wv"]), mixed)
    return graph.reshape(brought, 0, unit.heads * unit.head_width, layer.units)


def _linear(graph: OnnxGraph, weights: np.ndarray, bias: np.ndarray | None, values: str) -> str:
    found = graph.einsum("dpu,bpu->bdu", graph.const(weights), values)
    return found if bias is None else graph.op("Add", found, graph.const(bias))


def _heads(graph: OnnxGraph, weights: dict[str, np.ndarray], every: str) -> Names:
    """Further predictions and guesses of the target, of units that have them."""
    return {
        kind: _linear(graph, weights[f"{kind}_w"], weights[f"{kind}_b"], every)
        for kind in ("ahead", "target")
        if f"{kind}_w" in weights
    }


def _clipped(graph: OnnxGraph, unit: Any, values: str) -> str:
    clip = np.array(unit.clip, float)
    return graph.op("Clip", values, graph.const(-clip), graph.const(clip))


def _normalised(graph: OnnxGraph, layer: Layer, half: str, values: str) -> str:
    kind, weights = layer.unit.normalisation, layer.weights
    if kind == "none":
        return values
    if kind == "tanh":
        return graph.op("Tanh", values)
    if kind == "layer":
        values = graph.op("Sub", values, graph.op("ReduceMean", values, axes=[1], keepdims=1))
    square = graph.op("ReduceMean", graph.op("Mul", values, values), axes=[1], keepdims=1)
    size = graph.op("Sqrt", graph.op("Add", square, graph.const(np.array(EPSILON))))
    scaled = graph.op("Mul", graph.op("Div", values, size), graph.const(weights[f"scale_{half}"]))
    return graph.op("Add", scaled, graph.const(weights[f"shift_{half}"])) if kind == "layer" else scaled


def _activated(graph: OnnxGraph, name: str, values: str) -> str:
    if name != "gelu":
        return graph.op({"relu": "Relu", "tanh": "Tanh"}[name], values)
    # By a hyperbolic tangent, as JAX has it.
    cube = graph.op("Mul", graph.op("Mul", values, values), values)
    inner = graph.op("Add", values, graph.op("Mul", cube, graph.const(np.array(0.044715))))
    bent = graph.op("Tanh", graph.op("Mul", inner, graph.const(np.array(np.sqrt(2 / np.pi)))))
    doubled = graph.op("Mul", values, graph.op("Add", bent, graph.const(np.array(1.0))))
    return graph.op("Mul", doubled, graph.const(np.array(0.5)))


def _padded(graph: OnnxGraph, values: str, rest: np.ndarray, axis: int, like: str) -> str:
    """More rows after `values`: with `axis` 1 of every sequence of the batch of `like`."""
    more = graph.const(rest)
    if axis:
        batch = graph.op("Slice", graph.op("Shape", like), graph.const([0]), graph.const([1]))
        shape = graph.op("Concat", batch, graph.const(list(rest.shape)), axis=0)
        more = graph.op("Expand", graph.op("Unsqueeze", more, graph.const([0])), shape)
    return graph.op("Concat", values, more, axis=axis)
