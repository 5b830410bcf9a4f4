"""Layers of units as C: their numbers, their states, and a function for one step of each."""

import numpy as np

from aurita.export.described import Layer

BOUNDED = """static real bounded(real x, real least, real most)
{
    return x < least ? least : x > most ? most : x;
}
"""

_LINE = 100
_OF_ATTENTION = ("query_w", "query_b", "wv", "age_bias", "w1", "b1", "wo", "bo")


class Source:
    """The text of a C file in the making.

    Args:
        real: number format of the units, float32 or float64.

    Attributes:
        resets: statements that bring all states to their start.
    """

    def __init__(self, real: type) -> None:
        self.real = real
        self.resets: list[str] = []
        self._parts: list[str] = []

    def text(self, text: str) -> None:
        """Add some lines."""
        self._parts.append(text)

    def function(self, signature: str, body: list[str]) -> None:
        """Add a public function, declared first."""
        self.text("\n".join([f"{signature};", signature, "{", *body, "}\n"]))

    def finished(self) -> str:
        """The whole text."""
        return "\n".join(self._parts)

    def array(self, name: str, values: np.ndarray, kind: str = "real") -> None:
        """Add a constant array, in C order."""
        if kind == "int":
            numbers = [str(int(value)) for value in values.ravel()]
        elif kind == "double" or self.real is np.float64:
            numbers = [f"{value:.17e}" for value in values.ravel()]
        else:
            numbers = [f"{value:.9e}f" for value in values.ravel()]
        lines, line = [], "   "
        for number in numbers:
            if len(line) + len(number) > _LINE:
                lines.append(line)
                line = "   "
            line += f" {number},"
        self.text(f"static const {kind} {name}[{max(values.size, 1)}] = {{\n" + "\n".join([*lines, line]) + "\n};")

    def state(self, name: str, start: np.ndarray) -> None:
        """Add a state and what resets it."""
        self.text(f"static real {name}[{start.size}];")
        if np.any(start):
            self.array(f"{name}_start", start)
            self.resets.append(f"memcpy({name}, {name}_start, sizeof({name}));")
        else:
            self.resets.append(f"memset({name}, 0, sizeof({name}));")


def write_layer(source: Source, own: str, layer: Layer) -> None:
    """Add a layer whose names begin with `own`; its function takes sources and writes features."""
    source.array(f"{own}_wiring", layer.wiring, "int")
    source.state(f"{own}_outputs", layer.outputs)
    if layer.passage is not None and layer.bias is not None:
        source.array(f"{own}_passage", layer.passage)
        source.array(f"{own}_bias", layer.bias)
    if layer.rates is not None:
        source.array(f"{own}_rates", layer.rates)
        source.state(f"{own}_leaky", layer.leaky)
    units, slots = layer.units, layer.unit.slots
    lines = [f"static void {own}(const real *sources, real *features)", "{", "    (void)features;"]
    if layer.attends:
        lines += _begin_attention(source, own, layer)
    else:
        lines += _begin_echo(source, own, layer)
    lines += [f"    for (int u = 0; u < {units}; u++) {{", f"        real z[{slots}];"]
    lines += [f"        for (int d = 0; d < {slots}; d++) {{", f"            {_inputs(own, layer)}"]
    if layer.rates is not None:
        lines += [
            f"            real rate = {own}_rates[d * {units} + u];",
            f"            z[d] = (1 - rate) * {own}_leaky[d * {units} + u] + rate * z[d];",
            f"            {own}_leaky[d * {units} + u] = z[d];",
        ]
    lines.append("        }")
    lines += _attention(own, layer) if layer.attends else _echo(own, layer)
    first = 0
    for kind, size in layer.kinds:
        value = "z[i] - last[i]" if kind == "error" else f"{kind}[i]"
        lines.append(f"        for (int i = 0; i < {size}; i++) features[{first} + i * {units} + u] = {value};")
        first += size * units
    source.text("\n".join([*lines, "    }", *_end(own, layer), "}\n"]))


def _inputs(own: str, layer: Layer) -> str:
    units, afferents = layer.units, len(layer.wiring)
    if layer.passage is None:
        return f"z[d] = sources[{own}_wiring[d * {units} + u]];"
    return (
        f"z[d] = {own}_bias[d * {units} + u]; for (int k = 0; k < {afferents}; k++) "
        f"z[d] += {own}_passage[(d * {afferents} + k) * {units} + u] * sources[{own}_wiring[k * {units} + u]];"
    )


def _begin_echo(source: Source, own: str, layer: Layer) -> list[str]:
    for name in ("weights", "leak", "bias", "output_mask"):
        if name in layer.weights:
            source.array(f"{own}_{'drift' if name == 'bias' else name}", layer.weights[name])
    source.state(f"{own}_neurons", layer.memory)
    # All neurons move at once, so that the old ones are kept until the last has moved.
    return [f"    static real next[{layer.memory.size}];"]


def _echo(own: str, layer: Layer) -> list[str]:
    units, slots = layer.units, layer.unit.slots
    tanh = _named(layer, "tanh")
    gate = f" * {own}_output_mask[n * {units} + u]" if "output_mask" in layer.weights else ""
    return [
        f"        real output[{slots}], last[{slots}];",
        f"        for (int n = 0; n < {slots}; n++) {{",
        f"            real inner = (real){layer.unit.input_scale!r} * z[n] + {own}_drift[n * {units} + u];",
        f"            for (int m = 0; m < {slots}; m++)",
        f"                inner += {own}_weights[(n * {slots} + m) * {units} + u] * {own}_neurons[m * {units} + u];",
        f"            real leak = {own}_leak[n * {units} + u];",
        f"            next[n * {units} + u] = (1 - leak) * {own}_neurons[n * {units} + u] + leak * {tanh}(inner);",
        f"            output[n] = next[n * {units} + u]{gate};",
        f"            last[n] = {own}_outputs[n * {units} + u];",
        f"            {own}_outputs[n * {units} + u] = output[n];",
        "        }",
        "        (void)last;",
    ]


def _end(own: str, layer: Layer) -> list[str]:
    return [] if layer.attends else [f"    memcpy({own}_neurons, next, sizeof(next));"]


def _begin_attention(source: Source, own: str, layer: Layer) -> list[str]:
    unit, weights = layer.unit, layer.weights
    shown = [f"{kind}_{part}" for kind, _ in layer.kinds for part in "wb"]
    for name in (*_OF_ATTENTION, *shown):
        if name in weights:
            source.array(f"{own}_{name}", weights[name])
    if not unit.heads:
        return []
    span = len(layer.memory)
    source.state(f"{own}_memory", layer.memory[::-1])
    source.text(f"static int {own}_at;")
    source.resets.append(f"{own}_at = {span - 1};")
    if unit.shifted_keys:
        source.state(f"{own}_before", layer.before)
    return [f"    {own}_at = ({own}_at + 1) % {span};"]


def _attention(own: str, layer: Layer) -> list[str]:
    unit, weights, units = layer.unit, layer.weights, layer.units
    slots, width = unit.slots, unit.heads * unit.head_width
    phi = slots + width + unit.hidden
    lines = [
        f"        real phi[{phi}], output[{slots}], last[{slots}];",
        f"        memcpy(phi, z, {slots} * sizeof(real));",
    ]
    if unit.heads:
        lines += _attending(own, layer)
        lines.append(f"        const real *context = phi + {slots}; (void)context;")
    if unit.hidden:
        tanh = _named(layer, "tanh")
        total = slots + width
        lines += [
            f"        real *hidden = phi + {total};",
            f"        for (int f = 0; f < {unit.hidden}; f++) {{",
            f"            real inner = {own}_b1[f * {units} + u];",
            f"            for (int s = 0; s < {total}; s++)",
            f"                inner += {own}_w1[(f * {total} + s) * {units} + u] * phi[s];",
            f"            hidden[f] = {tanh}(inner);",
            "        }",
        ]
    heads = [("output", "wo", "bo")]
    heads += [(kind, f"{kind}_w", f"{kind}_b") for kind in ("ahead", "target") if dict(layer.kinds).get(kind)]
    for kind, weight, bias in heads:
        size = len(weights[weight])
        lines += [] if kind == "output" else [f"        real {kind}[{size}];"]
        lines += [
            f"        for (int i = 0; i < {size}; i++) {{",
            f"            {kind}[i] = {own}_{bias}[i * {units} + u];",
            f"            for (int p = 0; p < {phi}; p++)",
            f"                {kind}[i] += {own}_{weight}[(i * {phi} + p) * {units} + u] * phi[p];",
            "        }",
        ]
    return [
        *lines,
        f"        for (int d = 0; d < {slots}; d++) {{",
        f"            output[d] = bounded(output[d], (real)-{unit.clip!r}, (real){unit.clip!r});",
        f"            last[d] = {own}_outputs[d * {units} + u];",
        f"            {own}_outputs[d * {units} + u] = output[d];",
        "        }",
        "        (void)last;",
    ]


def _attending(own: str, layer: Layer) -> list[str]:
    unit, units, span = layer.unit, layer.units, len(layer.memory)
    slots, heads, width, ages = unit.slots, unit.heads, unit.head_width, unit.memory
    stored = slots * (2 if unit.shifted_keys else 1)
    exp = _named(layer, "exp")
    row = f"{own}_memory + {own}_at * {stored * units} + u"
    keep = [f"            ({row})[d * {units}] = z[d];"]
    if unit.shifted_keys:
        keep += [
            f"            ({row})[({slots} + d) * {units}] = {own}_before[d * {units} + u];",
            f"            {own}_before[d * {units} + u] = z[d];",
        ]
    known = f"lived / {unit.dilation} + 1 < {ages} ? (int)(lived / {unit.dilation}) + 1 : {ages}"
    return [
        f"        for (int d = 0; d < {slots}; d++) {{",
        *keep,
        "        }",
        f"        int ages = {known if unit.before_start == 'masked' else ages};",
        f"        for (int h = 0; h < {heads}; h++) {{",
        f"            real query[{stored}], share[{ages}], mixed[{slots}], most = 0, sum = 0;",
        f"            for (int s = 0; s < {stored}; s++) {{",
        f"                query[s] = {own}_query_b[(h * {stored} + s) * {units} + u];",
        f"                for (int d = 0; d < {slots}; d++)",
        f"                    query[s] += {own}_query_w[((h * {stored} + s) * {slots} + d) * {units} + u] * z[d];",
        "            }",
        "            for (int m = 0; m < ages; m++) {",
        f"                int place = ({own}_at - m * {unit.dilation} + {span}) % {span};",
        f"                share[m] = {own}_age_bias[(m * {heads} + h) * {units} + u];",
        f"                for (int s = 0; s < {stored}; s++)",
        f"                    share[m] += query[s] * {own}_memory[(place * {stored} + s) * {units} + u];",
        "                if (m == 0 || share[m] > most) most = share[m];",
        "            }",
        f"            for (int d = 0; d < {slots}; d++) mixed[d] = 0;",
        "            for (int m = 0; m < ages; m++) {",
        f"                int place = ({own}_at - m * {unit.dilation} + {span}) % {span};",
        f"                real weight = {exp}(share[m] - most);",
        "                sum += weight;",
        f"                for (int d = 0; d < {slots}; d++)",
        f"                    mixed[d] += weight * {own}_memory[(place * {stored} + d) * {units} + u];",
        "            }",
        f"            for (int w = 0; w < {width}; w++) {{",
        "                real brought = 0;",
        f"                for (int d = 0; d < {slots}; d++)",
        f"                    brought += {own}_wv[((h * {width} + w) * {slots} + d) * {units} + u] * mixed[d];",
        f"                phi[{slots} + h * {width} + w] = brought / sum;",
        "            }",
        "        }",
    ]


def _named(layer: Layer, function: str) -> str:
    """A function of the mathematical library, for the layer's number format."""
    return function if next(iter(layer.weights.values())).dtype == np.float64 else f"{function}f"
