"""Both ends of the dependency ranges: install the oldest or newest versions that `pyproject.toml` allows, and try them.

    python tools/ranges.py oldest            # the core: no extra
    python tools/ranges.py newest onnx hub   # with extras

The last commit is tried. An environment is made in a temporary folder, and what a user does first runs in it: a
forecast, a classification, a saved model, and the command line; of an extra also what it is for, where that is among
`EXTRAS`. The exit code is that of the trial. Warnings are errors where the newest versions of the core are tried.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
TRIAL = """
import importlib.metadata, sys, tempfile, warnings
from pathlib import Path
import numpy as np
import pandas as pd
from sklearn.utils.estimator_checks import estimator_checks_generator
from aurita import ReservoirClassifier, ReservoirForecaster, load

wave = np.sin(np.arange(300) / 5) + 0.1 * np.random.default_rng(0).normal(size=300)
days = pd.Series(wave, pd.date_range("2024-01-01", periods=300))
model = ReservoirForecaster(horizon=10).fit(days[:290])
forecast = model.predict()
assert np.abs(forecast.mean - wave[290:]).mean() < 0.3, forecast.mean
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "wave.aurita")
    model.save(path)
    assert np.array_equal(load(path).predict().mean, forecast.mean)
y = np.arange(60) % 2
X = [np.sin(np.arange(30 + n % 9)[:, None] / (2 + label)) for n, label in enumerate(y)]
assert ReservoirClassifier(units=20).fit(X[:40], y[:40]).score(X[40:], y[40:]) > 0.9
assert ReservoirClassifier().fit(X[:40], y[:40]).score(X[40:], y[40:]) > 0.9
failed = []
for estimator, check in estimator_checks_generator(ReservoirClassifier(units=2, summary="mean")):
    name = getattr(check, "func", check).__name__
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check(estimator)
    except Exception as error:
        failed.append(f"{name}: {error}")
print(len(failed), "checks of scikit-learn failed:", *(one[:160] for one in failed), sep="\\n  ")
for name in sys.argv[1:]:
    print(f"{name} {importlib.metadata.version(name)}", end="  ")
print()
"""

EXTRAS = {
    "onnx": """
import onnxruntime
from aurita.export import to_onnx
fitted = ReservoirClassifier().fit(X[:40], y[:40])
to_onnx(fitted, "model.onnx")
found = onnxruntime.InferenceSession("model.onnx").run(["probabilities"], {"X": X[50][None]})[0]
assert np.abs(found - fitted.predict_proba([X[50]])).max() < 1e-5
to_onnx(fitted, "step.onnx", form="step")
onnxruntime.InferenceSession("step.onnx").run(["probabilities"], {"x": X[50][:1]})
""",
    "sktime": """
from aurita.adapters.sktime import AuritaForecaster
series = pd.Series(wave, pd.period_range("2010-01", periods=300, freq="M"))
assert len(AuritaForecaster(units=8).fit(series, fh=[1, 2]).predict_interval(coverage=0.9)) == 2
""",
    "aeon": """
from aurita.adapters.aeon import AuritaClassifier
cube = np.stack([x[:30].T for x in X])
assert AuritaClassifier(units=8).fit(cube[:40], y[:40].astype(str)).score(cube[40:], y[40:].astype(str)) > 0.9
""",
    "nixtla": """
import polars as pl
from aurita.adapters import NixtlaModel
from statsforecast import StatsForecast
long = pd.DataFrame({"unique_id": "a", "ds": days.index, "y": wave})
assert len(ReservoirForecaster(units=8, horizon=7).fit(pl.from_pandas(long)).forecast(level=[80])) == 7
runs = StatsForecast(models=[NixtlaModel(ReservoirForecaster(units=8))], freq="D")
assert len(runs.forecast(df=long, h=7)) == 7
""",
    "hub": """
from aurita.adapters.hub import load_folder, save_folder
save_folder(model, "pushed", data="a wave", score="none", cost="none")
assert np.array_equal(load_folder("pushed").predict().mean, forecast.mean)
""",
    "jax": """
from aurita import EchoUnit, Learning, Population
echo = Population(unit=EchoUnit(slots=4), units=2, passage="mixed", afferents="all")
ReservoirClassifier(echo, learning=Learning(objective="target", steps=2)).fit(X[:40], y[:40]).score(X[40:], y[40:])
""",
}
"""What is tried of an extra, after the trial of the core."""


def pinned(requirement: str) -> str:
    """A requirement at its lowest version.

    Example:
        >>> pinned("numpy>=2.0"), pinned("jax==0.10.1"), pinned("psycopg[binary]>=3.1")
        ('numpy==2.0', 'jax==0.10.1', 'psycopg[binary]==3.1')
    """
    return requirement.replace(">=", "==")


def wanted(extras: list[str], project: dict) -> list[str]:
    """Requirements of the core and of some extras."""
    optional = project["optional-dependencies"]
    found = list(project["dependencies"])
    for extra in extras:
        for one in optional[extra]:
            inner = re.fullmatch(r"aurita\[(.+)\]", one)
            found += wanted(inner[1].split(","), {**project, "dependencies": []}) if inner else [one]
    return found


def main() -> int:
    end, *extras = sys.argv[1:]
    if end not in ("oldest", "newest"):
        raise SystemExit(f"{end!r} was given; expected oldest or newest, then extras")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    requirements = wanted(extras, project)
    if end == "oldest":
        requirements = [pinned(one) for one in requirements]
    names = [re.split(r"[\[=<>~ ]", one)[0] for one in requirements]
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = str(Path(folder, "bin", "python"))
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *requirements], env=clean, check=True)
        # What was committed, and nothing that an earlier build left.
        source = Path(folder, "source")
        subprocess.run(
            ["git", "-C", str(ROOT), "archive", "--prefix=source/", "-o", f"{source}.tar", "HEAD"], check=True
        )
        shutil.unpack_archive(f"{source}.tar", folder)
        subprocess.run([*pip, "--no-deps", str(source)], env=clean, check=True)
        strict = ["-W", "error"] if end == "newest" and not extras else []
        trial = "\n".join([TRIAL, *(EXTRAS.get(extra, "") for extra in extras)])
        done = subprocess.run([python, *strict, "-c", trial, *names], cwd=folder, env=clean, check=False)
        shown = subprocess.run([str(Path(folder, "bin", "aurita")), "info"], cwd=folder, env=clean, check=False)
    print(f"{end}: {'passed' if done.returncode == shown.returncode == 0 else 'FAILED'}")
    return done.returncode or shown.returncode


if __name__ == "__main__":
    sys.exit(main())
