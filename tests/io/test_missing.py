"""Values that stand for missing ones: named by the user, or suspected and warned of."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aurita.errors import AuritaError
from aurita.io import parse_numbers, prepare_labelled, prepare_series, read_table
from aurita.io._missing import as_missing, find_sentinels

CASES = Path(__file__).parents[1] / "cases" / "13-missing-markers"
WAVE = 20 + 5 * np.sin(np.arange(60) / 3)


@pytest.mark.parametrize("code", [-999, 999, 9999, -9999, 99999, -99.9, -99, 1e20, 9.96921e36, -32768, 500, -3000])
def test_a_value_far_from_the_rest_is_suspected(code: float) -> None:
    values = WAVE.copy()
    values[[5, 20, 40]] = code
    others = np.delete(WAVE, [5, 20, 40])
    assert find_sentinels(values) == [(code, 3, others.max() if code > 0 else others.min())]


def test_two_codes_are_both_suspected() -> None:
    values = WAVE.copy()
    values[[5, 20]], values[40] = -9999, -8888
    assert [(value, count) for value, count, _ in find_sentinels(values)] == [(-9999, 2), (-8888, 1)]


@pytest.mark.parametrize(
    "values",
    [
        WAVE,
        np.array([0.0] * 20 + [50.0, 0, 0, 50.0] * 5),
        np.arange(990.0, 1010.0),
        np.linspace(-2000, 2000, 50).round(),
        np.array([1.0, 2.0, 999.0]),
        np.append(WAVE, 400.0),
        np.exp(np.linspace(0, 12, 40)),
        np.full(30, -999.0),
        np.array([]),
        np.full(5, np.nan),
    ],
    ids=["wave", "demand", "around 999", "wide", "short", "one outlier", "growth", "constant", "empty", "missing"],
)
def test_what_is_no_code(values: np.ndarray) -> None:
    assert find_sentinels(values) == []


def test_the_file_with_a_code_is_warned_of_and_mended() -> None:
    table = read_table(CASES / "sentinel.csv")
    series = prepare_series(table)[0]
    warning = next(note for note in series.notes if "-9999" in note)
    assert "column 'temp': the value -9999 occurs 5 times, and nothing else is below 17.44" in warning
    assert "give missing=-9999" in warning
    for repaired in (
        prepare_series(table, missing=-9999),
        prepare_series(table, missing=["-9999"]),
        prepare_series(read_table(CASES / "sentinel.csv", missing=-9999)),
    ):
        assert repaired[0].values.min() == 17.44
        assert "column 'temp': 5 of 60 values were missing and were filled" in repaired[0].notes
        assert not any("occurs 5 times, and nothing" in note for note in repaired[0].notes)


@pytest.mark.parametrize("name", ["excel_errors", "mysql_null", "tmp_less-than_values"])
def test_files_with_markers(name: str) -> None:
    table = read_table(CASES / f"{name}.csv")
    series = prepare_series(table)[0]
    assert len(series.values) == 60
    assert np.isfinite(series.values).all()
    assert any("7 of 60 values were missing and were filled" in n or "'<0.5' are limits" in n for n in series.notes)


@pytest.mark.parametrize(
    "marker", [r"\N", "(null)", "#DIV/0!", "#N/A", "#NV", ":", "..", "-", ".", "n.a.", "k.A.", "–", "***"]
)
def test_markers_between_numbers(tmp_path: Path, marker: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"date;y\n2019-01-01;1,5\n2019-01-02;{marker}\n2019-01-03;2,5\n")
    np.testing.assert_array_equal(read_table(path)["y"], [1.5, np.nan, 2.5])


def test_words_of_the_user_are_missing() -> None:
    column = pd.Series(["1", "Off", "3", "-1"])
    numbers = parse_numbers(column, missing=["off", -1])
    np.testing.assert_array_equal(numbers.floats, [1, np.nan, 3, np.nan])
    assert numbers.notes == ["-1 occurs once and was taken as missing"]
    with pytest.raises(AuritaError, match=r"missing holds None; expected numbers such as -9999"):
        as_missing([None])


def test_labelled_sequences_too() -> None:
    table = pd.DataFrame(
        {"who": np.repeat([1, 2], 6), "x": [1.5, 2, -999, 3, 2, 1] * 2, "class": np.repeat(["a", "b"], 6)}
    )
    found = prepare_labelled(table, label="class", id="who")
    assert any("column 'x': the value -999 occurs twice" in note for note in found.notes)
    repaired = prepare_labelled(table, label="class", id="who", missing=-999)
    assert repaired.sequences[0][:, 0].tolist() == [1.5, 2, 2.5, 3, 2, 1]
    wide = pd.DataFrame({f"t{i}": [1.0 + i, 2.0, -999.0 if i > 2 else 3.0] for i in range(5)} | {"class": [0, 1, 0]})
    assert [note for note in prepare_labelled(wide, label="class").notes if "-999 occurs twice" in note]
    assert [len(s) for s in prepare_labelled(wide, label="class", missing=-999).sequences] == [5, 5, 3]
