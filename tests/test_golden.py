"""Golden outputs: reservoirs and models predict what they predicted, and files of old versions still load.

`tests/golden/make.py` says how they are made, and how to make one again where a result is meant to change.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from aurita import load

HERE = Path(__file__).parent / "golden"


def _maker():
    spec = importlib.util.spec_from_file_location("golden_make", HERE / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKE = _maker()
FRESH, KEPT = MAKE.read(MAKE.FRESH), MAKE.read(MAKE.KEPT)

# Another processor rounds otherwise: a run by a few units in the last place, a fit by what learning and a readout make
# of these. A draw, a step of learning or a penalty that is another one shows by far more.
RUN, FIT = 1e-4, 2e-3
# Here two slots predict inputs that they know: gradients of 1e-10, of roundings alone, are what the first step of Adam
# divides by their own size. The kernels for SSE, AVX2 and AVX-512 and JAX differ by up to 8e-3 of the largest answer.
FITS = {"attention_shifted_keys_learnt": 1e-2}


def close(found, golden, tolerance):
    assert found.keys() == golden.keys()
    for part, value in golden.items():
        np.testing.assert_allclose(
            found[part], value, rtol=tolerance, atol=tolerance * np.abs(value).max(), err_msg=part
        )


def test_every_case_has_golden_outputs_and_a_file():
    assert set(FRESH) == set(KEPT) == set(MAKE.CASES) == {path.stem for path in MAKE.SAVED.iterdir()}
    assert sum(path.stat().st_size for path in HERE.rglob("*") if path.is_file()) < 900_000


@pytest.mark.parametrize("name", MAKE.CASES)
def test_what_is_made_anew_predicts_the_same(name):
    learns = name.endswith(("_learnt", "_globally")) or name in MAKE.MODELS
    close(MAKE.answers(MAKE.CASES[name]()), FRESH[name], FITS.get(name, FIT) if learns else RUN)


@pytest.mark.parametrize("name", MAKE.CASES)
def test_a_kept_file_predicts_the_same(name):
    close(MAKE.answers(load(MAKE.SAVED / f"{name}.aurita")), KEPT[name], RUN)
