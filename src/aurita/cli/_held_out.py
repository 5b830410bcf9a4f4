"""How good a forecast is: tried on the last steps of every series, held out, beside forecasts that need no model."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from aurita._typing import Float
from aurita._words import counted
from aurita.cli._forecaster import decimals_for
from aurita.cli._panel import SeriesTable
from aurita.cli._terminal import Stages, say, show_table
from aurita.errors import AuritaError
from aurita.estimators import ReservoirForecaster

ORIGINS = 5
_LEAST = 12
_NOTHING = 1e-4
"""Share of the largest error below which another one is rounding."""
_CLOSE = 0.05


@dataclass(frozen=True, eq=False)
class Check:
    """Errors on held-out steps.

    Attributes:
        held: steps held out of every series.
        horizon: steps of each forecast.
        origins: forecasts made of each series, each from where the next ones are not known.
        season: of the seasonal forecast; None where there is none.
        errors: mean absolute error by kind of forecast, `(series, targets)` each.
        covered: share of the truth within the intervals; None without intervals.
    """

    held: int
    horizon: int
    origins: int
    season: int | None
    errors: dict[str, Float[np.ndarray, "series target"]]
    covered: Float[np.ndarray, "series target"] | None

    def ratios(self) -> Float[np.ndarray, "series target"]:
        """Errors relative to those of the better of the simple forecasts; those that are next to nothing are none."""
        nothing = _NOTHING * np.max(list(self.errors.values()), axis=0)
        ours, *simple = (np.where(found > nothing, found, 0.0) for found in self.errors.values())
        best = np.min(simple, axis=0)
        return np.where(best > 0, ours / np.where(best > 0, best, 1), np.where(ours > 0, np.inf, 1.0))


def held_out_check(
    model: ReservoirForecaster,
    panel: SeriesTable,
    *,
    horizon: int,
    season: int | None,
    interval: float | None,
    stages: Stages,
) -> Check | None:
    """Fit on all but the last steps, and forecast them from several origins.

    Args:
        model: not fitted.
        horizon: steps to forecast; fewer are tried where a series is short.
        interval: share of the truth that intervals are to cover; None for none.
        stages: shows what is done.

    Returns:
        The errors; None where the series are too short.
    """
    held = min(3 * horizon, panel.shortest // 4)
    if panel.shortest < _LEAST:
        return None
    horizon = min(horizon, held)
    starts = sorted({int(start) for start in np.linspace(0, held - horizon, ORIGINS)})
    values, covariates = panel.values(), panel.covariates()
    if season is not None and panel.shortest - held < 2 * season:
        season = None
        model.set_params(season=None)
    stages.now("held-out check")
    try:
        with warnings.catch_warnings():
            # Notes on the whole series come when they are fitted.
            warnings.simplefilter("ignore", UserWarning)
            model.fit(_part(values, None, -held), _part(covariates, None, -held))
    except AuritaError:
        return None
    if getattr(model, "left_out_", ()):
        return None
    stages.now("held-out check", len(starts))
    found: list[tuple[np.ndarray, ...]] = []
    for start, following in zip(starts, [*starts[1:], None], strict=True):
        first = start - held
        end = first + horizon
        truth = np.stack([one.to_numpy()[first : end or None] for one in values])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            forecasts = model.predict(horizon, _part(covariates, first, end or None), intervals=interval)
        known = [one.to_numpy()[:first] for one in values]
        predicted = [np.stack([one.mean for one in forecasts]), np.stack([_last(one, horizon) for one in known])]
        if season is not None:
            predicted.append(np.stack([_seasonal(one, season, horizon) for one in known]))
        inside = None
        if interval is not None:
            lower, upper = (np.stack([getattr(one, side) for one in forecasts]) for side in ("lower", "upper"))
            inside = (lower <= truth) & (truth <= upper)
        found.append((*(np.abs(one - truth) for one in predicted), *([] if inside is None else [inside])))
        if following is not None:
            ahead = following - held
            model.update(_part(values, first, ahead), _part(covariates, first, ahead))
        stages.done()
    means = [np.concatenate(part, axis=1).mean(axis=1) for part in zip(*found, strict=True)]
    covered = None if interval is None else means.pop()
    kinds = ["aurita", "last value", *([] if season is None else [f"a season ago ({season})"])]
    return Check(held, horizon, len(starts), season, dict(zip(kinds, means, strict=True)), covered)


def _part(frames: Sequence[pd.DataFrame] | None, first: int | None, end: int | None) -> list[pd.DataFrame] | None:
    return None if frames is None else [frame.iloc[first:end] for frame in frames]


def _last(known: Float[np.ndarray, "time target"], horizon: int) -> Float[np.ndarray, "horizon target"]:
    return np.repeat(known[-1:], horizon, axis=0)


def _seasonal(
    known: Float[np.ndarray, "time target"], season: int, horizon: int
) -> Float[np.ndarray, "horizon target"]:
    return known[len(known) - season + np.arange(horizon) % season]


def show_check(tried: Check | None, panel: SeriesTable, level: float | None) -> None:
    if tried is None:
        say("No held-out check: the series are too short to hold steps out.")
        return
    columns = ["", *tried.errors, *([] if level is None else [f"within {level:.0%} interval"])]
    lines = []
    for row, one in enumerate(panel.series):
        for number, target in enumerate(one.target_columns):
            found = [errors[row, number] for errors in tried.errors.values()]
            decimals = decimals_for(np.array(found))
            name = target if panel.id is None else f"{one.name} {target}" if len(one.target_columns) > 1 else one.name
            line = [name, *(f"{value:.{decimals}f}" for value in found)]
            lines.append(line if tried.covered is None else [*line, f"{tried.covered[row, number]:.0%}"])
    where = f"{tried.origins} points in the last {tried.held} steps" if tried.origins > 1 else "before the last steps"
    show_table(
        f"Held-out check: mean absolute error {counted(tried.horizon, 'step')} ahead, from {where}, not fitted on",
        columns,
        lines[:10],
    )
    if len(lines) > 10:
        say(f"and {len(lines) - 10} more")
    say(_verdict(tried.ratios().ravel(), tried.season))
    if tried.covered is not None and level is not None:
        apart = tried.covered.size * max(1.0, tried.held / tried.horizon)
        say(_covered(float(tried.covered.mean()), level, apart))


def _covered(covered: float, level: float, forecasts: float) -> str:
    """Whether intervals cover as much as they are to, as far as so many forecasts that do not overlap tell.

    Example:
        >>> _covered(0.6, 0.9, 100.0)
        'Intervals are too narrow: of 90% they cover 60%; read them as of that.'
    """
    chance = 2 * np.sqrt(level * (1 - level) / forecasts)
    if abs(covered - level) <= max(_CLOSE, chance):
        return f"Intervals cover as much as they are to, as far as the check can tell: {covered:.0%} of {level:.0%}."
    if covered < level:
        return f"Intervals are too narrow: of {level:.0%} they cover {covered:.0%}; read them as of that."
    return f"Intervals are wider than they need be: of {level:.0%} they cover {covered:.0%}."


def _verdict(ratios: np.ndarray, season: int | None) -> str:
    """What the check says, in a sentence or two."""
    middle = float(np.median(ratios))
    better = int((ratios < 1).sum())
    of = "" if len(ratios) == 1 else f" (better for {better} of {len(ratios)})"
    simple = "the last value" if season is None else "the better of the two simple forecasts"
    if middle < 0.95:
        sentence = f"Better than {simple}: {middle:.2f} of its error{of}."
    elif middle <= 1.05:
        sentence = f"About as good as {simple}: {middle:.2f} of its error{of}."
    else:
        sentence = f"WORSE than {simple}: {middle:.2f} of its error{of}; use that, or try --covariate or --learning."
    if season is None:
        sentence += " No season is known, so none was compared with: if there is one, give --season."
    return sentence
