"""The order of steps that pandas indexes name: sorted by time, refused where a step is repeated or has no time."""

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from aurita._typing import Int
from aurita.errors import AuritaError

if TYPE_CHECKING:
    import pandas as pd

_ISO = re.compile(r"\s*\d{4}-\d{1,2}(-\d{1,2}([T ].*)?)?\s*")


def index_of(given: Any) -> "pd.Index | None":
    """The index of a pandas object; None for anything else.

    Example:
        >>> index_of([1, 2]) is None
        True
    """
    return given.index if hasattr(given, "iloc") else None


def is_plain(index: Any) -> bool:
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


def has_dates(index: Any) -> bool:
    """Whether an index names points or spans of time."""
    import pandas as pd

    return isinstance(index, pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex)


def time_order(index: Any, what: str, *, strict: bool = False) -> Int[np.ndarray, "step"] | None:
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
    repeated = keys.duplicated()
    if repeated.any():
        raise AuritaError(
            f"{what} has the time {index[int(np.argmax(repeated))]} twice; expected every step once: average or drop "
            "what is repeated, or pass reset_index(drop=True) if the rows are in order"
        )
    return None if keys.is_monotonic_increasing else np.asarray(keys.argsort(kind="stable"))


def _keys(index: Any, what: str, *, strict: bool) -> "pd.Index | None":
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
            return pd.Index(pd.to_numeric(index))
        return pd.Index(index.to_numpy().astype("datetime64[us]"))
    except (ValueError, TypeError, OverflowError):
        if strict:
            raise AuritaError(
                f"{what} has times such as {str(index[0])!r}, which have no order; expected numbers or dates: convert "
                "that level of the index, for instance by pandas.to_datetime"
            ) from None
        return None
