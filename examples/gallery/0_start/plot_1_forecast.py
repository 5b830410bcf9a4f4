"""
Your first forecast
===================

You need Python 3.11 or newer, and ``pip install .`` in a clone of the repository. Then follow along; nothing has to be
prepared or tuned.

We begin with a series that anyone knows: a trend, a year, and some noise.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

rng = np.random.default_rng(7)
months = pd.date_range("2012-01-01", periods=132, freq="MS")
t = np.arange(132)
visitors = pd.Series((200 + t) * (1 + 0.25 * np.sin(2 * np.pi * t / 12)) + 8 * rng.normal(size=132), months)

# %%
# Keep the last year aside, to see later how good the forecast was.

past, future = visitors[:-12], visitors[-12:]

# %%
# Fit, and predict. ``horizon`` says how far ahead you will ask; the intervals are calibrated for it.

from aurita import ReservoirForecaster

model = ReservoirForecaster(horizon=12).fit(past)
forecast = model.predict()
print(forecast.to_frame().round(0).head(3))

# %%
# What did it find? The season, from the dates; and which methods it trusts, from forecasts that it made within the
# past.

print("season:", model.seasons_)
weights = sorted(zip(model.committee_.weights, model.committee_.names, strict=True), reverse=True)
print(", ".join(f"{name} {weight:.0%}" for weight, name in weights[:4]))

# %%
# Was it worth it? Always compare with something simple: here the same month of the year before.

naive = past[-12:].to_numpy()
for name, values in (("aurita", forecast.mean), ("a year ago", naive)):
    print(f"{name}: off by {np.abs(values - future.to_numpy()).mean():.1f} visitors on average")

figure, axes = plt.subplots(figsize=(8, 3))
axes.plot(visitors[60:], color="0.3", label="visitors")
axes.plot(forecast.index, forecast.mean, label="forecast")
axes.fill_between(forecast.index, forecast.lower, forecast.upper, alpha=0.2, label="90 % interval")
axes.plot(forecast.index, naive, linestyle=":", label="a year ago")
axes.legend(loc="upper left", ncols=4, fontsize=8)
figure.tight_layout()

# %%
# Save it, and go on when the next month is known: nothing is fitted anew.

import tempfile
from pathlib import Path

from aurita import load

path = Path(tempfile.mkdtemp(), "visitors.aurita")
model.save(path)
later = load(path).update(future[:1])
print(later.predict(1).index[0].date(), later.predict(1).mean.round())
