"""The memory of units that attend to their last inputs, and their heads, as C."""

import numpy as np

from aurita.export.c_source import Source
from aurita.export.described import Layer


def begin_memory(source: Source, own: str, layer: Layer) -> list[str]:
    """States of a memory, and how it moves on before the loop over units."""
    if not layer.unit.heads:
        return []
    span = len(layer.memory)
    source.state(f"{own}_memory", layer.memory[::-1])
    source.text(f"static int {own}_at;")
    source.resets.append(f"{own}_at = {span - 1};")
    if layer.unit.shifted_keys:
        source.state(f"{own}_before", layer.before)
    return [f"    {own}_at = ({own}_at + 1) % {span};"]


def attending(own: str, layer: Layer, asks: str, to: str) -> list[str]:
    """What the heads of unit `u` bring.

    Args:
        own: beginning of the layer's names.
        layer: the layer.
        asks: array that the queries are made of; `z` is what is kept.
        to: where it goes, heads one after the other.
    """
    unit, units, span = layer.unit, layer.units, len(layer.memory)
    slots, heads, width, ages = unit.slots, unit.heads, unit.head_width, unit.memory
    stored = slots * (2 if unit.shifted_keys else 1)
    exp = "exp" if next(iter(layer.weights.values())).dtype == np.float64 else "expf"
    row = f"{own}_memory + {own}_at * {stored * units} + u"
    keep = [f"            ({row})[d * {units}] = z[d];"]
    if unit.shifted_keys:
        keep += [
            f"            ({row})[({slots} + d) * {units}] = {own}_before[d * {units} + u];",
            f"            {own}_before[d * {units} + u] = z[d];",
        ]
    known = f"lived / {unit.dilation} + 1 < {ages} ? (int)(lived / {unit.dilation}) + 1 : {ages}"
    by_age = "age_bias" in layer.weights
    begin = f"{own}_query_b[(h * {stored} + s) * {units} + u]" if by_age else "0"
    bias = f"{own}_age_bias[(m * {heads} + h) * {units} + u]" if by_age else "0"

    def entry(place: str) -> str:
        kept = f"{own}_memory[(place * {stored} + {place}) * {units} + u]"
        return kept if by_age else f"({kept} + {own}_embedding[(m * {stored} + {place}) * {units} + u])"

    return [
        f"        for (int d = 0; d < {slots}; d++) {{",
        *keep,
        "        }",
        f"        int ages = {known if unit.before_start == 'masked' else ages};",
        f"        for (int h = 0; h < {heads}; h++) {{",
        f"            real query[{stored}], share[{ages}], mixed[{slots}], most = 0, sum = 0;",
        f"            for (int s = 0; s < {stored}; s++) {{",
        f"                query[s] = {begin};",
        f"                for (int d = 0; d < {slots}; d++)",
        f"                    query[s] += {own}_query_w[((h * {stored} + s) * {slots} + d) * {units} + u] * {asks}[d];",
        "            }",
        "            for (int m = 0; m < ages; m++) {",
        f"                int place = ({own}_at - m * {unit.dilation} + {span}) % {span};",
        f"                share[m] = {bias};",
        f"                for (int s = 0; s < {stored}; s++) share[m] += query[s] * {entry('s')};",
        "                if (m == 0 || share[m] > most) most = share[m];",
        "            }",
        f"            for (int d = 0; d < {slots}; d++) mixed[d] = 0;",
        "            for (int m = 0; m < ages; m++) {",
        f"                int place = ({own}_at - m * {unit.dilation} + {span}) % {span};",
        f"                real weight = {exp}(share[m] - most);",
        "                sum += weight;",
        f"                for (int d = 0; d < {slots}; d++) mixed[d] += weight * {entry('d')};",
        "            }",
        f"            for (int w = 0; w < {width}; w++) {{",
        "                real value = 0;",
        f"                for (int d = 0; d < {slots}; d++)",
        f"                    value += {own}_wv[((h * {width} + w) * {slots} + d) * {units} + u] * mixed[d];",
        f"                ({to})[h * {width} + w] = value / sum;",
        "            }",
        "        }",
    ]
