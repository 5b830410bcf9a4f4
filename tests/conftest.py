"""What all tests share: programs compiled for one file are let go after it, or a long run would hold thousands."""

import jax
import pytest


@pytest.fixture(scope="module", autouse=True)
def _compiled_programs():
    yield
    jax.clear_caches()
