"""
Inside StatsForecast
====================

``NixtlaModel`` runs in ``StatsForecast`` with its cross-validation and its column names, beside any of its models.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import AutoTheta, SeasonalNaive

from aurita import ReservoirForecaster
from aurita.adapters import NixtlaModel

rng = np.random.default_rng(0)
days = pd.date_range("2024-01-01", periods=150)
week = np.sin(2 * np.pi * np.arange(150) / 7)
frame = pd.concat(
    pd.DataFrame({"unique_id": name, "ds": days, "y": level + swing * week + rng.normal(0, 1, 150)})
    for name, level, swing in (("bread", 50, 9), ("cake", 20, 4))
)
models = [
    NixtlaModel(ReservoirForecaster(units=8, season=7)),
    SeasonalNaive(season_length=7),
    AutoTheta(season_length=7),
]
tried = StatsForecast(models=models, freq="D").cross_validation(df=frame, h=7, n_windows=3, step_size=7, level=[90])
print(tried.columns.tolist())

# %%
# Mean absolute error over three windows.

names = ["Aurita", "SeasonalNaive", "AutoTheta"]
print(tried.assign(**{name: (tried[name] - tried["y"]).abs() for name in names})[names].mean().round(2))

one = tried[tried["unique_id"] == "bread"]
figure, axes = plt.subplots(figsize=(8, 3))
axes.plot(days[90:], frame["y"][frame["unique_id"] == "bread"].to_numpy()[90:], color="0.3", linewidth=0.8)
for _, part in one.groupby("cutoff"):
    axes.plot(part["ds"], part["Aurita"], color="tab:blue")
    bounds = part["Aurita-lo-90"], part["Aurita-hi-90"]
    axes.fill_between(part["ds"], *bounds, color="tab:blue", alpha=0.2)
figure.autofmt_xdate()
figure.tight_layout()
