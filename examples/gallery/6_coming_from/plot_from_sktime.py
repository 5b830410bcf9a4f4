"""
Coming from sktime
==================

Stay there if you like: ``aurita.adapters.sktime`` has a forecaster, a classifier and a regressor that pass its checks.
Without the adapter there is less to write.

=======================================  ==================================================
sktime                                   aurita
=======================================  ==================================================
``fh=[1, 2, ..., 12]``                   ``horizon=12``, ``predict(12)``
``predict_interval(coverage=0.9)``       ``predict(12, intervals=0.9).lower``, ``.upper``
``update(y, update_params=False)``       ``update(y)``
``X`` in ``fit`` and ``predict``         the same
``AutoEnsembleForecaster``               the default
multi-index panels                       the same frame, or a list; one model for all of them
``nested_univ``, ``numpy3D``             read; a list of ``(T, E)`` arrays is simplest
=======================================  ==================================================
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sktime.forecasting.trend import STLForecaster

from aurita import ReservoirForecaster
from aurita.adapters.sktime import AuritaForecaster

rng = np.random.default_rng(0)
index = pd.period_range("2013-01", periods=132, freq="M")
t = np.arange(132)
y = pd.Series((80 + 0.5 * t) * (1 + 0.2 * np.sin(2 * np.pi * t / 12)) + 3 * rng.normal(size=132), index=index)
past, future = y[:120], y[120:]

# %%
# In sktime, with another forecaster of theirs beside it ...

fh = np.arange(1, 13)
inside = AuritaForecaster(horizon=12).fit(past, fh=fh).predict()
other = STLForecaster(sp=12).fit(past, fh=fh).predict()

# %%
# ... and the same model without sktime: the same numbers.

forecast = ReservoirForecaster(horizon=12).fit(past).predict()
print(np.array_equal(inside.to_numpy(), forecast.mean))
for name, mean in (("aurita", forecast.mean), ("STL", other.to_numpy())):
    print(f"{name}: mean absolute error {np.abs(mean - future.to_numpy()).mean():.2f}")

figure, axes = plt.subplots(figsize=(8, 3))
axes.plot(t[72:], y[72:], color="0.3")
axes.plot(t[120:], forecast.mean, label="aurita")
axes.fill_between(t[120:], forecast.lower, forecast.upper, alpha=0.2)
axes.plot(t[120:], other, linestyle="--", label="STL")
axes.legend()
figure.tight_layout()
