"""The hand-written C loop of `plain_step.c`, compiled for this processor and called with a reservoir's weights."""

import ctypes
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from aurita import Reservoir
from aurita.native._layout import floats

_HEADERS = Path(__file__).parents[1] / "src/aurita/native/c"
_FLAGS = ("-O3", "-std=gnu11", "-march=native", "-mprefer-vector-width=512", "-fno-math-errno", "-Wno-psabi", "-shared")
_LANES = 16


def compiled() -> ctypes.CDLL:
    """The loop, by the C compiler `cc`."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "plain_step.so"
        source = Path(__file__).with_suffix(".c")
        subprocess.run(["cc", *_FLAGS, "-fPIC", f"-I{_HEADERS}", str(source), "-o", str(library), "-lm"], check=True)
        return ctypes.CDLL(str(library))


def plain_run(loop: ctypes.CDLL, reservoir: Reservoir, inputs: np.ndarray) -> Callable[[], np.ndarray]:
    """A run over inputs (time, input, batch), as a function that returns outputs (time, slot * unit, batch).

    Batches are 1, or a multiple of 16.
    """
    steps, outside, batch = inputs.shape
    units, unit = reservoir.units, {name: np.asarray(w) for name, w in reservoir.weights[0].unit.items()}
    scale = 1 / np.sqrt(unit["wk"].shape[1])
    weights = {
        "query_w": scale * np.einsum("hesu,heiu->hsiu", unit["wk"], unit["wq"]),
        "query_b": scale * np.einsum("hesu,heu->hsu", unit["wk"], unit["bq"]),
        **{name: unit[name] for name in ("wv", "age_bias", "w1", "b1", "wo", "bo")},
    }
    rows = [np.reshape(one, (-1, units)) for one in weights.values()]
    lanes = -(-units * batch // _LANES) * _LANES
    if batch == 1:
        rows = [np.pad(one, ((0, 0), (0, lanes - units))) for one in rows]
    rows = [floats(one) for one in rows]
    given = (ctypes.c_void_p * len(rows))(*(one.ctypes.data for one in rows))
    wiring = np.ascontiguousarray(reservoir.wiring[0], np.int32)
    inputs = floats(inputs)
    slots = len(wiring)

    def one() -> np.ndarray:
        ring = np.zeros((unit["age_bias"].shape[0], slots, lanes), np.float32)
        sources = np.zeros(2 * ((outside + slots * units) * batch + _LANES), np.float32)
        out = np.empty((steps, slots * units, batch), np.float32)
        arrays = [ctypes.c_void_p(array.ctypes.data) for array in (inputs, wiring)]
        room = [ctypes.c_void_p(array.ctypes.data) for array in (ring, sources, out)]
        loop.run(units, batch, steps, outside, *arrays, given, *room)
        return out

    one.weights = rows  # alive for as long as the function

    return one
