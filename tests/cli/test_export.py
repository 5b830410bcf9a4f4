"""`aurita export`: what is written, and what is refused."""

import numpy as np
import pytest
from typer.testing import CliRunner

from aurita import ReservoirRegressor
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


def test_bad_options(saved, tmp_path):
    path, *_ = saved
    for arguments, words in (
        (["-o", tmp_path / "model.txt"], "ends neither in .onnx nor in .c"),
        (["-o", tmp_path / "model.c", "--form", "step"], "leave --form out"),
        (["-o", path, "--format", "c"], "which would be overwritten"),
        (["-o", tmp_path / "none" / "model.c"], "there is no folder"),
    ):
        result = _export(path, *arguments)
        assert result.exit_code == 2
        assert words in result.stderr.replace("\n", " ")
    assert not list(tmp_path.iterdir())
