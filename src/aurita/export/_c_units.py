"""One step of each type of unit as C: what is declared before the loop over units, in it, and after it.

In the loop `z` holds the inputs of unit `u`; each kind of features is an array of its name, and `last` the outputs of
the step before.
"""

from collections.abc import Callable

import numpy as np

from aurita.export._c_memory import attending, begin_memory
from aurita.export.c_source import Source
from aurita.export.described import Layer
from aurita.units import AnarchistUnit, AttentionUnit, BlockUnit, DiagonalMemoryUnit, EchoUnit, PhaseUnit, TraceUnit
from aurita.units.block import EPSILON
from aurita.units.diagonal import FASTEST, SLOWEST
from aurita.units.given_echo import GivenEchoUnit

Lines = list[str]


def _begin_echo(source: Source, own: str, layer: Layer) -> Lines:
    for name in ("weights", "leak", "bias", "output_mask"):
        if name in layer.weights:
            source.array(f"{own}_{'drift' if name == 'bias' else name}", layer.weights[name])
    source.state(f"{own}_memory", layer.memory)
    # All neurons move at once, so that the old ones are kept until the last has moved.
    return [f"    static real next[{layer.memory.size}];"]


def _echo(own: str, layer: Layer) -> Lines:
    units, slots = layer.units, layer.unit.slots
    gate = f" * {own}_output_mask[n * {units} + u]" if "output_mask" in layer.weights else ""
    return [
        f"        real output[{slots}], last[{slots}];",
        f"        for (int n = 0; n < {slots}; n++) {{",
        f"            real inner = (real){layer.unit.input_scale!r} * z[n] + {own}_drift[n * {units} + u];",
        f"            for (int m = 0; m < {slots}; m++)",
        f"                inner += {own}_weights[(n * {slots} + m) * {units} + u] * {own}_memory[m * {units} + u];",
        f"            real leak = {own}_leak[n * {units} + u];",
        f"            next[n * {units} + u] = (1 - leak) * {own}_memory[n * {units} + u] "
        f"+ leak * {named(layer, 'tanh')}(inner);",
        f"            output[n] = next[n * {units} + u]{gate};",
        "        }",
        *_moved(own, layer),
    ]


def _end_echo(own: str, layer: Layer) -> Lines:
    return [f"    memcpy({own}_memory, next, sizeof(next));"]


def _begin_attention(source: Source, own: str, layer: Layer) -> Lines:
    _arrays(source, own, layer, ("query_w", "query_b", "wv", "age_bias", "w1", "b1", "wo", "bo"))
    return begin_memory(source, own, layer)


def _attention(own: str, layer: Layer) -> Lines:
    unit = layer.unit
    slots, width = unit.slots, unit.heads * unit.head_width
    phi = slots + width + unit.hidden
    lines = [f"        real phi[{phi}], output[{slots}], last[{slots}];", *_kept("phi", "z", slots)]
    if unit.heads:
        lines += attending(own, layer, "z", f"phi + {slots}")
        lines.append(f"        const real *context = phi + {slots}; (void)context;")
    if unit.hidden:
        lines += _hidden(own, layer, "phi", slots + width, "tanh")
    lines += _sums(own, layer, "output", "wo", "bo", "phi", slots, phi)
    return [*lines, *_heads(own, layer, phi), *_moved(own, layer)]


def _begin_block(source: Source, own: str, layer: Layer) -> Lines:
    scales = [f"{part}_{half}" for part in ("scale", "shift") for half in ("attention", "hidden")]
    _arrays(source, own, layer, ("query_w", "newest", "embedding", "wv", "wo", "w1", "b1", "w2", "b2", *scales))
    return begin_memory(source, own, layer)


def _block(own: str, layer: Layer) -> Lines:
    unit, units = layer.unit, layer.units
    slots, width = unit.slots, unit.heads * unit.head_width
    shown = slots if unit.heads else 0
    phi = slots + shown + unit.hidden
    lines = [f"        real phi[{phi}], output[{slots}], last[{slots}];", *_kept("phi", "z", slots)]
    lines += _kept("output", "z", slots)
    if unit.heads:
        lines += [
            f"        for (int d = 0; d < {slots}; d++) output[d] += {own}_newest[d * {units} + u];",
            f"        real brought[{width}];",
            *attending(own, layer, "output", "brought"),
            f"        real *context = phi + {slots};",
            *_sums(own, layer, "context", "wo", None, "brought", slots, width),
            f"        for (int d = 0; d < {slots}; d++) output[d] += context[d];",
            *_normalised(own, layer, "attention"),
        ]
    if unit.hidden:
        lines += _hidden(own, layer, "output", slots, unit.activation, slots + shown)
        lines.append(f"        real outer[{slots}];")
        lines += _sums(own, layer, "outer", "w2", "b2", "hidden", slots, unit.hidden)
        lines.append(f"        for (int d = 0; d < {slots}; d++) output[d] += outer[d];")
        lines += _normalised(own, layer, "hidden")
    return [*lines, *_heads(own, layer, phi), *_moved(own, layer)]


def _normalised(own: str, layer: Layer, half: str) -> Lines:
    kind, units, slots = layer.unit.normalisation, layer.units, layer.unit.slots
    each = f"        for (int d = 0; d < {slots}; d++)"
    if kind == "none":
        return []
    if kind == "tanh":
        return [f"{each} output[d] = {named(layer, 'tanh')}(output[d]);"]
    lines = ["        {", "        real mean = 0, square = 0;"]
    if kind == "layer":
        lines.append(f"{each} mean += output[d] / {slots};")
    shift = f" + {own}_shift_{half}[d * {units} + u]" if kind == "layer" else ""
    return [
        *lines,
        f"{each} output[d] -= mean;",
        f"{each} square += output[d] * output[d] / {slots};",
        f"        real size = {named(layer, 'sqrt')}(square + (real){EPSILON!r});",
        f"{each} output[d] = output[d] / size * {own}_scale_{half}[d * {units} + u]{shift};",
        "        }",
    ]


def _begin_diagonal(source: Source, own: str, layer: Layer) -> Lines:
    recurrent = ("rate", "angle", "in_re", "in_im", "rate_w", "open_w", "open_b", "angle_w")
    _arrays(source, own, layer, (*recurrent, "w1", "b1", "wo", "bo"))
    source.state(f"{own}_memory", layer.memory)
    return []


def _diagonal(own: str, layer: Layer) -> Lines:
    unit, units, slots, states = layer.unit, layer.units, layer.unit.slots, layer.unit.width
    phi = slots + 2 * states + unit.hidden
    exp, sqrt, expm1 = (named(layer, name) for name in ("exp", "sqrt", "expm1"))

    def sum_of(name: str) -> str:
        return f"for (int d = 0; d < {slots}; d++) {name} += {own}_{name}[(n * {slots} + d) * {units} + u] * z[d];"

    lines = [
        f"        real phi[{phi}], output[{slots}], last[{slots}];",
        *_kept("phi", "z", slots),
        f"        real *context = phi + {slots};",
        f"        for (int n = 0; n < {states}; n++) {{",
        f"            real rate_w = {own}_rate[n * {units} + u], in_re = 0, in_im = 0;",
        f"            {sum_of('in_re')}",
        f"            {sum_of('in_im')}",
    ]
    if unit.kind != "ungated":
        lines.append(f"            {sum_of('rate_w')}")
    lines += [
        f"            real rate = {exp}(bounded(rate_w, (real){SLOWEST!r}, (real){FASTEST!r}));",
        f"            real kept = {exp}(-rate), scale = {sqrt}(-{expm1}(-2 * rate));",
    ]
    if unit.kind != "ungated":
        lines += [
            f"            real open_w = {own}_open_b[n * {units} + u];",
            f"            {sum_of('open_w')}",
            f"            scale *= 2 / (1 + {exp}(-open_w));",
        ]
    lines.append("            real re = kept, im = 0;")
    if unit.turning:
        lines += [
            f"            if (n < {unit.turning}) {{",
            f"                real angle_w = {own}_angle[n * {units} + u];",
            *([f"                {sum_of('angle_w')}"] if unit.kind == "turned" else []),
            f"                re = kept * {named(layer, 'cos')}(angle_w);",
            f"                im = kept * {named(layer, 'sin')}(angle_w);",
            "            }",
        ]
    real, imaginary = f"{own}_memory[n * {units} + u]", f"{own}_memory[({states} + n) * {units} + u]"
    lines += [
        f"            real before = {real};",
        f"            {real} = re * before - im * {imaginary} + scale * in_re;",
        f"            {imaginary} = re * {imaginary} + im * before + scale * in_im;",
        f"            context[n] = {real};",
        f"            context[{states} + n] = {imaginary};",
        "        }",
    ]
    if unit.hidden:
        lines += _hidden(own, layer, "phi", slots + 2 * states, "tanh")
    lines += _sums(own, layer, "output", "wo", "bo", "phi", slots, phi)
    return [*lines, *_heads(own, layer, phi), *_moved(own, layer)]


def _begin_simple(*names: str) -> Callable[[Source, str, Layer], Lines]:
    def begin(source: Source, own: str, layer: Layer) -> Lines:
        _arrays(source, own, layer, names)
        if layer.memory.size:
            source.state(f"{own}_memory", layer.memory)
        return []

    return begin


def _trace(own: str, layer: Layer) -> Lines:
    units, slots = layer.units, layer.unit.slots
    at = f"[d * {units} + u]"
    return [
        f"        real output[{slots}], last[{slots}];",
        f"        for (int d = 0; d < {slots}; d++) {{",
        f"            const real kept = {own}_kept{at} * {own}_memory{at};",
        "            /* The product is exact and the sum is rounded once, as roundings of many steps add up. */",
        f"            output[d] = {own}_memory{at} = (real)((double){own}_taken{at} * (double)z[d] + (double)kept);",
        "        }",
        *_moved(own, layer),
    ]


def _phase(own: str, layer: Layer) -> Lines:
    unit, units, slots = layer.unit, layer.units, layer.unit.slots
    first, rest = f"{own}_memory[d * {units} + u]", f"{own}_memory[({slots} + d) * {units} + u]"
    wrapped = [] if unit.leak else ["            angle -= turn * floor(angle / turn + 0.5);"]
    return [
        f"        real output[{slots}], last[{slots}];",
        f"        for (int d = 0; d < {slots}; d++) {{",
        "            /* In double, so that nothing is lost in many steps. */",
        "            const double turn = 6.283185307179586; (void)turn;",
        f"            double angle = {1 - unit.leak!r} * ((double){first} + (double){rest});",
        f"            angle += (double){own}_frequency[d * {units} + u] * (double)z[d];",
        *wrapped,
        f"            {first} = (real)angle;",
        f"            {rest} = (real)(angle - (double){first});",
        f"            output[d] = (real)(d % 2 ? cos((double){first}) : sin((double){first}));",
        "        }",
        *_moved(own, layer),
    ]


def _anarchist(own: str, layer: Layer) -> Lines:
    units, slots = layer.units, layer.unit.slots
    return [
        f"        real output[{slots}], last[{slots}], sum[1] = {{0}};",
        f"        for (int d = 0; d < {slots}; d++) {{",
        "            output[d] = 0;",
        f"            for (int s = 0; s < {slots}; s++)",
        f"                output[d] += {own}_ws[(s * {slots} + d) * {units} + u] * z[s];",
        "            sum[0] += output[d];",
        "        }",
        "        (void)sum;",
        *_moved(own, layer),
    ]


def _arrays(source: Source, own: str, layer: Layer, names: tuple[str, ...]) -> None:
    """The weights of these names, as far as there are any, and those of heads that features show."""
    for name in (*names, *(f"{kind}_{part}" for kind, _ in layer.kinds for part in "wb")):
        if name in layer.weights:
            source.array(f"{own}_{name}", layer.weights[name])


def _kept(to: str, values: str, size: int) -> Lines:
    return [f"        memcpy({to}, {values}, {size} * sizeof(real));"]


def _hidden(own: str, layer: Layer, values: str, width: int, activation: str, at: int | None = None) -> Lines:
    """The hidden layer of `width` values, kept in `phi` from place `at` on."""
    hidden = layer.unit.hidden
    bent = {
        "relu": "hidden[i] = hidden[i] > 0 ? hidden[i] : 0;",
        "tanh": f"hidden[i] = {named(layer, 'tanh')}(hidden[i]);",
        # By a hyperbolic tangent, as JAX has it.
        "gelu": f"hidden[i] = hidden[i] / 2 * (1 + {named(layer, 'tanh')}((real)0.7978845608028654 * "
        "(hidden[i] + (real)0.044715 * hidden[i] * hidden[i] * hidden[i])));",
    }[activation]
    return [
        f"        real *hidden = phi + {width if at is None else at};",
        *_sums(own, layer, "hidden", "w1", "b1", values, hidden, width),
        f"        for (int i = 0; i < {hidden}; i++) {bent}",
    ]


def _sums(own: str, layer: Layer, to: str, weight: str, bias: str | None, values: str, size: int, width: int) -> Lines:
    """A linear map of `width` values to `size`."""
    units = layer.units
    return [
        f"        for (int i = 0; i < {size}; i++) {{",
        f"            {to}[i] = {'0' if bias is None else f'{own}_{bias}[i * {units} + u]'};",
        f"            for (int p = 0; p < {width}; p++)",
        f"                {to}[i] += {own}_{weight}[(i * {width} + p) * {units} + u] * {values}[p];",
        "        }",
    ]


def _heads(own: str, layer: Layer, phi: int) -> Lines:
    """Further predictions and guesses of the target that features show."""
    lines = []
    for kind in ("ahead", "target"):
        if dict(layer.kinds).get(kind):
            size = len(layer.weights[f"{kind}_w"])
            lines.append(f"        real {kind}[{size}];")
            lines += _sums(own, layer, kind, f"{kind}_w", f"{kind}_b", "phi", size, phi)
    return lines


def _moved(own: str, layer: Layer) -> Lines:
    """Outputs are bounded and kept, those of the step before are in `last`."""
    units, slots = layer.units, layer.unit.slots
    clip = getattr(layer.unit, "clip", None)
    bounded = [] if clip is None else [f"            output[d] = bounded(output[d], (real)-{clip!r}, (real){clip!r});"]
    return [
        f"        for (int d = 0; d < {slots}; d++) {{",
        *bounded,
        f"            last[d] = {own}_outputs[d * {units} + u];",
        f"            {own}_outputs[d * {units} + u] = output[d];",
        "        }",
        "        (void)last;",
    ]


def named(layer: Layer, function: str) -> str:
    """A function of the mathematical library, for the layer's number format."""
    return function if next(iter(layer.weights.values())).dtype == np.float64 else f"{function}f"


def _nothing(own: str, layer: Layer) -> Lines:
    del own, layer
    return []


C_UNITS = {
    AttentionUnit: (_begin_attention, _attention, _nothing),
    BlockUnit: (_begin_block, _block, _nothing),
    EchoUnit: (_begin_echo, _echo, _end_echo),
    GivenEchoUnit: (_begin_echo, _echo, _end_echo),
    DiagonalMemoryUnit: (_begin_diagonal, _diagonal, _nothing),
    TraceUnit: (_begin_simple("kept", "taken"), _trace, _nothing),
    PhaseUnit: (_begin_simple("frequency"), _phase, _nothing),
    AnarchistUnit: (_begin_simple("ws"), _anarchist, _nothing),
}
"""For each type of unit what comes before the loop over units, in it, and after it."""
