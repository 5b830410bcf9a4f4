"""Fitted models as one C99 file without dependencies, that runs them step by step with no memory allocated.

| model | functions |
|---|---|
| labels or values of sequences | `int aurita_predict(const double *x, int steps, double *out)` |
| labels or values of steps | `void aurita_reset(void)`, `int aurita_step(const double *x, double *out)` |
| forecaster | `aurita_reset`, `void aurita_step(const double *value, const double *covariates, double *forecast)` |

`out` are the probabilities of the classes, and the label's number is returned (`aurita_labels` has the names); or the
predicted values, and 0 is returned. `aurita_predict` returns -1 where there are no more steps than the washout. A
forecaster is, after `aurita_reset`, at the end of its series, its last value still to come.
"""

import json

import numpy as np

from aurita import __version__
from aurita.errors import AuritaError
from aurita.export.c_layers import BOUNDED, Source, write_layer
from aurita.export.described import Described, ExportedMember, described
from aurita.io.writing import StrPath, write_whole
from aurita.readout.summaries import AtTimes, Last, Mean, MeanDeviation

_HEAD = """/* A fitted model of aurita {version}: {task}. C99 and its standard library alone; one instance.
   {about} */
#include <math.h>
#include <string.h>

typedef {real} real;

enum {{ AURITA_INPUTS = {inputs}, AURITA_OUTPUTS = {outputs} }};

static long lived;
"""


def to_c(model: object, path: StrPath, *, series: int = 0) -> None:
    """Write a fitted model as one C99 file.

    Args:
        model: a classifier, regressor or forecaster of built-in units, shape units aside.
        path: of the file.
        series: which of the series of a forecaster.

    Raises:
        AuritaError: a model that cannot be exported, or a path that cannot be written to.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from aurita import ReservoirRegressor
        >>> x = np.random.default_rng(0).uniform(size=(100, 1))
        >>> model = ReservoirRegressor(units=4).fit([x], [x**2])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     to_c(model, Path(folder, "model.c"))
        ...     "int aurita_step(const double *x, double *out)" in Path(folder, "model.c").read_text()
        True
    """
    write_whole(path, c_source(described(model, series)).encode())


def c_source(given: Described) -> str:
    """The text of the file."""
    source = Source(given.real)
    about = {
        "classify": "Classes: aurita_labels.",
        "regress": "Values of steps or sequences.",
        "forecast": "The last value of the series was " + json.dumps([] if given.last is None else given.last.tolist()),
    }[given.task]
    real = "float" if given.real is np.float32 else "double"
    source.text(
        _HEAD.format(
            version=__version__,
            task=given.task,
            about=about,
            real=real,
            inputs=given.inputs,
            outputs=given.outputs,
        )
    )
    if given.classes is not None:
        names = ", ".join(_quoted(str(name)) for name in given.classes)
        source.text(f"extern const char *const aurita_labels[{len(given.classes)}];")
        source.text(f"const char *const aurita_labels[{len(given.classes)}] = {{{names}}};\n")
    if any(layer.clips for member in given.members for layer in member.layers):
        source.text(BOUNDED)
    source.array("input_mean", given.mean, "double")
    source.array("input_deviation", given.deviation, "double")
    for number, member in enumerate(given.members):
        _write_member(source, number, member)
    source.text(_reset(given, source))
    (_write_forecast if given.task == "forecast" else _write_answers)(source, given)
    return source.finished()


def _quoted(text: str) -> str:
    """A string of C; what is no ASCII goes in octal bytes of UTF-8."""
    return (
        '"' + "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else f"\\{b:03o}" for b in text.encode()) + '"'
    )


def _write_member(source: Source, number: int, member: ExportedMember) -> None:
    """Numbers and layers of a member, and a function that runs one step of it."""
    own = f"m{number}"
    clock = 2 * len(member.clock)
    for i, layer in enumerate(member.layers):
        write_layer(source, f"{own}_l{i}", layer)
    source.array(f"{own}_coef", member.coef, "double")
    source.array(f"{own}_intercept", member.intercept, "double")
    if member.clock:
        source.array(f"{own}_period", np.array(member.clock), "double")
    sizes = [layer.outputs.size for layer in member.layers]
    lines = [f"static void {own}_step(const real *external, real *features)", "{"]
    if member.layers:
        lines.append(f"    real sources[{member.inputs + clock + sum(sizes)}];")
        lines.append(f"    memcpy(sources, external, {member.inputs} * sizeof(real));")
    if member.clock:
        lines += [
            f"    for (int i = 0; i < {len(member.clock)}; i++) {{",
            f"        double turn = fmod((double)lived, {own}_period[i]) / {own}_period[i];",
            f"        sources[{member.inputs} + i] = (real)sin(turn * 6.283185307179586);",
            f"        sources[{member.inputs + len(member.clock)} + i] = (real)cos(turn * 6.283185307179586);",
            "    }",
        ]
    at = member.inputs + clock
    for i, size in enumerate(sizes):
        lines.append(f"    memcpy(sources + {at}, {own}_l{i}_outputs, {size} * sizeof(real));")
        at += size
    first = 0
    if member.shows_inputs:
        lines.append(f"    memcpy(features, external, {member.inputs} * sizeof(real));")
        first = member.inputs
    for i, layer in enumerate(member.layers):
        lines.append(f"    {own}_l{i}(sources, features + {first});")
        first += layer.units * sum(size for _, size in layer.kinds)
    source.text("\n".join([*lines, "}\n"]))


def _reset(given: Described, source: Source) -> str:
    lines = ["void aurita_reset(void);", "void aurita_reset(void)", "{", f"    lived = {given.lived};"]
    if given.tail is not None and given.tail.size:
        source.array("tail_start", given.tail, "double")
        source.text(f"static double tail[{given.tail.size}];\n")
        lines.append("    memcpy(tail, tail_start, sizeof(tail));")
    return "\n".join([*lines, *(f"    {line}" for line in source.resets), "}\n"])


def _write_answers(source: Source, given: Described) -> None:
    """What a classifier or regressor answers, of a step or of a sequence."""
    outputs, members = given.outputs, len(given.members)
    widths = [one.features for one in given.members]
    rows = widths if given.summary is None else [given.summary.width(width) for width in widths]
    scores = [
        f"    double scores[{outputs}], member[{outputs}];",
        "    for (int o = 0; o < AURITA_OUTPUTS; o++) scores[o] = 0.0;",
    ]
    for number, width in enumerate(rows):
        scores += [
            f"    for (int o = 0; o < {outputs}; o++) {{",
            f"        member[o] = m{number}_intercept[o];",
            f"        for (int f = 0; f < {width}; f++)",
            f"            member[o] += m{number}_coef[f * {outputs} + o] * rows[{number}][f];",
            "    }",
        ]
        if given.logistic:
            scores.append("    log_softmax(member);")
        scores.append(f"    for (int o = 0; o < {outputs}; o++) scores[o] += member[o] / {members}.0;")
    if given.logistic or given.task == "classify":
        source.text(_SOFTMAX)
    if given.task == "classify":
        scores += [
            "    int best = 0;",
            f"    for (int o = 1; o < {outputs}; o++) if (scores[o] > scores[best]) best = o;",
            f"    for (int o = 0; o < {outputs}; o++) scores[o] /= {given.spread!r};",
            "    log_softmax(scores);",
            f"    for (int o = 0; o < {outputs}; o++) out[o] = exp(scores[o]);",
            "    return best;",
        ]
    else:
        scores += ["    memcpy(out, scores, sizeof(scores));", "    return 0;"]
    most = max(rows)
    answer = [f"static int answer(double rows[{members}][{most}], double *out)", "{", *scores, "}\n"]
    source.text("\n".join(answer))
    run = ["    real external[AURITA_INPUTS];"]
    scale_input = (
        "for (int i = 0; i < AURITA_INPUTS; i++) external[i] = (real)((x[i] - input_mean[i]) / input_deviation[i]);"
    )
    run += [f"    real features{number}[{width}];" for number, width in enumerate(widths)]
    steps = [f"m{number}_step(external, features{number});" for number in range(members)]
    if given.summary is None:
        body = [
            f"    static double rows[{members}][{most}];",
            *run,
            f"    {scale_input}",
            *(f"    {one}" for one in steps),
        ]
        for number, width in enumerate(widths):
            body.append(f"    for (int f = 0; f < {width}; f++) rows[{number}][f] = (double)features{number}[f];")
        body += ["    lived++;", "    return answer(rows, out);"]
        source.function("int aurita_step(const double *x, double *out)", body)
        return
    body = [f"    static double rows[{members}][{most}];", *run]
    body += [
        f"    if (steps <= {given.washout}) return -1;",
        "    memset(rows, 0, sizeof(rows));",
        "    aurita_reset();",
    ]
    body += [
        "    for (int t = 0; t < steps; t++, x += AURITA_INPUTS) {",
        f"        {scale_input}",
        *(f"        {s}" for s in steps),
    ]
    body += ["        lived++;", f"        if (t < {given.washout}) continue;"]
    for number, width in enumerate(widths):
        body += [f"        {line}" for line in _pooling(given, number, width)]
    body.append("    }")
    if isinstance(given.summary, MeanDeviation):
        for number, width in enumerate(widths):
            body.append(
                f"    for (int f = {width}; f < {2 * width}; f++) "
                f"rows[{number}][f] = sqrt(rows[{number}][f] / (steps - {given.washout}));"
            )
    body.append("    return answer(rows, out);")
    source.function("int aurita_predict(const double *x, int steps, double *out)", body)


def _pooling(given: Described, number: int, width: int) -> list[str]:
    """How the features of step `t` go into the row of a sequence."""
    summary, washout = given.summary, given.washout
    row = f"rows[{number}]"
    if isinstance(summary, Last | AtTimes):
        count = summary.k if isinstance(summary, AtTimes) else 1
        return [
            f"for (int i = 1; i <= {count}; i++)",
            f"    if (t == {washout} + (i * (steps - {washout}) + {count - 1}) / {count} - 1)",
            f"        for (int f = 0; f < {width}; f++) {row}[(i - 1) * {width} + f] = (double)features{number}[f];",
        ]
    if isinstance(summary, Mean):
        return [f"for (int f = 0; f < {width}; f++) {row}[f] += (double)features{number}[f] / (steps - {washout});"]
    if isinstance(summary, MeanDeviation):
        # Welford's update of mean and sum of squares.
        return [
            f"for (int f = 0; f < {width}; f++) {{",
            f"    double apart = (double)features{number}[f] - {row}[f];",
            f"    {row}[f] += apart / (t - {washout} + 1);",
            f"    {row}[{width} + f] += apart * ((double)features{number}[f] - {row}[f]);",
            "}",
        ]
    raise AuritaError(f"the summary {summary} cannot be exported; expected last, mean, mean_deviation or times:K")


def _write_forecast(source: Source, given: Described) -> None:
    assert given.taken is not None
    outputs, lags, members = given.outputs, len(given.taken) - 1, len(given.members)
    covariates = given.inputs - outputs
    if lags:
        # As in the tail, the oldest first.
        source.array("lagged", given.taken[:0:-1], "double")
    run = [f"    real external[{given.inputs}];"]
    run += [f"    real features{number}[{one.features}];" for number, one in enumerate(given.members)]
    run += [f"    for (int o = 0; o < {outputs}; o++) {{", "        double given = value[o];"]
    if lags:
        run.append(f"        for (int k = 0; k < {lags}; k++) given += lagged[k] * tail[k * {outputs} + o];")
    run += ["        external[o] = (real)((given - input_mean[o]) / input_deviation[o]);", "    }"]
    if covariates:
        run += [
            f"    for (int i = 0; i < {covariates}; i++)",
            f"        external[{outputs} + i] = "
            f"(real)((covariates[i] - input_mean[{outputs} + i]) / input_deviation[{outputs} + i]);",
        ]
    else:
        run.append("    (void)covariates;")
    if lags:
        run += [
            f"    memmove(tail, tail + {outputs}, {(lags - 1) * outputs} * sizeof(double));",
            f"    memcpy(tail + {(lags - 1) * outputs}, value, {outputs} * sizeof(double));",
        ]
    run += [f"    m{number}_step(external, features{number});" for number in range(members)]
    run += ["    lived++;", f"    for (int o = 0; o < {outputs}; o++) {{", "        double mean = 0.0;"]
    for number, one in enumerate(given.members):
        run += [
            "        {",
            f"            double predicted = m{number}_intercept[o];",
            f"            for (int f = 0; f < {one.features}; f++)",
            f"                predicted += m{number}_coef[f * {outputs} + o] * (double)features{number}[f];",
            f"            mean += fmin(fmax(predicted, -{given.bound!r}), {given.bound!r}) / {members}.0;",
            "        }",
        ]
    run.append("        mean = mean * input_deviation[o] + input_mean[o];")
    if lags:
        run.append(f"        for (int k = 0; k < {lags}; k++) mean -= lagged[k] * tail[k * {outputs} + o];")
    if given.lower is not None:
        run.append(f"        mean = fmax(mean, {float(given.lower)!r});")
    if given.upper is not None:
        run.append(f"        mean = fmin(mean, {float(given.upper)!r});")
    run += ["        forecast[o] = mean;", "    }"]
    source.function("void aurita_step(const double *value, const double *covariates, double *forecast)", run)


_SOFTMAX = """static void log_softmax(double *scores)
{
    double most = scores[0], sum = 0.0;
    for (int o = 1; o < AURITA_OUTPUTS; o++) most = fmax(most, scores[o]);
    for (int o = 0; o < AURITA_OUTPUTS; o++) sum += exp(scores[o] - most);
    for (int o = 0; o < AURITA_OUTPUTS; o++) scores[o] -= most + log(sum);
}
"""
