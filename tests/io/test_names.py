"""Names of months and weekdays: those that Unicode CLDR has."""

import importlib.util
import json
from pathlib import Path

import pytest

from aurita.io import _names

ROOT = Path(__file__).parents[2]


def tool():
    spec = importlib.util.spec_from_file_location("date_names", ROOT / "tools/date_names.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_names_are_those_of_cldr():
    babel = pytest.importorskip("babel")
    kept = json.loads((Path(_names.__file__).parent / "date_names.json").read_text(encoding="utf-8"))
    if f"babel {babel.__version__}" not in kept["source"]:
        pytest.skip("the names are those of another version of CLDR")
    assert tool().contents() == kept


@pytest.mark.parametrize(
    ("word", "language", "month"),
    [("marz", "de", 3), ("aout", "fr", 8), ("pazdziernika", "pl", 10), ("μαιοσ", "el", 5), ("июня", "ru", 6)],
)
def test_months_of_some_languages(word, language, month):
    assert _names.is_month(word)
    assert _names._exact()[word][language] == month


def test_weekdays_of_some_languages():
    assert all(_names.is_weekday(word) for word in ("segunda", "sroda", "κυριακη", "пятница", "montag"))
    assert not _names.is_weekday("januar")
