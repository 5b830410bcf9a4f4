"""
Use covariates that are known in advance
========================================

Promotions, holidays, prices: what is known ahead of time goes in as ``X``, both for the past and for the steps to be
forecast. Here sales rise on the day of a promotion and dip the day after, when cupboards are full.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from aurita import ReservoirForecaster

rng = np.random.default_rng(0)
days = pd.date_range("2024-01-01", periods=250)
promotion = (rng.uniform(size=250) < 0.12).astype(float)
week = np.sin(2 * np.pi * np.arange(250) / 7)
sales = 100 + 10 * week + 40 * promotion - 18 * np.roll(promotion, 1) + 3 * rng.normal(size=250)
y, X = pd.Series(sales, days), pd.DataFrame({"promotion": promotion}, days)
past, ahead = slice(0, 222), slice(222, 250)

plain = ReservoirForecaster(horizon=28).fit(y[past]).predict()
informed = ReservoirForecaster(horizon=28).fit(y[past], X[past]).predict(28, X[ahead])

# %%
# The committee keeps the methods that know nothing of covariates as well, and held-out forecasts decide how much each
# of them counts.

for name, forecast in (("without promotions", plain), ("with promotions", informed)):
    print(f"{name}: mean absolute error {np.abs(forecast.mean - sales[ahead]).mean():.1f}")

figure, axes = plt.subplots(figsize=(8, 3.2))
axes.plot(days[ahead], sales[ahead], color="0.3", label="sales")
axes.plot(days[ahead], plain.mean, color="tab:orange", label="without promotions")
axes.plot(days[ahead], informed.mean, color="tab:blue", label="with promotions")
axes.fill_between(days[ahead], informed.lower, informed.upper, color="tab:blue", alpha=0.15)
for day in days[ahead][promotion[ahead] > 0]:
    axes.axvline(day, color="0.8", zorder=0)
axes.legend(ncols=3, loc="lower left")
figure.autofmt_xdate()
figure.tight_layout()
