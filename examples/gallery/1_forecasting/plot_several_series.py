"""
Forecast several series at once
===============================

One model serves every series of a long frame, the form that Nixtla's libraries use: a name, a time and a value in each
row. Series share the weights of the committee and the windows that its readout learns from, so a short series profits
from the long ones.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from aurita import ReservoirForecaster

rng = np.random.default_rng(0)
months = pd.date_range("2014-01-01", periods=108, freq="MS")
year = np.sin(2 * np.pi * np.arange(108) / 12)
frames = []
for number in range(8):
    level, slope, swing = rng.uniform(50, 200), rng.uniform(-0.2, 0.6), rng.uniform(0.1, 0.4)
    values = (level + slope * np.arange(108)) * (1 + swing * year) + rng.normal(0, 0.04 * level, 108)
    start = rng.integers(0, 60)
    frames.append(pd.DataFrame({"unique_id": f"shop {number}", "ds": months, "y": values})[start:])
frame = pd.concat(frames)
past, future = frame[frame["ds"] < months[-12]], frame[frame["ds"] >= months[-12]]

model = ReservoirForecaster(horizon=12).fit(past)
forecast = model.forecast(level=[80])
print(forecast.head(3).round(1))

# %%
# How far off is it, and how far off is the same month of the year before?

both = forecast.merge(future, on=["unique_id", "ds"])
naive = past.groupby("unique_id")["y"].apply(lambda values: values.to_numpy()[-12:])
ours = (both["ReservoirForecaster"] - both["y"]).abs().groupby(both["unique_id"]).mean()
theirs = pd.Series({name: np.abs(naive[name] - part["y"]).mean() for name, part in future.groupby("unique_id")})
print(pd.DataFrame({"aurita": ours, "a year ago": theirs}).round(1))

# %%

figure, grid = plt.subplots(2, 4, figsize=(9, 4), sharex=True)
for axes, (name, part) in zip(grid.flat, frame.groupby("unique_id"), strict=True):
    ahead = forecast[forecast["unique_id"] == name]
    axes.plot(part["ds"], part["y"], color="0.5", linewidth=0.8)
    axes.plot(ahead["ds"], ahead["ReservoirForecaster"], color="tab:blue")
    bounds = ahead["ReservoirForecaster-lo-80"], ahead["ReservoirForecaster-hi-80"]
    axes.fill_between(ahead["ds"], *bounds, color="tab:blue", alpha=0.2)
    axes.set_title(name, fontsize=9)
figure.autofmt_xdate()
figure.tight_layout()
