"""Series out of tables that nobody prepared."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurita.errors import AuritaError
from aurita.io import Series, prepare_series, read_table

nan = np.nan


def hourly(count: int = 48) -> pd.DataFrame:
    stamps = pd.date_range("2024-01-01", periods=count, freq="h")
    return pd.DataFrame({"date": stamps.astype(str), "y": np.arange(count) ** 2 / 7})


def only(frame: pd.DataFrame, **options) -> Series:
    (series,) = prepare_series(frame, **options)
    return series


def test_hours_with_gaps_are_interpolated_along_a_line() -> None:
    table = hourly().drop(index=[10, 11, 30])
    series = only(table, time="date", target="y")
    expected = np.arange(48) ** 2 / 7
    expected[[10, 11]] = expected[9] + (expected[12] - expected[9]) * np.array([1, 2]) / 3
    expected[30] = (expected[29] + expected[31]) / 2
    np.testing.assert_allclose(series.values[:, 0], expected, rtol=1e-14)
    assert series.values.dtype == np.float64
    assert (series.frequency, series.name, series.target_columns, series.covariate_columns) == ("h", "y", ("y",), ())
    assert series.index.equals(pd.date_range("2024-01-01", periods=48, freq="h", unit="ns"))
    assert "3 of 48 steps had no row" in series.notes
    assert series.future_covariates.shape == (0, 0)


@settings(deadline=None)
@given(data=st.data(), frequency=st.sampled_from(["h", "D", "B", "W-MON", "MS", "ME", "QE-DEC", "15min"]))
def test_order_of_rows_changes_nothing_and_lost_rows_keep_the_grid(data: st.DataObject, frequency: str) -> None:
    count = 40
    stamps = pd.date_range("2021-03-01", periods=count, freq=frequency, unit="ns")
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    table = pd.DataFrame({"when": stamps.astype(str), "y": rng.normal(size=count), "x": rng.normal(size=count)})
    lost = data.draw(st.sets(st.integers(1, count - 2), max_size=7))
    twice = data.draw(st.lists(st.integers(0, count - 1), max_size=4))
    rows = [i for i in range(count) if i not in lost] + [i for i in twice if i not in lost]
    sample = table.iloc[rows].assign(y=rng.normal(size=len(rows)))
    shuffled = sample.iloc[data.draw(st.permutations(range(len(rows))))]
    first, second = (only(t, time="when", target="y", covariates=["x"]) for t in (sample, shuffled))
    assert first.index.equals(stamps)
    assert second.index.equals(stamps)
    np.testing.assert_array_equal(first.values, second.values)
    assert first.notes == second.notes
    means = sample.groupby("when")["y"].mean()
    present = [i for i in range(count) if i not in lost]
    np.testing.assert_allclose(first.values[present, 0], means[table["when"].iloc[present]], rtol=1e-12)


def test_the_time_column_and_the_targets_are_found() -> None:
    table = hourly().assign(shop="a", load=1.0, row=range(48))
    series = only(table)
    assert series.target_columns == ("y", "load")
    assert series.constant == ("load",)
    assert "the time column is 'date'" in series.notes
    assert "columns left out: shop ('a' is not a number), row (row numbers)" in series.notes


def test_an_index_of_dates_is_the_time() -> None:
    table = hourly().set_index(pd.date_range("2024-01-01", periods=48, freq="h"))[["y"]]
    assert only(table).frequency == "h"


def test_two_columns_of_dates() -> None:
    table = hourly().assign(made="2023-12-31")
    assert "the time column is 'date'" in only(table, target="y").notes
    with pytest.raises(AuritaError, match="'begin', 'made' all hold dates"):
        prepare_series(table.rename(columns={"date": "begin"}), target="y")
    assert only(table.rename(columns={"date": "begin"}), time="begin", target="y").frequency == "h"


def test_days_and_clock_times_in_two_columns() -> None:
    stamps = pd.date_range("2004-03-10 18:00", periods=24 * 20, freq="h", unit="ns")
    table = pd.DataFrame(
        {"Date": stamps.strftime("%d/%m/%Y"), "Time": stamps.strftime("%H.%M.%S"), "CO": range(5, 485)}
    )
    assert only(table).index.equals(stamps)
    hours = pd.DataFrame({"dteday": stamps.strftime("%Y-%m-%d"), "hr": stamps.hour, "cnt": range(5, 485)})
    assert only(hours).index.equals(stamps)
    parts = pd.DataFrame({"No": range(1, 481), "year": stamps.year, "month": stamps.month, "day": stamps.day})
    series = only(parts.assign(hour=stamps.hour, pm=range(5, 485)))
    assert series.index.equals(stamps)
    assert series.target_columns == ("pm",)


def test_rows_are_steps_without_dates() -> None:
    series = only(pd.DataFrame({"y": [1.0, nan, 3.0, 4.0, 7.0]}))
    assert isinstance(series.index, pd.RangeIndex)
    assert series.frequency is None
    assert series.values.ravel().tolist() == [1, 2, 3, 4, 7]
    assert series.future_index(2).tolist() == [5, 6]


def test_step_numbers() -> None:
    series = only(pd.DataFrame({"step": [30, 0, 10, 40], "y": [3.0, 0.0, 1.0, 4.0]}), time="step")
    assert series.index.tolist() == [0, 10, 20, 30, 40]
    assert series.values.ravel().tolist() == [0, 1, 2, 3, 4]
    assert series.future_index(2).tolist() == [50, 60]
    seconds = np.delete(np.arange(30), [4, 20]) / 30
    series = only(pd.DataFrame({"t": np.round(seconds, 3), "y": seconds}))
    np.testing.assert_allclose(series.values.ravel(), np.arange(30) / 30, atol=1e-12)
    with pytest.raises(AuritaError, match="not regular"):
        prepare_series(pd.DataFrame({"t": [0.0, 1.1, 1.4, 17.2, 17.3], "y": range(5, 10)}), time="t")


def test_missing_values_take_a_line_inside_and_the_nearest_value_before_the_first() -> None:
    table = hourly(8).assign(y=[nan, 2.0, nan, nan, 5.0, 6.0, 7.0, nan])
    series = only(table, target="y")
    assert series.values.ravel().tolist() == [2, 2, 3, 4, 5, 6, 7]
    assert "column 'y': 3 of 7 values were missing and were filled" in series.notes
    assert "1 step after the last value of the target was left out" in series.notes


def test_more_than_half_missing() -> None:
    table = hourly(8).assign(x=[1.0, 2, 3, nan, nan, nan, nan, nan], full=range(10, 18))
    with pytest.raises(AuritaError, match=r"'x' is missing in 5 of 8 steps"):
        prepare_series(table, target=["y", "x"])
    series = only(table)
    assert series.target_columns == ("y", "full")
    assert "columns left out: x (more than half missing)" in series.notes


def test_repeated_times_are_averaged() -> None:
    series = only(pd.concat([hourly(6), hourly(6).assign(y=0.0)]), target="y")
    np.testing.assert_allclose(series.values.ravel(), np.arange(6) ** 2 / 14)
    assert (
        "5 rows shared their time with another row and were averaged with it (the first: 2024-01-01 01:00:00)"
        in series.notes
    )
    assert "1 row is a copy of another" in series.notes


def test_known_covariates_reach_into_the_future() -> None:
    table = hourly(10).assign(a=np.arange(10.0), b=np.arange(10.0) * 2)
    table.loc[6:, "y"] = nan
    table.loc[7, "a"] = nan
    table.loc[9, "b"] = nan
    series = only(table, target="y", covariates=["a", "b"])
    assert series.index.equals(pd.date_range("2024-01-01", periods=6, freq="h", unit="ns"))
    assert series.values.shape == (6, 3)
    assert series.future_covariates.tolist() == [[6, 12], [7, 14], [8, 16]]
    assert series.future_index(3)[0] == pd.Timestamp("2024-01-01 06:00")
    assert "the last 3 steps have covariates and no target: they are the future" in series.notes
    assert "1 step after the last known covariates was left out" in series.notes


def test_a_tail_without_target_is_no_past_that_a_forecast_could_start_from() -> None:
    table = hourly(10)
    table.loc[8:, "y"] = nan
    for covariates, future in (([], (0, 0)), (["a"], (0, 1))):
        series = only(table.assign(a=table["y"]), target="y", covariates=covariates)
        assert len(series.index) == 8
        assert series.index[-1] + pd.Timedelta(hours=1) == series.future_index(1)[0]
        assert series.future_covariates.shape == future


def test_several_series_are_prepared_alone() -> None:
    table = pd.concat(
        [hourly(20).assign(shop=10), hourly(12).assign(shop=9, y=5.0, date=hourly(20)["date"][8:].to_numpy())]
    )
    series = prepare_series(table, target="y", id="shop")
    assert [s.name for s in series] == ["9", "10"]
    assert [len(s.index) for s in series] == [12, 20]
    assert [s.constant for s in series] == [("y",), ()]
    assert series[0].index[0] == pd.Timestamp("2024-01-01 08:00")
    with pytest.raises(AuritaError, match=r"24 of 32 rows share their time.*give id='shop'"):
        prepare_series(table, target="y")


def test_series_that_cannot_be_used_are_left_out_and_all_named() -> None:
    table = pd.concat([hourly(20).assign(shop=1), hourly(3).assign(shop=2), hourly(9).assign(shop=3, y=nan)])
    series = prepare_series(table, target="y", id="shop")
    assert [one.name for one in series] == ["1"]
    note = "2 series were left out: '2' (3 rows have a target, at least 4 are needed); '3' (0 rows have a target"
    assert series[0].notes[0].startswith(note)
    with pytest.raises(AuritaError, match=r"2 of 3 series cannot be used, and strict asks for all: '2'.*'3'"):
        prepare_series(table, target="y", id="shop", strict=True)
    with pytest.raises(AuritaError, match=r"none of the 2 series can be used: '2', '4' \(3 rows"):
        prepare_series(pd.concat([table[table["shop"] == 2], hourly(3).assign(shop=4)]), target="y", id="shop")
    with pytest.raises(AuritaError, match="series '2': 3 rows have a target"):
        prepare_series(table[table["shop"] == 2], target="y", id="shop")


@pytest.mark.parametrize(("name", "left"), [("short_one", "'new shop' (2 rows"), ("one_empty", "'gone' (0 rows")])
def test_panels_with_a_short_or_an_empty_series(name: str, left: str) -> None:
    folder = Path(__file__).parents[1] / "cases" / "09-one-short-series-stops-the-panel"
    series = prepare_series(read_table(folder / f"{name}.csv"), id="id", target="y")
    assert len(series) >= 2
    assert all(left in one.notes[0] for one in series)


def test_rows_without_an_id_or_a_date_are_left_out_and_noted() -> None:
    table = hourly(40).assign(shop=["a"] * 39 + [None])
    table.loc[20, "date"] = "total"
    series = only(table, target="y", id="shop")
    assert len(series.index) == 39
    assert "1 row has no 'shop' and was left out" in series.notes
    assert "1 row has no date and was left out (row 21, 'total')" in series.notes


def test_numbers_written_as_text() -> None:
    table = hourly(6).assign(y=["1.000,5", "2.000", "3,5", "n/a", "5,5", "6"], p=["1%", "2%", "3%", "4%", "5%", "7%"])
    series = only(table, target=["y", "p"])
    assert series.values[:, 0].tolist() == [1000.5, 2000, 3.5, 4.5, 5.5, 6]
    assert series.values[:, 1].tolist() == [1, 2, 3, 4, 5, 7]
    assert "column 'p': the sign % was dropped, the numbers were left as they are" in series.notes


def test_a_frequency_that_is_given_averages() -> None:
    series = only(hourly(96), target="y", frequency="day")
    assert series.frequency == "D"
    np.testing.assert_allclose(series.values.ravel(), (np.arange(96) ** 2 / 7).reshape(4, 24).mean(axis=1))
    assert "96 rows were averaged to 4 steps" in series.notes


def test_rows_of_opening_hours_may_be_steps() -> None:
    table = hourly(24 * 20)
    stamps = pd.DatetimeIndex(table["date"])
    table = table[(stamps.hour >= 9) & (stamps.hour < 17)]
    with pytest.raises(AuritaError, match="frequency='rows'"):
        prepare_series(table, target="y")
    series = only(table.iloc[::-1], target="y", frequency="rows")
    assert series.values.ravel().tolist() == table["y"].tolist()
    assert series.frequency is None


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (
            hourly(8).assign(y="closed"),
            {"target": "y"},
            "target column 'y' is not one of numbers: 'closed' is not a number",
        ),
        (
            hourly(8).assign(c="rain"),
            {"target": "y", "covariates": ["c"]},
            "covariate column 'c' is not one of numbers: 'rain'",
        ),
        (hourly(8).assign(y=[1, 2, np.inf, 4, 5, 6, 7, 8]), {"target": "y"}, "'y' is infinite in row 3"),
        (
            hourly(8).assign(y=[1, 2, 3, 1e300, 5, 6, 7, 8]),
            {"target": "y"},
            "'y' is 1e+300, which is too large, in row 4",
        ),
        (
            hourly(8).assign(t=[1, 2, 3, 4, 5, 6, 7, 1e30]),
            {"time": "t", "target": "y"},
            "step numbers run from 1 to 1e+30",
        ),
        (hourly(3), {"target": "y"}, "3 rows have a target, at least 4"),
        (hourly(8).assign(y=[nan] * 5 + [1, 2, 3]), {"target": "y"}, "3 rows have a target"),
        (hourly(8).assign(date="2024-01-01"), {"target": "y", "time": "date"}, "its length is 1; at least 4"),
        (hourly(8), {"target": "Y"}, "target column 'Y' is not in the table; did you mean 'y'"),
        (hourly(8), {"time": "day", "target": "y"}, "time column 'day' is not in the table"),
        (hourly(8), {"target": "y", "covariates": ["y"]}, "'y' is given as target and as covariate"),
        (hourly(8).assign(when="later"), {"time": "when", "target": "y"}, "'when' holds 'later' in row 1"),
        (hourly(8).assign(when=None), {"time": "when", "target": "y"}, "time column 'when' is empty"),
        (hourly(8).assign(shop=None), {"id": "shop", "target": "y"}, "id column 'shop' is empty"),
        (hourly(8)[["date"]], {}, "no column of numbers to forecast"),
        (hourly(0), {}, "0 rows"),
        (pd.DataFrame({"y": range(9)}), {"frequency": "h"}, "the table has no dates"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), {}, "several columns have the name 'a'"),
        ([1, 2, 3], {}, "expected a pandas DataFrame, got list"),
    ],
)
def test_refusals(table: pd.DataFrame, options: dict, message: str) -> None:
    with pytest.raises(AuritaError, match=re.escape(message)):
        prepare_series(table, **options)


def test_horizons() -> None:
    series = only(pd.DataFrame({"date": pd.date_range("2024-01-31", periods=5, freq="ME"), "y": range(3, 8)}))
    assert [str(stamp.date()) for stamp in series.future_index(3)] == ["2024-06-30", "2024-07-31", "2024-08-31"]
    with pytest.raises(AuritaError, match="give 1 or more"):
        series.future_index(0)
    with pytest.raises(AuritaError, match="beyond the year 2262"):
        series.future_index(10_000)


def test_business_days_go_on_after_the_weekend() -> None:
    days = pd.bdate_range("2024-01-01", "2024-02-02").delete([7])
    series = only(pd.DataFrame({"date": days.strftime("%d.%m.%Y"), "y": range(3, 27)}))
    assert series.frequency == "B"
    assert [str(stamp.date()) for stamp in series.future_index(2)] == ["2024-02-05", "2024-02-06"]


def test_a_file_from_a_german_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "umsatz.csv"
    rows = [f"{stamp:%d.%m.%Y};{i},5;1.{i:03d},00 €" for i, stamp in enumerate(pd.date_range("2024-01-01", periods=40))]
    path.write_bytes("\ufeff".encode() + "\r\n".join(["Datum;Menge;Umsatz", *rows[:7], *rows[9:], ";;"]).encode())
    series = only(read_table(path))
    assert series.target_columns == ("Menge", "Umsatz")
    np.testing.assert_allclose(series.values, np.stack([np.arange(40) + 0.5, np.arange(40) + 1000.0], axis=1))
    assert series.index.equals(pd.date_range("2024-01-01", periods=40, unit="ns"))


def test_months_in_columns_are_not_twelve_series() -> None:
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    table = pd.DataFrame(np.arange(72.0).reshape(6, 12), columns=names)
    table.insert(0, "Year", range(2015, 2021))
    for each in (table, table.assign(Total=table[names].sum(axis=1))):
        with pytest.raises(AuritaError, match="the columns Jan to Dec are the months of a year"):
            prepare_series(each)
    assert only(table, target=["Jan", "Feb"]).frequency == "YS-JAN"


def test_a_row_without_a_date_is_named_by_what_is_in_it() -> None:
    table = hourly(30).assign(date=lambda t: t["date"].astype(str))
    for cell, shown in (("Total", "'Total'"), (None, "empty")):
        given = pd.concat([table, pd.DataFrame({"date": [cell], "y": [99.0]})])
        assert f"1 row has no date and was left out (row 31, {shown})" in only(given, target="y").notes
