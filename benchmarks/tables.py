"""Time and memory of reading a CSV file of a million rows, beside pandas.read_csv with its dates parsed.

    python benchmarks/tables.py [--rows 1000000] [--repeats 5]

Time is that of the processor, pandas and aurita in turn in one process; memory is the growth of the process that reads
the file once (Linux), over the size of the table that it returns (`memory_usage(deep=True)`).
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from aurita.io import prepare_series, read_table

_ONCE = """
import sys
import numpy as np, pandas as pd
from aurita.io import prepare_series, read_table
pd.read_csv(sys.argv[2], parse_dates=["date"])
read_table(sys.argv[2])
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
before = peak()
table = read_table(sys.argv[1]) if sys.argv[3] == "aurita" else pd.read_csv(sys.argv[1], parse_dates=["date"])
print((peak() - before) * 1024, int(table.memory_usage(deep=True).sum()))
"""


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small = files(Path(folder) / "small", 100)["two columns"]
        print(f"{asked.rows} rows, {asked.repeats} repeats; medians; ratios to pandas.read_csv(parse_dates)")
        print(f"{'file':<16}{'pandas s':>10}{'read_table':>12}{'+ prepare':>11}{'memory / table':>16}{'MB':>7}")
        for name, path in files(Path(folder), asked.rows).items():
            target = "y" if name == "two columns" else "x0"
            ways: list[Callable[[], object]] = [
                lambda path=path: pd.read_csv(path, parse_dates=["date"]),
                lambda path=path: read_table(path),
                lambda path=path, target=target: prepare_series(read_table(path), target=target),
            ]
            seconds = np.median([[_seconds(way) for way in ways] for _ in range(asked.repeats)], axis=0)
            grown, size = _memory(path, small, "aurita")
            ratios = seconds[1:] / seconds[0]
            shown = f"{name:<16}{seconds[0]:>10.2f}{ratios[0]:>12.2f}{ratios[1]:>11.2f}"
            print(f"{shown}{grown / size:>16.2f}{size / 1e6:>7.0f}")


def files(folder: Path, rows: int) -> dict[str, Path]:
    """Files of a date and a value, of several columns of many kinds, and of numbers alone beside a date."""
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(0)
    dates = pd.date_range("2020-01-01", periods=rows, freq="min")
    two = pd.DataFrame({"date": dates, "y": random.normal(size=rows).round(4)})
    several = pd.DataFrame(
        {"date": dates, "shop": random.integers(0, 5, rows), "kind": random.choice(["a", "b"], rows)}
        | {f"x{i}": random.normal(size=rows).round(4) for i in range(4)}
    )
    exact = pd.DataFrame({"date": dates} | {f"x{i}": random.normal(size=rows) for i in range(4)})
    gaps = several.mask(random.random(several.shape) < 0.02).assign(date=dates)
    found = {"two columns": two, "several": several, "all digits": exact, "with gaps": gaps}
    for name, frame in found.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return {name: folder / f"{name}.csv" for name in found}


def _seconds(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def _memory(path: Path, small: Path, who: str) -> tuple[float, float]:
    """Bytes that a process grows by when it reads the file, and those of the table."""
    command = [sys.executable, "-c", _ONCE, str(path), str(small), who]
    grown, size = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(grown), float(size)


if __name__ == "__main__":
    main()
