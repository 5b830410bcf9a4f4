"""
Export to ONNX
==============

A fitted model becomes one graph, which onnxruntime runs without Python's or aurita's help: in a browser, a phone, or a
service in another language. What the defaults fit is exported as it is.
"""

import json
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import onnxruntime

from aurita import ReservoirClassifier, ReservoirForecaster
from aurita.export import to_onnx

rng = np.random.default_rng(0)
y = np.array(["slow", "fast"])[np.arange(120) % 2]
speeds = {"slow": 5.0, "fast": 3.0}
X = np.stack([np.sin(np.arange(50)[:, None] / speeds[name] + rng.uniform(0, 6)) for name in y])
X += 0.4 * rng.normal(size=X.shape)

model = ReservoirClassifier().fit(X[:80], y[:80])
folder = Path(tempfile.mkdtemp())
path = folder / "model.onnx"
to_onnx(model, path)
print(f"{path.stat().st_size / 1024:.0f} KiB")

# %%
# The labels are in the file; probabilities agree to rounding.

session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
probabilities, label = session.run(["probabilities", "label"], {"X": X[80:]})
classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
print("first five:", [classes[number] for number in label[:5]])
print(f"largest difference: {np.abs(probabilities - model.predict_proba(X[80:])).max():.1e}")

# %%
# A forecaster reads a window of the last values, with all its experts, and forecasts the next steps.

months = np.arange(144)
sales = 100 * np.exp(0.008 * months) * (1 + 0.2 * np.sin(months * np.pi / 6)) + 3 * rng.normal(size=144)
forecaster = ReservoirForecaster(horizon=24).fit(sales)
to_onnx(forecaster, folder / "sales.onnx")
session = onnxruntime.InferenceSession(folder / "sales.onnx", providers=["CPUExecutionProvider"])
forecast = session.run(["forecast"], {"window": sales[:, None]})[0][:, 0]
print(f"largest difference: {np.abs(forecast - forecaster.predict().mean).max():.1e}")

figure, axes = plt.subplots(figsize=(8, 2.8))
axes.plot(months, sales, color="0.3", label="series")
axes.plot(144 + np.arange(24), forecast, color="tab:orange", label="forecast of onnxruntime")
axes.legend(loc="upper left")
figure.tight_layout()
