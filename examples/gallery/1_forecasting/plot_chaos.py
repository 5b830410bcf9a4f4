"""
A chaotic system, run on its own predictions
============================================

The Lorenz system forgets where it came from within a few turns. A reservoir that learnt to predict the next step can be
closed on itself; the question is how long it stays with the truth.
"""

import matplotlib.pyplot as plt
import numpy as np

from aurita import EchoUnit, Population, ReservoirForecaster


def lorenz(steps, dt=0.02):
    x = np.array([1.0, 1.0, 20.0])
    out = np.empty((steps, 3))
    for step in range(steps):
        for _ in range(4):
            slope = np.array([10 * (x[1] - x[0]), x[0] * (28 - x[2]) - x[1], x[0] * x[1] - 8 / 3 * x[2]])
            x = x + dt / 4 * slope
        out[step] = x
    return out


y = lorenz(3400)[400:]
past, future = y[:2500], y[2500:]
neurons = Population(
    unit=EchoUnit(slots=300, spectral_radius=0.8), units=1, passage="mixed", afferents="all", receives="inputs"
)
model = ReservoirForecaster(neurons, horizon=200, difference=0, features=("input", "output")).fit(past)
forecast = model.predict(500, intervals=None).mean

# %%
# Valid until the error exceeds 40 % of the deviation of the attractor.

error = np.linalg.norm(forecast - future, axis=1) / np.sqrt(future.var(axis=0).sum())
valid = int(np.argmax(error > 0.4)) if (error > 0.4).any() else len(error)
print(f"valid for {valid} steps, {valid * 0.02 * 0.906:.1f} Lyapunov times")

figure, axes = plt.subplots(2, figsize=(8, 4), sharex=True)
for axis, channel in zip(axes, (0, 2), strict=True):
    axis.plot(future[:, channel], color="0.3", label="truth")
    axis.plot(forecast[:, channel], color="tab:blue", label="closed on itself")
    axis.axvline(valid, color="tab:red", linewidth=0.8)
    axis.set_ylabel("xyz"[channel])
axes[0].legend(ncols=2, loc="upper right")
axes[1].set_xlabel("steps after the end of the series")
figure.tight_layout()
