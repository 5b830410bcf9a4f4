"""Series of files larger than memory: fitted on, tried and forecast in pieces."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from os.path import isdir, isfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from aurita._words import counted
from aurita.cli._forecaster import MOST_SHOWN, Columns, forecaster, warnings_as_notes
from aurita.cli._long_form import is_long_form
from aurita.cli._models import remember
from aurita.cli._options import Options
from aurita.cli._panel import SeriesTable, in_options
from aurita.cli._terminal import note, notes, say
from aurita.errors import AuritaError
from aurita.estimators.series_in_pieces import framed
from aurita.io import NO_TIME, SequenceDataset, open_dataset, prepare_series, read_axis
from aurita.io.arrow import count_rows, first_rows, suffixes
from aurita.io.files import write_in_parts
from aurita.io.frames import need_columns
from aurita.io.grid import name_of
from aurita.io.identifiers import need_one_column

if TYPE_CHECKING:
    from aurita.estimators import Forecast, ReservoirForecaster

MANY = 2**22
"""Rows of several series beyond which these are read in pieces."""
_NAMED = 5


def series_in_pieces(options: Options) -> SequenceDataset | None:
    """The series of Parquet or Arrow files, to be read in pieces; None of what is read at once.

    Raises:
        AuritaError: options that need the whole table, or columns that are not there.
    """
    path = options.table
    if options.id is None or not (isdir(path) or (isfile(path) and path.suffix.lower() in suffixes())):
        return None
    rows = count_rows(path)
    if rows <= MANY:
        return None
    whole = {
        "--covariate": options.covariates,
        "--missing": options.missing,
        "--decimal": options.decimal,
        "--frequency": options.frequency,
        "--strict": options.strict,
    }
    asked = [name for name, value in whole.items() if value]
    if asked:
        raise AuritaError(
            f"{path} has {rows:,} rows and is read in pieces, as it is; {', '.join(asked)} would need all of it at "
            f"once: leave that out, or give files of at most {MANY:,} rows"
        )
    frame = first_rows(path)
    need_one_column(frame, options.id, path)
    for role, names in (("id", [options.id]), ("target", options.targets)):
        need_columns(frame, names, role)
    time = _time(options, frame)
    targets = options.targets
    if not targets:
        targets = prepare_series(frame, time=time or NO_TIME, id=options.id)[0].target_columns
        note(f"no target was named: forecasting {', '.join(targets)}")
    return open_dataset(path, id=options.id, target=targets, time=time, channels=())


def columns_of(data: SequenceDataset) -> Columns:
    """What the columns of forecasts are named by."""
    return Columns(data.id, data.time or "step", data.targets, is_long_form(data.id, data.time, data.targets))


def sampled(options: Options, data: SequenceDataset) -> SeriesTable:
    """The series that units and experts learn from."""
    some, _ = data.drawn(seed=options.seed)
    frame = framed(data, some).reset_index()
    frame = frame if data.time is not None else frame.drop(columns="step")
    series = prepare_series(frame, time=data.time or NO_TIME, target=list(data.targets), id=data.id)
    return SeriesTable(series, data.id)


def fitted(options: Options, data: SequenceDataset) -> "ReservoirForecaster":
    """The forecaster asked for, fitted in pieces."""
    note(f"{data.path} is read in pieces: units and experts learn from {data.sample:,} series, the readout from all")
    with warnings_as_notes():
        model = forecaster(options).fit(data)
    calendar = model.frame_.calendars[0]
    dated = calendar is not None and calendar.kind == "dates"
    remember(
        model,
        task="forecast",
        targets=list(data.targets),
        covariates=[],
        time=options.time or data.time,
        id=data.id,
        frequency=None,
        decimal=None,
        missing=[],
        series=[str(name) for name in model.keys_],
        left_out=[str(model.keys_[place]) for place in model.left_out_],
        step=name_of(pd.tseries.frequencies.to_offset(str(calendar.step))) if calendar is not None and dated else None,
    )
    return model


@dataclass(frozen=True)
class Found:
    """What was forecast.

    Attributes:
        columns: what the forecasts are named by.
        first: of the first series, their names and forecasts.
        count: how many series have a forecast.
        short: names of those too short to start from.
        complete: whether all series were looked at.
    """

    columns: Columns
    first: "list[tuple[object, Forecast]]" = field(default_factory=list)
    count: int = 0
    short: list[object] = field(default_factory=list)
    complete: bool = True

    def show(self, rows: int) -> None:
        """A small table for each of the first series."""
        for name, one in self.first:
            self.columns.show(name, _steps(one), one, rows)
        if not self.complete:
            say("Only the first series were forecast; --output writes all of them.")
        elif self.count > len(self.first):
            say(f"and {self.count - len(self.first)} series more")
        if self.short:
            named = ", ".join(map(str, self.short[:_NAMED]))
            many = counted(len(self.short), "series is", "series are")
            note(f"{many} too short to start from, without a forecast: {named}")


def forecast_all(
    model: "ReservoirForecaster",
    data: SequenceDataset,
    horizon: int | None,
    levels: Sequence[float],
    output: Path | None,
) -> Found:
    """Forecast all series and write that as it comes; without a file, only the first series.

    Raises:
        AuritaError: no series that is long enough, or as `forecast_pieces` and `write_in_parts`.
    """
    columns = columns_of(data)
    columns.check(levels)
    first: list[tuple[object, Forecast]] = []
    short: list[object] = []
    count = 0

    def tables() -> Iterator[pd.DataFrame]:
        nonlocal count
        wanted: Sequence[float | None] = levels or [None]
        streams = [model.forecast_pieces(data, horizon, intervals=level) for level in wanted]
        for parts in zip(*streams, strict=True):
            rows = []
            for name, *found in zip(parts[0].ids.tolist(), *(part.forecasts for part in parts), strict=True):
                if found[0] is None:
                    short.append(name)
                    continue
                count += 1
                if len(first) < MOST_SHOWN:
                    first.append((name, found[0]))
                rows.append(columns.rows(name, _steps(found[0]), found))
            if rows:
                yield pd.concat(rows, ignore_index=True)

    if output is not None:
        write_in_parts(tables(), output)
        return Found(columns, first, count, short)
    complete = True
    for _ in tables():
        if len(first) == MOST_SHOWN:
            complete = False
            break
    if not first:
        raise AuritaError(f"none of the series of {data.path} is long enough to start from")
    return Found(columns, first, count, short, complete)


def _steps(forecast: "Forecast") -> Any:
    return pd.RangeIndex(len(forecast)) if forecast.index is None else forecast.index


def _time(options: Options, frame: pd.DataFrame) -> str | None:
    """The column of times that was named, or that is found."""
    if options.time == NO_TIME:
        return None
    if options.time is not None:
        return options.time
    codes = pd.factorize(frame[options.id])[0]
    axis = read_axis(frame, None, taken=[str(options.id), *options.targets], groups=codes)
    notes([in_options(text) for text in axis.notes])
    if len(axis.columns) > 1:
        raise AuritaError(
            f"the times of {options.table} are in the columns {', '.join(axis.columns)}; write one column of dates, or "
            "say --time none where the rows of a series are in their order"
        )
    return next(iter(axis.columns), None)
