"""Anomaly detection on the series that aeon ships: the reservoir of `self`-learning units beside aeon's detectors.

    python benchmarks/anomalies.py --seeds 10

KDD-TSAD 135 (fit on its normal part) and ECG-diff-count-3 (fit on itself). Every detector averages over 20 steps, none
is tuned. Prints the area under the ROC curve, average precision and CPU seconds: mean and deviation over seeds.
"""

import argparse
import time
import warnings
from collections.abc import Callable

import numpy as np
from aeon.anomaly_detection.series.distance_based import KMeansAD
from aeon.anomaly_detection.series.distribution_based import DWT_MLEAD
from aeon.datasets import load_ecg_diff_count_3, load_kdd_tsad_135
from sklearn.metrics import average_precision_score, roc_auc_score

from aurita import Learning
from aurita.adapters.aeon import AuritaAnomalyDetector
from printed import figure


def frozen(seed: int) -> AuritaAnomalyDetector:
    """The same units with one vanishing step of learning."""
    return AuritaAnomalyDetector(learning=Learning(objective="self", steps=1, learning_rate=1e-9), random_state=seed)


DETECTORS: dict[str, Callable[[int], object]] = {
    "aurita, learnt": lambda seed: AuritaAnomalyDetector(random_state=seed),
    "the same, causal": lambda seed: AuritaAnomalyDetector(random_state=seed, causal=True),
    "the same units, frozen": frozen,
    "aeon's KMeansAD": lambda seed: KMeansAD(n_clusters=20, window_size=20, random_state=seed),
    "aeon's DWT_MLEAD": lambda seed: DWT_MLEAD(),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    seeds = range(parser.parse_args().seeds)
    warnings.simplefilter("ignore")
    ecg, ecg_labels = load_ecg_diff_count_3()
    normal, _ = load_kdd_tsad_135(split="train")
    kdd, kdd_labels = load_kdd_tsad_135(split="test")
    for name, train, test, labels in (
        ("KDD-TSAD 135", normal, kdd, kdd_labels),
        ("ECG-diff-count-3", ecg, ecg, ecg_labels),
    ):
        for title, made in DETECTORS.items():
            rows = []
            for seed in seeds if "DWT_MLEAD" not in title else [0]:
                before = time.process_time()
                scores = made(seed).fit(train).predict(test)  # type: ignore[attr-defined]
                spent = time.process_time() - before
                rows.append((roc_auc_score(labels, scores), average_precision_score(labels, scores), spent))
            mean, deviation = np.mean(rows, axis=0), np.std(rows, axis=0)
            area, precision = (f"{m:.3f} ± {d:.3f}" for m, d in zip(mean[:2], deviation[:2], strict=True))
            print(f"{name:16s} {title:24s} AUC {area}  AP {precision}  {mean[2]:.1f} s", flush=True)
            figure(title, f"{name}: AUC", area)
            figure(title, f"{name}: average precision", precision)
            if name.startswith("KDD"):
                figure(title, "CPU", f"{mean[2]:.1f} s")


if __name__ == "__main__":
    main()
