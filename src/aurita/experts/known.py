"""The experts that there are, by name, and how much each is trusted before any series was received.

The weights to begin with come of the training parts of M3, whose last steps were held out.
"""

from typing import Any

from aurita.experts.autoregression import Autoregression
from aurita.experts.expert import Expert
from aurita.experts.intermittent import Croston, Obsolescence
from aurita.experts.naive import Drift, LastValue, MeanForecast, SeasonalNaive
from aurita.experts.smoothing import UNDAMPED, Smoothing, Trend
from aurita.experts.theta import Theta
from aurita.experts.yearly import Yearly

_TRUSTED: tuple[tuple[Any, float], ...] = (
    (SeasonalNaive(), 0.2),
    (LastValue(), 0.1),
    (MeanForecast(), 0.02),
    (Drift(), 0.2),
    (Smoothing(), 0.5),
    (Theta(), 1.0),
    (Theta("Theta of logarithms", logs=True), 1.0),
    (Trend(), 1.0),
    (Trend("damped trend of logarithms", logs=True), 1.0),
    (Trend("trend of logarithms", UNDAMPED, logs=True), 0.3),
    (Autoregression(), 0.3),
    (Autoregression("autoregression of changes", differenced=True), 1.0),
    (Croston(), 0.02),
)

_OF_DEMAND = Obsolescence()

OF_DEMAND = _OF_DEMAND.name
"""The expert that joins where some series are intermittent demand."""

EXPERTS: dict[str, Expert] = {one.name: one for one in (*(one for one, _ in _TRUSTED), _OF_DEMAND)}
"""All experts that receive each series on its own."""

_RESTS: tuple[Any, ...] = (MeanForecast(), Smoothing(), Autoregression())
_OF_YEARS: tuple[Any, ...] = tuple(Yearly(f"{rest.name} and year", rest) for rest in _RESTS)

YEARLY: dict[str, Expert] = {one.name: one for one in _OF_YEARS}
"""Those that join where the steps are days, and there are years of them."""

WINDOWS, RESERVOIR = "windows of all series", "reservoir"
"""Those that receive all series: random units of a window, and the forecaster's reservoirs."""

FLOW = "flow map"
"""The map of a dynamical system, which forecasts alone."""

TRUST: dict[str, float] = {
    **{one.name: trust for one, trust in _TRUSTED},
    **dict.fromkeys(YEARLY, 0.5),
    WINDOWS: 2.0,
    RESERVOIR: 0.5,
}
"""Weights before any held-out origin, in no unit."""

TRUST_IN_DEMAND: dict[str, float] = {
    **dict.fromkeys((*EXPERTS, *YEARLY, WINDOWS, RESERVOIR), 0.005),
    "mean": 1.0,
    "Croston": 1.0,
    OF_DEMAND: 1.0,
    "exponential smoothing": 0.3,
    RESERVOIR: 0.1,
}
"""The same of intermittent demand: what follows its last value, or its last trend, follows chance."""
