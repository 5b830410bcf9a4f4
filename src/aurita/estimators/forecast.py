"""What a forecaster answers, and how long it stayed true."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aurita._typing import Float
from aurita.errors import AuritaError
from aurita.rounding import deviations

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Forecast:
    """A forecast of one series.

    Attributes:
        mean: `(H,)` or `(H, E)`, as the series was given.
        lower, upper: bounds of the intervals, of the same shape; None where none were asked for.
        level: share of the truth that the intervals are to cover, step by step.
        index: the steps forecast, where the series came with an index that can be continued.
        columns: names of the channels, where they have names.
        name: of the series, where it was one of many in a frame with two index levels.

    Example:
        >>> Forecast(np.array([1.0, 2.0]), None, None, None).to_frame()["mean"].tolist()
        [1.0, 2.0]
    """

    mean: Float[np.ndarray, "time *channel"]
    lower: Float[np.ndarray, "time *channel"] | None
    upper: Float[np.ndarray, "time *channel"] | None
    level: float | None
    index: Any = None
    columns: list[str] | None = None
    name: str | int | float | None = None

    def __len__(self) -> int:
        return len(self.mean)

    def to_frame(self) -> "pd.DataFrame":
        """A table with the columns `mean`, `lower` and `upper`, under each channel's name if there are several."""
        import pandas as pd

        kinds = {"mean": self.mean, "lower": self.lower, "upper": self.upper}
        given = {kind: values for kind, values in kinds.items() if values is not None}
        if self.mean.ndim == 1:
            return pd.DataFrame(given, index=self.index)
        names = self.columns or [str(number) for number in range(self.mean.shape[1])]
        parts = {name: pd.DataFrame({k: v[:, i] for k, v in given.items()}) for i, name in enumerate(names)}
        frame = pd.concat(parts, axis=1)
        if self.index is not None:
            frame.index = self.index
        return frame


def valid_prediction_time(
    truth: np.ndarray,
    forecast: np.ndarray,
    *,
    dt: float = 1.0,
    lyapunov: float | None = None,
    threshold: float = 0.4,
    scale: np.ndarray | float | None = None,
) -> float:
    """How long a forecast stays close to the truth, in Lyapunov times, or in units of `dt` without an exponent.

    The time before the root mean square over channels of `error / scale` first exceeds the threshold (Vlachas et al.
    2020, "Backpropagation algorithms and reservoir computing in recurrent neural networks for the forecasting of
    complex spatiotemporal dynamics"). A forecast that is not finite has left the truth.

    Args:
        truth: `(H,)` or `(H, E)`.
        forecast: of the same shape.
        dt: time between steps.
        lyapunov: largest Lyapunov exponent per unit of that time.
        threshold: error that counts as lost, in units of `scale`.
        scale: deviation of each channel, `(E,)` or one number; that of `truth` by default.

    Returns:
        Between 0 and `H * dt * lyapunov`.

    Raises:
        AuritaError: two different shapes, or a `dt` or an exponent that is not above zero.

    Example:
        >>> truth = np.array([0.0, 1.0, 0.0, 1.0])
        >>> valid_prediction_time(truth, np.array([0.0, 1.0, 1.0, 1.0]), dt=0.5, lyapunov=0.9)
        0.9
    """
    truth, forecast = np.asarray(truth, float), np.asarray(forecast, float)
    if truth.shape != forecast.shape or truth.ndim not in (1, 2):
        raise AuritaError(f"the forecast has shape {forecast.shape}, the truth {truth.shape}; give one row a step")
    for name, value in (("dt", dt), ("lyapunov", 1.0 if lyapunov is None else lyapunov)):
        if not value > 0:
            raise AuritaError(f"{name} is {value}; expected a number above zero")
    columns = truth.reshape(len(truth), -1)
    deviation = deviations(columns) if scale is None else np.asarray(scale)
    deviation = np.where(deviation > 0, deviation, 1.0)
    with np.errstate(over="ignore", invalid="ignore"):
        error = np.sqrt(np.mean(((forecast.reshape(columns.shape) - columns) / deviation) ** 2, axis=1))
    lost = ~(error <= threshold)
    steps = int(np.argmax(lost)) if lost.any() else len(lost)
    return float(steps * dt * (1.0 if lyapunov is None else lyapunov))
