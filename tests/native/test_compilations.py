"""Fits of ever new lengths: what is compiled and kept does not grow with their number."""

import logging
from pathlib import Path

import jax
import numpy as np
import pytest

from aurita import ReservoirForecaster
from aurita.native import kernels

LENGTHS = range(90, 115)


class Compilations(logging.Handler):
    """Counts the programs that XLA compiled."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def emit(self, record):
        self.count += record.getMessage().startswith("Finished XLA compilation")


@pytest.fixture
def compilations():
    found, logger = Compilations(), logging.getLogger("jax")
    handlers, propagate, level = logger.handlers, logger.propagate, logger.level
    logger.handlers, logger.propagate = [found], False
    with jax.log_compiles():
        yield found
    logger.handlers, logger.propagate = handlers, propagate
    logger.setLevel(level)


def resident():
    """Mebibytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def fitted(length):
    forecaster = ReservoirForecaster(units=4, horizon=3, learning="frozen", difference=0)
    return forecaster.fit(np.sin(np.arange(length) / 5)).predict(3)


@pytest.mark.skipif(kernels() is None, reason="the native kernels were not built")
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from Linux's /proc")
def test_a_new_length_compiles_nothing_and_keeps_no_memory(compilations):
    jax.jit(lambda x: x + 1)(np.ones(LENGTHS[0]))
    assert compilations.count, "compilations are counted"
    before = compilations.count
    means = [fitted(LENGTHS[0]).mean]
    first, held = compilations.count, resident()
    means += [fitted(length).mean for length in LENGTHS[1:]]
    assert first - before <= 20
    assert compilations.count == first
    assert resident() - held < 10
    assert np.isfinite(means).all()
    assert len({mean.tobytes() for mean in means}) == len(LENGTHS)
