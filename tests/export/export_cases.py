"""Fitted models with each of the parts that an export has to get right."""

import numpy as np

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
        Population(unit=EchoUnit(slots=80, connections=5), units=1, passage="mixed", afferents="all", hears="inputs")
    ],
    "leaky mixture": [
        Population(
            unit=AttentionUnit(slots=3, memory=4), units=5, time_constant=6.0, passage="mixed", passage_bias=0.3
        ),
        Population(unit=EchoUnit(slots=8), units=2, passage="mixed", afferents="all", hears="earlier"),
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


def forecaster(*, covariates=False, channels=1, **settings):
    rng = np.random.default_rng(0)
    known = rng.normal(size=(230, 2))
    wave = np.sin(np.arange(230)[:, None] / np.arange(4, 4 + channels)) + 0.4 * known[:, :1] * covariates
    y = 100 + 10 * wave + 0.05 * np.arange(230)[:, None]
    X = known if covariates else None
    model = ReservoirForecaster(**{"units": 6, "horizon": 5, "random_state": 1, **settings})
    return model.fit(y[:200], None if X is None else X[:200]), y, X
