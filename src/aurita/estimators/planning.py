"""What a forecaster makes of its parameters and of the series that it is fitted on, before anything runs."""

import warnings
from collections.abc import Sequence

import numpy as np

from aurita._words import counted, were
from aurita.data.differences import Filter, difference_filter
from aurita.data.series import KeyedSeries
from aurita.errors import AuritaError
from aurita.estimators._constructors import ForecasterParameters
from aurita.estimators._fitting import Candidate
from aurita.estimators._limits import limits_of
from aurita.estimators._parameters import MOST_STEPS
from aurita.estimators.forecasting import Plan, Prepared
from aurita.estimators.preprocessing import Frame, head_of
from aurita.fields import shown

FEATURES = ("input", "output", "hidden")


def filters_of(forecaster: ForecasterParameters) -> list[Filter]:
    """Differences to try.

    Raises:
        AuritaError: parameters that cannot be worked with.
    """
    season = _longest_season(forecaster)
    if forecaster.difference != "auto":
        return [difference_filter(forecaster.difference, season)]
    if forecaster.calibration == 0:
        return [difference_filter(0, season)]
    seasons = [None] if season is None else [None, season]
    return [difference_filter(order, season) for season in seasons for order in (0, 1)]


def _longest_season(forecaster: ForecasterParameters) -> int | None:
    """The longest of the seasons that were named."""
    return None if forecaster.season is None else int(np.max(forecaster.season))


def checked_horizon(steps: object) -> int:
    """A number of steps ahead.

    Raises:
        AuritaError: no whole number, below 1, or above `MOST_STEPS`.

    Example:
        >>> checked_horizon(24)
        24
    """
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 1:
        raise AuritaError(f"horizon is {shown(steps)}; expected a whole number of steps, 1 or more")
    if steps > MOST_STEPS:
        raise AuritaError(
            f"horizon is {steps}; expected at most {MOST_STEPS:,} steps at once: forecast fewer, or coarser steps"
        )
    return int(steps)


def long_enough(
    forecaster: ForecasterParameters, lengths: Sequence[int], filters: Sequence[Filter]
) -> tuple[list[int], AuritaError | None]:
    """Places of the series that are long enough to be fitted on, and what is wrong with the first of the others.

    Raises:
        AuritaError: none is.
    """
    kept, why = [], None
    lags = max(len(taken) for taken in filters) - 1
    for place, length in enumerate(lengths):
        try:
            head_of(length, lags, forecaster.calibration, forecaster.horizon)
            kept.append(place)
        except AuritaError as error:
            why = why or error
    if why is not None and not kept:
        raise why
    return kept, why


def warn_of_short(given: Sequence[KeyedSeries], kept: Sequence[int], why: AuritaError) -> None:
    """One warning that names all series that are left out."""
    names = [repr(one.key) if one.key is not None else str(i) for i, one in enumerate(given) if i not in kept]
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    warnings.warn(
        f"{len(names)} of {len(given)} series {were(len(names))} too short and left out ({shown}); their forecasts are "
        f"None. {str(why)[0].upper()}{str(why)[1:]}",
        stacklevel=3,
    )


def candidates_of(
    forecaster: ForecasterParameters,
    given: list[KeyedSeries],
    covariates: Sequence[np.ndarray],
    filters: Sequence[Filter],
) -> list[Candidate]:
    """The series with each of some differences taken.

    Raises:
        AuritaError: a series that is too short.
    """
    found = []
    for taken in filters:
        frame, panel = panel_of(forecaster, given, covariates, taken)
        found.append(Candidate(given, frame, plan_of(forecaster, panel), panel))
    return found


def panel_of(
    forecaster: ForecasterParameters, given: Sequence[KeyedSeries], covariates: Sequence[np.ndarray], taken: Filter
) -> tuple[Frame, list[Prepared]]:
    """Series with their differences taken, and the frame of their scales.

    Raises:
        AuritaError: a series that is too short.
    """
    heads = [head_of(len(o.values), len(taken) - 1, forecaster.calibration, forecaster.horizon) for o in given]
    frame = Frame.around(
        given, covariates, heads, taken, scale=forecaster.scale_inputs, season=_longest_season(forecaster)
    )
    triples = enumerate(zip(given, covariates, heads, strict=True))
    return frame, [frame.prepared(number, one.values, x, head) for number, (one, x, head) in triples]


def plan_of(forecaster: ForecasterParameters, panel: Sequence[Prepared]) -> Plan:
    """How forecasts of these series are made.

    Raises:
        AuritaError: parameters that do not fit each other, or series too short for them.
    """
    shortest = min(series.head for series in panel)
    kinds = FEATURES if forecaster.features is None else forecaster.features
    kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    washout = min(50, shortest // 10) if forecaster.washout is None else forecaster.washout
    increments = forecaster.predicts == "increments"
    if increments and "input" not in kinds:
        raise AuritaError(
            f"predicts='increments' adds to the last value and features are {kinds}; expected 'input' among them"
        )
    largest = max(float(np.abs(series.y).max()) for series in panel)
    limits = limits_of(forecaster)
    plan = Plan(
        outputs=panel[0].y.shape[1],
        horizon=int(forecaster.horizon),
        direct=forecaster.strategy == "direct",
        increments=increments,
        features=kinds,
        washout=int(washout),
        bound=5 * max(largest, 1.0),
        lower=limits.lower,
        upper=limits.upper,
    )
    rows = sum(max(series.head - plan.reach - plan.washout, 0) for series in panel)
    if rows < 2:
        raise AuritaError(
            f"the shortest series leaves {counted(shortest, 'step')} to fit on, {plan.washout} of them washout, and "
            f"the readout looks {counted(plan.reach, 'step')} ahead: {counted(rows, 'row')}; expected 2 or more: give "
            "longer series, or use a shorter washout, horizon or calibration"
        )
    return plan
