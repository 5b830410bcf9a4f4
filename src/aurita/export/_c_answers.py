"""What an exported classifier or regressor answers, of a step or of a sequence, as C."""

import numpy as np

from aurita.errors import AuritaError
from aurita.export.c_source import Source
from aurita.export.described import Described, ExportedMember
from aurita.readout.summaries import AtTimes, Last, Mean, MeanDeviation


def write_answers(source: Source, given: Described, *, so_far: bool, longest: int | None) -> None:
    """Add the functions that answer.

    Args:
        source: where they go.
        given: the model.
        so_far: whether steps of a sequence come one by one.
        longest: steps that are kept of it, where earlier ones are needed.
    """
    _write_answer(source, given)
    if given.per_step:
        _write_step(source, given)
    elif longest is not None:
        _write_predict(source, given)
        _write_kept(source, given, longest)
    elif so_far:
        _write_so_far(source, given)
    else:
        _write_predict(source, given)


def _write_answer(source: Source, given: Described) -> None:
    """What all members say of their rows."""
    outputs, members = given.outputs, len(given.members)
    scores = [
        f"    double scores[{outputs}], member[{outputs}];",
        "    for (int o = 0; o < AURITA_OUTPUTS; o++) scores[o] = 0.0;",
    ]
    for number, one in enumerate(given.members):
        scores += [
            f"    for (int o = 0; o < {outputs}; o++) {{",
            f"        member[o] = m{number}_intercept[o];",
            f"        for (int f = 0; f < {one.row}; f++)",
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
    source.text("\n".join([f"static int answer({_rows(given)}, double *out)", "{", *scores, "}\n"]))


def _rows(given: Described) -> str:
    return f"double rows[{len(given.members)}][{max(one.row for one in given.members)}]"


def _runs(given: Described) -> dict[int, ExportedMember]:
    """Members that run step by step, by number."""
    return {number: one for number, one in enumerate(given.members) if one.shapes is None}


def _run(given: Described) -> tuple[list[str], list[str]]:
    """What members need before the first step, and what they do at each step `x`."""
    running = _runs(given)
    if not running:
        return [], []
    scaled = "external[i] = (real)((x[i] - input_mean[i]) / input_deviation[i]);"
    features = [f"real features{number}[{one.features}];" for number, one in running.items()]
    steps = [f"m{number}_step(external, features{number});" for number in running]
    return ["real external[AURITA_INPUTS];", *features], [
        f"for (int i = 0; i < AURITA_INPUTS; i++) {scaled}",
        *steps,
        "lived++;",
    ]


def _write_step(source: Source, given: Described) -> None:
    begin, each = _run(given)
    body = [f"static {_rows(given)};", *begin, *each]
    for number, one in _runs(given).items():
        body.append(f"for (int f = 0; f < {one.row}; f++) rows[{number}][f] = (double)features{number}[f];")
    body.append("return answer(rows, out);")
    source.function("int aurita_step(const double *x, double *out)", [f"    {line}" for line in body])


def _write_predict(source: Source, given: Described) -> None:
    begin, each = _run(given)
    washout, running = given.washout, _runs(given)
    body = [
        f"static {_rows(given)};",
        *begin,
        f"if (steps <= {washout}) return -1;",
        "memset(rows, 0, sizeof(rows));",
    ]
    for number, one in enumerate(given.members):
        if one.shapes is not None:
            body.append(f"m{number}_shapes(x + {washout} * AURITA_INPUTS, steps - {washout}, rows[{number}]);")
    if running:
        body += ["begin();", "for (int t = 0; t < steps; t++, x += AURITA_INPUTS) {"]
        body += [f"    {line}" for line in [*each, f"if (t < {washout}) continue;"]]
        for number, one in running.items():
            body += [f"    {line}" for line in _pooling(one, washout, number)]
        body.append("}")
    for number, one in running.items():
        body += _deviations(one, f"(steps - {washout})", f"rows[{number}]")
    body.append("return answer(rows, out);")
    source.function("int aurita_predict(const double *x, int steps, double *out)", [f"    {line}" for line in body])


def _write_so_far(source: Source, given: Described) -> None:
    """Predictions for a sequence so far, from sums that go on."""
    begin, each = _run(given)
    body = [f"static {_rows(given)};", *begin, f"long counted = lived - {given.washout};"]
    # Shape units alone count no steps of a reservoir.
    body += each or ["lived++;"]
    taken, shown = [], []
    for number, one in enumerate(given.members):
        row = f"rows[{number}]"
        if one.shapes is not None:
            taken.append(f"m{number}_shapes_take(x, counted);")
            shown.append(f"m{number}_shapes_row(counted + 1, {row});")
        elif isinstance(one.summary, Last):
            shown.append(f"for (int f = 0; f < {one.features}; f++) {row}[f] = (double)features{number}[f];")
        else:
            squares = isinstance(one.summary, MeanDeviation)
            source.state(f"pooled{number}", np.zeros(one.row), "double")
            taken += _welford(one, number, "(double)(counted + 1)", f"pooled{number}", squares=squares)
            shown.append(f"memcpy({row}, pooled{number}, sizeof(pooled{number}));")
            shown += _deviations(one, "(double)(counted + 1)", row)
    body += ["if (counted < 0) return -1;", *taken, "if (!out) return 0;", *shown, "return answer(rows, out);"]
    source.function("int aurita_step(const double *x, double *out)", [f"    {line}" for line in body])


def _write_kept(source: Source, given: Described, longest: int) -> None:
    """Predictions for a sequence so far, whose steps are kept."""
    source.text(f"enum {{ AURITA_LONGEST = {longest} }};\n")
    source.text("static double past[AURITA_LONGEST * AURITA_INPUTS];\nstatic int taken;\n")
    source.function("void aurita_reset(void)", ["    taken = 0;"])
    body = [
        "if (taken == AURITA_LONGEST) return -1;",
        "memcpy(past + taken++ * AURITA_INPUTS, x, AURITA_INPUTS * sizeof(double));",
        f"return out || taken <= {given.washout} ? aurita_predict(past, taken, out) : 0;",
    ]
    source.function("int aurita_step(const double *x, double *out)", [f"    {line}" for line in body])


def _welford(member: ExportedMember, number: int, steps: str, row: str, *, squares: bool) -> list[str]:
    """Welford's update of the mean, and of the sum of squares."""
    width, value = member.features, f"(double)features{number}[f]"
    again = f"{row}[{width} + f] += apart * ({value} - {row}[f]);"
    return [
        f"for (int f = 0; f < {width}; f++) {{",
        f"    double apart = {value} - {row}[f];",
        f"    {row}[f] += apart / {steps};",
        *([f"    {again}"] if squares else []),
        "}",
    ]


def _deviations(member: ExportedMember, steps: str, row: str) -> list[str]:
    """Deviations in the place of sums of squares."""
    if not isinstance(member.summary, MeanDeviation):
        return []
    width = member.features
    return [f"for (int f = {width}; f < {2 * width}; f++) {row}[f] = sqrt({row}[f] / {steps});"]


def _pooling(member: ExportedMember, washout: int, number: int) -> list[str]:
    """How the features of step `t` go into the row of a sequence."""
    summary, width = member.summary, member.features
    row = f"rows[{number}]"
    if isinstance(summary, Last | AtTimes):
        count = summary.k if isinstance(summary, AtTimes) else 1
        return [
            f"for (int i = 1; i <= {count}; i++)",
            f"    if (t == {washout} + (i * (steps - {washout}) + {count - 1}) / {count} - 1)",
            f"        for (int f = 0; f < {width}; f++) {row}[(i - 1) * {width} + f] = (double)features{number}[f];",
        ]
    if isinstance(summary, Mean | MeanDeviation):
        squares = isinstance(summary, MeanDeviation)
        return _welford(member, number, f"(t - {washout} + 1)", row, squares=squares)
    raise AuritaError(f"the summary {summary} cannot be exported; expected last, mean, mean_deviation or times:K")


_SOFTMAX = """static void log_softmax(double *scores)
{
    double most = scores[0], sum = 0.0;
    for (int o = 1; o < AURITA_OUTPUTS; o++) most = fmax(most, scores[o]);
    for (int o = 0; o < AURITA_OUTPUTS; o++) sum += exp(scores[o] - most);
    for (int o = 0; o < AURITA_OUTPUTS; o++) scores[o] -= most + log(sum);
}
"""
