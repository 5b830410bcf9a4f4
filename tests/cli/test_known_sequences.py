"""Sequences of a table for a model that knows its columns: with labels where all of them are there."""

import pandas as pd
import pytest

from aurita import AuritaError
from aurita.cli._sequences import read_known_sequences

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
