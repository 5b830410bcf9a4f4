"""
How far back a state reaches
============================

Feed noise in, and ask a linear readout for the input of k steps ago. The squared correlation, summed over k, is the
memory capacity (Jaeger 2001). An echo state network forgets gradually; an attention unit sees its whole memory.
"""

import matplotlib.pyplot as plt
import numpy as np

from aurita import AttentionUnit, EchoUnit, Population, Reservoir, run
from aurita.readout import RidgeReadout

rng = np.random.default_rng(0)
noise = rng.uniform(-0.8, 0.8, size=(1, 3000, 1))
DELAYS = 40
echo = EchoUnit(slots=64, spectral_radius=0.95, input_scale=0.1, bias_scale=0.0)
reservoirs = {
    "64 echo neurons": Population(unit=echo, units=1, passage="mixed", afferents="all", receives="inputs"),
    "16 attention units, 64 outputs": Population(
        unit=AttentionUnit(slots=4, memory=DELAYS, hidden=0), units=16, passage="mixed", afferents="all"
    ),
}

figure, axes = plt.subplots(figsize=(7, 3))
for name, population in reservoirs.items():
    states = run(Reservoir.build([population], inputs=1, seed=0), noise, features=("output",))[0][0]
    correlations = []
    for delay in range(1, DELAYS + 1):
        x, y = states[100:], noise[0, 100 - delay : 3000 - delay]
        predicted = RidgeReadout().fit(x[:2000], y[:2000]).predict(x[2000:])
        correlations.append(np.corrcoef(predicted[:, 0], y[2000:, 0])[0, 1] ** 2)
    axes.plot(range(1, DELAYS + 1), correlations, label=f"{name}: {sum(correlations):.1f}")
axes.set_xlabel("steps ago")
axes.set_ylabel("squared correlation")
axes.legend(title="memory capacity of at most 40")
figure.tight_layout()
