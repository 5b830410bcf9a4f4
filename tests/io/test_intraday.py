"""Days with hours, half-hours and quarter-hours beside them stay hours, half-hours and quarter-hours."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from aurita.errors import AuritaError
from aurita.io import Series, prepare_series

LONG, SHORT = pd.Timestamp("2024-10-27"), pd.Timestamp("2024-03-31")


def only(frame: pd.DataFrame, **options) -> Series:
    (series,) = prepare_series(frame, **options)
    return series


def counted(first: str, days: int, steps: int = 24, base: int = 1) -> pd.DataFrame:
    """Rows numbered within days, as power markets count them: 25 hours on the long day of 2024, 23 on the short one."""
    frames = []
    for day in pd.date_range(first, periods=days):
        count = steps + steps // 24 * (int(day == LONG) - int(day == SHORT))
        frames.append(pd.DataFrame({"date": f"{day:%Y-%m-%d}", "number": np.arange(count) + base}))
    table = pd.concat(frames, ignore_index=True)
    return table.assign(y=np.arange(len(table)) * 3.0 + 1)


@pytest.mark.parametrize("name", ["hour", "Hora", "Stunde", "heure", "ora", "hour_of_day", "HE", "Hr", "Uur"])
@pytest.mark.parametrize("first", ["2024-03-20", "2024-10-20", "2024-06-01"])
@pytest.mark.parametrize("base", [0, 1])
def test_hours_by_their_number(name: str, first: str, base: int) -> None:
    table = counted(first, 14, base=base).rename(columns={"number": name})
    for rows in (table, table[::-1], table.sample(frac=1, random_state=3)):
        series = only(rows)
        assert series.frequency == "h"
        assert series.target_columns == ("y",)
        np.testing.assert_array_equal(series.values[:, 0], table["y"])
        last = table["date"].iloc[-1]
        assert series.index[-1] == pd.Timestamp(last) + pd.Timedelta(hours=23)
        changed = not first.startswith("2024-06")
        assert any("25 or 23 hours" in note for note in series.notes) == changed


@pytest.mark.parametrize(
    ("steps", "step", "name"),
    [(48, "30min", "settlement_period"), (48, "30min", "Settlement Period"), (96, "15min", "Viertelstunde"),
     (96, "15min", "QH"), (48, "30min", "SP"), (24, "h", "period"), (96, "15min", "number"), (48, "30min", "number"),
     (24, "h", "nummer")],
)  # fmt: skip
@pytest.mark.parametrize("first", ["2024-03-20", "2024-10-20"])
def test_half_hours_and_quarter_hours(steps: int, step: str, name: str, first: str) -> None:
    table = counted(first, 14, steps).rename(columns={"number": name})
    series = only(table[::-1])
    assert series.frequency == step
    np.testing.assert_array_equal(series.values[:, 0], table["y"])


FORMS: list[Callable[[int], object]] = [
    lambda h: f"{h:02d} - {h + 1:02d}", lambda h: f"{h:02d}-{h + 1:02d}", lambda h: f"{h}:00-{h + 1}:00",
    lambda h: f"{h:02d}:00 - {h + 1:02d}:00", lambda h: f"{h:02d}:00", lambda h: f"{h}h", lambda h: f"H{h + 1:02d}",
    lambda h: f"HE{h + 1}", lambda h: f"Hour {h + 1}", lambda h: f"{h:02d}h-{h + 1:02d}h", lambda h: h * 100,
    lambda h: f"{h % 12 or 12} {'AM' if h < 12 else 'PM'}",
    lambda h: f"{h % 12 or 12}:00 {'a.m.' if h < 12 else 'p.m.'}",
    lambda h: f"{h}.00 Uhr", lambda h: f"{h:02d}:00:00", lambda h: float(h), lambda h: h / 24,
]  # fmt: skip


@pytest.mark.parametrize("form", range(len(FORMS)))
def test_hours_in_many_forms(form: int) -> None:
    hours = pd.date_range("2024-05-01", periods=24 * 12, freq="h", unit="ns")
    table = pd.DataFrame({"fecha": hours.strftime("%d/%m/%Y"), "hora": [FORMS[form](h) for h in hours.hour]})
    table["precio"] = np.arange(len(table)) * 2.0 + 5
    series = only(table.sample(frac=1, random_state=form))
    assert series.index.equals(hours)
    np.testing.assert_array_equal(series.values[:, 0], table["precio"])


def test_rows_of_days_without_any_hours_are_taken_in_their_order() -> None:
    for steps, step in ((24, "h"), (48, "30min"), (96, "15min")):
        table = counted("2024-10-20", 14, steps).drop(columns="number")
        series = only(table)
        assert series.frequency == step
        np.testing.assert_array_equal(series.values[:, 0], table["y"])
        assert any(f"have {steps} rows each, which no column tells apart" in note for note in series.notes)
    part = counted("2024-05-01", 8).drop(columns="number").iloc[6:-5]
    assert only(part).index[0] == pd.Timestamp("2024-05-01 06:00")
    np.testing.assert_array_equal(only(part).values[:, 0], part["y"])


def test_newest_first_days_without_any_hours_are_refused() -> None:
    table = counted("2024-05-01", 8).drop(columns="number")
    with pytest.raises(AuritaError, match="24 rows each, the days do not rise from row to row"):
        prepare_series(table[::-1])
    with pytest.raises(AuritaError, match="some have other numbers of rows"):
        prepare_series(counted("2024-05-01", 30).drop(columns="number").drop(index=[50, 51]))


def test_shops_of_one_day_are_no_hours() -> None:
    days = np.repeat(pd.date_range("2024-05-01", periods=12).astype(str), 24)
    table = pd.DataFrame({"date": days, "shop": [f"s{i % 24}" for i in range(288)], "y": np.arange(288.0)})
    with pytest.raises(AuritaError, match="differ in 'shop': these are several series"):
        only(table)
    series = prepare_series(table, id="shop")
    assert (len(series), series[0].frequency) == (24, "D")


def test_each_series_has_its_own_hours() -> None:
    table = counted("2024-10-20", 14).rename(columns={"number": "Stunde"})
    both = pd.concat([table.assign(zone="a"), table.iloc[30:].assign(zone="b")])
    first, second = prepare_series(both, id="zone")
    np.testing.assert_array_equal(first.values[:, 0], table["y"])
    np.testing.assert_array_equal(second.values[:, 0], table["y"][30:])
    assert (first.frequency, second.frequency) == ("h", "h")


def test_year_month_day_and_hour_in_columns() -> None:
    hours = pd.date_range("2024-05-01", periods=24 * 12, freq="h", unit="ns")
    y = np.arange(len(hours)) * 2.0 + 5
    parts = pd.DataFrame({"Jahr": hours.year, "Monat": hours.month, "Tag": hours.day, "Stunde": hours.hour + 1, "y": y})
    assert only(parts).index.equals(hours)
    assert only(parts).target_columns == ("y",)
    minutes = pd.date_range("2024-05-01", periods=96 * 5, freq="15min", unit="ns")
    table = pd.DataFrame({"date": minutes.strftime("%Y-%m-%d"), "hour": minutes.hour, "minute": minutes.minute})
    series = only(table.assign(y=np.arange(len(table)) * 2.0 + 5))
    assert series.index.equals(minutes)


def test_hours_that_cannot_be_read_are_never_averaged_away() -> None:
    hours = pd.date_range("2024-05-01", periods=72, freq="h")
    words = [f"{['alpha', 'beta', 'gamma'][h % 3]} {h // 4}x{h}y" for h in hours.hour]
    table = pd.DataFrame({"date": hours.strftime("%Y-%m-%d"), "Uhrzeit": words, "y": np.arange(72) * 2.0 + 5})
    with pytest.raises(AuritaError, match="rows of one time in 'date' differ in 'Uhrzeit'"):
        prepare_series(table)


def test_opening_hours_are_hours_of_the_day() -> None:
    hours = pd.DatetimeIndex([t for t in pd.date_range("2024-05-01", periods=480, freq="h") if 9 <= t.hour < 17])
    table = pd.DataFrame({"date": hours.strftime("%Y-%m-%d"), "hour": hours.hour, "y": np.arange(len(hours)) * 2.0 + 5})
    assert only(table, frequency="rows").values[:, 0].tolist() == table["y"].tolist()


def test_years_beside_names_of_months_or_quarters() -> None:
    names = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
             "November", "December"]  # fmt: skip
    months = pd.DataFrame({"Year": np.repeat(range(2015, 2019), 12), "Month": names * 4, "y": np.arange(48) * 2.0 + 5})
    series = only(months[::-1])
    assert series.index.equals(pd.date_range("2015-01-01", periods=48, freq="MS", unit="ns"))
    assert series.values[:, 0].tolist() == months["y"].tolist()
    quarters = pd.DataFrame({"Jahr": np.repeat(range(2010, 2019), 4), "Quartal": ["Q1", "Q2", "Q3", "Q4"] * 9})
    assert only(quarters.assign(y=np.arange(36) * 2.0 + 5)).frequency == "QS-JAN"
    with pytest.raises(AuritaError, match="rows of one time in 'Jahr' differ in 'Monat'"):
        prepare_series(pd.DataFrame({"Jahr": [2020] * 4 + [2021] * 4, "Monat": list("abcdabcd"), "y": range(5, 13)}))


def test_dates_of_eight_digits_beside_hours_under_any_name() -> None:
    hours = pd.date_range("2024-05-01", periods=24 * 12, freq="h", unit="ns")
    y = np.arange(len(hours)) * 2.0 + 5
    for day, clock, cells in (
        ("YYYYMMDD", "HH", hours.hour + 1),
        ("<DATE>", "<TIME>", hours.hour * 10_000),
        ("OPR_DT", "OPR_HR", hours.hour),
    ):
        table = pd.DataFrame({day: hours.strftime("%Y%m%d").astype(int), clock: cells, "y": y})
        assert only(table[::-1]).index.equals(hours)
