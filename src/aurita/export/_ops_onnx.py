"""Arithmetic of arrays as nodes of an ONNX graph."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from aurita.export._ops import Body, Given, Ops, Value, shape_of
from aurita.export.graph import OnnxGraph, helper, value_info

_KINDS = {
    **{"add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "min": "Min", "max": "Max"},
    **{"exp": "Exp", "log": "Log", "sqrt": "Sqrt", "tanh": "Tanh", "abs": "Abs"},
}


class OnnxOps(Ops):
    """Nodes of a graph.

    Args:
        graph: where they go; of float64.
    """

    def __init__(self, graph: OnnxGraph) -> None:
        self.graph = graph

    def named(self, name: str, shape: tuple[int, ...]) -> Value:
        """A value of the graph that has this name."""
        return Value(self, name, shape)

    def map(self, kind: str, *given: Given) -> Value:
        names, shape = [self._name(one) for one in given], shape_of(*given)
        if kind == "less":
            return self.named(self.graph.cast(self.graph.op("Less", *names), np.float64), shape)
        if kind == "where":
            names[0] = self.graph.op("Greater", names[0], self.graph.const(np.array(0.5), np.float64))
            return self.named(self.graph.op("Where", *names), shape)
        return self.named(self.graph.op(_KINDS[kind], *names), shape)

    def reduce(self, kind: str, value: Value, axis: int = -1) -> Value:
        axis %= len(value.shape)
        shape = (*value.shape[:axis], 1, *value.shape[axis + 1 :])
        if kind == "sum":
            return self.named(self.graph.op("ReduceSum", value.name, self.graph.const([axis]), keepdims=1), shape)
        node = {"min": "ReduceMin", "max": "ReduceMax"}[kind]
        return self.named(self.graph.op(node, value.name, axes=[axis], keepdims=1), shape)

    def take(self, value: Given, index: Sequence[int] | np.ndarray, axis: int = -1) -> Value:
        name, shape = self._name(value), list(shape_of(value))
        axis %= len(shape)
        shape[axis] = len(index)
        return self.named(
            self.graph.op("Gather", name, self.graph.const(np.asarray(index, int)), axis=axis), tuple(shape)
        )

    def joined(self, values: Sequence[Value]) -> Value:
        shape = (*values[0].shape[:-1], sum(one.shape[-1] for one in values))
        return self.named(self.graph.joined([one.name for one in values], -1), shape)

    def shaped(self, value: Value, shape: tuple[int, ...]) -> Value:
        return self.named(self.graph.reshape(value.name, *shape), shape)

    def product(self, value: Value, matrix: np.ndarray) -> Value:
        found = self.graph.op("MatMul", value.name, self.graph.const(matrix, np.float64))
        return self.named(found, (*value.shape[:-1], matrix.shape[1]))

    def running(self, value: Value) -> Value:
        last = self.graph.const(np.array(len(value.shape) - 1))
        return self.named(self.graph.op("CumSum", value.name, last), value.shape)

    def first_least(self, value: Value) -> Value:
        place = self.graph.op("ArgMin", value.name, axis=-1, keepdims=1)
        equal = self.graph.op("Equal", place, self.graph.const(np.arange(value.shape[-1])))
        return self.named(self.graph.cast(equal, np.float64), value.shape)

    def smallest(self, value: Value, place: int) -> Value:
        given, ordered = [value.name, self.graph.const([place + 1])], self.graph.name()
        outputs = [ordered, self.graph.name()]
        self.graph.nodes.append(helper.make_node("TopK", given, outputs, name=ordered, axis=-1, largest=0, sorted=1))
        return self.take(self.named(ordered, (*value.shape[:-1], place + 1)), [place])

    def autocovariances(self, value: Value, lags: int) -> Value:
        rows, steps = value.shape
        none = self.graph.const(np.zeros((rows, lags)), np.float64)
        padded = self.graph.op("Concat", value.name, none, axis=1)
        later = self.graph.op("Gather", padded, self.graph.const(np.arange(lags)[:, None] + np.arange(steps)), axis=1)
        return self.named(self.graph.einsum("st,slt->sl", value.name, later), (rows, lags))

    def moments(self, value: Value, order: int) -> Value:
        rows, steps = value.shape
        starts = np.arange(steps - order)[:, None]
        before = self.graph.op("Gather", value.name, self.graph.const(starts + np.arange(order)[::-1]), axis=1)
        whole = [*range(order - 1, -1, -1), order]
        every = self.graph.op("Gather", value.name, self.graph.const(starts + np.array(whole)), axis=1)
        return self.named(self.graph.einsum("srk,srl->skl", before, every), (rows, order, order + 1))

    def solved(self, system: Value) -> Value:
        rows, order, _ = system.shape

        def eliminated(carry: list[Value], column: Value | None) -> tuple[list[Value], None]:
            # Gauss and Jordan's: without pivots, as the matrices are positive.
            assert column is not None
            graph, given = self.graph, carry[0].name
            place = graph.reshape(graph.cast(graph.cut(column.name, 0, 0, 1), np.int64), 1)
            row = graph.op("Gather", given, place, axis=1)
            pivot = graph.op("Div", row, graph.op("Gather", row, place, axis=2))
            there = graph.cast(graph.op("Equal", graph.const(np.arange(order)[:, None]), place), np.float64)
            apart = graph.op("Sub", graph.op("Gather", given, place, axis=2), there)
            return [self.named(graph.op("Sub", given, graph.op("Mul", apart, pivot)), system.shape)], None

        places = np.tile(np.arange(order, dtype=float), (rows, 1))
        columns = self.named(self.graph.const(places, np.float64), places.shape)
        (found,), _ = self.looped([system], eliminated, steps=order, columns=columns)
        return self.shaped(self.take(found, [order]), (rows, order))

    def looped(
        self, carry: Sequence[Value], body: Body, *, steps: int, columns: Value | None = None
    ) -> tuple[list[Value], Value | None]:
        rows, outside = (carry[0] if columns is None else columns).shape[0], self.graph
        if columns is None:
            columns = self.named(outside.const(np.zeros((rows, steps)), np.float64), (rows, steps))
        self.graph = graph = OnnxGraph(np.float64, f"{outside.name()}_")
        begun = [self.named(graph.name(), one.shape) for one in carry]
        received = graph.name()
        column = self.named(graph.op("Unsqueeze", received, graph.const([1])), (rows, 1))
        try:
            after, out = body(begun, column)
        finally:
            self.graph = outside
        ends = [graph.op("Identity", one.name) for one in after]
        shown = [] if out is None else [graph.reshape(out.name, out.shape[0])]
        made = helper.make_graph(
            graph.nodes,
            "step",
            [
                *(value_info(one.name, np.float64, list(one.shape)) for one in begun),
                value_info(received, np.float64, [rows]),
            ],
            [
                *(value_info(name, np.float64, list(one.shape)) for name, one in zip(ends, carry, strict=True)),
                *(value_info(name, np.float64, [out.shape[0]]) for name in shown if out is not None),
            ],
            graph.constants,
        )
        outputs = [self.graph.name() for _ in [*ends, *shown]]
        options: dict[str, Any] = {"scan_output_axes": [1]} if shown else {}
        self.graph.nodes.append(
            helper.make_node(
                "Scan",
                [*(one.name for one in carry), columns.name],
                outputs,
                body=made,
                num_scan_inputs=1,
                scan_input_axes=[1],
                **options,
            )
        )
        finished = [self.named(name, one.shape) for name, one in zip(outputs, carry, strict=False)]
        return finished, None if out is None else self.named(outputs[-1], (out.shape[0], steps))

    def _name(self, given: Given) -> str:
        return given.name if isinstance(given, Value) else self.graph.const(np.asarray(given, float), np.float64)
