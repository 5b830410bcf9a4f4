"""Exported models, opened: C compiled to a library, ONNX in a session of onnxruntime."""

import ctypes
import shutil
import subprocess

import pytest

from aurita.export import to_c, to_onnx

EXACT = {"rtol": 1e-5, "atol": 1e-5}
DOUBLES = ctypes.POINTER(ctypes.c_double)

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")


def compiled(model, folder, **options):
    """The library of a model; a warning of the compiler is an error."""
    folder.mkdir(exist_ok=True)
    to_c(model, folder / "model.c", **options)
    warnings = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wdouble-promotion", "-Wmissing-prototypes", "-Werror"]
    command = ["gcc", "-O1", *warnings, "-shared", "-fPIC", "model.c", "-o", "model.so", "-lm"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return ctypes.CDLL(str(folder / "model.so"))


def pointer(values):
    """What a function of C takes for an array, or for none."""
    return None if values is None else values.ctypes.data_as(DOUBLES)


def session_of(model, folder, **options):
    """The session of a model."""
    onnxruntime = pytest.importorskip("onnxruntime")
    path = folder / "model.onnx"
    to_onnx(model, path, **options)
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
