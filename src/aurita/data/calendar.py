"""What the steps of a series are called: read from the index of a pandas object, checked, and continued."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from aurita._kinds import saved
from aurita.data.index import kind_of, shown
from aurita.errors import AuritaError

if TYPE_CHECKING:
    import pandas as pd
    from pandas.tseries.offsets import BaseOffset

_MONTHS = " months"
_MOST_DAYS_A_STAMP = 800


@saved()
@dataclass(frozen=True)
class Calendar:
    """Regular steps, as plain values.

    Attributes:
        kind: `range` (numbers), `dates`, `periods` or `durations` (in nanoseconds).
        last: the last step: a number, or a date as text.
        step: distance of steps: a number, or the frequency as text.
        zone: time zone of dates.
        name: of the index.

    Example:
        >>> Calendar("dates", "2024-01-31", "ME").after(2).strftime("%d.%m.").tolist()
        ['29.02.', '31.03.']
    """

    kind: str
    last: str | int | float
    step: str | int | float
    zone: str | None = None
    name: str | None = None

    def after(self, steps: int) -> "pd.Index":
        """The next steps.

        Raises:
            AuritaError: they lie beyond what dates of pandas can hold.
        """
        try:
            return self._after(steps)
        except (ValueError, OverflowError):
            raise AuritaError(
                f"{steps} steps of {self.step} after {self.last} lie beyond what an index can hold (dates end in the "
                "year 2262); ask for fewer, or fit on values without an index"
            ) from None

    def _after(self, steps: int) -> "pd.Index":
        import pandas as pd

        if self.kind in ("range", "durations"):
            last, step = self.last, self.step
            if isinstance(last, float) or isinstance(step, float):
                return pd.Index(float(last) + float(step) * np.arange(1, steps + 1), name=self.name)
            first, step, name = int(last) + int(step), int(step), self.name
            if abs(int(last)) + abs(step) * (steps + 1) > np.iinfo(np.int64).max:
                raise OverflowError
            found = pd.RangeIndex(first, first + step * steps, step, name=name)
            return found if self.kind == "range" else pd.to_timedelta(np.asarray(found), unit="ns").rename(name)
        if self.kind == "periods":
            last_period = pd.Period(str(self.last), freq=str(self.step))
            return pd.period_range(last_period, periods=steps + 1, freq=str(self.step), name=self.name)[1:]
        start = pd.Timestamp(str(self.last))
        if self.zone is not None:
            start = start.tz_convert(self.zone)
        return _dates(start, str(self.step), steps + 1)[1:].rename(self.name)

    def moved(self, steps: int) -> "Calendar":
        """The calendar of a series that has gone on."""
        if steps == 0:
            return self
        last = self.after(steps)[-1]
        if self.kind == "range":
            return replace(self, last=last.item() if hasattr(last, "item") else last)
        return replace(self, last=int(last.value) if self.kind == "durations" else str(last))


def calendar_of(index: "pd.Index", what: str, like: Calendar | None = None) -> Calendar | None:
    """The calendar of steps in rising order, none of them twice.

    Args:
        index: the steps.
        what: what they are the steps of, for complaints.
        like: a calendar whose step is taken where it fits: a few dates alone may leave it open.

    Returns:
        The calendar; None where too few steps leave their distance open, or it cannot be written down.

    Raises:
        AuritaError: steps are missing, or at no regular distance.

    Example:
        >>> import pandas as pd
        >>> calendar_of(pd.date_range("2024", periods=9, freq="W-MON"), "y").after(1)[0].isoformat()
        '2024-03-04T00:00:00'
    """
    import pandas as pd

    kind = kind_of(index)
    name = index.name if isinstance(index.name, str) else None
    if isinstance(index, pd.PeriodIndex):
        places = index.asi8
        apart = np.diff(places)
        step = getattr(index.freq, "n", 1)
        if (apart != step).any():
            at = int(np.argmax(apart != step))
            raise _gap(what, index[at] + 1, shown(index[at]), shown(index[at + 1]), "resample(...).asfreq()")
        return Calendar(kind, str(index[-1]), index.freqstr, name=name)
    if isinstance(index, pd.DatetimeIndex):
        if len(index) < 3 and index.freq is None and like is None:
            return None
        found = _frequency(index, what, like)
        zone = None if index.tz is None else _zone(index, what)
        return None if found is None else Calendar(kind, index[-1].isoformat(), found, zone, name)
    return _numbered(index, what, kind, name, like)


def _numbered(index: "pd.Index", what: str, kind: str, name: str | None, like: Calendar | None) -> Calendar | None:
    """Of numbers or durations."""
    import pandas as pd

    values = index.to_numpy()
    if kind == "durations":
        values = values.astype("timedelta64[ns]").astype(np.int64)
    apart = np.diff(values)
    if len(apart) == 0:
        step = like.step if like is not None and like.kind == kind else 1
        return Calendar(kind, values[-1].item(), step, name=name) if kind == "range" else None
    usual = np.sort(apart)[(len(apart) - 1) // 2]
    odd = np.abs(apart.astype(float) - float(usual)) > 1e-6 * float(usual)
    if odd.any():
        at = int(np.argmax(odd))
        following = values[at] + usual if apart[at] > usual else values[at + 1]
        missing = pd.Timedelta(following, "ns") if kind == "durations" else following
        raise _gap(what, missing, shown(index[at]), shown(index[at + 1]), "reindex(...)")
    step = (values[-1] - values[0]) / len(apart)
    whole = values.dtype.kind in "iu"
    return Calendar(kind, values[-1].item(), int(apart[0]) if whole else float(step), name=name)


def _frequency(index: "pd.DatetimeIndex", what: str, like: Calendar | None) -> str | None:
    """The step as text; None where the index knows its own and it has no text."""
    import pandas as pd

    wanted = [str(like.step)] if like is not None and like.kind == "dates" else []
    if index.freq is not None:
        wanted.append(str(index.freqstr))
    elif len(index) > 2 and (found := pd.infer_freq(index)) is not None:
        wanted.append(found)
    wanted += [f"{months}{_MONTHS}" for months in (1, 2, 3, 4, 6, 12)]
    for step in wanted:
        if _reproduced(index, step):
            return step
    if index.freq is not None or len(index) < 3:
        return None
    best = min(_grids(index), key=len, default=None)
    if best is None:
        gaps = np.diff(index.asi8)
        at = int(np.argmax(gaps))
        raise AuritaError(
            f"the dates of {what} are at no regular distance: {shown(index[at])} is followed by "
            f"{shown(index[at + 1])}; bring them onto one, as with resample('D').mean(), or pass the values alone "
            "(to_numpy()) if every row is one step"
        )
    missing = best.difference(index)
    before = index[index < missing[0]][-1]
    after = index[index > missing[0]][0]
    text = str(best.freqstr)
    freq = repr(text) if not text.startswith("<") else f"pd.{text.strip('<>').replace(': ', '(')})"
    count = f"; {len(missing)} of {len(best)} steps are missing" if len(missing) > 1 else ""
    raise _gap(what, missing[0], shown(before), shown(after), f"asfreq({freq})", count)


def _grids(index: "pd.DatetimeIndex") -> Iterator["pd.DatetimeIndex"]:
    """Regular dates that hold all of these, and at most twice as many."""
    import pandas as pd

    first, last = index[0], index[-1]
    places = (index.tz_localize(None) if index.tz is not None else index).asi8
    step = int(np.gcd.reduce(np.diff(places)))
    months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    offsets: list[BaseOffset | str] = []
    if step > 0 and (places[-1] - places[0]) // step <= 2 * len(index):
        size = pd.Timedelta(step, index.unit)
        whole_days = size % pd.Timedelta(1, "D") == pd.Timedelta(0)
        offsets.append(pd.offsets.Day(size.days) if whole_days else pd.tseries.frequencies.to_offset(size))
    if (last - first).days <= _MOST_DAYS_A_STAMP * len(index):
        offsets += ["B", "MS", "ME", "BMS", "BME"]
        offsets += [f"{kind}-{month}" for kind in ("QS", "QE", "BQS", "BQE") for month in months[:3]]
        offsets += [f"{kind}-{month}" for kind in ("YS", "YE", "BYS", "BYE") for month in months]
        offsets += [pd.DateOffset(months=count) for count in (1, 3, 12)] if first.day <= 28 else []
    for offset in offsets:
        try:
            grid = pd.date_range(first, last, freq=offset)
        except (ValueError, OverflowError):
            continue
        if len(index) < len(grid) <= 2 * len(index) and index.isin(grid).all():
            yield grid


def _reproduced(index: "pd.DatetimeIndex", step: str) -> bool:
    """Whether a frequency as text gives these dates."""
    try:
        return bool((_dates(index[0], step, len(index)) == index).all())
    except (ValueError, OverflowError, TypeError):
        return False


def _dates(start: "pd.Timestamp", step: str, count: int) -> "pd.DatetimeIndex":
    import pandas as pd

    if step.endswith(_MONTHS):
        months = int(step.removesuffix(_MONTHS))
        if start.day > 28:
            raise ValueError("the day is not in every month")
        return pd.date_range(start, periods=count, freq=pd.DateOffset(months=months))
    return pd.date_range(start, periods=count, freq=step)


def _zone(index: "pd.DatetimeIndex", what: str) -> str:
    """The name of the time zone, if the name alone gives it."""
    zone = str(index.tz)
    try:
        if (index.tz_convert(zone).tz_localize(None) == index.tz_localize(None)).all():
            return zone
    except (ValueError, KeyError, AttributeError, TypeError, OSError):
        pass
    raise AuritaError(
        f"the dates of {what} are of the time zone {zone}, which has no name that can be kept; convert them, as with "
        "tz_convert('Europe/Berlin') or tz_convert('UTC')"
    )


def _gap(what: str, missing: object, before: str, after: str, fill: str, count: str = "") -> AuritaError:
    return AuritaError(
        f"{what} has no row for {shown(missing)}: {before} is followed by {after}{count}; fill the steps in between, "
        f"as with {fill} and interpolate(), or pass the values alone (to_numpy()) if every row is one step"
    )
