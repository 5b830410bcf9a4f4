"""Files of unknown make are read or refused; files of ours are written whole or not at all."""

import gzip
import os
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita.errors import AuritaError
from aurita.io import check_writable, read_table, write_table, write_text
from aurita.io.files import write_in_parts

SUFFIXES = [".csv", ".csv.gz", ".tsv"] + [".parquet"] * (find_spec("pyarrow") is not None)
DAYS = [f"2024-01-{day:02d}" for day in range(1, 8)]


def saved(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_separator_and_line_end(tmp_path: Path, separator: str, end: str) -> None:
    lines = [
        separator.join(["date", "y", "shop"]),
        *(separator.join([day, f"{i}.5", "a b"]) for i, day in enumerate(DAYS)),
    ]
    frame = read_table(saved(tmp_path, end.join(lines) + end))
    assert frame.columns.tolist() == ["date", "y", "shop"]
    assert frame["y"].tolist() == [i + 0.5 for i in range(7)]
    assert frame["date"].tolist() == DAYS


def test_semicolon_and_decimal_comma(tmp_path: Path) -> None:
    frame = read_table(saved(tmp_path, "date;y;z\n01.02.2024;1,5;1.234\n02.02.2024;2;2.500,75\n"))
    assert frame["y"].tolist() == [1.5, 2.0]
    assert frame["z"].tolist() == [1234.0, 2500.75]
    assert frame["date"].tolist() == ["01.02.2024", "02.02.2024"]


def test_points_are_thousands_only_where_commas_are_decimal(tmp_path: Path) -> None:
    assert read_table(saved(tmp_path, "y;z\n1,5;1.234\n2,5;2.345\n"))["z"].tolist() == [1234, 2345]
    assert read_table(saved(tmp_path, "y;z\n1.5;1.234\n2.5;2.345\n"))["z"].tolist() == [1.234, 2.345]
    assert read_table(saved(tmp_path, "y;z\n1,5;1.234\n2,5;2.3\n"))["z"].tolist() == [1.234, 2.3]


def test_commas_that_may_be_either_follow_the_rest_or_the_user(tmp_path: Path) -> None:
    assert read_table(saved(tmp_path, 'x,y\n1.5,"1,234"\n2.5,"2,345"\n'))["y"].tolist() == [1234, 2345]
    open_choice = saved(tmp_path, "date;y\na;1,234\nb;2,345\n")
    assert read_table(open_choice)["y"].tolist() == ["1,234", "2,345"]
    assert read_table(open_choice, decimal=",")["y"].tolist() == [1.234, 2.345]
    assert read_table(open_choice, decimal=".")["y"].tolist() == [1234, 2345]
    with pytest.raises(AuritaError, match="decimal=';'"):
        read_table(open_choice, decimal=";")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_and_marks(tmp_path: Path, encoding: str) -> None:
    frame = read_table(saved(tmp_path, "Größe,y\nä,1\n".encode(encoding)))
    assert frame.columns.tolist() == ["Größe", "y"]
    assert frame["Größe"].tolist() == ["ä"]


def test_gzip(tmp_path: Path) -> None:
    packed = gzip.compress(b"date,y\n2024-01-01,1\n")
    assert read_table(saved(tmp_path, packed))["y"].tolist() == [1]
    with pytest.raises(AuritaError, match="cut off"):
        read_table(saved(tmp_path, packed[:-12]))


def test_what_spreadsheets_leave_at_the_end(tmp_path: Path) -> None:
    frame = read_table(saved(tmp_path, "sep=;\r\n;;\r\ndate; y ;\r\n2024-01-01; 1;\r\n2024-01-02;2;\r\n;;\r\n;;\r\n"))
    assert frame.columns.tolist() == ["date", "y"]
    assert frame["y"].tolist() == [1, 2]


def test_row_numbers_without_a_name_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "numbered.csv"
    pd.DataFrame({"y": [5, 7]}).to_csv(path)
    assert read_table(path).columns.tolist() == ["y"]
    pd.DataFrame({"y": [5, 7]}, index=[30, 90]).to_csv(path)
    assert read_table(path).columns.tolist() == ["column 1", "y"]


def test_codes_keep_their_zeros_and_words_for_missing_are_missing(tmp_path: Path) -> None:
    frame = read_table(saved(tmp_path, "shop,y,z,flag,note\n007,NA,?,true,NA\n012,1.5,2,FALSE,b\n"))
    assert frame["shop"].tolist() == ["007", "012"]
    np.testing.assert_array_equal(frame["y"], [np.nan, 1.5])
    np.testing.assert_array_equal(frame["z"], [np.nan, 2])
    assert frame["flag"].tolist() == [True, False]
    assert frame["note"].tolist() == ["NA", "b"]


def test_an_empty_line_in_a_lone_column_is_a_missing_value(tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_table(saved(tmp_path, "y\n1\n\n3\n\n\n"))["y"], [1, np.nan, 3])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        ("\n \n", "empty"),
        ("date,y\n", r"header \(date, y\) and no row"),
        ("date,y\n,\n", "no row"),
        ("y,x, y\n1,2,3\n", "several columns have the name 'y'"),
        (bytes(range(256)) * 4, "binary"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "binary"),
        (b"PK\x03\x04abc", "save the sheet as CSV"),
        ("2024-01-01,5.5\n2024-01-02,6.5\n", "first line holds values"),
        ("a,b\n1,2\n3,4,5\n", "row 2 has 3 cells and the header has 2"),
        ("date,y\n2024-01-01,1,5\n2024-01-02,2,5\n", "row 1 has 3 cells"),
        ("a,b\n" + "1,2\n" * 500 + "1,2,3\n", "Expected 2 fields in line 502, saw 3"),
        ('a,b\n1,"2\n', "EOF inside string"),
    ],
)
def test_content_that_is_no_table(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(AuritaError, match=message):
        read_table(saved(tmp_path, content))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.parquet", "a,b\n1,2\n", "named like a Parquet file and is none"),
        ("t.csv", "<html><body>404</body></html>", "a page of the web and no table"),
        ("t.csv", "\n<!DOCTYPE html>\n<p>a,b</p>", "a page of the web and no table"),
        ("t.csv", '[{"a": 1, "b": 2}]', "this is JSON and no table; write it as CSV"),
        ("t.csv", '{"a": [1, 2]}', "this is JSON and no table; write it as CSV"),
    ],
)
def test_files_of_other_kinds_are_named(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(AuritaError, match=message):
        read_table(tmp_path / name)


def test_points_that_may_group_thousands_are_noted(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = [f"2024-01-{day:02};{day}.{300 + day};{day}" for day in range(1, 10)]
    path.write_text("\n".join(["day;price;n", *rows]))
    table = read_table(path)
    assert table["price"].iloc[0] == 1.301
    assert "numbers such as 1.301 of price were read with a decimal point" in table.attrs["aurita.notes"][0]
    table = read_table(path, decimal=",")
    assert table["price"].iloc[0] == 1301
    assert not table.attrs["aurita.notes"]
    for content in (
        path.read_text().replace(";9\n", ";9.5\n").replace(";5\n", ";0.5\n"),
        path.read_text().replace(";", ","),
    ):
        path.write_text(content)
        assert not read_table(path).attrs["aurita.notes"]


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(AuritaError, match=r"there is no file .*nowhere\.csv"):
        read_table(tmp_path / "nowhere.csv")
    with pytest.raises(AuritaError, match="is a folder"):
        read_table(tmp_path)
    with pytest.raises(AuritaError, match="cannot read"):
        read_table("a\0b.csv")


def test_a_damaged_parquet_file(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(AuritaError, match="damaged Parquet"):
        read_table(saved(tmp_path, b"PAR1 and then nothing"))


def test_parquet_is_known_by_its_content(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"y": [1.5, 2.5]}, index=pd.DatetimeIndex(DAYS[:2], name="date"))
    write_table(frame, tmp_path / "t.parquet")
    os.rename(tmp_path / "t.parquet", tmp_path / "t.csv")
    read = read_table(tmp_path / "t.csv")
    assert read.columns.tolist() == ["date", "y"]
    assert read["date"].tolist() == frame.index.tolist()


cells = {
    "whole": st.integers(-(10**15), 10**15),
    "real": st.floats(allow_nan=True, allow_infinity=False),
    "text": st.sampled_from(["a", "b c", "x,y", "semi;colon", 'quo"te', "ä", "line\nbreak"]),
    "truth": st.booleans(),
}


@settings(deadline=None)
@given(st.data(), st.sampled_from(SUFFIXES))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, suffix: str) -> None:
    rows = data.draw(st.integers(1, 8))
    table = {name: data.draw(st.lists(cell, min_size=rows, max_size=rows)) for name, cell in cells.items()}
    path = tmp_path_factory.mktemp("round") / f"table{suffix}"
    write_table(pd.DataFrame(table), path)
    read = read_table(path)
    assert read.columns.tolist() == list(cells)
    np.testing.assert_array_equal(read["real"].to_numpy(dtype=float), np.array(table["real"], dtype=float))
    for name in ("whole", "text", "truth"):
        assert read[name].tolist() == table[name]
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("suffix", [SUFFIXES[0], SUFFIXES[-1]])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    path = tmp_path / f"out{suffix}"
    write_table(pd.DataFrame({"y": [1.0]}), path)
    before = path.read_bytes()

    def broken(self: pd.DataFrame, file, **options: object) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", broken)
    monkeypatch.setattr(pd.DataFrame, "to_parquet", broken)
    with pytest.raises(AuritaError, match="No space left on device"):
        write_table(pd.DataFrame({"y": [2.0]}), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]


def test_parquet_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(AuritaError, match=r"pip install 'aurita\[data\]'"):
        read_table(saved(tmp_path, b"PAR1"))
    with pytest.raises(AuritaError, match=r"pip install 'aurita\[data\]'"):
        check_writable(tmp_path / "out.parquet", table=True)


def test_cells_that_parquet_cannot_hold(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(AuritaError, match="cannot write"):
        write_table(pd.DataFrame({"y": [1, "a", object()]}), tmp_path / "out.parquet")
    assert os.listdir(tmp_path) == []


def test_paths_that_cannot_be_written_are_refused_before_any_work(tmp_path: Path) -> None:
    taken = tmp_path / "folder.csv"
    taken.mkdir()
    for path, message in [
        (tmp_path / "none" / "out.csv", "there is no folder"),
        (taken, "it is a folder"),
        (Path("/proc/out.csv"), "give a path that may be written"),
    ]:
        with pytest.raises(AuritaError, match=message):
            check_writable(path)
        with pytest.raises(AuritaError, match=message):
            write_text(path, "text")
    for name in ("out.xlsx", "out"):
        check_writable(tmp_path / name)
        with pytest.raises(AuritaError, match=r"must end in \.csv"):
            check_writable(tmp_path / name, table=True)
    assert os.listdir(tmp_path) == ["folder.csv"]


def test_a_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(AuritaError, match="Permission denied"):
        check_writable(tmp_path / "out.csv")


def test_text_and_links(tmp_path: Path) -> None:
    (tmp_path / "link.html").symlink_to(tmp_path / "page.html")
    write_text(tmp_path / "link.html", "<p>ä</p>\n")
    assert (tmp_path / "page.html").read_bytes() == "<p>ä</p>\n".encode()
    assert (tmp_path / "link.html").is_symlink()


def test_an_index_with_a_name_is_a_column(tmp_path: Path) -> None:
    write_table(pd.DataFrame({"y": [1]}, index=pd.DatetimeIndex(["2024-01-01"])), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "time,y\n2024-01-01,1\n"
    write_table(pd.DataFrame({"y": [1]}, index=[7]), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "y\n1\n"


def test_a_folder_is_one_table(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    for number in (2, 1):
        pd.DataFrame({"y": [number], "kind": "a"}).to_parquet(tmp_path / f"{number}.parquet")
    found = read_table(tmp_path)
    assert found["y"].tolist() == [1, 2]
    assert found.columns.tolist() == ["y", "kind"]


def test_more_rows_than_are_read_at_once_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow")
    pd.DataFrame({"y": [1, 2, 3]}).to_feather(tmp_path / "one.arrow")
    assert read_table(tmp_path / "one.arrow")["y"].tolist() == [1, 2, 3]
    monkeypatch.setattr("aurita.io.arrow.MOST_AT_ONCE", 2)
    with pytest.raises(AuritaError, match="has 3 rows, and at most 2 are read at once"):
        read_table(tmp_path)


@pytest.mark.parametrize("name", ["out.csv", "out.tsv", "out.csv.gz", "out.parquet"])
def test_tables_written_in_parts_are_those_written_at_once(tmp_path: Path, name: str) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    days = pd.date_range("2024-01-01", periods=5)
    frame = pd.DataFrame({"day": days, "y": np.linspace(0, 1, 5), "name": ["a", "b,", "ä", 'q"', "e"]})
    (tmp_path / "whole").mkdir()
    write_table(frame, tmp_path / "whole" / name)
    assert write_in_parts((frame[:2], frame[2:]), tmp_path / name) == 5
    if name.endswith("parquet"):
        pd.testing.assert_frame_equal(read_table(tmp_path / name), read_table(tmp_path / "whole" / name))
    elif name.endswith("gz"):
        texts = [gzip.decompress((folder / name).read_bytes()) for folder in (tmp_path, tmp_path / "whole")]
        assert texts[0] == texts[1]
    else:
        assert (tmp_path / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_nothing_is_left_of_parts_that_fail(tmp_path: Path) -> None:
    def parts():
        yield pd.DataFrame({"y": [1]})
        raise AuritaError("the second part cannot be had")

    with pytest.raises(AuritaError, match=r"^the second part"):
        write_in_parts(parts(), tmp_path / "out.csv")
    with pytest.raises(AuritaError, match="no rows"):
        write_in_parts(iter(()), tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == []
