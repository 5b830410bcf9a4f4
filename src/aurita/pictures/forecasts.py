"""Forecasts: the truth, what was forecast, with what intervals, and the error over the horizon."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from aurita._words import counted
from aurita.errors import AuritaError
from aurita.estimators import Forecast
from aurita.pictures._plotting import picture
from aurita.pictures.drawing import GREY, Axes, Band, Drawing, Line, Mark


@picture
def forecast(
    given: Forecast, truth: ArrayLike | None = None, past: ArrayLike | None = None, *, channel: int = 0
) -> Drawing:
    """A forecast with its intervals, the truth and the past beside it.

    Args:
        given: a `Forecast`, as `ReservoirForecaster.predict` returns it.
        truth: `(H,)` or `(H, E)`, what came.
        past: `(T,)` or `(T, E)`, what was known.
        channel: of several.

    Raises:
        AuritaError: no such channel, or a truth shorter than the forecast.

    Example:
        >>> from aurita.estimators import Forecast
        >>> figure = forecast(Forecast(np.ones(3), np.zeros(3), np.full(3, 2.0), 0.9), truth=[1.0, 1.2, 0.8])
        >>> [trace.name for trace in figure.data]
        ['90 % interval', 'truth', 'forecast']
    """
    if not hasattr(given, "mean"):
        raise AuritaError(f"a {type(given).__name__} is no forecast; pass what predict of a forecaster gave")
    mean = _channel(given.mean, channel, "the forecast")
    steps = np.arange(len(mean))
    marks: list[Mark] = []
    caption = f"A forecast of {counted(len(mean), 'step')}"
    if given.lower is not None and given.upper is not None:
        low, high = (_channel(part, channel, "the interval") for part in (given.lower, given.upper))
        marks.append(Band(x=steps, low=low, high=high, name=f"{given.level:.0%} interval".replace("%", " %")))
    if past is not None:
        before = _channel(past, channel, "the past")[-4 * len(mean) :]
        marks.append(Line(x=np.arange(-len(before), 0), y=before, name="past", colour=GREY))
    if truth is not None:
        came = _channel(truth, channel, "the truth")[: len(mean)]
        marks.append(Line(x=steps[: len(came)], y=came, name="truth", colour=7))
        caption += f", with a mean absolute error of {np.mean(np.abs(came - mean[: len(came)])):.3g}"
        if given.lower is not None:
            inside = (came >= low[: len(came)]) & (came <= high[: len(came)])
            caption += f"; {inside.mean():.0%} of the truth lies in the intervals"
    marks.append(Line(x=steps, y=mean, name="forecast", colour=0))
    name = given.columns[channel] if given.columns else "value"
    panel = Axes(marks=marks, x="steps ahead", y=str(name))
    return Drawing(title="Forecast", caption=caption + ".", panels=[panel])


@picture
def error_ahead(truth: object, forecasts: Mapping[str, object], *, scale: float = 1.0) -> Drawing:
    """Error by step ahead: root mean square over origins, for one model or several.

    Args:
        truth: `(R, H)`, from `R` origins.
        forecasts: `(R, H)` of each model, by name.
        scale: what errors are divided by, such as the deviation of the series.

    Raises:
        AuritaError: forecasts of another shape.
    """
    wanted = np.asarray(truth, float)
    if wanted.ndim != 2 or not wanted.size:
        raise AuritaError(f"the truth has shape {wanted.shape}; expected (origins, steps ahead)")
    lines, caption = [], []
    for number, (name, given) in enumerate(forecasts.items()):
        predicted = np.asarray(given, float)
        if predicted.shape != wanted.shape:
            raise AuritaError(
                f"forecasts of {name!r} have shape {predicted.shape}, the truth {wanted.shape}; give the same"
            )
        error = np.sqrt(np.mean((predicted - wanted) ** 2, axis=0)) / scale
        lines.append(Line(x=np.arange(1, len(error) + 1), y=error, name=name, colour=number, marked=True))
        caption.append(f"{name}: {error[0]:.3g} one step ahead, {error[-1]:.3g} at the horizon")
    panel = Axes(marks=lines, x="steps ahead", y="error (RMSE)" if scale == 1 else "error")
    return Drawing(title="Error over the horizon", caption="; ".join(caption) + ".", panels=[panel])


def _channel(given: ArrayLike, channel: int, what: str) -> np.ndarray:
    values = np.asarray(given, float)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or not 0 <= channel < values.shape[1] or not len(values):
        raise AuritaError(f"{what} has shape {np.shape(given)} and channel {channel} is asked for; there is none")
    return values[:, channel]
