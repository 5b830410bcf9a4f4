"""Forecasts of many columns are shown in tables of a few each."""

import numpy as np
import pandas as pd

from aurita.cli._forecaster import Columns
from aurita.estimators import Forecast


def forecast(count):
    mean = np.arange(2.0 * count).reshape(2, count)
    return Forecast(mean, mean - 1, mean + 1, 0.9)


def test_columns_that_fit_stand_in_one_table(capsys):
    Columns(None, "step", ("a", "b")).show("a, b", pd.RangeIndex(2), forecast(2), 9)
    printed = capsys.readouterr().out
    assert printed.count("Forecast of") == 1
    assert "Forecast of a, b, with 90% intervals" in printed


def test_more_of_them_stand_in_several_and_the_rest_is_counted(capsys):
    names = tuple(f"c{number}" for number in range(15))
    Columns("shop", "step", names).show("n", pd.RangeIndex(2), forecast(15), 9)
    printed = capsys.readouterr().out
    assert printed.count("Forecast of shop n: c") == 4
    assert "Forecast of shop n: c9, c10, c11" in printed
    assert "and 3 columns more" in printed
    assert max(map(len, printed.splitlines())) < 100


def test_nothing_is_below_zero_by_rounding(capsys):
    nearly = Forecast(np.full((1, 1), -1e-9), None, None, None)
    Columns(None, "step", ("y",)).show("y", pd.RangeIndex(1), nearly, 9)
    Columns(None, "step", ("y",)).show("y", pd.RangeIndex(1), Forecast(np.array([[-0.0]]), None, None, None), 9)
    assert "-0.000\n" not in capsys.readouterr().out.replace(" ", "")
