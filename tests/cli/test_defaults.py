"""What is left out on the command line is what Python takes when it is left out there."""

from inspect import signature
from pathlib import Path

import pytest

from aurita import ReservoirClassifier, ReservoirForecaster
from aurita.cli._classifier import classifier
from aurita.cli._forecaster import forecaster
from aurita.cli._options import Options, takes


def test_estimators_of_bare_commands_are_the_default_ones():
    bare = Options(table=Path("t.csv"))
    assert repr(forecaster(bare)) == repr(ReservoirForecaster(horizon=24))
    assert repr(classifier(bare)) == repr(ReservoirClassifier())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"units": 5}, {"units": 5, "learning": "frozen"}),
        ({"learning": "none"}, {"units": None, "learning": "frozen"}),
        ({"learning": "none", "units": 7}, {"units": 7, "learning": "frozen"}),
        ({"learning": "society"}, {"units": None}),
    ],
)
def test_what_is_given_is_taken(given, expected):
    found = forecaster(Options(table=Path("t.csv"), **given)).get_params(deep=False)
    assert expected.items() <= found.items()


def test_a_command_takes_its_options_and_its_own_arguments_apart():
    found = []

    @takes(Options, "table", "targets", "rows", "id", "missing")
    def command(options, *, rows: int = 12):
        found.append((options, rows))

    assert list(signature(command).parameters) == ["table", "targets", "rows", "id", "missing"]
    command(table=Path("t"), targets=["y"], id=["shop"], missing=None, rows=3)
    assert found == [(Options(table=Path("t"), targets=("y",), id="shop"), 3)]
