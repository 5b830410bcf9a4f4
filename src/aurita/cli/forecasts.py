"""`aurita forecast`, and forecasters in `fit` and `predict`."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from aurita.cli import screen
from aurita.errors import AuritaError
from aurita.estimators import ReservoirForecaster
from aurita.tables import Series, prepare_series, read_table, write_table

_SHOWN = 24


class Columns(NamedTuple):
    """How to read a table of series."""

    time: str | None
    target: tuple[str, ...]
    id: str | None
    covariates: tuple[str, ...]
    frequency: str | None
    decimal: str | None


class Model(NamedTuple):
    """What to fit."""

    horizon: int
    season: int | None
    units: int
    learning: str
    seed: int

    def estimator(self) -> ReservoirForecaster:
        """An unfitted forecaster."""
        return ReservoirForecaster(
            units=self.units,
            horizon=self.horizon,
            season=self.season,
            learning=None if self.learning == "frozen" else self.learning,
            random_state=self.seed,
        )


def read(data: Path, columns: Columns) -> list[Series]:
    """The series of a table; what was done to it is told."""
    frame = read_table(data, decimal=columns.decimal)
    series = prepare_series(
        frame,
        time=columns.time,
        target=list(columns.target) or None,
        covariates=columns.covariates,
        id=columns.id,
        frequency=columns.frequency,
    )
    for one in series:
        prefix = f"{one.name}: " if len(series) > 1 else ""
        screen.notes(f"{prefix}{text}" for text in one.notes)
        if one.constant:
            screen.note(f"{prefix}never changes: {', '.join(one.constant)}")
    return series


def forecast(
    data: Path,
    columns: Columns,
    model: Model,
    interval: float,
    *,
    check: bool,
    output: Path | None,
    save: Path | None,
) -> None:
    """Read, check against naive forecasts, fit, forecast, show and write."""
    screen.check_outputs(output, save)
    series = read(data, columns)
    screen.keep_compiled()
    with screen.steps(3) as begin:
        begin("checking on the last steps")
        checked = _check(series, model) if check else None
        begin("fitting on everything")
        fitted = _fitted(series, model)
        begin("forecasting")
        found = _predicted(fitted, series, model.horizon, interval)
    _show(series, found, interval)
    if checked is not None:
        screen.table(f"Mean absolute error on the last {model.horizon} steps, forecast without them", *checked)
    if output is not None:
        write_table(long_table(series, found, columns.id), output)
        screen.note(f"the forecast was written to {output}")
    if save is not None:
        fitted.save(save)
        screen.note(f"the model was written to {save}")


def fit(data: Path, columns: Columns, model: Model, save: Path) -> None:
    """Fit on a table and save."""
    screen.check_outputs(None, save)
    series = read(data, columns)
    screen.keep_compiled()
    with screen.steps(1) as begin:
        begin("fitting")
        fitted = _fitted(series, model)
    fitted.save(save)
    screen.note(f"the model was written to {save}")


def predict(
    model: ReservoirForecaster, data: Path, columns: Columns, horizon: int | None, interval: float, output: Path | None
) -> None:
    """Forecast what comes after the series of a table."""
    series = read(data, columns)
    steps = horizon or int(model.horizon)
    screen.keep_compiled()
    y, X = _arrays(series)
    model.restart(y, X, rescale=len(series) > 1)
    found = _predicted(model, series, steps, interval)
    _show(series, found, interval)
    if output is not None:
        write_table(long_table(series, found, columns.id), output)
        screen.note(f"the forecast was written to {output}")


def long_table(series: list[Series], found: list[Any], id: str | None) -> pd.DataFrame:
    """All forecasts as one table: a row a step, and a column `series` where there are several."""
    frames = []
    for one, said in zip(series, found, strict=True):
        frame = said.to_frame()
        if isinstance(frame.columns, pd.MultiIndex):
            frame.columns = [f"{name}_{kind}" for name, kind in frame.columns]
        frame.index = one.future_index(len(frame))
        frame.index.name = frame.index.name or "time"
        frame = frame.reset_index()
        if len(series) > 1:
            frame.insert(0, id or "series", one.name)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _arrays(series: list[Series], drop: int = 0) -> tuple[Any, Any]:
    """Targets and covariates as the estimator takes them, the last steps left out."""
    targets, covariates = [], []
    for one in series:
        kept = len(one.values) - drop
        count = len(one.target_columns)
        targets.append(pd.DataFrame(one.values[:kept, :count], one.index[:kept], list(one.target_columns)))
        covariates.append(pd.DataFrame(one.values[:kept, count:], one.index[:kept], list(one.covariate_columns)))
    known = covariates if series[0].covariate_columns else None
    if len(series) == 1:
        return targets[0], None if known is None else known[0]
    return targets, known


def _fitted(series: list[Series], model: Model, drop: int = 0) -> ReservoirForecaster:
    y, X = _arrays(series, drop)
    return model.estimator().fit(y, X)


def _predicted(model: ReservoirForecaster, series: list[Series], horizon: int, interval: float) -> list[Any]:
    future: Any = None
    if series[0].covariate_columns:
        for one in series:
            if len(one.future_covariates) < horizon:
                raise AuritaError(
                    f"{one.name}: covariates are known for {len(one.future_covariates)} of the {horizon} steps to "
                    "forecast; add rows with their future values, or ask for fewer steps"
                )
        future = [one.future_covariates[:horizon] for one in series]
        future = future if len(series) > 1 else future[0]
    found = model.predict(horizon, future, intervals=interval)
    return found if isinstance(found, list) else [found]


def _check(series: list[Series], model: Model) -> tuple[list[str], list[list[str]]] | None:
    """Error on the last steps of each series beside naive forecasts, or nothing where the series are too short."""
    drop = model.horizon
    if min(len(one.values) for one in series) < 3 * drop + 20:
        screen.note("the series are too short to hold out their last steps: the forecast is unchecked")
        return None
    fitted = _fitted(series, model, drop)
    future: Any = [one.values[-drop:, len(one.target_columns) :] for one in series]
    future = None if not series[0].covariate_columns else future if len(series) > 1 else future[0]
    found = fitted.predict(drop, future, intervals=None)
    found = found if isinstance(found, list) else [found]
    lag = model.season or 1
    rows = []
    for one, said in zip(series, found, strict=True):
        count = len(one.target_columns)
        known, truth = one.values[:-drop, :count], one.values[-drop:, :count]
        naive = known[-lag:][np.arange(drop) % lag]
        mean = np.reshape(said.mean, truth.shape)
        for i, name in enumerate(one.target_columns):
            label = f"{one.name} {name}".strip() if len(series) > 1 else name
            errors = [np.abs(forecast[:, i] - truth[:, i]).mean() for forecast in (mean, naive)]
            verdict = "better" if errors[0] < errors[1] else "no better"
            rows.append([label, *(f"{error:.4g}" for error in errors), verdict])
    return ["series", "aurita", f"last {'season' if model.season else 'value'}", "aurita is"], rows


def _show(series: list[Series], found: list[Any], interval: float) -> None:
    for one, said in zip(series, found, strict=True):
        frame = said.to_frame()
        if isinstance(frame.columns, pd.MultiIndex):
            frame.columns = [f"{name} {kind}" for name, kind in frame.columns]
        frame.index = one.future_index(len(frame))
        rows = [[_stamp(when), *(f"{value:.6g}" for value in row)] for when, row in _rows(frame)]
        shown = rows if len(rows) <= _SHOWN else [*rows[: _SHOWN - 4], ["..."] * len(rows[0]), *rows[-3:]]
        title = f"{one.name}: {len(rows)} steps ahead, {interval:.0%} intervals"
        screen.table(title, ["time", *map(str, frame.columns)], shown)


def _rows(frame: pd.DataFrame) -> list[tuple[Any, np.ndarray]]:
    return list(zip(frame.index, frame.to_numpy(float), strict=True))


def _stamp(when: Any) -> str:
    text = str(when)
    return text[:-9] if text.endswith(" 00:00:00") else text
