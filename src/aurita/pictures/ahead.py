"""What a forecaster was saved with: its forecast of what comes next, and the weights of its committee of experts."""

import numpy as np

from aurita._words import counted
from aurita.errors import AuritaError
from aurita.estimators import Forecast, ReservoirForecaster
from aurita.experts import Committee
from aurita.pictures._plotting import picture
from aurita.pictures.drawing import Axes, Drawing, ranked
from aurita.pictures.forecasts import forecast

_MOST_PANELS = 4
_LEAST_SHARE = 0.005


@picture
def forecast_ahead(model: ReservoirForecaster) -> Drawing:
    """What a forecaster predicts after its series, with intervals, beside the last values that it keeps.

    These values are at the last level of their series: a committee keeps them as it was fitted on them.

    Args:
        model: fitted, without covariates.

    Raises:
        AuritaError: a model that is not fitted, or needs covariates of the steps ahead.

    Example:
        >>> model = ReservoirForecaster(units=4, horizon=3).fit(np.sin(np.arange(120) / 5))
        >>> [trace.name for trace in forecast_ahead(model).data]
        ['90 % interval', 'forecast']
    """
    given = _predicted(model)
    several = [one for one in given if one is not None] if isinstance(given, list) else [given]
    pasts = None if (committee := _committee(model)) is None else committee.histories
    panels = []
    channels = model.channels_.outputs
    places = [(number, channel) for number in range(len(several)) for channel in range(channels)]
    for number, channel in places[:_MOST_PANELS]:
        one = several[number]
        (panel,) = forecast.drawing(one, past=None if pasts is None else pasts[number], channel=channel).panels
        title = ", ".join(str(name) for name in (one.name, panel.y if one.columns else None) if name is not None)
        panels.append(Axes(marks=panel.marks, title=title, x=panel.x, y=panel.y))
    left = len(places) - len(panels)
    caption = (
        f"The next {counted(len(several[0]), 'step')} after the series that the model was fitted on or has followed"
    )
    caption += f", of {len(panels)} of {len(places)} of them" if left else ""
    caption += "."
    if pasts is not None and np.any(getattr(model, "shifted_at_", 0)):
        caption += (
            " Where a series shifted to another level, its past is drawn at the last one, as the model was fitted."
        )
    if pasts is not None and np.any(getattr(model, "doubtful_", 0)):
        caption += " Last records far from all before, which may be wrong, are drawn nearer, as the model was fitted."
    return Drawing(title="Forecast of what comes next", caption=caption, panels=panels)


@picture
def expert_weights(model: ReservoirForecaster) -> Drawing:
    """How much each expert of a forecaster's committee counts, the reservoir among them.

    Raises:
        AuritaError: reservoirs forecast alone.
    """
    committee = _committee(model)
    if committee is None:
        raise AuritaError("reservoirs forecast alone: there are no experts; fit with experts=True")
    ordinary = committee.demand is None or not committee.demand.all()
    kinds = [("", committee.weights)] if ordinary else []
    if committee.demand is not None and committee.demand_weights is not None and committee.demand.any():
        kinds.append(("of intermittent demand", committee.demand_weights))
    panels, words = [], []
    for title, weights in kinds:
        order = [place for place in np.argsort(-weights, kind="stable") if weights[place] >= _LEAST_SHARE]
        names = [committee.names[place] for place in order]
        panels.append(ranked(names, weights[order], title=title, x="weight"))
        words.append(", ".join(f"{name} {weights[place]:.0%}" for name, place in zip(names, order, strict=True)))
    who = forecasters(model)
    caption = f"{who[0].upper()}{who[1:]}. Weights: {'; of intermittent demand '.join(words)}."
    return Drawing(title="Who forecasts", caption=caption, panels=panels)


def forecasters(model: ReservoirForecaster) -> str:
    """Who forecasts, and what the states of a page are of, as a note; empty where reservoirs forecast alone."""
    committee = _committee(model)
    if committee is None:
        return ""
    if committee.flow is not None:
        return "a flow map of the series forecasts alone; states, answers and errors here are those of a reservoir"
    return (
        f"a committee forecasts, in which the reservoir has {committee.weights[-1]:.0%} of the weight; states, answers "
        "and errors here are those of the reservoir alone"
    )


def _committee(model: ReservoirForecaster) -> Committee | None:
    return getattr(model, "committee_", None)


def _predicted(model: ReservoirForecaster) -> Forecast | list[Forecast | None]:
    """The forecast with intervals, or without them where nothing was held out."""
    found: Forecast | list[Forecast | None]
    try:
        found = model.predict()
    except AuritaError:
        found = model.predict(intervals=None)
    return found
