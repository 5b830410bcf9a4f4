"""Fitted models as one C99 file without dependencies, that runs them step by step with no memory allocated.

| model | functions |
|---|---|
| labels or values of sequences | `int aurita_predict(const double *x, int steps, double *out)` |
| these with `form="step"`; of steps | `void aurita_reset(void)`, `int aurita_step(const double *x, double *out)` |
| forecaster | `aurita_reset`, `void aurita_step(const double *value, const double *covariates, double *forecast)` |
| forecaster with experts | `void aurita_forecast(const double *window, const double *covariates, double *forecast)` |

`out` are the probabilities of the classes, and the label's number is returned (`aurita_labels` has the names); or the
predicted values, and 0 is returned. -1 is returned where there are no more steps than the washout. A step of a sequence
says what `predict` says of the sequence so far; without `out` it is only taken in. Means, deviations, shares and maxima
go on in sums; a model that needs all steps so far (`summary="times:K"`, shape units that standardise a sequence by
itself) keeps `AURITA_LONGEST` of them, and returns -1 beyond.

A forecaster is, after `aurita_reset`, at the end of its series, its last value still to come. One with
`strategy="direct"` forecasts `AURITA_HORIZON` steps after each step, and receives their covariates. One with experts
forecasts as many after a window of `AURITA_WINDOW` steps, as `restart` and `predict` do; covariates, if any, are of the
window and of the steps that are forecast.
"""

import json

import numpy as np

from aurita import __version__
from aurita.errors import AuritaError
from aurita.export._c_answers import write_answers
from aurita.export._c_forecast import write_forecast
from aurita.export._c_layers import BOUNDED, write_layer
from aurita.export._c_shapes import write_shapes
from aurita.export.c_source import Source
from aurita.export.described import Described, ExportedMember, check_form, described, keeps_steps
from aurita.io.writing import StrPath, write_whole

_HEAD = """/* A fitted model of aurita {version}: {task}. C99 and its standard library alone; one instance.
   {about} */
#include <math.h>
#include <string.h>

typedef {real} real;

enum {{ AURITA_INPUTS = {inputs}, AURITA_OUTPUTS = {outputs} }};
"""


FORMS = ("auto", "fixed", "step")


def to_c(
    model: object,
    path: StrPath,
    *,
    form: str = "auto",
    series: int = 0,
    window: int | None = None,
    longest: int | None = None,
) -> None:
    """Write a fitted model as one C99 file.

    Args:
        model: a classifier, regressor or forecaster of built-in units.
        path: of the file.
        form: `fixed`, over whole sequences or the window of a forecaster with experts; `step`; `auto`: `fixed` where
            the model has that form.
        series: which of the series of a forecaster.
        window: steps that a forecaster with experts receives; None: as many as it keeps of the series.
        longest: steps of a sequence that are kept where a step needs all of them; None: as many as the longest
            sequence had that shape units were fitted on.

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
    write_whole(path, c_source(described(model, series, window), form, longest).encode())


def c_source(given: Described, form: str = "auto", longest: int | None = None) -> str:
    """The text of the file."""
    form = _form(given, form)
    longest = _longest(given, form, longest)
    so_far = form == "step" and longest is None
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
    if given.committee is not None:
        source.text(f"enum {{ AURITA_WINDOW = {given.window} }};\n")
    if given.committee is not None or given.direct:
        source.text(f"enum {{ AURITA_HORIZON = {given.horizon} }};\n")
    runs = any(one.shapes is None for one in given.members)
    pools = given.task != "forecast" and not given.per_step and not so_far
    if runs or not pools:
        source.text("static long lived;\n")
    if any(layer.clips for member in given.members for layer in member.layers):
        source.text(BOUNDED)
    if given.members:
        source.array("input_mean", given.mean, "double")
        source.array("input_deviation", given.deviation, "double")
    for number, member in enumerate(given.members):
        _write_member(source, number, member, so_far=so_far)
    if given.task == "forecast":
        source.text(_reset(given, source))
        write_forecast(source, given)
    elif not pools:
        write_answers(source, given, so_far=so_far, longest=longest)
        source.text(_reset(given, source))
    else:
        if runs:
            source.text("\n".join(["static void begin(void)", "{", "    lived = 0;", *_resetting(source), "}\n"]))
        write_answers(source, given, so_far=so_far, longest=longest)
    return source.finished()


def _form(given: Described, form: str) -> str:
    """`fixed` or `step`."""
    check_form(given, form, FORMS)
    has = "fixed" if given.committee is not None or not (given.per_step or given.task == "forecast") else "step"
    if form == "fixed" and has == "step":
        raise AuritaError("a C file runs a model with an answer for each step step by step; leave form out")
    return has if form == "auto" else form


def _longest(given: Described, form: str, longest: int | None) -> int | None:
    """Steps that are kept of a sequence; None where none are."""
    if form == "fixed" or not keeps_steps(given):
        if longest is not None:
            raise AuritaError(f"longest is {longest}, and the file keeps no steps of a sequence; leave longest out")
        return None
    if longest is None:
        known = [one.shapes.longest for one in given.members if one.shapes is not None]
        if not known:
            raise AuritaError(
                "the answer for a sequence so far needs all of its steps, and how many are kept is not known; give the "
                "most that a sequence has (longest), or use summary='mean'"
            )
        longest = max(known) + given.washout
    if longest <= given.washout:
        raise AuritaError(f"longest is {longest}; expected more steps than the washout of {given.washout}")
    return longest


def _quoted(text: str) -> str:
    """A string of C; what is no ASCII goes in octal bytes of UTF-8."""
    return (
        '"' + "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else f"\\{b:03o}" for b in text.encode()) + '"'
    )


def _write_member(source: Source, number: int, member: ExportedMember, *, so_far: bool) -> None:
    """Numbers and layers of a member, and a function that runs one step of it, or pools a sequence."""
    own = f"m{number}"
    if member.shapes is not None:
        source.array(f"{own}_coef", member.coef, "double")
        source.array(f"{own}_intercept", member.intercept, "double")
        write_shapes(source, f"{own}_shapes", member.shapes, so_far=so_far)
        return
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
    return "\n".join([*lines, *_resetting(source), "}\n"])


def _resetting(source: Source) -> list[str]:
    return [f"    {line}" for line in source.resets]
