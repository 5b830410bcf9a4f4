"""
See which methods a forecast rests on
=====================================

By default a committee forecasts: classical methods and reservoirs, weighed by their errors at held-out origins. The
weights show what kind of series this is.
"""

import matplotlib.pyplot as plt
import numpy as np

from aurita import ReservoirForecaster

rng = np.random.default_rng(0)
t = np.arange(240)
series = {
    "season and trend": 50 + 0.2 * t + 12 * np.sin(2 * np.pi * t / 12) + 2 * rng.normal(size=240),
    "random walk": np.cumsum(rng.normal(size=240)),
}
x = 0.4
chaos = []
for _ in t:
    x = 3.8 * x * (1 - x)
    chaos.append(x)
series["chaotic map"] = np.array(chaos)

weights = {}
for name, values in series.items():
    model = ReservoirForecaster(horizon=4).fit(values)
    weights[name] = dict(zip(model.committee_.names, model.committee_.weights, strict=True))
    print(name, "| seasons found:", model.seasons_ or "none")

# %%
# The season goes to methods that know seasons, the random walk to several that stay near its last values, and the map,
# which only a non-linear model can follow, to one of those.

methods = sorted({method for one in weights.values() for method in one if one[method] > 0.02})
figure, axes = plt.subplots(figsize=(8, 3.6))
for place, (name, one) in enumerate(weights.items()):
    axes.barh(
        np.arange(len(methods)) + 0.27 * (place - 1), [one.get(method, 0) for method in methods], 0.25, label=name
    )
axes.set_yticks(np.arange(len(methods)), methods)
axes.set_xlabel("weight")
axes.legend()
figure.tight_layout()
