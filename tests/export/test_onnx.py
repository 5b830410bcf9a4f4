"""ONNX models in onnxruntime agree with `predict`."""

import json

import numpy as np
import pytest
from export_cases import OTHERS, POPULATIONS, classifier, forecaster, regressor

import aurita
from aurita import Learning
from aurita.export import to_onnx

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
    states, said = {}, []
    names = [one.name for one in session.get_outputs()]
    for x in X[0]:
        found = dict(zip(names, session.run(None, {"x": x[None], **states}), strict=True))
        states = {name.removesuffix("_after"): value for name, value in found.items() if name.endswith("_after")}
        said.append(found["prediction"][0, 0])
    np.testing.assert_allclose(said, expected[0], **(LOOSE if name in OTHERS else EXACT))


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
    states, said = {}, []
    for step in range(199, 229):
        given = {"value": y[step][None]} | ({} if X is None else {"covariates": X[step + 1][None]})
        found = dict(zip(names, session.run(None, {**given, **states}), strict=True))
        states = {name.removesuffix("_after"): value for name, value in found.items() if name.endswith("_after")}
        said.append(found["forecast"][0])
    np.testing.assert_allclose(np.array(said), expected.reshape(30, -1), rtol=1e-5)
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


def test_an_esn_of_reservoirpy(tmp_path):
    reservoirpy = pytest.importorskip("reservoirpy")
    x = np.sin(np.arange(300) / 5)[:, None]
    esn = reservoirpy.ESN(units=100, sr=0.9, ridge=1e-8, seed=0).fit(x[:-1], x[1:])
    model = aurita.from_reservoirpy(esn)
    found = _session(model, tmp_path).run(None, {"X": x[None]})[0][0]
    np.testing.assert_allclose(found, model.predict([x])[0], rtol=0, atol=1e-9)


def test_what_cannot_be_exported_is_named(tmp_path):
    X = np.random.default_rng(0).normal(size=(24, 30, 1))
    model = aurita.ReservoirClassifier(shapes="only", learning="frozen").fit(X, np.arange(24) % 2)
    with pytest.raises(aurita.AuritaError, match=r"pool over whole sequences .* shapes='none'"):
        to_onnx(model, tmp_path / "model.onnx")
    with pytest.raises(aurita.AuritaError, match=r"expected form='fixed', or a model with summary='last'"):
        to_onnx(classifier()[0], tmp_path / "model.onnx", form="step")
    with pytest.raises(aurita.AuritaError, match="goes on step by step"):
        to_onnx(forecaster()[0], tmp_path / "model.onnx", form="fixed")
    with pytest.raises(aurita.AuritaError, match="expected one of auto, fixed, step"):
        to_onnx(forecaster()[0], tmp_path / "model.onnx", form="once")
    experts, *_ = forecaster(units=None, experts=True, learning="frozen")
    with pytest.raises(aurita.AuritaError, match="experts=False"):
        to_onnx(experts, tmp_path / "model.onnx")
    with pytest.raises(aurita.AuritaError, match="a list cannot be exported"):
        to_onnx([], tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
    assert len(X)
