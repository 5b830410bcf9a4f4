"""Layers of units as C: their numbers, their states, and a function for one step of each."""

from aurita.export._c_units import C_UNITS
from aurita.export.c_source import Source
from aurita.export.described import Layer

BOUNDED = """static real bounded(real x, real least, real most)
{
    return x < least ? least : x > most ? most : x;
}
"""


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
    if type(layer.unit) in C_UNITS:
        begin, step, end = C_UNITS[type(layer.unit)]
        before, within, after = begin(source, own, layer), step(own, layer), end(own, layer)
    else:
        before, within, after = layer.unit.c_step(source, own, layer)
    lines += before
    lines += [f"    for (int u = 0; u < {units}; u++) {{", f"        real z[{slots}];"]
    lines += [f"        for (int d = 0; d < {slots}; d++) {{", f"            {_inputs(own, layer)}"]
    if layer.rates is not None:
        lines += [
            f"            real rate = {own}_rates[d * {units} + u];",
            f"            z[d] = (1 - rate) * {own}_leaky[d * {units} + u] + rate * z[d];",
            f"            {own}_leaky[d * {units} + u] = z[d];",
        ]
    lines.append("        }")
    lines += within
    first = 0
    for kind, size in layer.kinds:
        value = "z[i] - last[i]" if kind == "error" else f"{kind}[i]"
        lines.append(f"        for (int i = 0; i < {size}; i++) features[{first} + i * {units} + u] = {value};")
        first += size * units
    source.text("\n".join([*lines, "    }", *after, "}\n"]))


def _inputs(own: str, layer: Layer) -> str:
    units, afferents = layer.units, len(layer.wiring)
    if layer.passage is None:
        return f"z[d] = sources[{own}_wiring[d * {units} + u]];"
    return (
        f"z[d] = {own}_bias[d * {units} + u]; for (int k = 0; k < {afferents}; k++) "
        f"z[d] += {own}_passage[(d * {afferents} + k) * {units} + u] * sources[{own}_wiring[k * {units} + u]];"
    )
