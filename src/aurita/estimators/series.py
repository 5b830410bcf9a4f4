"""Time series as users have them: values by step, names of the columns, and a calendar that can be continued."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from aurita.errors import AuritaError
from aurita.estimators.sequences import column_names, numbers

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Calendar:
    """What the steps of a series are called, as plain values.

    Attributes:
        kind: `range`, `dates` or `periods`.
        last: the last step: a number, or a date as text.
        step: distance of steps: a number, or the frequency as text.
        zone: time zone of dates.
        name: of the index.

    Example:
        >>> Calendar("dates", "2024-01-31", "ME").after(2).strftime("%d.%m.").tolist()
        ['29.02.', '31.03.']
    """

    kind: str
    last: str | int
    step: str | int
    zone: str | None = None
    name: str | None = None

    def after(self, steps: int) -> "pd.Index":
        """The next steps."""
        import pandas as pd

        if self.kind == "range":
            first, step = int(self.last), int(self.step)
            return pd.RangeIndex(first + step, first + step * (steps + 1), step, name=self.name)
        if self.kind == "periods":
            last = pd.Period(str(self.last), freq=str(self.step))
            return pd.period_range(last, periods=steps + 1, freq=str(self.step), name=self.name)[1:]
        start = pd.Timestamp(str(self.last))
        if self.zone is not None:
            start = start.tz_convert(self.zone)
        return pd.date_range(start, periods=steps + 1, freq=str(self.step), name=self.name)[1:]

    def moved(self, steps: int) -> "Calendar":
        """The calendar of a series that has gone on."""
        last = self.after(steps)[-1]
        return replace(self, last=int(last) if self.kind == "range" else str(last))


@dataclass(frozen=True)
class Series:
    """One series.

    Attributes:
        values: `(T, E)`.
        columns: names; None where they have none.
        calendar: names of the steps; None where they cannot be continued.
        index: of the data frame; None where there is none.
        flat: whether it was given as `(T,)`.
    """

    values: Float[np.ndarray, "time channel"]
    columns: list[str] | None
    calendar: Calendar | None
    index: Any
    flat: bool


def as_series(given: Any, what: str) -> tuple[list[Series], bool]:
    """Read `given` as one series or several.

    Args:
        given: a `(T,)` or `(T, E)` array, a pandas series or data frame; a list of these; or a `(B, T, E)` array.
        what: `y` or `X`, the subject of a complaint.

    Returns:
        The series, and whether several were given.

    Raises:
        AuritaError: nothing, text, NaN or infinite values, channels that differ between series.

    Example:
        >>> series, several = as_series([1.0, 2.0, 4.0], "y")
        >>> series[0].values.shape, several
        ((3, 1), False)
    """
    listed = isinstance(given, list | tuple) and len(given) > 0 and all(np.ndim(item) > 0 for item in given)
    if listed or (isinstance(given, np.ndarray) and given.ndim == 3):
        series = [_one(item, f"series {number} of {what}") for number, item in enumerate(given)]
        if not series:
            raise AuritaError(f"{what} has shape {np.shape(given)}; expected at least one series")
        kinds = {(np.shape(one.values)[1], one.flat, tuple(one.columns or ())) for one in series}
        if len(kinds) > 1:
            raise AuritaError(f"the series of {what} differ in their channels; expected the same in all of them")
        return series, True
    return [_one(given, what)], False


def _one(given: Any, what: str) -> Series:
    values = numbers(given, what)
    flat = values.ndim == 1
    if flat:
        values = values[:, None]
    if values.ndim != 2 or 0 in values.shape:
        raise AuritaError(f"{what} has shape {np.shape(given)}; expected (steps,) or (steps, channels), none of them 0")
    name = getattr(given, "name", None)
    columns = [name] if flat and isinstance(name, str) else column_names(given)
    index = getattr(given, "index", None) if hasattr(given, "iloc") else None
    return Series(values, columns, None if index is None else _calendar(index), index, flat)


def _calendar(index: "pd.Index") -> Calendar | None:
    import pandas as pd

    name = index.name if isinstance(index.name, str) else None
    if isinstance(index, pd.PeriodIndex):
        return Calendar("periods", str(index[-1]), index.freqstr, name=name)
    if isinstance(index, pd.DatetimeIndex):
        step = index.freqstr or (pd.infer_freq(index) if len(index) > 2 else None)
        if step is None:
            return None
        return Calendar("dates", index[-1].isoformat(), step, None if index.tz is None else str(index.tz), name)
    if pd.api.types.is_integer_dtype(index) and len(index) > 0:
        steps = set(np.diff(index.to_numpy()).tolist()) or {1}
        if len(steps) == 1 and 0 not in steps:
            return Calendar("range", int(index[-1]), steps.pop(), name=name)
    return None
