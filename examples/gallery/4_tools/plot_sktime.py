"""
Inside sktime
=============

``AuritaForecaster`` is a forecaster of sktime's: it goes into its pipelines, its splitters and its evaluation, beside
any other.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sktime.forecasting.naive import NaiveForecaster
from sktime.performance_metrics.forecasting import MeanAbsoluteError
from sktime.split import ExpandingWindowSplitter

from aurita.adapters.sktime import AuritaForecaster

rng = np.random.default_rng(0)
index = pd.period_range("2012-01", periods=150, freq="M")
t = np.arange(150)
y = pd.Series(40 + 0.1 * t + 8 * np.sin(2 * np.pi * t / 12) + rng.normal(size=150), index=index)

splitter = ExpandingWindowSplitter(fh=range(1, 13), initial_window=114, step_length=12)
measure = MeanAbsoluteError()
models = {"aurita": AuritaForecaster(units=8, season=12), "a year ago": NaiveForecaster(strategy="last", sp=12)}
for name, model in models.items():
    errors = [
        measure(y.iloc[test], model.clone().fit(y.iloc[train], fh=range(1, 13)).predict())
        for train, test in splitter.split(y)
    ]
    print(f"{name}: mean absolute error {np.mean(errors):.2f} over {len(errors)} origins")

# %%
# Intervals come as sktime's columns.

model = AuritaForecaster(units=8, season=12).fit(y[:138], fh=range(1, 13))
mean, interval = model.predict(), model.predict_interval(coverage=0.9)
print(interval.head(2).round(1))

figure, axes = plt.subplots(figsize=(8, 3))
axes.plot(t[90:], y[90:], color="0.3")
axes.plot(t[138:], mean)
axes.fill_between(t[138:], interval.iloc[:, 0], interval.iloc[:, 1], alpha=0.2)
figure.tight_layout()
