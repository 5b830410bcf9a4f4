"""Labelled sequences, long and wide."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita.errors import AuritaError
from aurita.io import prepare_labelled

nan = np.nan


def long_table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "who": ["b"] * 3 + ["a"] * 2,
            "step": [0, 1, 2, 0, 1],
            "x": [1.0, 2.0, 3.0, 4.0, 5.0],
            "y": [0.1, 0.2, 0.3, 0.4, 0.5],
            "class": ["up"] * 3 + ["down"] * 2,
        }
    )


@settings(deadline=None)
@given(st.lists(st.integers(1, 6), min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_ragged_long_tables_in_any_order_of_rows(lengths: list[int], random) -> None:
    rng = np.random.default_rng(sum(lengths))
    expected = [rng.normal(size=(length, 2)) for length in lengths]
    blocks = [
        pd.DataFrame({"id": 100 - i, "t": np.arange(len(s)) * 3, "u": s[:, 0], "v": s[:, 1], "label": i % 2})
        for i, s in enumerate(expected)
    ]
    table = pd.concat(blocks, ignore_index=True)
    order = list(range(len(table)))
    random.shuffle(order)
    sequences, labels, ids, channels = prepare_labelled(table.iloc[order], label="label", id="id", time="t")
    assert channels == ("u", "v")
    assert ids.tolist() == [100 - i for i in reversed(range(len(lengths)))]
    assert labels.tolist() == [i % 2 for i in reversed(range(len(lengths)))]
    for sequence, wanted in zip(sequences, reversed(expected), strict=True):
        assert sequence.dtype == np.float64
        np.testing.assert_array_equal(sequence, wanted)


def test_without_a_time_the_order_of_the_table_counts() -> None:
    table = long_table().drop(columns="step")
    sequences, labels, ids, _ = prepare_labelled(table, label="class", id="who")
    assert ids.tolist() == ["a", "b"]
    assert labels.tolist() == ["down", "up"]
    assert sequences[1].tolist() == [[1, 0.1], [2, 0.2], [3, 0.3]]


def test_dates_order_the_rows_unless_they_cannot() -> None:
    table = (
        long_table()
        .drop(columns="step")
        .assign(date=["2024-01-03", "2024-01-02", "2024-01-01", "2024-01-01", "2024-01-02"])
    )
    assert prepare_labelled(table, label="class", id="who").sequences[1][:, 0].tolist() == [3, 2, 1]
    same = prepare_labelled(table.assign(date="2024-01-01"), label="class", id="who")
    assert same.sequences[1][:, 0].tolist() == [1, 2, 3]
    assert "the column 'date' does not order the rows" in same.notes[0]
    with pytest.raises(AuritaError, match="two rows of one time, the second in row 2"):
        prepare_labelled(table.assign(date="2024-01-01"), label="class", id="who", time="date")


def test_missing_values_are_filled_within_their_sequence() -> None:
    table = long_table()
    table["x"] = [1.0, nan, 3.0, nan, 5.0]
    result = prepare_labelled(table, label="class", id="who", time="step")
    assert [sequence[:, 0].tolist() for sequence in result.sequences] == [[5, 5], [1, 2, 3]]
    assert "2 values were missing in 2 sequences and filled" in result.notes


def test_prediction_has_no_labels_and_text_is_no_channel() -> None:
    result = prepare_labelled(long_table(), label=None, id="who", time="step")
    assert result.labels is None
    assert result.channels == ("x", "y")
    assert any("not of numbers: class" in note for note in result.notes)


def test_a_label_in_one_row_serves_for_all() -> None:
    table = long_table()
    table["class"] = ["up", None, None, None, "down"]
    assert prepare_labelled(table, label="class", id="who", time="step").labels.tolist() == ["down", "up"]


@pytest.mark.parametrize("id", [None, "name"])
def test_wide_rows_are_sequences_that_end_with_their_last_value(id: str | None) -> None:
    table = pd.DataFrame(
        {
            "name": ["q", "p"],
            "s0": [1.0, nan],
            "s1": [nan, 6.0],
            "s2": ["3,5", "7,5"],
            "s3": [nan, 8.0],
            "kind": [2.0, 1.0],
        }
    )
    sequences, labels, ids, channels = prepare_labelled(table, label="kind", id=id)
    order = [0, 1] if id is None else [1, 0]
    wanted = [[[1], [2.25], [3.5]], [[6], [6], [7.5], [8]]]
    assert [sequence.tolist() for sequence in sequences] == [wanted[i] for i in order]
    assert labels.tolist() == [[2, 1][i] for i in order]
    assert labels.dtype.kind == "i"
    assert ids.tolist() == ([0, 1] if id is None else ["p", "q"])
    assert channels == ("value",)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([1, 2], [1, 2]),
        ([1.0, 2.0], [1, 2]),
        ([0.5, 2.25], [0.5, 2.25]),
        ([" yes ", "no"], ["yes", "no"]),
        ([True, False], [True, False]),
        (pd.Categorical(["b", "a"]), ["b", "a"]),
    ],
)
def test_kinds_of_labels(column: list, expected: list) -> None:
    labels = prepare_labelled(pd.DataFrame({"a": [1, 2], "b": [3, 4], "class": column}), label="class").labels
    assert labels.tolist() == expected


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"class": ["up", "up", "down", "a", "a"]}, {}, "sequence 'b' has two labels, up and down \\(row 3\\)"),
        ({"class": ["up", None, "up", "down", "down"]}, {}, "row 2, of sequence 'b', has no label in column 'class'"),
        ({"class": ["up", "up", "up", "down", None]}, {}, "row 5, of sequence 'a', has no label in column 'class'"),
        ({"class": ["up", "up", "up", None, None]}, {}, "sequence 'a' has no label in column 'class'"),
        ({"who": ["b", "b", None, "a", "a"]}, {}, "id column 'who' is empty in row 3"),
        ({"step": [0, 1, 1, 0, 1]}, {}, "sequence 'b' has two rows of one time"),
        ({"step": [0, 1, nan, 0, 1]}, {}, "row 3, of sequence 'b', has no time"),
        ({"x": [1, 2, np.inf, 4, 5]}, {}, "'x' is infinite in row 3"),
        ({"x": [1, 2, 3, nan, nan]}, {}, "channel 'x' has no value in sequence 'a'"),
        ({"x": "text", "y": "text"}, {}, "no column of numbers is left"),
        ({}, {"label": "clas"}, "did you mean 'class'"),
        ({}, {"label": "who"}, "a column of its own"),
        ({}, {"id": None}, "give the id column"),
    ],
)
def test_refusals(change: dict, options: dict, message: str) -> None:
    with pytest.raises(AuritaError, match=message):
        prepare_labelled(long_table().assign(**change), **({"label": "class", "id": "who", "time": "step"} | options))


def test_an_empty_row_of_a_wide_table() -> None:
    with pytest.raises(AuritaError, match="row 2 has no number"):
        prepare_labelled(pd.DataFrame({"a": [1, nan], "b": [2, nan], "class": [0, 1]}), label="class")
