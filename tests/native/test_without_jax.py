"""A base installation has no JAX: everything that a default user does works without it."""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from aurita.native import kernels

NO_JAX = 'import sys\nfor name in ("jax", "jaxlib", "equinox", "optax"):\n    sys.modules[name] = None\n'
NOT_BUILT = NO_JAX + "import aurita.native.library as library\nlibrary.kernels = lambda level=None: None\n"

native = pytest.mark.skipif(kernels() is None, reason="the native library was not built")

CLASSIFY = """
X, y = [rng.normal(size=(12, 2)) + k for k in (0, 2) * 10], [0, 1] * 10
model = aurita.ReservoirClassifier(random_state=0).fit(X, y)
assert model.score(X, y) > 0.9
aurita.ReservoirClassifier(random_state=0).partial_fit(X, y, classes=[0, 1]).predict(X)
model.save(folder + "/model.aurita")
assert (aurita.load(folder + "/model.aurita").predict_proba(X) == model.predict_proba(X)).all()
"""
REGRESS = """
X = rng.normal(size=(120, 2))
model = aurita.ReservoirRegressor(random_state=0).fit(X, X.sum(1))
aurita.ReservoirRegressor(random_state=0).partial_fit(X, X.sum(1)).predict(X)
model.save(folder + "/model.aurita")
assert (aurita.load(folder + "/model.aurita").predict(X) == model.predict(X)).all()
"""
FORECAST = """
y = 10 + np.sin(np.arange(80) / 2)
model = aurita.ReservoirForecaster(random_state=0).fit(y)
model.predict(6, intervals=0.9)
model.update(y[:5])
model.save(folder + "/model.aurita")
assert (aurita.load(folder + "/model.aurita").predict(6).mean == model.predict(6).mean).all()
"""
PICTURES = """
from aurita.pictures import attention_weights, states_of, unit_activity
units = aurita.Population(unit=aurita.AttentionUnit(slots=3, memory=4), units=5)
reservoir = aurita.Reservoir.build([units], inputs=2)
X = rng.normal(size=(4, 20, 2))
reservoir, _ = aurita.learn(reservoir, X, aurita.Learning(objective="self", rule="spaced", steps=3))
assert attention_weights(reservoir, X).shape == (4, 20, 5, 1, 4)
unit_activity(states_of(reservoir, X))
"""
UNITS = """
from aurita.units import UNITS, AnarchistUnit, DiagonalMemoryUnit, GivenEchoUnit, TraceUnit
given = GivenEchoUnit(slots=2, inputs=((1, 0), (0, 1)), recurrent=((0, 0), (1, 0)), bias=(0, 0), leaks=(1, 0.5))
units = [
    aurita.AttentionUnit(slots=3), aurita.AttentionUnit(slots=12), aurita.BlockUnit(slots=4), AnarchistUnit(slots=2),
    DiagonalMemoryUnit(slots=3), aurita.EchoUnit(slots=20), aurita.PhaseUnit(slots=2), TraceUnit(slots=3), given,
]
assert {type(unit) for unit in units} == set(UNITS.values()), "a test of every built-in type"
X = rng.normal(size=(12, 10, 2))
for unit in units:
    by_gradient = unit.learns_by == "gradient"
    for objective in ("self", "target", "mixed") if by_gradient else ("self",):
        population = aurita.Population(
            unit=unit, units=2, passage="learned" if by_gradient else "mixed", afferents="all", receives="inputs"
        )
        learning = aurita.Learning(objective=objective, steps=4)
        model = aurita.ReservoirRegressor(population, learning=learning, random_state=0).fit(X, X.sum((1, 2)))
        first = model.predict(X)
        assert np.isfinite(first).all()
        model.partial_fit(X[:6], X[:6].sum((1, 2)))
        assert np.isfinite(model.predict(X)).all()
        assert not by_gradient or (model.predict(X) != first).any()
"""
OPTIONS = """
from aurita.learning import Passages, drift
units = aurita.Population(unit=aurita.AttentionUnit(slots=3), units=4, passage="learned", afferents="all")
reservoir = aurita.Reservoir.build([units], inputs=2, targets=1)
X = rng.normal(size=(6, 20, 2))
for passages in (Passages(fan_in=3, every=2), Passages(aligned=True, every=2)):
    for rule in ("all", "largest", "spaced", "proportional", "random", "round_robin"):
        how = aurita.Learning(objective="mixed", rule=rule, steps=5, passages=passages)
        learnt, _ = aurita.learn(reservoir, X, how, targets=X[..., :1])
assert np.isfinite(drift(reservoir, learnt, X)).all()
how = aurita.Learning(
    objective="mixed", alpha="adaptive", optimiser="lion", input_noise=0.1, l2=0.1, stopping={}, steps=5
)
aurita.learn(reservoir, X, how, targets=X[..., :1])
"""
SEARCH = """
from aurita.evolution import AttentionGenome, Genome, RandomSearch, evolve
for genome in (Genome(neurons=4), AttentionGenome(units=2)):
    search = "topology" if isinstance(genome, Genome) else RandomSearch(population=4)
    found = evolve("decision", genome, search=search, generations=2, population=4, trials=(40, 20), elite=1)
    assert 0 <= found.test(sequences=20) <= 1
"""
AGENT = """
from aurita.units import DiagonalMemoryUnit
for unit in (aurita.AttentionUnit(slots=3), aurita.BlockUnit(slots=3), DiagonalMemoryUnit(slots=3)):
    population = aurita.Population(unit=unit, units=2, passage="learned", afferents="all", receives="inputs")
    agent = aurita.ReservoirAgent(population, steps=256, envs=8, rollout=16, random_state=0).fit("memory_length/4")
    agent.partial_fit("memory_length/4", steps=128)
"""
SCRIPTS = {
    "classify": CLASSIFY,
    "regress": REGRESS,
    "forecast": FORECAST,
    "see": PICTURES,
    "every unit": UNITS,
    "options of learning": OPTIONS,
    "search": SEARCH,
    "reward": AGENT,
}


# One process for all: most of its time goes into imports.
ALL = """
import json, traceback
import numpy as np, aurita
found = {}
for name, script in scripts.items():
    try:
        exec(script, {"np": np, "aurita": aurita, "rng": np.random.default_rng(0), "folder": folder})
        found[name] = ""
    except BaseException:
        found[name] = traceback.format_exc()
print("\\n" + json.dumps(found))
"""


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    start = f"scripts, folder = {SCRIPTS!r}, {str(tmp_path_factory.mktemp('scripts'))!r}\n"
    done = _run(NO_JAX + start + ALL)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@native
@pytest.mark.parametrize("name", SCRIPTS)
def test_python_without_jax(complaints, name):
    assert complaints[name] == ""


@native
def test_the_command_line_without_jax(tmp_path):
    month = pd.date_range("2015-01", periods=60, freq="MS").strftime("%Y-%m-%d")
    pd.DataFrame({"month": month, "sold": 100 + np.arange(60) + 10 * np.sin(np.arange(60) * np.pi / 6)}).to_csv(
        tmp_path / "sales.csv", index=False
    )
    rows = [
        {"id": i, "time": t, "x": np.sin(t / (1 + i % 2)), "label": "ab"[i % 2]} for i in range(12) for t in range(10)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "sequences.csv", index=False)
    commands = [
        ["info"],
        ["info", "--engine"],
        ["forecast", "sales.csv", "--horizon", "6"],
        ["classify", "sequences.csv", "--label", "label", "--id", "id", "--time", "time"],
        ["fit", "sales.csv", "--task", "forecast", "--save", "model.aurita"],
        ["info", "model.aurita"],
        ["predict", "model.aurita", "sales.csv"],
    ]
    script = f"""
from aurita.command import main
for command in {commands!r}:
    sys.argv = ["aurita", *command]
    try:
        main()
    except SystemExit as end:
        assert not end.code, command
"""
    done = _run(NO_JAX + script, tmp_path)
    assert done.returncode == 0, (done.stdout, done.stderr)


@pytest.mark.parametrize("environment", [{}, {"AURITA_ENGINE": "jax"}])
def test_without_either_engine_one_error_names_both_ways(environment):
    script = """
import numpy as np, aurita
try:
    aurita.ReservoirClassifier().fit(np.random.default_rng(0).normal(size=(6, 9, 1)), [0, 1] * 3)
except aurita.AuritaError as error:
    print(error)
"""
    done = _run(NOT_BUILT + script, **environment)
    assert done.returncode == 0, done.stderr
    assert "C compiler" in done.stdout
    assert "pip install 'aurita[jax]'" in done.stdout


def _run(script, folder=None, **environment):
    given = {**os.environ, "AURITA_ENGINE": "auto", **environment}
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=given, cwd=folder, timeout=560
    )
