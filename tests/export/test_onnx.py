"""ONNX models in onnxruntime agree with `predict`."""

import json

import numpy as np
import pytest
from export_cases import (
    COMMITTEES,
    OTHERS,
    POOLED,
    POPULATIONS,
    SERIES,
    all_experts,
    classifier,
    committee,
    fitted_on_bumps,
    forecaster,
    regressor,
    sequences,
)

import aurita
from aurita import Learning, Population
from aurita.export import to_onnx
from aurita.units import TraceUnit

onnxruntime = pytest.importorskip("onnxruntime")

EXACT = {"rtol": 1e-5, "atol": 1e-5}
LOOSE = {"rtol": 1e-5, "atol": 5e-5}
"""Of units that divide by a deviation or add up many steps, whose rounding large weights of a readout enlarge."""


def _session(model, folder, **options):
    path = folder / "model.onnx"
    to_onnx(model, path, **options)
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("name", POPULATIONS)
def test_units_of_all_kinds_step_by_step_and_over_sequences(name, tmp_path):
    learning = "frozen" if name in OTHERS else Learning(objective="mixed", steps=5)
    model, X = regressor(populations=POPULATIONS[name], clock=(7.0, 2.5), learning=learning)
    expected = np.stack(model.predict(list(X)))
    found = _session(model, tmp_path).run(["prediction"], {"X": X})[0]
    np.testing.assert_allclose(found[..., 0], expected, **(LOOSE if name in OTHERS else EXACT))
    session = _session(model, tmp_path, form="step")
    states, predicted = {}, []
    names = [one.name for one in session.get_outputs()]
    for x in X[0]:
        found = dict(zip(names, session.run(None, {"x": x[None], **states}), strict=True))
        states = {name.removesuffix("_after"): value for name, value in found.items() if name.endswith("_after")}
        predicted.append(found["prediction"][0, 0])
    np.testing.assert_allclose(predicted, expected[0], **(LOOSE if name in OTHERS else EXACT))


def test_slow_traces_over_many_steps(tmp_path):
    X, _ = sequences(count=4, steps=2000)
    traces = Population(unit=TraceUnit(slots=3, tau=(10.0, 3000.0)), units=4, passage="mixed", hears="each")
    targets = [np.roll(x[:, 0], 2) for x in X]
    model = aurita.ReservoirRegressor(populations=[traces], learning="frozen").fit(list(X), targets)
    found = _session(model, tmp_path).run(["prediction"], {"X": X})[0]
    np.testing.assert_allclose(found[..., 0], np.stack(model.predict(list(X))), **EXACT)


@pytest.mark.parametrize(
    "settings",
    [
        {"summary": "times:4", "washout": 3},
        {"summary": "last", "readout": "logistic"},
        {"summary": "mean", "ensemble": 2},
        {"summary": "mean_deviation", "washout": 5, "ensemble": 2, "readout": "logistic"},
        {"units": 0},
    ],
)
def test_classifiers(settings, tmp_path):
    model, X = classifier(**settings)
    session = _session(model, tmp_path)
    for some in (X, X[:1, :17]):
        probabilities, label = session.run(["probabilities", "label"], {"X": some})
        np.testing.assert_allclose(probabilities, model.predict_proba(some), **EXACT)
        classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
        assert [classes[number] for number in label] == model.predict(some).tolist()


@pytest.mark.parametrize(
    "settings",
    [
        {"difference": 0},
        {"difference": 1, "channels": 2, "ensemble": 2},
        {"difference": 1, "season": 4, "covariates": True, "clock": (7.0,)},
        {"difference": 2, "predicts": "increments", "lower": 0.0, "upper": 122.0},
        {"difference": 0, "covariates": True, "populations": POPULATIONS["dilated"]},
    ],
)
def test_forecasters_step_by_step(settings, tmp_path):
    model, y, X = forecaster(**settings)
    session = _session(model, tmp_path)
    names = [one.name for one in session.get_outputs()]
    last = json.loads(session.get_modelmeta().custom_metadata_map["last"])
    np.testing.assert_allclose(last, y[199], rtol=1e-9)
    expected = model.predict_one_step(y[200:], None if X is None else X[200:])
    states, predicted = {}, []
    for step in range(199, 229):
        given = {"value": y[step][None]} | ({} if X is None else {"covariates": X[step + 1][None]})
        found = dict(zip(names, session.run(None, {**given, **states}), strict=True))
        states = {name.removesuffix("_after"): value for name, value in found.items() if name.endswith("_after")}
        predicted.append(found["forecast"][0])
    np.testing.assert_allclose(np.array(predicted), expected.reshape(30, -1), rtol=1e-5)
    # Closed on itself it is the forecast, of one reservoir at any horizon.
    ahead = model.predict(10, None if X is None else X[200:210], intervals=None).mean.reshape(10, -1)
    states, value, free = {}, y[199][None], []
    for step in range(10):
        given = {"value": value} | ({} if X is None else {"covariates": X[200 + step][None]})
        found = dict(zip(names, session.run(None, {**given, **states}), strict=True))
        states = {name.removesuffix("_after"): value for name, value in found.items() if name.endswith("_after")}
        value = found["forecast"]
        free.append(value[0])
    compared = 1 if settings.get("ensemble") else 10
    np.testing.assert_allclose(np.array(free)[:compared], ahead[:compared], rtol=1e-4)


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("name", POOLED)
def test_shape_units(name, ragged, tmp_path, monkeypatch):
    X, classifier, regressor = fitted_on_bumps(name, ragged, monkeypatch)
    for model in (classifier, regressor):
        session = _session(model, tmp_path)
        for x in [*X[:6], X[0][:9], X[3][:20], np.repeat(X[0][:1], 30, axis=0)]:
            found = session.run(None, {"X": x[None]})
            if model is regressor:
                np.testing.assert_allclose(found[0], model.predict([x])[:, None], **EXACT)
            else:
                np.testing.assert_allclose(found[0], model.predict_proba([x]), **EXACT)
                assert model.classes_[found[1][0]] == model.predict([x])[0]
    with pytest.raises(aurita.AuritaError, match="whole sequences, whose pooled values"):
        to_onnx(classifier, tmp_path / "step.onnx", form="step")


@pytest.mark.parametrize("name", SERIES)
def test_every_expert(name, tmp_path):
    model, window = all_experts(name)
    expected = model.predict(intervals=None).mean.reshape(9, -1)
    found = _session(model, tmp_path).run(["forecast"], {"window": window})[0]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", COMMITTEES)
def test_committees_over_a_window(name, tmp_path):
    model, cases = committee(name)
    for window, known, expected in cases:
        session = _session(model, tmp_path, window=len(window))
        given = {"window": window} | ({} if known is None else {"covariates": known})
        np.testing.assert_allclose(session.run(["forecast"], given)[0], expected, **EXACT)
    with pytest.raises(aurita.AuritaError, match=r"window is 3 steps; expected 1\d to 600"):
        to_onnx(model, tmp_path / "model.onnx", window=3)
    with pytest.raises(aurita.AuritaError, match="a whole window anew"):
        to_onnx(model, tmp_path / "model.onnx", form="step")


def test_an_esn_of_reservoirpy(tmp_path):
    reservoirpy = pytest.importorskip("reservoirpy")
    x = np.sin(np.arange(300) / 5)[:, None]
    esn = reservoirpy.ESN(units=100, sr=0.9, ridge=1e-8, seed=0).fit(x[:-1], x[1:])
    model = aurita.from_reservoirpy(esn)
    found = _session(model, tmp_path).run(None, {"X": x[None]})[0][0]
    np.testing.assert_allclose(found, model.predict([x])[0], rtol=0, atol=1e-9)


def test_what_cannot_be_exported_is_named(tmp_path):
    with pytest.raises(aurita.AuritaError, match=r"expected form='fixed', or a model with summary='last'"):
        to_onnx(classifier()[0], tmp_path / "model.onnx", form="step")
    with pytest.raises(aurita.AuritaError, match="goes on step by step"):
        to_onnx(forecaster()[0], tmp_path / "model.onnx", form="fixed")
    with pytest.raises(aurita.AuritaError, match="expected one of auto, fixed, step"):
        to_onnx(forecaster()[0], tmp_path / "model.onnx", form="once")
    with pytest.raises(aurita.AuritaError, match="without experts; leave window out"):
        to_onnx(forecaster()[0], tmp_path / "model.onnx", window=50)
    with pytest.raises(aurita.AuritaError, match="a list cannot be exported"):
        to_onnx([], tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
