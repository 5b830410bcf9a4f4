"""The one error class, and the message that names a missing extra."""

import pytest

from aurita import AuritaError
from aurita.errors import require


def test_it_is_a_value_error():
    assert issubclass(AuritaError, ValueError)


def test_a_missing_library_names_its_extra():
    with pytest.raises(AuritaError, match=r"pip install 'aurita\[pictures\]'"):
        require("a_library_that_nobody_wrote", "pictures", "drawing")


def test_a_fault_inside_an_installed_library_is_not_hidden(tmp_path, monkeypatch):
    (tmp_path / "half_installed.py").write_text("import something_else_entirely\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="something_else_entirely"):
        require("half_installed", "data", "this")
