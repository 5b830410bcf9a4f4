"""Datasets of files: the sequences of the table that they were written from, read in pieces."""

import numpy as np
import pandas as pd
import pytest

from aurita import AuritaError
from aurita.io import open_dataset, prepare_labelled

pa = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.parquet")
feather = pytest.importorskip("pyarrow.feather")


def table(count=12, seed=0):
    """Sequences of 3 to 9 steps of two channels, a label each."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(3, 10, count)
    return pd.DataFrame(
        {
            "who": np.repeat([f"s{i:02d}" for i in range(count)], lengths),
            "t": np.concatenate([np.arange(n) for n in lengths]),
            "x": rng.normal(size=lengths.sum()),
            "kind": np.repeat(np.where(np.arange(count) % 2, "odd", "even"), lengths),
            "y": rng.normal(size=lengths.sum()),
        }
    )


def written(folder, frame, cuts=(20, 41)):
    """The rows in several files; a sequence may go on in the next."""
    for number, part in enumerate(np.split(np.arange(len(frame)), cuts)):
        frame.iloc[part].to_parquet(folder / f"{number}.parquet", index=False, row_group_size=7)
    return folder


@pytest.mark.parametrize("rows", [2, 7, 1000])
def test_the_pieces_are_the_sequences_of_the_table(tmp_path, rows):
    frame = table()
    data = open_dataset(written(tmp_path, frame), id="who", label="kind", time="t", rows=rows)
    assert data.channels == ("x", "y")
    expected = prepare_labelled(frame, label="kind", id="who", time="t")
    pieces = list(data)
    assert len(pieces) > 1 or rows == 1000
    np.testing.assert_array_equal(np.concatenate([piece.ids for piece in pieces]), expected.ids)
    np.testing.assert_array_equal(np.concatenate([piece.labels for piece in pieces]), expected.labels)
    found = [values for piece in pieces for values in piece.sequences]
    for one, other in zip(found, expected.sequences, strict=True):
        np.testing.assert_array_equal(one, other)


def test_targets_of_steps_are_apart_from_the_channels(tmp_path):
    frame = table()
    data = open_dataset(written(tmp_path, frame), id="who", target="y", rows=10, channels=["x"])
    (first, *_) = data
    own = frame[frame.who == "s00"]
    np.testing.assert_array_equal(first.sequences[0][:, 0], own.x)
    np.testing.assert_array_equal(first.labels[0], own.y)


def test_arrow_files_are_read_too(tmp_path):
    frame = table()
    feather.write_feather(pa.Table.from_pandas(frame), tmp_path / "all.arrow")
    data = open_dataset(tmp_path / "all.arrow", id="who", label="kind", time="t", rows=10)
    assert sum(len(piece.sequences) for piece in data) == 12


def contents(frame):
    return tuple(frame.columns), tuple(frame.index), frame.to_numpy().tobytes()


def test_some_are_drawn_from_all_and_every_label_is_among_them(tmp_path):
    frame = table(60)
    frame.loc[frame.who == "s59", "kind"] = "rare"
    folder = written(tmp_path, frame)
    every, labels, complete = open_dataset(folder, id="who", label="kind", rows=30).in_memory()
    assert complete
    assert (len(every), len(labels)) == (60, 60)
    data = open_dataset(folder, id="who", label="kind", rows=30, sample=10)
    some, labels, complete = data.in_memory(seed=1, every_label=True)
    assert not complete
    assert 10 <= len(some) <= 15
    assert set(labels) == {"even", "odd", "rare"}
    assert list(some[0].columns) == ["t", "x", "y"]
    data = open_dataset(folder, id="who", label="kind", sample=20)
    drawn, numbers = np.zeros(60), {contents(one): number for number, one in enumerate(every)}
    assert len(numbers) == 60
    for seed in range(20):
        few, _, _ = data.in_memory(seed=seed)
        drawn[[numbers[contents(one)] for one in few]] += 1
    # 20 x 20 / 60 = 6.7 times each; a binomial of deviation 2.1.
    assert drawn.min() > 0
    assert drawn.max() < 16


def test_rows_of_a_sequence_that_are_apart_are_refused(tmp_path):
    frame = table()
    mixed = pd.concat([frame[10:], frame[:10]])
    mixed = pd.concat([mixed, frame[frame.who == "s05"]])
    data = open_dataset(written(tmp_path, mixed), id="who", label="kind", rows=5)
    with pytest.raises(AuritaError, match=r"rows of the sequence 's0\d' are not one after the other"):
        list(data)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"id": "nobody", "label": "kind"}, "has no column 'nobody'"),
        ({"id": "who", "label": "kind", "target": "y"}, "name what is to be predicted"),
        ({"id": "who", "label": "who"}, "have several roles"),
        ({"id": "who", "label": "kind", "channels": ["kind"]}, "expected columns of numbers"),
        ({"id": "who", "label": "kind", "rows": 1}, "rows is 1; expected a whole number, 2 or more"),
    ],
)
def test_columns_that_are_not_there_are_refused(tmp_path, given, what):
    folder = written(tmp_path, table())
    with pytest.raises(AuritaError, match=what):
        open_dataset(folder, **given)


def test_files_that_are_no_dataset_are_refused(tmp_path):
    with pytest.raises(AuritaError, match="there is no file or folder"):
        open_dataset(tmp_path / "none", id="who", label="kind")
    with pytest.raises(AuritaError, match="holds no files"):
        open_dataset(tmp_path, id="who", label="kind")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(AuritaError, match="cannot be read as a dataset"):
        open_dataset(tmp_path, id="who", label="kind")


def spoilt(frame, row, column, value):
    frame = frame.copy()
    frame.loc[row, column] = value
    return frame


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [
        ("who", None, "the column 'who' is empty in some rows"),
        ("who", " ", "the column 'who' is empty in some rows"),
        ("kind", None, r"has no label in 1 of its \d+ rows in the column 'kind'"),
        ("kind", "  ", r"has no label in 1 of its \d+ rows in the column 'kind'"),
        ("kind", "other", r"has two labels, \w+ and other|has two labels, other and \w+"),
        ("t", 1.0, "has a time twice in a sequence"),
        ("x", np.inf, "has infinite values"),
    ],
)
def test_rows_that_say_nothing_or_two_things_are_refused(tmp_path, column, value, what):
    folder = written(tmp_path, spoilt(table(), 2, column, value))
    with pytest.raises(AuritaError, match=what):
        list(open_dataset(folder, id="who", label="kind", time="t", channels=["x"]))


@pytest.mark.parametrize("empty", [None, "", " \t"])
def test_a_sequence_without_a_label_is_refused(tmp_path, empty):
    frame = table()
    frame["kind"] = frame["kind"].where(frame["who"] != "s02", empty)
    with pytest.raises(AuritaError, match="the sequence 's02' has no label in the column 'kind'"):
        list(open_dataset(written(tmp_path, frame), id="who", label="kind", time="t", channels=["x"]))


def test_blanks_around_a_label_do_not_matter(tmp_path):
    folder = written(tmp_path, spoilt(table(), 2, "kind", " even "))
    labels = np.concatenate([one.labels for one in open_dataset(folder, id="who", label="kind", channels=["x"])])
    assert set(labels.tolist()) == {"even", "odd"}


def test_holes_are_filled_along_a_line_and_times_order_the_rows(tmp_path):
    frame = pd.DataFrame({"who": 1, "t": [3, 1, 2, 4], "x": [3.0, 1.0, np.nan, 4.0], "kind": "a"})
    (piece,) = open_dataset(written(tmp_path, frame, cuts=()), id="who", label="kind", time="t")
    assert piece.sequences[0][:, 0].tolist() == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("names", [[-1, -2], ["a", "b"], [np.datetime64("2024-01-01"), np.datetime64("2024-01-02")]])
@pytest.mark.parametrize("index", [None, "t", "who"])
def test_ids_and_indexes_of_any_kind_are_read(tmp_path, names, index):
    frame = pd.DataFrame({"who": np.repeat(names, 3), "t": [2, 0, 1] * 2, "x": np.arange(6.0), "kind": list("aaabbb")})
    frame.index = [7, 3, 9, 1, 1, 4]
    frame = frame if index is None else frame.set_index(index)
    frame.to_parquet(tmp_path / "one.parquet")
    data = open_dataset(tmp_path, id="who", label="kind", time="t", rows=2)
    assert data.channels == ("x",)
    assert [values[:, 0].tolist() for piece in data for values in piece.sequences] == [[1, 2, 0], [4, 5, 3]]


@pytest.mark.parametrize(
    ("times", "order"),
    [
        (["2024-01-10", "2024-01-09", "2024-01-11"], [1, 0, 2]),
        (["2024-01-01T12:00+01:00", "2024-01-01T11:30+00:00", "2024-01-01T10:00+00:00"], [2, 0, 1]),
        (list(pd.date_range("2024-01-01", periods=3, tz="Europe/Berlin")[::-1]), [2, 1, 0]),
        ([day.date() for day in pd.date_range("2024-01-01", periods=3)[::-1]], [2, 1, 0]),
        (["9", "10", "11"], "which has no order of time"),
        (["10.1.2024", "9.1.2024", "1.2.2024"], "which has no order of time"),
    ],
)
def test_rows_are_ordered_by_times_and_not_by_their_text(tmp_path, times, order):
    frame = pd.DataFrame({"who": 1, "when": times, "x": [0.0, 1.0, 2.0], "kind": "a"})
    data = open_dataset(written(tmp_path, frame, cuts=()), id="who", label="kind", time="when")
    if isinstance(order, str):
        with pytest.raises(AuritaError, match=order):
            list(data)
    else:
        assert next(iter(data)).sequences[0][:, 0].tolist() == order


def test_targets_are_numbers_and_none_is_made_up(tmp_path):
    frame = table().drop(columns="t")
    with pytest.raises(AuritaError, match="the targets kind are no numbers"):
        open_dataset(written(tmp_path, frame), id="who", target="kind")
    data = open_dataset(written(tmp_path, spoilt(frame, 4, "y", np.nan)), id="who", target="y")
    with pytest.raises(AuritaError, match=f"sequence '{frame.who[4]}' has steps without a target"):
        list(data)


def test_channels_are_named_once_and_one_name_is_one_channel(tmp_path):
    folder = written(tmp_path, table().rename(columns={"x": "xy"}))
    assert open_dataset(folder, id="who", label="kind", channels="xy").channels == ("xy",)
    with pytest.raises(AuritaError, match="the channels are xy, xy; expected columns of numbers, each once"):
        open_dataset(folder, id="who", label="kind", channels=["xy", "xy"])


def test_labels_of_steps_are_all_among_those_drawn(tmp_path):
    frame = table(40)
    frame["state"] = (frame.who == "s31").astype(int)
    data = open_dataset(written(tmp_path, frame), id="who", target="state", channels=["x"], sample=2)
    for seed in range(3):
        _, labels, complete = data.in_memory(seed=seed, every_label=True)
        assert not complete
        assert set(np.concatenate(labels)) == {0.0, 1.0}
