"""Former names of keywords are taken, with a warning."""

import inspect

import pytest

from aurita import AttentionUnit, AuritaError, Population, ReservoirAgent
from aurita.learning import Partners


@pytest.mark.parametrize(
    ("kind", "given", "former", "now"),
    [
        (Population, {"unit": AttentionUnit(), "units": 2, "hears": "inputs"}, "hears", "receives"),
        (ReservoirAgent, {"hears": "all"}, "hears", "receives"),
        (Partners, {"ears": 3}, "ears", "afferents"),
    ],
)
def test_former_names_are_taken_with_a_warning(kind, given, former, now):
    with pytest.warns(FutureWarning, match=f"{kind.__name__} calls {former} {now}"):
        made = kind(**given)
    assert getattr(made, now) == given[former]
    with pytest.raises(AuritaError, match=f"both {now} and {former}"):
        kind(**given, **{now: given[former]})


def test_signatures_show_the_names_of_today():
    names = inspect.signature(Population).parameters
    assert "receives" in names
    assert "hears" not in names
    assert "receives" in ReservoirAgent().get_params()
