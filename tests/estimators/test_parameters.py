"""Every parameter of every estimator has a rule, and whatever breaks it is named before anything runs."""

import re
from inspect import Parameter, signature

import numpy as np
import pytest

import aurita
from aurita import AuritaError, Population
from aurita.estimators import (
    Online,
    ReservoirClassifier,
    ReservoirFeatures,
    ReservoirForecaster,
    ReservoirRegressor,
)
from aurita.estimators._parameters import PARAMETERS, check_parameters
from aurita.estimators.building import learns_by_default
from aurita.units import EchoUnit

X = [np.arange(6.0)[:, None], np.ones((5, 1)), np.zeros((7, 1))]
FITS = {
    ReservoirClassifier: lambda model: model.fit(X, [0, 1, 0]),
    ReservoirRegressor: lambda model: model.fit(X, [0.0, 1.0, 2.0]),
    ReservoirForecaster: lambda model: model.fit(np.sin(np.arange(60.0))),
}
ABSURD = [
    *("auto?", "", b"x", "x" * 5000, -1, -0.5, float("nan"), float("inf"), 10**20, 1e300, 1j, object(), int, lambda: 1),
    *(
        {},
        {"a": 1},
        set(),
        [None],
        [[]],
        ["x"],
        [float("nan")],
        [-1.0],
        (1, "x"),
        np.zeros((2, 2)),
        np.array(["ridge"]),
    ),
    *(np.array([np.nan]), Ellipsis, NotImplemented, iter([1]), slice(3), Exception("x")),
]


@pytest.mark.parametrize("kind", [*FITS, ReservoirFeatures])
def test_all_but_the_populations_are_named(kind):
    first, *others = signature(kind).parameters.values()
    assert first.name == "populations"
    assert {one.kind for one in others} == {Parameter.KEYWORD_ONLY}
    with pytest.raises(TypeError):
        kind(None, 4)


@pytest.mark.parametrize("kind", FITS)
def test_the_table_is_whole(kind):
    assert set(kind().get_params()) <= set(PARAMETERS[kind.__name__])
    check_parameters(kind())


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in FITS for name in kind().get_params()], ids=lambda one: str(one)[-30:]
)
def test_what_no_parameter_may_be(kind, name):
    complaints = []
    for value in ABSURD:
        try:
            check_parameters(kind(**{name: value}))
        except AuritaError as error:
            complaints.append(str(error))
    assert len(complaints) >= len(ABSURD) - 8
    assert max(map(len, complaints)) < 400
    # They say which it is, except where a name or settings have a message of their own.
    assert name in ("learning", "summary") or all(name in complaint for complaint in complaints)


@pytest.mark.parametrize(
    ("kind", "name", "value", "message"),
    [
        (ReservoirClassifier, "washout", "auto", "washout is 'auto'; expected a whole number of steps, 0 or more"),
        (ReservoirClassifier, "alphas", "x", "alphas are 'x'; expected one or more positive finite numbers"),
        (ReservoirRegressor, "features", False, "features are False; expected one or more of 'input'"),
        (ReservoirRegressor, "clock", float("nan"), "clock is nan; expected a list of periods"),
        (ReservoirRegressor, "clock", [24, float("nan")], "clock is"),
        (ReservoirClassifier, "populations", 3, "populations are 3; expected Population"),
        (ReservoirClassifier, "ensemble", True, "ensemble is True"),
        (ReservoirClassifier, "random_state", 2**32, "random_state is 4294967296"),
        (ReservoirClassifier, "summary", "times:99999999999", "summary is 'times:99999999999'"),
        (ReservoirForecaster, "noise", {}, "noise is {}; expected a number of deviations"),
        (ReservoirForecaster, "horizon", 10**9, "1 to 100,000"),
        (ReservoirForecaster, "calibration", "most", "calibration is 'most'"),
        (ReservoirForecaster, "season", 1, "season is 1"),
        (ReservoirForecaster, "alphas", 0.1, "alphas are 0.1"),
    ],
)
def test_the_complaint_says_what_was_expected(kind, name, value, message):
    with pytest.raises(AuritaError, match=message.replace("{}", r"\{\}")):
        FITS[kind](kind(**{"units": 2, name: value}))


def test_parameters_that_are_set_after_a_fit_are_looked_at():
    model = FITS[ReservoirRegressor](ReservoirRegressor(units=0))
    with pytest.raises(AuritaError, match="washout is 'x'"):
        model.set_params(washout="x").predict(X)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Online(chunk="x"), "chunk is 'x'; expected a whole number"),
        (lambda: Online(memories="x"), "memories is 'x'"),
        (lambda: Population(unit="echo", units=2), "unit is 'echo'; expected a Unit"),
        (lambda: Population(unit=EchoUnit(), units=10**9), "at most 1,000,000"),
        (lambda: Population(unit=EchoUnit(), units=2, afferents=[1]), "afferents is"),
        (lambda: EchoUnit(slots=10**9), "at most 1,000,000"),
        (lambda: EchoUnit(leak="x"), "leak is 'x'; expected a number or"),
        (lambda: EchoUnit(spectral_radius=float("nan")), "spectral_radius is nan"),
    ],
)
def test_descriptions_that_are_none(make, message):
    with pytest.raises(AuritaError, match=message):
        make()


def test_how_units_learn_has_one_word_for_each_way():
    """With units that are named, none learns by default; None is the old word for that."""
    predicted = [
        ReservoirClassifier(units=4, learning=word).fit(X, [0, 1, 0]).predict_proba(X)
        for word in ("default", "frozen", None)
    ]
    np.testing.assert_array_equal(predicted[0], predicted[1])
    np.testing.assert_array_equal(predicted[0], predicted[2])
    assert ReservoirClassifier().learning == "default"
    assert [learns_by_default(word) for word in ("default", None, "frozen", "target")] == [True, True, False, False]


@pytest.mark.parametrize("kind", [getattr(aurita, name) for name in PARAMETERS])
def test_every_parameter_is_explained(kind):
    given = kind.__doc__.split("Args:")[1].split("Attributes:")[0]
    lines = re.findall(r"^ {8}(\S[^:\n]*):", given, re.MULTILINE)
    assert set(kind().get_params(deep=False)) <= {name.strip() for line in lines for name in line.split(",")}
