"""
Move on without a new fit
=========================

New values come in every day. ``update`` carries the model past them without fitting anything anew, which takes
a fraction of the time. Rolling forecasts made in this way also show how the error grows with the horizon.
"""

import time

import matplotlib.pyplot as plt
import numpy as np

from aurita import ReservoirForecaster
from aurita.pictures import error_ahead

rng = np.random.default_rng(0)
t = np.arange(700)
y = np.sin(t / 6) + 0.5 * np.sin(t / 15.3) + 0.1 * rng.normal(size=700)

model = ReservoirForecaster(units=16, horizon=20).fit(y[:500])
truths, forecasts = [], []
start = time.process_time()
origins = np.arange(500, 680, 4)
for origin in origins:
    forecasts.append(model.predict(20, intervals=None).mean)
    truths.append(y[origin : origin + 20])
    model.update(y[origin : origin + 4])
print(f"a forecast and an update: {1000 * (time.process_time() - start) / len(origins):.0f} ms")

# %%
# The error by step ahead, beside a forecast of the last value.

last = np.repeat(y[origins - 1, None], 20, axis=1)
picture = error_ahead(np.array(truths), {"aurita": np.array(forecasts), "last value": last})

# %%
# Some of these forecasts.

figure, axes = plt.subplots(figsize=(8, 3))
axes.plot(t[480:], y[480:], color="0.6")
for origin, forecast in list(zip(origins, forecasts, strict=True))[::5]:
    axes.plot(np.arange(origin, origin + 20), forecast, color="tab:blue")
figure.tight_layout()
