"""Recorded series and a user's own table."""

import socket

import numpy as np
import pandas as pd
import pytest

from aurita.errors import AuritaError
from aurita.tasks import task_named
from aurita.tasks.series import RECORDINGS, csv, recorded

pytest.importorskip("statsmodels")
pytest.importorskip("aeon")


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Whatever opens a connection fails."""

    def refuse(*_, **__):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def table(tmp_path):
    """A table of 60 days with a count, a step and a text column."""
    path = tmp_path / "sales.csv"
    frame = pd.DataFrame({"day": [f"d{n}" for n in range(60)], "sold": np.arange(60.0), "open": 1 + np.arange(60) % 7})
    frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_recording_opens_without_a_network(name):
    task = recorded(name)
    assert all(np.isfinite(x).all() for x in task.train.series)
    assert len(task.target_names) == task.channels
    assert task.score(task.test.targets) == 0.0


def test_known_values_are_where_they_belong():
    raw = recorded("sunspots", standardise=False).train.series[0][:, 0]
    assert raw[:3].tolist() == [5.0, 11.0, 16.0]
    assert recorded("airline", standardise=False).train.series[0][:3, 0].tolist() == [112.0, 118.0, 132.0]
    elnino = recorded("elnino", standardise=False).train.series[0][:, 0]
    years = pytest.importorskip("statsmodels.datasets").elnino.load_pandas().data
    assert elnino[:2].tolist() == [23.11, 24.2]
    assert elnino[12 * 3 + 7] == years.loc[3, "AUG"]


def test_gaps_hold_the_value_before_them():
    raw = recorded("co2", standardise=False).train.series[0][:, 0]
    source = pytest.importorskip("statsmodels.datasets").co2.load_pandas().data["co2"].to_numpy()[: len(raw)]
    gap = np.flatnonzero(np.isnan(source))
    assert len(gap) > 5
    np.testing.assert_array_equal(raw[gap], raw[gap - 1])


def test_a_table_becomes_a_forecast_of_its_numeric_columns(table):
    task = task_named("csv", path=str(table), washout=5, standardise=False, horizon=2)
    assert task.name == "csv/sales"
    assert task.target_names == ("sold", "open")
    np.testing.assert_array_equal(task.train.targets[0][:, 0], task.train.inputs[0][:, 0] + 2)
    only = csv(path=table, target="sold", washout=5)
    assert (only.channels, only.outputs) == (2, 1)
    alone = csv(path=table, columns=["sold"], washout=5)
    assert (alone.channels, alone.outputs) == (1, 1)


def test_parquet_reads_like_csv(table, tmp_path):
    pytest.importorskip("pyarrow")
    other = tmp_path / "sales.parquet"
    pd.read_csv(table).to_parquet(other)
    a, b = csv(path=table), csv(path=other)
    assert a.test.inputs[0].tobytes() == b.test.inputs[0].tobytes()


def test_gaps_are_refused_or_filled_from_before(table):
    frame = pd.read_csv(table)
    frame.loc[20, "sold"] = np.nan
    frame.to_csv(table, index=False)
    with pytest.raises(AuritaError, match="row 21, column sold"):
        csv(path=table)
    filled = csv(path=table, fill_gaps=True, standardise=False).train.series[0][:, 0]
    assert filled[19] == filled[20] == 19
    frame.loc[0, "sold"] = np.nan
    frame.to_csv(table, index=False)
    with pytest.raises(AuritaError, match="row 1, column sold"):
        csv(path=table, fill_gaps=True)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"target": "price"}, "price"),
        ({"target": "day"}, "text"),
        ({"horizon": 40}, "horizon"),
        ({"fractions": (0.9, 0.2, 0.2)}, "fractions"),
        ({"fractions": (1.0, 0.0, 0.0)}, "fractions"),
        ({"washout": 100}, "segments"),
    ],
)
def test_what_the_table_cannot_give_is_refused(table, options, says):
    with pytest.raises(AuritaError, match=says):
        csv(path=table, **options)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n1,2,3\n", b"\xff\xfe\x00bad", b"x\na\nb\n"])
def test_files_that_are_no_tables_are_refused(tmp_path, content):
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    with pytest.raises(AuritaError, match=r"odd\.csv"):
        csv(path=path)
    with pytest.raises(AuritaError, match="no file"):
        csv(path=tmp_path)
    path.rename(tmp_path / "odd.parquet")
    with pytest.raises(AuritaError, match=r"odd\.parquet"):
        csv(path=tmp_path / "odd.parquet")


def test_unknown_recordings_are_refused():
    with pytest.raises(AuritaError, match="sunspots"):
        recorded("moonspots")
