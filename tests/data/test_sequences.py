"""Sequences read from what users have, for any lengths and channels."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from aurita import AuritaError
from aurita.data.batch import Batch
from aurita.data.sequences import as_sequences, numbers
from aurita.data.series import as_series

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
    padded = Batch.padded(found.values).inputs
    for row, x in zip(padded, X, strict=True):
        np.testing.assert_array_equal(row[: len(x)], x)
        assert not row[len(x) :].any()
    turned = as_sequences([x.T for x in X], "channels_first")
    levels = as_sequences(pd.concat({i: pd.DataFrame(x) for i, x in enumerate(X)}))
    for other in (turned, levels):
        assert all(np.array_equal(a, b) for a, b in zip(other.values, X, strict=True))


@given(arrays.arrays(float, st.tuples(st.integers(1, 4), st.integers(2, 6), st.integers(1, 4)), elements=NUMBERS))
def test_cubes(cube):
    assert np.array_equal(Batch.padded(as_sequences(cube).values).inputs, cube)
    assert np.array_equal(Batch.padded(as_sequences(cube.transpose(0, 2, 1), "channels_first").values).inputs, cube)
    assert np.array_equal(Batch.padded(as_sequences(cube[:, :, 0], "univariate").values).inputs, cube[:, :, :1])
    table = as_sequences(cube[:, 0])
    assert table.tabular
    assert np.array_equal(Batch.padded(table.values).inputs[:, 0], cube[:, 0])


def test_lists_of_one_channel_and_nested_lists():
    assert as_sequences([np.arange(3), np.arange(5)]).lengths.tolist() == [3, 5]
    assert as_sequences([pd.Series([1, 2]), pd.Series([1])]).channels == 1
    assert as_sequences([np.arange(3), [1.0, 2.0]]).lengths.tolist() == [3, 2]
    assert as_sequences([[[1, 2], [3, 4]], [[5, 6]]]).lengths.tolist() == [2, 1]
    boxed = np.empty(2, object)
    boxed[:] = [np.zeros((2, 3)), np.zeros((4, 3))]
    assert as_sequences(boxed).lengths.tolist() == [2, 4]


def test_nested_lists_are_a_table_whatever_their_lengths():
    assert as_sequences([[1, 2, 3], [4, 5, 6]]).tabular
    with pytest.raises(AuritaError, match="nested lists of different lengths"):
        as_sequences([[1, 2, 3], [4, 5]])
    both = [as_sequences(given, "univariate") for given in ([[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5]])]
    assert [found.lengths.tolist() for found in both] == [[3, 3], [3, 2]]
    assert not any(found.tabular for found in both)
    deep = [as_sequences(given) for given in ([[[1], [2]], [[3], [4]]], [[[1], [2]], [[3]]])]
    assert [found.lengths.tolist() for found in deep] == [[2, 2], [2, 1]]


@pytest.mark.parametrize("shape", [(3, 2, 8), (4, 6, 100), (3, 24, 51), (2, 1, 30), (5, 12, 29), (6, 12, 15)])
def test_channels_before_steps_are_not_read_as_few_steps(shape):
    cube = np.random.default_rng(0).normal(size=shape)
    with pytest.raises(AuritaError, match="layout='channels_first'"):
        as_sequences(cube)
    assert as_sequences(cube, "steps_first").lengths.tolist() == [shape[1]] * shape[0]
    assert as_sequences(cube, "channels_first").lengths.tolist() == [shape[2]] * shape[0]
    # Whoever knows how many channels there are knows what the axes are.
    assert as_sequences(cube, channels=shape[2]).channels == shape[2]


def test_a_list_that_a_cube_could_hold_is_no_other_thing():
    with pytest.raises(AuritaError, match="layout='channels_first'"):
        as_sequences(list(np.zeros((4, 6, 100))))
    frames = [pd.DataFrame(np.zeros((2, 30)), columns=[f"c{i}" for i in range(30)])] * 2
    assert as_sequences(frames).channels == 30
    assert as_sequences([np.zeros((1, 30))]).lengths.tolist() == [1]


@pytest.mark.parametrize("layout", ["auto", "channels_first", "univariate"])
def test_missing_steps_at_the_end_are_padding(layout):
    rng = np.random.default_rng(0)
    width = 1 if layout == "univariate" else 2
    X = [rng.normal(size=(length, width)) for length in (5, 2, 4)]
    padded = np.full((3, 5, width), np.nan)
    for row, x in zip(padded, X, strict=True):
        row[: len(x)] = x
    forms = {"auto": padded, "channels_first": padded.transpose(0, 2, 1), "univariate": padded[:, :, 0]}
    found = as_sequences(forms[layout], layout)
    assert all(np.array_equal(a, b) for a, b in zip(found.values, X, strict=True))
    masked = np.ma.array(np.nan_to_num(forms[layout]), mask=np.isnan(forms[layout]))
    assert as_sequences(masked, layout).lengths.tolist() == [5, 2, 4]


def test_padded_arrays_in_a_list_or_in_cells():
    rng = np.random.default_rng(0)
    lengths = (5, 2, 4)
    padded = [np.where(np.arange(5)[:, None] < n, rng.normal(size=(5, 2)), np.nan) for n in lengths]
    assert as_sequences(padded).lengths.tolist() == as_sequences(np.stack(padded)).lengths.tolist() == [5, 2, 4]
    assert as_sequences([x[:, 0] for x in padded]).lengths.tolist() == [5, 2, 4]
    assert as_sequences([x.T for x in padded], "channels_first").lengths.tolist() == [5, 2, 4]
    nested = pd.DataFrame({"a": [pd.Series(x[:, 0]) for x in padded], "b": [pd.Series(x[:, 1]) for x in padded]})
    assert as_sequences(nested).lengths.tolist() == [5, 2, 4]
    padded[1][0, 0] = np.nan
    for given_so in (padded, nested.assign(a=[pd.Series(x[:, 0]) for x in padded])):
        with pytest.raises(AuritaError, match=r"1 of X holds NaN in row 0"):
            as_sequences(given_so)


def test_missing_steps_elsewhere_are_not():
    for hole, message in (((0, 2, slice(None)), "sequence 0, at"), ((1, 4, 0), "sequence 1, at")):
        cube = np.ones((2, 5, 2))
        cube[hole] = np.nan
        with pytest.raises(AuritaError, match=f"X holds NaN in {message}"):
            as_sequences(cube)
    cube = np.ones((2, 5, 2))
    cube[0, 3:], cube[1] = np.nan, np.nan
    with pytest.raises(AuritaError, match="sequence 1 of X is all NaN"):
        as_sequences(cube)
    cube[1], cube[1, 2] = 1.0, np.nan
    with pytest.raises(AuritaError, match="sequence 1 of X holds NaN in row 2"):
        as_sequences(cube)


def test_what_is_masked_is_missing():
    mask = np.array([[False, True], [False, False]])
    for masked, place in (
        (np.ma.array(np.ones((2, 2)), mask=mask), "row 0, column 1"),
        ([np.ma.array(np.ones((2, 2)), mask=mask)] * 2, "row 0, column 1"),
        (np.ma.array(np.ones((2, 2, 2), int), mask=np.stack([mask, mask])), r"sequence 0, at \(0, 1\)"),
    ):
        with pytest.raises(AuritaError, match=f"holds NaN in {place}"):
            as_sequences(masked)
    unmasked = np.ma.array(np.ones((2, 3)), mask=False)
    assert as_sequences(unmasked).values[0].tolist() == [[1.0, 1.0, 1.0]]


def test_cells_that_are_series():
    X = [np.arange(n, dtype=float) for n in (3, 5, 2)]
    nested = pd.DataFrame({"a": [pd.Series(x) for x in X], "b": [pd.Series(x + 1) for x in X]})
    found = as_sequences(nested)
    assert (found.lengths.tolist(), found.columns, found.tabular) == ([3, 5, 2], ["a", "b"], False)
    assert found.values[1][:, 1].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    arrays_of_objects = as_sequences(nested.to_numpy())
    assert all(np.array_equal(a, b) for a, b in zip(arrays_of_objects.values, found.values, strict=True))
    lists = pd.DataFrame({"a": [x.tolist() for x in X]})
    assert as_sequences(lists).lengths.tolist() == [3, 5, 2]
    assert as_sequences(pd.Series(X)).lengths.tolist() == [3, 5, 2]
    backwards = pd.DataFrame({"a": [pd.Series(x[::-1], index=np.arange(len(x))[::-1]) for x in X]})
    assert as_sequences(backwards).values[0][:, 0].tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(AuritaError, match="row 1 have 5, 2 steps"):
        as_sequences(pd.DataFrame({"a": [X[0], X[1]], "b": [X[0], X[2]]}))
    with pytest.raises(AuritaError, match="row 0, column age holds a int"):
        as_sequences(pd.DataFrame({"a": [X[0]], "age": [3]}))


@pytest.mark.parametrize(
    "given",
    [
        *(None, 3, 2.5, float("nan"), "text", b"bytes", True, object(), {"a": [1]}, {1, 2}, iter([1]), range(3)),
        *([], [[]], [[], []], (), [None], [1, [2]], [[1, 2], 3], np.zeros((0, 3)), np.zeros((2, 0, 3)), np.zeros(())),
        *([["a", "b"]], [[1j]], [np.zeros(3), "x"], [np.zeros((2, 2, 2))], np.zeros((1, 1, 1, 1)), [{}], [[object()]]),
        *(
            np.array([[1e200]]),
            np.array([[10**400]], dtype=object),
            np.array([(1, 2.0)], dtype="i4,f4"),
            pd.DataFrame(),
        ),
        *([np.array([1.0, np.inf])], pd.DataFrame({"a": ["x"]}), np.array([[None, 1.0]]), [lambda: 1], int, np.zeros),
    ],
    ids=lambda given: type(given).__name__,
)
def test_what_is_no_sequence_is_refused(given):
    with pytest.raises(AuritaError):
        as_sequences(given)


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
        (["a", "b"], r"no numbers \(could not convert string to float: 'a'\)"),
        ([1.0, np.inf], "infinity at step 1"),
        ([np.zeros(3), np.zeros((3, 2))], "differ in their channels"),
        (5.0, "shape"),
    ],
)
def test_series_that_are_none(y, message):
    with pytest.raises(AuritaError, match=message):
        as_series(y, "y")
