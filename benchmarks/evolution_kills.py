"""A search killed with SIGKILL at random moments, ten times, beside one that was left alone: the same bytes in the end.

python benchmarks/evolution_kills.py [--kills 10]
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from aurita.evolution._checkpoint import read

GENERATIONS = 60
SEARCH = """
import sys, time
from aurita.evolution import Genome, evolve
def slowly(done, total, score):
    print(done, flush=True)
    time.sleep(0.05)
evolve("decision", Genome(neurons=8), search=sys.argv[2], population=16, generations=int(sys.argv[3]),
       trials=(100, 50), seed=3, checkpoint=sys.argv[1], resume=True, progress=slowly)
"""


def main() -> None:
    """Print how often it was killed, where, and whether the checkpoints hold the same bytes."""
    options = argparse.ArgumentParser()
    options.add_argument("--kills", type=int, default=10)
    kills = options.parse_args().kills
    draw = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        for search in ("weights", "topology"):
            alone, killed = Path(folder) / f"{search}-alone", Path(folder) / f"{search}-killed"
            subprocess.run(command(alone, search), check=True, stdout=subprocess.DEVNULL)
            reached = []
            while len(reached) < kills:
                running = subprocess.Popen(command(killed, search), stdout=subprocess.PIPE, text=True)
                generations = 0
                for _ in range(draw.randint(1, 2 * GENERATIONS // kills)):
                    generations = int(running.stdout.readline() or GENERATIONS)
                time.sleep(draw.uniform(0, 0.1))
                running.send_signal(signal.SIGKILL)
                running.wait()
                reached.append(generations)
                if generations >= GENERATIONS:
                    killed.unlink()
            subprocess.run(command(killed, search), check=True, stdout=subprocess.DEVNULL)
            same = content(alone) == content(killed)
            print(f"{search}: killed at generations {reached} of {GENERATIONS}; the same bytes in the end: {same}")
            if not same:
                sys.exit(1)


def content(checkpoint: Path) -> tuple[dict, dict[str, bytes]]:
    """All that a checkpoint holds; the file itself has its two entries of metadata in any order."""
    description, arrays = read(checkpoint)
    return description, {name: value.tobytes() for name, value in arrays.items()}


def command(checkpoint: Path, search: str) -> list[str]:
    """A search that resumes from its checkpoint."""
    return [sys.executable, "-c", SEARCH, str(checkpoint), search, str(GENERATIONS)]


if __name__ == "__main__":
    main()
