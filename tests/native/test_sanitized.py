"""Runs of the kernels under AddressSanitizer and UndefinedBehaviorSanitizer: no read or write beyond an array."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import aurita
from aurita.native import kernels

SOURCES = Path(aurita.__file__).parent / "native" / "c"
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]

RUNS = """
import ctypes, importlib.util, sys
import numpy as np
import aurita.native.running as running
from aurita.native import set_engine
from aurita.native.library import Kernels
from aurita.native.threads import set_threads

spec = importlib.util.spec_from_file_location("cases", sys.argv[2])
cases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(cases)
own = Kernels(ctypes.CDLL(sys.argv[1]), 0)
running.kernels = lambda: own
with set_threads(2):
    for kind in cases.KINDS:
        reservoir = cases.reservoir_of(kind)
        for batch in (1, 3, 9, 33):
            inputs, lengths, teacher = cases.sequences(batch)
            seen, state = cases.on("native", reservoir, inputs, lengths=lengths, teacher=teacher)
            cases.on("native", reservoir, inputs, state=state, teacher=teacher)
            with set_engine("native"):
                coefficients = np.zeros((seen.shape[2], 2))
                known = np.zeros((batch, 4, 1))
                cases.generate(
                    reservoir, state, coefficients, np.ones(2), np.ones((batch, 2)), 4,
                    covariates=known, features=cases.FEATURES,
                )
            received = [np.asarray(np.transpose(part, (1, 2, 0)), np.float32) for part in (inputs, teacher)]
            running.native_record(reservoir, *received, np.zeros(batch, np.int32))

import aurita.learning._native_units as learning
from aurita import AttentionUnit, BlockUnit, Learning, Population, Reservoir, learn
from aurita.units import DiagonalMemoryUnit

learning.kernels = lambda: own
rng = np.random.default_rng(0)
dense = {"passage": "learned", "afferents": "all", "receives": "inputs"}
units = [
    AttentionUnit(slots=3, memory=5, heads=2, shifted_keys=True, horizons=(1, 3), before_start="masked"),
    AttentionUnit(slots=9, memory=3, dilation=2),
    BlockUnit(slots=4, memory=4, shifted_keys=True),
    BlockUnit(slots=10, heads=0, memory=1, normalisation="rms", activation="gelu"),
    DiagonalMemoryUnit(slots=3, states=5),
]
with set_threads(2), set_engine("native"):
    for unit in units:
        for how in (dense, {"receives": "inputs"}):
            reservoir = Reservoir.build([Population(unit=unit, units=4, **how)], inputs=11, targets=2)
            for count, objective in ((1, "self"), (7, "mixed"), (17, "target")):
                inputs, lengths = rng.normal(size=(count, 9, 11)), rng.integers(3, 10, count)
                settings = Learning(objective=objective, steps=2, input_noise=0.1, segment=5 if count == 7 else 200)
                learn(reservoir, inputs, settings, lengths=lengths, targets=inputs[..., :2])

import aurita.agents._native_learner as acting
from aurita import ReservoirAgent
from aurita.learning.online import begin, learn_chunk

acting.kernels = lambda: own
with set_threads(2), set_engine("native"):
    for unit in (units[0], DiagonalMemoryUnit(slots=3, states=5, kind="turned")):
        population = Population(unit=unit, units=3, **dense)
        ReservoirAgent(population, envs=16, rollout=32, steps=1024, minibatches=2).fit("repeat_previous/easy")
    for kind in ("ungated", "gated", "turned"):
        population = Population(unit=DiagonalMemoryUnit(slots=3, states=9, kind=kind), units=2, **dense)
        reservoir, settings = Reservoir.build([population], inputs=4), Learning(objective="self")
        learner = begin(reservoir, settings)
        for steps in (33, 150):
            given = rng.normal(size=(1, steps, 4))
            reservoir, learner, *_ = learn_chunk(reservoir, learner, given, settings)

import aurita.native.shapes as shaping
from aurita.shapes import ShapeLearning, draw_shapes, learn_shapes, pooled

shaping.kernels = lambda: own
with set_threads(2), set_engine("native"):
    for shortest, longest, channels in ((8, 9, 1), (16, 49, 3), (150, 151, 5)):
        values = [rng.normal(size=(rng.integers(shortest, longest), channels)) for _ in range(9)]
        drawn = draw_shapes(values, units=5, views=("values", "differences"))
        for every in (1, 3):
            for classes, targets in ((True, np.eye(3)[np.arange(9) % 3]), (False, rng.normal(size=(9, 2)))):
                settings = ShapeLearning(steps=2, size=4, every=every)
                pooled(learn_shapes(drawn, values, targets, settings, classes=classes).shapes, values)
print("clean")
"""


def _library_of(compiler, name):
    found = subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True)
    return found.stdout.strip()


@pytest.mark.skipif(kernels() is None, reason="the native kernels were not built")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="sanitizers are preloaded as Linux does it")
def test_no_kernel_leaves_its_arrays(tmp_path):
    compiler = shutil.which("gcc")
    # With the library of C++, or exceptions of JAX's own code would not be found.
    loaded = [_library_of(compiler, f"lib{name}.so") for name in ("asan", "stdc++")] if compiler else ["none"]
    if not all(Path(one).is_absolute() for one in loaded):
        pytest.skip("no gcc with AddressSanitizer is there")
    source, library, script = tmp_path / "checked.c", tmp_path / "checked.so", tmp_path / "runs.py"
    source.write_text('#define NAME(x) x##_base\n#include "learn.h"\n#include "run.h"\n#include "shapes.h"\n')
    script.write_text(RUNS)
    flags = ["-g1", "-O0", "-std=gnu11", "-Wno-psabi", "-fno-math-errno", "-fPIC", "-shared", *SANITIZERS]
    subprocess.run([compiler, *flags, f"-I{SOURCES}", str(source), "-o", str(library), "-lm"], check=True)
    environment = {
        **os.environ,
        "LD_PRELOAD": " ".join(loaded),
        "ASAN_OPTIONS": "detect_leaks=0",
        "JAX_PLATFORMS": "cpu",
    }
    cases = Path(__file__).parent / "test_running.py"
    command = [sys.executable, str(script), str(library), str(cases)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip() == "clean"
