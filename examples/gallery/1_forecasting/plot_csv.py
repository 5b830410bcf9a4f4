"""
Forecast a CSV file
===================

A file as it leaves a spreadsheet: a title above the header, semicolons, decimal commas, days before months, and a code
for missing values. The command finds all of it, notes what it did, and compares itself with a naive forecast before you
trust it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
days = pd.date_range("2023-01-02", periods=200)
trend = 120 + 0.05 * np.arange(200)
sales = trend * (1 + 0.3 * np.sin(2 * np.pi * np.arange(200) / 7)) + 6 * rng.normal(size=200)
cells = [f"{value:.1f}".replace(".", ",") for value in sales]
cells[50] = "-999"
lines = [f"{day:%d.%m.%Y};{cell}" for day, cell in zip(days, cells, strict=True)]

folder = Path(tempfile.mkdtemp())
(folder / "sales.csv").write_text("Exported by the till\n\nDate;Sales\n" + "\n".join(lines) + "\n")
print((folder / "sales.csv").read_text()[:90])

# %%
# One command reads, checks, forecasts and writes. In a shell it is
# ``aurita forecast sales.csv --horizon 14 --output forecast.csv``.

command = "forecast sales.csv --horizon 14 --missing -999 --output forecast.csv --rows 4"
done = subprocess.run(
    [sys.executable, "-m", "aurita", *command.split()], cwd=folder, capture_output=True, text=True, check=True
)
print(done.stdout)
print(done.stderr)

# %%
# The file that it wrote has a row for every day ahead.

forecast = pd.read_csv(folder / "forecast.csv", parse_dates=["Date"])
figure, axes = plt.subplots(figsize=(8, 3))
axes.plot(days[-90:], sales[-90:], color="0.3", label="sales")
axes.plot(forecast["Date"], forecast["Sales"], label="forecast")
axes.fill_between(forecast["Date"], forecast["Sales_lower"], forecast["Sales_upper"], alpha=0.2, label="90 %")
axes.legend(loc="upper left", ncols=3)
figure.autofmt_xdate()
figure.tight_layout()
