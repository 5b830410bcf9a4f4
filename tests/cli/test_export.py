"""`aurita export`: what is written, and what is refused."""

import numpy as np
import pytest
from typer.testing import CliRunner

from aurita import ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
from aurita.cli import app

onnxruntime = pytest.importorskip("onnxruntime")


def _export(*arguments):
    return CliRunner().invoke(app, ["export", *map(str, arguments)])


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    x = np.random.default_rng(0).uniform(size=(100, 1))
    model = ReservoirRegressor(units=4).fit([x], [x**2])
    path = tmp_path_factory.mktemp("models") / "model.aurita"
    model.save(path)
    return path, model, x


def test_graphs_and_c(saved, tmp_path):
    path, model, x = saved
    assert _export(path, "-o", tmp_path / "model.onnx").exit_code == 0
    found = onnxruntime.InferenceSession(tmp_path / "model.onnx").run(None, {"X": x[None]})[0]
    np.testing.assert_allclose(found[0], model.predict([x])[0], atol=1e-5)
    assert _export(path, "-o", tmp_path / "model.txt", "--format", "c").exit_code == 0
    assert _export(path, "-o", tmp_path / "model.c").exit_code == 0
    assert (tmp_path / "model.c").read_text() == (tmp_path / "model.txt").read_text()
    assert _export(path, "-o", tmp_path / "step.onnx", "--form", "step").exit_code == 0


def test_what_defaults_fit(tmp_path):
    wave = 10 + np.sin(np.arange(80) / 3)
    forecaster = ReservoirForecaster(horizon=4).fit(wave)
    forecaster.save(tmp_path / "wave.aurita")
    assert _export(tmp_path / "wave.aurita", "-o", tmp_path / "wave.c").exit_code == 0
    assert _export(tmp_path / "wave.aurita", "-o", tmp_path / "wave.onnx", "--window", 40).exit_code == 0
    found = onnxruntime.InferenceSession(tmp_path / "wave.onnx").run(None, {"window": wave[40:, None]})[0]
    expected = forecaster.restart(wave[40:]).predict(4).mean
    np.testing.assert_allclose(found[:, 0], expected, atol=1e-5)
    X = [np.sin(np.arange(20 + n)[:, None] / (2 + n % 2)) for n in range(24)]
    classifier = ReservoirClassifier().fit(X, np.arange(24) % 2)
    classifier.save(tmp_path / "waves.aurita")
    assert _export(tmp_path / "waves.aurita", "-o", tmp_path / "waves.c").exit_code == 0
    assert _export(tmp_path / "waves.aurita", "-o", tmp_path / "waves.onnx").exit_code == 0
    assert _export(tmp_path / "waves.aurita", "-o", tmp_path / "step.c", "--form", "step").exit_code == 0
    found = onnxruntime.InferenceSession(tmp_path / "waves.onnx").run(["probabilities"], {"X": X[0][None]})[0]
    np.testing.assert_allclose(found, classifier.predict_proba(X[:1]), atol=1e-5)


def test_bad_options(saved, tmp_path):
    path, *_ = saved
    for arguments, words in (
        (["-o", tmp_path / "model.txt"], "ends neither in .onnx nor in .c"),
        (["-o", tmp_path / "model.c", "--form", "fixed"], "leave form out"),
        (["-o", tmp_path / "model.onnx", "--longest", 9], "leave --longest out"),
        (["-o", path, "--format", "c"], "which would be overwritten"),
        (["-o", tmp_path / "none" / "model.c"], "there is no folder"),
    ):
        result = _export(path, *arguments)
        assert result.exit_code == 2
        assert words in result.stderr.replace("\n", " ")
    assert not list(tmp_path.iterdir())
