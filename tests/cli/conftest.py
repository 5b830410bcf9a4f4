"""A cache of a test's own, so that no command finds what another left."""

import pytest


@pytest.fixture
def own_cache(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("AURITA_CACHE", str(tmp_path_factory.mktemp("cache")))
    # Set beforehand, so that what a command sets is taken back after the test.
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "")
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
