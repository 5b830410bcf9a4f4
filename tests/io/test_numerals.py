"""Numbers in text: what they say, and when they say too much."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita.io import parse_numbers, prepare_series, read_table


def read(*cells: object, **options) -> list[float]:
    numbers = parse_numbers(pd.Series(cells, dtype=object), **options)
    assert numbers.fault is None, numbers.fault
    return numbers.floats.tolist()


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "-2", "+3.5", "4e-2", ".5", "6."], [1, -2, 3.5, 0.04, 0.5, 6]),
        (["1.234,5", "2.345"], [1234.5, 2345]),
        (["1,234.5", "2,345"], [1234.5, 2345]),
        (["0,125", "1,234"], [0.125, 1.234]),
        (["1234,567"], [1234.567]),
        (["1,234,567"], [1234567]),
        (["1.234.567"], [1234567]),
        (["1 234,5", "12 345"], [1234.5, 12345]),
        (["1'234.5"], [1234.5]),
        (["1\u202f234"], [1234]),
        (["12%", "3.5 %"], [12, 3.5]),
        (["$1,234", "-$5.5", "($7)"], [1234, -5.5, -7]),
        (["€ 1,50", "2,25 €"], [1.5, 2.25]),
        (["1.5 EUR"], [1.5]),
        (["(5)", "−3"], [-5, -3]),
        (["yes", "No", "TRUE"], [1, 0, 1]),
        (["false", "1", "0"], [0, 1, 0]),
        ([1, "2", 3.5], [1, 2, 3.5]),
        (["1.234", "2.345"], [1.234, 2.345]),
        (["12,34,567", "1,00,000.5"], [1234567, 100000.5]),
        (["75-", "5", "1.5 -"], [-75, 5, -1.5]),
        (["'-75", "'0.5"], [-75, 0.5]),
        (['="100"', "=-5.5"], [100, -5.5]),
        (["12K", "3.4M", "5"], [12_000, 3_400_000, 5]),
        (["2 Mio. €", "1,5 Mrd €"], [2e6, 1.5e9]),
        (["290 K", "291.5 K"], [290, 291.5]),
        (["12.5 kg", "3 kg"], [12.5, 3]),
        (["5 W/m2", "7.5 W/m2"], [5, 7.5]),
        (["12*", "13.5", "14 (p)", "15 r", "16¹", "17 [a]"], [12, 13.5, 14, 15, 16, 17]),
        (["<0.5", "≥ 3", "1"], [0.5, 3, 1]),
        (["(12,5 kg)", "3 kg"], [-12.5, 3]),
        (["１２", "−３"], [12, -3]),
        (["1\u2009234,5"], [1234.5]),
        (["R$ 1.234,50"], [1234.5]),
        (["1.5D+03"], [1500]),
    ],
)
def test_readings(cells: list[object], expected: list[float]) -> None:
    assert read(*cells) == expected


def test_missing_words() -> None:
    np.testing.assert_array_equal(read("1", "", "NA", "-", "?", None, "n/a"), [1] + [np.nan] * 6)


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        (["1,234", "2,345"], "'1,234' may be 1234 or 1.234"),
        (["3 kg", "3"], "some cells are in kg and others have no unit"),
        (["2024-01-01"], "is not a number"),
        (["1,23,4"], "is not a number"),
        (["1,5", "1.5"], "is not a number"),
        (["12%", "12"], "percents"),
        (["$5", "€5"], "the cells are in"),
        (["(5"], "is not a number"),
        (["1_000"], "is not a number"),
        (["5 kg", "5 g"], "the cells are in g and kg"),
        (["10-20"], "is not a number"),
        (["1/2"], "is not a number"),
        (["(-5)"], "is not a number"),
        (["2020-01"], "is not a number"),
        (["12:30"], "is not a number"),
    ],
)
def test_faults(cells: list[str], fault: str) -> None:
    assert fault in str(parse_numbers(pd.Series(cells, dtype=object)).fault)


def test_a_named_decimal_sign_settles_what_is_open_and_nothing_else() -> None:
    assert read("1,234", decimal=",") == [1.234]
    assert read("1,234", decimal=".") == [1234]
    assert read("1,5", decimal=".") == [1.5]


def test_tolerance() -> None:
    column = pd.Series(["1"] * 19 + ["broken"])
    assert parse_numbers(column).fault == "'broken' is not a number"
    numbers = parse_numbers(column, tolerance=0.05)
    np.testing.assert_array_equal(numbers.floats, [1.0] * 19 + [np.nan])
    assert numbers.notes == ["1 of 20 cells is no number ('broken' in row 20) and was taken as missing"]


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        (["12K", "5"], "multiples in 1 cell were read out: '12K' as 12000"),
        (["3 kg"], "the unit kg was dropped, the numbers were left as they are"),
        (["5", "12 (p)", "13r"], "marks beside the numbers of 2 cells, as in '12 (p)', were dropped"),
        (["<0.5", "1"], "1 cell ('<0.5') is a limit and was read as the limit itself"),
        (["75-"], "the minus after the number in 1 cell, as in '75-', was read as its sign"),
    ],
)
def test_what_is_interpreted_is_noted(cells: list[str], note: str) -> None:
    numbers = parse_numbers(pd.Series(cells, dtype=object))
    assert numbers.notes == [note]
    assert numbers.decorated


def test_a_few_cells_of_another_unit_are_missing() -> None:
    numbers = parse_numbers(pd.Series(["5"] * 30 + ["7 apples"]), tolerance=0.05)
    np.testing.assert_array_equal(numbers.floats, [5.0] * 30 + [np.nan])
    assert numbers.notes == ["1 of 31 cells is no number ('7 apples' in row 31) and was taken as missing"]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("tmp_apostrophe_negatives", 0.0),
        ("tmp_excel_quoted_formula", 100.0),
        ("tmp_K_M_suffix", 100e6),
        ("tmp_unit_in_cells", 100.0),
    ],
)
def test_files_of_numbers_as_people_write_them(name: str, first: float) -> None:
    folder = Path(__file__).parents[1] / "cases" / "14-numbers-as-people-write-them"
    series = prepare_series(read_table(folder / f"{name}.csv"))[0]
    assert (series.frequency, len(series.values), series.values[0, 0]) == ("D", 30, first)


def test_kinds_of_columns() -> None:
    assert parse_numbers(pd.Series([1, None], dtype="Int64")).floats.tolist()[0] == 1
    assert parse_numbers(pd.Series(["1", "2"], dtype="category")).floats.tolist() == [1, 2]
    assert parse_numbers(pd.Series(["1", "2"], dtype="string")).floats.tolist() == [1, 2]
    assert parse_numbers(pd.Series(pd.to_datetime(["2024-01-01"]))).fault is not None
    assert parse_numbers(pd.Series([1j])).fault == "the values are complex numbers"
    assert parse_numbers(pd.Series([], dtype=object)).floats.tolist() == []


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=20))
def test_any_float_is_read_to_the_last_bit(values: list[float]) -> None:
    assert read(*map(repr, values)) == values


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=20), st.sampled_from([".", ","]))
def test_grouped_money_is_read_with_either_sign(cents: list[int], decimal: str) -> None:
    group = {".": ",", ",": "."}[decimal]
    cells = [f"{c // 100:,}".replace(",", group) + f"{decimal}{c % 100:02d}" for c in cents]
    assert read(*cells) == [c / 100 for c in cents]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("$(100.25)", -100.25), ("(100.25) €", -100.25), ("($100.25)", -100.25), ("£ (1,200.50)", -1200.5), ("(7)", -7)],
)
def test_amounts_in_brackets_are_negative_wherever_the_sign_of_money_stands(cell, value):
    plain = {"$": "$5.50", "€": "5.50 €", "£": "£5.50"}.get(next((sign for sign in "$€£" if sign in cell), ""), "5.50")
    assert parse_numbers(pd.Series([plain, cell])).floats.tolist() == [5.5, value]


def test_brackets_with_no_amount_of_money_stay_what_they_are():
    assert parse_numbers(pd.Series(["kg (5)", "kg (6)"])).fault is not None
