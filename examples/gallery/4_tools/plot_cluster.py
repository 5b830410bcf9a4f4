"""
Use a cluster
=============

A fitted model is a small object: workers of Dask fit and return it, and the bytes are those of one process. Here the
cluster is two workers on this machine; on a real one give the address of the scheduler to ``Client``.
"""

import matplotlib.pyplot as plt
import numpy as np
from distributed import Client, LocalCluster

from aurita import ReservoirClassifier

rng = np.random.default_rng(0)
y = np.arange(120) % 3
X = [np.sin(np.arange(40)[:, None] / (2 + label) + rng.uniform(0, 6)) + rng.normal(0, 1.0, (40, 1)) for label in y]


def accuracy(units, seed):
    model = ReservoirClassifier(units=units, random_state=seed).fit(X[:60], y[:60])
    return model.score(X[60:], y[60:])


sizes, seeds = (2, 4, 8, 16, 32), range(6)
jobs = [(units, seed) for units in sizes for seed in seeds]
with (
    LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
    Client(cluster) as client,
):
    found = client.gather(client.map(lambda job: accuracy(*job), jobs))
print(found[3] == accuracy(*jobs[3]))

# %%

scores = np.reshape(found, (len(sizes), len(seeds)))
figure, axes = plt.subplots(figsize=(5, 3))
axes.plot(sizes, scores, color="0.7", linewidth=0.8)
axes.plot(sizes, scores.mean(axis=1), marker="o")
axes.set_xscale("log", base=2)
axes.set_xlabel("units")
axes.set_ylabel("accuracy")
figure.tight_layout()
