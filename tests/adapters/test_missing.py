"""An adapter whose library is not there names the extra that brings it."""

import importlib
import sys

import pytest

from aurita import AuritaError


@pytest.mark.parametrize("library", ["aeon", "sktime"])
def test_the_extra_is_named(library, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, f"aurita.adapters.{library}", raising=False)
    with pytest.raises(AuritaError, match=rf"pip install 'aurita\[{library}\]'"):
        importlib.import_module(f"aurita.adapters.{library}")
