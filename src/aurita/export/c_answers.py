"""What an exported classifier or regressor answers, of a step or of a sequence, as C."""

from aurita.errors import AuritaError
from aurita.export.c_source import Source
from aurita.export.described import Described, ExportedMember
from aurita.readout.summaries import AtTimes, Last, Mean, MeanDeviation


def write_answers(source: Source, given: Described) -> None:
    """Add the functions that answer."""
    _write_answer(source, given)
    if given.per_step:
        _write_step(source, given)
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
        body += ["aurita_reset();", "for (int t = 0; t < steps; t++, x += AURITA_INPUTS) {"]
        body += [f"    {line}" for line in [*each, f"if (t < {washout}) continue;"]]
        for number, one in running.items():
            body += [f"    {line}" for line in _pooling(one, washout, number)]
        body.append("}")
    for number, one in running.items():
        if isinstance(one.summary, MeanDeviation):
            body.append(
                f"for (int f = {one.features}; f < {2 * one.features}; f++) "
                f"rows[{number}][f] = sqrt(rows[{number}][f] / (steps - {washout}));"
            )
    body.append("return answer(rows, out);")
    source.function("int aurita_predict(const double *x, int steps, double *out)", [f"    {line}" for line in body])


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


_SOFTMAX = """static void log_softmax(double *scores)
{
    double most = scores[0], sum = 0.0;
    for (int o = 1; o < AURITA_OUTPUTS; o++) most = fmax(most, scores[o]);
    for (int o = 0; o < AURITA_OUTPUTS; o++) sum += exp(scores[o] - most);
    for (int o = 0; o < AURITA_OUTPUTS; o++) scores[o] -= most + log(sum);
}
"""
