"""
Learn from a stream that changes
================================

``partial_fit`` learns from chunks as they arrive, in memory that does not grow. Half-way the system changes its speed;
the readout forgets what no longer holds.
"""

import matplotlib.pyplot as plt
import numpy as np

from aurita import Online, ReservoirForecaster

rng = np.random.default_rng(0)
speed = np.where(np.arange(6000) < 3000, 0.21, 0.34)
stream = np.sin(np.cumsum(speed)) + 0.4 * np.sin(np.cumsum(speed * 0.37)) + 0.03 * rng.normal(size=6000)

model = ReservoirForecaster(units=16, difference=0, online=Online(chunk=100))
model.partial_fit(stream[:200])
errors = []
for start in range(200, 6000, 100):
    chunk = stream[start : start + 100]
    # Each value is predicted before it is learnt.
    errors.append(np.abs(model.predict_one_step(chunk) - chunk).mean())
    model.partial_fit(chunk)

# %%
# The error jumps at the change and is back after a few chunks.

figure, axes = plt.subplots(2, figsize=(8, 4), sharex=True)
axes[0].plot(np.arange(2600, 3400), stream[2600:3400], color="0.3", linewidth=0.8)
axes[0].set_ylabel("stream")
axes[1].semilogy(100 * np.arange(2, 60) + 50, errors, marker=".")
axes[1].axvline(3000, color="tab:red", linewidth=0.8)
axes[1].set_ylabel("error one step ahead")
axes[1].set_xlabel("step")
axes[0].set_xlim(0, 6000)
figure.tight_layout()
