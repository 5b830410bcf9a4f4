"""What a committee of experts forecasts of a window of values, as operations that every export writes down.

The window has no gaps, so that lengths are known; all else is as in `aurita.experts`, which the tests hold it against.
"""

from collections.abc import Callable
from functools import partial
from itertools import combinations_with_replacement

import numpy as np

from aurita.errors import AuritaError
from aurita.experts import Committee, Flow, Windows
from aurita.experts.autoregression import BOUND, DRIFT, PENALTY, Autoregression
from aurita.experts.expert import Expert
from aurita.experts.flow import MONOMIALS
from aurita.experts.histories import most_kept
from aurita.experts.intermittent import OFTEN, WEIGHT, Croston, Obsolescence
from aurita.experts.known import EXPERTS, FLOW, WINDOWS, YEARLY
from aurita.experts.naive import Drift, LastValue, MeanForecast, SeasonalNaive
from aurita.experts.smoothing import LEVELS, START, Smoothing, Trend, trend_grid
from aurita.experts.theta import Theta
from aurita.experts.windows import LEAST_SCALE, SCALES
from aurita.experts.yearly import LEAST_DAYS, WEEK, Yearly, yearly_maps
from aurita.export._expert_task import Task, or_one, without_accidents
from aurita.export._ops import Ops, Value


def forecast_of(ops: Ops, committee: Committee, values: Value, horizon: int) -> Value:
    """What experts forecast, each by its weight; the reservoir is left out.

    Args:
        ops: what is written down.
        committee: the experts.
        values: `(T, O)`, the window.
        horizon: steps ahead.

    Returns:
        `(O, horizon)`.

    Raises:
        AuritaError: an expert that has no export, by its name.
    """
    longer = Task(ops, values, committee.seasons, horizon)
    steps, most = longer.steps, most_kept(committee.seasons)
    # Experts of the year look farther back than the others.
    task = (
        Task(ops, ops.take(values, np.arange(steps - most, steps), 0), committee.seasons, horizon)
        if steps > most
        else longer
    )
    total = None
    for name, weight in zip(committee.names[:-1], committee.weights[:-1], strict=True):
        if weight == 0:
            continue
        if name == FLOW:
            assert committee.flow is not None
            found = _flow(task, committee.flow)
        elif name == WINDOWS:
            each = [_windows(task, one) for one in committee.windows]
            found = each[0] if len(each) == 1 else _sum(each) / float(len(each))
        elif name in YEARLY:
            found = _expert(YEARLY[name])(longer)
        else:
            found = _expert(EXPERTS[name])(task)
        total = found * float(weight) if total is None else total + found * float(weight)
    return task.repeated(ops.take(task.rows, [0])) * 0.0 if total is None else total


def bounds_of(ops: Ops, rows: Value) -> tuple[Value, Value]:
    """The bounds that `aurita.experts.find_bounds` finds in each row, which has ten values or more."""
    least, most = ops.reduce("min", rows), ops.reduce("max", rows)
    below = ops.where(least < 0.0, -np.inf, 0.0)
    return below, ops.where(least < 0.0, np.inf, ops.where(most > 1.0, np.inf, 1.0))


def _sum(values: list[Value]) -> Value:
    total = values[0]
    for one in values[1:]:
        total = total + one
    return total


def _expert(expert: Expert) -> Callable[[Task], Value]:
    """How an expert is written down.

    Raises:
        AuritaError: it is none of those that are.
    """
    match expert:
        case SeasonalNaive():
            return _seasonal_naive
        case LastValue():
            return lambda task: task.restored(task.repeated(task.ops.take(task.adjusted[0], [task.steps - 1])))
        case MeanForecast():
            return lambda task: task.restored(task.repeated(task.ops.mean(task.adjusted[0])))
        case Drift():
            return _drift
        case Smoothing():
            return lambda task: task.restored(task.repeated(_smoothed(task, task.adjusted[0])[0]))
        case Theta():
            return partial(_of_either, _theta, expert.logs)
        case Trend():
            return partial(_of_either, partial(_trended, damping=expert.damping), expert.logs)
        case Autoregression():
            return partial(_autoregression, expert)
        case Croston():
            return _croston
        case Obsolescence():
            return _obsolescence
        case Yearly():
            return partial(_yearly, expert)
    raise AuritaError(
        f"the expert {expert.name!r} has no export; fit with experts=False, and reservoirs forecast alone, or keep "
        "the model in Python"
    )


def _of_either(method: Callable[[Task, Value], Value], logs: bool, task: Task) -> Value:
    """A method on the adjusted rows, or on their logarithms."""
    return task.from_logs(method(task, task.logs)) if logs else task.restored(method(task, task.adjusted[0]))


def _seasonal_naive(task: Task) -> Value:
    season, steps = max(task.seasons, default=1), task.steps
    if steps < season:
        return task.repeated(task.ops.take(task.rows, [steps - 1]))
    return task.ops.take(task.rows, steps - season + np.arange(task.horizon) % season)


def _yearly(expert: Yearly, task: Task) -> Value:
    ops, steps, left = task.ops, task.steps, task.logs
    ahead = task.repeated(ops.take(left, [0])) * 0.0
    if steps >= LEAST_DAYS:
        near = without_accidents(ops, left, WEEK)
        onto, back = yearly_maps(steps, task.horizon)
        waves = ops.product(near - ops.mean(near), onto)
        left, ahead = left - ops.product(waves, back[:, :steps]), ops.product(waves, back[:, steps:])
    rest = _expert(expert.rest)(Task(ops, ops.rows_of(left), (), task.horizon))
    return task.from_logs(rest + ahead)


def _drift(task: Task) -> Value:
    rest, last = task.adjusted[0], task.steps - 1
    now = task.ops.take(rest, [last])
    slope = (now - task.ops.take(rest, [0])) / float(max(last, 1))
    return task.restored(now + slope * np.arange(1, task.horizon + 1)[None])


def _picked(ops: Ops, mask: Value, values: Value | np.ndarray) -> Value:
    """The entry of each row that a mask shows."""
    return ops.reduce("sum", ops.where(mask, values, 0.0))


def _smoothed(task: Task, rows: Value) -> tuple[Value, Value]:
    """The last level of simple exponential smoothing, and a mask of its parameter."""
    ops, count = task.ops, rows.shape[0]
    start = ops.take(rows, np.zeros(len(LEVELS), int))

    def step(carry: list[Value], column: Value | None) -> tuple[list[Value], None]:
        level, squares = carry
        assert column is not None
        error = column - level
        return [level + error * LEVELS[None], squares + error * error], None

    # The first value's error is zero: the level is that value.
    (level, squares), _ = ops.looped([start, start * 0.0], step, steps=task.steps, columns=rows)
    best = ops.first_least(squares)
    assert best.shape == (count, len(LEVELS))
    return _picked(ops, best, level), best


def _slope(ops: Ops, rows: Value, steps: int) -> tuple[Value, Value]:
    """Level at the first column, and slope, of the line through the first steps."""
    places = np.arange(steps) - (steps - 1) / 2
    some = ops.take(rows, np.arange(steps))
    squares = float((places**2).sum()) or 1.0
    slope = ops.product(some, places[:, None] / squares)
    return ops.mean(some) - slope * ((steps - 1) / 2), slope


def _theta(task: Task, rows: Value) -> Value:
    ops = task.ops
    level, best = _smoothed(task, rows)
    _, slope = _slope(ops, rows, task.steps)
    ahead = _picked(ops, best, (1 / LEVELS - (1 - LEVELS) ** task.steps / LEVELS)[None])
    return level + slope / 2.0 * (ahead + np.arange(task.horizon)[None])


def _trended(task: Task, rows: Value, damping: tuple[float, ...]) -> Value:
    ops = task.ops
    alpha, beta, phi = (one[None] for one in trend_grid(damping))
    begin, slope = _slope(ops, rows, min(START, task.steps))
    each = np.zeros(alpha.shape[1], int)
    level, trend = ops.take(begin - slope, each), ops.take(slope, each)

    def step(carry: list[Value], column: Value | None) -> tuple[list[Value], None]:
        assert column is not None
        fading = carry[1] * phi
        predicted = carry[0] + fading
        error = column - predicted
        return [predicted + error * alpha, fading + error * beta, carry[2] + error * error], None

    (level, trend, squares), _ = ops.looped([level, trend, level * 0.0], step, steps=task.steps, columns=rows)
    best = ops.first_least(squares)
    table = np.cumsum(phi[0][:, None] ** np.arange(1, task.horizon + 1), axis=1)
    return _picked(ops, best, level) + ops.product(best, table) * _picked(ops, best, trend)


def _autoregressed(task: Task, rows: Value, order: int) -> Value:
    ops, steps = task.ops, rows.shape[1]
    mean = ops.mean(rows)
    centred = rows - mean
    spread = or_one(ops, ops.map("sqrt", ops.mean(centred * centred)))
    scaled = centred / spread
    order = max(1, min(order, steps - 2))
    ridge = np.zeros((1, order, order + 1))
    ridge[0, :, :order] = PENALTY * np.sqrt(steps) * np.eye(order)
    weights = ops.solved(ops.moments(scaled, order) + ridge)
    past = ops.take(scaled, np.arange(steps - 1, steps - 1 - order, -1))

    def step(carry: list[Value], column: Value | None) -> tuple[list[Value], Value]:
        del column
        predicted = ops.clip(ops.reduce("sum", carry[0] * weights), -BOUND, BOUND)
        return [
            ops.joined([predicted, ops.take(carry[0], np.arange(order - 1))]) if order > 1 else predicted
        ], predicted

    _, found = ops.looped([past], step, steps=task.horizon)
    assert found is not None
    return found * spread + mean


def _autoregression(expert: Autoregression, task: Task) -> Value:
    ops = task.ops
    order = expert.order(max(task.seasons, default=1), task.steps)
    if not expert.differenced:
        return task.restored(_autoregressed(task, task.adjusted[0], order))
    later = np.arange(1, task.steps)
    changes = ops.take(task.logs, later) - ops.take(task.logs, later - 1)
    mean = ops.mean(changes)
    predicted = _autoregressed(task, changes, order) - mean
    predicted = predicted + mean * DRIFT ** np.arange(1, task.horizon + 1)[None]
    return task.from_logs(ops.take(task.logs, [task.steps - 1]) + ops.running(predicted))


def _croston(task: Task) -> Value:
    ops, rows = task.ops, task.rows
    zero = 1.0 - (ops.map("abs", rows) > 0.0)
    fits = (ops.reduce("sum", zero) > OFTEN * task.steps) * (1.0 - (ops.reduce("min", rows) < 0.0))
    none = ops.take(rows, [0]) * 0.0

    def step(carry: list[Value], column: Value | None) -> tuple[list[Value], None]:
        assert column is not None
        size, interval, since, begun = carry
        since = since + 1.0
        hit = ops.map("abs", column) > 0.0
        new_size = ops.where(begun, size + (column - size) * WEIGHT, column)
        new_interval = ops.where(begun, interval + (since - interval) * WEIGHT, since)
        after = [ops.where(hit, new_size, size), ops.where(hit, new_interval, interval)]
        return [*after, ops.where(hit, 0.0, since), ops.map("max", begun, hit)], None

    (size, interval, _, begun), _ = ops.looped([none, none, none, none], step, steps=task.steps, columns=rows)
    rate = size * (1 - WEIGHT / 2) / ops.map("max", interval, 1.0)
    return task.repeated(ops.where(fits * begun, rate, ops.mean(rows)))


def _obsolescence(task: Task) -> Value:
    ops, rows = task.ops, task.rows
    there = ops.map("abs", rows) > 0.0
    size = ops.reduce("sum", rows) / ops.map("max", ops.reduce("sum", there), 1.0)

    def step(carry: list[Value], column: Value | None) -> tuple[list[Value], None]:
        assert column is not None
        chance, size = carry
        hit = ops.map("abs", column) > 0.0
        return [chance + (hit - chance) * WEIGHT, ops.where(hit, size + (column - size) * WEIGHT, size)], None

    (chance, size), _ = ops.looped([ops.mean(there), size], step, steps=task.steps, columns=rows)
    return task.repeated(chance * size)


def _windows(task: Task, given: Windows) -> Value:
    ops, width = task.ops, given.width
    if task.steps < width:
        raise AuritaError(f"the window has {task.steps} steps, and an expert receives {width}; export a longer one")
    size = ops.mean(ops.map("abs", task.logs))
    unit = ops.where(task.logged, 1.0, or_one(ops, size))
    window = ops.take(task.logs, np.arange(task.steps - width, task.steps)) / unit
    last, earlier, later = (ops.take(window, one) for one in ([width - 1], np.arange(width - 1), np.arange(1, width)))
    apart = earlier - last
    scale = ops.clip(ops.mean(ops.map("abs", later - earlier)), LEAST_SCALE, SCALES[1]) + SCALES[0]
    scaled, one = apart / scale, last * 0.0 + 1.0
    log_size = ops.map("log", scale)
    entries = ops.joined([scaled / np.sqrt(np.arange(width - 1, 0, -1))[None], one, log_size + 3.0])
    hidden = ops.map("tanh", ops.product(entries, given.passage) + given.bias[None])
    features = ops.joined([apart, one, log_size, scaled, hidden, hidden * scale, one])
    changes = ops.product(features / given.spread[None], given.coefficients)
    ahead = np.minimum(np.arange(task.horizon), given.horizon - 1)
    return task.from_logs((last + ops.take(changes, ahead)) * unit)


def _flow(task: Task, flow: Flow) -> Value:
    ops, delays, outputs = task.ops, flow.delays, len(flow.mean)
    # What is shorter than a map sees had its first value before.
    steps = np.maximum(np.arange(task.steps - delays.reach, task.steps), 0)
    past = ops.take(task.flat, (steps[:, None] * outputs + np.arange(outputs)).ravel())
    past = (past - np.tile(flow.mean, delays.reach)[None]) / np.tile(flow.deviation, delays.reach)[None]
    seen = np.arange(delays.reach - 1, -1, -delays.spacing)
    last = np.arange(outputs) + (delays.reach - 1) * outputs

    def step(carry: list[Value], column: Value | None) -> tuple[list[Value], Value]:
        del column
        row = ops.take(carry[0], (seen[:, None] * outputs + np.arange(outputs)).ravel())
        change = _change(ops, flow, row)
        now = ops.clip(ops.take(carry[0], last) + change, flow.low[None], flow.high[None])
        if delays.reach == 1:
            return [now], ops.shaped(now, (outputs, 1))
        later = ops.take(carry[0], np.arange(outputs, delays.reach * outputs))
        return [ops.joined([later, now])], ops.shaped(now, (outputs, 1))

    _, found = ops.looped([past], step, steps=task.horizon)
    assert found is not None
    return found * flow.deviation[:, None] + flow.mean[:, None]


def _change(ops: Ops, flow: Flow, row: Value) -> Value:
    """What a flow map adds to the last values, `(1, O)`, for what it sees, `(1, seen)`."""
    delays = flow.delays
    if delays.kernel == MONOMIALS:
        found = [ops.take(row, [0]) * 0.0 + 1.0]
        for order in range(1, int(delays.scale) + 1):
            places = np.array(list(combinations_with_replacement(range(row.shape[1]), order)))
            product = ops.take(row, places[:, 0])
            for place in places.T[1:]:
                product = product * ops.take(row, place)
            found.append(product)
        return ops.product(ops.joined(found), flow.coefficients)
    apart = row - flow.anchors
    squares = ops.reduce("sum", apart * apart) / (delays.scale**2 * row.shape[1])
    if delays.kernel == "gauss":
        alike = ops.map("exp", squares * -0.5)
    else:
        r = ops.map("sqrt", squares * 5.0)
        alike = (r + 1.0 + r * r / 3.0) * ops.map("exp", r * -1.0)
    return ops.reduce("sum", alike * flow.coefficients, 0)
