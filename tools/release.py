"""A wheel and an sdist, each installed into an empty environment, where the demonstration runs.

    python tools/release.py        # about ten minutes of one core

Nothing is uploaded. The files stay in `dist/`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
KERNELS = "from aurita.native import kernels; assert kernels() is not None, 'the kernels are missing'"


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    version = project["version"]
    for file, text in {
        "src/aurita/__init__.py": f'"{version}"',
        "CITATION.cff": version,
        "CHANGELOG.md": version,
    }.items():
        if text not in (ROOT / file).read_text():
            raise SystemExit(f"{file} does not name version {version}, which pyproject.toml has")
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    built()
    files = sorted((ROOT / "dist").iterdir())
    if sorted(file.suffix for file in files) != [".gz", ".whl"]:
        raise SystemExit(f"expected one wheel and one sdist in dist, found {[file.name for file in files]}")
    for file in files:
        tried(file)
    print("both install and run; what to do next is in CONTRIBUTING.md")


def built() -> None:
    """The sdist, and the wheel that is made of it."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder, "bin", "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "build"], check=True)
        # Not in the clone, whose folder `build` hides the package.
        subprocess.run([python, "-m", "build", str(ROOT), "--outdir", str(ROOT / "dist")], cwd=folder, check=True)


def tried(file: Path) -> None:
    """Install a file into an empty environment, and run the demonstration there."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        program = Path(folder, "bin")
        subprocess.run([program / "python", "-m", "pip", "install", "--quiet", f"{file}[demo]"], env=clean, check=True)
        subprocess.run([program / "python", "-c", KERNELS], cwd=folder, env=clean, check=True)
        subprocess.run([program / "aurita", "demo", "--quick"], cwd=folder, env=clean, check=True)
    print(f"{file.name}: installed and ran")


if __name__ == "__main__":
    main()
