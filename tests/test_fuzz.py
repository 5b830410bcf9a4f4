"""The fuzz of saved models and of command lines, at a small count; in full they are benchmarks."""

import importlib.util
import sys
import warnings
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def benchmark(name, monkeypatch):
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.timeout(600)
def test_broken_models_are_refused_or_predict(tmp_path, monkeypatch):
    fuzz = benchmark("fuzz_models", monkeypatch)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Those that need nothing compiled.
        tally, wrong = fuzz.fuzz(tmp_path, 150, seed=1, only=("logistic", "values", "not fitted"))
    assert not wrong
    assert tally["AuritaError"] > 50
    assert tally["predicts"] > 5


@pytest.mark.timeout(600)
def test_command_lines_end_with_one_message(tmp_path, monkeypatch):
    fuzz = benchmark("fuzz_commands", monkeypatch)
    monkeypatch.setenv("AURITA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "")
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    monkeypatch.setattr(fuzz, "PROCESSES", 0.02)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tally, wrong = fuzz.fuzz(tmp_path / "work", 50, seed=1)
    assert not wrong
    assert sum(tally.values()) == 50
