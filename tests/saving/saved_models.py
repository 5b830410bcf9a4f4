"""One fitted model of each kind, and what it predicts."""

import numpy as np
import pandas as pd

from aurita import Learning
from aurita.estimators import ReservoirClassifier, ReservoirForecaster, ReservoirRegressor

RNG = np.random.default_rng(0)
X = [RNG.normal(size=(n, 2)) for n in (9, 7, 8, 9, 7, 8)]
DATES = pd.date_range("2024-01-31", periods=60, freq="ME", name="month")
SALES = pd.Series(np.sin(np.arange(60) / 3) + np.arange(60) / 20, index=DATES, name="sold")


def models():
    labels = ["a", "b", "a", "b", "c", "c"]
    learning = Learning(objective="mixed", steps=2, batch=4)
    yield "classifier", ReservoirClassifier(units=2, ensemble=2, learning=learning).fit(X, labels), X
    yield "logistic", ReservoirClassifier(units=0, readout="logistic", alphas=[0.1]).fit(X, [0, 1, 0, 1, 0, 1]), X
    values = [x[:, 0] for x in X]
    yield "regressor", ReservoirRegressor(units=2, features=["input", "output"], clock=[4]).fit(X, values), X
    forecaster = ReservoirForecaster(units=4, horizon=5, difference=1).fit(SALES, np.arange(60) % 12)
    yield "forecaster", forecaster, (5, np.arange(5))


def answer(model, question):
    if isinstance(model, ReservoirForecaster):
        forecast = model.predict(*question)
        parts = [forecast.mean, forecast.lower, forecast.upper, forecast.index.asi8]
    elif isinstance(model, ReservoirClassifier):
        parts = [model.predict_proba(question), model.predict(question)]
    else:
        parts = model.predict(question)
    return b"".join(np.ascontiguousarray(part).tobytes() for part in parts)
