"""One readout for all series: random units that receive the last values of a series, and its next steps as targets.

Every series comes without its seasons, as logarithms where it has some, from its last value on, and in units of its
own mean change; so thousands of series of any size are examples of one map. The units are as drawn; the ridge readout
says all steps ahead at once, for absolute errors by reweighting.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aurita._kinds import saved
from aurita._typing import Float
from aurita.experts.expert import ForecastTask

_GROUPS, _ROUNDS = 3, 3
_MOST_ROWS, _ROWS_A_UNIT = 25_000, 10
_UNITS = (20, 200)
_LEAST_KNOWN = 4
_PENALTY = 1e-2
_FLOOR = 0.01
SCALES = (1e-3, 1.0)
LEAST_SCALE = 1e-4


@saved()
@dataclass(frozen=True, eq=False)
class Windows:
    """Units that receive a window of values, and their readout, fitted.

    Attributes:
        passage: `(W + 1, N)`, from the window and the logarithm of its scale to the units.
        bias: `(N,)`.
        spread: `(F,)`, deviations of the features.
        coefficients: `(F, H)`.
    """

    passage: Float[np.ndarray, "entry unit"]
    bias: Float[np.ndarray, "unit"]
    spread: Float[np.ndarray, "feature"]
    coefficients: Float[np.ndarray, "feature ahead"]

    @property
    def width(self) -> int:
        """Values of a window."""
        return len(self.passage) - 1

    @property
    def horizon(self) -> int:
        """Steps ahead that there are outputs for."""
        return self.coefficients.shape[1]

    def forecasts(self, task: ForecastTask) -> Float[np.ndarray, "series ahead"]:
        """Forecasts of the steps after the last of each series; beyond the outputs, as the last of them.

        Raises:
            nothing; a series shorter than the window is received as far as it goes.
        """
        units = _units(task)
        windows = _window(task.logs.values / units[:, None], np.arange(len(units)), None, self.width)
        changes = _features(windows, self.passage, self.bias) / self.spread @ self.coefficients
        if task.horizon > self.horizon:
            changes = np.concatenate([changes, np.repeat(changes[:, -1:], task.horizon - self.horizon, axis=1)], axis=1)
        return task.from_logs((windows[:, -1:] + changes[:, : task.horizon]) * units[:, None])


def fit_windows(task: ForecastTask, width: int, seed: int) -> Windows | None:
    """Units and a readout for windows of the given width; None where there are too few.

    Args:
        task: the series, and the steps ahead to fit outputs for.
        width: values of a window, two or more.
        seed: of the units.
    """
    rng = np.random.default_rng([0x77696E, seed])
    values = task.logs.values / _units(task)[:, None]
    steps, horizon = values.shape[1], task.horizon
    series, ends = np.nonzero(np.isfinite(values))
    enough = (ends - task.panel.first[series] + 1 >= min(_LEAST_KNOWN, width)) & (ends < steps - 1)
    series, ends = series[enough], ends[enough]
    if len(series) < 2 * _LEAST_KNOWN:
        return None
    if len(series) > _MOST_ROWS:
        chosen = rng.choice(len(series), _MOST_ROWS, replace=False)
        series, ends = series[chosen], ends[chosen]
    windows = _window(values, series, ends, width)
    count = int(np.clip(len(series) // _ROWS_A_UNIT, *_UNITS))
    passage, bias = rng.normal(size=(width + 1, count)) / 2, rng.normal(size=count) / 2
    features = _features(windows, passage, bias)
    spread = features.std(axis=0)
    # The constant, and what never varies, stay as they are.
    spread = np.where(spread > 1e-9, spread, 1.0)
    padded = np.concatenate([values, np.full((len(values), horizon), np.nan)], axis=1)
    targets = padded[series[:, None], ends[:, None] + np.arange(1, horizon + 1)] - windows[:, -1:]
    coefficients = np.zeros((features.shape[1], horizon))
    for group in np.array_split(np.arange(horizon), min(_GROUPS, horizon)):
        whole = np.isfinite(targets[:, group]).all(axis=1)
        if whole.sum() >= 2 * _LEAST_KNOWN:
            coefficients[:, group] = _absolute(features[whole] / spread, targets[whole][:, group])
    return Windows(passage, bias, spread, coefficients)


def widths_for(season: int, shortest: Sequence[int] | np.ndarray) -> list[int]:
    """Widths of windows that serve series of a season: half of one or more, or a few values."""
    base = [6, 10] if season == 1 else [season, season + max(2, season // 2)]
    longest = max(3, int(np.median(shortest)) // 2)
    return sorted({max(3, min(width, longest)) for width in base})


def _absolute(rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Coefficients of least mean absolute error a row, with a penalty, by reweighted least squares."""
    weights = 1 / (np.abs(targets).mean(axis=1) + 2 * _FLOOR)
    found = np.zeros((rows.shape[1], targets.shape[1]))
    for _ in range(_ROUNDS):
        weighted = rows * weights[:, None]
        gram = weighted.T @ rows
        penalty = np.full(len(gram), _PENALTY * weights.sum())
        penalty[-1] = 1e-9 * weights.sum()
        gram[np.diag_indices_from(gram)] += penalty
        found = np.linalg.solve(gram, weighted.T @ targets)
        weights = 1 / (np.abs(targets - rows @ found).mean(axis=1) + _FLOOR)
    return found


def _units(task: ForecastTask) -> Float[np.ndarray, "series"]:
    """What values are measured in: one for logarithms, the mean size for series that have none."""
    sizes = np.abs(np.where(task.logs.known, task.logs.values, 0.0)).sum(axis=1) / np.maximum(task.panel.lengths, 1)
    return np.where(task.logged | (sizes <= 0), 1.0, sizes)


def _window(values: np.ndarray, series: np.ndarray, ends: np.ndarray | None, width: int) -> np.ndarray:
    """The values up to each end, NaN where there are none."""
    padded = np.concatenate([np.full((len(values), width), np.nan), values], axis=1)
    ends = np.full(len(series), values.shape[1] - 1) if ends is None else ends
    found: np.ndarray = padded[series[:, None], ends[:, None] + 1 + np.arange(width)]
    return found


def _features(windows: np.ndarray, passage: np.ndarray, bias: np.ndarray) -> Float[np.ndarray, "row feature"]:
    """What the readout sees of windows: themselves, their scale, the units, the units in that scale, a constant."""
    width = windows.shape[1]
    known = np.isfinite(windows)
    apart = np.where(known, windows - windows[:, -1:], 0.0)[:, :-1]
    moves = np.diff(windows, axis=1)
    moved = np.isfinite(moves)
    scale = np.abs(np.where(moved, moves, 0.0)).sum(axis=1) / np.maximum(moved.sum(axis=1), 1)
    scale = np.clip(scale, LEAST_SCALE, SCALES[1]) + SCALES[0]
    share, size = known.mean(axis=1, keepdims=True), np.log(scale)[:, None]
    scaled = apart / scale[:, None]
    entries = np.hstack([scaled / np.sqrt(np.arange(width - 1, 0, -1)), share, size + 3])
    hidden = np.tanh(entries @ passage + bias)
    ones = np.ones((len(windows), 1))
    return np.hstack([apart, share, size, scaled, hidden, hidden * scale[:, None], ones])
