"""The index of a pandas object as names of steps: dates, periods, durations or numbers, in rising order, none twice."""

from typing import TYPE_CHECKING, Any

import numpy as np

from aurita._typing import Int
from aurita.errors import AuritaError

if TYPE_CHECKING:
    import pandas as pd

_SAID = {"range": "numbers", "dates": "dates", "periods": "periods", "durations": "durations"}


def steps_of(index: "pd.Index", what: str) -> "pd.Index":
    """The index as dates, periods, durations or numbers; dates as text in ISO form are read.

    Raises:
        AuritaError: missing steps, or names that are none of these.

    Example:
        >>> import pandas as pd
        >>> steps_of(pd.Index(["2024-01-02", "2024-01-01"]), "y").day.tolist()
        [2, 1]
    """
    import pandas as pd

    found = index
    if isinstance(index, pd.CategoricalIndex):
        found = index.astype(index.categories.dtype)
    if found.dtype == object or pd.api.types.is_string_dtype(found.dtype):
        found = _read(found, what)
    if pd.api.types.is_bool_dtype(found.dtype) or not isinstance(
        found, pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex
    ):
        if pd.api.types.is_bool_dtype(found.dtype) or not pd.api.types.is_numeric_dtype(found.dtype):
            raise _no_steps(index, what)
        if pd.api.types.is_complex_dtype(found.dtype):
            raise _no_steps(index, what)
    if bool(found.isna().any()):
        at = int(np.argmax(found.isna()))
        raise AuritaError(f"the index of {what} has no value in row {at}; drop such rows, or give their steps")
    if pd.api.types.is_float_dtype(found.dtype):
        numbers = found.to_numpy(float)
        if not np.isfinite(numbers).all():
            raise AuritaError(f"the index of {what} holds infinity; give finite step numbers")
        return found
    if pd.api.types.is_extension_array_dtype(found.dtype) and pd.api.types.is_integer_dtype(found.dtype):
        return found.astype(np.int64)
    if isinstance(found, pd.DatetimeIndex) and found.dtype.kind != "M":
        return found.astype("datetime64[ns]")
    return found


def kind_of(index: "pd.Index") -> str:
    """`dates`, `periods`, `durations` or `range`, as of a `Calendar`."""
    import pandas as pd

    for kind, form in (("dates", pd.DatetimeIndex), ("periods", pd.PeriodIndex), ("durations", pd.TimedeltaIndex)):
        if isinstance(index, form):
            return kind
    return "range"


def said(kind: str) -> str:
    """A kind of steps in words."""
    return _SAID[kind]


def is_plain(index: "pd.Index") -> bool:
    """Whether this is the index that pandas gives where nobody named the steps."""
    import pandas as pd

    return isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1


def rising(index: "pd.Index", what: str) -> Int[np.ndarray, "step"] | None:
    """The order that brings steps into rising order; None where they are.

    Raises:
        AuritaError: a step that is there twice.
    """
    if not index.is_unique:
        twice = index[index.duplicated(keep=False)]
        raise AuritaError(
            f"{what} has {shown(twice[0])} in its index {int((index == twice[0]).sum())} times; expected one row a "
            "step: average them, as with groupby(level=0).mean(), or give many series as a list or with two levels"
        )
    if index.is_monotonic_increasing:
        return None
    return np.asarray(index.argsort(), int)


def shown(step: Any) -> str:
    """A step in a message: dates without a clock time where it is midnight."""
    text = str(step)
    return text.removesuffix(" 00:00:00")


def _read(index: "pd.Index", what: str) -> "pd.Index":
    """Steps that are kept as objects: text, dates or periods of Python, whole numbers."""
    import pandas as pd

    items = index.tolist()
    if any(item is None or item is pd.NaT or item is pd.NA or item != item for item in items):
        at = next(i for i, item in enumerate(items) if item is None or item is pd.NaT or item is pd.NA or item != item)
        raise AuritaError(f"the index of {what} has no value in row {at}; drop such rows, or give their steps")
    try:
        if all(isinstance(item, pd.Period) for item in items):
            return pd.PeriodIndex(items, name=index.name)
        if all(isinstance(item, int | np.integer) and not isinstance(item, bool) for item in items):
            return pd.Index(np.array(items, np.int64), name=index.name)
        if all(isinstance(item, float | int | np.floating | np.integer) for item in items):
            return pd.Index(np.array(items, float), name=index.name)
        return pd.DatetimeIndex(pd.to_datetime(index, format="ISO8601"), name=index.name)
    except (ValueError, TypeError, OverflowError):
        raise _no_steps(index, what) from None


def _no_steps(index: "pd.Index", what: str) -> AuritaError:
    first = index[0] if len(index) else "nothing"
    return AuritaError(
        f"the index of {what} names no steps: {first!r}; expected dates, periods or numbers: read dates with "
        "pd.to_datetime, or pass the values alone (to_numpy()) if every row is one step"
    )
