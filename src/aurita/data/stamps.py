"""The steps that a stream has opened with, as plain values, until there are enough to tell how far they are apart."""

from typing import TYPE_CHECKING

import numpy as np

from aurita._typing import Document
from aurita.data.alignment import in_zone
from aurita.data.index import kind_of, shown
from aurita.data.series import KeyedSeries
from aurita.errors import AuritaError

if TYPE_CHECKING:
    import pandas as pd

Stamps = Document
"""`kind`, `values` as numbers, `zone` or frequency, and `name` of an index."""


def stamped(index: "pd.Index") -> Stamps:
    """An index as plain values.

    Example:
        >>> import pandas as pd
        >>> restored(stamped(pd.date_range("2024", periods=2)))[1].isoformat()
        '2024-01-02T00:00:00'
    """
    import pandas as pd

    zone = None
    values = index.to_numpy()
    if isinstance(index, pd.DatetimeIndex):
        zone = None if index.tz is None else str(index.tz)
        values = (index if index.tz is None else index.tz_convert("UTC").tz_localize(None)).as_unit("ns").asi8
    elif isinstance(index, pd.PeriodIndex):
        zone, values = index.freqstr, index.asi8
    elif isinstance(index, pd.TimedeltaIndex):
        values = index.as_unit("ns").asi8
    name = index.name if isinstance(index.name, str) else None
    return {"kind": kind_of(index), "values": np.asarray(values), "zone": zone, "name": name}


def restored(stamps: Stamps) -> "pd.Index":
    """The index that was written down.

    Raises:
        AuritaError: something else was.
    """
    try:
        return _restored(stamps)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise AuritaError(
            "the steps that the stream has begun with are damaged in the model; fit it on the whole series"
        ) from None


def _restored(stamps: Stamps) -> "pd.Index":
    import pandas as pd

    kind, values, zone, name = (stamps[part] for part in ("kind", "values", "zone", "name"))
    if kind == "dates":
        found = pd.DatetimeIndex(np.asarray(values, np.int64), name=name)
        return found if zone is None else found.tz_localize("UTC").tz_convert(zone)
    if kind == "periods":
        return pd.PeriodIndex([pd.Period(ordinal=int(value), freq=zone) for value in values], name=name)
    if kind == "durations":
        return pd.to_timedelta(np.asarray(values, np.int64), unit="ns").rename(name)
    return pd.Index(values, name=name)


def grown(stamps: Stamps | None, first: bool, series: KeyedSeries) -> "pd.Index | None":
    """All steps so far; None where some had no names.

    Args:
        stamps: of what came before.
        first: whether nothing came before.
        series: what comes now.

    Raises:
        AuritaError: steps that do not follow, or are of another kind.
    """
    if series.index is None or (stamps is None and not first):
        return None
    if stamps is None:
        return series.index
    before = restored(stamps)
    index = in_zone(series.index, before, "y", "the model")
    if not index[0] > before[-1]:
        raise AuritaError(
            f"y starts at {shown(index[0])} and the model ended at {shown(before[-1])}; give the steps that "
            "follow, or pass the values alone (to_numpy())"
        )
    return before.append(index)
