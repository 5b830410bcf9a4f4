"""What tests of studies share."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _toys(monkeypatch):
    """The stand-in models of `toys.py` can be named."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
