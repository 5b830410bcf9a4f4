"""A committee of experts: each forecasts, and held-out origins say how much each counts.

Weights are drawn to those that experts are trusted with before anything is heard, the more so the fewer origins there
are. Origins are in two parts; the weights of either part make the errors of the other, from which intervals come.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from aurita.experts.expert import Task
from aurita.experts.finding import find_bounds
from aurita.experts.known import EXPERTS, OF_ALL, RESERVOIR, TRUST, WINDOWS
from aurita.experts.panel import Panel
from aurita.experts.weights import weigh
from aurita.experts.windows import Windows, fit_windows, widths_for

MOST_KEPT, _SEASONS_KEPT = 600, 6
PULL, _PULL_OF_FEW = 0.1, 10.0


@dataclass(frozen=True, eq=False)
class Committee:
    """Experts, their weights, and the ends of the series that they forecast.

    Attributes:
        names: of the experts, the reservoir last.
        weights: `(E,)`, none below zero, of sum one.
        seasons: that series may have, in steps.
        windows: readouts for all series, one or more of different width.
        histories: the last `(T, O)` values of each series, as given.
        lower, upper: `(S, O)`, bounds that forecasts stay within.
        scale: `(S, O)`, the unit of a series' errors.
    """

    names: tuple[str, ...]
    weights: Float[np.ndarray, "expert"]
    seasons: tuple[int, ...]
    windows: list[Windows]
    histories: list[Float[np.ndarray, "time output"]]
    lower: Float[np.ndarray, "series output"]
    upper: Float[np.ndarray, "series output"]
    scale: Float[np.ndarray, "series output"]

    def forecasts(
        self, reservoir: Float[np.ndarray, "series ahead output"]
    ) -> Float[np.ndarray, "series ahead output"]:
        """What the committee forecasts of the next steps, the reservoir's forecasts being these."""
        count, horizon, outputs = reservoir.shape
        rows = [history[:, output] for history in self.histories for output in range(outputs)]
        said = _said(Task(Panel.of(rows), self.seasons, horizon), self.windows, self.names[:-1])
        experts = said.reshape(count, outputs, horizon, -1).transpose(0, 2, 1, 3)
        found = experts @ self.weights[:-1] + reservoir * self.weights[-1]
        kept: Float[np.ndarray, "series ahead output"] = np.clip(found, self.lower[:, None], self.upper[:, None])
        return kept

    def followed(self, values: Sequence[Float[np.ndarray, "time output"]]) -> "Committee":
        """The committee after the next values of each series."""
        joined = [np.concatenate(pair) for pair in zip(self.histories, values, strict=True)]
        return replace(self, histories=[_kept(one, self.seasons) for one in joined])

    def restarted(self, values: Sequence[Float[np.ndarray, "time output"]]) -> "Committee":
        """The committee after other series, with its weights."""
        histories = [_kept(one, self.seasons) for one in values]
        lower, upper = _bounds(values)
        return replace(
            self, histories=histories, lower=lower, upper=upper, scale=scales(histories, self.seasons)
        )


def fit_committee(
    series: Sequence[Float[np.ndarray, "time output"]],
    *,
    seasons: tuple[int, ...],
    horizon: int,
    origins: Sequence[tuple[int, int]],
    reservoir: Float[np.ndarray, "origin ahead output"],
    late: Bool[np.ndarray, "origin"],
    seed: int = 0,
) -> tuple[Committee, Float[np.ndarray, "origin ahead output"]]:
    """Weigh the experts by their forecasts from held-out origins.

    Args:
        series: whole.
        seasons: that they may have.
        horizon: steps ahead that outputs for all series are fitted for.
        origins: number of the series, and steps known, of each.
        reservoir: the reservoir's forecasts from there, NaN where the truth is not known.
        late: which origins are of the second of two parts.
        seed: of what is drawn.

    Returns:
        The committee, and errors from the origins in units of each series, by weights that the other part of the
        origins has chosen; NaN where the truth is not known.
    """
    outputs, count = series[0].shape[1], len(series)
    lower, upper = _bounds(series)
    histories = [_kept(one, seasons) for one in series]
    season = max(seasons, default=1)
    heads = [len(one) for one in series]
    for number, known in origins:
        heads[number] = min(heads[number], known)
    widths = widths_for(season, np.array(heads))
    heard = _task([one[:head] for one, head in zip(series, heads, strict=True)], seasons, horizon)
    early_windows = [found for place, width in enumerate(widths) if (found := fit_windows(heard, width, seed + place))]
    names = (*EXPERTS, *([WINDOWS] if early_windows else []), RESERVOIR)
    parts = [series[number][:known] for number, known in origins]
    ahead = reservoir.shape[1]
    said = _said(_task(parts, seasons, ahead), early_windows, names[:-1])
    said = said.reshape(len(origins), outputs, ahead, -1).transpose(0, 2, 1, 3)
    forecasts = np.concatenate([said, reservoir[..., None]], axis=-1)
    which = np.array([number for number, _ in origins])
    forecasts = np.clip(forecasts, lower[which][:, None, :, None], upper[which][:, None, :, None])
    truth = np.full(reservoir.shape, np.nan)
    for row, (number, known) in enumerate(origins):
        following = series[number][known : known + ahead]
        truth[row, : len(following)] = following
    prior = np.array([{**TRUST, **OF_ALL}[name] for name in names])

    def weights(chosen: np.ndarray) -> np.ndarray:
        rows = forecasts[chosen].transpose(0, 2, 1, 3).reshape(-1, ahead, len(names))
        wanted = truth[chosen].transpose(0, 2, 1).reshape(-1, ahead)
        pull = PULL + _PULL_OF_FEW / max(len(set(which[chosen])) * 4, 1)
        return weigh(rows, wanted, prior, pull)

    everything = weights(np.ones(len(origins), bool))
    errors = truth - np.where(
        late[:, None, None], forecasts @ weights(~late) if (~late).any() else np.nan, forecasts @ weights(late)
    ) if late.any() and (~late).any() else truth - forecasts @ everything
    units = scales(parts, seasons)
    whole = _task(series, seasons, horizon)
    windows = [found for place, width in enumerate(widths) if (found := fit_windows(whole, width, seed + place))]
    if not windows and WINDOWS in names:
        windows = early_windows
    committee = Committee(names, everything, seasons, windows, histories, lower, upper, scales(histories, seasons))
    del count
    return committee, errors / units[:, None]


def scales(
    series: Sequence[Float[np.ndarray, "time output"]], seasons: tuple[int, ...]
) -> Float[np.ndarray, "series output"]:
    """The mean change a step of each series without its seasons: relative changes, where values are above zero."""
    task = _task(series, seasons, 1)
    moves = np.abs(np.diff(task.logs.values, axis=1))
    known = np.isfinite(moves)
    found = np.where(known, moves, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    last = np.abs(task.panel.values[:, -1])
    found = np.where(task.logged, found * last, found)
    return np.where(found > 0, found, 1.0).reshape(len(series), -1)


def _task(series: Sequence[np.ndarray], seasons: tuple[int, ...], horizon: int) -> Task:
    """A row for each output of each series, as far back as experts hear."""
    kept = [_kept(one, seasons) for one in series]
    return Task(Panel.of([one[:, output] for one in kept for output in range(one.shape[1])]), seasons, horizon)


def _said(task: Task, windows: Sequence[Windows], names: Sequence[str]) -> Float[np.ndarray, "row ahead expert"]:
    """The forecasts of the named experts."""
    found = []
    for name in names:
        if name == WINDOWS:
            found.append(np.mean([one.forecasts(task) for one in windows], axis=0))
        else:
            found.append(EXPERTS[name].forecasts(task))
    return np.stack(found, axis=-1)


def _kept(values: np.ndarray, seasons: tuple[int, ...]) -> np.ndarray:
    """The last values, as many as experts hear."""
    return values[-max(MOST_KEPT, _SEASONS_KEPT * max(seasons, default=1)) :]


def _bounds(series: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    found = np.array([[find_bounds(column) for column in one.T] for one in series])
    return found[..., 0], found[..., 1]
