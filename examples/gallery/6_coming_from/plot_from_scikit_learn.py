"""
Coming from scikit-learn
========================

An estimator is an estimator: ``fit``, ``predict``, ``score``, ``get_params``, pipelines, searches. One thing is new.
A sample is a sequence, not a row: ``X`` is a list of arrays of shape ``(steps, channels)``, of any lengths, or one
array of shape ``(sequences, steps, channels)``.

==============================  ================================================================
scikit-learn                    aurita
==============================  ================================================================
``X`` of shape ``(n, d)``       a list of ``(T, E)``, or ``(n, T, E)``
flattened windows, lag columns  nothing to do: units remember
``StandardScaler``              ``scale_inputs=True``, the default
``MLPClassifier``               ``ReservoirClassifier``
``GridSearchCV``                the same; names as in ``get_params``
``random_state``                the same; the same seed gives the same bytes
``joblib.dump``                 ``model.save(path)``, ``aurita.load(path)``, without pickle
==============================  ================================================================
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from aurita import AuritaError, ReservoirClassifier

rng = np.random.default_rng(0)
y = np.array(["one", "two", "three"])[np.arange(150) % 3]
speeds = {"one": 3.0, "two": 3.4, "three": 3.8}
X = np.stack([np.sin(np.arange(40)[:, None] / speeds[name] + rng.uniform(0, 6)) for name in y])
X += 0.4 * rng.normal(size=X.shape)

# %%
# The habit is to flatten the series. A linear model then has to learn every phase anew.

flat = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
flattened = cross_val_score(flat, X[..., 0], y, cv=5)

# %%
# A search over parameters is that of scikit-learn.

grid = {"units": [10, 30], "summary": ["mean_deviation", "times:4"]}
search = GridSearchCV(ReservoirClassifier(random_state=0), grid, cv=5).fit(X, y)
print(search.best_params_)
scores = cross_val_score(search.best_estimator_, X, y, cv=5)
print(f"flattened {flattened.mean():.2f}, sequences {scores.mean():.2f}")

figure, axes = plt.subplots(figsize=(5, 2.4))
axes.boxplot([flattened, scores], orientation="horizontal", tick_labels=["flattened, logistic", "ReservoirClassifier"])
axes.axvline(1 / 3, color="0.5", linestyle="--", linewidth=0.8)
axes.set_xlabel("accuracy in five folds")
figure.tight_layout()

# %%
# Mistakes get one message that says what was given and what to do.

model = ReservoirClassifier(units=10).fit(X, y)
try:
    model.predict(rng.normal(size=(5, 40, 2)))
except AuritaError as error:
    print(error)
