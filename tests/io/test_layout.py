"""Where the table stands in a text: separators, lines above and below it, names in several lines."""

from pathlib import Path

import numpy as np
import pytest

from aurita.errors import AuritaError
from aurita.io import prepare_series, read_table
from aurita.io._layout import find_layout

CASES = Path(__file__).parents[1] / "cases"
ROWS = [("2019-01-01", "5.5"), ("2019-01-02", "6.25"), ("2019-01-03", ""), ("2019-01-04", "7")]


def read(folder: Path, text: str) -> tuple[list[str], list[list], list[str]]:
    path = folder / "table.csv"
    path.write_bytes(text.encode())
    frame = read_table(path)
    return frame.columns.tolist(), frame.to_numpy().tolist(), frame.attrs["aurita.notes"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "  ", "\t\t", " "])
def test_separators(tmp_path: Path, separator: str) -> None:
    lines = [
        separator.join(["day", "y", "z"]),
        *(separator.join([f"2019-01-0{i}", f"{i}.5", f"{i}"]) for i in range(1, 8)),
    ]
    separator == "\t\t" and pytest.skip("an empty cell between tabs")
    names, rows, notes = read(tmp_path, "\n".join(lines))
    assert names == ["day", "y", "z"]
    assert rows == [[f"2019-01-0{i}", i + 0.5, i] for i in range(1, 8)]
    assert notes == []


def test_columns_of_fixed_width_keep_their_gaps(tmp_path: Path) -> None:
    rows = ["2019-01-01   5.5   7.5", "2019-01-02         8.5", "2019-01-03   6.5   9.5", "2019-01-04   6.5"]
    text = "\n".join(["day         mean   top", *rows])
    names, rows, _ = read(tmp_path, text)
    assert names == ["day", "mean", "top"]
    np.testing.assert_array_equal([row[1:] for row in rows], [[5.5, 7.5], [np.nan, 8.5], [6.5, 9.5], [6.5, np.nan]])


def test_names_with_blanks_between_wider_blanks(tmp_path: Path) -> None:
    text = "day         mean temp   top temp\n2019-01-01  5.5         7.5\n2019-01-02  6.5         8.5\n"
    assert read(tmp_path, text)[0] == ["day", "mean temp", "top temp"]


def test_tables_of_programs_that_draw_lines(tmp_path: Path) -> None:
    psql = "    day     |  y\n------------+-----\n 2019-01-01 | 5.5\n 2019-01-02 | 6.5\n(2 rows)\n"
    markdown = "| day | y |\n|---|---|\n| 2019-01-01 | 5.5 |\n| 2019-01-02 | 6.5 |\n"
    for text in (psql, markdown):
        names, rows, _ = read(tmp_path, text)
        assert names == ["day", "y"]
        assert rows == [["2019-01-01", 5.5], ["2019-01-02", 6.5]]


PREAMBLES = {
    "text": "Station report\nUnit: mm\nPeriod: 2019-2023\n\n",
    "text with separators": "Station report, north, all of it\nUnit: mm\n",
    "names and values": "Station,7\nUnit,mm\nHeight,123.5\n",
    "padded": "Report,\n,\nStation,north\n",
    "quoted": '"Report of ""7"", north"\n\n',
    "comments": "# station 7, unit degC\n#\n",
    "semicolons": "Station; north; 7\n",
}


@pytest.mark.parametrize("above", PREAMBLES.values(), ids=PREAMBLES.keys())
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_above_the_names(tmp_path: Path, above: str, end: str) -> None:
    text = above + "\n".join(["date,rain", *map(",".join, ROWS)]) + "\n"
    names, rows, notes = read(tmp_path, text.replace("\n", end))
    assert names == ["date", "rain"]
    np.testing.assert_array_equal([row[1] for row in rows], [5.5, 6.25, np.nan, 7])
    assert len(notes) == 1
    assert "left out" in notes[0]


def test_comments_between_rows_and_names_in_a_comment(tmp_path: Path) -> None:
    names, rows, notes = read(tmp_path, "date,y\n2019-01-01,1\n# sensor changed\n2019-01-02,2\n#N/A,3\n")
    assert (names, rows) == (["date", "y"], [["2019-01-01", 1], ["2019-01-02", 2], ["#N/A", 3]])
    assert notes == ["comment lines were left out (1): '# sensor changed'"]
    assert read(tmp_path, "# made by numpy\n# time value\n0.5 1.5\n1.0 2.5\n1.5 3.5\n")[:2] == (
        ["time", "value"],
        [[0.5, 1.5], [1.0, 2.5], [1.5, 3.5]],
    )


def test_a_comment_sign_in_a_cell_is_no_comment(tmp_path: Path) -> None:
    assert read(tmp_path, 'id,note\n1,"one\n#two"\n2,a # b\n')[1] == [[1, "one\n#two"], [2, "a # b"]]
    assert read(tmp_path, "#id,y\n#1,5\n#2,6\n")[0] == ["#id", "y"]


NAMES = {
    "one ticker": (["Price,Close,High", "Ticker,ABC,ABC", "Date,,"], ["Date", "Close", "High"]),
    "two tickers": (["Price,Close,Close", "Ticker,ABC,XYZ", "Date,,"], ["Date", "ABC", "XYZ"]),
    "merged cells": ([",North,", "date,rain,wind"], ["date", "rain", "wind"]),
    "two levels": (["Region,North,South", "date,sales,sales"], ["date", "North", "South"]),
    "units": (["date,temp,rain", "yyyy-mm-dd,°C,mm"], ["date", "temp", "rain"]),
    "units in brackets": (["date,temp,rain", ",[°C],[mm]"], ["date", "temp", "rain"]),
    "title and units": (["Report,,", "date,temp,rain", ",°C,mm"], ["date", "temp", "rain"]),
}


@pytest.mark.parametrize(("above", "wanted"), NAMES.values(), ids=NAMES.keys())
def test_names_in_several_lines(tmp_path: Path, above: list[str], wanted: list[str]) -> None:
    rows = [f"2019-01-0{i},{i}.5,{i}0.25" for i in range(1, 8)]
    names, values, notes = read(tmp_path, "\n".join([*above, *rows]))
    assert names == wanted
    assert values[0] == ["2019-01-01", 1.5, 10.25]
    assert notes


def test_names_of_two_levels_are_joined(tmp_path: Path) -> None:
    above = ["Price,Close,Close,High,High", "Ticker,ABC,XYZ,ABC,XYZ", "Date,,,,"]
    rows = [f"2019-01-0{i},{i},{i},{i},{i}" for i in range(1, 8)]
    wanted = ["Date", "Close ABC", "Close XYZ", "High ABC", "High XYZ"]
    assert read(tmp_path, "\n".join([*above, *rows]))[0] == wanted
    above = [",North,,South,", "date,min,max,min,max"]
    wanted = ["date", "North min", "North max", "South min", "South max"]
    assert read(tmp_path, "\n".join([*above, *rows]))[0] == wanted


def test_a_column_of_decimal_commas_is_one_column(tmp_path: Path) -> None:
    assert read(tmp_path, "y\n1,5\n2,25\n3,5\n")[:2] == (["y"], [[1.5], [2.25], [3.5]])
    assert read(tmp_path, '"y"\n"1",5.5\n"2",6.5\n')[:2] == (["y"], [[5.5], [6.5]])


def test_lines_under_the_table(tmp_path: Path) -> None:
    text = "date;y\n2019-01-01;1,5\n2019-01-02;2,5\n\nSource: the office\n"
    _, rows, notes = read(tmp_path, text)
    assert rows == [["2019-01-01", 1.5], ["2019-01-02", 2.5]]
    assert notes == ["lines under the table were left out (1): 'Source: the office'"]
    assert read(tmp_path, "date;y\n2019-01-01;1\n2019-01-02;\n")[1][1][0] == "2019-01-02"


def test_no_line_of_names_is_refused_with_its_number(tmp_path: Path) -> None:
    with pytest.raises(AuritaError, match="line 3 holds values, not names"):
        read(tmp_path, "Station report\n\n2019-01-01,5.5\n2019-01-02,6.5\n2019-01-03,6.5\n")


@pytest.mark.parametrize(
    ("path", "frequency", "steps", "targets"),
    [
        ("12-preamble-and-comment-lines/comments.csv", "MS", 60, ("temp",)),
        ("12-preamble-and-comment-lines/preamble.csv", "MS", 60, ("rain",)),
        ("12-preamble-and-comment-lines/yf.csv", "B", 280, ("Close", "High", "Volume")),
        ("15-separators/pipe.csv", "MS", 60, ("y",)),
    ],
)
def test_files(path: str, frequency: str, steps: int, targets: tuple[str, ...]) -> None:
    series = prepare_series(read_table(CASES / path))[0]
    assert (series.frequency, len(series.values), series.target_columns) == (frequency, steps, targets)
    assert series.values[0, 0] == (50 if frequency == "B" else 100)
    assert ("left out" in series.notes[0]) == path.startswith("12") or "joined" in series.notes[0]


def test_the_sample_ends_at_a_whole_record() -> None:
    rows = "".join(f'2019-01-01,"line\nline {i}"\n' for i in range(30_000))
    layout = find_layout("day,text\n" + rows)
    assert layout.names == ["day", "text"]
    assert {len(cells) for cells in layout.sample} == {2}
