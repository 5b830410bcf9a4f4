"""A unit, a readout, a rule and a task of one's own, in one file outside the package: everything takes them."""

import ctypes
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from aurita import (
    AttentionUnit,
    AuritaError,
    Learning,
    Population,
    Reservoir,
    ReservoirClassifier,
    ReservoirForecaster,
    ReservoirRegressor,
    learn,
    load,
    run,
    save,
)
from aurita.cli.app import app
from aurita.engine.double import runs_in_double, stream_in_double
from aurita.estimators.counting import sizes
from aurita.export import to_onnx
from aurita.learning.rules import Rule
from aurita.pictures import readout_weights
from aurita.units import UNITS, Unit, unit_from_config, unit_named

EXTERNAL = Path(__file__).parent / "external"
MODULE = "lif"


@pytest.fixture
def lif(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTERNAL))
    return __import__(MODULE)


@pytest.fixture
def population(lif):
    return Population(unit=lif.LIFUnit(slots=3), units=6, passage="mixed", afferents="all", receives="inputs")


def elsewhere(code, *arguments):
    """What a new process prints, one that can import the library but has not done so."""
    environment = {"PYTHONPATH": f"{EXTERNAL}:{Path(__file__).parents[1] / 'src'}", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, env=environment, check=False
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def by_hand(unit, weights, inputs):
    """Potentials and spike traces of one unit, step by step."""
    potential, trace, found = np.zeros(unit.slots), np.zeros(unit.slots), []
    for x in inputs:
        potential = weights["decay"] * potential + 2 * x
        spikes = potential > unit.threshold
        potential = potential - unit.threshold * spikes
        trace = 0.8 * trace + 0.2 * spikes
        found.append(np.concatenate([weights["out"] @ trace, trace, potential]))
    return np.array(found)


def test_a_reservoir_runs_it_and_offers_its_own_kind_of_feature(lif):
    unit = lif.LIFUnit(slots=2)
    reservoir = Reservoir.build([Population(unit=unit, units=1, receives="inputs", passage="mixed")], inputs=2, seed=1)
    x = np.random.default_rng(0).normal(size=(1, 20, 2))
    found, _ = run(reservoir, x, features=("output", "hidden", "potential"))
    own = reservoir.weights[0]
    afferents = x[0][:, np.asarray(reservoir.wiring[0])[:, 0]]
    slots = afferents @ np.asarray(own.passage["matrix"])[..., 0].T + np.asarray(own.passage["bias"])[:, 0]
    expected = by_hand(unit, {name: np.asarray(value)[..., 0] for name, value in own.unit.items()}, slots)
    np.testing.assert_allclose(found[0], expected, atol=1e-5)
    with pytest.raises(AuritaError, match=r"features are .*expected some of .*, potential"):
        run(reservoir, x, features=("voltage",))


def test_it_learns_by_the_rule_with_its_own_rates(lif, population):
    reservoir = Reservoir.build([population], inputs=2, seed=0)
    x = np.random.default_rng(0).normal(size=(4, 25, 2))
    how = Learning(rule=lif.Weakest(), steps=5, learning_rate=0.05)
    learnt, history = learn(reservoir, x, how)
    assert how.config()["rule"] == {"type": "lif:Weakest"}
    for losses, selected in zip(history.losses, history.selected, strict=True):
        assert selected.tolist() == (np.arange(6) == np.nanargmin(losses)).tolist()
    moved = [float(np.abs(learnt.weights[0].unit[n] - reservoir.weights[0].unit[n]).max()) for n in ("decay", "out")]
    assert 0 < moved[0] < 0.5 * moved[1], "decays have a tenth of the learning rate"


@pytest.mark.parametrize("way", ["argmax", "place"])
def test_a_rule_written_in_numpy_alone_is_refused_in_words(population, way):
    @dataclass(frozen=True, kw_only=True)
    class OfNumpy(Rule):
        ranks = native = True

        def __call__(self, losses, may, near, key, step):
            if way == "argmax":
                return may & (np.arange(len(may)) == np.argmax(np.asarray(losses)))
            chosen = np.zeros(len(may), bool)
            chosen[losses == losses.max()] = True
            return chosen & may

    x = np.random.default_rng(0).normal(size=(4, 25, 2))
    own = Reservoir.build([population], inputs=2, seed=0)
    with pytest.raises(AuritaError, match=r"rule OfNumpy cannot choose on arrays of JAX.* those of numpy as well"):
        learn(own, x, Learning(rule=OfNumpy(), steps=2))
    built_in = Reservoir.build([Population(unit=AttentionUnit(), units=3)], inputs=2, seed=0)
    assert learn(built_in, x, Learning(rule=OfNumpy(), steps=2))[1].selected.sum() == 2


def test_the_whole_sequence_is_the_steps_one_by_one(lif):
    unit = lif.LIFUnit(slots=3)
    weights = unit.init(np.array([0, 5], np.uint32), units=2)
    x = np.random.default_rng(1).normal(size=(12, 3)).astype(np.float32)
    one = {name: jnp.asarray(value[..., 1]) for name, value in weights.items()}
    response, predictions, guesses = unit.respond(one, jnp.asarray(x.T), batch=1)
    expected = by_hand(unit, {name: value[..., 1] for name, value in weights.items()}, x)
    np.testing.assert_allclose(np.asarray(response.output).T, expected[:, :3], atol=1e-5)
    assert predictions.shape == (1, 3, 12)
    assert guesses is None
    some, _, _ = unit.respond(one, jnp.asarray(x.T), batch=1, at=(3, 7))
    np.testing.assert_allclose(some.features["potential"].T, expected[[3, 7], 6:], atol=1e-5)


def test_a_classifier_is_fitted_saved_and_loaded_where_its_module_is_trusted(lif, population, tmp_path):
    task = lif.pulses(seed=0)
    model = ReservoirClassifier(population, readout=lif.Penalised(1e-2), summary="mean_deviation")
    model.fit(task.train.inputs, task.train.targets)
    assert model.score(task.test.inputs, task.test.targets) > 0.9
    path, data = tmp_path / "model", tmp_path / "data.npy"
    model.save(path)
    np.save(data, np.stack(task.test.inputs))
    expected = model.predict_proba(task.test.inputs)
    np.testing.assert_array_equal(load(path).predict_proba(task.test.inputs), expected)
    code = "import sys, numpy, aurita; m = aurita.load(sys.argv[1]{}); print(m.predict_proba(numpy.load(sys.argv[2])))"
    refused = elsewhere(code.format(""), path, data)
    assert "which is not imported; if you trust that code, import lif first" in refused
    assert "trusted=['lif']" in refused
    assert elsewhere(code.format(", trusted=['lif']"), path, data) == str(expected)
    assert elsewhere("import lif; " + code.format(""), path, data) == str(expected)


def test_a_forecaster_takes_its_units_and_its_readout(lif, population, tmp_path):
    wave = np.sin(np.arange(200) / 4)
    model = ReservoirForecaster(population, horizon=8, readout="lif:Penalised").fit(wave[:180])
    assert isinstance(model.readouts_[0], lif.Penalised)
    mean = model.predict(8).mean
    assert np.abs(mean - wave[180:188]).max() < 0.3
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").predict(8).mean, mean)


def test_settings_of_learning_are_saved_by_names(lif, tmp_path):
    model = ReservoirClassifier(units=4, learning=Learning(rule="lif:Weakest", steps=3))
    save(model, tmp_path / "model")
    assert load(tmp_path / "model").learning.rule == lif.Weakest()


def test_a_study_runs_on_the_task(lif, tmp_path):
    (tmp_path / "study.toml").write_text(
        'name = "own"\nseeds = 2\n[[task]]\nname = "lif:pulses"\noptions = { count = 8 }\n'
        '[[model]]\nname = "bare_inputs"\n'
    )
    done = CliRunner().invoke(app, ["study", "run", str(tmp_path / "study.toml"), "--storage", str(tmp_path / "db")])
    assert done.exit_code == 0, done.output
    table = CliRunner().invoke(app, ["study", "table", str(tmp_path / "study.toml"), "--storage", str(tmp_path / "db")])
    assert "lif:pulses" in table.output


def test_it_is_drawn(lif, population):
    from aurita.pictures import state_space, states_of, wiring_graph

    reservoir = Reservoir.build([population], inputs=1, seed=0)
    assert len(wiring_graph(reservoir).data) > 0
    assert len(state_space(states_of(reservoir, np.random.default_rng(0).normal(size=(3, 20, 1)))).data) > 0


def call(*arguments):
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output


def test_the_command_line_takes_all_of_them_by_name(lif, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    task = lif.pulses(seed=0)
    rows = pd.DataFrame(np.stack(task.train.inputs)[..., 0]).add_prefix("t")
    rows.assign(speed=task.train.targets).to_csv("pulses.csv", index=False)
    common = ["--label", "speed", "--units", "4"]
    own = ["--unit", "lif:SMALL", "--readout", "lif:Penalised", "--learning", "self", "--rule", "lif:Weakest"]
    call("classify", "pulses.csv", *common, *own, "--folds", "2")
    call("fit", "pulses.csv", "--task", "classify", *common, *own, "--save", "pulses.aurita")
    model = load("pulses.aurita")
    assert model.reservoirs_[0].populations[0].unit == lif.SMALL
    assert isinstance(model.readouts_[0], lif.Penalised)
    assert model.learning.rule == lif.Weakest()
    call("--trust", "lif", "predict", "pulses.aurita", "pulses.csv")
    wrong = CliRunner().invoke(app, ["classify", "pulses.csv", *common, "--folds", "2", "--unit", "lif:Penalised"])
    assert wrong.exit_code == 2
    assert "lif" in wrong.output


def test_a_forecast_takes_its_readout_by_name(lif, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"y": np.sin(np.arange(120) / 3)}).to_csv("wave.csv", index=False)
    common = ["forecast", "wave.csv", "--target", "y", "--time", "none", "--horizon", "4", "--units", "4", "--no-check"]
    call(*common, "--readout", "lif:Penalised", "--save", "wave.aurita")
    assert isinstance(load("wave.aurita").readouts_[0], lif.Penalised)
    for option, value in {"--readout": "logistic", "--rule": "all"}.items():
        assert CliRunner().invoke(app, [*common, option, value]).exit_code == 2


def test_names_that_mean_nothing_are_refused(lif):
    assert UNITS.name_of(lif.LIFUnit) == "lif:LIFUnit"
    assert unit_from_config({"type": "lif:LIFUnit", "slots": 5}) == lif.LIFUnit(slots=5)
    for name, message in {
        "lif:Spike": "the module lif has no 'Spike'",
        "liff:LIFUnit": "cannot be imported",
        "lif:Penalised": "expected a subclass of Unit",
        "lif.LIFUnit": "is unknown; expected one of",
        "lif:LIFUnit()": "names nothing; expected module:Name",
    }.items():
        with pytest.raises(AuritaError, match=message.replace("(", r"\(")):
            unit_named(name)


def _steps_of(lif, unit):
    """A regressor of every step on units of one's own, its inputs and its predictions."""
    X = np.random.default_rng(3).normal(size=(6, 25, 2))
    both = Population(unit=unit, units=4, passage="mixed", afferents="all", time_constant=3.0)
    model = ReservoirRegressor(both, features=("output", "hidden", "potential", "error"), random_state=1)
    model.fit(list(X), [np.roll(x[:, 0], 1) for x in X])
    return model, X, np.stack(model.predict(list(X)))


def test_an_onnx_graph_has_the_step_that_the_unit_gives_it(lif, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    from aurita.export import to_onnx

    model, X, expected = _steps_of(lif, lif.SMALL)
    to_onnx(model, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(["prediction"], {"X": X})[0][..., 0], expected, atol=1e-4)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")
def test_c_has_the_step_that_the_unit_gives_it(lif, tmp_path):
    from aurita.export import to_c

    model, X, expected = _steps_of(lif, lif.SMALL)
    to_c(model, tmp_path / "model.c")
    command = ["gcc", "-std=c99", "-Wall", "-Werror", "-shared", "-fPIC", "model.c", "-o", "model.so", "-lm"]
    subprocess.run(command, cwd=tmp_path, check=True)
    library, doubles = ctypes.CDLL(str(tmp_path / "model.so")), ctypes.POINTER(ctypes.c_double)
    found, out = [], np.zeros(1)
    for row in X[0]:
        library.aurita_step(np.ascontiguousarray(row).ctypes.data_as(doubles), out.ctypes.data_as(doubles))
        found.append(out[0])
    np.testing.assert_allclose(found, expected[0], atol=1e-4)


def test_units_without_these_methods_are_not_exported(lif, tmp_path):
    pytest.importorskip("onnx")
    from aurita.export import to_c, to_onnx

    class Bare(lif.LIFUnit, abstract=True):
        """Leaky neurons that say nothing of exports."""

        onnx_step, c_step = Unit.onnx_step, Unit.c_step

    model, *_ = _steps_of(lif, Bare(slots=3))
    for export, method in ((to_onnx, "onnx_step"), (to_c, "c_step")):
        with pytest.raises(AuritaError, match=f"units of type Bare have no {method}"):
            export(model, tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_they_run_in_double_precision_where_their_weights_are(lif):
    both = Population(unit=lif.SMALL, units=2, passage="mixed", afferents="all", receives="inputs")
    reservoir = Reservoir.build([both], inputs=2, seed=1)
    assert not runs_in_double(reservoir, ("output",)), "its weights are float32"
    own = reservoir.weights[0]
    weights = {name: np.asarray(value, np.float64) for name, value in own.unit.items()}
    reservoir = reservoir.replace(weights=(own.replace(unit=weights),))
    assert runs_in_double(reservoir, ("output",))
    x = np.random.default_rng(0).normal(size=(1, 30, 2))
    ((start, found),) = stream_in_double(reservoir, x, ("input", "output"))
    matrix, bias = (np.asarray(own.passage[name], np.float64) for name in ("matrix", "bias"))
    expected = [x[0]]
    for unit in range(2):
        slots = x[0][:, np.asarray(reservoir.wiring[0])[:, unit]] @ matrix[..., unit].T + bias[:, unit]
        expected.append(by_hand(lif.SMALL, {n: value[..., unit] for n, value in weights.items()}, slots)[:, :3])
    order = [0, 1, *(2 + unit * 3 + slot for slot in range(3) for unit in range(2))]
    assert start == 0
    np.testing.assert_allclose(found[0], np.concatenate(expected, axis=1)[:, order], atol=1e-12)


def test_a_readout_without_weights_is_described_and_not_exported(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(EXTERNAL))
    average = __import__("average")
    X, y = np.random.default_rng(0).normal(size=(12, 9, 2)), np.arange(12) % 3
    model = ReservoirClassifier(units=3, readout=average.Average, shapes="none").fit(X, y)
    assert sizes(model)[0] == 3  # a mean for every class
    model.save(tmp_path / "model.aurita")
    shown = CliRunner().invoke(app, ["info", str(tmp_path / "model.aurita")])
    assert shown.exit_code == 0
    assert "3 trained" in shown.output
    with pytest.raises(AuritaError, match="a Average has no coef_ and intercept_, which this needs"):
        to_onnx(model, tmp_path / "model.onnx")
    with pytest.raises(AuritaError, match="no coef_"):
        readout_weights(model)
