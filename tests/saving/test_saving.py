"""Saving: the same bytes in a new process, and a plain word about files that cannot be read."""

import hashlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import jax
import numpy as np
import pandas as pd
import pytest
from saved_models import RNG, SALES, X

import aurita
from aurita import AuritaError, EchoUnit, Learning, Population, Reservoir, load, preset, run, save
from aurita.estimators import ReservoirClassifier

DATA = Path(__file__).parent.parent / "data"


def test_a_new_process_predicts_the_same_bytes(saved, tmp_path):
    folder, predicted = saved
    questions = tmp_path / "questions.npz"
    np.savez(questions, *X)
    script = f"""
import hashlib
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import numpy as np
from aurita import load
from saved_models import answer
X = [array for array in np.load({str(questions)!r}).values()]
for name in {list(predicted)!r}:
    question = (5, np.arange(5)) if name == "forecaster" else X
    print(name, hashlib.sha256(answer(load({str(folder)!r} + "/" + name), question)).hexdigest())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    expected = {name: hashlib.sha256(content).hexdigest() for name, (content, _) in predicted.items()}
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
    assert back.connected == reservoir.connected


def test_files_of_the_first_format_predict_what_they_did(tmp_path):
    # Written, and asked, by the version before the second format.
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(n, 2)).round(3) for n in (9, 7)]
    predicted = load(DATA / "format-1-classifier.aurita").predict_proba(sequences)
    expected = [
        [0.3345341361729687, 0.33311011225920023, 0.332355751567831],
        [0.33315039737421737, 0.33451819958468587, 0.3323314030410968],
    ]
    np.testing.assert_allclose(predicted, expected, rtol=1e-5)
    model = load(DATA / "format-1-forecaster.aurita")
    forecast = model.predict(3)
    np.testing.assert_allclose(forecast.mean, [3.9130024289749765, 4.0465314484216535, 4.070445876705308], rtol=1e-5)
    np.testing.assert_allclose(forecast.upper, [3.913638235652461, 4.048043868518066, 4.072836987071132], rtol=1e-5)
    assert forecast.index[0] == pd.Timestamp("2029-01-31")
    # And saved again they are of this format.
    model.save(tmp_path / "again")
    assert b'\\"format\\": 3' in (tmp_path / "again").read_bytes()
    np.testing.assert_array_equal(load(tmp_path / "again").predict(3).mean, forecast.mean)


def test_predictions_that_are_none_are_refused_in_memory_too(saved):
    for name, question in (("classifier", (X,)), ("regressor", (X,)), ("forecaster", (2, [0, 1]))):
        model = load(saved[0] / name)
        model.readouts_[0].coef_ = model.readouts_[0].coef_ * np.nan
        with pytest.raises(AuritaError, match=r"the model predicts NaN,? (or )?inf"):
            model.predict(*question)
    model = load(saved[0] / "forecaster")
    model.readouts_[0].coef_ = model.readouts_[0].coef_ + 1e30
    with pytest.raises(AuritaError, match="absurdly large"):
        model.predict(2, [0, 1])


def test_what_is_not_finite_is_not_saved(tmp_path, saved):
    model = load(saved[0] / "forecaster")
    model.readouts_[0].coef_ = model.readouts_[0].coef_ * np.nan
    with pytest.raises(AuritaError, match="NaN, infinite or absurdly large"):
        model.save(tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_a_broken_installation_is_not_the_files_fault(saved, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(AuritaError, match="this installation cannot read or write models"):
        load(saved[0] / "regressor")


def test_threads_that_save_and_load_one_path_see_whole_models(tmp_path):
    path = tmp_path / "model"
    ours = [ReservoirClassifier(units=number, washout=number) for number in range(1, 5)]
    save(ours[0], path)
    ends = time.monotonic() + 1.5

    def saves(model):
        while time.monotonic() < ends:
            model.save(path)

    threads = [threading.Thread(target=saves, args=(model,)) for model in ours]
    for thread in threads:
        thread.start()
    read = 0
    while time.monotonic() < ends:
        found = load(path)
        assert found.units == found.washout
        read += 1
    for thread in threads:
        thread.join()
    assert read > 5
    assert os.listdir(tmp_path) == ["model"]


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
