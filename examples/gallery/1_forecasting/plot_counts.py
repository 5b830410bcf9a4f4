"""
Counts that are often zero
==========================

Spare parts sell now and then. A forecast must not fall below zero, and neither may its interval. Where the series
itself never does, the bound is found; ``lower=0`` says so beforehand.

The weights of the committee minimise absolute errors, and the median of demand that is mostly zero is zero: the
forecast lies between the median and the mean. Where totals are what matters, sum the series over longer steps first.
"""

import matplotlib.pyplot as plt
import numpy as np

from aurita import ReservoirForecaster

rng = np.random.default_rng(0)
demand = (rng.uniform(size=200) < 0.3) * rng.poisson(4, 200)
model = ReservoirForecaster(horizon=20).fit(demand[:180])
forecast = model.predict()

print(f"least bound of the interval: {forecast.lower.min():.2f}")
print(f"mean of the forecast {forecast.mean.mean():.2f}, of the past {demand[:180].mean():.2f}")
weights = sorted(zip(model.committee_.weights, model.committee_.names, strict=True), reverse=True)
print(", ".join(f"{name} {weight:.0%}" for weight, name in weights[:3]))

figure, axes = plt.subplots(figsize=(8, 3))
axes.vlines(np.arange(120, 200), 0, demand[120:], color="0.4", label="demand")
axes.plot(np.arange(180, 200), forecast.mean, label="forecast")
axes.fill_between(np.arange(180, 200), forecast.lower, forecast.upper, alpha=0.2, label="90 %")
axes.legend(loc="upper left", ncols=3)
figure.tight_layout()
