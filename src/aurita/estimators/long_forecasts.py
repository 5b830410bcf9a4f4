"""Forecasts as long frames: the columns and the levels of intervals that Nixtla's libraries use."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from aurita.data.long_frames import as_kind, opened
from aurita.errors import AuritaError
from aurita.estimators.forecast import Forecast
from aurita.fields import is_real, shown

if TYPE_CHECKING:
    from aurita.estimators.forecaster import ReservoirForecaster


def long_forecast(
    model: "ReservoirForecaster", horizon: int | None, covariates: object, level: Sequence[float] | None
) -> Any:
    """Forecasts of a model that was fitted on a long frame, as such a frame; see `ReservoirForecaster.forecast`."""
    import pandas as pd

    check_is_fitted(model, "readouts_")
    if model.frames_ is None:
        raise AuritaError(
            "the model was not fitted on a long frame; fit it on one with the columns unique_id, ds and y, or use "
            "predict"
        )
    _, known = opened(None, covariates)
    found, columns = bands(lambda share: model.predict(horizon, known, intervals=share), level)
    names = [one.name for one in found for _ in range(len(one))]
    steps = [one.index.to_numpy() for one in found if one.index is not None]
    frame = pd.DataFrame({"unique_id": names, "ds": np.concatenate(steps)})
    for name, column in columns.items():
        frame[type(model).__name__ + ("" if name == "mean" else f"-{name}")] = column
    return as_kind(frame, model.frames_)


def checked_levels(level: ArrayLike | None) -> list[float]:
    """Levels of intervals in percent, in rising order.

    Raises:
        AuritaError: something that is no percentage between 0 and 100.

    Example:
        >>> checked_levels([90, 80])
        [80, 90]
    """
    given = [] if level is None else np.ravel(level).tolist()
    if not all(is_real(each) and 0 < each < 100 for each in given):
        raise AuritaError(f"level is {shown(level)}; expected percentages between 0 and 100, such as [80, 90]")
    return sorted(set(given))


def bands(
    predict: Callable[[float | None], Sequence[Forecast | None]], level: ArrayLike | None
) -> tuple[list[Forecast], dict[str, np.ndarray]]:
    """Forecasts, without those that there are not, and their columns, all series one after the other.

    Args:
        predict: forecasts with intervals of a share; None: without.
        level: one or more, in percent.

    Returns:
        The forecasts, and `mean`, then the bounds of each level: `lo-90`, `lo-80`, `hi-80`, `hi-90`.
    """
    levels = checked_levels(level)
    by_level = {each: [one for one in predict(each / 100) if one is not None] for each in levels}
    found = by_level[levels[0]] if levels else [one for one in predict(None) if one is not None]
    columns = {"mean": np.concatenate([one.mean for one in found])}
    for short, side, order in (("lo", "lower", levels[::-1]), ("hi", "upper", levels)):
        for each in order:
            columns[f"{short}-{each:g}"] = np.concatenate([getattr(one, side) for one in by_level[each]])
    return found, columns
