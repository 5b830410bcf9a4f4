"""The forecasts of an exported forecaster as C: the next step, or all steps after a window of values."""

from aurita.export._experts import bounds_of, forecast_of
from aurita.export._ops import Value
from aurita.export._ops_c import COps
from aurita.export.c_source import Source
from aurita.export.described import Described, ExportedMember


def write_forecast(source: Source, given: Described) -> None:
    """Add the function that forecasts."""
    if given.committee is None:
        every = list(range(len(given.members)))
        body = _next(source, given, every)
        source.function("void aurita_step(const double *value, const double *covariates, double *forecast)", body)
    else:
        _write_window(source, given)


def _write_window(source: Source, given: Described) -> None:
    """Experts and reservoirs, each by its weight, after a window of values."""
    committee = given.committee
    assert committee is not None
    assert given.taken is not None
    outputs, steps, horizon, lags = given.outputs, given.window, given.horizon, len(given.taken) - 1
    last = steps if given.direct else steps - 1 + horizon
    size, covariates = steps * outputs, given.inputs - outputs
    ops = COps(source, "e")
    source.text(f"static double values[{size}];")
    values = Value(ops, "values", (steps, outputs))
    found = forecast_of(ops, committee, values, horizon)
    least, most = bounds_of(ops, ops.rows_of(values))
    body = ["    (void)covariates;", f"    memcpy(values, window, {size} * sizeof(double));"]
    body += [f"    {line}" for line in ops.lines]
    body += [
        f"    for (int h = 0; h < {horizon}; h++)",
        f"        for (int o = 0; o < {outputs}; o++) forecast[h * {outputs} + o] = {found.name}[o * {horizon} + h];",
    ]
    share = float(committee.weights[-1]) / max(len(given.members), 1)
    for number in range(len(given.members)):
        name = f"next{number}"
        signature = f"static void {name}(const double *value, const double *covariates, double *forecast)"
        source.text("\n".join([signature, "{", *_next(source, given, [number]), "}\n"]))
        ahead = f"covariates + (t + 1) * {covariates}" if covariates else "0"
        body += [
            "    aurita_reset();",
            *([f"    memcpy(tail, values, {lags * outputs} * sizeof(double));"] if lags else []),
            f"    for (int t = {lags}; t < {last}; t++) {{",
            f"        static double now[{outputs * (horizon if given.direct else 1)}];",
            f"        {name}(t < {steps} ? values + t * {outputs} : now, {ahead}, now);",
            f"        for (int i = 0; i < {outputs * (horizon if given.direct else 1)} && t >= {steps - 1}; i++)",
            f"            forecast[(t - {steps - 1}) * {outputs} + i] += {share!r} * now[i];",
            "    }",
        ]
    body += [
        f"    for (int h = 0; h < {horizon}; h++)",
        f"        for (int o = 0; o < {outputs}; o++) {{",
        f"            double *value = forecast + h * {outputs} + o;",
        f"            *value = fmin(fmax(*value, {least.name}[o]), {most.name}[o]);",
        *(f"        {line}" for line in _limited(given, "*value")),
        "        }",
    ]
    source.function("void aurita_forecast(const double *window, const double *covariates, double *forecast)", body)


def _limited(given: Described, value: str) -> list[str]:
    """A value within the limits of the series."""
    found = []
    if given.lower is not None:
        found.append(f"    {value} = fmax({value}, {float(given.lower)!r});")
    if given.upper is not None:
        found.append(f"    {value} = fmin({value}, {float(given.upper)!r});")
    return found


def _next(source: Source, given: Described, which: list[int]) -> list[str]:
    """What some members forecast of the next step, in the mean."""
    assert given.taken is not None
    outputs, lags = given.outputs, len(given.taken) - 1
    members = {number: given.members[number] for number in which}
    covariates = given.inputs - outputs
    if lags and which[0] == 0:
        # As in the tail, the oldest first.
        source.array("lagged", given.taken[:0:-1], "double")
    run = [f"    real external[{given.inputs}];"]
    run += [f"    real features{number}[{one.features}];" for number, one in members.items()]
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
    run += [f"    m{number}_step(external, features{number});" for number in members]
    run.append("    lived++;")
    return [*run, *(_at_once if given.direct else _one_step)(given, members)]


def _one_step(given: Described, members: dict[int, ExportedMember]) -> list[str]:
    """The next value, in the mean over members."""
    lags = _lags(given)
    body = [f"    for (int o = 0; o < {given.outputs}; o++) {{", "        double mean = 0.0;"]
    body += _mean(given, members, given.outputs, "o", dict.fromkeys(members, ""))
    body.append("        mean = mean * input_deviation[o] + input_mean[o];")
    if lags:
        body.append(f"        for (int k = 0; k < {lags}; k++) mean -= lagged[k] * tail[k * {given.outputs} + o];")
    return [*body, *(f"    {line}" for line in _limited(given, "mean")), "        forecast[o] = mean;", "    }"]


def _at_once(given: Described, members: dict[int, ExportedMember]) -> list[str]:
    """All steps that direct readouts know, from features and covariates of the steps after the next one."""
    outputs, lags, later = given.outputs, _lags(given), given.inputs - given.outputs
    known = ""
    if later and given.horizon > 1:
        column = f"{outputs} + i % {later}"
        known = (
            f"            for (int i = 0; i < {(given.horizon - 1) * later}; i++) predicted += "
            f"m@_coef[(@features + i) * {outputs * given.horizon} + i0] * (covariates[{later} + i] - "
            f"input_mean[{column}]) / input_deviation[{column}];"
        )
    more = {n: known.replace("@features", str(one.features)).replace("@", str(n)) for n, one in members.items()}
    body = [f"    for (int i0 = 0; i0 < {outputs * given.horizon}; i0++) {{", "        double mean = 0.0;"]
    body += _mean(given, members, outputs * given.horizon, "i0", more)
    body += [
        f"        int o = i0 % {outputs};",
        "        mean = mean * input_deviation[o] + input_mean[o];",
    ]
    if lags:
        # Of `k` steps from the oldest value on, those of the forecast itself come last.
        body += [
            f"        for (int k = 0, h = i0 / {outputs}; k < {lags}; k++)",
            f"            mean -= lagged[k] * (h + k < {lags} ? tail[(h + k) * {outputs} + o] "
            f": forecast[(h + k - {lags}) * {outputs} + o]);",
        ]
    body += ["        forecast[i0] = mean;", "    }"]
    limits = _limited(given, "forecast[i]") if given.committee is None else []
    if limits:
        body += [
            f"    for (int i = 0; i < {outputs * given.horizon}; i++) {{",
            *(f"    {one}" for one in limits),
            "    }",
        ]
    return body


def _mean(
    given: Described, members: dict[int, ExportedMember], columns: int, column: str, more: dict[int, str]
) -> list[str]:
    """The mean of what readouts say of a column, each within bounds."""
    body = []
    for number, one in members.items():
        body += [
            "        {",
            f"            double predicted = m{number}_intercept[{column}];",
            f"            for (int f = 0; f < {one.features}; f++)",
            f"                predicted += m{number}_coef[f * {columns} + {column}] * (double)features{number}[f];",
            *([more[number]] if more[number] else []),
            f"            mean += fmin(fmax(predicted, -{given.bound!r}), {given.bound!r}) / {len(members)}.0;",
            "        }",
        ]
    return body


def _lags(given: Described) -> int:
    assert given.taken is not None
    return len(given.taken) - 1
