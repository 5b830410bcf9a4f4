"""Two thousand files of all makes, each read as series and as labelled sequences: finite values, or one clear refusal.

    python benchmarks/fuzz_files.py [--files 2000] [--first 0]

The files are those of `tests/io/generated.py`, by their seed. What is neither is printed with the seed.
"""

import argparse
import importlib.util
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests" / "io" / "test_generated.py"


def main() -> int:
    """Read all files, and print the tally; 1 where something else came of a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    spec = importlib.util.spec_from_file_location("test_generated", TESTS)
    assert spec is not None
    assert spec.loader is not None
    tests = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tests)
    warnings.simplefilter("error")
    tally: Counter[str] = Counter()
    wrong, slowest = 0, (0.0, 0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        for seed in range(asked.first, asked.first + asked.files):
            path.write_bytes(tests.generated.random_file(seed))
            start = time.process_time()
            try:
                tally.update(tests.outcomes(path))
            except Exception:
                wrong += 1
                print(f"seed {seed}:\n{traceback.format_exc()}")
            slowest = max(slowest, (time.process_time() - start, seed))
    for outcome, count in sorted(tally.items()):
        print(f"{outcome:<14}{count:>7}")
    print(
        f"{asked.files} files, {wrong} with another exception; the slowest took {slowest[0]:.2f} s (seed {slowest[1]})"
    )
    return int(wrong > 0 or slowest[0] > tests.LONGEST)


if __name__ == "__main__":
    sys.exit(main())
