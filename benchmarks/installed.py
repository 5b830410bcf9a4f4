"""What a base installation takes on disk: a fresh environment with the package and nothing of its extras.

python benchmarks/installed.py [WHEEL]      (without a wheel the source is built, which takes a minute)
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
_CODE = (".pyc", ".pyo")


def main() -> None:
    """Print megabytes of site-packages, with byte code and without, and the largest packages."""
    given = sys.argv[1] if len(sys.argv) > 1 else str(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        command = [str(python), "-m", "pip", "install", "-q", "-c", str(ROOT / "constraints.txt"), given]
        subprocess.run(command, check=True)
        (packages,) = Path(folder).rglob("site-packages")
        sizes: dict[str, int] = {}
        code = 0
        for path in packages.rglob("*"):
            if path.is_file():
                name = path.relative_to(packages).parts[0].split("-")[0]
                if name in ("pip", "setuptools"):
                    continue
                sizes[name] = sizes.get(name, 0) + path.stat().st_size
                code += path.stat().st_size if path.suffix in _CODE else 0
    total = sum(sizes.values())
    print(f"base installation: {total / 2**20:.0f} MB, {(total - code) / 2**20:.0f} MB without byte code")
    for name in sorted(sizes, key=sizes.get, reverse=True)[:8]:
        print(f"  {name:<24} {sizes[name] / 2**20:5.0f} MB")


if __name__ == "__main__":
    main()
