"""Labels: one type, none missing."""

import numpy as np
import pandas as pd
import pytest

from aurita import AuritaError
from aurita.data.labels import as_labels
from aurita.estimators import ReservoirClassifier


@pytest.mark.parametrize(
    "given",
    [["b", "a"], [2, 1], [True, False], [1.0, 3.0], np.array(["x", "yy"]), pd.Series(["b", "a"], dtype="string")],
)
def test_labels_of_one_type(given):
    assert as_labels(given, "y").tolist() == list(given)


def test_categories_and_nullable_integers():
    assert as_labels(pd.Series(["b", "a"], dtype="category"), "y").tolist() == ["b", "a"]
    assert as_labels(pd.Series([2, 1], dtype="Int64"), "y").dtype.kind == "i"


@pytest.mark.parametrize(
    "given", [[1, "a"], ("a", 2.0), np.array([1, "a"], object), pd.Series([True, "yes"]), [b"a", "a"]]
)
def test_labels_of_two_types_are_refused_and_not_made_text(given):
    with pytest.raises(AuritaError, match="mixes labels of the types"):
        as_labels(given, "y")
    with pytest.raises(AuritaError, match="mixes labels of the types"):
        ReservoirClassifier(units=2).fit([np.zeros((3, 1)), np.ones((3, 1))], given)


def test_sequences_whose_steps_have_labels_of_two_types():
    X = [np.arange(3.0)[:, None], np.arange(2.0)[:, None]]
    with pytest.raises(AuritaError, match="several types"):
        ReservoirClassifier(units=2).fit(X, [np.array([1, 2, 1]), np.array(["a", "b"])])


@pytest.mark.parametrize(
    "given",
    [
        *([None, "a"], ["a", float("nan")], [1.0, np.nan], pd.Series(["a", pd.NA], dtype="string"), [pd.NaT, "a"]),
        *(np.ma.array(["a", "b"], mask=[True, False]), pd.Series([1, None], dtype="Int64")),
    ],
    ids=str,
)
def test_missing_labels_are_refused(given):
    with pytest.raises(AuritaError, match=r"missing labels|NaN"):
        as_labels(given, "y")


@pytest.mark.parametrize(
    "given", [[{}, {}], [1j, 2j], [b"a", b"b"], np.array(["2024"], "datetime64"), [[1, 2], [3, 4]], [1e300, 2.0]]
)
def test_what_is_no_label(given):
    with pytest.raises(AuritaError):
        as_labels(given, "y")
