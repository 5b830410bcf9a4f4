"""Times on the command line: newest first is forecast forwards, and what is not read is refused or set aside."""

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from aurita.cli._options import Options
from aurita.cli._panel import read_panel
from aurita.cli.app import app

CASES = Path(__file__).parents[1] / "cases"


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, f"{done.output}\n{done.exception or ''}"


@pytest.mark.parametrize(
    ("file", "first", "value"),
    [("german_newest_first", "2023-01-01", 388), ("excel_serial_newest_first", "2024-10-27", 242.2)],
)
def test_a_file_that_is_newest_first(file: str, first: str, value: float, tmp_path: Path) -> None:
    table = CASES / "01-newest-first-unread-dates" / f"{file}.csv"
    written = tmp_path / "forecast.csv"
    code, output = run("forecast", table, "--horizon", 3, "--no-check", "--units", 10, "--output", written)
    assert code == 0, output
    found = pd.read_csv(written)
    assert found.iloc[0, 0].startswith(first)
    assert abs(found.iloc[0, 1] - value) < 25


def test_times_that_are_not_read_are_refused_unless_there_are_none(tmp_path: Path) -> None:
    table, written, model = (tmp_path / name for name in ("table.csv", "forecast.csv", "model.aurita"))
    rows = [f"{word} {i},{i * i % 17}" for i, word in enumerate(["foo", "bar", "baz"] * 20)]
    table.write_text("\n".join(["Datum,y", *rows]))
    code, output = run("forecast", table, "--horizon", 3)
    assert code != 0
    assert "'Datum' (row 1: 'foo 0') seems to say when a row happened" in output
    assert "--time none" in output
    options = ["--time", "none", "--no-check", "--units", 5, "--output", written, "--save", model]
    code, output = run("forecast", table, "--horizon", 3, *options)
    assert code == 0, output
    assert pd.read_csv(written)["step"].tolist() == [60, 61, 62]
    code, output = run("predict", model, table, "--output", tmp_path / "again.csv")
    assert code == 0, output
    assert pd.read_csv(tmp_path / "again.csv")["step"].tolist() == [60, 61, 62]


def test_the_hours_of_a_day_of_25_hours_on_the_command_line() -> None:
    table = CASES / "03-hour-25-collapses-to-days" / "hour25.csv"
    panel = read_panel(Options(table=table))
    assert panel.series[0].frequency == "h"
    assert panel.shortest == 337
