"""What takes long to fit, and is answered from a whole sequence or window: each model once, then in C and in ONNX."""

import numpy as np
import pytest
from export_cases import COMMITTEES, POOLED, committee, fitted_on_bumps
from export_formats import EXACT, compiled, needs_gcc, pointer, session_of

import aurita
from aurita.export import to_onnx


@pytest.fixture(scope="module", params=[(name, ragged) for name in POOLED for ragged in (False, True)], ids=str)
def pooled(request):
    """Sequences, and a classifier and a regressor of shape units."""
    with pytest.MonkeyPatch.context() as patched:
        return fitted_on_bumps(*request.param, patched)


@pytest.fixture(scope="module", params=COMMITTEES)
def of_windows(request):
    """A forecaster with experts, and what it forecasts after some windows."""
    return committee(request.param)


def _asked(X):
    return [*X[:6], X[0][:9], X[3][:20], np.repeat(X[0][:1], 30, axis=0)]


@needs_gcc
def test_shape_units_in_c(pooled, tmp_path):
    X, classifier, regressor = pooled
    for model in (classifier, regressor):
        library, out = compiled(model, tmp_path / type(model).__name__), np.zeros(model.outputs_)
        for x in _asked(X):
            number = library.aurita_predict(pointer(x), len(x), pointer(out))
            if model is regressor:
                np.testing.assert_allclose(out, model.predict([x]), **EXACT)
            else:
                np.testing.assert_allclose(out, model.predict_proba([x])[0], **EXACT)
                assert model.classes_[number] == model.predict([x])[0]


def test_shape_units_in_onnx(pooled, tmp_path):
    X, classifier, regressor = pooled
    for model in (classifier, regressor):
        opened = session_of(model, tmp_path)
        for x in _asked(X):
            found = opened.run(None, {"X": x[None]})
            if model is regressor:
                np.testing.assert_allclose(found[0], model.predict([x])[:, None], **EXACT)
            else:
                np.testing.assert_allclose(found[0], model.predict_proba([x]), **EXACT)
                assert model.classes_[found[1][0]] == model.predict([x])[0]


@needs_gcc
def test_committees_in_c(of_windows, tmp_path):
    model, cases = of_windows
    library = compiled(model, tmp_path)
    for window, known, expected in cases[1:]:
        out = np.zeros_like(expected)
        library.aurita_forecast(pointer(window), pointer(known), pointer(out))
        np.testing.assert_allclose(out, expected, **EXACT)


def test_committees_in_onnx(of_windows, tmp_path):
    model, cases = of_windows
    for window, known, expected in cases:
        opened = session_of(model, tmp_path, window=len(window))
        given = {"window": window} | ({} if known is None else {"covariates": known})
        np.testing.assert_allclose(opened.run(["forecast"], given)[0], expected, **EXACT)
    with pytest.raises(aurita.AuritaError, match=r"window is 3 steps; expected 1\d to (600|2196)"):
        to_onnx(model, tmp_path / "model.onnx", window=3)
    with pytest.raises(aurita.AuritaError, match="a whole window anew"):
        to_onnx(model, tmp_path / "model.onnx", form="step")
