"""Forecasters of the command line: the series of a table, the model, and its forecasts as tables."""

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from aurita._words import counted, were
from aurita.cli._long_form import is_long_form, named
from aurita.cli._models import parameters_of, remember
from aurita.cli._options import Options
from aurita.cli._panel import SeriesTable, time_column
from aurita.cli._saved_in_python import as_fitted
from aurita.cli._terminal import note, notes, say, show_table
from aurita.errors import AuritaError
from aurita.io.identifiers import split_again

if TYPE_CHECKING:
    from aurita._typing import Document
    from aurita.estimators import Forecast, ReservoirForecaster

MOST_SHOWN = 5
"""Series whose forecasts are shown."""

_BESIDE, _GROUPS = 3, 4
_NAMED = 4
_USUAL = 0.9


def checked_intervals(given: Sequence[float] | None) -> list[float]:
    """The shares that intervals are to cover, the first one first; 0.9 where none is named, none for 0."""
    levels = list(dict.fromkeys([_USUAL] if given is None else given))
    if levels == [0]:
        return []
    for level in levels:
        if not 0 < level < 1:
            raise AuritaError(
                f"--interval is {level:g}; expected a share between 0 and 1 such as 0.9, or 0 alone for none"
            )
    return levels


def predicted(
    model: "ReservoirForecaster",
    panel: SeriesTable,
    horizon: int,
    levels: Sequence[float | None],
    known: "Document | None" = None,
) -> "list[list[Forecast]]":
    """Forecasts of every series, with intervals of each level; once without, where there is none.

    Args:
        known: of a saved model, as `described_table`.
    """
    future = as_fitted(panel.future(horizon) or (), known or {}, "covariates") or None
    wanted: Sequence[float | None] = levels or [None]
    return [list(map(_in_columns, model.predict(horizon, future, intervals=level))) for level in wanted]


def _in_columns(found: "Forecast") -> "Forecast":
    """A forecast whose values are (steps, targets), also where the fit was on series of shape (steps,)."""
    if found.mean.ndim == 2:
        return found
    lower, upper = (None if bound is None else bound[:, None] for bound in (found.lower, found.upper))
    return replace(found, mean=found.mean[:, None], lower=lower, upper=upper)


def forecaster(options: Options) -> "ReservoirForecaster":
    """The forecaster asked for, not fitted."""
    from aurita.estimators import ReservoirForecaster

    return ReservoirForecaster(
        horizon=options.horizon,
        season=options.season,
        lower=options.lower,
        upper=options.upper,
        **parameters_of(options),
    )


def long_enough(options: Options, panel: SeriesTable) -> tuple[SeriesTable, list[str]]:
    """The series that are long enough to be fitted on, and the names of the others, which a note says.

    Raises:
        AuritaError: none is, or not all are and `--strict` asks for all.
    """
    from aurita.estimators.committees import named_seasons, settings_for
    from aurita.estimators.planning import filters_of
    from aurita.estimators.planning import long_enough as places

    lengths = [len(one.values) for one in panel.series]
    settings = settings_for(forecaster(options), named_seasons(options.season), lengths)
    kept, why = places(settings, lengths, filters_of(settings))
    left_out = [one.name for place, one in enumerate(panel.series) if place not in kept]
    if left_out:
        short = [one for place, one in enumerate(panel.series) if place not in kept]
        named = ", ".join(f"{one.name}: {counted(len(one.values), 'step')}" for one in short)
        message = f"{len(left_out)} of {len(panel.series)} series {were(len(left_out))} too short"
        if options.strict:
            raise AuritaError(f"{message}, and --strict asks for all ({named}): {why}; or leave --strict out")
        note(f"{message} and left out ({named}): {why}")
    return replace(panel, series=[panel.series[place] for place in kept]), left_out


@contextmanager
def warnings_as_notes() -> Iterator[None]:
    """Warnings to users, shown as notes once all is done."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield
    notes(str(one.message) for one in caught if one.category is UserWarning)


def fitted(options: Options, panel: SeriesTable, left_out: Sequence[str] = ()) -> "ReservoirForecaster":
    """The forecaster asked for, fitted on whole series."""
    model = forecaster(options).fit(panel.values(), panel.covariates())
    remember(
        model,
        task="forecast",
        targets=list(panel.targets),
        covariates=list(options.covariates),
        time=options.time,
        id=options.id,
        frequency=options.frequency,
        decimal=options.decimal,
        missing=list(options.missing),
        series=panel.names,
        left_out=list(left_out),
        steps=[len(one.values) for one in panel.series],
        step=panel.series[0].frequency,
    )
    return model


@dataclass(frozen=True)
class Columns:
    """What columns of forecasts are named by: the column of the series, that of the times, and the targets.

    Attributes:
        long: whether the names are those of Nixtla's libraries.
    """

    id: str | None
    time: str
    targets: tuple[str, ...]
    long: bool = False

    @classmethod
    def of(cls, panel: SeriesTable, time: str | None) -> "Columns":
        """Those of the forecasts of these series, where this column of times was asked for."""
        one = panel.series[0]
        named = is_long_form(panel.id, time, one.target_columns)
        return cls(panel.id, time_column(one), one.target_columns, named)

    def check(self, levels: Sequence[float | None]) -> None:
        """Refuse names of which two columns of the forecasts would be: one would hide the other.

        Raises:
            AuritaError: a column that is named like the bound of another, or series that are named like their times.
        """
        if self.long:
            return
        shares = [level for level in levels if level is not None]
        names = [*([] if self.id is None else [self.id]), self.time, *self.targets]
        for name in self.targets:
            names += [each for level in shares for each in _bounds(name, level, several=len(shares) > 1)]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise AuritaError(
                f"the forecasts would have two columns {twice[0]!r}; rename that column of the table, or ask for no "
                "interval"
            )

    def rows(self, name: object, index: pd.Index, found: "Sequence[Forecast]") -> pd.DataFrame:
        """Forecasts of one series as rows: series, time, and the mean and the bounds of every target.

        Args:
            found: by levels of intervals; where there are several, columns name their level.
        """
        first = found[0]
        columns: dict[str, object] = {} if self.id is None else {self.id: [name] * len(first)}
        columns[self.time] = index
        if self.long:
            return pd.DataFrame({**columns, **{k: v for level in found for k, v in named(level).items()}})
        for number, target in enumerate(self.targets):
            columns[target] = first.mean[:, number]
            for each in found:
                if each.lower is not None and each.upper is not None and each.level is not None:
                    low, high = _bounds(target, each.level, several=len(found) > 1)
                    columns[low], columns[high] = each.lower[:, number], each.upper[:, number]
        return pd.DataFrame(columns)

    def show(self, name: object, index: pd.Index, predicted: "Forecast", rows: int) -> None:
        """A small table of one series; of many targets, a few tables of a few each."""
        groups = [range(first, len(self.targets))[:_BESIDE] for first in range(0, len(self.targets), _BESIDE)]
        for group in groups[:_GROUPS]:
            names = ", ".join(self.targets[number] for number in group)
            self._show(
                name if len(groups) == 1 else names if self.id is None else f"{name}: {names}",
                index,
                predicted,
                rows,
                group,
            )
        if (rest := len(self.targets) - _BESIDE * _GROUPS) > 0:
            say(f"and {counted(rest, 'column')} more; --output writes all of them")

    def _show(self, name: object, index: pd.Index, predicted: "Forecast", rows: int, group: range) -> None:
        parts = [part for part in (predicted.mean, predicted.lower, predicted.upper) if part is not None]
        columns, cells = [self.time], [times(index)]
        for number in group:
            target = self.targets[number]
            columns += [target] if predicted.lower is None else [target, "lower", "upper"]
            decimals = decimals_for(np.stack([part[:, number] for part in parts]))
            cells += [[f"{value:z.{decimals}f}" for value in part[:, number]] for part in parts]
        lines = [list(line) for line in zip(*cells, strict=True)]
        if len(lines) > rows:
            lines = [*lines[: rows - 1], ["..."] * len(columns), lines[-1]] if rows > 2 else lines[:rows]
        title = f"Forecast of {name}" if self.id is None else f"Forecast of {self.id} {name}"
        level = "" if predicted.level is None else f", with {predicted.level:.0%} intervals"
        show_table(title + level, columns, lines)


def _bounds(name: str, level: float, *, several: bool) -> tuple[str, str]:
    """The columns of the bounds of a target."""
    ending = f"_{100 * level:g}" if several else ""
    return f"{name}_lower{ending}", f"{name}_upper{ending}"


def as_table(panel: SeriesTable, forecasts: "Sequence[Sequence[Forecast]]", time: str | None) -> pd.DataFrame:
    """Forecasts of all series as rows.

    Args:
        forecasts: of each of them, by levels of intervals.
        time: the column of times that was asked for.

    Raises:
        AuritaError: as `Columns.check`.
    """
    columns = Columns.of(panel, time)
    columns.check([found[0].level for found in forecasts])
    parts = [
        columns.rows(one.name, one.future_index(len(each[0])), each)
        for one, each in zip(panel.series, zip(*forecasts, strict=True), strict=True)
    ]
    return split_again(pd.concat(parts, ignore_index=True), panel.id, panel.id_parts)


def show_forecasts(panel: SeriesTable, forecasts: "Sequence[Forecast]", rows: int) -> None:
    """A small table for each of the first series."""
    columns = Columns.of(panel, None)
    for one, predicted in list(zip(panel.series, forecasts, strict=True))[:MOST_SHOWN]:
        columns.show(one.name, one.future_index(len(predicted)), predicted, rows)
    if len(panel.series) > MOST_SHOWN:
        say(f"and {len(panel.series) - MOST_SHOWN} series more; --output writes all of them")


def times(index: pd.Index) -> list[str]:
    """Steps as text, without a clock time where all are midnights."""
    if not isinstance(index, pd.DatetimeIndex):
        return [str(step) for step in index]
    if (index == index.normalize()).all():
        return list(index.strftime("%Y-%m-%d"))
    whole = bool((index.second == 0).all() and (index.microsecond == 0).all())
    return list(index.strftime("%Y-%m-%d %H:%M" if whole else "%Y-%m-%d %H:%M:%S"))


def decimals_for(values: np.ndarray) -> int:
    """Digits after the point that show four of the largest value.

    Example:
        >>> decimals_for(np.array([123.456])), decimals_for(np.array([0.0123]))
        (1, 5)
    """
    largest = float(np.max(np.abs(values), initial=0.0))
    return 2 if largest == 0 else min(max(3 - math.floor(math.log10(largest)), 0), 8)


def show_found(model: "ReservoirForecaster", panel: SeriesTable | None = None) -> None:
    """Say what the committee found out about the series, and whom it trusts.

    Args:
        panel: the series, whose times are named.
    """
    committee = getattr(model, "committee_", None)
    if committee is None:
        return
    _show_levels(model, panel)
    seasons = " and ".join(map(str, model.seasons_))
    parts = [f"seasons of {seasons} steps" if len(model.seasons_) > 1 else f"a season of {seasons} steps"]
    parts = parts if seasons else ["no season"]
    if model.lower is None and model.upper is None and np.isfinite(committee.lower).any():
        parts.append("no value below zero (none is forecast)")
    weights = committee.weights
    if committee.demand is not None and committee.demand.any():
        whole = committee.demand.all()
        count = "" if whole else f" in {committee.demand.sum()} of {committee.demand.size} series"
        parts.append(f"intermittent demand{count} (often zero, by chance)")
        weights = committee.demand_weights if whole else weights
    ranked = sorted(zip(weights, committee.names, strict=True), reverse=True)
    trusted = ", ".join(f"{name} {weight:.0%}" for weight, name in ranked[:_NAMED] if weight >= 0.01)
    others = " and others" if sum(weight >= 0.01 for weight, _ in ranked) > _NAMED else ""
    note(
        f"found {' and '.join(filter(None, [', '.join(parts[:-1]), parts[-1]]))}; the forecast weighs {trusted}{others}"
    )


def _show_levels(model: "ReservoirForecaster", panel: SeriesTable | None) -> None:
    """Say from where on series are at their last level, and which last records are in doubt."""
    moved, doubtful = model.shifted_at_, model.doubtful_
    if moved.any():
        where = _places(moved, panel)
        guess = ""
        if panel is not None:
            from aurita.estimators.levels import FEW

            lengths = np.array([[len(one.index)] for one in panel.series])
            young = (moved > 0) & (lengths - moved < FEW)
            guess = ". Fewer than six records are there: correct them if they are wrong" if young.any() else ""
        note(f"the level shifted {where}; what comes before is brought to the last level{guess}")
    if doubtful.any():
        where = _places(doubtful, panel, back=True)
        alone = doubtful.sum() == 1
        many, them = ("the last record is", "it") if alone else ("the last records are", "them")
        note(
            f"{many} far from all before, {where}: wrong, or the first at another level? The forecast brings {them} "
            "nearer, and intervals hold both; correct what is wrong, or forecast again with more records"
        )


def _places(steps: np.ndarray, panel: SeriesTable | None, *, back: bool = False) -> str:
    """From when on something holds in each series: steps from its start, or back from its end; 0: never."""
    rows = np.flatnonzero(steps.any(axis=1))
    if panel is None:
        return f"in {len(rows)} of {len(steps)} series"
    parts = []
    for row in rows[:_NAMED]:
        one, columns = panel.series[row], np.flatnonzero(steps[row])
        starts = len(one.index) - steps[row] if back else steps[row]
        for start in sorted({*starts[columns]}):
            named = [panel.targets[column] for column in columns if starts[column] == start]
            which = f" in {' and '.join(named)}" if steps.shape[1] > 1 else ""
            parts.append(f"{_moment(one.index[[start]])}{which}{f' in {one.name}' if len(steps) > 1 else ''}")
    rest = f" and in {len(rows) - _NAMED} series more" if len(rows) > _NAMED else ""
    return f"{', '.join(parts)}{rest}"


def _moment(step: pd.Index) -> str:
    """One step as a sentence names it.

    Example:
        >>> _moment(pd.DatetimeIndex(["2024-05-01"])), _moment(pd.DatetimeIndex(["2024-05-01 06:00"]))
        ('on 2024-05-01', 'at 2024-05-01 06:00')
        >>> _moment(pd.Index([60]))
        'at step 60'
    """
    text = times(step)[0]
    if not isinstance(step, pd.DatetimeIndex):
        return f"at step {text}"
    return f"at {text}" if ":" in text else f"on {text}"
