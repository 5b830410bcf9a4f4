"""Docstrings of the reference have the sections of numpydoc, with the types of annotations."""

import doctest
import importlib.util
import inspect
from pathlib import Path

from aurita import Population, ReservoirForecaster

spec = importlib.util.spec_from_file_location("sections", Path(__file__).parents[1] / "docs" / "sections.py")
sections = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sections)


def _converted(described):
    return sections.as_numpydoc(inspect.getdoc(described).splitlines(), described)


def test_the_example_of_the_module():
    assert doctest.testmod(sections).failed == 0


def test_sections_and_types():
    lines = _converted(ReservoirForecaster.predict)
    for title in ("Parameters", "Returns", "Raises"):
        assert lines[lines.index(title) + 1] == "-" * len(title)
    assert any(line.startswith("horizon : int") for line in lines)
    assert lines[lines.index("Raises") + 2] == "AuritaError"
    assert not any(line.startswith(("Args:", "Returns:", "Raises:", "Example:")) for line in lines)


def test_every_entry_is_there():
    text = "\n".join(_converted(Population))
    for name in inspect.signature(Population).parameters:
        assert f"\n{name} : " in text or f"{name}, " in text or f", {name}" in text, name
