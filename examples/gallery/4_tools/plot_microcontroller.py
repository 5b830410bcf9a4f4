"""
Run a model on a microcontroller
================================

``to_c`` writes one C99 file without dependencies that allocates nothing. Here the computer's own compiler builds it,
and a small program feeds it one value at a time, as a device would.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from aurita import ReservoirForecaster
from aurita.export import to_c

folder = Path(tempfile.mkdtemp())
rng = np.random.default_rng(0)
wave = np.sin(np.arange(500) / 5) + 0.05 * rng.normal(size=500)
model = ReservoirForecaster(units=8, difference=0, horizon=5).fit(wave[:400])
to_c(model, folder / "model.c")
print("\n".join((folder / "model.c").read_text().splitlines()[:9]))

# %%
# The program of the device: a value in, a forecast of the next one out.

(folder / "main.c").write_text("""
#include <stdio.h>
void aurita_reset(void);
void aurita_step(const double *value, const double *covariates, double *forecast);

int main(void)
{
    double value, forecast;
    aurita_reset();
    while (scanf("%lf", &value) == 1) {
        aurita_step(&value, 0, &forecast);
        printf("%.6f\\n", forecast);
    }
    return 0;
}
""")
compiler = shutil.which("gcc") or shutil.which("cc")
command = [compiler, "-std=c99", "-Os", "-Wall", "-Werror", "main.c", "model.c", "-o", "device", "-lm"]
subprocess.run(command, cwd=folder, check=True)
fed = "\n".join(map(repr, wave[399:499].tolist()))
done = subprocess.run([folder / "device"], input=fed, capture_output=True, text=True, check=True)
predicted = np.array(done.stdout.split(), float)

# %%
# The same numbers as in Python.

print(f"largest difference: {np.abs(predicted - model.predict_one_step(wave[400:])).max():.1e}")
subprocess.run([compiler, "-std=c99", "-Os", "-c", "model.c"], cwd=folder, check=True)
print(f"compiled: {(folder / 'model.o').stat().st_size / 1024:.0f} KiB with all numbers")

figure, axes = plt.subplots(figsize=(8, 2.6))
axes.plot(wave[400:], color="0.3", label="series")
axes.plot(predicted, color="tab:orange", linestyle="--", label="forecast of the C program, one step ahead")
axes.legend(loc="lower left", ncols=2)
figure.tight_layout()
