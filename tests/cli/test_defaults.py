"""What is left out on the command line is what Python takes when it is left out there."""

from pathlib import Path

import pytest

from aurita import ReservoirClassifier, ReservoirForecaster
from aurita.cli._classifier import classifier
from aurita.cli._forecaster import forecaster
from aurita.cli._options import Options


def test_estimators_of_bare_commands_are_the_default_ones():
    bare = Options(table=Path("t.csv"))
    assert repr(forecaster(bare)) == repr(ReservoirForecaster(horizon=24))
    assert repr(classifier(bare)) == repr(ReservoirClassifier())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"units": 5}, {"units": 5, "learning": "frozen"}),
        ({"learning": "none"}, {"units": 40, "learning": "frozen"}),
        ({"learning": "society"}, {"units": None}),
    ],
)
def test_what_is_given_is_taken(given, expected):
    found = forecaster(Options(table=Path("t.csv"), **given)).get_params(deep=False)
    assert expected.items() <= found.items()


def test_options_are_found_among_the_arguments_of_a_command():
    arguments = {"table": Path("t"), "target": ["y"], "id_column": "shop", "missing": None, "output": None, "rows": 3}
    assert Options.of(arguments) == Options(table=Path("t"), targets=("y",), id="shop")
