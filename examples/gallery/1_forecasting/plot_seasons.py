"""
A day and a week in one series
==============================

Seasons that the step suggests are looked for and kept where the autocorrelation confirms them. Nothing has to be named.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from aurita import ReservoirForecaster

rng = np.random.default_rng(0)
hours = pd.date_range("2024-03-04", periods=12 * 7 * 5, freq="2h")
day = 20 * np.clip(np.sin(2 * np.pi * (hours.hour - 6) / 24), -0.5, None)
load = pd.Series(60 + day * np.where(hours.day_of_week < 5, 1.0, 0.35) + 1.5 * rng.normal(size=len(hours)), hours)

model = ReservoirForecaster(horizon=24).fit(load[:-24])
forecast = model.predict()
print("seasons found, in steps:", model.seasons_)
truth = load[-24:]
print(f"mean absolute error two days ahead: {np.abs(forecast.mean - truth).mean():.2f}; of the noise alone: 1.20")

figure, axes = plt.subplots(figsize=(8, 3))
axes.plot(load[-12 * 14 :], color="0.3", linewidth=0.8, label="load")
axes.plot(forecast.index, forecast.mean, label="forecast")
axes.fill_between(forecast.index, forecast.lower, forecast.upper, alpha=0.2, label="90 %")
axes.legend(ncols=3, loc="upper left")
figure.autofmt_xdate()
figure.tight_layout()
