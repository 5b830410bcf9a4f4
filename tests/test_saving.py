"""Saving: the same bytes in a new process, and a plain word about files that cannot be read."""

import hashlib
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

import aurita
from aurita import AuritaError, EchoUnit, Learning, Population, Reservoir, load, preset, run, save
from aurita.estimators import ReservoirClassifier, ReservoirForecaster, ReservoirRegressor

RNG = np.random.default_rng(0)
X = [RNG.normal(size=(n, 2)) for n in (9, 7, 8, 9, 7, 8)]
DATES = pd.date_range("2024-01-31", periods=60, freq="ME", name="month")
SALES = pd.Series(np.sin(np.arange(60) / 3) + np.arange(60) / 20, index=DATES, name="sold")


def models():
    labels = ["a", "b", "a", "b", "c", "c"]
    learning = Learning(objective="mixed", steps=2, batch=4)
    yield "classifier", ReservoirClassifier(units=2, ensemble=2, learning=learning).fit(X, labels), X
    yield "logistic", ReservoirClassifier(units=0, readout="logistic", alphas=[0.1]).fit(X, [0, 1, 0, 1, 0, 1]), X
    values = [x[:, 0] for x in X]
    yield "regressor", ReservoirRegressor(units=2, features=["input", "output"], clock=[4]).fit(X, values), X
    forecaster = ReservoirForecaster(units=4, horizon=5, difference=1).fit(SALES, np.arange(60) % 12)
    yield "forecaster", forecaster, (5, np.arange(5))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Files of all kinds of models, and what each predicts, as bytes."""
    folder, said = tmp_path_factory.mktemp("models"), {}
    for name, model, question in models():
        model.save(folder / name)
        said[name] = answer(model, question), question
    return folder, said


def answer(model, question):
    if isinstance(model, ReservoirForecaster):
        forecast = model.predict(*question)
        parts = [forecast.mean, forecast.lower, forecast.upper, forecast.index.asi8]
    elif isinstance(model, ReservoirClassifier):
        parts = [model.predict_proba(question), model.predict(question)]
    else:
        parts = model.predict(question)
    return b"".join(np.ascontiguousarray(part).tobytes() for part in parts)


def test_a_new_process_predicts_the_same_bytes(saved, tmp_path):
    folder, said = saved
    questions = tmp_path / "questions.npz"
    np.savez(questions, *X)
    script = f"""
import hashlib
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import numpy as np
from aurita import load
import test_saving
X = [array for array in np.load({str(questions)!r}).values()]
for name in {list(said)!r}:
    question = (5, np.arange(5)) if name == "forecaster" else X
    print(name, hashlib.sha256(test_saving.answer(load({str(folder)!r} + "/" + name), question)).hexdigest())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    expected = {name: hashlib.sha256(content).hexdigest() for name, (content, _) in said.items()}
    assert dict(line.split() for line in done.stdout.splitlines()) == expected


def test_parameters_and_what_was_fitted_come_back(saved):
    folder, _ = saved
    model = load(folder / "classifier")
    assert model.get_params()["learning"] == Learning(objective="mixed", steps=2, batch=4)
    assert list(model.classes_) == ["a", "b", "c"]
    assert model.histories_[1].losses.shape[0] == 2
    forecaster = load(folder / "forecaster")
    assert forecaster.predict(2, [0, 1]).index[0] == pd.Timestamp("2029-01-31")
    forecaster.update(SALES.to_numpy()[:3], [0, 1, 2])
    assert forecaster.predict(1, [0]).index[0] == pd.Timestamp("2029-04-30")


def test_an_unfitted_model_comes_back_unfitted(tmp_path):
    model = ReservoirClassifier(Population(unit=preset("memory"), units=3), alphas=np.array([0.5]), clock=(2.5, 7))
    save(model, tmp_path / "model")
    back = load(tmp_path / "model")
    assert back.populations == model.populations
    assert back.clock == (2.5, 7)
    with pytest.raises(AttributeError, match="readouts_"):
        back.readouts_  # noqa: B018


def test_a_reservoir_runs_on_from_a_saved_state(tmp_path):
    populations = [
        Population(unit=preset("forecast", shifted_keys=True, dilation=2), units=3, time_constant=5.0),
        Population(unit=EchoUnit(slots=6), units=2, passage="mixed", afferents=4),
    ]
    reservoir = Reservoir.build(populations, inputs=2, seed=3, clock=[6.0], feedback=1)
    inputs = RNG.normal(size=(2, 30, 2))
    expected, _ = run(reservoir, inputs)
    _, state = run(reservoir, inputs[:, :13])
    save(reservoir, tmp_path / "reservoir")
    save(state, tmp_path / "state")
    found, _ = run(load(tmp_path / "reservoir"), inputs[:, 13:], state=load(tmp_path / "state"))
    np.testing.assert_allclose(found, expected[:, 13:], atol=1e-6)
    back = load(tmp_path / "reservoir")
    assert jax.tree.structure(back) == jax.tree.structure(reservoir)
    assert back.heard == reservoir.heard


def test_truncated_anywhere(saved, tmp_path):
    content = (saved[0] / "regressor").read_bytes()
    for kept in (0, 5, 100, len(content) // 2, len(content) - 1):
        (tmp_path / "cut").write_bytes(content[:kept])
        with pytest.raises(AuritaError, match="truncated"):
            load(tmp_path / "cut")


def test_damaged_anywhere(saved, tmp_path):
    content = (saved[0] / "regressor").read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    # The length itself, names in the header, and numbers.
    for place in [*np.random.default_rng(1).integers(8, 8 + size, 20), 8 + size + 3, len(content) - 2]:
        broken = bytearray(content)
        broken[place] ^= 0x11
        (tmp_path / "broken").write_bytes(bytes(broken))
        with pytest.raises(AuritaError, match=r"damaged|truncated|no file of aurita's|upgrade"):
            load(tmp_path / "broken")


def test_foreign_files(tmp_path):
    (tmp_path / "text").write_text("no model, but a letter to whom it may concern")
    save_file({"weights": np.zeros(3)}, tmp_path / "safetensors", {"format": "pt"})
    np.save(tmp_path / "array.npy", np.zeros(3))
    for name in ("text", "safetensors", "array.npy"):
        with pytest.raises(AuritaError, match="no file of aurita's"):
            load(tmp_path / name)


def test_a_newer_format(saved, tmp_path):
    content = (saved[0] / "regressor").read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    described = json.loads(content[8 : 8 + size])
    header = json.loads(described["__metadata__"]["aurita"])
    described["__metadata__"]["aurita"] = json.dumps({**header, "format": 99, "version": "7.0"})
    text = json.dumps(described).encode()
    (tmp_path / "newer").write_bytes(struct.pack("<Q", len(text)) + text + content[8 + size :])
    with pytest.raises(AuritaError, match=r"format 99, written by aurita 7\.0.*upgrade"):
        load(tmp_path / "newer")


def test_paths_that_are_not_there(tmp_path, monkeypatch):
    model = ReservoirClassifier()
    with pytest.raises(AuritaError, match="there is no file"):
        load(tmp_path / "nothing")
    with pytest.raises(AuritaError, match="is a folder"):
        load(tmp_path)
    (tmp_path / "file").write_text("x")
    for path, message in (
        (tmp_path / "no" / "model", "there is no folder"),
        (tmp_path / "file" / "model", "there is no folder"),
        (tmp_path, "is a folder"),
        (tmp_path / ("n" * 300), "File name too long"),
        ("", "this is no path"),
        (".", "is a folder"),
        ("nul\0byte", "this is no path"),
        ("/dev/null", "a device, a pipe"),
        ("/proc/model", "give a path that may be written"),
    ):
        with pytest.raises(AuritaError, match=message):
            save(model, path)
    before = sorted(tmp_path.iterdir())

    def refuse(source, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(AuritaError, match="Permission denied"):
        save(model, tmp_path / "file")
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "file").read_text() == "x"


def test_what_cannot_be_saved(tmp_path):
    for model, message in (
        (ReservoirClassifier(random_state=np.random.RandomState(0)), "random_state is a RandomState"),
        (ReservoirClassifier(units=lambda: 3), "a function cannot be saved"),
        (object(), "a object cannot be saved"),
    ):
        with pytest.raises(AuritaError, match=message):
            save(model, tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_nothing_is_pickled():
    source = Path(aurita.__file__).parent
    assert all("import pickle" not in path.read_text() for path in source.rglob("*.py"))
