"""A window of values as experts receive it: without its seasons, as logarithms, and the way back.

As `aurita.experts.ForecastTask` and `aurita.experts.seasons`, in operations that exports write down.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from aurita.experts.expert import FARTHEST
from aurita.experts.seasons import (
    FAR_OUT,
    LEAST_FACTOR,
    LEAST_PAIRS,
    OF_CHANGES,
    OF_WHITE,
    REFITS,
    SIGNIFICANT,
    SURE,
    TELLING,
)
from aurita.export._ops import Ops, Value

_LARGE = 1e300


@dataclass(frozen=True, eq=False)
class Task:
    """A window of values, and how far to forecast them; as `aurita.experts.ForecastTask`.

    Attributes:
        ops: what is written down.
        values: `(T, O)`.
        seasons: that the series may have, in steps.
        horizon: steps ahead.
    """

    ops: Ops
    values: Value
    seasons: tuple[int, ...]
    horizon: int

    @property
    def steps(self) -> int:
        return self.values.shape[0]

    @cached_property
    def flat(self) -> Value:
        """All values of a step, then those of the next."""
        return self.ops.shaped(self.values, (1, self.steps * self.values.shape[1]))

    @cached_property
    def rows(self) -> Value:
        """One row for each output."""
        return self.ops.rows_of(self.values)

    @cached_property
    def adjusted(self) -> tuple[Value, Value, Value]:
        """The rows without their seasons; scale and shift of the next steps."""
        ops, steps, found = self.ops, self.steps, self.rows
        places = np.arange(steps + self.horizon)
        nothing = ops.take(self.rows, np.zeros(steps + self.horizon, int)) * 0.0
        shift, scale = nothing, nothing + 1.0
        positive = ops.reduce("min", self.rows) > 0.0
        for season in sorted(set(self.seasons)):
            if season < 2 or steps < 2 * season:
                continue
            usual = without_accidents(ops, found, season)
            has = _repeats(ops, found, season)
            factors, sound = _indices(ops, usual, season, ratios=True)
            terms, _ = _indices(ops, usual, season, ratios=False)
            better = has * sound * positive
            ratios = ops.take(ops.where(better, factors, 1.0), places % season)
            added = ops.take(ops.where(has * (1.0 - better), terms, 0.0), places % season)
            shift, scale = shift + scale * added, scale * ratios
            past = np.arange(steps)
            found = (self.rows - ops.take(shift, past)) / ops.take(scale, past)
        ahead = np.arange(steps, steps + self.horizon)
        return found, ops.take(scale, ahead), ops.take(shift, ahead)

    @cached_property
    def logged(self) -> Value:
        """Of which rows there are logarithms."""
        rest = self.ops.reduce("min", self.adjusted[0]) > 0.0
        return rest * (self.ops.reduce("min", self.rows) > 0.0)

    @cached_property
    def logs(self) -> Value:
        """Logarithms where all values are above zero, the adjusted rows elsewhere."""
        rest, least = self.adjusted[0], float(np.finfo(float).tiny)
        return self.ops.where(self.logged, self.ops.map("log", self.ops.map("max", rest, least)), rest)

    def repeated(self, value: Value) -> Value:
        """One column, for every step ahead."""
        return self.ops.take(value, np.zeros(self.horizon, int))

    def restored(self, forecasts: Value) -> Value:
        """Forecasts with their seasons."""
        _, scale, shift = self.adjusted
        return forecasts * scale + shift

    def from_logs(self, forecasts: Value) -> Value:
        """Forecasts with their seasons, from those of `logs`."""
        ops = self.ops
        low, high = ops.reduce("min", self.logs) - FARTHEST, ops.reduce("max", self.logs) + FARTHEST
        held = ops.where(self.logged, ops.clip(forecasts, low, high), 0.0)
        return self.restored(ops.where(self.logged, ops.map("exp", held), forecasts))


def or_one(ops: Ops, value: Value) -> Value:
    """The value where it is above zero, 1 elsewhere."""
    return ops.where(value > 0.0, value, 1.0)


def without_accidents(ops: Ops, rows: Value, season: int) -> Value:
    """Rows whose values far from what is usual are brought nearer to it; as `aurita.experts.seasons`."""
    steps = rows.shape[1]
    time = np.arange(steps)[None] - (steps - 1) / 2

    def slope_of(now: Value) -> Value:
        return ops.reduce("sum", now * time) / float((time**2).sum())

    def step(carry: list[Value], column: Value | None) -> tuple[list[Value], None]:
        now, bent = carry
        slope = slope_of(now)
        straight = now - ops.mean(now) - slope * time
        by_place = [ops.take(straight, np.arange(place, steps, season)) for place in range(season)]
        usual = ops.joined([ops.smallest(each, (each.shape[1] - 1) // 2) for each in by_place])
        rest = straight - ops.take(usual, np.arange(steps) % season)
        low, high = (ops.smallest(rest, int(share * (steps - 1))) for share in (0.25, 0.75))
        reach = ops.where((high > low) * bent, (high - low) * FAR_OUT, _LARGE)
        found = now + (ops.clip(rest, low - reach, high + reach) - rest)
        moved = ops.map("abs", slope_of(found) - slope) * float(steps)
        return [found, bent * (moved - (high - low) > 0.0)], None

    (found, _), _ = ops.looped([rows, ops.take(rows, [0]) * 0.0 + 1.0], step, steps=REFITS)
    return found


def _repeats(ops: Ops, rows: Value, season: int) -> Value:
    changes, steps = _changes_repeat(ops, rows, season), rows.shape[1]
    plain = _plain(ops, rows, season)
    sums = ops.autocovariances(plain - ops.mean(plain), season + 1)
    found = ops.take(sums, np.arange(1, season + 1)) / or_one(ops, ops.take(sums, [0]))
    before, own = ops.take(found, np.arange(season - 1)), ops.take(found, [season - 1])
    limit = ops.map("sqrt", (ops.reduce("sum", before * before) * 2.0 + 1.0) / float(steps)) * SIGNIFICANT
    middle = (ops.smallest(before, (season - 2) // 2) + ops.smallest(before, (season - 1) // 2)) / 2.0
    above = ops.map("max", own > middle, changes > SIGNIFICANT)
    alike = (own > limit) * above * float(steps >= 2 * season + 2)
    return ops.map("max", alike, changes > OF_CHANGES)


def _changes_repeat(ops: Ops, rows: Value, season: int) -> Value:
    steps = rows.shape[1] - 1
    pairs = steps - season
    if pairs < LEAST_PAIRS:
        return ops.take(rows, [0]) * 0.0
    changes = ops.take(rows, np.arange(1, steps + 1)) - ops.take(rows, np.arange(steps))
    changes = _plain(ops, changes, season)
    before, after = ops.take(changes, np.arange(pairs)), ops.take(changes, np.arange(season, steps))
    apart = after - before
    alike = ops.clip(_correlation(ops, before, after), -SURE, SURE)
    near = _correlation(ops, ops.take(apart, np.arange(pairs - 1)), ops.take(apart, np.arange(1, pairs)))
    squares = near * near
    varies = ops.map("max", (squares + 1.0) / ops.map("max", 1.0 - squares, 1 - SURE), OF_WHITE)
    transformed = ops.map("log", (alike + 1.0) / (1.0 - alike)) / 2.0
    return transformed * ops.map("sqrt", float(pairs - 3) / varies)


def _plain(ops: Ops, rows: Value, season: int) -> Value:
    return without_accidents(ops, rows, 1 if rows.shape[1] < TELLING * season else season)


def _correlation(ops: Ops, one: Value, other: Value) -> Value:
    one, other = one - ops.mean(one), other - ops.mean(other)
    size = ops.map("sqrt", ops.reduce("sum", one * one) * ops.reduce("sum", other * other))
    return ops.reduce("sum", one * other) / or_one(ops, size)


def _indices(ops: Ops, rows: Value, season: int, *, ratios: bool) -> tuple[Value, Value]:
    count, steps = rows.shape
    half, first = season // 2, np.arange(steps + 1 - season)
    sums = ops.joined([ops.take(rows, [0]) * 0.0, ops.running(rows)])
    whole = ops.take(sums, first + season) - ops.take(sums, first)
    if season % 2 == 0:
        width = whole.shape[1] - 1
        whole = (ops.take(whole, np.arange(1, width + 1)) + ops.take(whole, np.arange(width))) / 2.0
    columns = np.arange(half, steps - half)
    inside, smooth = ops.take(rows, columns), whole / float(season)
    parts = inside / smooth if ratios else inside - smooth
    known = ops.map("less", ops.map("abs", parts), _LARGE)
    # One row for each turn of the season, one column for each place in it; what lies outside is none.
    turns = steps // season + 1
    table = np.full(turns * season, len(columns))
    table[columns] = np.arange(len(columns))

    def by_place(values: Value) -> Value:
        padded = ops.joined([values, ops.take(known, [0]) * 0.0])
        each = ops.shaped(ops.take(padded, table), (count, turns, season))
        return ops.shaped(ops.reduce("sum", each, 1), (count, season))

    number = by_place(known)
    found = by_place(ops.where(known, parts, 0.0)) / ops.map("max", number, 1.0)
    mean = ops.mean(found)
    found = found / mean if ratios else found - mean
    finite = ops.map("less", ops.map("abs", found), _LARGE)
    sound = (ops.reduce("min", number) > 0.5) * ops.reduce("min", finite)
    if ratios:
        sound = sound * (ops.reduce("min", ops.where(finite, found, 0.0)) > LEAST_FACTOR)
    return ops.where(sound, found, float(ratios)), sound
