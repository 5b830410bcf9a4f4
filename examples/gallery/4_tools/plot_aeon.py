"""
Inside aeon
===========

``AuritaClassifier`` takes aeon's collections, channels first, of equal or unequal lengths. States can be clustered
without labels, too.
"""

import matplotlib.pyplot as plt
import numpy as np
from aeon.classification.feature_based import SummaryClassifier
from aeon.datasets import load_basic_motions
from sklearn.metrics import adjusted_rand_score

from aurita.adapters.aeon import AuritaClassifier, AuritaClusterer

X, y = load_basic_motions(split="train")
X_new, y_new = load_basic_motions(split="test")
print("collections:", X.shape, X_new.shape)
models = {
    "aurita": AuritaClassifier(random_state=0),
    "aeon's SummaryClassifier": SummaryClassifier(random_state=0),
}
for name, model in models.items():
    print(f"{name}: {np.mean(model.fit(X, y).predict(X_new) == y_new):.3f}")

# %%
# Clusters found without labels, beside the four motions.

clusters = AuritaClusterer(n_clusters=4, units=20, random_state=0).fit(X).labels_
print(f"adjusted Rand index: {adjusted_rand_score(y, clusters):.2f}")

motions = np.unique(y)
table = np.array([[np.sum((y == motion) & (clusters == number)) for number in range(4)] for motion in motions])
figure, axes = plt.subplots(1, 2, figsize=(9, 3))
for place, motion in enumerate(motions):
    axes[0].plot(X[np.flatnonzero(y == motion)[0], 0] + 12 * place, linewidth=0.8, label=motion)
axes[0].legend(fontsize=7, loc="upper right")
axes[0].set_title("first channel of one sequence each", fontsize=10)
axes[1].imshow(table, cmap="Blues")
axes[1].set_yticks(range(4), motions)
axes[1].set_xlabel("cluster")
figure.tight_layout()
