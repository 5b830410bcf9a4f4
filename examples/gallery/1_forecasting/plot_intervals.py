"""
Forecast a series, with intervals
=================================

A reservoir receives the value of now and predicts the next one; run on its own predictions, it forecasts as far as
asked. Steps at the end of the series are held out to calibrate the intervals.
"""

import matplotlib.pyplot as plt
import numpy as np

from aurita import ReservoirForecaster

rng = np.random.default_rng(0)
t = np.arange(400)
y = np.sin(t / 6) + 0.5 * np.sin(t / 2.3) + 0.15 * rng.normal(size=400)

model = ReservoirForecaster(units=16, horizon=60, difference=0).fit(y[:340])
forecast = model.predict(60, intervals=0.9)

# %%
# Nine in ten of the later steps should lie within the band.

inside = (y[340:] >= forecast.lower) & (y[340:] <= forecast.upper)
print(f"{inside.mean():.0%} of the steps lie within intervals of 90 %")

figure, axes = plt.subplots(figsize=(8, 3))
axes.plot(t[280:], y[280:], color="0.3", label="series")
axes.plot(t[340:], forecast.mean, color="tab:blue", label="forecast")
axes.fill_between(t[340:], forecast.lower, forecast.upper, color="tab:blue", alpha=0.2, label="90 %")
axes.margins(y=0.2)
axes.legend(loc="upper left", ncols=3)
figure.tight_layout()
