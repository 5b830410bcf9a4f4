"""Types that users see: mypy, strict, on small programs that call the library as it is installed."""

import ast
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import aurita

PROGRAM = """
from typing import assert_type

import numpy as np

from aurita import AttentionUnit, Learning, Population, Reservoir, learn, load, run
from aurita import ReservoirClassifier, ReservoirForecaster
from aurita.pictures import state_space, write_page
from aurita.studies import Study, compare

X = [np.zeros((10, 2)), np.ones((12, 2))]
learning = Learning(objective="self", steps=10, batch=2)
model = ReservoirClassifier(units=8, learning=learning, summary="mean", alphas=[0.1]).fit(X, ["a", "b"])
assert_type(model, ReservoirClassifier)
print(model.predict(X), model.score(X, ["a", "b"]))
model.save("model.aurita")
print(load("model.aurita").predict(X))
reservoir = Reservoir.build([Population(unit=AttentionUnit(slots=3), units=5)], inputs=2, seed=1)
assert_type(reservoir, Reservoir)
learnt, history = learn(reservoir, np.zeros((1, 10, 2)), learning)
states, state = run(learnt, np.zeros((1, 10, 2)))
print(states.shape, history.losses.mean(), state.time, ReservoirForecaster(horizon=3).fit(states[0, :, 0]).predict(3))
"""

WRONG = """
import aurita
from aurita import Learning, Population, Reservoir, ReservoirClassifier

ReservoirClassifier(unit=8)
Learning(steps="many")
Population(units=3)
Reservoir.build([], inputs="two")
aurita.ReservoirClasifier()
"""


# Libraries whose types no program here touches; jaxlib alone takes as long as all of aurita.
SKIPPED = [
    "jax",
    "jaxlib",
    "equinox",
    "optax",
    "optuna",
    "sqlalchemy",
    "polars",
    "matplotlib",
    "onnx",
    "pydantic",
    "rich",
]
CONFIG = f"""
[mypy]
strict = true
follow_imports = silent
ignore_missing_imports = true
[mypy-{",".join(f"{name}.*" for name in SKIPPED)}]
follow_imports = skip
"""


@pytest.fixture(scope="module")
def reported(request, tmp_path_factory):
    """What mypy says of the programs; its cache is kept, as a first look at all that the library imports takes long."""
    kept = getattr(request.config, "cache", None)
    cache = kept.mkdir("mypy") if kept else tmp_path_factory.mktemp("mypy")
    folder = tmp_path_factory.mktemp("programs")
    for name, text in {"program.py": PROGRAM, "wrong.py": WRONG, "mypy.ini": CONFIG}.items():
        (folder / name).write_text(text)
    environment = {**os.environ, "MYPYPATH": str(Path(aurita.__file__).parent.parent)}
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(cache), "program.py", "wrong.py"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert "checked 2 source files" in done.stdout, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_a_users_program_is_typed(reported):
    assert not [line for line in reported if line.startswith("program.py")]


def test_wrong_calls_are_found(reported):
    for line, word in {5: "unit", 6: "steps", 7: "unit", 8: "inputs", 9: "ReservoirClasifier"}.items():
        assert any(text.startswith(f"wrong.py:{line}: error") and word in text for text in reported), (line, reported)


def test_the_package_says_that_it_is_typed():
    assert (Path(aurita.__file__).parent / "py.typed").exists()


@pytest.mark.parametrize("name", ["aurita", "aurita.pictures", "aurita.studies"])
def test_what_is_loaded_lazily_is_what_type_checkers_see(name):
    module = import_module(name)
    seen = {}
    for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for one in ast.walk(node):
                if isinstance(one, ast.ImportFrom):
                    seen |= {alias.asname: one.module for alias in one.names}
    assert set(module.__all__) - {"__version__"} == set(seen)
    for given, place in seen.items():
        assert getattr(module, given) is getattr(import_module(place), given)
