"""The order of steps by their index: sorted where times say so, refused where they say two things."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita import AuritaError
from aurita.data.frames import split_levels
from aurita.data.index import has_dates, is_plain, time_order
from aurita.data.sequences import as_sequences

TIMES = {
    "dates": pd.date_range("2024-01-01", periods=6),
    "zoned": pd.date_range("2024-03-30", periods=6, freq="h", tz="Europe/Berlin"),
    "periods": pd.period_range("2024Q1", periods=6, freq="Q"),
    "spans": pd.timedelta_range("1h", periods=6, freq="h"),
    "numbers": pd.Index([1.5, 2.5, 3.0, 10.0, 11.0, 100.0]),
    "whole": pd.Index([1, 2, 3, 10, 11, 100]),
    "text numbers": pd.Index(["1", "2", "3", "10", "11", "100"]),
    "iso text": pd.Index([f"2024-0{month}-01" for month in range(1, 7)]),
    "days": pd.Index(pd.date_range("2024-01-01", periods=6).date),
    "ordered": pd.CategoricalIndex(list("zyxabc"), categories=list("zyxabc"), ordered=True),
}


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(TIMES)), st.permutations(range(6)))
def test_steps_stand_in_the_order_of_their_times(name, shuffled):
    index = TIMES[name][shuffled]
    order = time_order(index, "X", strict=True)
    assert index[np.arange(6) if order is None else order].equals(TIMES[name])
    assert (order is None) == (list(shuffled) == list(range(6)))


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(12)))
def test_two_levels_in_any_order_of_rows(shuffled):
    index = pd.MultiIndex.from_product([["b", "a", "c"], TIMES["dates"][:4]])
    frame = pd.DataFrame({"x": np.arange(12.0)}, index).iloc[shuffled]
    names, parts = split_levels(frame, "X")
    assert list(names) == list(dict.fromkeys(frame.index.get_level_values(0)))
    for name, part in zip(names, parts, strict=True):
        assert part.values["x"].tolist() == [4.0 * "bac".index(name) + step for step in range(4)]
        given = frame.loc[[name]]["x"].to_numpy()
        assert (given if part.order is None else given[part.order]).tolist() == part.values["x"].tolist()
    found = as_sequences(frame)
    assert [value[0, 0] for value in found.values] == [4.0 * "bac".index(name) for name in names]


def test_a_list_of_frames_newest_first():
    frame = pd.DataFrame({"x": [3.0, 2.0, 1.0]}, TIMES["dates"][2::-1])
    assert as_sequences([frame, frame]).values[0][:, 0].tolist() == [1.0, 2.0, 3.0]
    assert as_sequences([pd.Series([3.0, 2.0, 1.0]).iloc[::-1]] * 2).values[1][:, 0].tolist() == [3.0, 2.0, 1.0]
    named = pd.Series([3.0, 2.0], ["second", "first"])
    assert as_sequences([named, named]).values[0][:, 0].tolist() == [3.0, 2.0]


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("a", 1)]), "sequence 'a' of X has 1 in its index 2 times"),
        (pd.MultiIndex.from_tuples([("a", 1), ("b", 1), ("c", 1)])[:0], "is empty"),
        (pd.MultiIndex.from_tuples([("a", 1), ("a", np.nan), ("b", 1)]), "without a time"),
        (pd.MultiIndex.from_tuples([("a", 1), (None, 2), ("b", 1)]), "without a sequence"),
        (pd.MultiIndex.from_tuples([("a", 1, 1), ("a", 1, 2), ("b", 1, 1)]), "3 index levels"),
        (pd.MultiIndex.from_arrays([TIMES["dates"][:3], ["a", "b", "a"]]), r"swaplevel\(\)"),
        (pd.MultiIndex.from_tuples([("a", "first"), ("a", "then"), ("b", "first")]), "have no order"),
    ],
)
def test_levels_that_say_nothing_or_two_things(index, message):
    with pytest.raises(AuritaError, match=message):
        as_sequences(pd.DataFrame({"x": [1.0, 2.0, 3.0][: len(index)]}, index))


def test_a_list_of_frames_that_name_a_step_twice():
    frame = pd.DataFrame({"x": [1.0, 2.0]}, pd.to_datetime(["2024-01-01", "2024-01-01"]))
    with pytest.raises(AuritaError, match="sequence 0 of X has 2024-01-01 in its index 2 times"):
        as_sequences([frame])


def test_a_table_whose_rows_have_dates_is_refused():
    for index in (TIMES["dates"], TIMES["zoned"], TIMES["periods"], TIMES["spans"]):
        assert has_dates(index)
        with pytest.raises(AuritaError, match=r"pass X=\[table\]"):
            as_sequences(pd.DataFrame(np.zeros((6, 2)), index))
    # Rows that are series may well have a day each.
    assert as_sequences(pd.DataFrame(np.zeros((6, 4)), TIMES["dates"]), "univariate").lengths.tolist() == [4] * 6


def test_indexes_that_count():
    assert is_plain(pd.RangeIndex(4))
    assert not is_plain(pd.RangeIndex(1, 5))
    assert not is_plain(pd.Index(["0", "1"]))
    assert not is_plain(pd.Index([1, 0]))
