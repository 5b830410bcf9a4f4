"""Saving: the same bytes in a new process, and a plain word about files that cannot be read."""

import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
from pathlib import Path

import jax
import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load as parse
from safetensors.numpy import save as serialise
from safetensors.numpy import save_file

import aurita
from aurita import AuritaError, EchoUnit, Learning, Population, Reservoir, load, preset, run, save
from aurita.estimators import ReservoirClassifier, ReservoirForecaster, ReservoirRegressor

DATA = Path(__file__).parent.parent / "data"
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
    folder, predicted = tmp_path_factory.mktemp("models"), {}
    for name, model, question in models():
        model.save(folder / name)
        predicted[name] = answer(model, question), question
    return folder, predicted


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
    folder, predicted = saved
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
for name in {list(predicted)!r}:
    question = (5, np.arange(5)) if name == "forecaster" else X
    print(name, hashlib.sha256(test_saving.answer(load({str(folder)!r} + "/" + name), question)).hexdigest())
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


def rewritten(content, change):
    """A file whose header, of safetensors and of ours, was changed; the checksum stays."""
    (size,) = struct.unpack("<Q", content[:8])
    described = json.loads(content[8 : 8 + size])
    header = json.loads(described["__metadata__"]["aurita"])
    text = change(described, header)
    if text is None:
        described["__metadata__"]["aurita"] = json.dumps(header)
        text = json.dumps(described)
    return struct.pack("<Q", len(text)) + text.encode() + content[8 + size :]


def forged(content, change):
    """A file with something else in it, and a right checksum."""
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["aurita"])
    described, arrays = json.loads(header["object"]), parse(content)
    found = change(described, arrays)
    text = json.dumps(described) if found is None else found
    digest = hashlib.sha256(json.dumps([header["format"], header["version"]]).encode() + text.encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}".encode() + arrays[name].tobytes())
    return serialise(arrays, {"aurita": json.dumps({**header, "object": text, "checksum": digest.hexdigest()})})


def test_a_newer_format(saved, tmp_path):
    content = (saved[0] / "regressor").read_bytes()
    newer = rewritten(content, lambda _, header: header.update(format=99, version="7.0"))
    (tmp_path / "newer").write_bytes(newer)
    with pytest.raises(AuritaError, match=r"format 99, written by aurita 7\.0.*upgrade"):
        load(tmp_path / "newer")


@pytest.mark.parametrize(
    "change", [{"format": 1}, {"version": "0.0.9"}, {"version": None}, {"more": 1}, {"format": True}]
)
def test_format_and_version_are_guarded_too(saved, tmp_path, change):
    content = (saved[0] / "regressor").read_bytes()
    (tmp_path / "other").write_bytes(rewritten(content, lambda _, header: header.update(change)))
    with pytest.raises(AuritaError, match=r"damaged|upgrade"):
        load(tmp_path / "other")


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


def _offsets(described, name="a0", **entry):
    described[name].update(entry)


@pytest.mark.parametrize(
    "change",
    [
        lambda d, _: _offsets(d, data_offsets=[0]),
        lambda d, _: _offsets(d, data_offsets=[0, 1, 2]),
        lambda d, _: _offsets(d, data_offsets=[-8, 0]),
        lambda d, _: _offsets(d, data_offsets=[0, 10**15]),
        lambda d, _: _offsets(d, data_offsets=["0", "8"]),
        lambda d, _: _offsets(d, dtype="F8"),
        lambda d, _: _offsets(d, dtype=[]),
        lambda d, _: _offsets(d, shape=[10**9, 10**9]),
        lambda d, _: _offsets(d, shape=[-1]),
        lambda d, _: _offsets(d, shape="x"),
        lambda d, _: d.update(a0=None),
        lambda d, _: d["__metadata__"].update(other=3),
        lambda d, _: json.dumps({**d, "__metadata__": []}),
        lambda d, _: "{" + "[" * 100_000,
        lambda d, _: '{"a": ' * 3000,
        lambda d, _: json.dumps(d)[:-1] + ', "a0": {"dtype": "F64", "shape": [0], "data_offsets": [0, 0]}}',
    ],
)
def test_a_container_that_is_none(saved, tmp_path, change):
    (tmp_path / "odd").write_bytes(rewritten((saved[0] / "regressor").read_bytes(), change))
    with pytest.raises(AuritaError, match=r"damaged|truncated|no file of aurita's"):
        load(tmp_path / "odd")


def _node(described, kind):
    """The first description of a kind of object."""
    found = [described]
    for node in found:
        if isinstance(node, dict) and kind in node:
            return node[kind]
        found.extend(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
    raise KeyError(kind)


HUGE = {"texts": {"values": ["a"], "dtype": "<U500000000", "shape": [1]}}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("regressor", lambda d, a: "[" * 2000 + "]" * 2000),
        ("regressor", lambda d, a: '{"tuple": [' * 300 + "]}" * 300),
        ("regressor", lambda d, a: '{"a": 1, "a": 1}'),
        ("regressor", lambda d, a: '{"float": NaN}'),
        ("regressor", lambda d, a: _node(d, "Reservoir").update(inputs=10**9)),
        ("regressor", lambda d, a: _node(d, "Reservoir").update(inputs=True)),
        ("regressor", lambda d, a: _node(d, "Reservoir").update(feedback=10**12)),
        ("regressor", lambda d, a: _node(d, "Reservoir").update(clock=[{"float": "nan"}])),
        ("regressor", lambda d, a: _node(d, "Reservoir")["populations"][0]["dict"].update(units=10**9)),
        ("regressor", lambda d, a: _node(d, "unit")["dict"].update(memory=10**9)),
        ("regressor", lambda d, a: _node(d, "unit")["dict"].update(dilation=10**7)),
        ("regressor", lambda d, a: _node(d, "unit")["dict"].update(slots="4")),
        ("regressor", lambda d, a: _node(d, "Weights").update(rates=3)),
        ("regressor", lambda d, a: _node(d, "fitted")["dict"].update(outputs_=7)),
        ("regressor", lambda d, a: _node(d, "fitted")["dict"].update(score_="x", predict_=1) or "null and void"),
        ("classifier", lambda d, a: _node(d, "fitted")["dict"].update(classes_=HUGE)),
        ("classifier", lambda d, a: _node(d, "fitted")["dict"].update(readouts_=[])),
        ("classifier", lambda d, a: _node(d, "parameters")["dict"].update(summary="times:1000000000")),
        ("classifier", lambda d, a: _node(d, "parameters")["dict"].update(readout="logistic")),
        ("logistic", lambda d, a: _node(d, "LogisticReadout")["config"]["dict"].update(labels="<U500000000")),
        ("forecaster", lambda d, a: _node(d, "Plan").update(horizon=10**9)),
        ("forecaster", lambda d, a: _node(d, "Frame").update(calendars=[])),
        ("forecaster", lambda d, a: _node(d, "Calendar").update(step="fortnight")),
        ("forecaster", lambda d, a: _node(d, "Calendar").update(zone="Nowhere/Land")),
        ("forecaster", lambda d, a: a.update(a1=a["a0"])),
        ("forecaster", lambda d, a: a.__delitem__("a0")),
        *[
            ("forecaster", lambda d, a, n=n: a.update({n: a[n].astype(complex).view(float)}))
            for n in ("a0", "a3", "a7")
        ],
    ],
)
def test_what_does_not_fit_together_is_refused_with_a_right_checksum(saved, tmp_path, name, change):
    path = tmp_path / "forged"
    path.write_bytes(forged((saved[0] / name).read_bytes(), change))
    tracemalloc.start()
    with pytest.raises(AuritaError, match="damaged"):
        load(path)
    assert tracemalloc.get_traced_memory()[1] < 64e6
    tracemalloc.stop()


@pytest.mark.parametrize("name", ["classifier", "logistic", "regressor", "forecaster"])
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_no_weight_that_is_none_becomes_a_prediction(saved, tmp_path, name, value):
    content = (saved[0] / name).read_bytes()
    # Of the weights of units, of passages, and of readouts, one each.
    weights = re.findall(r'"(a[0-9]+)"', json.dumps(forged_parts(content)))
    assert weights
    for array in dict.fromkeys(weights):

        def change(_, arrays, array=array):
            arrays[array] = arrays[array].copy()
            arrays[array].flat[0] = value

        given = parse(content)[array]
        # The weights of a regressor's readout are as large as its targets.
        if (
            given.dtype.kind != "f"
            or given.size == 0
            or (name == "regressor" and given.dtype == float and value == 1e30)
        ):
            continue
        (tmp_path / "forged").write_bytes(forged(content, change))
        with pytest.raises(AuritaError, match=r"NaN, infinite or absurdly large|leak rates"):
            load(tmp_path / "forged").predict(*((2, [0, 1]) if name == "forecaster" else (X,)))


def forged_parts(content):
    """Where a description names the arrays that numbers are multiplied by."""
    (size,) = struct.unpack("<Q", content[:8])
    described = json.loads(json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["aurita"])["object"])
    found, waiting = [], [described]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if "Weights" in node:
                found.append(node["Weights"])
            for readout in ("RidgeReadout", "CommitteeReadout", "LogisticReadout"):
                if readout in node:
                    found.append(node[readout]["arrays"]["dict"]["coef"])
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return found


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


def test_the_beginning_is_looked_at_before_the_rest_is_read(tmp_path):
    with (tmp_path / "large").open("wb") as file:
        file.write(b"no model")
        file.truncate(1 << 40)
    with pytest.raises(AuritaError, match="no file of aurita's"):
        load(tmp_path / "large")
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(AuritaError, match="a device, a pipe"):
            load(path)


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


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="there is no such file")
def test_a_file_that_refuses_to_be_read():
    with pytest.raises(AuritaError, match="cannot read /proc/self/mem"):
        load("/proc/self/mem")


@pytest.mark.parametrize(
    "change",
    [
        lambda d, a: _node(d, "parameters")["dict"].update(readout="this:d"),
        lambda d, a: _node(d, "parameters")["dict"].update(summary="this:d"),
        lambda d, a: _node(d, "parameters")["dict"].update(summary={"this:d": {}}),
        lambda d, a: _node(d, "parameters")["dict"].update(learning={"Learning": {"rule": "this:d"}}),
        lambda d, a: _node(d, "parameters")["dict"].update(learning={"Learning": {"objective": "this:d"}}),
        lambda d, a: _node(d, "Reservoir")["populations"][0]["dict"]["unit"]["dict"].update(type="this:d"),
    ],
)
def test_a_file_imports_no_module_that_it_names(saved, tmp_path, change, capsys):
    """`this` prints a poem where it is imported."""
    path = tmp_path / "forged"
    path.write_bytes(forged((saved[0] / "classifier").read_bytes(), change))
    with pytest.raises(AuritaError, match="module this, which is not imported; if you trust that code"):
        load(path)
    assert "this" not in sys.modules
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["readout", "summary"])
def test_a_file_names_nothing_of_what_is_imported_but_units_readouts_and_the_like(saved, tmp_path, name):
    def change(described, _):
        _node(described, "parameters")["dict"][name] = "os:system"

    path = tmp_path / "forged"
    path.write_bytes(forged((saved[0] / "classifier").read_bytes(), change))
    with pytest.raises(AuritaError, match=r"os:system' is no (readout|summary); expected a subclass"):
        load(path)
