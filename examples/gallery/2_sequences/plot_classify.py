"""
Classify recorded sequences
===========================

Nine men say the vowel /ae/; twelve coefficients a step describe the sound (JapaneseVowels, which aeon ships). Which of
them speaks? The baseline to compare with is always the bare inputs with the same readout.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay

from aurita import ReservoirClassifier
from aurita.tasks import task_named

task = task_named("japanese_vowels")
X, y = task.train.inputs, task.train.targets
new, truth = task.test.inputs, task.test.targets
print(len(X), "sequences of", min(map(len, X)), "to", max(map(len, X)), "steps to learn from,", len(new), "new ones")

model = ReservoirClassifier(units=20).fit(X, y)
bare = ReservoirClassifier(units=0).fit(X, y)
print(f"reservoir of 20 units as drawn: {model.score(new, truth):.4f}")
print(f"bare inputs at four times: {bare.score(new, truth):.4f}")

# %%
# On these sequences the bare inputs are as good as any reservoir that we know of, so a reservoir is not worth its cost.

figure, axes = plt.subplots(1, 2, figsize=(9, 4))
for channel, series in enumerate(np.asarray(X[0]).T):
    axes[0].plot(series + channel, linewidth=0.8)
axes[0].set_title("one sequence, twelve channels", fontsize=10)
ConfusionMatrixDisplay.from_predictions(truth, model.predict(new), ax=axes[1], colorbar=False)
figure.tight_layout()
