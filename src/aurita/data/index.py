"""Indexes of pandas objects: dates, periods, durations or numbers as names of steps, and their order."""

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from aurita._typing import Int
from aurita.errors import AuritaError

if TYPE_CHECKING:
    import pandas as pd

_ISO = re.compile(r"\s*\d{4}-\d{1,2}(-\d{1,2}([T ].*)?)?\s*")
_WORDS = {"range": "numbers", "dates": "dates", "periods": "periods", "durations": "durations"}


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


def in_words(kind: str) -> str:
    """A kind of steps in words."""
    return _WORDS[kind]


def index_of(given: Any) -> "pd.Index | None":
    """The index of a pandas object; None for anything else.

    Example:
        >>> index_of([1, 2]) is None
        True
    """
    return given.index if hasattr(given, "iloc") else None


def is_plain(index: "pd.Index") -> bool:
    """Whether an index merely counts rows from 0, and so names nothing.

    Example:
        >>> import pandas as pd
        >>> is_plain(pd.RangeIndex(3)), is_plain(pd.Index([0, 1, 2])), is_plain(pd.Index([0, 2, 1]))
        (True, True, False)
    """
    import pandas as pd

    if isinstance(index, pd.MultiIndex):
        return False
    whole = pd.api.types.is_integer_dtype(index.dtype) and not index.hasnans
    return whole and np.array_equal(index.to_numpy(dtype=np.int64, na_value=-1), np.arange(len(index)))


def has_dates(index: "pd.Index") -> bool:
    """Whether an index names points or spans of time."""
    return kind_of(index) != "range"


def time_order(index: "pd.Index", what: str, *, strict: bool = False) -> Int[np.ndarray, "step"] | None:
    """The rows of an index in the order of time.

    Args:
        index: of the steps of one sequence: numbers, dates, or text that is one of these.
        what: what it is of, the subject of a complaint.
        strict: whether text that is neither is refused; otherwise its order is believed.

    Returns:
        Numbers of the rows; None where they are in order.

    Raises:
        AuritaError: a time that is repeated or missing, or times that have no order.

    Example:
        >>> import pandas as pd
        >>> time_order(pd.Index([3, 1, 2]), "X")
        array([1, 2, 0])
    """
    import pandas as pd

    if isinstance(index, pd.RangeIndex):
        return None if index.step > 0 or len(index) < 2 else np.arange(len(index))[::-1]
    if isinstance(index, pd.MultiIndex):
        raise AuritaError(f"{what} has {index.nlevels} index levels; expected one, the time: drop the others")
    if index.hasnans:
        raise AuritaError(f"{what} has a step without a time (NaN or NaT in its index); drop it or fill the time in")
    keys = _keys(index, what, strict=strict)
    if keys is None:
        return None
    return rising(index, what, keys)


def rising(index: "pd.Index", what: str, keys: "pd.Index | None" = None) -> Int[np.ndarray, "step"] | None:
    """The order that brings steps, or what they are sorted by, into rising order; None where they are.

    Raises:
        AuritaError: a step that is there twice.
    """
    keys = index if keys is None else keys
    if not keys.is_unique:
        first = int(np.argmax(keys.duplicated(keep=False)))
        raise AuritaError(
            f"{what} has {shown(index[first])} in its index {int((keys == keys[first]).sum())} times; expected one row "
            "a step: average them, as with groupby(level=0).mean(), give many series as a list or with two levels, or "
            "pass reset_index(drop=True) if the rows are in order"
        )
    return None if keys.is_monotonic_increasing else np.asarray(keys.argsort(kind="stable"), int)


def shown(step: object) -> str:
    """A step in a message: dates without a clock time where it is midnight."""
    text = str(step)
    return text.removesuffix(" 00:00:00")


def _keys(index: "pd.Index", what: str, *, strict: bool) -> "pd.Index | None":
    """What to sort by; None where names of steps have no order."""
    import pandas as pd

    if isinstance(index, pd.CategoricalIndex):
        if index.ordered:
            return pd.Index(index.codes)
        index = pd.Index(index.to_numpy())
    if isinstance(index, pd.IntervalIndex):
        index = index.left
    if has_dates(index) or (pd.api.types.is_numeric_dtype(index.dtype) and index.dtype != bool):
        return index
    try:
        if all(isinstance(one, str) for one in index):
            if all(_ISO.fullmatch(one) for one in index):
                return pd.DatetimeIndex(pd.to_datetime(index, format="ISO8601", utc=True))
            return pd.Index(pd.to_numeric(index.to_numpy()))
        return pd.Index(index.to_numpy().astype("datetime64[us]"))
    except (ValueError, TypeError, OverflowError):
        if strict:
            raise AuritaError(
                f"{what} has times such as {str(index[0])!r}, which have no order; expected numbers or dates: convert "
                "that level of the index, for instance by pandas.to_datetime"
            ) from None
        return None


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
