"""Time series out of a table that nobody prepared: one regular, gapless series for every identifier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import pandas as pd
from pandas.tseries.offsets import BaseOffset

from aurita._words import counted
from aurita.errors import AuritaError
from aurita.io._missing import as_missing
from aurita.io._names import fold, is_month, is_vague, kind_of_name
from aurita.io._restarts import refuse_restart
from aurita.io._steps import MOST_MISSING, fill, split_future, to_steps
from aurita.io.axis import Axis, holds_dates, no_time, read_axis
from aurita.io.frames import ODD_CELLS, flat, keys_of, need_columns, notes_of, read_column
from aurita.io.grid import name_of
from aurita.io.identifiers import check_one_series, joined, name_of_id
from aurita.io.numerals import parse_numbers

_MONTHS = 12
SHORTEST = 4
"""Rows with a target that a series must have."""


@dataclass(frozen=True, eq=False)
class Series:
    """One regular series of T steps, without gaps and without missing values.

    Attributes:
        name: its identifier, or the names of its targets.
        index: (T,) its times, or step numbers where there are no dates.
        values: (T, E) float64, the targets first, then the covariates.
        target_columns: names of the targets.
        covariate_columns: names of the covariates, C of them.
        frequency: pandas alias of the step ("h", "B", "W-MON", "MS"), words where there is none ("month"), or None.
        constant: columns that never change.
        notes: what was done to the table, in sentences.
        future_covariates: (H, C) covariates known beyond the last step, H of 0 if none are.
        time_column: name of the one column that says when, or None.
    """

    name: str
    index: pd.DatetimeIndex | pd.RangeIndex
    values: np.ndarray
    target_columns: tuple[str, ...]
    covariate_columns: tuple[str, ...]
    frequency: str | None
    constant: tuple[str, ...]
    notes: list[str] = field(default_factory=list)
    future_covariates: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    time_column: str | None = None

    def future_index(self, horizon: int) -> pd.DatetimeIndex | pd.RangeIndex:
        """The times (or step numbers) of the `horizon` steps after the last one, those of `future_covariates` first.

        Raises:
            AuritaError: the horizon is below one step, or runs beyond the year 2262.

        Example:
            >>> import pandas as pd
            >>> dates = ["2024-02-26", "2024-02-27", "2024-02-28", "2024-02-29"]
            >>> days = pd.DataFrame({"date": dates, "y": [1, 2, 3, 4]})
            >>> [str(day.date()) for day in prepare_series(days)[0].future_index(2)]
            ['2024-03-01', '2024-03-02']
        """
        if horizon < 1:
            raise AuritaError(f"a horizon of {horizon} steps was given; give 1 or more")
        if isinstance(self.index, pd.RangeIndex):
            start, step = self.index[-1] + self.index.step, self.index.step
            return pd.RangeIndex(start, start + horizon * step, step)
        try:
            return pd.date_range(self.index[-1], periods=horizon + 1, freq=self.index.freq)[1:]
        except (pd.errors.OutOfBoundsDatetime, OverflowError):
            raise AuritaError(
                f"{counted(horizon, 'step')} after {self.index[-1]} would end beyond the year 2262; give fewer"
            ) from None


def prepare_series(
    frame: pd.DataFrame,
    *,
    time: str | None = None,
    target: str | Sequence[str] | None = None,
    covariates: Sequence[str] = (),
    id: str | Sequence[str] | None = None,
    frequency: str | None = None,
    missing: object = None,
    strict: bool = False,
) -> list[Series]:
    """Regular series out of a table that nobody prepared.

    Rows are sorted; those of one time are averaged; the frequency is found in spite of gaps, and steps without a row
    are filled. Missing values are interpolated along a line, and take the nearest value before the first one. Numbers
    written as text are read where that is unambiguous. Whatever is done is in the notes.

    The future: rows after the last target are known in advance if all covariates are given in some of them; they become
    `future_covariates`, up to the last such row. Otherwise they are left out.

    Args:
        frame: the table, one row a time (and identifier), in any order.
        time: column of dates or step numbers; found if there is one, otherwise every row is one step. "none": every
            row is one step, whatever the columns seem to say.
        target: column or columns to forecast; by default all that are numbers.
        covariates: columns known in advance.
        id: column that tells several series apart, or several columns that do so together, as `["store", "product"]` or
            `"store+product"`; each series is prepared alone.
        frequency: the step, as for `find_grid`, or "rows": the rows, in the order of time, are the steps.
        missing: values or words that stand for a missing number, such as [-9999, "off"].
        strict: refuse the table where a series of several cannot be used; otherwise it is left out, and noted.

    Returns:
        The series, in the order of their identifiers.

    Raises:
        AuritaError: a column is missing, is not one of numbers, is infinite somewhere or missing for more than half
            of the steps; the times are no dates or not regular; there are several series and no `id` tells them apart;
            no series has 4 rows, or with `strict` not all have.

    Example:
        >>> import pandas as pd
        >>> table = pd.DataFrame({
        ...     "date": ["2024-01-05", "2024-01-01", "2024-01-02", "2024-01-04"], "y": ["5,5", "1,5", "2,5", "4,5"],
        ... })
        >>> series = prepare_series(table, time="date", target="y")[0]
        >>> series.frequency, series.values.ravel().tolist()
        ('D', [1.5, 2.5, 3.5, 4.5, 5.5])
    """
    id = name_of_id(id)
    frame, missing = joined(flat(frame), id), as_missing(missing)
    targets = (target,) if isinstance(target, str) else tuple(target or ())
    known = (covariates,) if isinstance(covariates, str) else tuple(covariates)
    _check_roles(frame, None if no_time(frame, time) else time, targets, known, id)
    codes, keys = keys_of(frame[id]) if id else (np.zeros(len(frame), dtype=int), [", ".join(targets)])
    axis = _axis(frame, time, [*targets, *known, *([id] if id else [])], codes if id else None)
    notes = [*notes_of(frame), *axis.notes]
    if not targets:
        targets, remarks = _numeric_columns(frame, {*axis.columns, *known, *([id] if id else [])}, missing)
        notes += remarks
    columns = []
    for name in (*targets, *known):
        numbers = read_column(frame, name, "target" if name in targets else "covariate", missing)
        notes += [f"column {name!r}: {note}" for note in numbers.notes]
        columns.append(numbers.floats)
    values = np.stack(columns, axis=1)

    if not id:
        keys = [", ".join(targets)]
    if (codes < 0).any():
        lost = int((codes < 0).sum())
        notes.append(counted(lost, f"row has no {id!r} and was left out", f"rows have no {id!r} and were left out"))
    if not keys:
        raise AuritaError(f"the id column {id!r} is empty; name a column that tells the series apart")
    roles = {*axis.columns, *known, *(targets if target else ())}
    notes += check_one_series(frame, axis.stamps if axis.stamps is not None else axis.places, id, roles)
    timed = axis.known if axis.known is not None else np.ones(len(frame), dtype=bool)
    result, left = [], {}
    for code, rows in enumerate(_rows_of(codes, len(keys), timed)):
        try:
            result.append(_one(str(keys[code]), axis, rows, values[rows], targets, known, frequency, notes))
        except AuritaError as error:
            left[str(keys[code])] = str(error)
    if left and (strict or not result):
        raise AuritaError(refusal(left, len(keys), strict, axis.notes))
    if left:
        for one in result:
            one.notes.insert(0, note_of(left))
    return result


def _axis(frame: pd.DataFrame, time: str | None, taken: Sequence[str], codes: np.ndarray | None) -> Axis:
    """The time axis; a table of several series of which none has dates is refused where no codes tell them apart."""
    try:
        axis = read_axis(frame, time, taken=taken, groups=codes)
    except AuritaError:
        if codes is None and time is None:
            refuse_restart(frame, taken)
        raise
    if codes is None and time is None and axis.known is None:
        refuse_restart(frame, taken)
    return axis


def _rows_of(codes: np.ndarray, count: int, timed: np.ndarray) -> list[np.ndarray]:
    """The rows of every series that have a time, in the order of the table."""
    known = np.flatnonzero(timed & (codes >= 0))
    order = known[np.argsort(codes[known], kind="stable")]
    return np.split(order, np.searchsorted(codes[order], np.arange(1, count)))


def _check_roles(
    frame: pd.DataFrame, time: str | None, targets: tuple[str, ...], known: tuple[str, ...], id: str | None
) -> None:
    roles = {"target": targets, "covariate": known, "id": (id,) if id else (), "time": (time,) if time else ()}
    seen: dict[str, str] = {}
    for name in targets:
        if name in frame.columns and holds_dates(frame[name]):
            raise AuritaError(
                f"the target column {name!r} holds dates, which are no quantity; name a column of numbers"
            )
    for role, names in roles.items():
        need_columns(frame, names, role)
        for name in names:
            if name in seen:
                raise AuritaError(f"the column {name!r} is given as {seen[name]} and as {role}; a column has one role")
            seen[name] = role


def _numeric_columns(frame: pd.DataFrame, taken: set[str], missing: object) -> tuple[tuple[str, ...], list[str]]:
    """The columns to forecast where none is named: numbers, more than half of them there, no mere row numbers."""
    reasons: dict[str, str] = {}
    chosen, counting, timed = [], [], []
    for name in frame.columns:
        if name in taken:
            continue
        numbers = parse_numbers(frame[name], tolerance=ODD_CELLS, missing=missing)
        if numbers.fault is not None:
            reasons[name] = numbers.fault
        elif pd.api.types.is_bool_dtype(frame[name].dtype):
            reasons[name] = "truth values"
        elif holds_dates(frame[name]):
            reasons[name] = "dates"
        elif np.isnan(numbers.floats).mean() > MOST_MISSING:
            reasons[name] = "more than half missing"
        elif len(frame) > 2 and _count_rows(numbers.floats):
            counting.append(name)
        elif kind_of_name(name) is not None and not is_vague(name):
            timed.append(name)
        else:
            chosen.append(name)
    # Hours worked and row numbers are forecast where there is nothing else.
    if chosen:
        reasons |= dict.fromkeys(timed, "of time")
    chosen = chosen or timed
    if chosen:
        reasons |= dict.fromkeys(counting, "row numbers")
    left = ", ".join(f"{name} ({reason})" for name, reason in reasons.items())
    chosen = chosen or counting
    if not chosen:
        raise AuritaError(f"there is no column of numbers to forecast; columns: {left or 'none'}")
    months = [name for name in chosen if is_month(fold(name))]
    if len(months) >= _MONTHS and len(chosen) <= _MONTHS + 1:
        raise AuritaError(
            f"the columns {months[0]} to {months[-1]} are the months of a year, and every row is a year; write a row "
            "for every month, with a date and a value, or name the columns that are series of their own as targets"
        )
    notes = [f"no target was named: forecasting {', '.join(chosen)}"]
    return tuple(chosen), [*notes, f"columns left out: {left}"] if left else notes


def _count_rows(values: np.ndarray) -> bool:
    """Whether values (T,), in any order, number the rows from 0 or from 1."""
    first, last = values.min(), values.max()
    if first not in (0, 1) or last - first != len(values) - 1:
        return False
    return bool((np.sort(values) == np.arange(len(values)) + first).all())


def _one(
    name: str,
    axis: Axis,
    rows: np.ndarray,
    values: np.ndarray,
    targets: tuple[str, ...],
    known: tuple[str, ...],
    frequency: str | None,
    shared: list[str],
) -> Series:
    """One series from its rows; `values` (n, E) in the order of `rows`."""
    notes = list(shared)
    count = int((~np.isnan(values[:, : len(targets)])).any(axis=1).sum())
    if count < SHORTEST:
        raise AuritaError(f"{counted(count, 'row has', 'rows have')} a target, at least {SHORTEST} are needed")
    stamps = None if axis.stamps is None else axis.stamps[rows]
    places = None if axis.places is None else axis.places[rows]
    index, values, remarks = to_steps(values, stamps=stamps, places=places, frequency=frequency)
    notes += remarks
    length, future = split_future(values, len(targets))
    if length < SHORTEST:
        raise AuritaError(f"its length is {length}; at least {SHORTEST} steps are needed")
    if future:
        notes.append(
            f"the last {counted(future, 'step has', 'steps have')} covariates and no target: they are the future"
        )
    if beyond := len(values) - length - future:
        last = "known covariates" if future else "value of the target"
        notes.append(
            f"{counted(beyond, f'step after the last {last} was', f'steps after the last {last} were')} left out"
        )
    names = (*targets, *known)
    filled = np.full((length + future, len(names)), np.nan)
    for column, label in enumerate(names):
        end = length if column < len(targets) else length + future
        filled[:end, column], remarks = fill(values[:end, column], label)
        notes += remarks
    index = cast(pd.DatetimeIndex | pd.RangeIndex, index[:length])
    body = filled[:length]
    step = name_of(cast(BaseOffset, index.freq)) if isinstance(index, pd.DatetimeIndex) else None
    constant = tuple(label for column, label in enumerate(names) if (body[:, column] == body[0, column]).all())
    if constant:
        notes.append(f"columns that never change: {', '.join(constant)}")
    when = axis.columns[0] if len(axis.columns) == 1 else None
    return Series(name, index, body, targets, known, step, constant, notes, filled[length:, len(targets) :], when)


def note_of(left: Mapping[str, str]) -> str:
    """A note on series that were left out.

    Example:
        >>> note_of({"new": "2 rows", "old": "2 rows"})
        "2 series were left out: 'new', 'old' (2 rows)"
    """
    return f"{len(left)} series {'was' if len(left) == 1 else 'were'} left out: {_listed(left)}"


def refusal(left: Mapping[str, str], count: int, strict: bool, read: Sequence[str]) -> str:
    """Why a table is refused: no series can be used, or not all of them can and `strict` asks for all.

    Args:
        strict: whether all have to be usable.
    """
    how = f" ({'; '.join(read)})" if read else ""
    if count == 1:
        name, reason = next(iter(left.items()))
        return f"series {name!r}: {reason}{how}"
    if len(left) == count:
        return f"none of the {count} series can be used: {_listed(left)}{how}"
    return (
        f"{len(left)} of {count} series cannot be used, and strict asks for all: {_listed(left)}; correct them, take "
        "them out of the table, or leave strict out"
    )


def _listed(left: Mapping[str, str]) -> str:
    """Names by reason."""
    names: dict[str, list[str]] = {}
    for name, reason in left.items():
        names.setdefault(reason, []).append(repr(name))
    return "; ".join(f"{', '.join(of)} ({reason})" for reason, of in names.items())
