"""The series of a table as a forecaster takes them, and the seasons that their dates suggest."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from aurita.cli._options import Options
from aurita.cli._terminal import notes
from aurita.errors import AuritaError
from aurita.io import Series, prepare_series, read_table
from aurita.io.identifiers import parts_of_id


@dataclass(frozen=True, eq=False)
class SeriesTable:
    """Series of the same columns.

    Attributes:
        series: one or more.
        id: the column that tells them apart, if there is one.
        id_parts: the columns that it was put together from, if it was.
    """

    series: list[Series]
    id: str | None
    id_parts: tuple[str, ...] = ()

    @property
    def shortest(self) -> int:
        """Steps of the shortest series."""
        return min(len(one.values) for one in self.series)

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the columns to forecast."""
        return self.series[0].target_columns

    @property
    def names(self) -> list[str]:
        """Identifiers of the series."""
        return [one.name for one in self.series]

    def values(self) -> list[pd.DataFrame]:
        """What is to be forecast, a data frame (T, targets) a series."""
        return [
            pd.DataFrame(one.values[:, : len(one.target_columns)], index=_plain(one), columns=list(one.target_columns))
            for one in self.series
        ]

    def covariates(self) -> list[pd.DataFrame] | None:
        """What is known in advance, a data frame (T, covariates) a series; None if nothing is."""
        if not self.series[0].covariate_columns:
            return None
        return [
            pd.DataFrame(
                one.values[:, len(one.target_columns) :], index=_plain(one), columns=list(one.covariate_columns)
            )
            for one in self.series
        ]

    def future(self, horizon: int) -> list[pd.DataFrame] | None:
        """What is known of the steps ahead, a data frame (horizon, covariates) a series; None if nothing is.

        Raises:
            AuritaError: the table does not tell the covariates of all steps.
        """
        names = list(self.series[0].covariate_columns)
        if not names:
            return None
        self.check_future(horizon)
        return [
            pd.DataFrame(one.future_covariates[:horizon], index=_plain_ahead(one, horizon), columns=names)
            for one in self.series
        ]

    def check_future(self, horizon: int) -> None:
        """Complain unless the covariates of the next `horizon` steps are known, where there are covariates."""
        for one in self.series:
            known = len(one.future_covariates)
            if one.covariate_columns and known < horizon:
                raise AuritaError(
                    f"series {one.name!r}: the covariates {', '.join(one.covariate_columns)} are known for {known} "
                    f"steps after the last target, and {horizon} are to be forecast; add rows with these columns and "
                    "an empty target, use a shorter --horizon, or leave --covariate out"
                )


def read_panel(options: Options, covariates: Sequence[str] | None = None) -> SeriesTable:
    """Read the series that a command asks for, and say what was done to them.

    Raises:
        AuritaError: as `read_table` and `prepare_series` raise.
    """
    path = options.table
    try:
        frame = read_table(path, decimal=options.decimal)
        series = prepare_series(
            frame,
            time=options.time,
            target=list(options.targets) or None,
            covariates=tuple(options.covariates if covariates is None else covariates),
            id=options.id,
            frequency=options.frequency,
            missing=options.missing,
            strict=options.strict,
        )
    except AuritaError as error:
        raise AuritaError(in_options(f"{path}: {error}" if str(path) not in str(error) else str(error))) from None
    shared = [text for text in series[0].notes if all(text in one.notes for one in series)]
    own = [f"{one.name}: {text}" for one in series for text in one.notes if text not in shared]
    notes([in_options(text) for text in (*shared, *own)])
    return SeriesTable(series, options.id, parts_of_id(frame, options.id))


def read_known_panel(
    path: Path, table: Mapping[str, Any], targets: Sequence[str], covariates: Sequence[str] = ()
) -> SeriesTable:
    """Read series of these columns for a model that knows its table."""
    known = {name: table[name] for name in ("time", "id", "frequency", "decimal")}
    words = tuple(table.get("missing", ()))
    return read_panel(
        Options(table=path, targets=tuple(targets), missing=words, strict=table.get("strict", False), **known),
        covariates,
    )


def season_of(panel: SeriesTable) -> int | None:
    """Steps of the season that the dates suggest: a day, a week or a year; None without dates, or too short a series.

    Example:
        >>> import numpy as np
        >>> from aurita.io import prepare_series
        >>> days = pd.date_range("2024-01-01", periods=60, freq="D")
        >>> season_of(SeriesTable(prepare_series(pd.DataFrame({"date": days, "y": np.arange(60.0)})), None))
        7
    """
    from aurita.data.calendar import calendar_of
    from aurita.estimators.committees import suggested

    index = panel.series[0].index
    season = next(iter(suggested(calendar_of(index, "y")) or ()), None) if len(index) > 2 else None
    return season if season is not None and panel.shortest >= 4 * season else None


def time_column(one: Series) -> str:
    """The name of the column of times in what is written: that of the table, or what the index holds.

    Example:
        >>> import numpy as np
        >>> from aurita.io import prepare_series
        >>> days = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=9), "y": np.arange(9.0)})
        >>> [time_column(prepare_series(days, target="y", time=time)[0]) for time in (None, "none")]
        ['day', 'step']
    """
    if one.time_column is not None:
        return one.time_column
    return "time" if isinstance(one.index, pd.DatetimeIndex) else "step"


def _plain(one: Series) -> pd.Index:
    """The index of a series if its step can be saved with a model as text; step numbers otherwise."""
    if isinstance(one.index, pd.DatetimeIndex):
        try:
            if pd.tseries.frequencies.to_offset(one.index.freqstr) == one.index.freq:
                return one.index
        except ValueError:
            pass
        return pd.RangeIndex(len(one.index))
    return one.index


def _plain_ahead(one: Series, horizon: int) -> pd.Index:
    """The index of the steps after those of `_plain`."""
    if isinstance(_plain(one), pd.DatetimeIndex) or isinstance(one.index, pd.RangeIndex):
        return one.future_index(horizon)
    return pd.RangeIndex(len(one.index), len(one.index) + horizon)


def in_options(message: str) -> str:
    """A message on the arguments of `prepare_series` in the words of the command line."""
    words = {
        "frequency='rows'": "--frequency rows",
        "time='none'": "--time none",
        "read_table(path, decimal=',')": "--decimal ,",
        "give it as id": "give it as --id",
        "are series of their own as targets": "are series of their own, each with --target",
        "or give a coarser frequency": "or give a coarser --frequency",
        "and strict asks for all": "and --strict asks for all",
        "or leave strict out": "or leave --strict out",
    }
    for python, option in words.items():
        message = message.replace(python, option)
    message = re.sub(r"give id='([^']+)'", lambda found: "give " + _repeated("--id", found[1]), message)
    return re.sub(r"give missing=(\S+)", r"give --missing \1", message)


def _repeated(option: str, names: str) -> str:
    return " ".join(f"{option} '{name}'" if " " in name else f"{option} {name}" for name in names.split("+"))
