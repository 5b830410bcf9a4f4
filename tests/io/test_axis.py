"""Which column is the time, and what is refused rather than ignored."""

import re

import numpy as np
import pandas as pd
import pytest

from aurita.errors import AuritaError
from aurita.io import parse_dates, prepare_labelled, prepare_series
from aurita.io._names import kind_of_name

UNREADABLE = [f"{word} {i}" for i, word in enumerate(["Foo", "Bar", "Baz", "Qux"] * 5)]
NAMES = [
    "date", "Datum", "fecha", "data", "time", "Zeit", "Uhrzeit", "hora", "heure", "month", "Monat", "jour", "period",
    "timestamp", "ds", "week", "Date/Time", "datetime_utc", "MTU (CET/CEST)", "time_period", "Période", "päivämäärä",
    "Año", "date de début", "TIMESTAMP", "TradingPeriod", "дата", "ημερομηνία", "Semana", "měsíc", "start date",
]  # fmt: skip


def values(count: int = 20) -> np.ndarray:
    return np.arange(count) ** 2 + 3.5


@pytest.mark.parametrize("name", [name for name in NAMES if name != "date de début"])
def test_a_column_with_a_name_of_time_that_cannot_be_read_is_refused(name: str) -> None:
    table = pd.DataFrame({name: UNREADABLE, "y": values()})
    with pytest.raises(AuritaError) as caught:
        prepare_series(table)
    assert repr(name) in str(caught.value)
    assert "'Foo 0'" in str(caught.value)
    assert "time='none'" in str(caught.value)
    with pytest.raises(AuritaError, match="time='none'"):
        prepare_series(table, target="y")
    (series,) = prepare_series(table, time="none")
    assert series.values[:, 0].tolist() == values().tolist()
    assert series.target_columns == ("y",)
    assert series.frequency is None


@pytest.mark.parametrize(
    "cells",
    [
        [f"2024-{i % 9 + 13}-01" for i in range(20)],
        [f"{i + 32}.{i % 12 + 1}.2024" for i in range(20)],
        [f"{i % 5 + 1} Foobruary 2024" for i in range(20)],
        [f"about {i % 28 + 1} May" for i in range(20)],
        [f"2024-01-{i + 1:02d}" if i % 2 else f"{i + 1}.1.2024" for i in range(20)],
    ],
)
def test_a_column_of_any_name_that_is_mostly_like_dates_is_refused(cells: list[str]) -> None:
    with pytest.raises(AuritaError, match=r"'a' \(row \d+: .*cannot be read as times"):
        prepare_series(pd.DataFrame({"a": cells, "y": values()}))
    assert len(prepare_series(pd.DataFrame({"a": cells, "y": values()}), time="none")[0].values) == 20


@pytest.mark.parametrize(
    "name", ["lead_time", "response time ms", "daily_sales", "y", "timeout", "weekday_share", "Monatsumsatz"]
)
def test_names_that_only_hold_a_word_of_time_are_quantities(name: str) -> None:
    assert kind_of_name(name) is None
    assert prepare_series(pd.DataFrame({name: values()}))[0].target_columns == (name,)


def test_columns_that_are_no_times_are_left_alone() -> None:
    table = pd.DataFrame({"shop": [f"store {i % 3}" for i in range(20)], "data": values(), "code": ["1.2.3"] * 20})
    (series,) = prepare_series(table)
    assert series.target_columns == ("data",)
    assert "no column holds dates: every row is one step" in series.notes


def test_numbers_that_are_no_dates_are_step_numbers_if_they_can_be() -> None:
    table = pd.DataFrame({"date": np.arange(738900, 738880, -1), "y": values()})
    assert prepare_series(table)[0].values[:, 0].tolist() == values()[::-1].tolist()
    cycle = pd.DataFrame({"month": np.arange(24) % 12 + 1, "y": values(24)})
    with pytest.raises(AuritaError, match=r"'month' \(row 1: '1'\) seems to say when a row happened"):
        prepare_series(cycle)
    quarters = cycle.assign(year=2020 + np.arange(24) // 12)
    assert prepare_series(quarters)[0].frequency == "MS"
    assert prepare_series(quarters)[0].target_columns == ("y",)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("date", list(range(45292, 45312))),
        ("Datum", [f"{i + 1}. Mai 2024" for i in range(20)]),
        ("x", [20240101 + i for i in range(20)]),
        ("when", [1704067200 + i * 3600 for i in range(20)]),
        ("label", [f"2024-01-{i + 1:02d}" for i in range(20)]),
    ],
)
def test_a_column_of_dates_is_never_forecast(name: str, cells: list) -> None:
    table = pd.DataFrame({name: cells[::-1], "y": values()[::-1]})
    (series,) = prepare_series(table)
    assert series.target_columns == ("y",)
    assert series.values[:, 0].tolist() == values().tolist()
    assert prepare_series(table, time="none")[0].target_columns == ("y",)
    if name != "x":
        with pytest.raises(AuritaError, match="holds dates, which are no quantity"):
            prepare_series(table, target=name)


def test_features_with_names_of_time_stay_out_of_the_targets() -> None:
    days = pd.date_range("2024-01-01", periods=40)
    table = pd.DataFrame({"date": days.astype(str), "month": days.month, "day": days.day, "y": values(40)})
    (series,) = prepare_series(table)
    assert series.target_columns == ("y",)
    assert "columns left out: month (of time), day (of time)" in series.notes
    assert prepare_series(table, target="y", covariates=["month"])[0].covariate_columns == ("month",)


def test_quantities_with_a_name_of_time_are_forecast_where_there_is_nothing_else() -> None:
    days = pd.date_range("2024-01-01", periods=40).astype(str)
    assert prepare_series(pd.DataFrame({"date": days, "hours": values(40)}))[0].target_columns == ("hours",)


def test_dates_that_are_written_once_for_many_rows_are_refused() -> None:
    days = [f"2024-01-{i // 4 + 1:02d}" if i % 4 == 0 else None for i in range(80)]
    with pytest.raises(AuritaError, match="'date' says when 25% of the rows happened"):
        prepare_series(pd.DataFrame({"date": days, "y": values(80)}))


def test_the_start_of_two_columns_of_dates_that_go_together() -> None:
    hours = pd.date_range("2024-01-01", periods=48, freq="h", unit="ns")
    table = pd.DataFrame(
        {"to": (hours + pd.Timedelta(hours=1)).astype(str), "from": hours.astype(str), "y": values(48)}
    )
    (series,) = prepare_series(table)
    assert series.index.equals(hours)
    assert "'to' is always as long after it, and was left out" in series.notes


def test_time_none_is_the_column_of_that_name_where_there_is_one() -> None:
    table = pd.DataFrame({"none": [f"2024-01-{20 - i:02d}" for i in range(20)], "y": values()})
    assert prepare_series(table, time="none")[0].frequency == "D"


def test_long_tables_of_sequences_are_not_ordered_by_the_table_where_time_is_unread() -> None:
    table = pd.DataFrame(
        {"id": [1] * 10 + [2] * 10, "Datum": UNREADABLE, "x": values(), "class": ["a"] * 10 + ["b"] * 10}
    )
    with pytest.raises(AuritaError, match=r"'Datum'.*time='none'"):
        prepare_labelled(table, label="class", id="id")
    assert len(prepare_labelled(table, label="class", id="id", time="none").sequences) == 2


def test_a_form_is_applied_strictly() -> None:
    cells = [f"{i + 1:02d}.03.2024" for i in range(28)] + ["2024-03-29"]
    dates = parse_dates(pd.Series(cells))
    assert dates.stamps[:28].notna().all()
    assert pd.isna(dates.stamps[28])
    notes = prepare_series(pd.DataFrame({"date": cells, "y": values(29)}))[0].notes
    assert "1 row has no date and was left out (row 29, '2024-03-29')" in notes


@pytest.mark.parametrize("name", ["month", "date", "when"])
@pytest.mark.parametrize("form", ["%m/%Y", "%Y-%m", "%m.%Y", "%Y-%m-%d"])
def test_one_impossible_month_is_refused_and_the_others_stay_months(name: str, form: str) -> None:
    months = pd.date_range("2015-01-01", periods=120, freq="MS").strftime(form).tolist()
    assert prepare_series(pd.DataFrame({name: months, "y": values(120)}))[0].frequency == "MS"
    months[57] = form.replace("%m", "13").replace("%Y", "2019").replace("%d", "01")
    with pytest.raises(AuritaError, match=rf"row 58: '{re.escape(months[57])}' .* no such month"):
        prepare_series(pd.DataFrame({name: months, "y": values(120)}))


def test_weeks_stay_weeks_where_few_of_them_could_not_be_months() -> None:
    weeks = [f"{week:02d}/2019" for week in range(1, 14)]
    assert prepare_series(pd.DataFrame({"date": weeks, "y": values(13)}))[0].frequency == "W-MON"


def test_days_that_their_month_lacks_are_left_out_and_noted() -> None:
    days = pd.date_range("2023-01-01", periods=90).strftime("%Y-%m-%d").tolist()
    table = pd.DataFrame({"date": [*days[:59], "2023-02-29", *days[59:]], "y": values(91)})
    assert "1 row has no date and was left out (row 60, '2023-02-29')" in prepare_series(table)[0].notes
