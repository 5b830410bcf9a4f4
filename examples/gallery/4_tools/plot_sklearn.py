"""
Features for any estimator of scikit-learn
==========================================

``ReservoirFeatures`` turns sequences of any lengths into rows of named columns. What follows is yours: a forest, a
search over parameters, a pipeline.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from aurita import ReservoirFeatures

rng = np.random.default_rng(0)
y = np.array(["smooth", "rough"])[np.arange(120) % 2]
X = []
for name in y:
    x = np.cumsum(rng.normal(size=rng.integers(40, 80)))
    X.append((x + (1.5 if name == "rough" else 0.6) * rng.normal(size=len(x)))[:, None])

pipeline = Pipeline(
    [
        ("states", ReservoirFeatures(summary="mean_deviation").set_output(transform="pandas")),
        ("forest", RandomForestClassifier(60, random_state=0)),
    ]
)
search = GridSearchCV(pipeline, {"states__units": [2, 6, 12], "states__learning": ["frozen", "self"]}, cv=3)
search.fit(X[:80], y[:80])
print(search.best_params_, f"accuracy on new sequences: {search.score(X[80:], y[80:]):.2f}")

# %%
# Columns have names, so what the forest finds important can be read.

best = search.best_estimator_
importance = best["forest"].feature_importances_
names = best["states"].get_feature_names_out()
top = np.argsort(importance)[-8:]
figure, axes = plt.subplots(figsize=(7, 2.8))
axes.barh(names[top], importance[top])
axes.set_xlabel("importance")
figure.tight_layout()
