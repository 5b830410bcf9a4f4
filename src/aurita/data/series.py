"""Time series as users have them: values by step, names of the columns, and a calendar that can be continued.

| given | read as |
|---|---|
| `(T,)` or `(T, E)` array, nested list, pandas series, data frame | one series |
| list of these, `(B, T, E)` array | a series each |
| data frame or series with two index levels | a series for each value of the level that holds no dates |

Rows with an index are brought into its order. What misses steps or has one twice is refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from aurita._typing import Float, Int
from aurita.data._numeric import as_array
from aurita.data.calendar import Calendar, calendar_of
from aurita.data.index import rising, steps_of
from aurita.data.sequences import column_names, numbers
from aurita.errors import AuritaError
from aurita.fields import shown as named


@dataclass(frozen=True)
class KeyedSeries:
    """One series.

    Attributes:
        values: `(T, E)`, in rising order of the index, if there is one.
        columns: names; None where they have none.
        calendar: names of the steps; None where they cannot be continued.
        index: the steps, in rising order; None where there are none.
        flat: whether it was given as `(T,)`.
        order: `(T,)`, the rows as they were given; None where they are in order.
        key: what names the series in a frame of many; None elsewhere.
    """

    values: Float[np.ndarray, "time channel"]
    columns: list[str] | None
    calendar: Calendar | None
    index: Any
    flat: bool
    order: Int[np.ndarray, "time"] | None = None
    key: str | int | float | None = None


def as_series(
    given: Any, what: str, *, regular: bool = True, like: Calendar | None = None
) -> tuple[list[KeyedSeries], bool]:
    """Read `given` as one series or several.

    Args:
        given: what the table above lists. Masked values count as missing.
        what: `y` or `X`, the subject of a complaint.
        regular: whether the index has to be regular, and becomes a calendar.
        like: a calendar whose step is taken where the index leaves its own open.

    Returns:
        The series, and whether several were given.

    Raises:
        AuritaError: nothing, text, missing or infinite values, channels that differ between series; an index that
            names no steps, one twice, or not all of them.

    Example:
        >>> series, several = as_series([1.0, 2.0, 4.0], "y")
        >>> series[0].values.shape, several
        ((3, 1), False)
    """
    parts = _parts(given, what)
    if parts is None:
        return [_one(given, what, regular, like)], False
    series = []
    for number, (key, part) in enumerate(parts):
        named = f"series {number} of {what}" if key is None else f"series {key!r} of {what}"
        series.append(replace(_one(part, named, regular, like), key=key))
    if not series:
        raise AuritaError(f"{what} has shape {np.shape(given)}; expected at least one series")
    kinds = {(np.shape(one.values)[1], one.flat, tuple(one.columns or ())) for one in series}
    if len(kinds) > 1:
        raise AuritaError(f"the series of {what} differ in their channels; expected the same in all of them")
    return series, True


def _parts(given: Any, what: str) -> Sequence[tuple[str | int | float | None, object]] | None:
    """The parts of something that holds many series, each with its key, if it has one; None for one series."""
    if getattr(getattr(given, "index", None), "nlevels", 1) > 1 and hasattr(given, "iloc"):
        return _levels(given, what)
    if isinstance(given, np.ndarray):
        objects = given.dtype == object and given.ndim == 1 and len(given) > 0
        return [(None, item) for item in given] if given.ndim == 3 or (objects and _all_arrays(given)) else None
    if isinstance(given, list | tuple) and len(given) > 0 and _all_arrays(given):
        return [(None, item) for item in given]
    return None


def _all_arrays(items: Iterable[object]) -> bool:
    return all(isinstance(item, list | tuple) or getattr(item, "ndim", 0) > 0 for item in items)


def _levels(given: Any, what: str) -> Sequence[tuple[str | int | float | None, object]]:
    """A series for each value of the levels that are not time: the one level of dates or else numbers, or the last."""
    import pandas as pd

    index = given.index
    dated = [n for n, level in enumerate(index.levels) if isinstance(level, pd.DatetimeIndex | pd.PeriodIndex)]
    counted = [n for n, level in enumerate(index.levels) if pd.api.types.is_numeric_dtype(level.dtype)]
    candidates = dated or counted
    time = candidates[0] if len(candidates) == 1 else index.nlevels - 1
    others = [n for n in range(index.nlevels) if n != time]
    if any((codes < 0).any() for codes in (index.codes[n] for n in others)):
        raise AuritaError(f"the index of {what} has no value in a level that tells series apart; drop such rows")
    parts: dict[str | int | float, object] = {}
    for key, part in given.groupby(level=others if len(others) > 1 else others[0], sort=False):
        name = _key(key)
        if name in parts:
            raise AuritaError(f"two series of {what} are called {name!r}; give them different names")
        parts[name] = part.droplevel(others)
    if not parts:
        raise AuritaError(f"{what} is empty; expected at least one series")
    return list(parts.items())


def _key(key: object) -> str | int | float:
    items = key if isinstance(key, tuple) else (key,)
    items = tuple(item.item() if isinstance(item, np.generic) else item for item in items)
    if len(items) == 1:
        return items[0] if isinstance(items[0], str | int | float) else str(items[0])
    return ", ".join(map(str, items))


def _one(given: Any, what: str, regular: bool, like: Calendar | None) -> KeyedSeries:
    values = numbers(_filled(given, what), what)
    flat = values.ndim == 1
    if flat:
        values = values[:, None]
    if values.ndim != 2 or 0 in values.shape:
        raise AuritaError(f"{what} has shape {np.shape(given)}; expected (steps,) or (steps, channels), none of them 0")
    name = getattr(given, "name", None)
    columns = [name] if flat and isinstance(name, str) else column_names(given)
    if not hasattr(given, "iloc"):
        return KeyedSeries(values, columns, None, None, flat)
    index = steps_of(given.index, what)
    order = rising(index, what)
    if order is not None:
        index, values = index[order], values[order]
    calendar = calendar_of(index, what, like) if regular else None
    return KeyedSeries(values, columns, calendar, index, flat, order)


def _filled(given: object, what: str) -> object:
    """Something that numpy makes an array of, masked values missing."""
    if given is None or isinstance(given, str | bytes | dict | set | frozenset):
        raise AuritaError(
            f"{what} is {'None' if given is None else f'a {type(given).__name__}'}; expected (steps,) or (steps, "
            "channels) numbers, a pandas series or data frame, or a list of these"
        )
    if isinstance(given, np.ma.MaskedArray):
        return np.ma.filled(given.astype(float), np.nan) if given.dtype.kind in "biuf" else np.ma.filled(given)
    if isinstance(given, list | tuple):
        if any(item is np.ma.masked for item in given):
            given = [np.nan if item is np.ma.masked else item for item in given]
        try:
            found = np.asarray(given)
        except ValueError:
            raise AuritaError(
                f"{what} is a nested list of no regular shape; expected as many numbers in each row"
            ) from None
        given = found
    if as_array(given, what).ndim == 0:
        raise AuritaError(f"{what} has shape () ({named(given)}); expected (steps,) or (steps, channels)")
    return given
