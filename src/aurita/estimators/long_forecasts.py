"""Forecasts as long frames: the columns and the levels of intervals that Nixtla's libraries use."""

from collections.abc import Sequence
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
    levels = checked_levels(level)
    _, known = opened(None, covariates)
    found = model.predict(horizon, known, intervals=levels[0] / 100 if levels else None)
    columns = bands(found, levels)
    for each in levels[1:]:
        columns |= bands(model.predict(horizon, known, intervals=each / 100), [each])
    some = [one for one in found if one is not None]
    names = [one.name for one in some for _ in range(len(one))]
    steps = some[0].index.append([one.index for one in some[1:]])
    frame = pd.DataFrame({"unique_id": names, "ds": steps.to_numpy()})
    for name in ["mean", *(f"lo-{each:g}" for each in levels[::-1]), *(f"hi-{each:g}" for each in levels)]:
        title = type(model).__name__ + ("" if name == "mean" else f"-{name}")
        frame[title] = columns[name]
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


def bands(found: Sequence[Forecast | None], levels: Sequence[float]) -> dict[str, np.ndarray]:
    """Columns of some forecasts, all series one after the other: the mean, and the bounds of the first level."""
    some = [one for one in found if one is not None]
    columns = {"mean": np.concatenate([one.mean for one in some])}
    if levels:
        columns[f"lo-{levels[0]:g}"] = np.concatenate([one.lower for one in some if one.lower is not None])
        columns[f"hi-{levels[0]:g}"] = np.concatenate([one.upper for one in some if one.upper is not None])
    return columns
