"""Fitted models with each of the parts that an export has to get right."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from aurita import (
    AnarchistUnit,
    AttentionUnit,
    BlockUnit,
    EchoUnit,
    PhaseUnit,
    Population,
    ReservoirClassifier,
    ReservoirForecaster,
    ReservoirRegressor,
)
from aurita.estimators import _pooled_shapes
from aurita.shapes import VIEWS
from aurita.units import DiagonalMemoryUnit, TraceUnit


def sequences(count=24, steps=30, channels=2):
    rng = np.random.default_rng(0)
    t = np.arange(steps)[:, None]
    X = np.stack([np.sin(t / (2 + n % 3) + rng.uniform(0, 6, size=channels)) for n in range(count)])
    return 5 + 2 * X, np.array([f"class {n % 3}" for n in range(count)])


ATTENTION = {
    "plain": AttentionUnit(slots=3, memory=5),
    "heads": AttentionUnit(slots=4, memory=6, heads=2, head_dim=3, hidden=0),
    "shifted": AttentionUnit(slots=3, memory=4, shifted_keys=True, before_start="masked"),
    "dilated": AttentionUnit(slots=3, memory=3, dilation=4, horizons=(1, 3)),
    "no heads": AttentionUnit(slots=3, heads=0),
}

OTHERS = {
    "block": BlockUnit(slots=3, memory=5),
    "block of another kind": BlockUnit(
        slots=4, memory=4, dilation=2, shifted_keys=True, before_start="zeros", normalisation="rms", activation="gelu"
    ),
    "feed-forward": BlockUnit(slots=3, heads=0, normalisation="tanh", activation="tanh"),
    "attention alone": BlockUnit(slots=3, memory=4, heads=1, hidden=0, normalisation="none"),
    "ungated": DiagonalMemoryUnit(slots=3, kind="ungated", states=4),
    "gated": DiagonalMemoryUnit(slots=3, horizons=(1, 2)),
    "turned": DiagonalMemoryUnit(slots=4, kind="turned", hidden=0),
    "phase": PhaseUnit(slots=4),
    "leaky phase": PhaseUnit(slots=2, leak=0.1),
    "trace": TraceUnit(slots=3, tau=(2.0, 20.0)),
    "anarchist": AnarchistUnit(slots=3),
}

POPULATIONS = {
    **{name: [Population(unit=unit, units=6)] for name, unit in ATTENTION.items()},
    **{name: [Population(unit=unit, units=5)] for name, unit in OTHERS.items()},
    "echo": [Population(unit=EchoUnit(slots=20), units=2, passage="mixed", afferents="all")],
    "sparse echo": [
        Population(unit=EchoUnit(slots=80, connections=5), units=1, passage="mixed", afferents="all", receives="inputs")
    ],
    "leaky mixture": [
        Population(
            unit=AttentionUnit(slots=3, memory=4), units=5, time_constant=6.0, passage="mixed", passage_bias=0.3
        ),
        Population(unit=EchoUnit(slots=8), units=2, passage="mixed", afferents="all", receives="earlier"),
    ],
}


def classifier(**settings):
    X, y = sequences()
    return ReservoirClassifier(**{"units": 6, "random_state": 1, **settings}).fit(X, y), X


def regressor(**settings):
    X, _ = sequences()
    noise = np.random.default_rng(1).normal(size=X.shape[:2])
    targets = [np.roll(x[:, 0], 2) + 0.1 * e for x, e in zip(X, noise, strict=True)]
    return ReservoirRegressor(**{"units": 6, "random_state": 1, **settings}).fit(list(X), targets), X


def bumps(*, ragged, channels=2):
    """Sequences that differ by a bump somewhere in them, and where it is."""
    rng = np.random.default_rng(0)
    X, labels, heights = [], [], []
    for number in range(60):
        steps = 40 + int(rng.integers(30)) if ragged else 50
        x, at, height = 0.3 * rng.normal(size=(steps, channels)), int(rng.integers(5, 25)), rng.uniform(1, 3)
        x[at : at + 10, 0] += (1 if number % 2 else -1) * height * np.hanning(10)
        X.append(5 + 2 * x)
        labels.append("up" if number % 2 else "down")
        heights.append(height)
    return X, np.array(labels), np.array(heights)


def slow_traces(steps, *, receive_traces):
    """A regressor of traces, which others may receive in turn; collinear, they get large weights of the readout."""
    X, _ = sequences(count=8, steps=steps)
    slow = TraceUnit(slots=3, tau=(10.0, 3000.0))
    later = [Population(unit=slow, units=4, passage="mixed", receives="earlier")] * receive_traces
    populations = [Population(unit=slow, units=4, passage="mixed", receives="each"), *later]
    noise = np.random.default_rng(1).normal(size=X.shape[:2])
    targets = [np.roll(x[:, 0], 2) + 0.1 * e for x, e in zip(X, noise, strict=True)]
    model = ReservoirRegressor(populations=populations, learning="frozen").fit(list(X), targets)
    assert not receive_traces or np.abs(model.readouts_[0].coef_).max() > 100
    return model, X


POOLED = {
    "default": {},
    "ensemble": {"shapes": "only", "washout": 3, "ensemble": 2},
    "logistic": {"shapes": "only", "readout": "logistic"},
    "vote": {"shapes": "only", "washout": 2, "ensemble": 2},
}
"""Settings of estimators that are read out of shape units; in a vote the bare inputs have theirs, too."""


def errors_apart(features, targets, **settings):
    """Errors on rows left out that are as large for all features, and not alike for any two kinds of them."""
    return np.random.default_rng(np.shape(features)[1]).normal(size=targets.shape)


def forecaster(*, covariates=False, channels=1, **settings):
    rng = np.random.default_rng(0)
    known = rng.normal(size=(230, 2))
    wave = np.sin(np.arange(230)[:, None] / np.arange(4, 4 + channels)) + 0.4 * known[:, :1] * covariates
    y = 100 + 10 * wave + 0.05 * np.arange(230)[:, None]
    X = known if covariates else None
    model = ReservoirForecaster(**{"units": 6, "horizon": 5, "random_state": 1, **settings})
    return model.fit(y[:200], None if X is None else X[:200]), y, X


def _series(name):
    t, rng = np.arange(150), np.random.default_rng(0)
    season = np.sin(t * np.pi / 6)
    return {
        "airline": np.exp(5 + 0.008 * t) * (1 + 0.2 * season + 0.03 * rng.normal(size=150)),
        "below zero": 3 * season + 0.01 * t + 0.3 * rng.normal(size=150),
        "intermittent": rng.poisson(0.4, size=150).astype(float),
        "two channels": np.stack([10 + season + 0.1 * rng.normal(size=150), rng.normal(size=150).cumsum()], axis=1),
        "short": 5 + 0.3 * rng.normal(size=14),
        "constant": np.full(40, 3.0),
    }[name]


SERIES = ("airline", "below zero", "intermittent", "two channels", "short", "constant")


def all_experts(name):
    """A forecaster with the season of a year, a reservoir, and every expert by the same weight."""
    y = _series(name)
    settings = {"season": 12} if len(y) > 100 else {"calibration": 0.0, "alphas": (1e-3,)}
    model = ReservoirForecaster(units=2, experts=True, difference=0, horizon=9, random_state=1, **settings).fit(y)
    weights = np.full(len(model.committee_.names), 1 / len(model.committee_.names))
    assert (name == "intermittent") == (model.committee_.demand is not None)
    own = {} if model.committee_.demand is None else {"demand_weights": weights}
    model.committee_ = replace(model.committee_, weights=weights, **own)
    return model, y.reshape(len(y), -1)


def _lorenz(steps):
    x, found = np.ones(3), []
    for step in range(5 * steps):
        x = x + 0.005 * np.array([10 * (x[1] - x[0]), x[0] * (28 - x[2]) - x[1], x[0] * x[1] - 8 / 3 * x[2]])
        found += [x] if step % 5 == 0 else []
    return np.array(found)


def _days():
    days, rng = np.arange(1000), np.random.default_rng(0)
    values = 50 + 10 * np.sin(2 * np.pi * days / 365.25) + 3 * (days % 7 > 4) + rng.normal(size=1000)
    return pd.Series(values, pd.date_range("2020-01-01", periods=1000))


COMMITTEES = {
    "direct": lambda: (
        ReservoirForecaster(horizon=8, units=6, experts=True, season=6, difference=1, strategy="direct"),
        _series("below zero"),
        np.random.default_rng(1).normal(size=(200, 2)),
    ),
    "default": lambda: (ReservoirForecaster(horizon=8), _series("airline"), None),
    "covariates": lambda: (
        ReservoirForecaster(horizon=8, units=6, experts=True, season=6, difference=1),
        _series("below zero"),
        np.random.default_rng(1).normal(size=(200, 2)),
    ),
    "limits and an ensemble": lambda: (
        ReservoirForecaster(horizon=8, units=4, experts=True, lower=0.0, upper=5.0, difference=1, ensemble=2),
        np.clip(_series("intermittent"), 0.0, 5.0),
        None,
    ),
    "days of years": lambda: (ReservoirForecaster(horizon=8, units=2, experts=True, difference=0), _days(), None),
    "flow of three channels": lambda: (ReservoirForecaster(horizon=8, units=2, experts=True), _lorenz(600), None),
    "flow of one": lambda: (ReservoirForecaster(horizon=8, units=2, experts=True), _lorenz(600)[:, 0], None),
}
"""Forecasters with experts that are not fitted, their series and covariates of the series and of what comes next."""


def committee(name):
    """A fitted forecaster with experts, some windows of its series, covariates of each, and what it forecasts."""
    model, y, X = COMMITTEES[name]()
    known = (lambda steps: None) if X is None else lambda steps: X[:steps]
    model.fit(y, known(len(y)))
    steps, values = len(model.committee_.histories[0]), np.asarray(y).reshape(len(y), -1)
    found = []
    for window in (values[-steps:][:60], 0.97 * np.roll(values, 7, axis=0)[-steps:], values[-steps:]):
        model.restart(window if y.ndim > 1 else window[:, 0], known(len(window)))
        ahead = None if X is None else X[len(window) : len(window) + 8]
        expected = model.predict(8, ahead, intervals=None).mean.reshape(8, -1)
        found.append((np.ascontiguousarray(window), known(len(window) + 8), expected))
    return model, found


def fitted_on_bumps(name, ragged, monkeypatch):
    """A classifier and a regressor of shape units whose views, and whose vote, are those of the case."""
    monkeypatch.setattr(_pooled_shapes, "_OFFERS", (VIEWS,))
    if name == "vote":
        monkeypatch.setattr(_pooled_shapes, "left_out_errors", errors_apart)
    X, labels, heights = bumps(ragged=ragged)
    classifier = ReservoirClassifier(random_state=1, **POOLED[name]).fit(X, labels)
    settings = {key: value for key, value in POOLED[name].items() if key != "readout"}
    regressor = ReservoirRegressor(random_state=1, **settings).fit(X, heights)
    assert regressor.shapes_[0].views == VIEWS
    assert name != "vote" or classifier.summaries_[1] == "times:32"
    assert name == "default" or classifier.shapes_[0].views == VIEWS
    return X, classifier, regressor


SO_FAR = {
    "times": lambda: classifier(summary="times:4", washout=3),
    "last": lambda: classifier(summary="last"),
    "mean": lambda: regressor_of_sequences(summary="mean", ensemble=2),
    "mean_deviation": lambda: classifier(summary="mean_deviation", washout=5, readout="logistic"),
    "shapes": lambda: shapes_alone(("values", "differences"), washout=3, ensemble=2),
    "shapes of their own scale": lambda: shapes_alone(VIEWS),
}
"""Models of whole sequences, some of which need all steps so far: those with `times` and with a scale of their own."""
KEPT = ("times", "shapes of their own scale")


def regressor_of_sequences(**settings):
    X, _ = sequences()
    return ReservoirRegressor(units=6, random_state=1, **settings).fit(X, X[:, -1, 0]), X


def shapes_alone(views, **settings):
    """A classifier of sequences of several lengths, read out of shape units that receive these views."""
    X, labels, _ = bumps(ragged=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_pooled_shapes, "_OFFERS", (views,))
        model = ReservoirClassifier(shapes="only", random_state=1, **settings).fit(X, labels)
    assert {one.views for one in model.shapes_} == {views}
    return model, X


def so_far(model, x):
    """What a model says of the beginnings of a sequence, from the washout on: one row for each step."""
    beginnings = [x[: steps + 1] for steps in range(model.washout, len(x))]
    predict = model.predict_proba if isinstance(model, ReservoirClassifier) else model.predict
    return predict(beginnings).reshape(len(beginnings), -1)


DIRECT = [
    {"difference": 0},
    {"difference": 1, "season": 4, "covariates": True, "clock": (7.0,)},
    {"difference": 2, "channels": 2, "ensemble": 2, "predicts": "increments", "lower": 0.0, "upper": 122.0},
]
"""Settings of forecasters with `strategy="direct"`."""


def moved_on(model, y, X):
    """A value, covariates of the next five steps and what a forecaster says of these, step after step."""
    for step in range(199, 209):
        known = None if X is None else X[step + 1 : step + 6]
        if step > 199:
            model.update(y[step : step + 1], None if X is None else X[step : step + 1])
        yield y[step], known, model.predict(5, known, intervals=None).mean.reshape(5, -1)
