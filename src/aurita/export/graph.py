"""ONNX graphs in the making: nodes, constants and names."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from aurita.errors import require

require("onnx", "onnx", "aurita.export.onnx")


import onnx  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

if TYPE_CHECKING:
    from onnx import NodeProto, ValueInfoProto

OPSET = 17
IR_VERSION = 9

Names = dict[str, str]
"""What a part of a step is called in the graph, by what it is."""

StepNames = tuple[Names, Names]
"""What a step shows, by kind of features, and the states after it."""


class OnnxGraph:
    """Nodes and constants of one graph; values go by name.

    Args:
        real: number format of floating constants, float32 or float64.
        prefix: of names, so that a graph within another one has names of its own.
    """

    def __init__(self, real: type, prefix: str = "v") -> None:
        self.real = real
        self.prefix = prefix
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self._count = 0

    def name(self) -> str:
        """A name that nothing has yet."""
        self._count += 1
        return f"{self.prefix}{self._count}"

    def const(self, value: object, kind: type | None = None) -> str:
        """A constant; floating ones in the graph's format unless another is named."""
        array = np.asarray(value)
        if kind is None:
            kind = self.real if array.dtype.kind == "f" else np.int64
        name = self.name()
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array.astype(kind)), name))
        return name

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """A node with one output."""
        out = self.name()
        # Named, as optimisers of onnxruntime 1.20 take unnamed nodes for one another.
        self.nodes.append(helper.make_node(kind, list(inputs), [out], name=out, **attributes))
        return out

    def einsum(self, equation: str, *inputs: str) -> str:
        return self.op("Einsum", *inputs, equation=equation)

    def fused(self, one: str, other: str, added: str) -> str:
        """`one * other + added`, rounded once, as kernels do; what is rounded twice adds up over many steps."""
        product = self.op("Mul", self.cast(one, np.float64), self.cast(other, np.float64))
        return self.cast(self.op("Add", product, self.cast(added, np.float64)), self.real)

    def cast(self, value: str, kind: type) -> str:
        return self.op("Cast", value, to=elem(kind))

    def reshape(self, value: str, *shape: int) -> str:
        """With another shape, of which 0 stays and one -1 follows from the rest."""
        return self.op("Reshape", value, self.const(list(shape)))

    def joined(self, values: list[str], axis: int) -> str:
        return values[0] if len(values) == 1 else self.op("Concat", *values, axis=axis)

    def cut(self, value: str, axis: int, first: int, last: int, step: int = 1) -> str:
        """Some entries along one axis."""
        return self.op("Slice", value, *(self.const([one]) for one in (first, last, axis, step)))


def elem(kind: type) -> int:
    """ONNX's number of a number format."""
    numbers: dict[type, int] = {
        np.float32: TensorProto.FLOAT,
        np.float64: TensorProto.DOUBLE,
        np.int64: TensorProto.INT64,
    }
    return {**numbers, bool: TensorProto.BOOL}[kind]


def value_info(name: str, kind: type, shape: list[Any]) -> "ValueInfoProto":
    return helper.make_tensor_value_info(name, elem(kind), shape)


def checked(graph: OnnxGraph, inputs: list[Any], outputs: list[Any], about: dict[str, str]) -> bytes:
    """The model of a graph, checked, as the bytes of a file."""
    used = _used(graph.nodes) | {one.name for one in outputs}
    constants = [one for one in graph.constants if one.name in used]
    made = helper.make_graph(graph.nodes, "aurita", inputs, outputs, constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="aurita")
    model.ir_version = IR_VERSION
    helper.set_model_props(model, about)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _used(nodes: Iterable["NodeProto"]) -> set[str]:
    """Names that nodes take, those within loops included."""
    found: set[str] = set()
    for node in nodes:
        found.update(node.input)
        for attribute in node.attribute:
            if attribute.HasField("g"):
                found |= _used(attribute.g.node) | {one.name for one in attribute.g.output}
    return found
