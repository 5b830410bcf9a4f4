"""
Keep one symbol for a hundred steps
===================================

The first symbol of a sequence has to be recalled at its end, after a hundred others. Memory units learn what to keep;
the same units as drawn forget.
"""

import matplotlib.pyplot as plt
import numpy as np

from aurita import Learning, Population, Reservoir, learn, run
from aurita.readout import RidgeReadout
from aurita.units import DiagonalMemoryUnit

rng = np.random.default_rng(0)
SYMBOLS = 4


def draw(count, steps):
    """A symbol with a mark at the first step, distractors after it; the target is asked for at the last step."""
    symbols = rng.integers(0, SYMBOLS, (count, steps))
    marks = np.zeros((count, steps, 1))
    marks[:, 0] = 1
    return np.concatenate([np.eye(SYMBOLS)[symbols], marks], axis=2), np.eye(SYMBOLS)[symbols[:, 0]]


units = Population(unit=DiagonalMemoryUnit(slots=5), units=6, passage="learned", afferents="all", receives="inputs")
drawn = Reservoir.build([units], inputs=SYMBOLS + 1, targets=SYMBOLS)
X, y = draw(300, 60)
scored = np.zeros((300, 60), bool)
scored[:, -1] = True
settings = Learning(
    objective="target", loss="cross_entropy", steps=300, learning_rate=0.03, grow=(15, 30), segment=60, batch=50
)
short, y_short = draw(300, 15)
lengths = np.repeat([15, 60], 300)
inputs, targets = np.zeros((600, 60, SYMBOLS + 1)), np.zeros((600, 60, SYMBOLS))
inputs[:300, :15], inputs[300:] = short, X
targets[:300, 14], targets[300:, -1] = y_short, y
scored = np.arange(60) == lengths[:, None] - 1
learnt, history = learn(drawn, inputs, settings, lengths=lengths, targets=targets, scored=scored)

# %%
# A ridge readout of the last state, by the length of the sequences; nothing longer than 60 steps was ever seen while
# units learnt.

spans = (20, 40, 60, 100, 200)
errors = {"as drawn": [], "learnt": []}
for span in spans:
    X, y = draw(400, span)
    for name, reservoir in (("as drawn", drawn), ("learnt", learnt)):
        last = run(reservoir, X, features=("output", "hidden"))[0][:, -1]
        readout = RidgeReadout().fit(last[:200], y[:200])
        errors[name].append(float((readout.predict(last[200:]).argmax(1) != y[200:].argmax(1)).mean()))
    print(span, {name: one[-1] for name, one in errors.items()})

figure, axes = plt.subplots(figsize=(6, 3))
for name, one in errors.items():
    axes.plot(spans, one, marker="o", label=name)
axes.axhline(1 - 1 / SYMBOLS, color="0.5", linestyle="--", label="chance")
axes.set_xlabel("steps to remember")
axes.set_ylabel("error rate")
axes.legend()
figure.tight_layout()
