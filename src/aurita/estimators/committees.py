"""The experts of a forecaster: whether they join its reservoirs, what they know of the series, how they are weighed."""

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np

from aurita._typing import Float
from aurita.data.calendar import Calendar
from aurita.data.series import KeyedSeries
from aurita.errors import AuritaError
from aurita.estimators._constructors import ForecasterParameters
from aurita.estimators._fitting import FittedMember
from aurita.estimators.preprocessing import Frame, head_of
from aurita.experts import Committee, FoundFlow, find_flow, find_seasons, fit_committee
from aurita.progress import stage

_MANY = 20
_DAY, _MOST_A_DAY = 86400.0, 1440
_STEPS = ((6.5, 7.5, 52), (28.0, 31.5, 12), (89.0, 93.0, 4))
_LEAST_SEASONS = 6
"""Of fewer than so many seasons the autocorrelation may not tell one that is there."""
_DAYS_FOR_A_YEAR = 913
"""Two years and a half."""


def joined_by_experts(forecaster: ForecasterParameters) -> bool:
    """Whether experts forecast beside the reservoirs: where asked for, or where no reservoir was."""
    if forecaster.experts is not None:
        return bool(forecaster.experts)
    return forecaster.populations is None and forecaster.units is None


def named_seasons(season: int | Sequence[int] | None) -> tuple[int, ...]:
    """The seasons that were named."""
    if season is None:
        return ()
    return tuple(sorted({int(one) for one in np.atleast_1d(season)}))


def seasons_of(forecaster: ForecasterParameters, given: Sequence[KeyedSeries]) -> tuple[int, ...]:
    """The seasons that were named, or those that the series have: of lengths that dates suggest, if there are dates."""
    if forecaster.season is not None:
        return named_seasons(forecaster.season)
    known = suggested(given[0].calendar)
    if known is None:
        return ()
    found = _seasons_in([one.values for one in given], known)
    heads = _heads(forecaster, given)
    if heads is None or not found:
        return found
    # What held-out steps alone show is no choice of theirs to judge; what heads are too short to show is.
    before = _seasons_in(heads, known)
    steps = int(np.median([len(one) for one in heads]))
    longest = steps // (_LEAST_SEASONS if known else 3)
    return tuple(sorted({*before, *(season for season in found if season > longest)}))


def has_years(forecaster: ForecasterParameters, given: Sequence[KeyedSeries]) -> bool:
    """Whether experts of the year are offered: of two years and a half of days, where no season was named."""
    if forecaster.season is not None or suggested(given[0].calendar) != (7,):
        return False
    return min(len(one.values) for one in given) >= _DAYS_FOR_A_YEAR


def _seasons_in(values: Sequence[np.ndarray], known: tuple[int, ...]) -> tuple[int, ...]:
    return find_seasons([column for one in values for column in one.T], known)


def _heads(forecaster: ForecasterParameters, given: Sequence[KeyedSeries]) -> list[np.ndarray] | None:
    """What is not held out of each series; None where nothing is, or a series is too short."""
    if forecaster.calibration == 0:
        return None
    try:
        ends = [head_of(len(one.values), 0, forecaster.calibration, forecaster.horizon) for one in given]
    except AuritaError:
        return None
    return [one.values[:end] for one, end in zip(given, ends, strict=True)]


def suggested(calendar: Calendar | None) -> tuple[int, ...] | None:
    """Seasons that dates suggest: a day and a week, a week, a year; none to look for elsewhere, None for no season.

    Example:
        >>> suggested(Calendar("dates", "2024-01-01 05:00:00", "h")), suggested(Calendar("range", 9, 1))
        ((24, 168), ())
    """
    if calendar is None or calendar.kind in ("range", "durations"):
        return ()
    ahead: Any = calendar.after(8)
    if calendar.kind == "periods":
        ahead = ahead.to_timestamp()
    days = np.diff(ahead.as_unit("ns").asi8) / 1e9 / _DAY
    step = float(np.median(days))
    if step < 1:
        steps = round(1 / step)
        return (steps, 7 * steps) if abs(1 / step - steps) < 1e-6 and 2 <= steps <= _MOST_A_DAY else ()
    if step == 1:
        return (5,) if (ahead.day_of_week < 5).all() else (7,)
    return next(((season,) for low, high, season in _STEPS if low <= step <= high), None)


def settings_for(
    forecaster: ForecasterParameters, seasons: tuple[int, ...], lengths: Sequence[int]
) -> ForecasterParameters:
    """The forecaster's settings for its reservoirs, whose series are differenced by one season at most.

    A number of differences that was named is taken by no season that was not. Without experts, one season that was
    named stays. Otherwise it is the longest that all series are long enough for.
    Beside experts, series too short to lose a step are not differenced, where nothing else is asked for.
    """
    settings = copy(forecaster)
    if forecaster.season is None and forecaster.difference != "auto":
        return settings
    if joined_by_experts(forecaster) or isinstance(forecaster.season, Sequence):
        settings.season = max(
            (season for season in seasons if _leaves_enough(forecaster, lengths, season)), default=None
        )
        if forecaster.difference == "auto" and not _leaves_enough(forecaster, lengths, 0):
            settings.difference = 0
    return settings


def flow_of(
    forecaster: ForecasterParameters, given: Sequence[KeyedSeries], covariates: Sequence[np.ndarray]
) -> FoundFlow | None:
    """The flow map of the series, where they are of one system that nothing drives, and steps are held out."""
    if forecaster.calibration == 0 or covariates[0].shape[1]:
        return None
    lengths = [len(one.values) for one in given]
    heads = [head_of(length, 0, forecaster.calibration, forecaster.horizon) for length in lengths]
    return find_flow([one.values for one in given], heads)


def _leaves_enough(forecaster: ForecasterParameters, lengths: Sequence[int], season: int) -> bool:
    """Whether differences by a season, and once more, leave enough of every series."""
    try:
        head_of(min(lengths), season + 1, forecaster.calibration, forecaster.horizon)
    except AuritaError:
        return False
    return True


def committee_of(
    given: Sequence[KeyedSeries],
    members: Sequence[FittedMember],
    frame: Frame,
    *,
    seasons: tuple[int, ...],
    horizon: int,
    flow: FoundFlow | None,
    yearly: bool,
    seed: int,
) -> tuple[Committee, Float[np.ndarray, "origin time output"]]:
    """Experts weighed beside a forecaster's reservoirs, and absolute errors of all of them together.

    Args:
        given: the series.
        members: reservoirs, fitted.
        frame: of the series, for the unit of the members' errors.
        seasons: that the series may have.
        horizon: of the forecasts.
        flow: maps of the series, if they are of a dynamical system.
        yearly: whether experts of the year of daily steps join.
        seed: of what is drawn.
    """
    stage("weighing experts")
    held = members[0].trial.held
    errors = np.mean([member.errors for member in members], axis=0)
    reservoir = held.truth + errors * frame.spread[held.which, None]
    many = len(given) >= _MANY
    late = np.array([number % 2 == 1 for number, _ in held.origins], bool) if many else held.late
    committee, found = fit_committee(
        [one.values for one in given],
        seasons=seasons,
        horizon=horizon,
        origins=held.origins,
        reservoir=reservoir,
        late=late,
        flow=flow,
        yearly=yearly,
        seed=seed,
    )
    return committee, np.abs(found)


def refuse_streams(model: object) -> None:
    """Complain where a stream would teach the reservoir alone of a model that experts joined.

    Raises:
        AuritaError: such a model.
    """
    if getattr(model, "committee_", None) is not None:
        raise AuritaError(
            "the model was fitted with experts, and partial_fit teaches reservoirs alone; go on with update(y), or fit "
            "with experts=False"
        )
