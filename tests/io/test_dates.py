"""Dates as people write them."""

import pandas as pd
import pytest

from aurita.io import parse_dates


def read(*cells: object) -> list[str]:
    return [
        str(stamp)
        for stamp in parse_dates(pd.Series(cells, dtype=None if isinstance(cells[0], int) else object)).stamps
    ]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2024-01-31", "2024-01-31 00:00:00"),
        ("2024/1/5", "2024-01-05 00:00:00"),
        ("2024.01.05 07:30", "2024-01-05 07:30:00"),
        ("2024-01-05T07:30:15.25Z", "2024-01-05 07:30:15.250000"),
        ("2024-01-05 24:00", "2024-01-06 00:00:00"),
        ("2024-02", "2024-02-01 00:00:00"),
        ("20240131", "2024-01-31 00:00:00"),
        ("20240131T1230", "2024-01-31 12:30:00"),
        ("31.01.2024", "2024-01-31 00:00:00"),
        ("31.1.24 7:05", "2024-01-31 07:05:00"),
        ("1/31/2024 1:05 PM", "2024-01-31 13:05:00"),
        ("31/01/2024 12:05 am", "2024-01-31 00:05:00"),
        ("31-12-1999", "1999-12-31 00:00:00"),
        ("31/12/99", "1999-12-31 00:00:00"),
        ("01.2024", "2024-01-01 00:00:00"),
        ("Jan 2024", "2024-01-01 00:00:00"),
        ("5 March 2024", "2024-03-05 00:00:00"),
        ("05-Mar-24 10:00", "2024-03-05 10:00:00"),
        ("March 5th, 2024", "2024-03-05 00:00:00"),
        ("Tue, 5 Mar 2024 10:00:00 GMT", "2024-03-05 10:00:00"),
        ("2024Q2", "2024-04-01 00:00:00"),
        ("Q4 2023", "2023-10-01 00:00:00"),
        ("2020-W53", "2020-12-28 00:00:00"),
        ("2024-W01-3", "2024-01-03 00:00:00"),
    ],
)
def test_forms(cell: str, expected: str) -> None:
    assert read(cell) == [expected]


def test_iso_weeks_agree_with_the_standard_library() -> None:
    days = pd.date_range("2014-12-20", "2026-01-15")
    cells = [f"{day.isocalendar()[0]}-W{day.isocalendar()[1]:02d}-{day.isocalendar()[2]}" for day in days]
    assert parse_dates(pd.Series(cells)).stamps.equals(days.as_unit("ns"))


@pytest.mark.parametrize(
    "cell",
    ["2024-13-01", "2024-02-30", "32.01.2024", "May", "Junior 14", "A12", "12.5", "1.2.3", "10:30", "2024-01-01 25:00"],
)
def test_what_is_no_date(cell: str) -> None:
    dates = parse_dates(pd.Series([cell]))
    assert dates.share == 0


def test_share_is_of_the_cells_that_are_given() -> None:
    assert parse_dates(pd.Series(["2024-01-01", "total", "", None])).share == 0.5


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([1704067200, 1704070800], ["2024-01-01 00:00:00", "2024-01-01 01:00:00"]),
        ([1704067200000], ["2024-01-01 00:00:00"]),
        ([1704067200000000], ["2024-01-01 00:00:00"]),
        ([1704067200000000000], ["2024-01-01 00:00:00"]),
        ([20240131, 20240201], ["2024-01-31 00:00:00", "2024-02-01 00:00:00"]),
        ([202401, 202412], ["2024-01-01 00:00:00", "2024-12-01 00:00:00"]),
        ([1999, 2000], ["1999-01-01 00:00:00", "2000-01-01 00:00:00"]),
        ([0, 1, 2], ["NaT", "NaT", "NaT"]),
    ],
)
def test_numbers(cells: list[int], expected: list[str]) -> None:
    assert read(*cells) == expected


def test_fractions_of_epoch_seconds_fall_on_the_grid() -> None:
    seconds = pd.Series([1704067200 + i * 0.1 for i in range(50)])
    assert parse_dates(seconds).stamps.equals(pd.date_range("2024-01-01", periods=50, freq="100ms", unit="ns"))


def test_a_cell_over_twelve_settles_day_or_month_first_without_a_note() -> None:
    for cells, day in ((["1/2/2024", "13/2/2024"], 1), (["1/2/2024", "1/13/2024"], 2)):
        dates = parse_dates(pd.Series(cells))
        assert dates.stamps[0].day == day
        assert dates.notes == []


def test_regular_times_settle_day_or_month_first() -> None:
    monthly = pd.date_range("2023-01-01", periods=24, freq="MS")
    daily = pd.DatetimeIndex([day for day in pd.date_range("2024-01-01", periods=400) if day.day <= 12])
    for stamps, form in ((monthly, "%d/%m/%Y"), (monthly, "%m/%d/%Y"), (daily, "%m/%d/%Y")):
        dates = parse_dates(pd.Series(stamps.strftime(form)))
        assert dates.stamps.equals(stamps.as_unit("ns"))
        assert "can be read day first or month first" in dates.notes[0]


def test_an_open_choice_follows_the_separator_and_is_reported() -> None:
    for cells, word, stamp in (
        (["01/02/2024", "02/02/2024"], "month first", "2024-01-02"),
        (["01.02.2024", "02.02.2024"], "day first", "2024-02-01"),
    ):
        dates = parse_dates(pd.Series(cells))
        assert str(dates.stamps[0].date()) == stamp
        assert word in dates.notes[0]
        assert stamp in dates.notes[0]


def test_one_offset_keeps_the_wall_clock() -> None:
    dates = parse_dates(pd.Series(["2024-01-01T10:00:00+05:30", "2024-01-01T11:00:00+05:30"]))
    assert str(dates.stamps[0]) == "2024-01-01 10:00:00"
    assert "wall-clock" in dates.notes[0]


def test_changing_offsets_become_utc_unless_the_stamps_are_days() -> None:
    zone = pd.date_range("2024-03-30", periods=72, freq="h", tz="Europe/Berlin")
    hours = parse_dates(pd.Series(zone.map(lambda stamp: stamp.isoformat())))
    assert hours.stamps.equals(zone.tz_convert("UTC").tz_localize(None).as_unit("ns"))
    assert parse_dates(pd.Series(zone)).stamps.equals(hours.stamps)
    days = pd.date_range("2024-03-25", periods=14, tz="Europe/Berlin")
    assert parse_dates(pd.Series(days)).stamps.equals(days.tz_localize(None).as_unit("ns"))


def test_dates_that_pandas_made() -> None:
    days = pd.date_range("2024-01-01", periods=3, unit="ns")
    for column in (
        pd.Series(days),
        pd.Series(days.date),
        pd.Series(days.to_period("D")),
        pd.Series(days.astype("datetime64[s]")),
    ):
        assert parse_dates(column).stamps.equals(days)


def test_cells_of_other_forms_do_not_hide_an_open_choice() -> None:
    dates = parse_dates(pd.Series(["total", "01/02/2024", "02/02/2024", "?"]))
    assert [str(stamp.date()) for stamp in dates.stamps[1:3]] == ["2024-01-02", "2024-02-02"]
    assert "can be read day first or month first" in dates.notes[0]
