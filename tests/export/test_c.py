"""C99 files compile without a warning and agree with `predict`."""

import ctypes

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
from export_formats import EXACT, compiled, needs_gcc, pointer

import aurita
from aurita import Learning
from aurita.export import to_c

pytestmark = needs_gcc


def _same(found, expected):
    """To 1e-5 of the largest value."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * max(1, np.abs(expected).max()))


@pytest.mark.parametrize("name", POPULATIONS)
def test_units_of_all_kinds_step_by_step(name, tmp_path):
    learning = "frozen" if name in OTHERS else Learning(objective="mixed", steps=5)
    model, X = regressor(populations=POPULATIONS[name], clock=(7.0, 2.5), learning=learning)
    library = compiled(model, tmp_path)
    for x, expected in zip(X[:3], model.predict(list(X[:3])), strict=True):
        library.aurita_reset()
        predicted, out = [], np.zeros(1)
        for row in x:
            library.aurita_step(pointer(np.ascontiguousarray(row)), pointer(out))
            predicted.append(out[0])
        _same(predicted, expected)


@pytest.mark.parametrize("receive_traces", [False, True])
def test_slow_traces(receive_traces, tmp_path):
    for steps in (30, 2000):
        model, X = slow_traces(steps, receive_traces=receive_traces)
        library = compiled(model, tmp_path / str(steps))
        out, predicted = np.zeros(1), []
        library.aurita_reset()
        for row in X[0]:
            library.aurita_step(pointer(row), pointer(out))
            predicted.append(out[0])
        np.testing.assert_allclose(predicted, model.predict([X[0]])[0], **EXACT)


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
    library = compiled(model, tmp_path)
    out = np.zeros(3)
    labels = (ctypes.c_char_p * 3).in_dll(library, "aurita_labels")
    for x in (X[0], X[1], X[2, :17]):
        number = library.aurita_predict(pointer(np.ascontiguousarray(x)), len(x), pointer(out))
        np.testing.assert_allclose(out, model.predict_proba([x])[0], **EXACT)
        assert labels[number].decode() == model.predict([x])[0]
    assert library.aurita_predict(None, settings.get("washout", 0), pointer(out)) == -1


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
    library = compiled(model, tmp_path)
    expected = model.predict_one_step(y[200:], None if X is None else X[200:]).reshape(30, -1)
    library.aurita_reset()
    out = np.zeros(y.shape[1])
    for step in range(199, 229):
        known = None if X is None else pointer(X[step + 1])
        library.aurita_step(pointer(np.ascontiguousarray(y[step])), known, pointer(out))
        np.testing.assert_allclose(out, expected[step - 199], rtol=1e-5)


@pytest.mark.parametrize("name", SO_FAR)
def test_sequences_so_far(name, tmp_path):
    model, X = SO_FAR[name]()
    expected, out = so_far(model, X[0]), np.zeros(model.outputs_)
    library = compiled(model, tmp_path, form="step", **({"longest": len(X[0])} if name in KEPT else {}))
    for every in (1, 5):
        library.aurita_reset()
        for step, row in enumerate(X[0]):
            asked = step % every == 0
            code = library.aurita_step(pointer(row), pointer(out) if asked else None)
            assert (code == -1) == (step < model.washout)
            if asked and step >= model.washout:
                np.testing.assert_allclose(out, expected[step - model.washout], **EXACT)
    assert (library.aurita_step(pointer(X[0][0]), pointer(out)) == -1) == (name in KEPT)


@pytest.mark.parametrize("settings", DIRECT)
def test_direct_forecasters(settings, tmp_path):
    model, y, X = forecaster(strategy="direct", **settings)
    library, out = compiled(model, tmp_path), np.zeros((5, y.shape[1]))
    library.aurita_reset()
    for value, known, expected in moved_on(model, y, X):
        library.aurita_step(pointer(value), pointer(known), pointer(out))
        np.testing.assert_allclose(out, expected, rtol=1e-5)


def test_forms_that_a_model_does_not_have(tmp_path):
    model, _ = classifier(summary="times:4", washout=3)
    for options, words in (
        ({"form": "step"}, "give the most that a sequence has"),
        ({"form": "step", "longest": 3}, "expected more steps than the washout of 3"),
        ({"longest": 30}, "leave longest out"),
        ({"form": "once"}, "expected one of auto, fixed, step"),
    ):
        with pytest.raises(aurita.AuritaError, match=words):
            to_c(model, tmp_path / "model.c", **options)
    with pytest.raises(aurita.AuritaError, match="an answer for each step step by step"):
        to_c(regressor()[0], tmp_path / "model.c", form="fixed")
    with pytest.raises(aurita.AuritaError, match="expected form='step'"):
        to_c(forecaster()[0], tmp_path / "model.c", form="fixed")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", SERIES)
def test_every_expert(name, tmp_path):
    model, window = all_experts(name)
    expected = model.predict(intervals=None).mean.reshape(9, -1)
    library, out = compiled(model, tmp_path), np.zeros_like(expected)
    library.aurita_forecast(pointer(window), None, pointer(out))
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-6)


def test_an_esn_of_reservoirpy(tmp_path):
    reservoirpy = pytest.importorskip("reservoirpy")
    x = np.sin(np.arange(300) / 5)[:, None]
    esn = reservoirpy.ESN(units=50, sr=0.9, ridge=1e-8, seed=0).fit(x[:-1], x[1:])
    model = aurita.from_reservoirpy(esn)
    library = compiled(model, tmp_path)
    library.aurita_reset()
    out, predicted = np.zeros(1), []
    for row in x:
        library.aurita_step(pointer(row), pointer(out))
        predicted.append(out[0])
    np.testing.assert_allclose(predicted, model.predict([x])[0][:, 0], rtol=0, atol=1e-9)


def test_labels_are_strings_of_c(tmp_path):
    X = np.random.default_rng(0).normal(size=(8, 10, 1))
    names = ['say "a"?', "naïve\\b"] * 4
    model = aurita.ReservoirClassifier(units=2).fit(X, names)
    library = compiled(model, tmp_path)
    labels = (ctypes.c_char_p * 2).in_dll(library, "aurita_labels")
    assert [label.decode() for label in labels] == model.classes_.tolist()
