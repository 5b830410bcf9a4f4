"""What belongs together by its index: targets and weights in the order of their sequences, covariates of the same steps
as their series, and the steps that come next.
"""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from aurita._typing import Float
from aurita._words import counted
from aurita.data.calendar import Calendar, calendar_of
from aurita.data.frames import has_levels, split_levels
from aurita.data.index import in_words, index_of, is_plain, kind_of, shown
from aurita.data.sequences import Sequences
from aurita.data.series import KeyedSeries
from aurita.errors import AuritaError

if TYPE_CHECKING:
    import pandas as pd

_OUTSIDE = 5
"""Frames between the warning and whoever called `fit` or `score`."""


def beside(
    y: KeyedSeries, x: KeyedSeries, *, counted: bool = False
) -> tuple[KeyedSeries, Float[np.ndarray, "time covariate"]]:
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


def rows_at(x: KeyedSeries, steps: "pd.Index", whose: str) -> Float[np.ndarray, "time covariate"]:
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


def ahead(x: KeyedSeries, calendar: Calendar | None, steps: int) -> Float[np.ndarray, "time covariate"]:
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


def check_next(one: KeyedSeries, calendar: Calendar | None) -> None:
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
            f"the index of {what} holds {in_words(kind)} and that of {whose} {in_words(wanted)}; give both the same, "
            "or pass the values alone (to_numpy())"
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


def _unnamed(one: KeyedSeries) -> bool:
    return one.index is None or is_plain(one.index)


def _counts(index: "pd.Index") -> bool:
    """Whether an index counts rows one by one, as that of a part of a plain frame."""
    values = np.asarray(index)
    return values.dtype.kind in "iu" and bool((np.diff(values) == 1).all())


def _check_length(x: KeyedSeries, expected: int) -> None:
    if len(x.values) != expected:
        raise AuritaError(
            f"X has {counted(len(x.values), 'step')}; expected {expected}: a row of covariates for every step, and as "
            "many tables as series"
        )


def places_of(
    given: Sequence[KeyedSeries], keys: Sequence[str | int | float | None], left_out: Sequence[int], what: str
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
                f"{what} holds {len(given)} series, the model has {len(kept)}; give the next steps of each"
            )
        return list(range(len(kept)))
    missing = [keys[place] for place in kept if keys[place] not in found]
    unknown = [key for key in found if key not in keys]
    if missing or unknown:
        wrong = f"lacks series {missing[0]!r}" if missing else f"holds series {unknown[0]!r}"
        which = ", which the model has" if missing else ", which the model does not have"
        raise AuritaError(f"{what} {wrong}{which}; give the next steps of each of its series")
    return [found[keys[place]] for place in kept]


def by_sequence(given: Any, sequences: Sequences, what: str) -> Any:
    """One row a sequence, in the order of the sequences.

    Where an index level names the sequences, rows are looked up by name. Elsewhere they are taken by position, as in
    scikit-learn, unless their index contradicts that.

    Args:
        given: labels, targets or weights.
        sequences: what they belong to.
        what: what they are, the subject of a complaint.

    Raises:
        AuritaError: names that are missing, superfluous or repeated; an index that contradicts the positions.

    Example:
        >>> import pandas as pd
        >>> sequences = Sequences([np.zeros((1, 1))] * 2, names=pd.Index(["a", "b"]))
        >>> by_sequence(pd.Series([1, 2], ["b", "a"]), sequences, "y").tolist()
        [2, 1]
    """
    import pandas as pd

    index = index_of(given)
    if index is None:
        return given
    if sequences.names is not None:
        return given.iloc[_places(sequences.names, index, what)]
    rows = sequences.rows
    if is_plain(index) or (rows is not None and index.equals(rows)):
        return given
    remedy = f"pass {what}.to_numpy() if they are in the order of X, otherwise sort them first"
    if len(index) == len(sequences) and not index.has_duplicates:
        own = pd.RangeIndex(len(index)) if rows is None else rows
        if len(index.intersection(own)) == len(index):
            raise AuritaError(
                f"the index of {what} names the {'sequences' if rows is None else 'rows'} of X in another order than X "
                f"has them: {what} begins with {_some(index)}; {remedy}"
            )
    if rows is None or not is_plain(rows):
        warnings.warn(
            f"{what} has an index of its own ({_some(index)}), and X has no such names; {what} was taken by position. "
            f"Pass {what}.to_numpy() to say so.",
            stacklevel=_OUTSIDE,
        )
    return given


def by_step(given: Any, sequences: Sequences, what: str) -> list[Any] | None:
    """A part for each sequence, its rows in the order of the steps.

    Args:
        given: a list of arrays or pandas objects, or a data frame or series with the index levels sequence and time.
        sequences: what they belong to.
        what: what they are, the subject of a complaint.

    Returns:
        The parts; None where there are as many as sequences but of other lengths, so that nothing can be aligned.

    Raises:
        AuritaError: sequences or times that are missing, superfluous or repeated.
    """
    if has_levels(given):
        import pandas as pd

        names, found = split_levels(given, what)
        own = pd.RangeIndex(len(sequences)) if sequences.names is None else sequences.names
        places = _places(own, names, what)
        parts = [found[place].values for place in places]
        return [_at_times(part, sequences, number, what, True) for number, part in enumerate(parts)]
    parts = list(given)
    if [len(part) for part in parts] != sequences.lengths.tolist():
        return None
    return [_at_times(part, sequences, number, what, False) for number, part in enumerate(parts)]


def _at_times(part: Any, sequences: Sequences, number: int, what: str, named: bool) -> Any:
    """The rows of one sequence's part in the order of its steps."""
    times = None if sequences.times is None else sequences.times[number]
    order = None if sequences.orders is None else sequences.orders[number]
    index = index_of(part)
    name = number if sequences.names is None else repr(sequences.names[number])
    if index is not None and times is not None and not (is_plain(index) and not named):
        if index.equals(times):
            return part
        place = f"{what} of sequence {name}"
        if index.has_duplicates or len(index.symmetric_difference(times, sort=False)):
            wrong = times.difference(index, sort=False)
            wrong, how = (wrong, "lacks") if len(wrong) else (index.difference(times, sort=False), "has")
            wrong = wrong if len(wrong) else index[index.duplicated()]
            raise AuritaError(
                f"the {place} {how} the times {_some(wrong)}, unlike X; expected the same times, each once: align them "
                "first, or pass arrays without an index"
            )
        return part.iloc[index.get_indexer(times)]
    if order is None:
        return part
    return part.iloc[order] if index is not None else np.asarray(part)[order]


def _places(names: "pd.Index", index: "pd.Index", what: str) -> np.ndarray:
    """The place of each name in an index."""
    import pandas as pd

    names = pd.Index(names)
    if index.nlevels > 1:
        raise AuritaError(f"the index of {what} has {index.nlevels} levels; expected one, the names of the sequences")
    if index.has_duplicates:
        raise AuritaError(
            f"{what} has the sequences {_some(index[index.duplicated()].unique())} twice; expected one row for each"
        )
    missing, more = names.difference(index, sort=False), index.difference(names, sort=False)
    if len(missing) or len(more):
        parts = [f"lacks the sequences {_some(missing)}"] if len(missing) else []
        parts += [f"has {_some(more)}, which X does not have"] if len(more) else []
        raise AuritaError(
            f"{what} {' and '.join(parts)}; expected one row for each sequence of X, named as there: pass "
            f"{what}.to_numpy() if they are in the order in which X names its sequences"
        )
    return index.get_indexer(names)


def _some(index: "pd.Index") -> str:
    shown = ", ".join(repr(name) if isinstance(name, str) else str(name) for name in index[:5])
    return shown + (f", ... ({len(index)})" if len(index) > 5 else "")
