"""
Coming from Darts
=================

There is no ``TimeSeries`` to build: arrays, pandas and polars go in as they are. In Darts one might write

.. code-block:: python

    series = TimeSeries.from_dataframe(frame, "date", "sales")
    covariates = TimeSeries.from_dataframe(frame, "date", ["price"])
    model = LinearRegressionModel(lags=28, lags_future_covariates=[0], output_chunk_length=14)
    model.fit(series, future_covariates=covariates)
    model.predict(14)
    model.historical_forecasts(series, start=0.8, forecast_horizon=14, retrain=False)

=====================================  ======================================================
Darts                                  aurita
=====================================  ======================================================
``future_covariates``                  ``X``
``past_covariates``                    a further channel of ``y``, which is forecast as well
``output_chunk_length``                ``horizon``
``lags``                               not needed
a list of series, a global model       a list, or a long frame; one model serves all
``num_samples``, quantiles             ``intervals=0.9``, or ``level=[80, 90]``
``historical_forecasts``               ``predict`` and ``update`` in turn
``Scaler``, ``MissingValuesFiller``    done in ``fit``; ``aurita forecast`` fills tables
=====================================  ======================================================
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from aurita import ReservoirForecaster

rng = np.random.default_rng(0)
days = pd.date_range("2024-01-01", periods=280)
price = np.repeat(rng.uniform(2, 4, 40), 7)
week = np.sin(2 * np.pi * np.arange(280) / 7)
frame = pd.DataFrame({"sales": 90 - 15 * price + 6 * week + rng.normal(0, 2, 280), "price": price}, index=days)

model = ReservoirForecaster(horizon=14).fit(frame["sales"][:210], frame[["price"]][:210])

# %%
# Historical forecasts, without a new fit: forecast two weeks, move on two weeks.

figure, axes = plt.subplots(figsize=(8, 3))
axes.plot(frame["sales"][150:], color="0.4", linewidth=0.8, label="sales")
errors = []
for start in range(210, 280, 14):
    ahead = frame[start : start + 14]
    forecast = model.predict(14, ahead[["price"]])
    errors.append(np.abs(forecast.mean - ahead["sales"]).mean())
    label = None if errors[1:] else "forecasts of 14 days"
    axes.plot(ahead.index, forecast.mean, color="tab:blue", label=label)
    axes.fill_between(ahead.index, forecast.lower, forecast.upper, color="tab:blue", alpha=0.2)
    model.update(ahead["sales"], ahead[["price"]])
print(f"mean absolute error {np.mean(errors):.2f}; of the noise alone {2 * np.sqrt(2 / np.pi):.2f}")
axes.legend(loc="lower left")
figure.autofmt_xdate()
figure.tight_layout()
