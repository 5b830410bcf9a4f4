"""
Coming from ReservoirPy
=======================

What you know is here under other names, and what you have fitted can be read.

=============================================  ====================================================
ReservoirPy                                    aurita
=============================================  ====================================================
``Reservoir(units, sr, lr, input_scaling)``    ``EchoUnit(slots, spectral_radius, leak, input_scale)``
``Ridge(ridge=1e-6)``                          the readout of every estimator; ``alphas`` to choose from
``esn.fit(x, y)``, ``esn.run(x)``              ``ReservoirRegressor.fit([x], [y])``, ``predict([x])``
feedback loop, ``esn.run`` on its own output   ``ReservoirForecaster.fit(y).predict(steps)``
``node_a >> node_b``                           a list of ``Population``, ``receives="earlier"``
``IPReservoir``, ``RLS``                       ``learning="self"``, ``partial_fit``
``reset()``, warm-up                           ``washout``
pickle                                         ``save`` and ``load``: arrays and JSON
=============================================  ====================================================
"""

import matplotlib.pyplot as plt
import numpy as np
import reservoirpy

import aurita
from aurita import EchoUnit, Population, ReservoirRegressor

reservoirpy.set_seed(0)
x = np.sin(np.arange(600) / 5)[:, None] * np.sin(np.arange(600) / 31)[:, None]

theirs = reservoirpy.ESN(units=100, sr=0.9, lr=0.5, ridge=1e-6, seed=0)
theirs.fit(x[:399], x[1:400], warmup=50)

# %%
# A fitted ESN goes over as it is. It predicts the same to rounding, saves without pickle, and exports to C and ONNX.

taken = aurita.from_reservoirpy(theirs)
theirs.reset()
print(f"largest difference: {np.abs(taken.predict([x])[0] - theirs.run(x)).max():.1e}")

# %%
# Or build it here. Half of the neurons may be swapped for units that learn; the estimator stays the same.

neurons = Population(
    unit=EchoUnit(slots=100, spectral_radius=0.9, leak=0.5),
    units=1,
    passage="mixed",
    afferents="all",
    receives="inputs",
)
ours = ReservoirRegressor(neurons, washout=50, features=("output",)).fit([x[:399]], [x[1:400]])
predicted = ours.predict([x[:599]])[0]
print(f"error one step ahead: {np.sqrt(np.mean((predicted[400:] - x[401:]) ** 2)):.1e}")

figure, axes = plt.subplots(figsize=(8, 2.6))
axes.plot(x[401:], color="0.3", label="truth")
axes.plot(taken.predict([x])[0][400:599], label="ReservoirPy's, read")
axes.plot(predicted[400:], linestyle="--", label="aurita's own")
axes.legend(ncols=3, fontsize=8)
figure.tight_layout()

# %%
# What ReservoirPy has and aurita has not: nodes wired freely in a graph, online FORCE learning with feedback, nodes for
# NVAR and local plasticity rules. :doc:`The comparison </comparison>` has more.
