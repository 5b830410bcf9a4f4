"""How long a forecast stays close to the truth."""

import numpy as np

from aurita.errors import AuritaError
from aurita.rounding import deviations


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
