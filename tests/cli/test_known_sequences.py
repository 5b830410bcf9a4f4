"""Sequences of a table for a model that knows its columns: with labels where all of them are there."""

import pandas as pd
import pytest

from aurita import AuritaError
from aurita.cli._options import Options
from aurita.cli._sequences import read_known_sequences, read_sequences, table_of

KNOWN = {"label": "kind", "id": "who", "time": "t", "decimal": None, "channels": ["x"]}


@pytest.fixture
def table(tmp_path):
    rows = [{"who": who, "t": t, "x": 0.5 * t + who, "kind": "ab"[who % 2]} for who in range(4) for t in range(5)]

    def written(lost):
        frame = pd.DataFrame(rows)
        frame.loc[lost, "kind"] = None
        frame.to_csv(tmp_path / "table.csv", index=False)
        return tmp_path / "table.csv"

    return written


def test_labels_are_read_where_every_sequence_has_one(table, capsys):
    assert read_known_sequences(table([]), KNOWN).labels.tolist() == ["a", "b", "a", "b"]
    assert read_known_sequences(table(list(range(20))), KNOWN).labels is None
    assert "labels were left out" not in capsys.readouterr().err


def test_a_sequence_without_a_label_is_named_and_a_row_without_its_label_refused(table, capsys):
    assert read_known_sequences(table([5, 6, 7, 8, 9]), KNOWN).labels is None
    assert "row 6 has no 'kind', so the table's labels were left out" in " ".join(capsys.readouterr().err.split())
    with pytest.raises(AuritaError, match="row 8, of sequence 1, has no label"):
        read_known_sequences(table([7]), KNOWN)


@pytest.fixture
def shuffled(tmp_path):
    rows = [{"who": who, "t": t, "x": 10.0 * who + t, "kind": "ab"[who % 2]} for who in range(4) for t in range(5)]

    def written(**columns):
        frame = pd.DataFrame(rows).assign(**columns).sample(frac=1, random_state=1)
        frame.to_csv(tmp_path / "shuffled.csv", index=False)
        return tmp_path / "shuffled.csv"

    return written


@pytest.mark.parametrize("remembered", [{"times": ["t"]}, {}])
def test_steps_are_ordered_by_the_column_that_the_fit_found_or_would_find(shuffled, remembered):
    found = read_known_sequences(shuffled(), {**KNOWN, "time": None, **remembered})
    for who, sequence in zip(found.ids, found.values, strict=True):
        assert sequence["x"].tolist() == [10.0 * who + t for t in range(5)]


def test_the_column_of_times_that_was_found_is_remembered(shuffled):
    options = Options(table=shuffled(), label="kind", id="who")
    assert table_of(options, read_sequences(options))["times"] == ["t"]


def test_the_column_that_ordered_the_steps_is_missed_and_may_be_given_up(shuffled):
    known = {**KNOWN, "time": None, "times": ["tick"]}
    with pytest.raises(AuritaError, match=r"lacks the column 'tick', which ordered the steps.*--time none"):
        read_known_sequences(shuffled(), known)
    assert len(read_known_sequences(shuffled(), {**known, "time": "none"}).values) == 4


def test_channels_come_in_the_order_of_the_fit_and_other_columns_do_not_matter(shuffled):
    known = {**KNOWN, "channels": ["z", "x"]}
    path = shuffled(z=[float(row) for row in range(20)], spare=1.5, remark="fine")
    assert read_known_sequences(path, known).values[0].columns.tolist() == ["z", "x"]
    with pytest.raises(AuritaError, match="'x' is not one of numbers"):
        read_known_sequences(shuffled(x="high", z=1.0), known)
