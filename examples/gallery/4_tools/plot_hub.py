"""
A folder for the Hub, with a model card
=======================================

``save_folder`` writes a model and a card that says on what it was fitted, how it scored on held-out data, and what it
cost; none of the three may be left out. ``push_to_hub`` uploads the same folder.
"""

import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from aurita import ReservoirRegressor
from aurita.adapters.hub import load_folder, save_folder

rng = np.random.default_rng(0)
x = rng.uniform(-1, 1, size=(900, 1))
y = x[:, 0] * np.roll(x[:, 0], 1)
start = time.process_time()
model = ReservoirRegressor(units=12).fit([x[:600]], [y[:600]])
cost = f"{time.process_time() - start:.1f} s of one core"
folder = save_folder(
    model,
    Path(tempfile.mkdtemp(), "products"),
    title="Products of two inputs",
    data="600 steps of uniform noise, made with seed 0",
    score=f"R2 {model.score([x[600:]], [y[600:]]):.3f} on 300 later steps",
    cost=cost,
)
print((folder / "README.md").read_text())

# %%
# Loading runs no code of the folder.

again = load_folder(folder)
predicted = again.predict([x[600:]])[0]
figure, axes = plt.subplots(figsize=(4, 3.6))
axes.scatter(y[600:], predicted, s=8)
axes.set_xlabel("product")
axes.set_ylabel("predicted by the loaded model")
figure.tight_layout()
