"""Series and covariates by their indexes: the same steps beside each other, and the next steps after the last."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from aurita._typing import Float
from aurita.data.calendar import Calendar, calendar_of
from aurita.data.index import is_plain, kind_of, said, shown
from aurita.data.series import Series
from aurita.errors import AuritaError

if TYPE_CHECKING:
    import pandas as pd


def beside(y: Series, x: Series, *, counted: bool = False) -> tuple[Series, Float[np.ndarray, "time covariate"]]:
    """Covariates of the steps of a series.

    Where both have an index of one kind, rows are matched by it. Covariates without one, or with a plain range beside
    dates, belong to the rows of `y` as these were given. A series without dates takes those of its covariates.

    Args:
        y: the series.
        x: its covariates.
        counted: whether a range beside dates may begin anywhere, as that of later rows of a plain frame does.

    Raises:
        AuritaError: a step without covariates, other kinds of steps, or another number of rows.
    """
    plain = _unnamed(x) or (counted and _counts(x.index))
    if x.index is None or (plain and y.index is not None and kind_of(y.index) != "range"):
        _check_length(x, len(y.values))
        return y, x.values if y.order is None else x.values[y.order]
    if y.index is None or (_unnamed(y) and kind_of(x.index) != "range"):
        _check_length(x, len(y.values))
        if x.order is not None:
            raise AuritaError(
                "the index of X is not in rising order and y has none of its kind, so which rows belong together is "
                "open; give y the same index, or pass X without one (to_numpy())"
            )
        if _unnamed(x):
            return y, x.values
        return replace(y, index=x.index, calendar=calendar_of(x.index, "X")), x.values
    return y, rows_at(x, y.index, "y")


def rows_at(x: Series, steps: "pd.Index", whose: str) -> Float[np.ndarray, "time covariate"]:
    """The rows of covariates at some steps, which may be some of many.

    Raises:
        AuritaError: a step that is not there, or steps of another kind.
    """
    index = in_zone(x.index, steps, "X", whose)
    places = index.get_indexer(steps)
    if (places < 0).any():
        at = steps[int(np.argmax(places < 0))]
        raise AuritaError(
            f"X has no row for {shown(at)}, a step of {whose}: its rows are of {shown(index[0])} to "
            f"{shown(index[-1])}; expected a row of covariates for every step from {shown(steps[0])} to "
            f"{shown(steps[-1])}, or the values alone (to_numpy()) in this order"
        )
    return x.values[places]


def ahead(x: Series, calendar: Calendar | None, steps: int) -> Float[np.ndarray, "time covariate"]:
    """The covariates of the steps after the last one.

    Raises:
        AuritaError: rows of other steps, or another number of rows.
    """
    positional = x.index is None or calendar is None
    if not positional and calendar is not None and calendar.kind != "range" and kind_of(x.index) == "range":
        positional = _counts(x.index)
    if positional or calendar is None:
        _check_length(x, steps)
        return x.values
    return rows_at(x, calendar.after(steps), "the forecast")


def check_next(one: Series, calendar: Calendar | None) -> None:
    """Complain unless a series begins where the calendar ends, and goes on step by step.

    Raises:
        AuritaError: steps that overlap, leave a gap, or are of another kind.
    """
    if calendar is None or one.index is None or (calendar.kind != "range" and is_plain(one.index)):
        return
    expected = calendar.after(len(one.values))
    index = in_zone(one.index, expected, "y", "the model")
    same = np.isclose(index, expected) if index.dtype.kind == "f" else np.asarray(index == expected)
    if same.all():
        return
    at = int(np.argmax(~same))
    where = "starts at" if at == 0 else f"goes on from {shown(expected[at - 1])} to"
    raise AuritaError(
        f"y {where} {shown(index[at])} and the model expects {shown(expected[at])} next; give the steps that follow, "
        "without gaps, use restart for another stretch, or pass the values alone (to_numpy())"
    )


def in_zone(index: "pd.Index", steps: "pd.Index", what: str, whose: str) -> "pd.Index":
    """An index of the kind, and in the time zone, of some other steps.

    Raises:
        AuritaError: it is of another kind, or only one of them has a zone.
    """
    import pandas as pd

    kind, wanted = kind_of(index), kind_of(steps)
    if kind != wanted:
        raise AuritaError(
            f"the index of {what} holds {said(kind)} and that of {whose} {said(wanted)}; give both the same, or pass "
            "the values alone (to_numpy())"
        )
    if isinstance(index, pd.DatetimeIndex) and isinstance(steps, pd.DatetimeIndex):
        if (index.tz is None) != (steps.tz is None):
            has, lacks = (whose, what) if index.tz is None else (what, whose)
            raise AuritaError(
                f"the dates of {has} have a time zone and those of {lacks} have none; give both one (tz_localize), or "
                "none"
            )
        return index if steps.tz is None else index.tz_convert(steps.tz)
    if isinstance(index, pd.PeriodIndex) and isinstance(steps, pd.PeriodIndex) and index.freq != steps.freq:
        raise AuritaError(
            f"the periods of {what} are of {index.freqstr} and those of {whose} of {steps.freqstr}; give both the same"
        )
    return index


def _unnamed(one: Series) -> bool:
    return one.index is None or is_plain(one.index)


def _counts(index: "pd.Index") -> bool:
    """Whether an index counts rows one by one, as that of a part of a plain frame."""
    values = np.asarray(index)
    return values.dtype.kind in "iu" and bool((np.diff(values) == 1).all())


def _check_length(x: Series, expected: int) -> None:
    if len(x.values) != expected:
        raise AuritaError(
            f"X has {len(x.values)} steps; expected {expected}: a row of covariates for every step, and as many "
            "tables as series"
        )


def places_of(
    given: Sequence[Series], keys: Sequence[str | int | float | None], left_out: Sequence[int], what: str
) -> list[int]:
    """Which of the given series is which one of a model: by their keys where both have some, else by place.

    Args:
        given: series, those that the model left out possibly among them.
        keys: of all series that the model was given.
        left_out: places of those that it left out.
        what: `y` or `X`, the subject of a complaint.

    Returns:
        For each series of the model its place among the given ones.

    Raises:
        AuritaError: another number of series, or other keys.
    """
    kept = [place for place in range(len(keys)) if place not in left_out]
    found = {one.key: place for place, one in enumerate(given)}
    if None in found or None in keys:
        if len(given) == len(keys):
            return kept
        if len(given) != len(kept) and what == "X":
            raise AuritaError(f"X holds {len(given)} tables of covariates; expected {len(kept)}, one for each series")
        if len(given) != len(kept):
            raise AuritaError(
                f"{what} holds {len(given)} series, the model stands at {len(kept)}; give the next steps of each"
            )
        return list(range(len(kept)))
    missing = [keys[place] for place in kept if keys[place] not in found]
    unknown = [key for key in found if key not in keys]
    if missing or unknown:
        wrong = f"lacks series {missing[0]!r}" if missing else f"holds series {unknown[0]!r}"
        which = ", which the model has" if missing else ", which the model does not have"
        raise AuritaError(f"{what} {wrong}{which}; give the next steps of each of its series")
    return [found[keys[place]] for place in kept]
