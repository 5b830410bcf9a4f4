"""
Find anomalies by what units did not expect
===========================================

Each unit learns alone to predict what it receives. Where many are surprised at once, the series is unusual. As drawn,
the same units find nothing.
"""

import matplotlib.pyplot as plt
from aeon.datasets import load_kdd_tsad_135

from aurita.adapters.aeon import AuritaAnomalyDetector

normal, _ = load_kdd_tsad_135(split="train")
series, labels = load_kdd_tsad_135(split="test")
scores = AuritaAnomalyDetector().fit(normal).predict(series)

shown = slice(3600, 4800)
figure, axes = plt.subplots(2, sharex=True, figsize=(8, 4))
axes[0].plot(series[shown], color="0.3", linewidth=0.8)
axes[0].fill_between(range(1200), *axes[0].get_ylim(), where=labels[shown] > 0, color="tab:red", alpha=0.4)
axes[0].set_ylabel("series")
axes[1].plot(scores[shown])
axes[1].set_ylabel("score")
figure.tight_layout()
