"""One step of a reservoir as nodes of an ONNX graph; the batch comes first, units last.

States are `(B, ...)` and go in and out by name; see `states_of` for what they are.
"""

from dataclasses import dataclass, field

import numpy as np

from aurita.export._unit_steps import STEPS
from aurita.export.described import ExportedMember, Layer
from aurita.export.graph import Names, OnnxGraph, StepNames
from aurita.units.summing import SummingUnit


@dataclass
class StateNames:
    """States of a member by name: what they are at the start, their names in the graph, and after the step."""

    start: dict[str, np.ndarray]
    now: Names = field(default_factory=dict)
    after: Names = field(default_factory=dict)


def states_of(member: ExportedMember, number: int) -> dict[str, np.ndarray]:
    """States of a member, without the batch: outputs, memory and so on of every layer.

    They are the same arrays as in `Layer`, and each layer has those alone that its units need.
    """
    found: dict[str, np.ndarray] = {}
    for i, layer in enumerate(member.layers):
        found[f"m{number}_l{i}_outputs"] = layer.outputs
        if layer.rates is not None:
            found[f"m{number}_l{i}_leaky"] = layer.leaky
        if layer.memory.size:
            found[f"m{number}_l{i}_memory"] = layer.memory
        if layer.before.size:
            found[f"m{number}_l{i}_before"] = layer.before
    return found


def add_step(
    graph: OnnxGraph, member: ExportedMember, number: int, states: StateNames, external: str, lived: str
) -> str:
    """Nodes of one step.

    Args:
        graph: where they go.
        member: the reservoir.
        number: of the member, in the names of states.
        states: names of what goes in; those of what comes out are set.
        external: `(B, E)` scaled inputs.
        lived: `(1,)` int64, steps before this one.

    Returns:
        The features, `(B, F)`.
    """
    sources, shown = [external], [external] if member.shows_inputs else []
    if member.clock:
        sources.append(_clock(graph, member.clock, external, lived))
    for i, layer in enumerate(member.layers):
        size = layer.units * layer.unit.slots
        sources.append(graph.reshape(states.now[f"m{number}_l{i}_outputs"], 0, size))
    every = graph.joined(sources, 1)
    for i, layer in enumerate(member.layers):
        own = {name.rsplit("_", 1)[1]: name for name in states.now if name.startswith(f"m{number}_l{i}_")}
        now = {part: states.now[name] for part, name in own.items()}
        kinds, after = _layer(graph, layer, every, now, lived)
        states.after |= {name: after[part] for part, name in own.items()}
        shown += [graph.reshape(kinds[kind], 0, size * layer.units) for kind, size in layer.kinds]
    return graph.joined(shown, 1)


def _summed(graph: OnnxGraph, layer: Layer, received: str) -> str:
    """What all slots of a unit receive, `(B, D, U)`: the sum of its afferents, added in the order that kernels have."""
    rows = [graph.cut(received, 1, k, k + 1) for k in range(len(layer.wiring))]
    total = rows[0]
    for row in rows[1:]:
        total = graph.op("Add", total, row)
    return graph.op("Mul", total, graph.const(np.ones((layer.unit.slots, 1))))


def _clock(graph: OnnxGraph, periods: tuple[float, ...], external: str, lived: str) -> str:
    """Sines, then cosines, of the step for each period: the same for all sequences of the batch."""
    turns = graph.op("Mul", graph.cast(lived, np.float64), graph.const(1 / np.array(periods), np.float64))
    angle = graph.op("Mul", graph.op("Sub", turns, graph.op("Floor", turns)), graph.const([2 * np.pi], np.float64))
    single = graph.cast(angle, np.float32)
    both = graph.op("Concat", graph.op("Sin", single), graph.op("Cos", single), axis=0)
    batch = graph.op("Slice", graph.op("Shape", external), graph.const([0]), graph.const([1]))
    shape = graph.op("Concat", batch, graph.const([2 * len(periods)]), axis=0)
    return graph.cast(graph.op("Expand", graph.reshape(both, 1, 2 * len(periods)), shape), graph.real)


def _layer(graph: OnnxGraph, layer: Layer, every: str, now: Names, lived: str) -> StepNames:
    """What a layer shows of the step, by kind, and its states after it."""
    # (B, K, U), then (B, D, U).
    slots = graph.op("Gather", every, graph.const(layer.wiring), axis=1)
    if layer.passage is not None and layer.bias is not None:
        if isinstance(layer.unit, SummingUnit) and np.all(layer.passage == 1) and not np.any(layer.bias):
            slots = _summed(graph, layer, slots)
        else:
            passed = graph.einsum("dku,bku->bdu", graph.const(layer.passage), slots)
            slots = graph.op("Add", passed, graph.const(layer.bias))
    after = {}
    if layer.rates is not None:
        kept = graph.op("Mul", graph.const(1 - layer.rates), now["leaky"])
        slots = graph.op("Add", kept, graph.op("Mul", graph.const(layer.rates), slots))
        after["leaky"] = slots
    step = STEPS.get(type(layer.unit))
    if step is None:
        kinds, more = layer.unit.onnx_step(graph, layer, slots, now, lived)
    else:
        kinds, more = step(graph, layer, slots, now, lived)
    kinds["error"] = graph.op("Sub", slots, now["outputs"])
    return kinds, {**after, **more, "outputs": kinds["output"]}
