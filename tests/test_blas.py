"""One BLAS thread inside, what there was before outside, however contexts overlap."""

import os
import subprocess
import sys

import pytest
import scipy.linalg  # noqa: F401
from threadpoolctl import threadpool_info, threadpool_limits

from aurita.blas import one_thread


def threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_one_inside_and_as_before_outside():
    with threadpool_limits(2, user_api="blas"):
        if threads() != {2}:
            pytest.skip("this BLAS has one thread only")
        with one_thread():
            assert threads() == {1}
            with one_thread():
                assert threads() == {1}
            assert threads() == {1}
        assert threads() == {2}
        with one_thread(10**9):
            assert threads() == {2}
        with one_thread():
            with one_thread(10**9):
                assert threads() == {2}
            assert threads() == {1}
        assert threads() == {2}


def test_the_last_to_leave_restores():
    with threadpool_limits(2, user_api="blas"):
        before, first, second = threads(), one_thread(), one_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert threads() == {1}
        second.__exit__(None, None, None)
        assert threads() == before


CODE = """
import hashlib
import numpy as np
from aurita import ReservoirClassifier, ReservoirForecaster

rng, y = np.random.default_rng(0), np.arange(40) % 3
X = [rng.normal(size=(20 + k % 9, 3)) + np.sin(np.arange(20 + k % 9) / (1 + y[k]))[:, None] for k in range(40)]
found = [ReservoirClassifier().fit(X, y).predict_proba(X)]
forecast = ReservoirForecaster(horizon=6, units=12, learning="self").fit(np.sin(np.arange(150) / 5)).predict(6)
print(hashlib.sha256(b"".join(part.tobytes() for part in (*found, forecast.mean, forecast.lower))).hexdigest())
"""


def test_the_number_of_threads_changes_no_byte():
    found = {
        subprocess.run(
            [sys.executable, "-c", CODE],
            env={**os.environ, "OMP_NUM_THREADS": str(count), "OPENBLAS_NUM_THREADS": str(count)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for count in (1, 2, 4)
    }
    assert len(found) == 1
