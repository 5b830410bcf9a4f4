"""What it costs to start: `import aurita` beyond jax, and `aurita --help`.

python benchmarks/startup.py
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

REPEATS = 9


def seconds(*command: str) -> float:
    """Wall time of a process."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Print medians, the commands taken in turn."""
    names = "from aurita import AttentionUnit, Reservoir, learn, run, ReservoirForecaster"
    commands = {
        "import jax": (sys.executable, "-c", "import jax"),
        "import jax, aurita": (sys.executable, "-c", "import jax, aurita"),
        "import jax and all of aurita that is used most": (sys.executable, "-c", f"import jax; {names}"),
        "aurita --help": (str(Path(sys.executable).with_name("aurita")), "--help"),
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(REPEATS):
        for name, command in commands.items():
            taken[name].append(seconds(*command))
    for name, found in taken.items():
        print(f"{name:<48} {statistics.median(found):.2f} s")


if __name__ == "__main__":
    main()
