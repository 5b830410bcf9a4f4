"""A committee of experts: each forecasts, and held-out origins say how much each counts.

Weights are drawn to those that experts are trusted with before any origin is scored, the more so the fewer origins
there are. Origins are in two parts; the weights of either part make the errors of the other, from which intervals come.
A flow map forecasts alone or not at all: a mean with anything else leaves its attractor. Series of intermittent demand
have weights of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from aurita._kinds import saved
from aurita._typing import Bool, Float, Int
from aurita.experts._units import scales, scales_then
from aurita.experts.finding import find_bounds
from aurita.experts.finding_flow import FoundFlow, valid_steps
from aurita.experts.flow import Flow
from aurita.experts.histories import kept_of, task_of
from aurita.experts.intermittent import intermittent
from aurita.experts.known import EXPERTS, FLOW, OF_DEMAND, RESERVOIR, TRUST, TRUST_IN_DEMAND, WINDOWS, YEARLY
from aurita.experts.panel import Panel
from aurita.experts.weights import weigh_in_parts
from aurita.experts.windows import Windows, fit_windows, widths_for

_AT_ONCE = 200
_MANY, _FEW = 50, 3


@saved()
@dataclass(frozen=True, eq=False, repr=False)
class Committee:
    """Experts, their weights, and the ends of the series that they forecast.

    Attributes:
        names: of the experts, the reservoir last.
        weights: `(E,)`, none below zero, of sum one.
        seasons: that series may have, in steps.
        windows: readouts for all series, of different width.
        histories: the last `(T, O)` values of each series, as given.
        lower, upper: `(S, O)`, bounds that forecasts stay within.
        scale: `(S, O)`, the unit of a series' errors.
        spans: of each series with held-out origins, the steps from the first origin to the last.
        counts: held-out origins of each of these; None in older files: as many of each.
        given: of each series the values of its history as they came, where its last level may change yet.
        recent: whether a series' unit is one of its last changes too: where series are many.
        flow: the map that forecasts alone, where the series are of a dynamical system.
        demand: `(S, O)`, which series are intermittent demand; None where none was in the fit.
        demand_weights: `(E,)`, of these.
    """

    names: tuple[str, ...]
    weights: Float[np.ndarray, "expert"]
    seasons: tuple[int, ...]
    windows: list[Windows]
    histories: list[Float[np.ndarray, "time output"]]
    lower: Float[np.ndarray, "series output"]
    upper: Float[np.ndarray, "series output"]
    scale: Float[np.ndarray, "series output"]
    spans: Int[np.ndarray, "held"]
    flow: Flow | None = None
    demand: Bool[np.ndarray, "series output"] | None = None
    demand_weights: Float[np.ndarray, "expert"] | None = None
    counts: Int[np.ndarray, "held"] | None = None
    given: list[Float[np.ndarray, "time output"] | None] | None = None
    recent: bool = False

    def __repr__(self) -> str:
        counted = sorted(zip(self.weights, self.names, strict=True), key=lambda pair: -pair[0])
        named = (
            ["flow map alone"] if self.flow else [f"{name} {share:.0%}" for share, name in counted if share >= 0.005]
        )
        return f"Committee({', '.join(named)})"

    def forecasts(
        self, reservoir: Float[np.ndarray, "series ahead output"]
    ) -> Float[np.ndarray, "series ahead output"]:
        """What the committee forecasts of the next steps, the reservoir's forecasts being these."""
        expected = self._expected(self.histories, reservoir.shape[1])
        return self._weighed(expected, reservoir, range(len(self.histories)))

    def instead(
        self,
        which: Sequence[int],
        histories: Sequence[Float[np.ndarray, "time output"]],
        reservoir: Float[np.ndarray, "row ahead output"],
    ) -> Float[np.ndarray, "row ahead output"]:
        """What the committee would forecast of some series, had they been these."""
        return self._weighed(self._expected(histories, reservoir.shape[1]), reservoir, which)

    def one_step(
        self, number: int, values: Float[np.ndarray, "time output"], reservoir: Float[np.ndarray, "time output"]
    ) -> Float[np.ndarray, "time output"]:
        """What the committee forecasts of each of the next values of a series from all before it."""
        whole = np.concatenate([self.histories[number], values])
        first, found = len(self.histories[number]), []
        for start in range(0, len(values), _AT_ONCE):
            steps = range(start, min(start + _AT_ONCE, len(values)))
            expected = self._expected([whole[: first + step] for step in steps], 1)
            found.append(
                self._weighed(expected, reservoir[steps.start : steps.stop, None], [number] * len(steps))[:, 0]
            )
        return np.concatenate(found)

    def followed(self, values: Sequence[Float[np.ndarray, "time output"]]) -> "Committee":
        """The committee after the next values of each series."""
        return self.renewed([np.concatenate(pair) for pair in zip(self.histories, values, strict=True)])

    def renewed(self, joined: Sequence[Float[np.ndarray, "time output"]]) -> "Committee":
        """The committee whose series went on, and are these now."""
        lower = np.stack(
            [np.where(one.min(axis=0) < low, -np.inf, low) for one, low in zip(joined, self.lower, strict=True)]
        )
        upper = np.stack(
            [np.where(one.max(axis=0) > high, np.inf, high) for one, high in zip(joined, self.upper, strict=True)]
        )
        histories = [kept_of(one, self.seasons, self.names) for one in joined]
        unit = scales(histories, self.seasons, recent=self.recent)
        demand = self._demand_of(histories)
        return replace(self, histories=histories, lower=lower, upper=upper, scale=unit, demand=demand)

    def restarted(self, values: Sequence[Float[np.ndarray, "time output"]], *, rescale: bool = False) -> "Committee":
        """The committee after other series, with its weights; a flow map may be of other level and size there."""
        lower, upper = _bounds(values)
        histories = [kept_of(one, self.seasons, self.names) for one in values]
        flow = self.flow.rescaled(values) if rescale and self.flow is not None else self.flow
        unit = scales(histories, self.seasons, recent=self.recent)
        demand = self._demand_of(histories)
        return replace(self, histories=histories, lower=lower, upper=upper, scale=unit, flow=flow, demand=demand)

    def independent(self, steps: int) -> Float[np.ndarray, "ahead"]:
        """How many origins there are of each number of steps ahead whose errors do not overlap."""
        ahead = np.arange(1, steps + 1)
        each = np.maximum((self.spans[:, None] - ahead + 1) / ahead, 1.0)
        return np.maximum(each.sum(axis=0), 1.0)

    def shares(self, count: int) -> Float[np.ndarray, "origin"]:
        """What the errors at each of so many held-out origins count, so that all series count the same.

        Of many series with few origins, the last of each alone: the nearest to what is forecast, in time and in what
        was known.
        """
        if self.counts is None or not len(self.counts):
            return np.ones(count)
        found = np.repeat(self.counts.mean() / self.counts, self.counts)
        if len(self.counts) >= _MANY and self.counts.max() <= _FEW:
            found = np.zeros(len(found))
            found[np.cumsum(self.counts) - 1] = 1.0
        return found

    def _expected(self, series: Sequence[np.ndarray], steps: int) -> Float[np.ndarray, "series ahead output expert"]:
        if self.flow is not None:
            return self.flow.forecasts(series, steps)[..., None]
        return _expected(series, self.seasons, steps, self.windows, self.names[:-1])

    def _weighed(self, expected: np.ndarray, reservoir: np.ndarray, which: Sequence[int]) -> np.ndarray:
        found = expected @ self.weights[:-1] + reservoir * self.weights[-1]
        if self.demand is not None and self.demand_weights is not None:
            other = expected @ self.demand_weights[:-1] + reservoir * self.demand_weights[-1]
            found = np.where(self.demand[which][:, None], other, found)
        return np.clip(found, self.lower[which][:, None], self.upper[which][:, None])

    def _demand_of(self, histories: Sequence[np.ndarray]) -> Bool[np.ndarray, "series output"] | None:
        return None if self.demand is None else _intermittent(histories, self.seasons)


def fit_committee(
    series: Sequence[Float[np.ndarray, "time output"]],
    *,
    seasons: tuple[int, ...],
    horizon: int,
    origins: Sequence[tuple[int, int]],
    reservoir: Float[np.ndarray, "origin ahead output"],
    late: Bool[np.ndarray, "origin"],
    flow: FoundFlow | None = None,
    yearly: bool = False,
    seed: int = 0,
) -> tuple[Committee, Float[np.ndarray, "origin ahead output"]]:
    """Weigh the experts by their forecasts from held-out origins.

    Args:
        series: whole.
        seasons: that they may have.
        horizon: steps ahead that the readouts for all series have outputs for.
        origins: number of the series, and steps known, of each.
        reservoir: the reservoir's forecasts from there, NaN where the truth is not known.
        late: which origins are of the second of two parts.
        flow: maps of the series, which take the place of all others where they stay valid longer.
        yearly: whether experts of the year of daily steps join.
        seed: of what is drawn.

    Returns:
        The committee, and errors from the origins in units of each series, by weights that the other part of the
        origins has chosen; NaN where the truth is not known.

    Example:
        >>> wave = (10 + np.sin(np.arange(90) * np.pi / 6))[:, None]
        >>> origins, unknown = [(0, known) for known in range(60, 84)], np.full((24, 6, 1), 10.0)
        >>> late = np.arange(24) >= 12
        >>> found, errors = fit_committee(
        ...     [wave], seasons=(12,), horizon=6, origins=origins, reservoir=unknown, late=late
        ... )
        >>> bool(np.abs(errors).max() * found.scale[0, 0] < 0.2), errors.shape
        (True, (24, 6, 1))
    """
    lower, upper = _bounds(series)
    season, ahead = max(seasons, default=1), reservoir.shape[1]
    which, known = (np.array([pair[place] for pair in origins], int) for place in (0, 1))
    heads = np.array([min(known[which == number], default=len(one)) for number, one in enumerate(series)])
    widths = widths_for(season, heads)

    def windows_of(parts: Sequence[np.ndarray]) -> list[Windows]:
        task = task_of(parts, seasons, horizon)
        return [found for place, width in enumerate(widths) if (found := fit_windows(task, width, seed + place))]

    before = windows_of([one[:head] for one, head in zip(series, heads, strict=True)]) if len(origins) else []
    windows = windows_of(series)
    of_year = tuple(YEARLY) if yearly else ()
    histories = [kept_of(one, seasons, of_year) for one in series]
    demand = _intermittent(histories, seasons)
    alone = [*(name for name in EXPERTS if name != OF_DEMAND or demand.any()), *of_year]
    names = (*alone, *([WINDOWS] if windows and (before or not len(origins)) else []), RESERVOIR)
    held, counts = np.unique(which, return_counts=True)
    many = bool(len(counts) >= _MANY and counts.max() <= _FEW)
    spans = np.array([np.ptp(known[which == number]) + 1 for number in held], int)

    def committee(weights: np.ndarray, of_demand: np.ndarray, mapped: Flow | None = None) -> Committee:
        unit = scales(histories, seasons, recent=many)
        if mapped is not None:
            parts = (histories, lower, upper, unit, spans)
            return Committee((FLOW, RESERVOIR), weights, seasons, [], *parts, flow=mapped, counts=counts)
        used = windows if WINDOWS in names else []
        about = (demand, of_demand) if demand.any() else (None, None)
        fitted = Committee(names, weights, seasons, used, histories, lower, upper, unit, spans, counts=counts)
        return replace(fitted, demand=about[0], demand_weights=about[1], recent=many)

    if not len(origins):
        return committee(_trust(names, TRUST), _trust(names, TRUST_IN_DEMAND)), np.full(reservoir.shape, np.nan)
    parts = [series[number][:end] for number, end in origins]
    expected = _expected(parts, seasons, ahead, before, names[:-1])
    forecasts = np.concatenate([expected, reservoir[..., None]], axis=-1)
    # Bounds as they were known at each origin: those of the whole series have seen what is forecast from it.
    low, high = _bounds(parts)
    forecasts = np.clip(forecasts, low[:, None, :, None], high[:, None, :, None])
    truth = np.full(reservoir.shape, np.nan)
    for row, (number, end) in enumerate(origins):
        following = series[number][end : end + ahead]
        truth[row, : len(following)] = following

    if flow is not None:
        mapped = np.clip(flow.held_out(parts, late, ahead), low[:, None], high[:, None])
        if _stays_longest(mapped, forecasts, truth, late, flow.whole.deviation):
            alone_weights = np.array([1.0, 0.0])
            errors = (truth - mapped) / scales(parts, seasons)[:, None]
            return committee(alone_weights, alone_weights, flow.whole), errors
    unit = scales_then(parts, series, which, seasons)
    # Demand too is what it was at each origin.
    was_demand = _intermittent(parts, seasons)
    chosen, found = _weigh_kinds(forecasts, truth, names, late, (which, known), was_demand, unit)
    unit = scales_then(parts, series, which, seasons, recent=True) if many else unit
    return committee(chosen[0], chosen[1]), (truth - found) / unit[:, None]


def _stays_longest(
    mapped: Float[np.ndarray, "origin ahead output"],
    forecasts: Float[np.ndarray, "origin ahead output expert"],
    truth: Float[np.ndarray, "origin ahead output"],
    late: Bool[np.ndarray, "origin"],
    scale: Float[np.ndarray, "output"],
) -> bool:
    """Whether a flow map stays valid longer than every other expert, in both parts of the origins."""
    own = valid_steps(mapped, truth, scale).mean(axis=1)
    others = np.stack([valid_steps(one, truth, scale).mean(axis=1) for one in np.moveaxis(forecasts, -1, 0)])
    return all(own[part].mean() > others[:, part].mean(axis=1).max() for part in (~late, late) if part.any())


def _weigh_kinds(
    forecasts: Float[np.ndarray, "origin ahead output expert"],
    truth: Float[np.ndarray, "origin ahead output"],
    names: tuple[str, ...],
    late: Bool[np.ndarray, "origin"],
    origins: tuple[Int[np.ndarray, "origin"], Int[np.ndarray, "origin"]],
    demand: Bool[np.ndarray, "origin output"],
    unit: Float[np.ndarray, "origin output"],
) -> tuple[list[Float[np.ndarray, "expert"]], Float[np.ndarray, "origin ahead output"]]:
    """Weights of ordinary series and of intermittent demand, and what those of either part forecast in the other."""
    which, known = origins
    ahead, found, chosen = truth.shape[1], np.empty_like(truth), []
    for rows, trust in ((~demand, TRUST), (demand, TRUST_IN_DEMAND)):
        weights = _trust(names, trust)
        if rows.any():
            mixed = not rows.all()
            row, output = np.nonzero(rows) if mixed else (np.arange(len(rows)), slice(None))
            part = late[row]
            apart = [_independent(which[row][some], known[row][some], ahead) for some in (part | True, ~part, part)]
            given, wanted, scale = forecasts[row, :, output], truth[row, :, output], unit[row, output]
            if mixed:  # Each output is a row of its own.
                given, wanted, scale = given[:, :, None], wanted[:, :, None], scale[:, None]
            used = np.flatnonzero(weights) if trust is TRUST else np.arange(len(names))
            squares = scale if trust is TRUST_IN_DEMAND else None
            weights[used], each = weigh_in_parts(given[..., used], wanted, weights[used], part, apart, squares)
            found[row, :, output] = each[:, :, 0] if mixed else each
        chosen.append(weights)
    return chosen, found


def _trust(names: Sequence[str], trust: dict[str, float]) -> Float[np.ndarray, "expert"]:
    """Shares of trust in experts."""
    given = np.array([trust.get(name, 0.0) for name in names])
    return given / given.sum()


def _intermittent(series: Sequence[np.ndarray], seasons: tuple[int, ...]) -> Bool[np.ndarray, "series output"]:
    """Which outputs of which series are intermittent demand."""
    panel = Panel.of([column for one in series for column in kept_of(one, seasons).T])
    return intermittent(panel, seasons).reshape(len(series), -1)


def _independent(which: np.ndarray, known: np.ndarray, ahead: int) -> float:
    """How many origins there are that lie a horizon apart; one, where there are none."""
    each = [max(1.0, (np.ptp(known[which == number]) + 1) / ahead) for number in set(which.tolist())]
    return max(1.0, sum(each))


def _expected(
    series: Sequence[np.ndarray],
    seasons: tuple[int, ...],
    horizon: int,
    windows: Sequence[Windows],
    names: Sequence[str],
) -> Float[np.ndarray, "series ahead output expert"]:
    """The forecasts of the named experts after each series."""
    task, found = task_of(series, seasons, horizon), []
    of_year = task_of(series, seasons, horizon, names) if YEARLY.keys() & set(names) else task
    for name in names:
        if name in YEARLY:
            found.append(YEARLY[name].forecasts(of_year))
        elif name == WINDOWS:
            found.append(np.mean([one.forecasts(task) for one in windows], axis=0))
        else:
            found.append(EXPERTS[name].forecasts(task))
    outputs = series[0].shape[1]
    expected: np.ndarray = np.stack(found, axis=-1).reshape(len(series), outputs, horizon, len(names))
    return expected.transpose(0, 2, 1, 3)


def _bounds(series: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    found = np.array([[find_bounds(column) for column in one.T] for one in series])
    return found[..., 0], found[..., 1]
