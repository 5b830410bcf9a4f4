"""
Export to ONNX
==============

A fitted classifier becomes one graph, which onnxruntime runs without Python's or aurita's help: in a browser, a
phone, or a service in another language.
"""

import json
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import onnxruntime

from aurita import ReservoirClassifier
from aurita.export import to_onnx

rng = np.random.default_rng(0)
y = np.array(["slow", "fast"])[np.arange(120) % 2]
speeds = {"slow": 5.0, "fast": 3.0}
X = np.stack([np.sin(np.arange(50)[:, None] / speeds[name] + rng.uniform(0, 6)) for name in y])
X += 0.4 * rng.normal(size=X.shape)

model = ReservoirClassifier(units=12, summary="mean_deviation").fit(X[:80], y[:80])
path = Path(tempfile.mkdtemp(), "model.onnx")
to_onnx(model, path)
print(f"{path.stat().st_size / 1024:.0f} KiB")

# %%
# The labels are in the file; probabilities agree to rounding.

session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
probabilities, label = session.run(["probabilities", "label"], {"X": X[80:]})
classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
print("first five:", [classes[number] for number in label[:5]])
print(f"largest difference: {np.abs(probabilities - model.predict_proba(X[80:])).max():.1e}")

figure, axes = plt.subplots(figsize=(4, 3.6))
axes.scatter(model.predict_proba(X[80:])[:, 0], probabilities[:, 0], s=14)
axes.plot([0, 1], [0, 1], color="0.5", linewidth=0.8)
axes.set_xlabel(f"P({classes[0]}) of aurita")
axes.set_ylabel("of onnxruntime")
figure.tight_layout()
