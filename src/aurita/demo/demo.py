"""The demonstration: attention-unit reservoirs on two real data sets, beside what they have to beat.

JapaneseVowels (Kudo et al. 1999; aeon ships it) with its official split, and the monthly sea surface temperature of the
El Niño region (NOAA; statsmodels ships it), twelve months ahead from many origins in the last part of the series.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from aurita.demo.page import page
from aurita.errors import require
from aurita.estimators import ReservoirClassifier, ReservoirForecaster
from aurita.estimators.counting import sizes
from aurita.estimators.folds import summary_by_folds
from aurita.io import check_writable, write_text
from aurita.learning import Learning
from aurita.pictures.contents import model_view
from aurita.pictures.drawing import GREY, Axes, Band, Drawing, Line, Mark
from aurita.pictures.paging import page as states_page
from aurita.readout import RidgeReadout
from aurita.reservoir import Population
from aurita.tasks import task_named
from aurita.tasks.series import RECORDINGS
from aurita.units import EchoUnit, preset

UNITS = 20
ENSEMBLE = 3
HORIZON = 12
WINDOW = 24
VOWELS = "JapaneseVowels: accuracy on the official test set"
SEA = f"Sea surface temperature: error {HORIZON} months ahead, in deviations (NRMSE)"


class Row(NamedTuple):
    """One line of a table: the scores of a model over seeds, and what it cost."""

    model: str
    scores: list[float]
    seconds: float
    trained: int
    fixed: int


class Result(NamedTuple):
    """What the demonstration found: rows by data set, and the forecasts to draw."""

    tables: dict[str, list[Row]]
    figure: Drawing


def run(output: Path, seeds: int = 5, quick: bool = False, progress: Callable[[str], None] | None = None) -> Result:
    """Run the demonstration and write its page.

    Args:
        output: the HTML page to write.
        seeds: reservoirs of each kind.
        quick: a fraction of the learning steps, to see that everything works.
        progress: called with what is done next.

    Returns:
        The tables, and what is drawn.

    Raises:
        AuritaError: a library of the extra `data` or `pictures` is missing, or the page cannot be written.
    """
    check_writable(output)
    require("matplotlib", "pictures", "the page of the demonstration")
    say = progress or (lambda _: None)
    learning = Learning(steps=20 if quick else 100)
    vowels, states = _vowels(seeds, learning, say)
    sea, figure = _sea(seeds, learning, say)
    result = Result({VOWELS: vowels, SEA: sea}, figure)
    say("writing the page")
    write_text(output, page(result.tables, figure, seeds, states))
    return result


def _echo(neurons: int) -> Population:
    unit = EchoUnit(slots=neurons, leak=(0.1, 1.0))
    return Population(unit=unit, units=1, passage="mixed", afferents="all", receives="inputs")


def _vowels(seeds: int, learning: Learning, say: Callable[[str], None]) -> tuple[list[Row], str]:
    task = task_named("japanese_vowels")
    X, y = task.development.inputs, np.asarray(task.development.targets)

    def score(model: ReservoirClassifier) -> float:
        return float(model.fit(X, y).score(task.test.inputs, np.asarray(task.test.targets)))

    unit = preset("classify")
    together = {"ensemble": ENSEMBLE}
    attention = {
        "populations": Population(unit=unit, units=UNITS, passage="learned", afferents="all", receives="inputs"),
        "features": ("output", "hidden"),
        **together,
    }
    neurons = UNITS * (unit.slots + unit.hidden)
    models: dict[str, dict[str, Any]] = {
        "attention units, learnt locally": {**attention, "learning": learning},
        "the same units, frozen": attention,
        "echo state network, as many features": {"populations": _echo(neurons), "features": ("output",), **together},
        "bare inputs": {"populations": ()},
    }
    rows, states = [], ""
    for name, parameters in models.items():
        say(f"JapaneseVowels: {name}")
        count = seeds if parameters["populations"] != () else 1
        summary, _ = summary_by_folds(ReservoirClassifier(**{**parameters, "ensemble": 1}), X, y)
        say(f"JapaneseVowels: {name}: {summary}, chosen by folds of the training set")
        parameters = {**parameters, "summary": summary}
        fitted = [ReservoirClassifier(random_state=seed, **parameters) for seed in range(count)]
        rows.append(_timed(name, fitted, score))
        if not states:
            shown = model_view(
                fitted[0], task.test.inputs, np.asarray(task.test.targets), title="the vowels' reservoir"
            )
            states = states_page(shown, title=f"JapaneseVowels, test set: {name}")
    return rows, states


def _sea(seeds: int, learning: Learning, say: Callable[[str], None]) -> tuple[list[Row], Drawing]:
    frame = RECORDINGS["elnino"].load()
    y = frame.to_numpy(float).ravel()
    known = int(0.7 * len(y))
    origins = list(range(known, len(y) - HORIZON + 1, HORIZON))
    truth = np.stack([y[origin : origin + HORIZON] for origin in origins])
    deviation = y[:known].std()

    def error(forecasts: np.ndarray) -> float:
        return float(np.sqrt(np.mean((forecasts - truth) ** 2)) / deviation)

    def rolled(model: ReservoirForecaster) -> float:
        return error(_rolled(model.fit(y[:known]), y, origins))

    unit = preset("forecast", memory=WINDOW)
    attention = {"populations": Population(unit=unit, units=UNITS)}
    neurons = UNITS * (unit.slots + unit.hidden)
    models: dict[str, dict[str, Any]] = {
        "attention units, learnt locally": {**attention, "learning": learning},
        "the same units, frozen": attention,
        "echo state network, as many features": {"populations": _echo(neurons), "features": ("input", "output")},
    }
    rows = []
    for name, parameters in models.items():
        say(f"sea temperature: {name}")
        parameters = {**parameters, "horizon": HORIZON, "strategy": "direct"}
        rows.append(
            _timed(name, [ReservoirForecaster(random_state=seed, **parameters) for seed in range(seeds)], rolled)
        )
        if "figure" not in locals():
            model = ReservoirForecaster(random_state=0, **parameters).fit(y[:known])
            figure = _figure(model, y, known, origins, truth, deviation)
    start = time.perf_counter()
    regressed = error(_autoregression(y[:known], y, origins))
    weights = (WINDOW + 1) * HORIZON
    rows.append(Row(f"autoregression on {WINDOW} months", [regressed], time.perf_counter() - start, weights, 0))
    rows += _seasonal(y, known, origins, error)
    return rows, figure


def _seasonal(y: np.ndarray, known: int, origins: list[int], error: Callable[[np.ndarray], float]) -> list[Row]:
    """What knows the season: the autoregression on deviations from month means, the month means, and a year ago."""
    start = time.perf_counter()
    away, seasons = _deseasonalised(y, known, origins)
    regressed = _autoregression(away[:known], away, origins) + seasons
    seconds, weights = time.perf_counter() - start, (WINDOW + 1) * HORIZON
    year_ago = np.stack([y[origin - HORIZON : origin] for origin in origins])
    return [
        Row(
            f"autoregression on {WINDOW} months, month means removed", [error(regressed)], seconds, weights + HORIZON, 0
        ),
        Row("month means", [error(seasons)], 0.0, HORIZON, 0),
        Row("the same month a year ago", [error(year_ago)], 0.0, 0, 0),
    ]


def _deseasonalised(y: np.ndarray, known: int, origins: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Deviations from month means of the known part, and these means ahead of every origin."""
    months = np.array([y[:known][month::HORIZON].mean() for month in range(HORIZON)])
    seasons = months[(np.array(origins)[:, None] + np.arange(HORIZON)) % HORIZON]
    return y - months[np.arange(len(y)) % HORIZON], seasons


def _rolled(model: ReservoirForecaster, y: np.ndarray, origins: list[int]) -> np.ndarray:
    """Forecasts from every origin, the truth received in between; the readout stays as fitted before the first."""
    forecasts = []
    for origin in origins:
        forecasts.append(np.ravel(model.predict(HORIZON, intervals=None).mean))
        model.update(y[origin : origin + HORIZON])
    return np.stack(forecasts)


def _autoregression(past: np.ndarray, y: np.ndarray, origins: list[int]) -> np.ndarray:
    """One ridge output for every step ahead, on the last `WINDOW` values."""
    windows = np.lib.stride_tricks.sliding_window_view(past, WINDOW + HORIZON)
    readout = RidgeReadout().fit(windows[:, :WINDOW], windows[:, WINDOW:])
    return readout.predict(np.stack([y[origin - WINDOW : origin] for origin in origins]))


def _figure(
    model: ReservoirForecaster, y: np.ndarray, known: int, origins: list[int], truth: np.ndarray, deviation: float
) -> Drawing:
    """Forecasts of one model with their intervals, and the error by month ahead beside the autoregression's."""
    means, lower, upper = [], [], []
    for origin in origins:
        forecast = model.predict(HORIZON, intervals=0.9)
        means.append(np.ravel(forecast.mean))
        lower.append(np.ravel(forecast.lower))
        upper.append(np.ravel(forecast.upper))
        model.update(y[origin : origin + HORIZON])
    regressed = _autoregression(y[:known], y, origins)
    away, seasons = _deseasonalised(y, known, origins)

    def by_month(forecasts: np.ndarray) -> np.ndarray:
        return np.sqrt(((forecasts - truth) ** 2).mean(0)) / deviation

    start = max(0, origins[0] - 2 * HORIZON)
    when = 1950.0 + np.arange(len(y)) / 12
    marks: list[Mark] = [Line(x=when[start:], y=y[start:], name="measured", colour=GREY)]
    for number, (origin, mean, low, high) in enumerate(zip(origins, means, lower, upper, strict=True)):
        span, first = when[origin : origin + HORIZON], number == 0
        marks.append(Band(x=span, low=low, high=high, name="90 % interval" if first else ""))
        marks.append(Line(x=span, y=mean, name="forecast" if first else ""))
    errors = {
        "attention units, learnt locally": by_month(np.stack(means)),
        f"autoregression on {WINDOW} months": by_month(regressed),
        "the same, month means removed": by_month(_autoregression(away[:known], away, origins) + seasons),
    }
    ahead = np.arange(1, HORIZON + 1)
    lines = [
        Line(x=ahead, y=error, name=name, colour=colour, marked=True)
        for colour, (name, error) in enumerate(errors.items())
    ]
    return Drawing(
        title="",
        caption="Above: monthly sea surface temperature, and forecasts twelve months ahead made at the start of every "
        "year by attention units that learnt locally, with intervals that shall hold nine of ten values. Below: the "
        "error by month ahead.",
        panels=[
            Axes(marks=marks, x="year", y="°C", height=2.0),
            Axes(marks=lines, x="months ahead", y="error (NRMSE)"),
        ],
    )


def _timed(name: str, models: list[Any], score: Callable[[Any], float]) -> Row:
    """Scores of some models, the seconds each took, and the size of the last one."""
    start = time.perf_counter()
    scores = [score(model) for model in models]
    seconds = (time.perf_counter() - start) / len(models)
    return Row(name, scores, seconds, *sizes(models[-1]))
