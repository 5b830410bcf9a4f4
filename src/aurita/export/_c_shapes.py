"""Shape units as C: filters over a window of a sequence, pooled over all its steps, with no memory for them."""

import numpy as np

from aurita.export.c_source import Source
from aurita.shapes import Shapes
from aurita.shapes.padding import LEAST_DEVIATION

_SCALED = """static double @_scaled(const double *x, int t, int e)
{
    return (x[t * AURITA_INPUTS + e] - input_mean[e]) / input_deviation[e];
}
"""

_BY_ITSELF = """static double @_own_mean[AURITA_INPUTS], @_own_deviation[AURITA_INPUTS];

static void @_by_itself(const double *x, int steps)
{
    for (int e = 0; e < AURITA_INPUTS; e++) {
        double mean = 0.0, square = 0.0;
        for (int t = 0; t < steps; t++) mean += @_scaled(x, t, e) / steps;
        for (int t = 0; t < steps; t++) {
            double apart = @_scaled(x, t, e) - mean;
            square += apart * apart / steps;
        }
        @_own_mean[e] = mean;
        @_own_deviation[e] = sqrt(square) > LEAST ? sqrt(square) : 1.0;
    }
}
"""

_POOL = """static void @(const double *x, int steps, double *row)
{
    enum { UNITS = @@units, SLOTS = @@slots, WINDOW = @@window, HIDDEN = @@hidden, LEVELS = @@levels };
    enum { EACH = LEVELS + 1, POOLED = UNITS * HIDDEN * EACH };
    float given[SLOTS][WINDOW];
@@begin    for (int u = 0; u < UNITS; u++) {
        int dilation = @_dilations[u], field = (WINDOW - 1) * dilation;
        int start = @_whole[u] && 2 * steps > 3 * field ? field : 0;
        double *to = row + u * HIDDEN * EACH;
        for (int i = 0; i < HIDDEN * EACH; i++) to[i] = i % EACH == LEVELS ? -HUGE_VAL : 0.0;
        for (int t = start; t < steps; t++) {
            for (int c = 0; c < SLOTS; c++)
                for (int j = 0; j < WINDOW; j++)
                    given[c][j] = @_given(x, t - j * dilation, @_channels[u * SLOTS + c]);
            for (int k = 0; k < HIDDEN; k++) {
                const float *filter = @_filters + (u * HIDDEN + k) * SLOTS * WINDOW;
                float sum = 0;
                for (int c = 0; c < SLOTS; c++)
                    for (int j = 0; j < WINDOW; j++) sum += given[c][j] * filter[c * WINDOW + j];
                for (int q = 0; q < LEVELS; q++) {
                    int at = (u * HIDDEN + k) * LEVELS + q;
                    float step = (sum - @_levels[at]) * @_slopes[at] + 0.5f;
                    to[k * EACH + q] += (double)(step < 0 ? 0 : step > 1 ? 1 : step);
                }
                to[k * EACH + LEVELS] = fmax(to[k * EACH + LEVELS], (double)sum);
            }
        }
        for (int i = 0; i < HIDDEN * EACH; i++)
            if (i % EACH != LEVELS) to[i] /= steps - start;
    }
@@counts    for (int i = 0; i < @@width; i++) row[i] = fmin(fmax(row[i], @_low[i]), @_high[i]);
}
"""

_TAKE = """enum { @_CHANNELS = @@channels, @_SPAN = @@span };

static void @_take(const double *x, long counted)
{
    enum { UNITS = @@units, SLOTS = @@slots, WINDOW = @@window, HIDDEN = @@hidden, LEVELS = @@levels };
    float *now = @_window + counted % @_SPAN * @_CHANNELS;
    for (int channel = 0; channel < @_CHANNELS; channel++) {
        int e = channel % AURITA_INPUTS;
        double value = @_scaled(x, 0, e);
        if (@_differs[channel]) value = counted > 0 ? value - @_before[e] : 0.0;
        now[channel] = (float)((value - @_mean[channel]) / @_deviation[channel]);
    }
    for (int e = 0; e < AURITA_INPUTS; e++) @_before[e] = @_scaled(x, 0, e);
    for (int u = 0; u < UNITS; u++) {
        int dilation = @_dilations[u], late = counted >= (@_whole[u] ? (WINDOW - 1) * dilation : 0);
        for (int k = 0; k < HIDDEN; k++) {
            const float *filter = @_filters + (u * HIDDEN + k) * SLOTS * WINDOW;
            float sum = 0;
            for (int c = 0; c < SLOTS; c++) {
                int channel = @_channels[u * SLOTS + c];
                for (int j = 0; j < WINDOW && channel >= 0 && counted >= j * dilation; j++)
                    sum += @_window[(counted - j * dilation) % @_SPAN * @_CHANNELS + channel] * filter[c * WINDOW + j];
            }
            for (int q = 0; q < LEVELS; q++) {
                int at = (u * HIDDEN + k) * LEVELS + q;
                float step = (sum - @_levels[at]) * @_slopes[at] + 0.5f;
                @_sums[late * UNITS * HIDDEN * LEVELS + at] += (double)(step < 0 ? 0 : step > 1 ? 1 : step);
            }
            float *most = @_most + late * UNITS * HIDDEN + u * HIDDEN + k;
            if (sum > *most) *most = sum;
        }
    }
}

static void @_row(long steps, double *row)
{
    enum { UNITS = @@units, WINDOW = @@window, HIDDEN = @@hidden, LEVELS = @@levels };
    enum { EACH = LEVELS + 1, FILTERS = UNITS * HIDDEN, POOLED = FILTERS * EACH };
    for (int f = 0; f < FILTERS; f++) {
        /* What came before the first whole window counts where there is little else. */
        int field = @_whole[f / HIDDEN] ? (WINDOW - 1) * @_dilations[f / HIDDEN] : 0;
        int all = 2 * steps <= 3 * field;
        for (int q = 0; q < LEVELS; q++) {
            int at = f * LEVELS + q;
            double sum = @_sums[FILTERS * LEVELS + at] + (all ? @_sums[at] : 0.0);
            row[f * EACH + q] = sum / (double)(steps - (all ? 0 : field));
        }
        row[f * EACH + LEVELS] = (double)@_most[FILTERS + f];
        if (all) row[f * EACH + LEVELS] = fmax(row[f * EACH + LEVELS], (double)@_most[f]);
    }
@@counts    for (int i = 0; i < @@width; i++) row[i] = fmin(fmax(row[i], @_low[i]), @_high[i]);
}
"""

_COUNTS = """    for (int i = 0; i < POOLED; i++) row[POOLED + i] = row[i] * (double)steps / @@longest.0;
    row[2 * POOLED] = log((double)steps);
"""


def write_shapes(source: Source, own: str, shapes: Shapes, *, so_far: bool) -> None:
    """Add functions that pool a sequence.

    Args:
        source: where they go.
        own: beginning of their names.
        shapes: units.
        so_far: whether steps come one by one: then `static void OWN_take(const double *x, long counted)` takes one and
            `static void OWN_row(long steps, double *row)` says what was pooled; otherwise
            `static void OWN(const double *x, int steps, double *row)` pools a whole sequence.
    """
    for name in ("channels", "dilations", "whole"):
        source.array(f"{own}_{name}", getattr(shapes, name), "int")
    filters = shapes.filters * (shapes.channels >= 0)[:, None, :, None]
    for name, values in (("filters", filters), ("levels", shapes.levels), ("slopes", shapes.slopes)):
        source.array(f"{own}_{name}", values, "float")
    for name in ("mean", "deviation", "low", "high"):
        source.array(f"{own}_{name}", getattr(shapes, name), "double")
    source.text(_SCALED.replace("@", own))
    if so_far:
        _write_states(source, own, shapes)
    by_itself = any(view.startswith("own") for view in shapes.views)
    if by_itself:
        source.text(_BY_ITSELF.replace("LEAST", repr(LEAST_DEVIATION)).replace("@", own))
    if not so_far:
        source.text(_given(shapes).replace("@", own))
    blanks = {
        **{name: getattr(shapes.unit, name) for name in ("slots", "window", "hidden", "levels")},
        "begin": "    @_by_itself(x, steps);\n" if by_itself else "",
        "counts": _COUNTS if shapes.ragged else "",
        "longest": shapes.longest,
        "units": shapes.units,
        "width": shapes.width,
        "channels": len(shapes.mean),
        "span": _span(shapes),
    }
    text = _TAKE if so_far else _POOL
    for name, value in blanks.items():
        text = text.replace(f"@@{name}", str(value))
    source.text(text.replace("@", own))


def _span(shapes: Shapes) -> int:
    """Steps that the longest filter sees."""
    return (shapes.unit.window - 1) * int(shapes.dilations.max()) + 1


def _write_states(source: Source, own: str, shapes: Shapes) -> None:
    """What is kept between steps: the last ones, and sums and maxima before the first whole window and after it."""
    filters, inputs = shapes.units * shapes.unit.hidden, len(shapes.mean) // len(shapes.views)
    differs = np.repeat([view.endswith("differences") for view in shapes.views], inputs)
    source.array(f"{own}_differs", differs, "int")
    source.state(f"{own}_window", np.zeros(_span(shapes) * len(shapes.mean)), "float")
    source.state(f"{own}_before", np.zeros(inputs), "double")
    source.state(f"{own}_sums", np.zeros(2 * filters * shapes.unit.levels), "double")
    source.text(f"static float {own}_most[{2 * filters}];")
    source.resets.append(f"for (int i = 0; i < {2 * filters}; i++) {own}_most[i] = -HUGE_VALF;")


def _given(shapes: Shapes) -> str:
    """A function of one standardised value of a channel of a view, 0 before the first step and where there is none."""
    lines = [
        "static float @_given(const double *x, int t, int channel)",
        "{",
        "    if (t < 0 || channel < 0) return 0;",
        "    int e = channel % AURITA_INPUTS;",
        "    double value = 0.0;",
        "    switch (channel / AURITA_INPUTS) {",
    ]
    for number, view in enumerate(shapes.views):
        now, before = "@_scaled(x, t, e)", "@_scaled(x, t > 0 ? t - 1 : 0, e)"
        value = f"{now} - {before}" if view.endswith("differences") else now
        if view.startswith("own"):
            shift = "" if view.endswith("differences") else " - @_own_mean[e]"
            value = f"({value}{shift}) / @_own_deviation[e]"
        lines.append(f"    case {number}: value = {value}; break;")
    lines += ["    }", "    return (float)((value - @_mean[channel]) / @_deviation[channel]);", "}\n"]
    return "\n".join(lines)
