"""ONNX models in onnxruntime agree with `predict`."""

import json

import numpy as np
import pytest
from export_cases import (
    DIRECT,
    KEPT,
    OTHERS,
    POPULATIONS,
    SERIES,
    SO_FAR,
    all_experts,
    classifier,
    forecaster,
    moved_on,
    regressor,
    slow_traces,
    so_far,
)
from export_formats import EXACT, session_of

import aurita
from aurita import Learning
from aurita.export import to_onnx

pytest.importorskip("onnxruntime")


def _same(found, expected):
    """To 1e-5 of the largest value."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * max(1, np.abs(expected).max()))


def _steps(session, given):
    """Outputs of step after step, the states of one going into the next."""
    names, states, found = [one.name for one in session.get_outputs()], {}, []
    for one in given:
        found.append(dict(zip(names, session.run(None, {**one, **states}), strict=True)))
        states = {name.removesuffix("_after"): v for name, v in found[-1].items() if name.endswith("_after")}
    return found


@pytest.mark.parametrize("name", POPULATIONS)
def test_units_of_all_kinds_step_by_step_and_over_sequences(name, tmp_path):
    learning = "frozen" if name in OTHERS else Learning(objective="mixed", steps=5)
    model, X = regressor(populations=POPULATIONS[name], clock=(7.0, 2.5), learning=learning)
    expected = np.stack(model.predict(list(X)))
    found = session_of(model, tmp_path).run(["prediction"], {"X": X})[0]
    _same(found[..., 0], expected)
    session = session_of(model, tmp_path, form="step")
    _same([one["prediction"][0, 0] for one in _steps(session, [{"x": x[None]} for x in X[0]])], expected[0])


@pytest.mark.parametrize("receive_traces", [False, True])
@pytest.mark.parametrize("steps", [30, 2000])
def test_slow_traces(steps, receive_traces, tmp_path):
    model, X = slow_traces(steps, receive_traces=receive_traces)
    found = session_of(model, tmp_path).run(["prediction"], {"X": X})[0]
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
    session = session_of(model, tmp_path)
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
    session = session_of(model, tmp_path)
    names = [one.name for one in session.get_outputs()]
    last = json.loads(session.get_modelmeta().custom_metadata_map["last"])
    np.testing.assert_allclose(last, y[199], rtol=1e-9)
    expected = model.predict_one_step(y[200:], None if X is None else X[200:])
    given = [
        {"value": y[step][None]} | ({} if X is None else {"covariates": X[step + 1][None]}) for step in range(199, 229)
    ]
    predicted = [one["forecast"][0] for one in _steps(session, given)]
    np.testing.assert_allclose(predicted, expected.reshape(30, -1), rtol=1e-5)
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


@pytest.mark.parametrize("name", SO_FAR)
def test_sequences_so_far(name, tmp_path):
    model, X = SO_FAR[name]()
    session = session_of(model, tmp_path, form="step")
    assert ("past_after" in [one.name for one in session.get_outputs()]) == (name in KEPT)
    found = _steps(session, [{"x": row[None]} for row in X[0]])
    answer = "probabilities" if hasattr(model, "classes_") else "prediction"
    np.testing.assert_allclose([one[answer][0] for one in found[model.washout :]], so_far(model, X[0]), **EXACT)


@pytest.mark.parametrize("settings", DIRECT)
def test_direct_forecasters(settings, tmp_path):
    model, y, X = forecaster(strategy="direct", **settings)
    session = session_of(model, tmp_path)
    values, known, expected = zip(*moved_on(model, y, X), strict=True)
    given = zip(values, known, strict=True)
    found = _steps(
        session, [{"value": value[None]} | ({} if x is None else {"covariates": x[None]}) for value, x in given]
    )
    np.testing.assert_allclose([one["forecast"][0] for one in found], expected, rtol=1e-5)


@pytest.mark.parametrize("name", SERIES)
def test_every_expert(name, tmp_path):
    model, window = all_experts(name)
    expected = model.predict(intervals=None).mean.reshape(9, -1)
    found = session_of(model, tmp_path).run(["forecast"], {"window": window})[0]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_an_esn_of_reservoirpy(tmp_path):
    reservoirpy = pytest.importorskip("reservoirpy")
    x = np.sin(np.arange(300) / 5)[:, None]
    esn = reservoirpy.ESN(units=100, sr=0.9, ridge=1e-8, seed=0).fit(x[:-1], x[1:])
    model = aurita.from_reservoirpy(esn)
    found = session_of(model, tmp_path).run(None, {"X": x[None]})[0][0]
    np.testing.assert_allclose(found, model.predict([x])[0], rtol=0, atol=1e-9)


def test_what_cannot_be_exported_is_named(tmp_path):
    with pytest.raises(aurita.AuritaError, match="goes on step by step"):
        to_onnx(forecaster()[0], tmp_path / "model.onnx", form="fixed")
    with pytest.raises(aurita.AuritaError, match="expected one of auto, fixed, step"):
        to_onnx(forecaster()[0], tmp_path / "model.onnx", form="once")
    with pytest.raises(aurita.AuritaError, match="without experts; leave window out"):
        to_onnx(forecaster()[0], tmp_path / "model.onnx", window=50)
    with pytest.raises(aurita.AuritaError, match="a list cannot be exported"):
        to_onnx([], tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
