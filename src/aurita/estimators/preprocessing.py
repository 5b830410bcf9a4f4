"""Between a user's series and what the reservoir receives: differences, scales, and the end of each series."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from aurita._kinds import saved
from aurita._typing import Document, Float
from aurita.data.alignment import check_next
from aurita.data.calendar import Calendar, calendar_of
from aurita.data.differences import Filter, carried, differenced, restored
from aurita.data.index import is_plain
from aurita.data.scaling import Scaling
from aurita.data.series import KeyedSeries
from aurita.errors import AuritaError
from aurita.estimators._limits import Limits
from aurita.estimators.forecasting import Prepared
from aurita.native.running import Bounds


@saved()
@dataclass(frozen=True, eq=False)
class Frame:
    """Several series, their scales and their ends.

    Attributes:
        taken: filter of the differences.
        mean, deviation: `(S, O)` of each series, differenced.
        x_mean, x_deviation: `(S, C)` of its covariates.
        spread: `(S, O)` deviation of each series as it was given, the unit of errors.
        tails: `(S, K, O)`, the last values as given, as many as the differences reach back.
        last: `(S, O)`, the last value as the reservoir receives it.
        calendars: of each series; None where steps have no names that can be continued.
        naive: `(S, O)`, mean absolute error of the value a step (or a season) ago as a forecast, the unit of scores.
    """

    taken: Filter
    mean: Float[np.ndarray, "series output"]
    deviation: Float[np.ndarray, "series output"]
    x_mean: Float[np.ndarray, "series covariate"]
    x_deviation: Float[np.ndarray, "series covariate"]
    spread: Float[np.ndarray, "series output"]
    tails: Float[np.ndarray, "series kept output"]
    last: Float[np.ndarray, "series output"]
    calendars: list[Calendar | None]
    naive: Float[np.ndarray, "series output"] | None = None

    @staticmethod
    def around(
        series: Sequence[KeyedSeries],
        covariates: Sequence[np.ndarray],
        heads: Sequence[int],
        taken: Filter,
        *,
        scale: bool,
        season: int | None = None,
    ) -> "Frame":
        """The frame of series, scaled by their heads, or not at all; scores are relative to the value a season ago."""
        lags = len(taken) - 1
        scales, x_scales, spreads = list[Scaling](), list[Scaling](), list[Scaling]()
        for one, x, head in zip(series, covariates, heads, strict=True):
            parts = (differenced(one.values, taken)[:head], x[: lags + head])
            # Differences carry the rounding of the values that they are of.
            sizes = (np.abs(one.values[: lags + head]).max(axis=0) * np.abs(taken).sum(), None)
            for found, part, size in zip((scales, x_scales), parts, sizes, strict=True):
                found.append(Scaling.of([part], size) if scale else Scaling.none(part.shape[1]))
            spreads.append(Scaling.of([one.values[: lags + head]]))
        count, outputs = len(series), series[0].values.shape[1]
        frame = Frame(
            taken=taken,
            mean=np.stack([one.mean for one in scales]),
            deviation=np.stack([one.deviation for one in scales]),
            x_mean=np.stack([one.mean for one in x_scales]),
            x_deviation=np.stack([one.deviation for one in x_scales]),
            spread=np.stack([one.deviation for one in spreads]),
            tails=np.zeros((count, lags, outputs)),
            last=np.zeros((count, outputs)),
            calendars=[None] * count,
            naive=np.stack([_naive(one.values, season or 1) for one in series]),
        )
        return frame.ended(series)

    def rescoped(self, count: int) -> "Frame":
        """The frame for another number of series, all with the scale of the only one there was."""
        names = ("mean", "deviation", "x_mean", "x_deviation", "spread", "naive")
        known = {name: getattr(self, name) for name in names}
        scales: Document = {name: np.repeat(v[:1], count, axis=0) for name, v in known.items() if v is not None}
        return replace(self, **scales) if count != len(self.mean) else self

    def ended(self, series: Sequence[KeyedSeries], calendars: Sequence[Calendar | None] | None = None) -> "Frame":
        """The frame of the same scales whose series end as these do; they have the tails in front, if any."""
        lags = len(self.taken) - 1
        last = [differenced(one.values[-lags - 1 :], self.taken)[-1] for one in series]
        return replace(
            self,
            tails=np.stack([one.values[len(one.values) - lags :] for one in series]),
            last=(np.stack(last) - self.mean) / self.deviation,
            calendars=list(calendars or [one.calendar for one in series]),
        )

    def prepared(self, number: int, values: np.ndarray, x: np.ndarray, head: int) -> Prepared:
        """A whole series as the reservoir receives it."""
        y = (differenced(values, self.taken) - self.mean[number]) / self.deviation[number]
        lags = len(self.taken) - 1
        return Prepared(y, (x[lags:] - self.x_mean[number]) / self.x_deviation[number], head)

    def continued(self, number: int, values: np.ndarray, x: np.ndarray) -> Float[np.ndarray, "row input"]:
        """Rows that the reservoir receives before each of the next values."""
        whole = np.concatenate([self.tails[number], values])
        y = (differenced(whole, self.taken) - self.mean[number]) / self.deviation[number]
        before = np.concatenate([self.last[number][None], y[:-1]])
        return np.hstack([before, (x - self.x_mean[number]) / self.x_deviation[number]])

    def check_next(self, series: Sequence[KeyedSeries]) -> None:
        """Complain unless these series begin where those of the frame end."""
        if len(series) != len(self.last):
            raise AuritaError(
                f"y holds {len(series)} series, the model has {len(self.last)}; give the next steps of each"
            )
        for one, calendar in zip(series, self.calendars, strict=True):
            check_next(one, calendar)

    def later(self, series: Sequence[KeyedSeries]) -> list[Calendar | None]:
        """The calendars after series that go on from here."""
        return [
            (calendar_of(one.index, "y") if one.index is not None and not is_plain(one.index) else None)
            if calendar is None
            else calendar.moved(len(one.values))
            for one, calendar in zip(series, self.calendars, strict=True)
        ]

    def one_step(self, number: int, predicted: np.ndarray, values: np.ndarray) -> Float[np.ndarray, "time output"]:
        """Predictions made before each of `values`, as the user sees them."""
        past = np.concatenate([self.tails[number], values])
        return predicted * self.deviation[number] + self.mean[number] + carried(past, self.taken)

    def loop(self, limits: Limits, tails: np.ndarray, which: Sequence[int]) -> Bounds | None:
        """What holds closed loops within limits, after the given tails of the given series; None without limits."""
        if limits.none:
            return None
        numbers = np.asarray(which)
        lower = -np.inf if limits.lower is None else limits.lower
        upper = np.inf if limits.upper is None else limits.upper
        past = np.transpose(tails, (1, 2, 0))
        return Bounds(-self.taken[:0:-1], past, self.mean[numbers].T, self.deviation[numbers].T, lower, upper)

    def restored(
        self, predicted: Float[np.ndarray, "batch time output"], tails: np.ndarray, which: Sequence[int]
    ) -> Float[np.ndarray, "batch time output"]:
        """Forecasts as the user sees them, after the given tails of the given series."""
        numbers = np.asarray(which)
        return restored(predicted * self.deviation[numbers, None] + self.mean[numbers, None], tails, self.taken)


def _naive(values: Float[np.ndarray, "time output"], lag: int) -> Float[np.ndarray, "output"]:
    """Mean absolute error of the value `lag` steps ago as a forecast; 1 where that makes no error."""
    lag = min(lag, len(values) - 1)
    errors = np.abs(values[lag:] - values[: len(values) - lag]).mean(axis=0)
    return np.where((errors > 0) & (lag > 0), errors, 1.0)


def head_of(steps: int, lags: int, calibration: float, horizon: int) -> int:
    """How many differences the held-out forecasts may be fitted on.

    Args:
        steps: of the series.
        lags: first steps that have no difference.
        calibration: share of the steps to hold out.
        horizon: of the forecasts; where there is room, ten more steps are held out.

    Raises:
        AuritaError: too few steps.
    """
    held = 0
    if calibration > 0:
        held = max(int(np.ceil(calibration * steps)), min(horizon + 10, steps // 2))
    if steps - lags - held < 4:
        raise AuritaError(
            f"a series has {steps} steps, {held} of them held out and {lags} at the start taken by differences; "
            "expected at least 4 others to fit on: give a longer series, or hold less out (in Python, calibration)"
        )
    return steps - lags - held
