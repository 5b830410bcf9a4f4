"""Fits of ever new lengths: CPU time, memory and compilations of 1,000 forecasters of 1,000 lengths.

python benchmarks/lengths.py [how many]
"""

import logging
import sys
import time
from pathlib import Path

import jax
import numpy as np

from aurita import ReservoirForecaster
from aurita.native import engine_used


class Compilations(logging.Handler):
    """Counts the programs that XLA compiled."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Count a message that says so."""
        self.count += record.getMessage().startswith("Finished XLA compilation")


def resident() -> float:
    """Mebibytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


def main() -> None:
    """Print the growth over all fits after the first."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    compiled = Compilations()
    logger = logging.getLogger("jax")
    logger.handlers, logger.propagate = [compiled], False
    jax.config.update("jax_log_compiles", True)
    held = begun = 0.0
    for number, length in enumerate(range(100, 100 + count)):
        if number == 1:
            held, begun = resident(), time.process_time()
        forecaster = ReservoirForecaster(units=4, horizon=3, learning="frozen", difference=0)
        forecaster.fit(np.sin(np.arange(length) / 5)).predict(3)
    spent = (time.process_time() - begun) / max(count - 1, 1)
    print(f"{count} fits and forecasts of {count} lengths, engine {engine_used()}")
    print(f"  a fit after the first   {spent:.3f} CPU s")
    print(f"  memory after the first  {resident() - held:+.0f} MiB")
    print(f"  compilations in all     {compiled.count}")


if __name__ == "__main__":
    main()
