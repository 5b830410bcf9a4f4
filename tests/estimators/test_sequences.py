"""Sequences read from what users have, for any lengths and channels."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from aurita import AuritaError
from aurita.estimators.sequences import as_sequences, numbers
from aurita.estimators.series import as_series

NUMBERS = st.floats(-100, 100)


@st.composite
def ragged(draw):
    channels = draw(st.integers(1, 4))
    lengths = draw(st.lists(st.integers(1, 8), min_size=1, max_size=5))
    return [draw(arrays.arrays(float, (length, channels), elements=NUMBERS)) for length in lengths]


@given(ragged())
def test_ragged_lists_either_way_round_and_as_frames(X):
    found = as_sequences(X)
    assert found.lengths.tolist() == [len(x) for x in X]
    padded = found.padded()
    for row, x in zip(padded, X, strict=True):
        np.testing.assert_array_equal(row[: len(x)], x)
        assert not row[len(x) :].any()
    turned = as_sequences([x.T for x in X], "channels_first")
    levels = as_sequences(pd.concat({i: pd.DataFrame(x) for i, x in enumerate(X)}))
    for other in (turned, levels):
        assert all(np.array_equal(a, b) for a, b in zip(other.values, X, strict=True))


@given(arrays.arrays(float, st.tuples(st.integers(1, 4), st.integers(2, 6), st.integers(1, 4)), elements=NUMBERS))
def test_cubes(cube):
    assert np.array_equal(as_sequences(cube).padded(), cube)
    assert np.array_equal(as_sequences(cube.transpose(0, 2, 1), "channels_first").padded(), cube)
    assert np.array_equal(as_sequences(cube[:, :, 0], "univariate").padded(), cube[:, :, :1])
    table = as_sequences(cube[:, 0])
    assert table.tabular
    assert np.array_equal(table.padded()[:, 0], cube[:, 0])


def test_lists_of_one_channel_and_nested_lists():
    assert as_sequences([np.arange(3), np.arange(5)]).lengths.tolist() == [3, 5]
    assert as_sequences([pd.Series([1, 2]), pd.Series([1])]).channels == 1
    assert as_sequences([[1.0, 2.0], [3.0]]).lengths.tolist() == [2, 1]
    assert as_sequences([[1.0, 2.0], [3.0, 4.0]]).tabular
    assert as_sequences([[[1, 2], [3, 4]], [[5, 6]]]).lengths.tolist() == [2, 1]
    boxed = np.empty(2, object)
    boxed[:] = [np.zeros((2, 3)), np.zeros((4, 3))]
    assert as_sequences(boxed).lengths.tolist() == [2, 4]


def test_gaps_of_pandas_are_named_by_column():
    frame = pd.DataFrame({"a": pd.array([1, None], "Int64"), "b": [1.0, 2.0]})
    with pytest.raises(AuritaError, match="X holds NaN in row 1, column a"):
        as_sequences(frame)
    assert numbers(pd.DataFrame({"a": [True, False]}), "X").tolist() == [[1.0], [0.0]]
    for column in (pd.to_datetime(["2024-01-01"]), ["text"], pd.Categorical(["x"])):
        with pytest.raises(AuritaError, match="hold no numbers: when"):
            numbers(pd.DataFrame({"n": [1], "when": column}), "X")
    with pytest.raises(AuritaError, match="dates"):
        numbers(np.array(["2024-01-01"], "datetime64[D]"), "X")


@pytest.mark.parametrize(
    ("index", "following"),
    [
        (pd.date_range("2024-01-05", periods=5, freq="W-FRI"), ["2024-02-09", "2024-02-16"]),
        (pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]), ["2024-01-06"]),
        (pd.date_range("2024-03-30", periods=5, freq="h", tz="Europe/Berlin"), ["2024-03-30 05:00+01:00"]),
        (pd.period_range("2023Q4", periods=5, freq="Q"), ["2025Q1", "2025Q2"]),
        (pd.RangeIndex(10, 20, 2), [20, 22, 24]),
        (pd.Index([1, 2, 3, 4, 5]), [6]),
    ],
)
def test_calendars_go_on(index, following):
    series, several = as_series(pd.Series(np.arange(5.0), index=index), "y")
    assert not several
    after = series[0].calendar.after(len(following))
    kind = type(index[0])
    expected = [kind(item) if isinstance(item, str) else item for item in following]
    assert after.tolist() == expected
    assert series[0].calendar.moved(len(following)).last in (str(expected[-1]), expected[-1])


def test_calendars_across_a_change_of_the_clock():
    index = pd.date_range("2024-03-31 00:00", periods=2, freq="h", tz="Europe/Berlin")
    calendar = as_series(pd.Series([1.0, 2.0], index=index), "y")[0][0].calendar
    assert calendar.after(1)[0] == pd.Timestamp("2024-03-31 03:00", tz="Europe/Berlin")
    assert calendar.moved(1).after(1)[0] == calendar.after(2)[1]


@pytest.mark.parametrize(
    "index",
    [pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-09"]), pd.Index(["x", "y", "z"]), pd.Index([1, 2, 9])],
)
def test_irregular_steps_are_refused(index):
    with pytest.raises(AuritaError, match=r"to_numpy"):
        as_series(pd.Series([1.0, 2.0, 3.0], index=index), "y")


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(0), "shape"),
        (np.zeros((3, 0)), "shape"),
        (["a", "b"], "no numbers"),
        ([1.0, np.inf], "infinity at step 1"),
        ([np.zeros(3), np.zeros((3, 2))], "differ in their channels"),
        (5.0, "shape"),
    ],
)
def test_series_that_are_none(y, message):
    with pytest.raises(AuritaError, match=message):
        as_series(y, "y")
